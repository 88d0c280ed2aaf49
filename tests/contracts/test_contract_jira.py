"""What our client asks of Jira and the stand-in answers, held to Atlassian's own description."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.jira import app as stand_in
from schemas.change import Absent, CommentChange, Found, Intent, LinkChange, TicketChange
from schemas.errors import Permanent
from schemas.ports import Grant
from schemas.record import Cursor, Gone, Hidden, Moved
from schemas.ticket import Comment, Relation, Ticket, TicketRef
from tests.contracts.checked import checked
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.jira import JIRA, Jira

NOWHERE = "http://127.0.0.1:9/webhooks/shop"
MARKER = markers.minted(b"key", "here", "m1", "shop/7")


@pytest.fixture
def line():
    """Grants go by the gateway to the same API; files lie at a storage of their own."""
    line = checked("jira")
    beside = (*line.official.beside, "/media/")
    prefixes = (f"/ex/jira/{stand_in.CLOUD_ID}", "")
    line.official = replace(line.official, beside=beside, prefixes=prefixes)
    return line


@pytest.fixture
def world(line) -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=120, comments=150) as running:
        yield running


@pytest.fixture
def source(world):
    keys = {"deployment": "cloud", "filter": {"jql": "project is not EMPTY ORDER BY rank"}}
    return a_source("jira", world.project_url, api_url=world.url, **keys)


@pytest.fixture
def client(world, source, line):
    client = Jira().connect(
        source,
        credentials=Secrets(world.plan.token, login=world.plan.email),
        limiter=Budget(),
        validators=Memory(),
        transport=line.transport,
    )
    yield client
    client.close()


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def carried(client, source, change):
    """Every step of a change, with the new ticket's id handed on."""
    done = []
    for step in JIRA.to_writes(change, source):
        if step.ticket is None and done:
            step = step.model_copy(update={"ticket": done[0].ticket})
        done.append(client.write(step))
    return done


def made(client, source, marker=None, **fields) -> str:
    change = TicketChange(wanted=a_ticket(**fields), fields=frozenset(fields), marker=marker)
    return carried(client, source, change)[0].ticket


def test_reading_is_as_described(world, client, line):
    acts = world.acts
    acts.add_project("OPS", "Operations")
    whole, moved, deleted = (acts.open(title) for title in ("Whole", "Moved", "Deleted"))
    comment = acts.comment(whole.key, "Hello")
    acts.attach(whole.key, "a.txt", b"hello")
    acts.label(whole.key, "quay")
    acts.close(whole.key)
    acts.move(moved.key, "OPS")
    acts.delete(deleted.key)
    assert client.identity().login
    assert client.project().name == "PROJ"
    record = client.fetch(str(whole.id))
    assert len(record.comments) == 1
    assert isinstance(client.fetch(str(moved.id)), Moved)
    assert isinstance(client.fetch(str(deleted.id)), Hidden)
    assert client.fetch_comment(str(whole.id), str(comment.id)).external_id == str(comment.id)
    assert isinstance(client.fetch_comment(str(whole.id), "999999"), Gone)
    assert sum(len(page.records) for page in client.changed_since(Cursor())) == 121
    recent = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
    assert any(page.records for page in client.changed_since(recent))
    first, second = client.census()
    assert (len(first.seen), len(second.seen), first.total) == (100, 21, 121)
    assert next(client.census(first.mark)).seen == second.seen
    assert list(client.users())
    assert client.fields()
    assert {one.name for one in client.projects()} >= {"PROJ", "OPS"}
    assert client.definitions()
    [file] = JIRA.to_ticket(record.body, a_source("jira", world.project_url)).attachments
    assert b"".join(client.download(file.url)) == b"hello"
    [alone] = client.history([str(whole.id)])
    assert {"status", "labels"} <= {entry.field for entry in alone.entries}
    assert len(list(client.history([str(whole.id), str(moved.id)]))) == 2
    line.assert_clean(at_least=18)


