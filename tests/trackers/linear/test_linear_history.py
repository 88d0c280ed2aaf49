"""The changelog against the stand-in: walked back from now, it gives every former state again."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest

from schemas.event import ChangesTold
from schemas.history import shown
from tests.trackers.linear.linear_payloads import (
    STATE,
    TICKET,
    a_comment,
    an_issue,
    facts,
    payload,
    source,
)
from tests.trackers.linear.linear_world import NOWHERE, SECRET, client_of, source_of
from tests.trackers.stand_ins import NOW, a_delivery, shared
from tests.trackers.walked import strictly
from trackers.linear import LINEAR, chronicle

stand_in = pytest.importorskip("sandbox.linear.app")

FIELDS = sorted(LINEAR.capabilities.history - {"body"})
LABELS = ["Bug", "Feature", "Improvement", "Übersetzung", "Checkout", "Warehouse", "Shop floor"]
STATES = ["Triage", "Todo", "In Progress", "In Review", "Done", "Canceled", "Duplicate"]
KEYS = ["ENG-1", "ENG-2", "ENG-3"]


@pytest.fixture
def world() -> Iterator:
    with stand_in.start(tickets=5, comments=2) as running:
        running.add_hook(NOWHERE, SECRET)
        yield running


@pytest.fixture
def ours(world):
    """The source with words of its own for severities and states, and a group for customers."""
    group = next(one for one in world.state.labels if one.is_group).id
    return source_of(
        world,
        severities={"Urgent": "P0", "Low": "P9"},
        statuses={"In Review": "done"},
        fields={"customer": group, "components": group},
    )


@pytest.fixture
def client(world, ours):
    client = client_of(world, **ours.model_dump(include={"severities", "statuses", "fields"}))
    yield client
    client.close()


def an_act(draw: random.Random):
    """One act of anybody on anything."""
    key, other = draw.sample(KEYS, 2)
    someone = draw.choice(["aiko", "noor", "pilar"])
    return draw.choice(
        [
            lambda do: do.edit(key, title=f"Title {draw.randint(1, 3)}", by=someone),
            lambda do: do.edit(key, body=f"Text {draw.randint(1, 3)}", by=someone),
            lambda do: do.edit(key, priority=draw.randint(0, 4), by=someone),
            lambda do: do.edit(
                key,
                priority=draw.randint(0, 4),
                estimate=draw.choice([None, 0, 1, 2.5]),
                due=draw.choice([None, "2026-12-24", "2027-01-06"]),
                by=someone,
            ),
            lambda do: do.label(key, *draw.sample(LABELS, 2), by=someone),
            lambda do: do.unlabel(key, *draw.sample(LABELS, 4), by=someone),
            lambda do: do.assign(key, draw.choice([None, "aiko", "jurgen"]), by=someone),
            lambda do: do.move(key, draw.choice(STATES), by=someone),
            lambda do: do.plan(
                key,
                draw.choice([None, 1, 2, 3]),
                draw.choice([None, "Spring sale", "Kassenumbau"]),
                by=someone,
            ),
            lambda do: do.parent(key, draw.choice([None, "ENG-4", "ENG-5"]), by=someone),
            lambda do: do.relate(key, "blocks", other, by=someone),
            lambda do: do.attach(key, f"https://example.org/{draw.random()}", "A page"),
            lambda do: do.archive(key),
            lambda do: do.restore(key),
        ]
    )


def values(client, ours, ticket: str):
    """The fields of a ticket as history tells them."""
    found = LINEAR.to_ticket(client.fetch(ticket).body, ours)
    return {field: shown(found, field) for field in FIELDS}


def exact(entries):
    return [one for one in entries if one.field not in (None, "body")]


@pytest.mark.parametrize("seed", range(6))
def test_walking_back_through_the_changes_gives_every_former_state(world, client, ours, seed):
    draw = random.Random(seed)
    ids = [world.state.issue(key).id for key in KEYS]
    for key in KEYS:
        world.state.issue(key).history.clear()
    snapshots = [(world.state.moment(), {one: values(client, ours, one) for one in ids})]
    for _ in range(40):
        an_act(draw)(world.acts)
        snapshots.append((world.state.moment(), {one: values(client, ours, one) for one in ids}))
    told = {one.ticket: one for one in client.history(ids)}
    assert told.keys() == set(ids)
    for ticket in ids:
        now = values(client, ours, ticket)
        back = exact(reversed(told[ticket].entries))
        for at, known in reversed(snapshots):
            while back and back[0].at > datetime.fromisoformat(at):
                entry = back.pop(0)
                now[entry.field] = strictly(entry, now[entry.field])
            assert now == known[ticket]
        assert not back


def test_every_change_is_told_once_and_oldest_first(world, client):
    acts, issue = world.acts, world.state.issue("ENG-1")
    issue.history.clear()
    for number in range(130):
        acts.edit("ENG-1", title=f"Title {number}")
    [told] = client.history([issue.id])
    ids = [one.id for one in told.entries]
    assert (len(ids), len(set(ids)), told.complete) == (130, 130, True)
    assert [one.at for one in told.entries] == sorted(one.at for one in told.entries)
    assert told.entries[-1].after == "Title 129"
    node = issue.history[-1].id
    assert told.entries[-1].id == f"{node}:title"


def test_one_act_on_many_fields_is_an_entry_for_each(world, client):
    issue = world.state.issue("ENG-1")
    issue.priority, issue.estimate, issue.labels = 0, None, []
    issue.history.clear()
    world.acts.edit("ENG-1", priority=1, estimate=3, body="New", by="aiko")
    world.acts.label("ENG-1", "Warehouse", "Bug")
    [told] = client.history([issue.id])
    found = {one.field: (one.before, one.after, one.told) for one in told.entries}
    assert found == {
        "priority": (None, "Urgent", True),
        "severity": (None, "P0", True),
        "estimate": (None, 3.0, True),
        "story_points": (None, 3.0, True),
        "body": (None, None, False),
        "labels": (None, ["Bug", "Warehouse"], True),
        "customer": (None, "Warehouse", True),
        "components": (None, ["Warehouse"], True),
    }
    assert {one.actor.login for one in told.entries if one.field == "priority"} == {"aiko"}


def test_quick_edits_are_one_node_that_changes_under_its_id(world, client):
    issue = world.state.issue("ENG-1")
    issue.history.clear()
    issue.priority, issue.title, issue.labels = 0, "First", []
    world.site.faults.set(join_seconds=60)
    world.acts.edit("ENG-1", title="Second", by="aiko")
    world.acts.edit("ENG-1", priority=1, by="aiko")
    world.acts.label("ENG-1", "Bug", by="aiko")
    [early] = client.history([issue.id])
    assert {one.field for one in early.entries} == {"title", "priority", "severity", "labels"}
    world.acts.edit("ENG-1", title="Third", by="aiko")
    world.acts.edit("ENG-1", priority=0, by="aiko")
    world.acts.unlabel("ENG-1", "Bug", by="aiko")
    [late] = client.history([issue.id])
    [title] = [one for one in late.entries if one.field == "title"]
    assert (title.id, title.before, title.after) == (early.entries[0].id, "First", "Third")
    assert [one.field for one in late.entries] == ["title"]
    world.acts.edit("ENG-1", title="Fourth", by="noor")
    [both] = client.history([issue.id])
    assert [one.after for one in both.entries] == ["Third", "Fourth"]


def test_what_cannot_be_read_is_left_out(world, client):
    ids = [world.state.issue(f"ENG-{number}").id for number in range(1, 6)]
    world.acts.purge(ids[0])
    world.acts.delete(ids[1])
    world.acts.transfer(ids[2], "OPS")
    world.acts.archive(ids[3])
    strange = "6b0d7c1e-2222-4c5e-9f10-0c1d2e3f4a50"
    assert {one.ticket for one in client.history([*ids, strange])} == set(ids[3:])
    assert list(client.history([strange])) == []
    assert list(client.history([])) == []


def a_node(**told):
    return chronicle.Fields({"id": "n1", "createdAt": "2026-11-20T09:00:00.000Z", **told}, "node")


def test_a_thing_that_is_not_shown_to_us_is_told_without_its_name():
    node = a_node(
        fromProjectId="p1", fromProject=None, toProjectId=None, toProject=None,
        fromStateId="s1", fromState=None, toStateId="s2", toState=STATE,
    )  # fmt: skip
    told = {one.field: one for one in chronicle.entries("t", [node], source())}
    assert told.keys() == {"project", "status", "close_reason"}
    assert all((one.before, one.after, one.told) == (None, None, False) for one in told.values())


def test_what_came_back_to_where_it_was_is_no_change():
    node = a_node(fromTitle="x", toTitle="x", fromPriority=0, toPriority=0, updatedDescription=None)
    assert list(chronicle.entries("t", [node], source())) == []


def changes(**before):
    over = before.pop("issue", {})
    content = payload("Issue", "update", an_issue(**over), updatedFrom=before)
    return [one for one in facts(LINEAR, content) if isinstance(one, ChangesTold)]


def told_of(events):
    [event] = events
    assert not event.identified
    return {one.field: (one.before, one.after, one.told) for one in event.entries}


def test_a_webhook_tells_plain_changes_exactly():
    over = {"estimate": 2, "dueDate": "2026-12-24", "description": "New", "assigneeId": "u2"}
    found = changes(
        issue=over, title="Old", priority=0, estimate=None, dueDate=None, description="Old\r\n",
        assigneeId="u1", sortOrder=3.5, updatedAt="2026-11-20T08:00:00.000Z",
    )  # fmt: skip
    assert told_of(found) == {
        "title": ("Old", "The beacon flickers", True),
        "priority": (None, "High", True),
        "estimate": (None, 2.0, True),
        "story_points": (None, 2.0, True),
        "due_date": (None, "2026-12-24", True),
        "body": ("Old\n", "New", True),
        "assignees": (["u1"], ["u2"], True),
    }
    [entry] = {(one.at, one.ticket) for one in found[0].entries}
    assert entry == (datetime(2026, 11, 20, 9, 0, 0, 404_000, UTC), TICKET)


def test_a_webhook_tells_names_only_where_it_holds_them():
    cycle = {"id": "c1", "number": 7, "name": None}
    over = {"cycleId": "c1", "cycle": cycle, "labels": [{"id": "l1", "name": "Bug"}]}
    assert told_of(changes(issue=over, cycleId=None, labelIds=[])) == {
        "sprint": (None, "Cycle 7", True),
        "labels": (None, ["Bug"], True),
    }
    untold = (None, None, False)
    assert told_of(
        changes(issue=over, cycleId="c0", labelIds=["l0"], stateId="s0", parentId="t0")
    ) == {"sprint": untold, "labels": untold, "status": untold, "parent": untold}


def test_a_webhook_without_a_change_of_ours_tells_none():
    assert changes(sortOrder=1.0, subscriberIds=[], updatedAt="2026-11-20T08:00:00.000Z") == []
    assert changes(title="The beacon flickers", priority=2) == []
    assert changes(teamId="another", title="Old") == []
    comment = payload("Comment", "update", a_comment(), updatedFrom={"body": "Old"})
    assert not [one for one in facts(LINEAR, comment) if isinstance(one, ChangesTold)]


def test_two_hooks_that_tell_of_one_act_tell_it_once_also_late():
    content = payload("Issue", "update", an_issue(), updatedFrom={"title": "Old"})
    first, second = facts(LINEAR, content), facts(LINEAR, content | {"webhookId": "w2"})
    late = facts(LINEAR, content, received_at=NOW.replace(year=NOW.year + 1))
    assert [one.fact for one in late] == ["project_seen", "changes_told", "doubtful"]
    ids = [one.entries[0].id for told in (first, second, late) for one in told
           if isinstance(one, ChangesTold)]  # fmt: skip
    assert len(ids) == 3
    assert len(set(ids)) == 1


def test_signed_uploads_are_no_values_to_keep():
    signed = "![x](https://uploads.linear.app/a/b?signature=abc)"
    assert told_of(changes(description=signed)) == {"body": (None, None, False)}


@pytest.mark.parametrize("seed", range(3))
def test_what_webhooks_tell_exactly_is_what_the_changelog_tells(world, client, seed):
    draw = random.Random(seed)
    for key in KEYS:
        world.state.issue(key).history.clear()
    for _ in range(30):
        an_act(draw)(world.acts)
    ids = [world.state.issue(key).id for key in KEYS]
    logged = [one for told in client.history(ids) for one in told.entries]
    heard = []
    for delivery in world.state.webhooks[0].deliveries:
        headers = {name.lower(): value for name, value in delivery.headers.items()}
        events = LINEAR.parse(a_delivery(headers, delivery.body, received_at=datetime.now(UTC)))
        heard += [
            one for event in events if isinstance(event, ChangesTold) for one in event.entries
        ]
    assert len(heard) > 15

    def key(one):
        return one.ticket, one.field, orjson.dumps([one.before, one.after])

    assert {key(one) for one in heard if one.told and one.field != "body"} <= {
        key(one) for one in logged
    }
    derived = {"severity", "close_reason", "customer", "components"}
    counted = sorted((one.ticket, one.field) for one in heard)
    assert counted == sorted(
        (one.ticket, one.field) for one in logged if one.field and one.field not in derived
    )


def test_the_documented_update_tells_who_and_what():
    path = shared("reference/payloads/linear/issue_update_state_assignee.json")
    content = orjson.loads(path.read_bytes())
    now = NOW.fromtimestamp(content["webhookTimestamp"] / 1000, NOW.tzinfo)
    [told] = [one for one in facts(LINEAR, content, received_at=now) if one.fact == "changes_told"]
    assert {one.field: (one.before, one.after, one.told) for one in told.entries} == {
        "assignees": (None, ["22222222-aaaa-4bbb-8ccc-000000000002"], True),
        "status": (None, None, False),
    }
    assert {one.actor.login for one in told.entries} == {"ben"}
