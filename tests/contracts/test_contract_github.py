"""What our client asks of GitHub and the stand-in answers, held to GitHub's own description."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github import app as stand_in
from schemas.change import (
    Absent,
    CommentChange,
    Found,
    Intent,
    LinkChange,
    Marker,
    TicketChange,
)
from schemas.errors import Permanent
from schemas.ports import AppKey
from schemas.record import Cursor, Gone, Hidden, Moved
from schemas.ticket import Comment, Label, Milestone, Person, Relation, Ticket, TicketRef
from tests.contracts.checked import checked
from tests.trackers.github.test_github_app import PEM
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.github import GITHUB, GitHub

NOWHERE = "http://127.0.0.1:9/webhooks/shop"
PARTS = frozenset({"core", "comments", "links"})


@pytest.fixture
def line():
    return checked("github")


@pytest.fixture
def world(line) -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=120, comments=130, pulls=3) as running:
        yield running


@pytest.fixture
def source(world):
    return a_source("github", world.project_url, api_url=world.url, filter={"state": "all"})


@pytest.fixture
def client(world, source, line):
    given = {"limiter": Budget(), "validators": Memory(), "transport": line.transport}
    client = GITHUB.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def carried(client, source, change):
    """Every step of a change, with the new ticket's id handed on."""
    done = []
    for step in GITHUB.to_writes(change, source):
        if step.ticket is None and done:
            step = step.model_copy(update={"ticket": done[0].ticket})
        done.append(client.write(step))
    return done


def test_reading_is_as_described(world, client, line):
    first = world.acts.open("Part", labels=["late"], assignees=["mara-lind"], type="Bug").number
    whole, blocker = (world.acts.open(title).number for title in ("Whole", "Before"))
    world.acts.add_sub_issue(whole, first)
    world.acts.add_blocker(first, blocker)
    world.acts.set_field(first, 520, "High")
    world.acts.set_field(first, 522, 3)
    world.acts.open_pull("A mend", f"Fixes #{first}", by="mara-lind")
    comment = world.acts.comment(first, "Hello").id
    moved, deleted = (world.acts.open(title).number for title in ("Moved", "Deleted"))
    world.acts.transfer(moved, "elsewhere")
    world.acts.delete(deleted)
    assert client.identity().login == "sandbox-user"
    assert client.project().name == "octo/shop"
    assert len(client.fetch(str(first), PARTS).links) == 3
    assert isinstance(client.fetch(str(moved)), Moved)
    assert isinstance(client.fetch(str(deleted)), Gone)
    assert isinstance(client.fetch("99999"), Hidden)
    assert client.fetch_comment(str(first), str(comment)).external_id == str(comment)
    assert sum(len(page.records) for page in client.changed_since(Cursor())) > 240
    recent = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
    assert sum(len(page.records) for page in client.changed_since(recent)) > 1
    assert sum(len(page.seen) for page in client.census()) >= 123
    assert len({one.ticket for page in client.census() for one in page.seen}) == 123
    assert client.keep_hook(NOWHERE) is None
    assert len(list(client.users())) >= 6
    assert {one.id for one in client.fields()} >= {"title", "type", "520", "522"}
    assert "octo/shop" in {one.name for one in client.projects()}
    assert client.definitions()
    assert client.definitions() is None
    line.assert_clean(at_least=16)


def test_what_costs_nothing_is_as_described(world, client, line):
    recent = Cursor(since=datetime.now(UTC))
    for _ in range(2):
        list(client.changed_since(recent))
    mark = client.activity(None).mark
    assert client.activity(mark) is None
    world.acts.add_sub_issue(1, 2)
    assert len(client.activity(mark).touched) == 2
    marks = [page.mark for page in client.census()]
    assert next(client.census(marks[0])).seen
    assert client.cached >= 3
    line.assert_clean(at_least=3)


