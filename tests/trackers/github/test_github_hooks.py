"""Our webhook: found, faulted, made, mended, removed, and what it missed."""

from datetime import UTC, datetime

import orjson
import pytest

from schemas.errors import Denied, Permanent
from tests.trackers.github.github_network import ROOT, Network, connected, reply
from tests.trackers.stand_ins import shared
from trackers.github.hooks import EVENTS

OURS = "https://sync.firm.test/webhooks/shop"
HOOKS = f"{ROOT}/hooks"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def a_hook(number=88, url=OURS, **over):
    return {
        "id": number,
        "name": "web",
        "active": True,
        "events": list(EVENTS),
        "config": {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": "********"},
        "last_response": {"code": 202, "status": "active", "message": "OK"},
    } | over


def a_try(number, guid, code, at="2026-11-20T09:00:00Z", **over):
    return {
        "id": number,
        "guid": guid,
        "delivered_at": at,
        "status": "OK" if code == 200 else "Invalid HTTP Response",
        "status_code": code,
        "event": "issues",
        "action": "opened",
    } | over


def client(*hooks, **fixed):
    answers = {f"GET {HOOKS}": reply(list(hooks))} | fixed
    return connected(Network(fixed=answers))


def sent(one):
    return orjson.loads(one.script.asked[-1].content)


def test_hooks_are_listed_with_their_last_answer():
    [found] = client(a_hook()).client.hooks()
    assert (found.id, found.url, found.last_code, found.last_status) == ("88", OURS, 202, "OK")


def test_a_good_hook_has_no_fault():
    assert client(a_hook(url=OURS + "/")).client.check_hooks(OURS) == []
    assert client(a_hook(events=["*"])).client.check_hooks(OURS) == []


def test_an_unused_hook_has_no_fault():
    unused = {"code": None, "status": "unused", "message": None}
    assert client(a_hook(last_response=unused)).client.check_hooks(OURS) == []


@pytest.mark.parametrize(
    ("over", "problem", "mended_by"),
    [
        ({"active": False}, "switched off", "register"),
        ({"events": ["issues"]}, "issue_comment, label, milestone", "register"),
        ({"config": {"url": OURS, "content_type": "form", "secret": "*"}}, "content", "register"),
        ({"config": {"url": OURS, "secret": "*"}}, "content type", "register"),
        ({"config": {"url": OURS, "content_type": "json"}}, "no secret", "register"),
        ({"last_response": {"code": 502, "status": "x", "message": "Bad"}}, "502, Bad", "none"),
        ({"last_response": {"code": None, "status": "failed"}}, "no answer, failed", "none"),
    ],
)
def test_each_fault_says_what_mends_it(over, problem, mended_by):
    [fault] = client(a_hook(**over)).client.check_hooks(OURS)
    assert problem in fault.problem
    assert (fault.hook, fault.mended_by) == ("88", mended_by)


def test_an_absent_hook_is_a_fault_that_names_a_likely_stray():
    stray = a_hook(url="https://old.firm.test/webhooks/shop")
    [fault] = client(stray).client.check_hooks(OURS)
    assert (fault.hook, fault.mended_by) == (None, "register")
    assert "one points to old.firm.test" in fault.problem


def test_a_new_hook_is_json_with_all_events_and_a_secret():
    one = client(**{f"POST {HOOKS}": reply(a_hook(), 201)})
    assert one.client.ensure_hook(OURS, "s3cret").id == "88"
    assert sent(one) == {
        "name": "web",
        "active": True,
        "events": list(EVENTS),
        "config": {"url": OURS, "content_type": "json", "secret": "s3cret", "insecure_ssl": "0"},
    }


def test_a_mended_hook_keeps_foreign_events_and_is_given_its_secret_again():
    one = client(a_hook(active=False), **{f"PATCH {HOOKS}/88": reply(a_hook())})
    one.client.ensure_hook(OURS, "s3cret")
    assert sent(one)["config"]["secret"] == "s3cret"
    assert sent(one)["add_events"] == list(EVENTS)
    assert "events" not in sent(one)


def test_a_hook_is_never_made_without_a_secret():
    one = client()
    with pytest.raises(Permanent, match="needs a secret"):
        one.client.ensure_hook(OURS, " ")
    assert not one.script.asked


def test_a_hook_is_removed_once():
    one = client(
        a_hook(), a_hook(89, "https://other.test"), **{f"DELETE {HOOKS}/88": reply(None, 204)}
    )
    assert one.client.remove_hook(OURS)
    assert one.lines[-1] == "DELETE …/hooks/88"
    assert not client().client.remove_hook(OURS)


@pytest.mark.parametrize("status", [403, 404])
def test_missing_rights_are_denied(status):
    refused = connected(Network(fixed={f"GET {HOOKS}": reply({"message": "no"}, status)}))
    with pytest.raises(Denied):
        refused.client.hooks()


def test_what_no_attempt_delivered_is_asked_for_once():
    attempts = [
        a_try(5, "a", 502),
        a_try(4, "b", 200),
        a_try(3, "a", 502),
        a_try(2, "b", 500),
        a_try(1, "old", 502, at="2026-11-10T09:00:00Z"),
    ]
    path = f"{HOOKS}/88/deliveries"
    one = client(
        a_hook(), **{f"GET {path}": reply(attempts), f"POST {path}/5/attempts": reply({}, 202)}
    )
    [missed] = one.client.missed_deliveries(OURS, SINCE)
    assert (missed.delivery_key, missed.id, missed.event) == ("a", "5", "issues.opened")
    assert missed.redelivered
    assert len(one.script.asked) == 3


def test_the_list_is_not_read_beyond_what_was_asked_for():
    path = f"{HOOKS}/88/deliveries"
    link = f'<https://api.github.com{path}?cursor=x>; rel="next"'
    attempts = [a_try(2, "a", 200), a_try(1, "b", 502, at="2026-11-20T08:00:00Z")]
    one = client(a_hook(), **{f"GET {path}": reply(attempts, link=link)})
    since = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert one.client.missed_deliveries(OURS, since) == []
    assert len(one.script.asked) == 2


def test_a_redelivery_that_is_refused_stops_no_other():
    path = f"{HOOKS}/88/deliveries"
    attempts = [a_try(2, "a", 502), a_try(1, "b", 502)]
    answers = {
        f"GET {path}": reply(attempts),
        f"POST {path}/2/attempts": reply({"message": "too old"}, 422),
        f"POST {path}/1/attempts": reply({}, 202),
    }
    told = client(a_hook(), **answers).client.missed_deliveries(OURS, SINCE)
    assert [(one.delivery_key, one.redelivered) for one in told] == [("a", False), ("b", True)]


def test_the_shared_sample_of_a_healed_delivery_asks_for_nothing():
    attempts = orjson.loads(
        shared("reference/payloads/github/rest.hook_deliveries.json").read_bytes()
    )
    one = client(a_hook(), **{f"GET {HOOKS}/88/deliveries": reply(attempts)})
    assert one.client.missed_deliveries(OURS, SINCE) == []
