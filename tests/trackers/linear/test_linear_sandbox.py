"""Against the stand-in Linear, which shares no code with us: webhook and record must agree."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from schemas import fingerprint
from schemas.event import CommentGone, CommentSeen, Doubtful, TicketGone, TicketSeen
from schemas.record import Gone, Hidden, Moved, Record
from tests.trackers.linear.linear_world import NOWHERE, PARTS, SECRET, client_of, source_of
from tests.trackers.stand_ins import a_delivery
from trackers.linear import LINEAR

stand_in = pytest.importorskip("sandbox.linear.app")


@pytest.fixture
def world() -> Iterator:
    with stand_in.start(tickets=3, comments=2) as running:
        running.add_hook(NOWHERE, SECRET)
        yield running


@pytest.fixture
def client(world):
    client = client_of(world)
    yield client
    client.close()


def told(world):
    """The events of the newest delivery, proven as the receiver would."""
    delivery = world.state.webhooks[0].deliveries[-1]
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    now = datetime.now(UTC)
    LINEAR.verify(headers, delivery.body, [SECRET], now)
    return LINEAR.parse(a_delivery(headers, delivery.body, received_at=now))


ACTS = [
    lambda do, n: do.edit(n, title="Another ☕ title", body="x\r\n\r\n- y  \n<!-- z -->"),
    lambda do, n: do.edit(n, priority=1, estimate=5, due="2026-12-24"),
    lambda do, n: do.label(n, "Bug", "Checkout"),
    lambda do, n: do.assign(n, "aiko"),
    lambda do, n: do.assign(n, None),
    lambda do, n: do.move(n, "In Review"),
    lambda do, n: do.close(n, "canceled"),
    lambda do, n: (do.close(n), do.reopen(n)),
    lambda do, n: do.plan(n, cycle=2, milestone="Spring sale"),
    lambda do, n: do.parent(n, "ENG-2"),
    lambda do, n: do.archive(n),
    lambda do, n: do.relate(n, "duplicate", "ENG-2"),
    lambda do, n: (do.react(n, "heart"), do.edit(n, title="After a reaction")),
]


@pytest.mark.parametrize("do", ACTS)
def test_a_webhook_sets_only_what_the_record_says(world, client, do):
    do(world.acts, "ENG-1")
    [seen] = [event for event in told(world) if isinstance(event, TicketSeen)]
    record = client.fetch(seen.ticket)
    source = source_of(world)
    hooked, read = (LINEAR.to_ticket(body, source) for body in (seen.record, record.body))
    assert hooked.full
    assert read.full
    assert fingerprint.core(hooked) == fingerprint.core(read)
    assert hooked.revision == read.revision == record.revision
    same = {"title", "body", "key", "url", "status", "severity", "assignees", "reporter", "sprint"}
    assert {n: getattr(hooked, n) for n in same} == {n: getattr(read, n) for n in same}


def test_a_new_issue_is_told_as_it_is_read(world, client):
    made = world.acts.open("From a person", "text", ["Bug"], ["aiko"])
    [seen] = [event for event in told(world) if isinstance(event, TicketSeen)]
    record = client.fetch(made.id)
    hooked, read = (LINEAR.to_ticket(r, source_of(world)) for r in (seen.record, record.body))
    assert fingerprint.core(hooked) == fingerprint.core(read)
    assert read.key == "ENG-4"
    assert [one.login for one in read.assignees] == ["aiko"]


def test_comments_are_told_as_they_are_read(world, client):
    made = world.acts.comment("ENG-1", "Hello")
    world.acts.edit_comment(made.id, "Hello again")
    [seen] = [event for event in told(world) if isinstance(event, CommentSeen)]
    record = client.fetch_comment(seen.ticket, made.id)
    source = source_of(world)
    hooked, read = (LINEAR.to_comment(body, source) for body in (seen.record, record.body))
    assert hooked == read
    assert hooked.body == "Hello again"


@pytest.mark.parametrize("act", ["comment_by_bot", "comment_from_outside"])
def test_comments_by_nobody_with_an_account_have_an_author(world, client, act):
    more = {"name": "Dan"} if act == "comment_from_outside" else {}
    made = getattr(world.acts, act)("ENG-1", "Hi", **more)
    [seen] = [event for event in told(world) if isinstance(event, CommentSeen)]
    record = client.fetch_comment(seen.ticket, made.id)
    source = source_of(world)
    authors = [LINEAR.to_comment(r, source).author for r in (seen.record, record.body)]
    assert authors[0] == authors[1]
    assert authors[0].name in ("Github", "Dan")


def test_a_deleted_comment_is_proven_gone_by_both_ways(world, client):
    made = world.acts.comment("ENG-1", "Hello")
    issue = made.issue.id
    world.acts.delete_comment(made.id)
    assert CommentGone(ticket=issue, comment=made.id) in told(world)
    assert isinstance(client.fetch_comment(issue, made.id), Gone)
    assert made.id not in [one["id"] for one in client.fetch(issue, PARTS).comments]


def test_trash_archive_purge_move_and_lost_sight_are_told_apart(world, client):
    one, two, three = (world.state.issue(f"ENG-{number}").id for number in (1, 2, 3))
    world.acts.delete(one)
    assert any(isinstance(event, TicketGone) for event in told(world))
    assert client.fetch(one) == Gone(ticket=one, proof="trashed")
    world.acts.restore(one)
    assert any(isinstance(event, Doubtful) and event.aspect == "core" for event in told(world))
    assert isinstance(client.fetch(one), Record)
    world.acts.archive(one)
    assert isinstance(client.fetch(one), Record)
    world.acts.transfer(two, "OPS")
    moved = client.fetch(two)
    assert isinstance(moved, Moved)
    assert moved.to.key == "OPS-1"
    world.acts.purge(three)
    assert any(isinstance(event, TicketGone) for event in told(world))
    assert isinstance(client.fetch(three), Hidden)
    world.accounts.add_token("lin_api_public", "guest", private=False)
    world.acts.hide_team("ENG")
    guest = client_of(world, token="lin_api_public")
    assert isinstance(guest.fetch(one), Hidden)
    assert isinstance(guest.fetch(three), Hidden)
    guest.close()


def test_links_are_read_from_both_ends(world, client):
    acts, ids = world.acts, {n: world.state.issue(f"ENG-{n}").id for n in (1, 2, 3)}
    acts.parent("ENG-2", "ENG-1")
    acts.relate("ENG-1", "blocks", "ENG-3")
    acts.attach(
        "ENG-1",
        "https://github.com/lantern/harbour/pull/9",
        "Steady light",
        metadata={"status": "merged", "branch": "steady", "mergedAt": "2026-11-20T09:00:00Z"},
        source_type="github",
    )
    acts.attach("ENG-1", "https://example.org/plan", "The plan")
    source = source_of(world)

    def links(number):
        found = client.fetch(ids[number], PARTS).links
        relations = [LINEAR.to_relation(one, source) for one in found]
        return {one.kind: one for one in relations}

    first = links(1)
    assert set(first) == {"child", "blocks", "pull_request", "relates"}
    assert first["child"].target.external_id == ids[2]
    pull = first["pull_request"].pull_request
    assert (pull.repository, pull.number, pull.state) == ("lantern/harbour", 9, "merged")
    assert pull.merged_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert first["relates"].target.url == "https://example.org/plan"
    assert links(2)["parent"].target.key == "ENG-1"
    assert links(3)["blocked_by"].target.external_id == ids[1]


def test_long_nested_lists_are_read_to_their_ends(world, client):
    for number in range(120):
        world.acts.comment("ENG-1", f"comment {number}")
    issue = world.state.issue("ENG-1")
    record = client.fetch(issue.id, PARTS)
    assert len(record.comments) == len(issue.comments)
    assert LINEAR.to_ticket(record.body, source_of(world)).comment_count is None


def test_history_tells_every_change_oldest_first(world, client):
    acts, issue = world.acts, world.state.issue("ENG-1")
    issue.history.clear()
    acts.edit("ENG-1", title="New", priority=1, by="aiko")
    acts.label("ENG-1", "Checkout", by="noor")
    acts.move("ENG-1", "In Review")
    acts.relate("ENG-1", "related", "ENG-2")
    for number in range(60):
        acts.edit("ENG-1", title=f"Title {number}")
    told = list(client.history([issue.id, world.state.issue("ENG-2").id]))
    [mine] = [one.entries for one in told if one.ticket == issue.id]
    assert list(mine) == sorted(mine, key=lambda one: one.at)
    assert len({one.id for one in mine}) == len(mine)
    first = [(one.field, one.after) for one in mine if one.field not in ("severity", "sprint")]
    assert first[:4] == [
        ("title", "New"),
        ("priority", "Urgent"),
        ("labels", ["Checkout"]),
        ("status", "In Review"),
    ]
    assert mine[0].actor.login == "aiko"
    assert len([one for one in mine if one.field == "title"]) == 61
    assert "relations" in {one.native_field for one in mine}


def test_definitions_people_and_fields_are_listed(world, client):
    world.acts.create_label("wish")
    kinds, found = client.definitions()
    names = {kind: {one.name for one in found if one.kind == kind} for kind in kinds}
    assert {"Bug", "wish", "Checkout"} <= names["label"]
    assert "Area" not in names["label"]
    assert names["sprint"] == {"Cycle 1", "Cycle 2", "Cycle 3"}
    assert names["milestone"] == {"Spring sale", "Kassenumbau"}
    categories = {one.name: one.state for one in found if one.kind == "state"}
    assert categories["In Review"] == "in_progress"
    assert len(categories) == 8  # not those of the other team
    assert {one.login for one in client.users()} >= {"aiko", "sandbox-user"}
    fields = {one.name: one for one in client.fields()}
    assert set(fields["Area"].options) == {"Shop floor", "Warehouse", "Checkout"}
    assert fields["Status"].sample
    assert fields["Title"].required


def test_a_label_group_serves_as_customer_or_component(world, client):
    group = next(one for one in world.state.labels if one.is_group)
    world.acts.label("ENG-1", "Warehouse")
    record = client.fetch(world.state.issue("ENG-1").id)
    source = source_of(world, fields={"customer": group.id, "components": group.id})
    ticket = LINEAR.to_ticket(record.body, source)
    assert ticket.customer == "Warehouse"
    assert [one.name for one in ticket.components] == ["Warehouse"]
