"""Every request to GitLab and every answer of its stand-in is as the official descriptions say.

The descriptions are of GitLab 18 without a licence: weights, iterations and signing tokens, which
they do not know, are tested against the stand-in alone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.gitlab import app
from schemas.change import Absent, CommentChange, Found, Intent, LinkChange, TicketChange
from schemas.record import Cursor, Gone, Moved, Record
from schemas.ticket import Comment, Label, Milestone, Person, Relation, Ticket, TicketRef
from tests.contracts.checked import checked
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.gitlab import GITLAB

PARTS = frozenset({"core", "comments", "links"})
NOWHERE = "http://127.0.0.1:9/webhooks/shop"
MARKER = markers.minted(b"a key of the tests", "home", "a-mirror", "shop/7")


@pytest.fixture
def world() -> Iterator[app.Running]:
    with app.start(tickets=120, comments=140, premium=False, version=(18, 5)) as running:
        yield running


@pytest.fixture
def line():
    return checked("gitlab")


@pytest.fixture
def source(world):
    return a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"})


@pytest.fixture
def client(world, source, line):
    given = {"limiter": Budget(), "validators": Memory(), "transport": line.transport}
    client = GITLAB.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def carried(client, source, change):
    """Every step of a change, with the new ticket's id handed on."""
    done = []
    for step in GITLAB.to_writes(change, source):
        if step.ticket is None and done:
            step = step.model_copy(update={"ticket": done[0].ticket})
        done.append(client.write(step))
    return done


def test_reading_is_as_described(world, client, line):
    first, other = (world.acts.open(title, labels=["late"]).iid for title in ("One", "Two"))
    world.acts.link(first, other)
    world.acts.merge_request(first, "A mend")
    note = world.acts.comment(first, "Hello").id
    gone, moved = (world.acts.open(title).iid for title in ("Gone", "Moved"))
    world.acts.delete(gone)
    world.acts.move(moved, "octo/elsewhere")
    assert client.identity().login == "sandbox-user"
    assert client.project().name == "octo/yard/boats"
    assert len(client.fetch(str(first), PARTS).links) == 2
    assert isinstance(client.fetch(str(moved)), Moved)
    assert isinstance(client.fetch(str(gone)), Gone)
    assert client.fetch_comment(str(first), str(note)).external_id == str(note)
    assert isinstance(client.fetch_comment(str(first), "999999"), Gone)
    assert sum(len(page.records) for page in client.changed_since(Cursor())) == 122
    recent = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
    assert sum(len(page.records) for page in client.changed_since(recent)) >= 3
    [half, *_] = client.census()
    assert len(half.seen) + sum(len(page.seen) for page in client.census(half.mark)) == 122
    begun = client.activity(None)
    world.acts.comment(first, "So late")
    assert [one.ticket for one in client.activity(begun.mark).touched] == [str(first)]
    assert "ewa.nowak" in {one.login for one in client.users()}
    assert {one.id for one in client.fields()} >= {"title", "labels", "customer::"}
    assert "octo/yard/boats" in {one.name for one in client.projects()}
    kinds, definitions = client.definitions()
    assert kinds == ("label", "milestone")
    assert {"late", "Launch"} <= {one.name for one in definitions}
    line.assert_clean(at_least=15)


def test_history_is_as_described(world, client, line):
    number = world.acts.open("A").iid
    world.acts.edit(number, title="B")
    world.acts.label(number, "bug")
    world.acts.unlabel(number, "bug")
    world.acts.milestone(number, "Launch")
    world.acts.milestone(number, None)
    world.acts.close(number)
    world.acts.reopen(number)
    world.acts.assign(number, "sven-borg")  # who is not named in the record any more
    world.acts.unassign(number, "sven-borg")
    [past] = client.history([str(number)])
    told = [(one.field, one.before, one.after) for one in past.entries]
    sven = str(world.site.world.people["sven-borg"].id)
    assert sorted(told, key=str) == sorted(
        [
            ("title", "A", "B"),
            ("labels", None, ["bug"]),
            ("labels", ["bug"], None),
            ("milestone", None, "Launch"),
            ("milestone", "Launch", None),
            ("status", "opened", "closed"),
            ("status", "closed", "opened"),
            ("assignees", None, [sven]),
            ("assignees", [sven], None),
        ],
        key=str,
    )
    assert past.complete
    line.assert_clean(at_least=5)