def test_writing_is_as_described(world, client, source, line):
    epic = made(client, source, title="Lights", type="epic")
    fields = {
        "title": "A lamp",
        "body": "Dark.\n\n- since Monday\n- [ ] a task",
        "type": "story",
        "priority": "High",
        "labels": [{"id": "quay", "name": "quay"}],
        "components": [{"id": "10101", "name": "Gate"}],
        "milestone": {"id": "10201", "title": "Harbour 1.4"},
        "epic": {"external_id": epic},
        "sprint": {"id": "42", "name": "Harbour Sprint 8"},
        "story_points": 3,
        "time_estimate": 3600,
        "due_date": "2026-12-01",
        "customer": "Quay Ltd.",
        "status": "In Progress",
        "status_category": "in_progress",
    }
    new = made(client, source, MARKER, **fields)
    record = client.fetch(new).body
    changed = {
        "title": "Two lamps",
        "labels": [],
        "assignees": [],
        "epic": None,
        "state": "closed",
        "status_category": "done",
    }
    change = TicketChange(
        ticket=new, wanted=a_ticket(**changed), fields=frozenset(changed), record=record
    )
    carried(client, source, change)
    assert JIRA.to_ticket(client.fetch(new).body, source).state == "closed"
    said = CommentChange(ticket=new, wanted=Comment(id="", body="A word"), marker=MARKER)
    [ref] = carried(client, source, said)
    again = said.model_copy(update={"comment": ref.comment})
    carried(client, source, again)
    carried(client, source, again.model_copy(update={"wanted": None}))
    blocks = Relation(kind="blocks", target=TicketRef(external_id=epic))
    carried(client, source, LinkChange(ticket=new, relation=blocks))
    carried(client, source, LinkChange(ticket=new, relation=blocks, remove=True))
    client.upload(new, "a.txt", "text/plain", b"hello")
    unknown = {"components": [{"id": "", "name": "No such component"}]}
    wrong = TicketChange(ticket=new, wanted=a_ticket(**unknown), fields=frozenset(unknown))
    with pytest.raises(Permanent, match="component"):
        carried(client, source, wrong)
    line.assert_clean(at_least=15)


def test_looking_for_a_marker_is_as_described(world, client, source, line):
    new = made(client, source, MARKER, title="A lamp")
    said = CommentChange(ticket=new, wanted=Comment(id="", body="A word"), marker=MARKER)
    carried(client, source, said)
    now = datetime.now(UTC)
    assert isinstance(
        client.find_marker(Intent(creates="ticket", marker=MARKER, sent_at=now)), Found
    )
    intent = Intent(creates="comment", marker=MARKER, ticket=new, sent_at=now)
    assert isinstance(client.find_marker(intent), Found)
    other = markers.minted(b"key", "here", "m1", "shop/8")
    absent = Intent(creates="ticket", marker=other, sent_at=now)
    assert isinstance(client.find_marker(absent), Absent)
    line.assert_clean(at_least=6)


def test_an_apps_webhooks_are_as_described(world, line):
    wish = {
        "grant_type": "refresh_token",
        "client_id": world.plan.client_id,
        "client_secret": world.plan.client_secret,
        "refresh_token": world.grant().refresh,
    }
    access = httpx.post(f"{world.url}/oauth/token", json=wish).json()["access_token"]
    granted = Grant(access_token=access, site=stand_in.CLOUD_ID)
    source = a_source(
        "jira", world.project_url, api_url=world.url, deployment="cloud", auth="oauth"
    )
    client = Jira().connect(
        source,
        credentials=Secrets(granted=granted),
        limiter=Budget(),
        validators=Memory(),
        transport=line.transport,
    )
    assert client.check_hooks(NOWHERE)
    hook = client.ensure_hook(NOWHERE, "")
    assert client.check_hooks(NOWHERE) == []
    assert client.ensure_hook(NOWHERE, "").id == hook.id
    assert [one.id for one in client.hooks()] == [hook.id]
    assert client.keep_hook(NOWHERE) is None
    world.site.hooks.dynamic[int(hook.id)].expires = world.state.ms() + 3_600_000
    assert client.keep_hook(NOWHERE) > datetime.now(UTC) + timedelta(days=29)
    assert client.remove_hook(NOWHERE)
    client.close()
    line.assert_clean(at_least=5)


def test_web_links_are_as_described(world, source, line):
    issue = world.acts.open("With a mend")
    address = "https://github.com/lantern/harbour/pull/7"
    wish = {"globalId": address, "object": {"url": address, "title": "A mend"}}
    path = f"{world.url}/rest/api/3/issue/{issue.id}/remotelink"
    made = httpx.post(path, json=wish, auth=(world.plan.email, world.plan.token))
    assert made.status_code == 201
    client = Jira().connect(
        source.model_copy(update={"filter": {"pull_requests": True}}),
        credentials=Secrets(world.plan.token, login=world.plan.email),
        limiter=Budget(),
        validators=Memory(),
        transport=line.transport,
    )
    [link] = client.fetch(str(issue.id)).links
    assert JIRA.to_relation(link, source).pull_request.number == 7
    client.close()
    line.assert_clean(at_least=3)
