"""What GitHub tells of changes: the timeline takes a ticket back to each of its earlier states."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.github import app as stand_in
from schemas.event import ChangesTold
from schemas.history import shown
from tests.trackers.github.github_network import ROOT, Network, connected, reply
from tests.trackers.github.github_payloads import (
    URL,
    a_label,
    a_milestone,
    a_payload,
    a_user,
    an_issue,
    encoded,
    headers,
)
from tests.trackers.stand_ins import NOW, Budget, Memory, Secrets, a_delivery, a_source
from tests.trackers.walked import agrees, look, undone
from trackers.github import GITHUB
from trackers.github.history import TELLS

SECRET = "the sandbox knows it"
NOWHERE = "http://127.0.0.1:9/webhooks/shop"
MAPS = {
    "types": {"bug": "defect", "documentation": "writing", "Task": "chore"},
    "severities": {"good first issue": "P4", "enhancement": "P2"},
}
LABELS = ("bug", "documentation", "good first issue", "enhancement", "fresh")
PEOPLE = ("mara-lind", "sandbox-user")


@pytest.fixture
def world() -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=4, comments=3, pulls=1) as running:
        yield running


def source_of(world, **over):
    return a_source("github", world.repo_url, api_url=world.url, filter={"state": "all"}, **over)


@pytest.fixture
def source(world):
    return source_of(world)


def a_client(world, source):
    given = {"limiter": Budget(), "validators": Memory()}
    return GITHUB.connect(source, credentials=Secrets(world.plan.token), **given)


@pytest.fixture
def client(world, source):
    client = a_client(world, source)
    yield client
    client.close()


def an_act(draw, do, number):
    """Something that a person might do now, often the opposite of what was done before."""
    text, person, name = (draw.choice(some) for some in ("abcdef", PEOPLE, LABELS))
    issue = do.issue(number)
    acts = [
        lambda: do.edit(number, title=f"Title {text} ☕"),
        lambda: do.edit(number, body=f"Body {text}\r\n"),
        lambda: do.label(number, name),
        lambda: do.set_labels(number, draw.sample(LABELS, 2)),
        lambda: (do.label(number, "swift"), do.unlabel(number, "swift"), do.label(number, "swift")),
        lambda: do.set_labels(number, []),
        lambda: do.assign(number, person),
        lambda: do.unassign(number, person),
        lambda: do.milestone(number, draw.choice((1, 2, None))),
        lambda: do.close(number, draw.choice(("completed", "not_planned", "duplicate"))),
        lambda: do.reopen(number),
        lambda: do.unlock(number) if issue.locked else do.lock(number, "spam"),
        lambda: do.set_type(number, draw.choice(("Bug", "Task", None))),
        lambda: do.comment(number, "no change"),
    ]
    draw.choice(acts)()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("maps", [{}, MAPS], ids=["plain", "mapped"])
def test_walking_the_timeline_back_gives_every_earlier_state(world, seed, maps):
    source, draw = source_of(world, **maps), random.Random(seed)
    client = a_client(world, source)
    fields = TELLS | ({"severity"} if maps else set())
    number = str(world.acts.open("New", labels=["bug"], assignees=["mara-lind"]).number)
    lives = []
    for _ in range(35):
        an_act(draw, world.acts, int(number))
        ticket = GITHUB.to_ticket(client.fetch(number).body, source)
        [so_far] = client.history([number])
        lives.append((look(ticket, fields), {one.id for one in so_far.entries}))
    [told] = client.history([number])
    client.close()
    assert told.complete
    assert len({one.id for one in told.entries}) == len(told.entries)
    assert [(one.at, one.place) for one in told.entries] == sorted(
        {(one.at, one.place) for one in told.entries}
    )
    for live, known in lives:
        later = [one for one in told.entries if one.id not in known]
        assert agrees(undone(lives[-1][0], later), live) == {}
    told_of = {one.field for one in told.entries if one.told}
    assert len(told_of) > 4


@pytest.mark.parametrize("seed", range(2))
def test_what_webhooks_tell_is_what_happened(world, client, source, seed):
    hook, draw = world.add_hook(NOWHERE, SECRET), random.Random(100 + seed)
    number = str(world.acts.open("New").number)
    assert world.outbox.idle()
    heard = len(hook.deliveries)
    before = GITHUB.to_ticket(client.fetch(number).body, source)
    for _ in range(25):
        an_act(draw, world.acts, int(number))
        assert world.outbox.idle()
        after = GITHUB.to_ticket(client.fetch(number).body, source)
        entries = [one for got in hook.deliveries[heard:] for one in told_in(got)]
        heard = len(hook.deliveries)
        fields = TELLS | {"body"}
        walked = undone(look(after, fields), entries)
        assert agrees(walked, look(before, fields)) == {}
        changed = {one for one in fields if shown(before, one) != shown(after, one)}
        assert changed <= {one.field for one in entries}
        before = after


def told_in(delivery):
    names = {name.lower(): value for name, value in delivery.request_headers.items()}
    GITHUB.verify(names, delivery.payload, [SECRET], NOW)
    events = GITHUB.parse(a_delivery(names, delivery.payload))
    told = [one for one in events if isinstance(one, ChangesTold)]
    assert not any(one.identified for one in told)
    return [entry for one in told for entry in one.entries]


def test_two_hooks_give_one_act_one_id(world):
    hooks = [world.add_hook(NOWHERE, SECRET) for _ in range(2)]
    number = world.acts.open("New").number
    world.acts.edit(number, title="Another", body="Text")
    assert world.outbox.idle()
    first, second = ([one.id for one in told_in(hook.deliveries[-1])] for hook in hooks)
    assert first == second
    assert len(set(first)) == 2


def test_a_deleted_label_keeps_its_name_in_the_past(world, client, source):
    number = str(world.acts.open("New").number)
    world.acts.label(int(number), "soon gone")
    world.acts.delete_label("soon gone")
    world.acts.edit(int(number), title="Other")
    [told] = client.history([number])
    changed = [(one.field, one.before, one.after) for one in told.entries]
    assert changed == [("labels", None, ["soon gone"]), ("title", "New", "Other")]


def test_issues_that_are_gone_or_moved_are_left_out(world, client):
    deleted, moved, stays = (world.acts.open(title).number for title in "ABC")
    world.acts.delete(deleted)
    world.acts.transfer(moved, "octo/archive")
    told = list(client.history([str(deleted), str(moved), str(stays), "99999"]))
    assert [(one.ticket, one.entries) for one in told] == [(str(stays), ())]


def test_a_renamed_repository_tells_under_its_old_name(world, client):
    number = world.acts.open("A").number
    world.acts.edit(number, title="B")
    world.acts.rename_repo("elsewhere")
    [told] = client.history([str(number)])
    assert [one.field for one in told.entries] == ["title"]


def a_timeline(*events):
    """A client for which the issue 12 has these events."""
    listed = [{"id": n, "created_at": "2026-11-20T09:00:00Z", **e} for n, e in enumerate(events)]
    answers = {"timeline": reply(listed), "": reply(an_issue())}
    fixed = {f"GET {ROOT}/issues/12/{tail}".rstrip("/"): one for tail, one in answers.items()}
    return connected(Network(fixed=fixed)).client


def changes(client):
    [told] = client.history(["12"])
    return [(one.field, one.before, one.after, one.told) for one in told.entries]


def test_a_reopening_without_its_closing_does_not_guess_the_reason():
    found = changes(a_timeline({"event": "reopened"}, {"event": "closed", "state_reason": None}))
    assert found == [
        ("status", "closed", "open", True),
        ("close_reason", None, None, False),
        ("status", "open", "closed", True),
    ]


def test_another_reason_for_a_closed_issue_is_a_change_of_the_reason_alone():
    reasons = ("completed", "not_planned", "not_planned")
    found = changes(a_timeline(*({"event": "closed", "state_reason": one} for one in reasons)))
    assert found == [
        ("status", "open", "closed", True),
        ("close_reason", None, "completed", True),
        ("close_reason", "completed", "not_planned", True),
    ]


def test_what_is_named_no_more_is_told_without_values():
    events = [{"event": "labeled", "label": None}, {"event": "assigned", "assignee": None}]
    found = changes(a_timeline(*events))
    assert found == [("labels", None, None, False), ("assignees", None, None, False)]


def test_deleted_accounts_act_and_are_assigned_as_the_ghost():
    ghost = a_user("ghost", 10137)
    client = a_timeline({"event": "assigned", "actor": None, "assignee": ghost})
    [told] = client.history(["12"])
    assert [(one.actor.id, one.after) for one in told.entries] == [("ghost", ["ghost"])]


def test_a_timeline_that_ends_early_is_not_complete():
    """https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api"""
    refusal = {"message": "In order to keep the API fast for everyone, pagination is limited."}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("page") == "2":
            return reply(refusal, 422)
        event = {"id": 1, "event": "locked", "created_at": "2026-11-20T09:00:00Z"}
        following = request.url.copy_set_param("page", 2)
        return reply([event], link=f'<{following}>; rel="next"')

    [told] = connected(answer).client.history(["12"])
    assert not told.complete
    assert [one.field for one in told.entries] == ["locked"]


def test_two_issues_of_one_pull_request_have_references_of_their_own(world, client):
    first, second = (world.acts.open(title).number for title in "AB")
    world.acts.open_pull("A mend", f"Fixes #{first}, fixes #{second}")
    told = list(client.history([str(first), str(second)]))
    ids = [one.id for one in told for one in one.entries]
    assert len(ids) == len(set(ids)) == 2


def entries_of(action, **parts):
    body = encoded(a_payload(action, **parts))
    events = GITHUB.parse(a_delivery(headers("issues", body), body))
    return [entry for one in events if isinstance(one, ChangesTold) for entry in one.entries]


HOOKS = [
    ("edited", {"changes": {"title": {"from": "Old"}}}, [("title", "Old", "New", True)]),
    ("edited", {"changes": {}}, []),
    ("edited", {"changes": {"body": {"from": "Every\r\nday"}}}, []),
    ("edited", {"changes": {"body": {"from": ""}}}, [("body", None, "Every\nday", True)]),
    ("labeled", {"label": a_label("bug")}, [("labels", None, ["bug"], True)]),
    ("unlabeled", {"label": a_label("bug")}, [("labels", ["bug"], None, True)]),
    ("labeled", {}, []),
    ("assigned", {"assignee": a_user("mara", 7)}, [("assignees", None, ["7"], True)]),
    ("unassigned", {"assignee": None}, [("assignees", ["ghost"], None, True)]),
    ("milestoned", {"milestone": a_milestone(title="M")}, [("milestone", None, "M", True)]),
    ("demilestoned", {"milestone": a_milestone(title="M")}, [("milestone", "M", None, True)]),
    ("locked", {}, [("locked", False, True, True)]),
    ("unlocked", {}, [("locked", True, False, True)]),
    ("typed", {}, [("type", None, None, False)]),
    ("pinned", {}, []),
    ("opened", {}, []),
]


@pytest.mark.parametrize(("action", "parts", "expected"), HOOKS)
def test_each_action_tells_its_change(action, parts, expected):
    issue = an_issue(title="New", body="Every\nday", updated_at="2026-11-20T09:05:00Z")
    found = entries_of(action, issue=issue, **parts)
    assert [(one.field, one.before, one.after, one.told) for one in found] == expected
    assert {one.at for one in found} <= {datetime(2026, 11, 20, 9, 5, tzinfo=UTC)}


def test_closing_tells_state_and_reason_and_reopening_no_reason():
    closed = entries_of("closed", issue=an_issue(state="closed", state_reason="not_planned"))
    assert [(one.field, one.before, one.after) for one in closed] == [
        ("status", "open", "closed"), ("close_reason", None, "not_planned"),
    ]  # fmt: skip
    again = entries_of("reopened", issue=an_issue(state="open", state_reason="reopened"))
    assert [(one.field, one.told) for one in again] == [("status", True), ("close_reason", False)]


def test_a_pull_request_tells_no_changes():
    issue = an_issue(pull_request={"url": URL})
    assert entries_of("labeled", issue=issue, label=a_label("bug")) == []
