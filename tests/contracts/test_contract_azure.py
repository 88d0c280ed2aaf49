"""What our client asks of Azure DevOps and the stand-in answers, held to the description."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.azure_devops import app as stand_in
from schemas.change import Absent, CommentChange, Found, Intent, LinkChange, TicketChange
from schemas.record import Cursor, Gone, Hidden, Moved, Record
from schemas.ticket import Comment, Relation, Ticket, TicketRef
from tests.contracts.checked import checked
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.azure_devops import AzureDevOps

NOWHERE = "http://127.0.0.1:9/webhooks/shop"
PARTS = frozenset({"core", "comments", "links"})


@pytest.fixture
def line():
    """The one endpoint that lies outside of the three descriptions: Microsoft's own client library
    (PyPI azure-devops, `location.get_connection_data`) is what documents it."""
    line = checked("azure_devops")
    beside = (*line.official.beside, "/octo/_apis/connectionData")
    line.official = replace(line.official, beside=beside)
    return line


@pytest.fixture
def world(line) -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=230, comments=60) as running:
        yield running


@pytest.fixture
def source(world):
    told = stand_in.announce(world)
    over = {"api_url": told["api_url"], "filter": {"state": "all"}, **told["source"]}
    return a_source("azure_devops", told["url"], **over)


@pytest.fixture
def dialect() -> AzureDevOps:
    return AzureDevOps()


@pytest.fixture
def client(world, source, line, dialect):
    given = {"limiter": Budget(), "validators": Memory(), "transport": line.transport}
    client = dialect.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def carried(client, dialect, source, change):
    done = []
    for step in dialect.to_writes(change, source):
        if step.ticket is None and done:
            step = step.model_copy(update={"ticket": done[0].ticket})
        done.append(client.write(step))
    return done


def test_reading_is_as_described(world, client, line):
    acts = world.acts
    child, parent = (acts.open(title).id for title in ("Part", "Whole"))
    acts.parent(child, parent)
    comment = acts.comment(child, "Hello").id
    moved, deleted = (acts.open(title).id for title in ("Moved", "Deleted"))
    acts.move(moved, "Attic")
    acts.delete(deleted)
    assert client.identity().login == "sandbox@shop.example"
    assert client.project().name == "Shop"
    found = client.fetch(str(child), PARTS)
    assert isinstance(found, Record)
    assert len(found.links) == len(found.comments) == 1
    assert isinstance(client.fetch(str(moved)), Moved)
    assert isinstance(client.fetch(str(deleted)), Gone)
    assert isinstance(client.fetch("99999"), Hidden)
    assert client.fetch_comment(str(child), str(comment)).external_id == str(comment)
    assert sum(len(page.records) for page in client.changed_since(Cursor())) == 232
    recent = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
    assert sum(len(page.records) for page in client.changed_since(recent)) == 2
    first, *rest = client.census()
    assert sum(len(page.seen) for page in (first, *rest)) == 233
    assert sum(len(page.seen) for page in client.census(first.mark)) == 33
    begin = client.activity(None)
    acts.parent(child, None)
    touched = {one.ticket for one in client.activity(begin.mark).touched}
    assert touched == {str(child), str(parent)}
    assert len(list(client.users())) == 5
    assert {one.id for one in client.fields()} >= {"System.Title", "Custom.Customer"}
    assert {one.name for one in client.projects()} == {"Shop", "Attic"}
    assert len(client.definitions()[1]) > 10
    [history] = client.history([str(child)])
    assert "parent" in {one.field for one in history.entries}
    line.assert_clean(at_least=17)


def test_a_filter_that_only_the_tracker_can_tell_is_asked_as_described(
    world, source, dialect, line
):
    wiql = {
        "filter": {"state": "all", "wiql": "[System.Title] CONTAINS 'till'"},
        "team": "Till Team",
    }
    client = dialect.connect(
        source.model_copy(update=wiql),
        credentials=Secrets(world.plan.token),
        limiter=Budget(),
        validators=Memory(),
        transport=line.transport,
    )
    assert list(client.changed_since(Cursor()))
    client.close()
    line.assert_clean(at_least=1)


def test_writing_is_as_described(world, client, dialect, source, line):
    began, marker = datetime.now(UTC), markers.minted(b"k", "here", "m", "other/7")
    wanted = a_ticket(
        title="New",
        body="A *text*.",
        type="bug",
        state="closed",
        status="Closed",
        status_category="done",
        priority="1",
        severity="P2",
        labels=[{"id": "vip", "name": "vip"}],
        assignees=[{"id": "?", "login": "mara@shop.example"}],
        sprint={"id": "?", "name": "Sprint 1"},
        components=[{"id": "?", "name": "Till"}],
        story_points=3,
        due_date="2026-12-24",
        parent={"external_id": "1", "key": "1"},
        customer="A customer",
    )
    fields = frozenset(wanted.model_fields_set - {"source", "external_id", "key"})
    made = carried(
        client, dialect, source, TicketChange(wanted=wanted, fields=fields, marker=marker)
    )
    key = made[0].ticket
    assert [one.revision for one in made] == ["1", "2"]
    intent = Intent(creates="ticket", marker=marker, sent_at=began)
    assert isinstance(client.find_marker(intent), Found)
    other = intent.model_copy(update={"marker": markers.minted(b"k", "here", "m", "other/8")})
    assert isinstance(client.find_marker(other), Absent)
    record = client.fetch(key).body
    later = wanted.model_copy(update={"title": "Newer", "parent": None, "sprint": None})
    change = TicketChange(
        ticket=key, wanted=later, fields=frozenset({"title", "parent", "sprint"}), record=record
    )
    assert carried(client, dialect, source, change)[0].revision == "3"
    link = LinkChange(
        ticket=key, relation=Relation(kind="blocks", target=TicketRef(external_id="2"))
    )
    carried(client, dialect, source, link)
    carried(client, dialect, source, link.model_copy(update={"remove": True}))
    line.assert_clean(at_least=8)


def test_comments_and_files_are_written_as_described(client, dialect, source, line):
    marker, began = markers.minted(b"k", "here", "m", "other/7/c1"), datetime.now(UTC)
    said = CommentChange(ticket="1", wanted=Comment(id="", body="Said"), marker=marker)
    [ref] = carried(client, dialect, source, said)
    intent = Intent(creates="comment", ticket="1", marker=marker, sent_at=began)
    assert isinstance(client.find_marker(intent), Found)
    edited = CommentChange(
        ticket="1", comment=ref.comment, wanted=Comment(id="", body="Else"), record=ref.record
    )
    carried(client, dialect, source, edited)
    carried(client, dialect, source, CommentChange(ticket="1", comment=ref.comment))
    assert isinstance(client.fetch_comment("1", ref.comment), Gone)
    file = client.upload("1", "a note.txt", "text/plain", b"words")
    assert b"".join(client.download(file.url)) == b"words"
    line.assert_clean(at_least=5)


def test_subscriptions_are_kept_as_described(client, line):
    assert client.check_hooks(NOWHERE)[0].mended_by == "register"
    assert len(client.ensure_hook(NOWHERE, "user:a password").events) == 5
    assert client.check_hooks(NOWHERE) == []
    assert len(client.ensure_hook(NOWHERE, "user:another").events) == 5
    assert len(client.hooks()) == 5
    assert client.missed_deliveries(NOWHERE, datetime(2026, 1, 1, tzinfo=UTC)) == []
    assert client.remove_hook(NOWHERE)
    assert not client.remove_hook(NOWHERE)
    line.assert_clean(at_least=5)