def test_history_is_as_described(world, client, line):
    number, other = (world.acts.open(title).number for title in ("A", "B"))
    acts = world.acts
    acts.edit(number, title="A, again")
    acts.label(number, "bug")
    acts.unlabel(number, "bug")
    acts.assign(number, "mara-lind")
    acts.unassign(number, "mara-lind")
    acts.milestone(number, 1)
    acts.milestone(number, None)
    acts.lock(number, "spam")
    acts.unlock(number)
    acts.set_type(number, "Bug")
    acts.set_type(number, "Task")
    acts.set_type(number, None)
    acts.add_sub_issue(number, other)
    acts.remove_sub_issue(number, other)
    acts.add_blocker(number, other)
    acts.remove_blocker(number, other)
    acts.open_pull("A mend", f"Fixes #{number}")
    acts.close(number, "not_planned")
    acts.reopen(number)
    acts.comment(number, "is no change")
    told = [one for past in client.history([str(number), str(other)]) for one in past.entries]
    assert {one.field for one in told} == {
        "title", "labels", "assignees", "milestone", "locked", "type", "status", "close_reason",
        None,
    }  # fmt: skip
    assert len({one.id for one in told}) == len(told)
    line.assert_clean(at_least=1)


def test_writing_is_as_described(world, client, source, line):
    everything = {
        "title": "New", "body": "Text", "type": "bug", "labels": (Label(id="1", name="bug"),),
        "assignees": (Person(id="1", login="mara-lind"),), "state": "closed",
        "close_reason": "duplicate", "locked": True,
        "milestone": Milestone(id="0", title="Of the mirror", description="x"),
        "custom_fields": {"520": "Low", "523": "Harbour"},
    }  # fmt: skip
    change = TicketChange(wanted=a_ticket(**everything), fields=frozenset(everything))
    new = carried(client, source, change)[0].ticket
    record = client.fetch(new).body
    less = everything | {
        "labels": (Label(id="2", name="enhancement"),), "assignees": (), "milestone": None,
        "locked": False, "state": "open", "type": "issue", "custom_fields": {"520": None},
    }  # fmt: skip
    wanted = a_ticket(**less)
    carried(
        client,
        source,
        TicketChange(ticket=new, wanted=wanted, fields=frozenset(less), record=record),
    )
    other = str(world.acts.open("Other").number)
    for kind in sorted(GITHUB.capabilities.links):
        relation = Relation(kind=kind, target=TicketRef(external_id=other, key=other))
        for remove in (False, True):
            carried(client, source, LinkChange(ticket=new, relation=relation, remove=remove))
    said = CommentChange(ticket=new, wanted=Comment(id="", body="Hello"))
    comment = carried(client, source, said)[0].comment
    again = said.model_copy(update={"comment": comment, "wanted": Comment(id="", body="Again")})
    carried(client, source, again)
    carried(client, source, again.model_copy(update={"wanted": None}))
    with pytest.raises(Permanent, match="no API to upload"):
        client.upload(new, "a.txt", "text/plain", b"x")
    line.assert_clean(at_least=18)


def test_looking_for_a_marker_is_as_described(client, source, line):
    marker = markers.minted(b"key", "here", "mirror", "jira/1")
    sent = datetime.now(UTC)
    intent = Intent(creates="ticket", marker=marker, sent_at=sent)
    assert client.find_marker(intent) == Absent()
    wanted = a_ticket(title="New")
    change = TicketChange(wanted=wanted, fields=frozenset({"title"}), marker=marker)
    new = carried(client, source, change)[0].ticket
    assert isinstance(client.find_marker(intent), Found)
    other: Marker = markers.minted(b"key", "here", "mirror", "jira/1/comment")
    about = Intent(creates="comment", marker=other, ticket=new, sent_at=sent)
    assert client.find_marker(about) == Absent()
    said = CommentChange(ticket=new, wanted=Comment(id="", body="Hello"), marker=other)
    carried(client, source, said)
    assert isinstance(client.find_marker(about), Found)
    line.assert_clean(at_least=5)


def test_hooks_are_as_described(world, client, line):
    client.ensure_hook(NOWHERE, "a secret")
    world.acts.open("Unheard")
    assert world.outbox.idle()
    assert client.check_hooks(NOWHERE)
    assert client.missed_deliveries(NOWHERE, datetime.now(UTC) - timedelta(hours=1))
    client.ensure_hook(NOWHERE, "another secret")
    assert client.hooks()
    assert client.remove_hook(NOWHERE)
    line.assert_clean(at_least=5)


def test_an_app_asks_as_described(world, source, line):
    app = world.accounts.app
    key = AppKey(app_id=str(app.id), private_key=PEM, installation_id=str(app.installation))
    given = {"limiter": Budget(), "validators": Memory(), "transport": line.transport}
    client = GitHub().connect(source, credentials=Secrets(None, key), **given)
    assert [found.name for found in client.projects()] == ["octo/shop"]
    assert client.identity().login == "ticketsync-sandbox[bot]"
    client.close()
    line.assert_clean(at_least=3)
