"""Against the stand-in GitHub, which shares no code with us: webhook and record must agree."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from schemas import fingerprint
from schemas.event import CommentGone, CommentSeen, Doubtful, TicketSeen
from schemas.ports import AppKey
from schemas.record import Cursor, Gone, Moved, Record
from tests.trackers.github.test_github_app import PEM
from tests.trackers.stand_ins import NOW, Budget, Memory, Secrets, a_delivery, a_source
from trackers.github import GITHUB, GitHub

stand_in = pytest.importorskip("sandbox.github.app", reason="the stand-in GitHub is not built yet")

SECRET = "the sandbox knows it"
NOWHERE = "http://127.0.0.1:9/webhooks/shop"
PARTS = frozenset({"core", "comments", "links"})
SINCE = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def world() -> Iterator:
    with stand_in.start(tickets=3, comments=2, pulls=1) as running:
        yield running


@pytest.fixture
def source(world):
    return a_source("github", world.repo_url, api_url=world.url, filter={"state": "all"})


@pytest.fixture
def client(world, source):
    given = {"limiter": Budget(), "validators": Memory()}
    client = GITHUB.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def told(world, hook):
    """The events of the newest delivery to a hook, proven as the receiver would."""
    assert world.outbox.idle()
    delivery = hook.deliveries[-1]
    headers = {name.lower(): value for name, value in delivery.request_headers.items()}
    GITHUB.verify(headers, delivery.payload, [SECRET], NOW)
    return GITHUB.parse(a_delivery(headers, delivery.payload))


ACTS = [
    lambda do, n: do.edit(n, title="Another ☕ title", body="x\r\n\r\ny  "),
    lambda do, n: do.label(n, "bug"),
    lambda do, n: do.assign(n, "sandbox-user"),
    lambda do, n: do.milestone(n, 1),
    lambda do, n: do.close(n, "not_planned"),
    lambda do, n: (do.close(n), do.reopen(n)),
    lambda do, n: do.lock(n, "off-topic"),
    lambda do, n: do.comment(n, "Hello"),
]


@pytest.mark.parametrize("act", ACTS, ids=range(len(ACTS)))
def test_a_webhook_and_the_record_of_one_state_have_one_fingerprint(world, client, source, act):
    hook = world.acts.add_hook(NOWHERE, SECRET)
    number = world.acts.open("New", "With\r\nbody", labels=["late"]).number
    act(world.acts, number)
    [seen] = [one for one in told(world, hook) if isinstance(one, TicketSeen)]
    record = client.fetch(str(number))
    assert isinstance(record, Record)
    by_hook, by_fetch = (GITHUB.to_ticket(r, source) for r in (seen.record, record.body))
    assert by_hook.full
    assert by_hook.revision == by_fetch.revision == record.revision
    assert fingerprint.core(by_hook) == fingerprint.core(by_fetch)


def test_a_list_and_a_single_read_have_one_fingerprint(client, source):
    pages = [page for page in client.changed_since(Cursor()) if page.kind == "tickets"]
    for record in pages[0].records:
        single = client.fetch(record.ticket)
        prints = [fingerprint.core(GITHUB.to_ticket(r.body, source)) for r in (record, single)]
        assert prints[0] == prints[1]


def test_a_comment_is_the_same_by_webhook_and_by_reading(world, client, source):
    hook = world.acts.add_hook(NOWHERE, SECRET)
    number = world.acts.open("New").number
    comment = world.acts.comment(number, "Hello\r\nthere")
    [seen] = [one for one in told(world, hook) if isinstance(one, CommentSeen)]
    listed = client.fetch(str(number), PARTS).comments[0]
    single = client.fetch_comment(str(number), str(comment.id)).body
    found = {GITHUB.to_comment(r, source).model_dump_json() for r in (seen.record, listed, single)}
    assert len(found) == 1


def test_a_deleted_comment_is_told_and_proven(world, client):
    hook = world.acts.add_hook(NOWHERE, SECRET)
    number = world.acts.open("New").number
    comment = world.acts.comment(number, "Hello")
    world.acts.delete_comment(comment.id)
    assert CommentGone(ticket=str(number), comment=str(comment.id)) in told(world, hook)
    assert isinstance(client.fetch_comment(str(number), str(comment.id)), Gone)


def test_a_sub_issue_puts_both_in_doubt_and_is_read_from_both_ends(world, client, source):
    hook = world.acts.add_hook(NOWHERE, SECRET)
    parent, child = (world.acts.open(title).number for title in ("Whole", "Part"))
    world.acts.add_sub_issue(parent, child)
    [doubt] = [one for one in told(world, hook) if isinstance(one, Doubtful)]
    assert set(doubt.tickets) == {str(parent), str(child)}
    kinds = {}
    for number in (parent, child):
        [link] = client.fetch(str(number), PARTS).links
        relation = GITHUB.to_relation(link, source)
        kinds[number] = (relation.kind, relation.target.external_id)
    assert kinds == {parent: ("child", str(child)), child: ("parent", str(parent))}


def test_deleted_and_transferred_issues_are_told_apart(world, client):
    deleted, moved = (world.acts.open(title).number for title in ("One", "Two"))
    world.acts.delete(deleted)
    world.acts.transfer(moved, "elsewhere")
    assert isinstance(client.fetch(str(deleted)), Gone)
    assert isinstance(client.fetch(str(moved)), Moved)


def test_a_renamed_repository_is_followed(world, client):
    pinned = client.project().id
    world.acts.rename_repo("market")
    assert (client.project().id, client.project().name) == (pinned, "octo/market")
    assert list(client.changed_since(Cursor()))
    number = world.acts.open("After the move").number
    assert isinstance(client.fetch(str(number)), Record)


def test_a_hook_is_registered_checked_asked_for_its_failures_and_removed(world, client):
    assert client.ensure_hook(NOWHERE, SECRET).url == NOWHERE
    number = world.acts.open("Unheard").number
    assert world.outbox.idle()
    [fault] = client.check_hooks(NOWHERE)
    assert fault.mended_by == "none"
    missed = client.missed_deliveries(NOWHERE, SINCE)
    assert {"ping", "issues.opened"} <= {one.event for one in missed}
    assert all(one.redelivered for one in missed)
    assert number
    assert client.remove_hook(NOWHERE)
    assert client.hooks() == []


def test_unchanged_definitions_cost_no_reading(world, client):
    kinds, _ = client.definitions()
    assert kinds == ("label", "milestone")
    assert client.definitions() is None
    world.acts.rename_label("bug", "defect")
    kinds, found = client.definitions()
    assert kinds == ("label",)
    assert "defect" in {one.name for one in found}


def test_an_app_reads_with_a_minted_token(world, source):
    key = AppKey(app_id=str(world.accounts.app.id), private_key=PEM)
    given = {"limiter": Budget(), "validators": Memory()}
    client = GitHub().connect(source, credentials=Secrets(None, key), **given)
    assert client.project().name == "octo/shop"
    assert client.identity().login == "ticketsync-sandbox[bot]"
    client.close()
