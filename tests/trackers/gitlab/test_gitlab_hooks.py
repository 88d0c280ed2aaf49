"""Our webhook: registering it, noticing what is wrong with it, asking for what it missed."""

from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest

from schemas.errors import Denied, Permanent
from tests.trackers.gitlab.gitlab_payloads import a_client, a_hook
from tests.trackers.stand_ins import Script

OURS = "https://sync.example.org/webhooks/shop"
ROOT = "/api/v4/projects/77001/hooks"
KEY = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
DATE = {"date": "Fri, 20 Nov 2026 12:00:00 GMT"}
SINCE = datetime(2026, 11, 20, 6, tzinfo=UTC)


def network(hooks, *, made=None, events=(), status=200):
    """A project with these hooks; writes answer `made`."""

    def answer(request: httpx.Request) -> httpx.Response:
        tail = request.url.path.removeprefix(ROOT)
        if status != 200:
            return httpx.Response(status, json={"message": "no"})
        if request.method == "GET" and tail == "":
            return httpx.Response(200, json=hooks, headers=DATE)
        if tail.endswith("/events"):
            return httpx.Response(200, json=list(events), headers=DATE)
        if request.method == "DELETE":
            return httpx.Response(204)
        told = made or a_hook()
        return httpx.Response(201 if request.method == "POST" else 200, json=told)

    return Script(answer)


def bodies(script, method):
    return [
        orjson.loads(one.content) for one in script.asked if one.method == method and one.content
    ]


def test_a_new_hook_names_every_flag():
    script = network([])
    hook = a_client(script).ensure_hook(OURS, "a secret")
    [body] = bodies(script, "POST")
    flags = ("issues_events", "confidential_issues_events", "note_events", "milestone_events")
    assert all(body[name] for name in (*flags, "confidential_note_events", "emoji_events"))
    assert (body["token"], body["push_events"]) == ("a secret", False)
    assert "signing_token" not in body
    assert hook.active


def test_a_hook_that_is_there_is_mended_in_place():
    script = network([a_hook(custom_webhook_template="{}")])
    a_client(script).ensure_hook(f"{OURS}/", "a secret")
    [body] = bodies(script, "PUT")
    assert body["custom_webhook_template"] == ""
    assert bodies(script, "POST") == []


def test_a_signing_token_is_set_as_such():
    script = network([], made=a_hook(signing_token_present=True))
    a_client(script).ensure_hook(OURS, KEY)
    [body] = bodies(script, "POST")
    assert body["signing_token"] == KEY
    assert "token" not in body


def test_an_old_version_that_ignores_signing_tokens_is_noticed_and_its_hook_taken_away():
    script = network([])
    with pytest.raises(Permanent, match="knows no signing tokens"):
        a_client(script).ensure_hook(OURS, KEY)
    assert script.asked[-1].method == "DELETE"


def test_a_hook_needs_a_secret_and_a_signing_token_32_bytes():
    with pytest.raises(Permanent, match="needs a secret"):
        a_client(network([])).ensure_hook(OURS, " ")
    with pytest.raises(Permanent, match="32 bytes"):
        a_client(network([])).ensure_hook(OURS, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def test_a_disabled_hook_is_switched_on_by_a_test():
    off = a_hook(alert_status="disabled")
    script = network([off], made=off)
    a_client(script).ensure_hook(OURS, "a secret")
    assert f"POST {ROOT}/31/test/issues_events" in script.lines


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"alert_status": "disabled"}, "disabled after too many failures"),
        (
            {"alert_status": "temporarily_disabled", "disabled_until": "2026-11-20T13:00:00Z"},
            "disabled until 2026-11-20T13:00:00Z",
        ),
        ({"confidential_issues_events": False}, "confidential_issues_events"),
        ({"confidential_note_events": False}, "confidential_note_events"),
        ({"milestone_events": False}, "milestone_events"),
        ({"custom_webhook_template": "{}"}, "custom template"),
        ({"token_present": False, "signing_token_present": False}, "no secret"),
    ],
)
def test_what_is_wrong_with_a_hook_is_told_and_mended_by_registering(over, problem):
    [fault] = a_client(network([a_hook(**over)])).check_hooks(OURS)
    assert problem in fault.problem
    assert (fault.hook, fault.mended_by) == ("31", "register")


def test_flags_that_old_versions_lack_are_no_fault():
    old = a_hook()
    del old["milestone_events"], old["emoji_events"], old["alert_status"]
    assert a_client(network([old])).check_hooks(OURS) == []