def test_writing_is_as_described(world, client, source, line):
    wanted = Ticket(
        source="shop",
        external_id="",
        key="",
        title="New",
        body="Text\n\n/close",
        labels=(Label(id="1", name="made here"),),
        assignees=(Person(id="311"),),
        milestone=Milestone(id="x", title="Of a mirror"),
        due_date=date(2026, 12, 24),
        time_estimate=12600,
        time_spent=60,
        state="closed",
    )
    fields = GITLAB.capabilities.writes - {"weight", "confidential", "locked", "type"}
    new = carried(client, source, TicketChange(wanted=wanted, fields=fields, marker=MARKER))
    ticket = new[0].ticket
    record = client.fetch(ticket)
    assert isinstance(record, Record)
    found = GITLAB.to_ticket(record.body, source)
    assert (found.body, found.state, found.time_estimate) == (wanted.body, "closed", 12600)
    less = wanted.model_copy(
        update={"title": "Newer", "labels": (), "milestone": None, "time_spent": 30}
        | {"time_estimate": None, "state": "open", "assignees": (), "due_date": None}
    )
    every = GITLAB.capabilities.writes - {"weight"}
    change = TicketChange(ticket=ticket, wanted=less, fields=every, record=record.body)
    carried(client, source, change)
    found = GITLAB.to_ticket(client.fetch(ticket).body, source)
    assert (found.labels, found.milestone, found.assignees) == ((), None, ())
    assert (found.title, found.time_spent, found.time_estimate) == ("Newer", 30, None)
    comment = Comment(id="", body="A word")
    [said] = carried(client, source, CommentChange(ticket=ticket, wanted=comment, marker=MARKER))
    again = CommentChange(ticket=ticket, comment=said.comment, wanted=comment, record=said.record)
    carried(client, source, again)
    target = TicketRef(external_id="1", key="1")
    link = LinkChange(ticket=ticket, relation=Relation(kind="relates", target=target))
    carried(client, source, link)
    assert [one["iid"] for one in client.fetch(ticket, PARTS).links] == [1]
    carried(client, source, link.model_copy(update={"remove": True}))
    assert client.fetch(ticket, PARTS).links == ()
    carried(client, source, CommentChange(ticket=ticket, comment=said.comment))
    file = client.upload(ticket, "a map.png", "image/png", b"PNG")
    assert b"".join(client.download(file.url)) == b"PNG"
    line.assert_clean(at_least=17)


def test_looking_for_a_marker_is_as_described(client, source, line):
    now = datetime.now(UTC)
    wanted = Ticket(source="shop", external_id="", key="", title="Marked", body="Text")
    change = TicketChange(wanted=wanted, fields=frozenset({"title", "body"}), marker=MARKER)
    sought = Intent(creates="ticket", marker=MARKER, sent_at=now)
    assert isinstance(client.find_marker(sought), Absent)
    [new] = carried(client, source, change)
    assert client.find_marker(sought) == Found(ref=client.find_marker(sought).ref)
    assert client.find_marker(sought).ref.ticket == new.ticket
    inside = Intent(creates="comment", marker=MARKER, ticket=new.ticket, sent_at=now)
    assert isinstance(client.find_marker(inside), Absent)
    said = Comment(id="", body="Marked, too")
    [told] = carried(client, source, CommentChange(ticket=new.ticket, wanted=said, marker=MARKER))
    assert client.find_marker(inside).ref.comment == told.comment
    line.assert_clean(at_least=5)


def test_hooks_are_as_described(world, client, line):
    assert client.ensure_hook(NOWHERE, "a plain secret").url == NOWHERE
    world.acts.open("Unheard")
    assert world.outbox.idle()
    [fault] = client.check_hooks(NOWHERE)
    assert "last delivery failed" in fault.problem
    since = datetime.now(UTC) - timedelta(hours=1)
    [missed] = client.missed_deliveries(NOWHERE, since)
    assert (missed.event, missed.redelivered) == ("issue.open", True)
    assert client.ensure_hook(NOWHERE, "another secret").active
    assert len(client.hooks()) == 1
    assert client.remove_hook(NOWHERE)
    assert not client.remove_hook(NOWHERE)
    line.assert_clean(at_least=7)
