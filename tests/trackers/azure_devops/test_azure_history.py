"""The updates as history: exact, whole, and the same by hook and by list."""

import random
from collections.abc import Iterator

import orjson
import pytest

from sandbox.azure_devops import app
from sandbox.azure_devops.process import CUSTOMER
from schemas.event import ChangesTold
from schemas.history import shown
from schemas.record import Record
from tests.listening import listening
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_delivery, a_source
from tests.trackers.walked import Walk
from trackers.azure_devops import AZURE_DEVOPS, AzureDevOps, names, past
from trackers.fields import Fields

MAPS = {
    "types": {"User Story": "story"},
    "severities": {"2 - High": "P1"},
    "statuses": {"Resolved": "done"},
    "fields": {"customer": CUSTOMER},
}
TOLD = AZURE_DEVOPS.capabilities.history
WORK = names.COMPLETED_WORK


@pytest.fixture
def world() -> Iterator[app.Running]:
    with app.start() as running:
        yield running


@pytest.fixture
def connect(world):
    opened = []

    def make(**over):
        told = app.announce(world)
        keys = {"filter": {"state": "all"}, **told["source"], **MAPS, **over}
        source = a_source("azure_devops", told["url"], api_url=told["api_url"], **keys)
        client = AzureDevOps().connect(
            source,
            credentials=Secrets(world.plan.token),
            limiter=Budget(),
            validators=Memory(),
        )
        opened.append(client)
        return source, client

    yield make
    for client in opened:
        client.close()


def past_of(client, key):
    [history] = client.history([str(key)])
    assert history.complete
    return history.entries


def ticket_of(client, source, key):
    record = client.fetch(str(key))
    assert isinstance(record, Record)
    return AZURE_DEVOPS.to_ticket(record.body, source)


def somebody_acts(acts, key, others, dice):
    """One thing a person may do to a work item."""
    person = dice.choice([None, "mara@shop.example", "tomasz@shop.example"])
    tags = ("quay", "Dock", "ferry; lock")
    fields = {
        names.PRIORITY: dice.choice([1, 2, 3, 4]),
        names.SEVERITY: dice.choice(["1 - Critical", "2 - High", "4 - Low", None]),
        names.STORY_POINTS: dice.choice([None, 1.0, 2.5, 8.0]),
        names.EFFORT: dice.choice([None, 3.0]),
        names.ORIGINAL_ESTIMATE: dice.choice([None, 4.0]),
        names.REMAINING_WORK: dice.choice([None, 2.5]),
        WORK: dice.choice([None, 0.25, 7.0]),
        names.DUE_DATE: dice.choice([None, "2026-12-24T00:00:00Z", "2027-01-05T00:00:00Z"]),
        CUSTOMER: dice.choice([None, "ACME", "Quay & Co"]),
        names.AREA: dice.choice(["Shop", "Shop\\Till", "Shop\\Web"]),
        names.TYPE: dice.choice(["Bug", "User Story"]),
        names.DESCRIPTION: dice.choice([None, "<p>A <b>plan</b></p>"]),
        names.REASON: dice.choice(["Duplicate", "Obsolete", "Completed"]),
    }
    some = dict(dice.sample(sorted(fields.items()), dice.choice([1, 1, 2])))
    dice.choice(
        [
            lambda: acts.edit(key, title=f"Title {dice.random()}"),
            lambda: acts.edit(key, body=f"# Steps\n\n* one {dice.random()}\n* two"),
            lambda: acts.edit(key, fields=some),
            lambda: acts.edit(key, fields=some),
            lambda: acts.edit(key, fields=some, title=f"Both {dice.random()}"),
            lambda: acts.state(key, dice.choice(["New", "Active", "Resolved", "Closed"])),
            lambda: acts.assign(key, person, by="mara@shop.example"),
            lambda: acts.label(key, dice.choice(tags)),
            lambda: acts.unlabel(key, dice.choice(["quay", "dock", "ferry"])),
            lambda: acts.sprint(key, dice.choice(["", "Sprint 1", "Release\\Sprint 2"])),
            lambda: acts.parent(key, dice.choice([None, *others])),
            lambda: acts.relate(key, "System.LinkTypes.Related", dice.choice(others)),
            lambda: acts.comment(key, "A word"),
        ]
    )()