def test_a_hook_of_ours_at_another_host_is_named():
    [fault] = a_client(network([a_hook(url="https://old.example.org/webhooks/shop")])).check_hooks(
        OURS
    )
    assert "one points to old.example.org" in fault.problem


@pytest.mark.parametrize("status", [403, 404])
def test_without_the_role_for_hooks_the_refusal_names_it(status):
    with pytest.raises(Denied):
        a_client(network([], status=status)).hooks()


def an_event(number, key, status, *, stamp=None, **over):
    headers = {"Idempotency-Key": key} | ({"webhook-timestamp": str(stamp)} if stamp else {})
    sent = {"object_kind": "issue", "object_attributes": {"action": "open"}}
    told = {"id": number, "request_headers": headers, "request_data": sent}
    return told | {"response_status": status} | over


def test_what_failed_is_asked_for_again_once_a_delivery():
    noon = int((SINCE + timedelta(hours=5)).timestamp())
    events = [
        an_event(9, "a", "internal error", stamp=noon),
        an_event(8, "a", "500", stamp=noon - 60),
        an_event(7, "b", "200", stamp=noon),
        an_event(6, "b", "503", stamp=noon - 60),
        an_event(5, "c", "404", stamp=int(SINCE.timestamp()) - 60),
    ]
    script = network([a_hook()], events=events)
    [missed] = a_client(script).missed_deliveries(OURS, SINCE)
    assert (missed.id, missed.delivery_key, missed.event) == ("9", "a", "issue.open")
    assert missed.redelivered
    assert f"POST {ROOT}/31/events/9/resend" in script.lines


def test_no_more_is_asked_for_than_a_minute_takes():
    events = [an_event(number, f"k{number}", "500") for number in range(20, 10, -1)]
    script = network([a_hook()], events=events)
    found = a_client(script).missed_deliveries(OURS, SINCE)
    assert [one.redelivered for one in found] == [True] * 5 + [False] * 5


def test_versions_without_a_list_of_events_have_nothing_to_ask_for():
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/events"):
            return httpx.Response(404, json={"message": "404 Not Found"})
        return httpx.Response(200, json=[a_hook()])

    assert a_client(Script(answer)).missed_deliveries(OURS, SINCE) == []


def test_a_hook_that_signs_gives_way_to_one_that_does_not():
    signing = a_hook(token_present=False, signing_token_present=True)
    script = network([signing], made=a_hook(32, token_present=True, signing_token_present=False))
    assert a_client(script).ensure_hook(OURS, "a secret").id == "32"
    writes = [line for line in script.lines if not line.startswith("GET ")]
    assert writes == [f"POST {ROOT}", f"DELETE {ROOT}/31"]


def test_the_list_of_events_is_read_no_further_back_than_asked_for():
    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/events"):
            return httpx.Response(200, json=[a_hook()])
        page = int(request.url.params.get("page", "1"))
        assert page < 3, "the page before held nothing recent"
        stamp = int(SINCE.timestamp()) + (60 if page == 1 else -60)
        following = f'<https://gitlab.com{request.url.path}?page={page + 1}>; rel="next"'
        events = [an_event(10 - page, f"k{page}", "500", stamp=stamp)]
        return httpx.Response(200, json=events, headers={**DATE, "link": following})

    [missed] = a_client(Script(answer)).missed_deliveries(OURS, SINCE)
    assert missed.delivery_key == "k1"


@pytest.mark.parametrize("headers", [None, "[REDACTED]", ["x"]])
def test_an_event_without_readable_headers_is_known_by_its_number(headers):
    event = an_event(9, "a", "500", request_headers=headers)
    [missed] = a_client(network([a_hook()], events=[event])).missed_deliveries(OURS, SINCE)
    assert missed.delivery_key == "event:9"


@pytest.mark.parametrize(
    ("status", "told"), [("internal error", "internal error"), ("503", "503"), (None, "no answer")]
)
def test_a_last_delivery_that_failed_is_noticed_and_an_earlier_one_is_not(status, told):
    failed = an_event(9, "b", status)
    script = network([a_hook()], events=[failed, an_event(8, "a", "200")])
    [fault] = a_client(script).check_hooks(OURS)
    assert (fault.problem, fault.mended_by) == (f"its last delivery failed ({told})", "none")
    well = network([a_hook()], events=[an_event(10, "c", "200"), failed])
    assert a_client(well).check_hooks(OURS) == []


def test_a_hook_that_is_off_is_not_asked_for_its_last_delivery():
    hook = a_hook(alert_status="disabled")
    script = network([hook], events=[an_event(9, "b", "503")])
    [fault] = a_client(script).check_hooks(OURS)
    assert "disabled" in fault.problem
    assert not any("/events" in line for line in script.lines)
