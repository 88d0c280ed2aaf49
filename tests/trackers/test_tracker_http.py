"""The session: redirects, retries, budget, validators, and where a credential is never sent."""

from datetime import UTC, datetime

import httpx
import pytest

from schemas.errors import LONGEST_WAIT_SECONDS, Denied, Permanent, Transient
from tests.trackers.stand_ins import Budget, Memory, Script
from trackers.azure_devops import auth as azure_devops
from trackers.github import auth as github
from trackers.gitlab import auth as gitlab
from trackers.http import Session, credential_name
from trackers.jira import auth as jira

BASE = "https://api.tracker.test/v3"


class Bearer:
    credential = "abc"
    refusals = 0

    def header(self):
        return "Bearer secret-token"

    def refused(self):
        self.refusals += 1


class Fixture:
    """A session over a script of answers; `pauses` are the seconds it would have slept."""

    def __init__(self, *answers):
        left = list(answers)
        self.script = Script(lambda request: left.pop(0))
        self.budget, self.memory, self.bearer = Budget(), Memory(), Bearer()
        self.pauses, self.heard = [], []
        self.session = Session(
            BASE,
            authority=self.bearer,
            limiter=self.budget,
            validators=self.memory,
            transport=self.script.transport,
            on_request=lambda *told: self.heard.append(told[:3]),
            sleep=self.pauses.append,
        )


def redirect(to, status=301):
    return httpx.Response(status, headers={"location": to})


def test_a_moved_get_is_followed_and_tells_its_final_address():
    one = Fixture(redirect(f"{BASE}/repositories/7"), httpx.Response(200, json={"id": 7}))
    answer = one.session.get("/repos/old/name")
    assert (answer.url, answer.moved, answer.object) == (f"{BASE}/repositories/7", True, {"id": 7})
    assert len(one.budget.waits) == 2


def test_a_redirect_to_another_host_is_not_followed():
    one = Fixture(redirect("https://elsewhere.test/x"))
    with pytest.raises(Permanent, match="another host"):
        one.session.get("/x")
    assert len(one.script.asked) == 1


@pytest.mark.parametrize(
    "address", ["https://api.tracker.test.evil.test/x", "http://api.tracker.test/x"]
)
def test_a_page_at_another_origin_never_sees_the_credential(address):
    one = Fixture()
    with pytest.raises(Permanent, match="another host"):
        one.session.get(address)
    assert not one.script.asked


def test_a_redirect_that_leads_nowhere_counts_as_missing():
    assert Fixture(httpx.Response(301)).session.get("/x").missing


def test_an_endless_redirect_ends():
    one = Fixture(*[redirect("/v3/x") for _ in range(9)])
    with pytest.raises(Permanent, match="redirects"):
        one.session.get("/x")


def test_a_write_follows_only_redirects_that_keep_its_method():
    kept = Fixture(redirect("/v3/y", 307), httpx.Response(201, json={}))
    assert kept.session.send("POST", "/x", {}).ok
    assert kept.script.lines == ["POST /v3/x", "POST /v3/y"]
    assert not Fixture(redirect("/v3/y", 301)).session.send("POST", "/x", {}).ok


def test_a_get_is_tried_once_more_and_a_write_is_not():
    one = Fixture(httpx.Response(502), httpx.Response(200, json=[]))
    assert one.session.get("/x").ok
    assert one.pauses == [0.2]
    two = Fixture(httpx.Response(502))
    with pytest.raises(Transient, match="POST /v3/x: HTTP 502"):
        two.session.send("POST", "/x", {})


def test_a_named_wait_is_not_shortened_by_a_retry():
    one = Fixture(httpx.Response(503, headers={"retry-after": "9"}))
    with pytest.raises(Transient) as failure:
        one.session.get("/x")
    assert failure.value.retry_after == 9


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_blocks_the_credential(status):
    one = Fixture(httpx.Response(status, headers={"retry-after": "30"}))
    with pytest.raises(Transient):
        one.session.get("/x")
    assert one.budget.blocks == [30]


def test_a_wait_can_be_named_as_a_date():
    dates = {
        "date": "Fri, 20 Nov 2026 12:00:00 GMT",
        "retry-after": "Fri, 20 Nov 2026 12:01:30 GMT",
    }
    one = Fixture(httpx.Response(429, headers=dates))
    with pytest.raises(Transient) as failure:
        one.session.get("/x")
    assert failure.value.retry_after == 90


def test_a_plain_refusal_blocks_nothing():
    one = Fixture(httpx.Response(403, json={"message": "Must have admin rights"}))
    with pytest.raises(Denied, match="Must have admin rights"):
        one.session.get("/x")
    assert not one.budget.blocks


def test_a_refused_credential_is_told_to_its_owner_and_not_shown():
    one = Fixture(httpx.Response(401, json={"message": "Bad credentials"}))
    with pytest.raises(Denied) as failure:
        one.session.get("/x")
    assert one.bearer.refusals == 1
    assert "secret-token" not in str(failure.value)


def test_the_budget_is_learnt_from_headers():
    rates = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4999"}
    one = Fixture(httpx.Response(200, headers=rates | {"x-ratelimit-reset": "1795176000"}))
    one.session.get("/x")
    [rate] = one.budget.rates
    assert (rate.limit, rate.remaining) == (5000, 4999)
    assert rate.reset_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert rate.told_at is None