@pytest.mark.parametrize("seed", range(5))
def test_the_updates_lead_back_to_every_earlier_state(world, connect, seed):
    source, client = connect()
    dice, walk = random.Random(seed), Walk()
    others = [world.acts.open(f"Other {n}", kind="Feature").id for n in range(3)]
    key = world.acts.open("Long", "A text", kind="Bug", labels=["quay"]).id
    for _ in range(50):
        walk.note(ticket_of(client, source, key), past_of(client, key))
        somebody_acts(world.acts, key, others, dice)
    walk.note(ticket_of(client, source, key), past_of(client, key))
    assert walk.check(TOLD) > 20


def told_by(hooks, key):
    """The changes that the deliveries of a hook tell of one work item, by id."""
    found = {}
    for one in hooks:
        for event in AZURE_DEVOPS.parse(a_delivery({}, one.raw)):
            if isinstance(event, ChangesTold):
                assert event.identified
                assert event.ticket == str(key)
                found |= {entry.id: entry for entry in event.entries}
    return found


@pytest.mark.parametrize("seed", range(2))
def test_hooks_tell_what_the_updates_tell_under_the_same_ids(world, connect, seed):
    _, client = connect()
    dice = random.Random(seed)
    others = [world.acts.open(f"Other {n}", kind="Feature").id for n in range(2)]
    key = world.acts.open("Long", kind="Bug").id
    with listening() as here:
        world.acts.add_hook(here.url, "user:pass")
        for _ in range(30):
            somebody_acts(world.acts, key, others, dice)
        assert world.outbox.idle()
        mine = [one for one in here.got if one.json["resource"].get("workItemId") == key]
    told, listed = told_by(mine, key), {one.id: one for one in past_of(client, key)}
    assert len(told) > 8
    assert told == {key: listed[key] for key in told}
    untold = [one for key, one in listed.items() if key not in told]
    surely = {"title", "status", "labels", "sprint", "components", "parent"}
    assert not surely & {one.field for one in untold}


def test_who_is_assigned_is_told_by_hook_only_where_the_id_is_known(world, connect):
    key = world.acts.open("One").id
    with listening() as here:
        world.acts.add_hook(here.url, "user:pass")
        world.acts.assign(key, "mara@shop.example", by="mara@shop.example")
        world.acts.assign(key, "tomasz@shop.example", by="mara@shop.example")
        assert world.outbox.idle()
        [taken] = told_by(here.got[:1], key).values()
        assert told_by(here.got[1:], key) == {}
    source, client = connect()
    first, second = past_of(client, key)
    assert first == taken
    assert second.field == "assignees"
    assert [second.after] == [shown(ticket_of(client, source, key), "assignees")]


def test_more_updates_than_a_page_holds_are_read_to_the_end(world, connect):
    _, client = connect()
    key = world.acts.open("Long").id
    for number in range(430):
        world.acts.edit(key, title=f"Title {number}")
    titles = [one.after for one in past_of(client, key)]
    assert titles == [f"Title {number}" for number in range(430)]


def test_work_items_that_are_gone_are_left_out(world, connect):
    _, client = connect()
    kept, trashed, burnt, unseen = (world.acts.open(name).id for name in "ABCD")
    world.acts.delete(trashed)
    world.acts.delete(burnt)
    world.acts.destroy(burnt)
    world.acts.hide(unseen)
    told = list(client.history([str(one) for one in (trashed, kept, burnt, unseen, 99_999)]))
    assert [(one.ticket, one.entries) for one in told] == [(str(kept), ())]


def test_a_text_that_is_markdown_by_now_is_changed_from_and_to_something(world, connect):
    _, client = connect()
    key = world.acts.open("A", "First").id
    world.acts.edit(key, body="Second")
    world.acts.item(key).formats["Microsoft.VSTS.TCM.ReproSteps"] = "Markdown"
    world.acts.edit(key, title="B")
    body, title = past_of(client, key)
    assert (body.field, body.told, body.before, body.after) == ("body", False, None, None)
    assert (title.field, title.told) == ("title", True)


