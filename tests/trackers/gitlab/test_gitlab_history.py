"""What GitLab tells of changes: events and notes take a ticket back to each earlier state."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.gitlab import app
from schemas.event import ChangesTold
from schemas.history import shown
from tests.trackers.gitlab.gitlab_payloads import (
    a_client,
    a_note,
    a_person,
    an_issue,
)
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_delivery, a_source
from tests.trackers.walked import agrees, look, undone
from trackers.gitlab import GITLAB
from trackers.gitlab.history import TELLS

SECRET = "the sandbox knows it"
NOWHERE = "http://127.0.0.1:9/webhooks/shop"
MAPS = {
    "fields": {"story_points": "points::", "components": "part::", "customer": "customer::"},
    "types": {"bug": "defect", "incident": "outage"},
    "severities": {"wish": "P4"},
}
LABELS = (
    "bug", "wish", "priority::1", "priority::3", "severity::2", "customer::Nordlicht", "points::5",
    "points::8", "part::Hull", "part::Sail",
)  # fmt: skip
BY_LABELS = {"priority", "severity", "customer", "components", "story_points"}
PEOPLE = ("sven-borg", "yuki.tanaka", "rosa.lima")


@pytest.fixture
def world() -> Iterator[app.Running]:
    with app.start(tickets=4, comments=2) as running:
        yield running


def source_of(world, **over):
    return a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"}, **over)


@pytest.fixture
def source(world):
    return source_of(world)


def connected(world, source):
    given = {"limiter": Budget(), "validators": Memory()}
    return GITLAB.connect(source, credentials=Secrets(world.plan.token), **given)


@pytest.fixture
def client(world, source):
    client = connected(world, source)
    yield client
    client.close()


def an_act(draw, do, number):
    """Something that a person might do now, often the opposite of what was done before."""
    issue, person = do.issue(number), draw.choice(PEOPLE)
    titles = ("One", "Two ** to ** Three", "{+odd+} ☕", "A ** to ** B ** to ** C")
    acts = [
        lambda: do.edit(number, title=draw.choice(titles)),
        lambda: do.edit(number, description=f"Text {draw.random()}\r\n"),
        lambda: do.label(number, draw.choice(LABELS)),
        lambda: do.edit(number, labels=draw.sample(LABELS, 3)),
        lambda: (do.label(number, "swift"), do.unlabel(number, "swift"), do.label(number, "swift")),
        lambda: do.edit(number, labels=[]),
        lambda: do.assign(number, person),
        lambda: do.edit(number, assignees=draw.sample(PEOPLE, draw.randrange(3))),
        lambda: do.milestone(number, draw.choice(("Launch", "2026.12", None))),
        lambda: do.edit(number, iteration_id=draw.choice((821, 822, None))),
        lambda: do.edit(number, weight=draw.choice((None, 1, 5, 8))),
        lambda: do.edit(number, due_date=draw.choice((None, "2026-12-04", "2027-01-31"))),
        lambda: do.close(number),
        lambda: do.mark_duplicate(number, 1),
        lambda: do.reopen(number),
        lambda: do.edit(number, locked=not issue.locked),
        lambda: do.edit(number, confidential=not issue.confidential),
        lambda: do.edit(number, estimate=draw.choice((0, 12600, 144000))),
        lambda: do.spend(number, draw.choice((1845, 30600, -900, -issue.spent))),
        lambda: do.edit(number, kind=draw.choice(("issue", "incident", "task"))),
        lambda: do.edit(number, severity=draw.choice(("low", "high", "critical"))),
        lambda: do.edit(number, health=draw.choice(("at_risk", None))),
        lambda: do.comment(number, "changed the description, they say"),
    ]
    draw.choice(acts)()


@pytest.mark.parametrize("seed", [0, 2, 5])
@pytest.mark.parametrize(
    "maps", [{}, MAPS, {"fields": {"story_points": "weight"}}], ids=["plain", "mapped", "weighed"]
)
def test_walking_events_and_notes_back_gives_every_earlier_state(world, seed, maps):
    source, draw = source_of(world, **maps), random.Random(seed)
    client = connected(world, source)
    number = str(
        world.acts.open(
            "New", labels=["bug", "part::Hull"], due_date="2026-12-01", severity="low"
        ).iid
    )
    lives = []
    for _ in range(45):
        an_act(draw, world.acts, int(number))
        ticket = GITLAB.to_ticket(client.fetch(number).body, source)
        [so_far] = client.history([number])
        lives.append((look(ticket, TELLS), {one.id for one in so_far.entries}))
    [told] = client.history([number])
    client.close()
    assert told.complete
    assert len({one.id for one in told.entries}) == len(told.entries)
    places = [(one.at, one.place) for one in told.entries]
    assert places == sorted(set(places))
    for live, known in lives:
        later = [one for one in told.entries if one.id not in known]
        assert agrees(undone(lives[-1][0], later), live) == {}
    assert len({one.field for one in told.entries if one.told}) > 8
    untold = {one.field for one in told.entries if not one.told}
    assert untold <= {"body", "severity"}


@pytest.mark.parametrize("seed", range(3))
def test_what_webhooks_tell_is_what_happened(world, client, source, seed):
    flags = {"issues_events": True, "confidential_issues_events": True}
    hook, draw = world.acts.add_hook(NOWHERE, SECRET, flags), random.Random(100 + seed)
    number = str(world.acts.open("New").iid)
    assert world.outbox.idle()
    heard = len(hook.events)
    before = GITLAB.to_ticket(client.fetch(number).body, source)
    fields = TELLS - BY_LABELS - {"close_reason"}
    for _ in range(30):
        hook.failures, hook.disabled_until = 0, None
        an_act(draw, world.acts, int(number))
        assert world.outbox.idle()
        after = GITLAB.to_ticket(client.fetch(number).body, source)
        entries = [one for got in hook.events[heard:] for one in told_in(got)]
        heard = len(hook.events)
        assert agrees(undone(look(after, fields), entries), look(before, fields)) == {}
        changed = {one for one in fields if shown(before, one) != shown(after, one)}
        assert changed <= {one.field for one in entries}
        before = after


def told_in(delivery):
    names = {name.lower(): value for name, value in delivery.headers.items()}
    GITLAB.verify(names, delivery.body, [SECRET], datetime.now(UTC))
    told = [
        one
        for one in GITLAB.parse(a_delivery(names, delivery.body))
        if isinstance(one, ChangesTold)
    ]
    assert not any(one.identified for one in told)
    return [entry for one in told for entry in one.entries]


def test_two_hooks_give_one_act_one_id(world):
    hooks = [world.add_hook(NOWHERE, SECRET) for _ in range(2)]
    number = world.acts.open("New").iid
    world.acts.edit(number, title="Another", weight=3)
    assert world.outbox.idle()
    first, second = ([one.id for one in told_in(hook.events[-1])] for hook in hooks)
    assert first == second
    assert len(set(first)) == 2


def test_more_than_a_page_of_changes_is_read_to_its_end(world, client):
    number = str(world.acts.open("New").iid)
    for turn in range(60):
        world.acts.edit(int(number), title=f"Title {turn}")
        world.acts.label(int(number), "bug")
        world.acts.unlabel(int(number), "bug")
    [told] = client.history([number])
    assert [one.after for one in told.entries if one.field == "title"][-1] == "Title 59"
    assert len(told.entries) == 180


def test_deleted_labels_and_milestones_leave_what_gitlab_still_knows(world, client):
    number = world.acts.open("New").iid
    world.acts.label(number, "soon gone")
    world.acts.create_milestone("Never")
    world.acts.milestone(number, "Never")
    world.acts.edit(number, title="Other")
    world.acts.delete_label("soon gone")
    world.acts.delete_milestone("Never")
    [told] = client.history([str(number)])
    changed = [(one.field, one.before, one.after, one.told) for one in told.entries]
    assert changed == [("labels", None, None, False), ("title", "New", "Other", True)]


def test_issues_that_are_gone_are_left_out(world, client):
    deleted, stays = (world.acts.open(title).iid for title in "AB")
    world.acts.delete(deleted)
    told = list(client.history([str(deleted), str(stays), "99999", "no number"]))
    assert [(one.ticket, one.entries) for one in told] == [(str(stays), ())]


def test_nothing_is_asked_about_nothing():
    script = Script(lambda request: httpx.Response(500))
    assert list(a_client(script).history(["no number"])) == []
    assert script.lines == []


def past(*bodies, issue=None, people=(), **lists):
    """A client for which the issue 12 has these system notes, a minute apart, and these lists."""
    remarks = [
        a_note(66001 + n, system=True, body=body, created_at=f"2026-11-20T09:{n:02}:00.000Z")
        for n, body in enumerate(bodies)
    ]
    answers = {f"resource_{kind}_events": items for kind, items in lists.items()}

    def answer(request: httpx.Request) -> httpx.Response:
        tail = request.url.path.rpartition("/")[2]
        if tail == "users":
            found = [one for one in people if one["username"] == request.url.params["username"]]
            return httpx.Response(200, json=found)
        if tail == "issues":
            return httpx.Response(200, json=[an_issue(**(issue or {}))])
        found = answers.get(tail, remarks if tail == "notes" else [])
        status = 403 if found is None else 200
        return httpx.Response(status, json={"message": "403 Forbidden"} if found is None else found)

    return Script(answer)


def changes(script):
    [told] = a_client(script).history(["12"])
    return [(one.field, one.before, one.after) for one in told.entries if one.told]


NOTES = [
    ("changed due date to March  4, 2026", {}, ("due_date", None, "2026-03-04")),
    ("removed due date December 24, 2026", {}, ("due_date", "2026-12-24", None)),
    (
        "changed start date to May 1, 2026 and changed due date to May 9, 2026",
        {},
        ("due_date", None, "2026-05-09"),
    ),
    ("added time estimate of 1w 2d", {}, ("time_estimate", None, 201_600)),
    ("changed time estimate to 3h from 1mo", {}, ("time_estimate", 576_000, 10_800)),
    ("removed time estimate of 30m 5s", {}, ("time_estimate", 1805, None)),
    ("made the issue confidential", {}, ("confidential", False, True)),
    ("made the task visible to everyone", {}, ("confidential", True, False)),
    ("locked the discussion in this issue", {}, ("locked", False, True)),
    ("unlocked this issue", {}, ("locked", True, False)),
    ("changed type from issue to test case", {"issue_type": "test_case"},
     ("type", "issue", "test_case")),
    ("changed title from **Old {-beacon-}** to **Old {+lamp+}**", {"title": "Old lamp"},
     ("title", "Old beacon", "Old lamp")),
    ("assigned to @ines-varga", {}, ("assignees", None, ["501"])),
    ("assigned to @ines-varga, @b.c, and @d and unassigned @nobody", {},
     ("assignees", ["@nobody"], ["501", "601", "602"])),
    ("unassigned @b.c.", {}, ("assignees", ["601"], None)),
    ("changed health status to **at risk**", {},
     (None, None, "changed health status to **at risk**")),
    ("mentioned in merge request !4", {}, (None, None, "mentioned in merge request !4")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "issue", "expected"), NOTES)
def test_each_system_note_is_read(body, issue, expected):
    people = [a_person(601, "b.c"), a_person(602, "d")]
    found = changes(past(body, issue=issue, people=people))
    assert expected in found
    assert len(found) <= 2


UNTOLD = [
    ("changed time estimate to 3h", "time_estimate"),
    ("changed time estimate to ages from 3h", "time_estimate"),
    ("changed issue type to incident", "type"),
    ("changed the severity to **High - S2**", "severity"),
    ("changed the description", "body"),
    ("marked the checklist item **Buy paint** as completed", "body"),
    ("removed assignee", "assignees"),
    ("added 1h of time spent", "time_spent"),
    ("changed due date to someday", "due_date"),
]


@pytest.mark.parametrize(("body", "field"), UNTOLD)
def test_what_a_note_leaves_open_is_told_without_values(body, field):
    [told] = a_client(past(body)).history(["12"])
    assert [(one.field, one.before, one.after, one.told) for one in told.entries] == [
        (field, None, None, False)
    ]


def test_the_word_before_is_that_of_the_note_before():
    script = past(
        "changed time estimate to 3h",
        "changed time estimate to 5h",
        "changed the severity to **Low - S4**",
        "changed the severity to **Critical - S1**",
        issue={"severity": "CRITICAL"},
    )
    assert changes(script) == [("time_estimate", 10_800, 18_000), ("severity", "P4", "P1")]


def test_time_spent_is_the_sum_of_what_was_added():
    script = past(
        "added 1h 30m of time spent",
        "subtracted 30m of time spent at 2026-11-01",
        "removed time spent",
        "added 2h of time spent",
        "deleted 1h of spent time from 2026-11-02",
        issue={"time_stats": {"time_estimate": 0, "total_time_spent": 3600}},
    )
    assert changes(script) == [
        ("time_spent", None, 5400),
        ("time_spent", 5400, 3600),
        ("time_spent", 3600, None),
        ("time_spent", None, 7200),
        ("time_spent", 7200, 3600),
    ]


def test_a_reason_begins_with_the_closing_and_ends_with_the_reopening():
    states = [
        {"id": n, "user": a_person(), "created_at": f"2026-11-20T09:{at}:00.000Z", "state": state}
        for n, (at, state) in enumerate([("05", "closed"), ("06", "reopened"), ("07", "closed")])
    ]
    found = changes(past("marked this issue as a duplicate of #3", state=states))
    assert [one for one in found if one[0]] == [
        ("status", "opened", "closed"),
        ("close_reason", None, "duplicate"),
        ("status", "closed", "opened"),
        ("close_reason", "duplicate", None),
        ("status", "opened", "closed"),
    ]


def test_a_new_milestone_takes_the_place_of_the_old_one():
    events = [
        {"id": n, "user": a_person(), "created_at": f"2026-11-20T09:0{n}:00.000Z",
         "action": action, "milestone": {"id": 5, "title": title}}
        for n, (action, title) in enumerate([("add", "M1"), ("add", "M2"), ("remove", "M2")])
    ]  # fmt: skip
    assert changes(past(milestone=events)) == [
        ("milestone", None, "M1"), ("milestone", "M1", "M2"), ("milestone", "M2", None),
    ]  # fmt: skip


def test_a_weight_without_the_one_before_follows_from_the_event_before():
    events = [
        {"id": n, "user": a_person(), "created_at": f"2026-11-20T09:0{n}:00.000Z", "weight": value}
        for n, value in enumerate([3, 5])
    ]
    [told] = a_client(past(weight=events, issue={"weight": 5})).history(["12"])
    assert [(one.before, one.after, one.told) for one in told.entries] == [
        (None, None, False), (3, 5, True),
    ]  # fmt: skip


def test_a_list_that_is_kept_from_us_makes_the_history_incomplete():
    [told] = a_client(past("made the issue confidential", label=None)).history(["12"])
    assert not told.complete
    assert [one.field for one in told.entries] == ["confidential"]


def test_one_unknown_name_is_asked_about_once():
    script = past("assigned to @nobody", "unassigned @nobody")
    client = a_client(script)
    for _ in range(2):
        [told] = client.history(["12"])
        assert [one.after or one.before for one in told.entries] == [["@nobody"], ["@nobody"]]
    assert sum("/users" in line for line in script.lines) == 1


def test_the_map_of_the_source_names_what_labels_mean():
    """Labels come and go under their names, and what a source makes of them beside them."""
    labels = [
        {"id": n, "user": a_person(), "created_at": f"2026-11-20T09:0{n}:00.000Z",
         "action": action, "label": {"id": 7, "name": name}}
        for n, (action, name) in enumerate([("add", "priority::2"), ("remove", "priority::2")])
    ]  # fmt: skip
    [told] = a_client(past(label=labels)).history(["12"])
    assert [(one.id, one.field, one.before, one.after) for one in told.entries] == [
        ("label:0", "labels", None, ["priority::2"]),
        ("label:0:priority", "priority", None, "2"),
        ("label:0:severity", "severity", None, "P2"),
        ("label:1", "labels", ["priority::2"], None),
        ("label:1:priority", "priority", "2", None),
        ("label:1:severity", "severity", "P2", None),
    ]