def test_the_tracker_s_clock_goes_with_its_reset():
    headers = {"x-ratelimit-remaining": "9", "x-ratelimit-reset": "1795176000"}
    headers |= {"date": "Fri, 20 Nov 2026 11:30:00 GMT"}
    one = Fixture(httpx.Response(200, headers=headers))
    one.session.get("/x")
    [rate] = one.budget.rates
    assert rate.told_at == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("named", ["999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_garbled_retry_after_is_a_day_at_most(named):
    one = Fixture(httpx.Response(503, headers={"retry-after": named}))
    with pytest.raises(Transient) as caught:
        one.session.get("/x")
    assert caught.value.retry_after == LONGEST_WAIT_SECONDS


def test_a_file_counts_against_our_own_api_only():
    rates = {"x-ratelimit-limit": "9", "x-ratelimit-remaining": "7"}
    there = {"location": "https://storage.test/f", **rates}
    one = Fixture(httpx.Response(302, headers=there), httpx.Response(200, content=b"x"))
    assert b"".join(one.session.download("/files/1")) == b"x"
    assert one.budget.waits == ["abc"]
    assert [rate.remaining for rate in one.budget.rates] == [7]


def test_a_storage_that_is_busy_does_not_stop_our_api():
    away = httpx.Response(429, headers={"retry-after": "60"})
    one = Fixture(redirect("https://storage.test/f", 302), away)
    with pytest.raises(Transient, match="rate limit"):
        list(one.session.download("/files/1"))
    assert one.budget.blocks == []


def test_nobody_has_a_budget_at_each_api():
    made = (github.Anonymous, gitlab.Anonymous, jira.Anonymous, azure_devops.Anonymous)
    names = {one(f"https://{number}.test").credential for number, one in enumerate(made)}
    assert len(names) == len(made)
    assert {one(BASE).credential for one in made} == {credential_name(BASE, "")}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-limit": "many"},
        {"x-ratelimit-limit": "9", "x-ratelimit-resource": "search"},
    ],
)
def test_nothing_is_learnt_from_headers_that_say_nothing(headers):
    one = Fixture(httpx.Response(200, headers=headers))
    one.session.get("/x")
    assert not one.budget.rates


def test_an_unchanged_answer_is_a_304_once_it_was_remembered():
    one = Fixture(httpx.Response(200, headers={"etag": 'W/"1"'}), httpx.Response(304))
    first = one.session.get("/x", {"per_page": 100}, conditional=True)
    one.session.remember(first, "/x", {"per_page": 100})
    assert one.session.get("/x", {"per_page": 100}, conditional=True).status == 304
    assert one.script.asked[1].headers["if-none-match"] == 'W/"1"'


def test_pages_are_followed_by_the_link_header():
    link = {"link": f'<{BASE}/x?page=2>; rel="next", <{BASE}/x?page=2>; rel="last"'}
    one = Fixture(httpx.Response(200, json=[{}], headers=link), httpx.Response(200, json=[{}, {}]))
    assert [len(page.items) for page in one.session.pages("/x")] == [1, 2]


@pytest.mark.parametrize("body", ["<html>", "", "{}", "[1]", '"x"', "[" * 3000])
def test_an_answer_that_is_no_list_is_transient(body):
    one = Fixture(httpx.Response(200, text=body))
    with pytest.raises(Transient, match="GET /v3/x"):
        _ = one.session.get("/x").items


def test_every_request_is_heard_with_its_status():
    one = Fixture(httpx.Response(500), httpx.Response(404))
    assert one.session.get("/x", {"a": 1}).missing
    assert one.heard == [("GET", "/v3/x?a=1", 500), ("GET", "/v3/x?a=1", 404)]


def test_a_credential_is_named_by_a_hash_per_address():
    assert "token" not in credential_name(BASE, "token")
    assert credential_name(BASE, "token") != credential_name("https://other.test", "token")


def test_a_file_behind_a_redirect_to_nowhere_is_refused_in_words():
    with pytest.raises(Permanent, match="HTTP 302"):
        list(Fixture(httpx.Response(302)).session.download("/files/1"))


def test_a_file_at_an_address_that_is_none_is_refused_in_words():
    with pytest.raises(Permanent, match="cannot be understood"):
        list(Fixture().session.download("http://host:port/file"))


def test_a_list_whose_next_page_is_itself_ends_in_words():
    link = {"link": f'<{BASE}/issues?page=2>; rel="next"'}
    one = Fixture(*[httpx.Response(200, json=[], headers=link) for _ in range(3)])
    with pytest.raises(Transient, match="the next page is the same page"):
        list(one.session.pages("/issues"))
    assert len(one.script.asked) == 2


def test_an_address_that_will_go_away_is_told_once_for_all_of_its_kind(caplog):
    old = {"deprecation": "@1764000000"}
    one = Fixture(*[httpx.Response(200, json=[], headers=old) for _ in range(4)])
    names = ("0b9c6a52-1111-4c2f-8a63-9d7b5e0f0001", "0b9c6a52-2222-4c2f-8a63-9d7b5e0f0002")
    for path in ("/issues/1", "/issues/23", *(f"/things/{name}" for name in names)):
        one.session.get(path)
    told = [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]
    assert len(told) == 2
    assert "/issues/1 is deprecated" in told[0]