def test_a_state_that_closes_is_two_changes_with_an_id_each(world, connect):
    _, client = connect()
    key = world.acts.open("A", kind="User Story").id
    world.acts.state(key, "Closed")
    world.acts.edit(key, fields={names.TYPE: "Task"})
    told = [(one.id, one.field, one.before, one.after) for one in past_of(client, key)]
    assert told == [
        (f"{key}:2:System.State", "status", "New", "Closed"),
        (f"{key}:2:System.Reason", "close_reason", None, "completed"),
        (f"{key}:3:System.WorkItemType", "type", "story", "task"),
    ]


def an_update(number, fields, **over):
    moment = f"2026-11-20T10:00:{number:02}Z"
    return Fields(
        {
            "id": number,
            "rev": number,
            "revisedBy": {"id": "guid-mara", "uniqueName": "mara@shop.example"},
            "fields": {names.CHANGED: {"newValue": moment}, **fields},
            **over,
        },
        "update",
    )


def replayed(updates, **source):
    item = {"id": 7, "fields": {}}
    source = a_source("azure_devops", "https://dev.azure.com/acme/Shop", **source)
    return list(past.entries(item, updates, source, lambda *_: None))


def test_people_told_by_text_get_the_id_they_are_told_with_elsewhere():
    updates = [
        an_update(1, {names.TITLE: {"newValue": "A"}}),
        an_update(2, {names.ASSIGNED_TO: {"newValue": "Mara <mara@shop.example>"}}),
        an_update(3, {names.ASSIGNED_TO: {"oldValue": "Mara <mara@shop.example>"}}),
    ]
    came, went = replayed(updates)
    assert (came.before, came.after) == (None, ["guid-mara"])
    assert (went.before, went.after) == (["guid-mara"], None)


def test_two_fields_of_ours_from_one_of_theirs_are_two_entries():
    both = {"estimate": "Custom.Size", "weight": "Custom.Size"}
    updates = [
        an_update(1, {names.TITLE: {"newValue": "A"}}),
        an_update(2, {"Custom.Size": {"newValue": "3"}}),
    ]
    told = replayed(updates, fields=both)
    assert [(one.id, one.field, one.after) for one in told] == [
        ("7:2:Custom.Size", "estimate", 3.0),
        ("7:2:Custom.Size:weight", "weight", 3),
    ]


def test_what_means_the_same_to_us_is_told_as_the_trackers_alone():
    updates = [
        an_update(1, {names.TYPE: {"newValue": "Bug"}}),
        an_update(2, {names.TYPE: {"oldValue": "Bug", "newValue": "Defect"}}),
    ]
    [entry] = replayed(updates, types={"bug": "fault", "defect": "fault"})
    assert (entry.field, entry.native_field) == (None, names.TYPE)
    assert (entry.before, entry.after) == ("Bug", "Defect")


def test_updates_of_one_moment_keep_their_order():
    updates = [an_update(1, {names.TITLE: {"newValue": "A"}})]
    titles = ["B", "A", "B"]
    for number, title in enumerate(titles, 9):
        one = an_update(number, {names.TITLE: {"newValue": title}})
        one.value["fields"][names.CHANGED] = {"newValue": "2026-11-20T11:00:00Z"}
        updates.append(one)
    told = replayed(updates)
    assert [one.after for one in sorted(told, key=lambda one: (one.at, one.place))] == titles
    assert len({one.at for one in told}) == 1


@pytest.mark.parametrize("name", [names.CHANGED, names.ASSIGNED_TO])
def test_a_change_that_cannot_be_read_leaves_the_delivery_a_hint(name):
    fields = {names.TITLE: {"oldValue": "A", "newValue": "B"}, name: {"newValue": {"id": []}}}
    resource = {"id": 2, "workItemId": 7, "rev": 2, "fields": fields}
    body = {"eventType": "workitem.updated", "resource": resource}
    facts = AZURE_DEVOPS.parse(a_delivery({}, orjson.dumps(body)))
    assert [one.fact for one in facts] == ["doubtful"]
