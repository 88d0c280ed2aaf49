"""Each fault does what its name says, from Python and over HTTP."""

import time

import httpx
import pytest

from sandbox.faults import Switchboard, UnknownSwitch
from sandbox.github import app

REPO = "/repos/octo/shop"


def test_drop_loses_a_webhook_without_a_trace_in_the_deliveries(github, api, hooked):
    github.faults.set(drop_next=1)
    github.acts.open("lost")
    github.acts.open("kept")
    assert github.outbox.idle(5)
    assert [one.payload["issue"]["title"] for one in hooked.got] == ["kept"]
    assert github.outbox.as_json()["dropped"] == 1
    hook = api.get(f"{REPO}/hooks").json()[0]["id"]
    assert len(api.get(f"{REPO}/hooks/{hook}/deliveries").json()) == 2


def test_fail_is_a_delivery_that_timed_out(github, api, hooked):
    github.faults.set(fail_next=1)
    github.acts.open("late")
    assert github.outbox.idle(5)
    assert hooked.got == []
    hook = api.get(f"{REPO}/hooks").json()[0]["id"]
    newest = api.get(f"{REPO}/hooks/{hook}/deliveries").json()[0]
    assert (newest["status"], newest["status_code"]) == ("timed out", 504)


def test_double_sends_the_same_delivery_twice(github, hooked):
    github.faults.set(double_next=1)
    github.acts.open("twice")
    assert github.outbox.idle(5)
    first, second = hooked.got
    assert first.headers["x-github-delivery"] == second.headers["x-github-delivery"]
    assert first.body == second.body


def test_reorder_lets_later_ones_overtake(github, hooked):
    github.faults.set(reorder_next=1)
    github.acts.open("first")
    github.acts.open("second")
    assert github.outbox.idle(5)
    assert [one.payload["issue"]["title"] for one in hooked.got] == ["second", "first"]


def test_delay_holds_webhooks_back(github, hooked):
    github.faults.set(delay=0.3)
    began = time.monotonic()
    github.acts.open("late")
    assert github.outbox.idle(5)
    assert time.monotonic() - began >= 0.3
    assert len(hooked.got) == 1


def test_forge_adds_a_wrongly_signed_imitation(github, hooked):
    github.faults.set(forge_next=1)
    github.acts.open("true")
    assert github.outbox.idle(5)
    by_title = {one.payload["issue"]["title"]: one.headers for one in hooked.got}
    assert set(by_title) == {"true", "FORGED"}
    signatures = {headers["x-hub-signature-256"] for headers in by_title.values()}
    guids = {headers["x-github-delivery"] for headers in by_title.values()}
    assert len(signatures) == len(guids) == 2


def test_a_held_outbox_sends_after_release(github, hooked):
    github.outbox.hold()
    github.acts.open("waits")
    assert not github.outbox.idle(0.1)
    assert hooked.got == []
    github.outbox.release()
    assert github.outbox.idle(5)
    assert len(hooked.got) == 1


def test_errors_next_breaks_that_many_answers(github, api):
    github.faults.set(errors_next=2)
    codes = [api.get(REPO).status_code for _ in range(3)]
    assert set(codes[:2]) <= {500, 502}
    assert codes[2] == 200


def test_errors_as_a_chance_are_seeded():
    def draw(seed: int) -> list[bool]:
        faults = Switchboard(["errors"], seed=seed)
        faults.set(errors=0.5)
        return [faults.happens("errors") for _ in range(50)]

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)
    assert 5 < sum(draw(3)) < 45


def test_slow_answers_take_their_time(github, api):
    github.faults.set(slow=0.2)
    began = time.monotonic()
    assert api.get(REPO).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_lagging_list_shows_the_past_while_a_single_read_does_not(github, api):
    clock = [github.site.world.now()]
    github.site.world.now = lambda: clock[0]
    github.acts.open("old title")
    clock[0] = clock[0].replace(year=clock[0].year + 1)
    github.faults.set(index_lag=60)
    github.acts.edit(1, title="new title")
    github.acts.open("brand new")
    listed = api.get(f"{REPO}/issues?state=all").json()
    assert [issue["title"] for issue in listed] == ["old title"]
    assert api.get(f"{REPO}/issues/1").json()["title"] == "new title"
    assert api.get(f"{REPO}/issues/2").status_code == 200
    clock[0] = clock[0].replace(year=clock[0].year + 1)
    listed = api.get(f"{REPO}/issues?state=all").json()
    assert [issue["title"] for issue in listed] == ["brand new", "new title"]


def test_search_lags_on_its_own(github, api):
    github.acts.open("needle")
    github.faults.set(search_lag=60)
    assert api.get("/search/issues?q=needle").json()["total_count"] == 0
    github.faults.set(search_lag=0)
    found = api.get("/search/issues", params={"q": "repo:octo/shop is:issue needle"})
    assert found.json()["total_count"] == 1
    assert found.headers["x-ratelimit-resource"] == "search"


def test_a_lost_answer_still_takes_effect(github, api):
    github.faults.set(answer_lost=1)
    with pytest.raises(httpx.RemoteProtocolError):
        api.post(f"{REPO}/issues", json={"title": "did it work?"})
    assert [one["title"] for one in api.get(f"{REPO}/issues").json()] == ["did it work?"]
    assert github.requests.entries[0].lost


def test_a_late_effect_comes_after_the_connection_died(github, api):
    github.faults.set(answer_lost=1, late_effect=0.3)
    with pytest.raises(httpx.TransportError):
        api.post(f"{REPO}/issues", json={"title": "later"})
    assert api.get(f"{REPO}/issues").json() == []
    deadline = time.monotonic() + 5
    while not api.get(f"{REPO}/issues").json():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_faults_are_turned_and_shown_over_http(github, api):
    answer = api.post("/_sandbox/faults", json={"drop": 0.25, "errors_next": 3})
    assert answer.json()["drop"] == 0.25
    assert api.get("/_sandbox/faults").json()["errors_next"] == 3
    assert api.delete("/_sandbox/faults").json()["drop"] == 0


@pytest.mark.parametrize("wish", [{"drip": 1}, {"drop": 2}, {"drop": -1}, {"drop": "x"}])
def test_a_fault_that_makes_no_sense_is_refused(github, api, wish):
    assert api.post("/_sandbox/faults", json=wish).status_code == 422
    with pytest.raises(UnknownSwitch):
        github.faults.set(**wish)


def test_a_busy_port_is_a_plain_error(github):
    port = int(github.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        app.start(port=port)
