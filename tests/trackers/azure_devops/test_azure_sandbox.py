"""The client against the stand-in: writes that race, hooks that fail, teams, projects renamed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sandbox.azure_devops import app
from schemas.change import Absent, CommentChange, Found, Intent, TicketChange
from schemas.errors import Denied, Permanent, Transient
from schemas.record import Cursor, Gone, Hidden, Moved, Record
from schemas.ticket import Comment, Ticket
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.azure_devops import AzureDevOps

PARTS = frozenset({"core", "comments", "links"})
NOWHERE = "http://127.0.0.1:9/webhooks/shop"


@pytest.fixture
def world() -> Iterator[app.Running]:
    with app.start() as running:
        yield running


@pytest.fixture
def connect(world):
    opened = []

    def make(**over):
        told = app.announce(world)
        over = {"filter": {"state": "all"}, **told["source"], **over}
        source = a_source("azure_devops", told["url"], api_url=told["api_url"], **over)
        dialect = AzureDevOps()
        client = dialect.connect(
            source,
            credentials=Secrets(over.get("token", world.plan.token)),
            limiter=Budget(),
            validators=Memory(),
        )
        opened.append(client)
        return dialect, source, client

    yield make
    for client in opened:
        client.close()


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def carry(dialect, source, client, change):
    done = []
    for step in dialect.to_writes(change, source):
        if step.ticket is None and done:
            step = step.model_copy(update={"ticket": done[0].ticket})
        done.append(client.write(step))
    return done


def test_what_happened_to_a_work_item_is_told_apart(world, connect):
    _, _, client = connect()
    acts = world.acts
    kept, trashed, moved, burnt = (acts.open(name).id for name in "abcd")
    acts.delete(trashed)
    acts.move(moved, "Attic")
    acts.delete(burnt)
    acts.destroy(burnt)
    assert isinstance(client.fetch(str(kept)), Record)
    assert isinstance(client.fetch(str(trashed)), Gone)
    found = client.fetch(str(moved))
    assert isinstance(found, Moved)
    assert found.to.key == f"Attic#{moved}"
    assert isinstance(client.fetch(str(burnt)), Hidden)
    acts.undelete(trashed)
    assert isinstance(client.fetch(str(trashed)), Record)


def test_a_census_shows_everything_and_what_was_trashed(world, connect):
    _, _, client = connect(filter={"state": "open", "types": ["Bug"]})
    one = world.acts.open("A task", kind="Task").id
    world.acts.comment(one, "x")
    world.acts.close(one)
    gone = world.acts.open("Gone").id
    world.acts.delete(gone)
    seen = {
        row.ticket: (row.revision, row.comment_count, row.place)
        for page in client.census()
        for row in page.seen
    }
    assert seen == {str(one): ("3", 1, "here"), str(gone): (None, None, "trashed")}


def test_an_incremental_pass_brings_comments_and_links_along(world, connect):
    dialect, source, client = connect()
    first, other = world.acts.open("A").id, world.acts.open("B").id
    [*_, last] = client.changed_since(Cursor())
    world.acts.relate(first, "System.LinkTypes.Related", other)
    comment = world.acts.comment(first, "One.\n\nTwo.")
    world.acts.edit_comment(comment.id, "Three.")
    pages = list(client.changed_since(last.cursor))
    records = {record.ticket: record for page in pages for record in page.records}
    bodies = [dialect.to_comment(one, source).body for one in records[str(first)].comments]
    assert bodies == ["Three."]
    assert dialect.to_relation(records[str(other)].links[0], source).target.key == str(first)


def test_a_renamed_project_keeps_its_work_items(world, connect):
    _, _, client = connect()
    key = world.acts.open("A").id
    world.acts.rename_project("Store")
    pinned = world.site.home.id
    _, _, client = connect(project_id=pinned)
    assert isinstance(client.fetch(str(key)), Record)
    assert client.project().name == "Store"
    [page] = client.changed_since(Cursor())
    assert [one.ticket for one in page.records] == [str(key)]


def test_a_team_holds_what_lies_in_its_areas(world, connect):
    inside = world.acts.open("In").id
    outside = world.acts.open("Out").id
    world.acts.edit(inside, fields={"System.AreaPath": "Shop\\Till\\Printer"})
    dialect, source, client = connect(team="Till Team")
    [page] = client.changed_since(Cursor())
    assert [one.ticket for one in page.records] == [str(inside)]
    found = {key: client.fetch(str(key)).body for key in (inside, outside)}
    held = {
        key: dialect.holds(dialect.to_ticket(body, source), source, body)
        for key, body in found.items()
    }
    assert held == {inside: True, outside: False}


def test_closed_ones_are_not_even_listed_when_only_open_ones_are_wanted(world, connect):
    world.acts.open("Open")
    for kind in ("Bug", "Change Wish"):
        world.acts.close(world.acts.open("Closed", kind=kind).id)
    _, _, client = connect(filter={})
    [page] = client.changed_since(Cursor())
    assert [one.ticket for one in page.records] == ["1"]
    _, _, client = connect(filter={"state": "closed"})
    [page] = client.changed_since(Cursor())
    assert [one.ticket for one in page.records] == ["2", "3"]
    _, _, client = connect(filter={})
    [page] = client.changed_since(Cursor(since=datetime(2020, 1, 1, tzinfo=UTC)))
    assert len(page.records) == 3


def test_a_ticket_that_says_nothing_of_its_type_is_what_requirements_are(world, connect):
    dialect, source, client = connect()
    made = TicketChange(
        wanted=a_ticket(title="A", type="issue"), fields=frozenset({"title", "type"})
    )
    [ref] = carry(dialect, source, client, made)
    assert dialect.to_ticket(ref.record, source).type == "user story"
    key = str(world.acts.open("B", kind="Task").id)
    kept = TicketChange(ticket=key, wanted=a_ticket(type="issue"), fields=frozenset({"type"}))
    [ref] = carry(dialect, source, client, kept)
    assert dialect.to_ticket(ref.record, source).type == "task"


def test_a_team_that_is_not_there_is_refused_by_name(world, connect):
    _, _, client = connect(team="Nobody")
    with pytest.raises(Denied, match="Nobody"):
        list(client.changed_since(Cursor()))


def test_own_types_and_states_have_their_categories(world, connect):
    dialect, source, client = connect()
    key = str(world.acts.open("A wish", kind="Change Wish").id)
    world.acts.state(int(key), "Dropped")
    found = dialect.to_ticket(client.fetch(key).body, source)
    assert (found.type, found.status, found.status_category) == (
        "change wish",
        "Dropped",
        "canceled",
    )


def test_a_state_is_found_by_its_category_where_its_name_is_unknown(world, connect):
    dialect, source, client = connect()
    key = str(world.acts.open("A wish", kind="Change Wish").id)
    record = client.fetch(key).body
    wanted = a_ticket(state="closed", status="Closed", status_category="done")
    change = TicketChange(
        ticket=key, wanted=wanted, fields=frozenset({"state", "status"}), record=record
    )
    [ref] = carry(dialect, source, client, change)
    assert dialect.to_ticket(ref.record, source).status == "Shipped"


def test_a_bug_that_cannot_be_dropped_is_completed(world, connect):
    dialect, source, client = connect()
    key = str(world.acts.open("A bug").id)
    wanted = a_ticket(state="closed", close_reason="not_planned")
    change = TicketChange(ticket=key, wanted=wanted, fields=frozenset({"state"}))
    [ref] = carry(dialect, source, client, change)
    assert dialect.to_ticket(ref.record, source).status == "Closed"


def test_a_change_made_from_an_old_record_loses_the_race(world, connect):
    dialect, source, client = connect()
    key = str(world.acts.open("A").id)
    record = client.fetch(key).body
    world.acts.edit(int(key), title="Somebody else's")
    change = TicketChange(
        ticket=key, wanted=a_ticket(title="Ours"), fields=frozenset({"title"}), record=record
    )
    with pytest.raises(Transient, match="in between"):
        carry(dialect, source, client, change)
    assert world.neutral()["tickets"][0]["title"] == "Somebody else's"


def test_a_type_the_project_has_not_is_its_usual_one_and_unknown_fields_stay_out(world, connect):
    dialect, source, client = connect()
    wanted = a_ticket(title="A", body="Words.", type="incident", severity="P1", story_points=3)
    fields = frozenset({"title", "body", "type", "severity", "story_points"})
    [ref] = carry(dialect, source, client, TicketChange(wanted=wanted, fields=fields))
    made = dialect.to_ticket(ref.record, source)
    assert (made.type, made.body, made.story_points, made.severity) == (
        "user story",
        "Words.",
        3,
        None,
    )


def test_text_goes_along_when_a_bug_becomes_something_else(world, connect):
    dialect, source, client = connect()
    key = str(world.acts.open("A", "Words.").id)
    change = TicketChange(ticket=key, wanted=a_ticket(type="task"), fields=frozenset({"type"}))
    [ref] = carry(dialect, source, client, change)
    assert (
        ref.record["fields"]["System.Description"],
        dialect.to_ticket(ref.record, source).type,
    ) == (
        "<div>Words.</div>",
        "task",
    )
    assert world.neutral()["tickets"][0]["body"] == "Words."


def test_what_the_tracker_refuses_is_permanent_and_says_why(world, connect):
    dialect, source, client = connect()
    person = {"id": "?", "login": "nobody@nowhere.example"}
    change = TicketChange(
        wanted=a_ticket(title="A", assignees=[person]), fields=frozenset({"title", "assignees"})
    )
    with pytest.raises(Permanent, match="unknown identity"):
        carry(dialect, source, client, change)
    change = TicketChange(
        wanted=a_ticket(title="A", sprint={"id": "?", "name": "Sprint 99"}),
        fields=frozenset({"title", "sprint"}),
    )
    with pytest.raises(Permanent, match="Sprint 99"):
        carry(dialect, source, client, change)


def test_a_lost_answer_is_found_by_its_marker_and_only_once(world, connect):
    dialect, source, client = connect()
    marker, began = markers.minted(b"k", "here", "m", "src/7"), datetime.now(UTC)
    change = TicketChange(wanted=a_ticket(title="A"), fields=frozenset({"title"}), marker=marker)
    intent = Intent(creates="ticket", marker=marker, sent_at=began)
    assert isinstance(client.find_marker(intent), Absent)
    world.faults.set(answer_lost=1)
    with pytest.raises(Transient):
        carry(dialect, source, client, change)
    found = client.find_marker(intent)
    assert isinstance(found, Found)
    assert found.ref.key == "1"
    assert len(world.neutral()["tickets"]) == 1


def test_a_marker_somebody_copied_counts_for_nothing(world, connect):
    dialect, source, client = connect()
    key = str(world.acts.open("A").id)
    marker, began = markers.minted(b"k", "here", "m", "src/7/c"), datetime.now(UTC)
    world.acts.comment(int(key), f"copied {markers.text(marker)}", markup="markdown")
    intent = Intent(creates="comment", ticket=key, marker=marker, sent_at=began)
    assert isinstance(client.find_marker(intent), Absent)
    said = CommentChange(ticket=key, wanted=Comment(id="", body="Ours"), marker=marker)
    [ref] = carry(dialect, source, client, said)
    found = client.find_marker(intent)
    assert isinstance(found, Found)
    assert found.ref.comment == ref.comment


def test_a_wrong_token_and_a_page_to_sign_in_are_refusals(world, connect):
    _, _, client = connect()
    world.faults.set(sign_in_next=1)
    with pytest.raises(Denied, match="sign in"):
        client.project()
    told = app.announce(world)
    wrong = AzureDevOps().connect(
        a_source("azure_devops", told["url"], api_url=told["api_url"]),
        credentials=Secrets("wrong"),
        limiter=Budget(),
        validators=Memory(),
    )
    with pytest.raises(Denied, match="401"):
        wrong.project()
    wrong.close()


def test_hooks_on_probation_are_seen_and_enabled_again(world, connect):
    _, _, client = connect()
    client.ensure_hook(NOWHERE, "user:pass")
    world.faults.set(fail=1, resend=0.001, probation=1000)
    began = datetime.now(UTC)
    world.acts.open("A")
    faults = waited(lambda: client.check_hooks(NOWHERE))
    assert "probation" in faults[0].problem
    assert faults[0].mended_by == "register"
    [missed] = client.missed_deliveries(NOWHERE, began.replace(microsecond=0))
    assert (missed.event, missed.redelivered) == ("workitem.created", False)
    assert client.ensure_hook(NOWHERE, "user:pass").active
    assert client.check_hooks(NOWHERE) == []


def test_doubled_subscriptions_are_reduced_to_one(world, connect):
    _, _, client = connect()
    world.acts.add_hook(NOWHERE, "user:old")
    world.acts.add_hook(NOWHERE, "user:old")
    client.ensure_hook(NOWHERE, "user:new")
    assert len(client.hooks()) == 5
    inputs = [one.body["consumerInputs"] for one in world.state.subscriptions.values()]
    assert {one["basicAuthPassword"] for one in inputs} == {"new"}


def test_a_subscription_that_is_missing_or_narrowed_is_a_fault(world, connect):
    _, _, client = connect()
    client.ensure_hook(NOWHERE, "user:pass")
    subscriptions = list(world.state.subscriptions.values())
    del world.state.subscriptions[subscriptions[0].id]
    subscriptions[1].body["publisherInputs"]["areaPath"] = "Shop\\Till"
    problems = [one.problem for one in client.check_hooks(NOWHERE)]
    assert any("narrowed by areaPath" in one for one in problems)
    assert any("nothing tells of workitem.created" in one for one in problems)


def test_the_history_tells_what_people_did(world, connect):
    _, _, client = connect()
    key, other = world.acts.open("A").id, world.acts.open("B").id
    world.acts.state(key, "Active", by="tomasz@shop.example")
    world.acts.relate(key, "System.LinkTypes.Dependency-Forward", other)
    [history] = client.history([str(key), "99999"])
    told = [(one.field, one.before, one.after, one.actor.login) for one in history.entries]
    assert ("status", "New", "Active", "tomasz@shop.example") in told
    assert (None, None, str(other), "mara@shop.example") in told
    assert not [one for one in told if one[0] is None and one[1] == one[2]]


def test_fields_have_samples_and_say_what_they_fill(world, connect):
    _, _, client = connect()
    key = world.acts.open("A").id
    world.acts.edit(key, fields={"Custom.Customer": "ACME"})
    found = {one.id: one for one in client.fields()}
    assert (found["Custom.Customer"].sample, found["Custom.Customer"].fills) == ("ACME", "customer")
    assert found["Custom.Customer"].custom
    _, _, unmapped = connect(fields={})
    assert {one.id for one in unmapped.fields() if one.fills == "customer"} == {"Custom.Customer"}
    assert found["System.Title"].required
    assert found["Microsoft.VSTS.Common.Severity"].options[0] == "1 - Critical"


def test_definitions_have_dates_and_categories(world, connect):
    _, _, client = connect()
    world.acts.open("A", labels=["vip"])
    kinds, found = client.definitions()
    named = {(one.kind, one.name): one for one in found}
    assert named["sprint", "Sprint 1"].starts_on
    assert named["state", "Trial"].state == "in_progress"
    assert ("component", "Till\\Printer") in named
    assert ("label", "vip") in named
    assert set(kinds) == {"label", "sprint", "component", "state"}


def waited(ask, seconds: float = 5.0):
    """What `ask` brings once it brings anything."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")
