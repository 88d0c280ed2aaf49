"""Against the stand-in GitLab, which shares no code with us: webhook and record must agree."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.gitlab import app
from sandbox.gitlab.accounts import OAuthApp
from schemas import fingerprint
from schemas.change import Found, Intent, LinkChange, TicketChange
from schemas.errors import Denied, Permanent, Transient
from schemas.event import CommentSeen, Doubtful, TicketSeen
from schemas.ports import Grant
from schemas.record import Cursor, Gone, Hidden, Moved, Record
from schemas.ticket import Relation, Ticket, TicketRef
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_delivery, a_source
from trackers import markers
from trackers.gitlab import GITLAB

PLAIN = "the sandbox knows it"
KEY = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NOWHERE = "http://127.0.0.1:9/webhooks/shop"
PARTS = frozenset({"core", "comments", "links"})
MARKER = markers.minted(b"a key", "home", "m", "jira/PROJ-1")


@pytest.fixture
def world() -> Iterator[app.Running]:
    with app.start(tickets=6, comments=4) as running:
        yield running


@pytest.fixture
def source(world):
    return a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"})


def connected(world, source, token=None, **over):
    given = {"limiter": Budget(), "validators": Memory()}
    secrets = Secrets(token or world.plan.token, **over)
    return GITLAB.connect(source, credentials=secrets, **given)


@pytest.fixture
def client(world, source):
    client = connected(world, source)
    yield client
    client.close()


def told(world, hook, secret):
    """The events of the newest delivery to a hook, proven as the receiver would."""
    assert world.outbox.idle()
    sent = hook.events[-1]
    headers = {name.lower(): value for name, value in sent.headers.items()}
    GITLAB.verify(headers, sent.body, [secret], datetime.now(UTC))
    return GITLAB.parse(a_delivery(headers, sent.body))


ACTS = [
    lambda do, n: do.edit(n, title="Another ☕ title", description="x\r\n\r\n/tmp is full  "),
    lambda do, n: do.label(n, "severity::2"),
    lambda do, n: do.assign(n, "ewa.nowak"),
    lambda do, n: do.milestone(n, "Launch"),
    lambda do, n: do.close(n),
    lambda do, n: (do.close(n), do.reopen(n)),
    lambda do, n: do.edit(n, locked=True, confidential=True, due_date="2026-12-24"),
    lambda do, n: do.edit(n, estimate=12600, weight=5, kind="incident", severity="high"),
    lambda do, n: do.spend(n, 1845),
    lambda do, n: do.edit(n, health="at_risk", weight=1),
    lambda do, n: do.comment(n, "Hello"),
]


@pytest.mark.parametrize("secret", [PLAIN, KEY], ids=["token", "signed"])
@pytest.mark.parametrize("act", ACTS, ids=range(len(ACTS)))
def test_what_a_webhook_sets_equals_the_record(world, client, source, act, secret):
    hook = world.add_hook(NOWHERE, secret)
    number = world.acts.open("New", "With\r\nbody", labels=["late"]).iid
    act(world.acts, number)
    [seen] = [one for one in told(world, hook, secret) if isinstance(one, TicketSeen)]
    record = client.fetch(str(number))
    assert isinstance(record, Record)
    by_hook, by_fetch = (GITLAB.to_ticket(r, source) for r in (seen.record, record.body))
    assert by_fetch.full
    assert not by_hook.full
    assert len(by_hook.present) > 15
    for name in by_hook.present & set(fingerprint.CORE):
        told_so = fingerprint.value(by_hook, name)
        assert told_so == fingerprint.value(by_fetch, name), name


def test_a_list_a_single_read_and_a_write_have_one_fingerprint(world, client, source):
    number = world.acts.open("New", labels=["bug", "fleet"], assignees=["ewa.nowak"]).iid
    world.acts.edit(number, iteration_id=821, weight=2)
    world.acts.put_in_epic(number, "Winter")
    listed = {r.ticket: r for page in client.changed_since(Cursor()) for r in page.records}
    single = client.fetch(str(number))
    change = TicketChange(
        ticket=str(number),
        wanted=GITLAB.to_ticket(single.body, source),
        fields=frozenset({"title"}),
    )
    [step] = GITLAB.to_writes(change, source)
    written = client.write(step)
    records = (listed[str(number)].body, single.body, written.record)
    assert len({fingerprint.core(GITLAB.to_ticket(one, source)) for one in records}) == 1


def test_a_comment_is_the_same_by_webhook_and_by_reading(world, client, source):
    hook = world.add_hook(NOWHERE, PLAIN)
    number = world.acts.open("New").iid
    note = world.acts.comment(number, "Hello\r\nthere", internal=True)
    [seen] = [one for one in told(world, hook, PLAIN) if isinstance(one, CommentSeen)]
    listed = client.fetch(str(number), PARTS).comments[0]
    single = client.fetch_comment(str(number), str(note.id)).body
    found = [GITLAB.to_comment(r, source) for r in (seen.record, listed, single)]
    assert len({fingerprint.comment(one) for one in found}) == 1
    assert {one.author.login for one in found} == {"ewa.nowak"}
    assert len({one.url for one in found}) == 1


def test_an_emoji_asks_for_a_reading_that_counts_it(world, client, source):
    hook = world.add_hook(NOWHERE, PLAIN)
    number = world.acts.open("New").iid
    world.acts.award(number)
    assert any(isinstance(one, Doubtful) for one in told(world, hook, PLAIN))
    ticket = GITLAB.to_ticket(client.fetch(str(number)).body, source)
    assert ticket.reactions == {"+1": 1}


def test_deleted_moved_hidden_and_lost_projects_are_told_apart(world, client, source):
    deleted, moved, secret = (world.acts.open(title).iid for title in ("One", "Two", "Three"))
    note = world.acts.comment(moved, "Hello")
    world.acts.delete(deleted)
    world.acts.edit(secret, confidential=True)
    gone = client.fetch(str(deleted))
    assert isinstance(gone, Gone)
    assert "Owner" in gone.proof
    world.accounts.add_token("maintainer", "a-maintainer", 40)
    maintainer = connected(world, source, "maintainer")
    assert isinstance(maintainer.fetch(str(deleted)), Hidden)
    maintainer.close()
    world.acts.delete_comment(note.id)
    assert isinstance(client.fetch_comment(str(moved), str(note.id)), Gone)
    world.acts.move(moved, "octo/yard/archive")
    found = client.fetch(str(moved))
    assert isinstance(found, Moved)
    assert found.to.key == "octo/yard/archive#1"
    assert found.to.url == f"{world.root}/octo/yard/archive/-/issues/1"
    world.accounts.add_token("guest", "a-guest", 10)
    guest = connected(world, source, "guest")
    assert isinstance(guest.fetch(str(secret)), Hidden)
    with pytest.raises(Denied, match="webhooks need the Maintainer role"):
        guest.hooks()
    guest.close()


def test_a_renamed_project_is_followed(world, client):
    pinned = client.project().id
    world.acts.rename_project("ships")
    assert (client.project().id, client.project().name) == (pinned, "octo/yard/ships")
    number = world.acts.open("After the move").iid
    assert isinstance(client.fetch(str(number)), Record)


def test_an_old_path_reads_on_by_its_redirect(world, source):
    world.acts.rename_project("ships")
    client = connected(world, source)
    assert sum(len(page.records) for page in client.changed_since(Cursor())) == 6
    assert client.write(GITLAB.to_writes(a_title("1"), source)[0]).ticket == "1"
    client.close()


def a_title(ticket: str) -> TicketChange:
    wanted = Ticket(source="shop", external_id=ticket, key=ticket, title="Renamed")
    return TicketChange(ticket=ticket, wanted=wanted, fields=frozenset({"title"}))


@pytest.mark.parametrize("version", [(19, 2), (18, 2)], ids=["keyset", "offset"])
def test_a_whole_walk_loses_nothing_while_issues_move(version):
    with app.start(tickets=230, version=version) as world:
        source = a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"})
        client = connected(world, source)
        seen = set()
        for page in client.changed_since(Cursor()):
            seen |= {record.ticket for record in page.records}
            for number in (1, 101, 140):
                world.acts.edit(number, title=f"Moved on after {len(seen)}")
        assert seen == {str(number) for number in range(1, 231)}
        client.close()


def test_a_walk_goes_on_where_another_client_stopped(world, source):
    with app.start(tickets=150) as world:
        source = a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"})
        first, second = connected(world, source), connected(world, source)
        page = next(iter(first.changed_since(Cursor())))
        rest = list(second.changed_since(page.cursor))
        assert sum(len(one.records) for one in rest) == 50
        assert rest[-1].cursor.since == page.cursor.watermark
        first.close()
        second.close()


def test_a_late_note_is_found_by_the_next_overlapping_pass(world, client):
    """It moves nothing: GitLab touches an issue once a minute at most."""
    number = world.acts.open("New").iid
    before = world.acts.issue(number).updated
    world.acts.comment(number, "Too soon to move it")
    assert world.acts.issue(number).updated == before
    since = before - timedelta(minutes=2)
    [page] = client.changed_since(Cursor(since=since))
    [record] = [one for one in page.records if one.ticket == str(number)]
    assert [note["body"] for note in record.comments] == ["Too soon to move it"]


def test_links_between_projects_and_licences(world, client, source):
    one, other = (world.acts.open(title).iid for title in ("One", "Two"))
    relation = Relation(kind="blocks", target=TicketRef(external_id=str(other)))
    change = LinkChange(ticket=str(one), relation=relation)
    [step] = GITLAB.to_writes(change, source)
    client.write(step)
    client.write(step)
    kinds = [GITLAB.to_relation(r, source).kind for r in client.fetch(str(other), PARTS).links]
    assert kinds == ["blocked_by"]
    [undo] = GITLAB.to_writes(change.model_copy(update={"remove": True}), source)
    client.write(undo)
    client.write(undo)
    assert client.fetch(str(other), PARTS).links == ()
    with app.start(tickets=2, premium=False) as free:
        plain = a_source("gitlab", free.project_url, api_url=free.url)
        client = connected(free, plain)
        with pytest.raises(Permanent, match="not available for current license"):
            client.write(
                step.model_copy(
                    update={"ticket": "1", "body": step.body | {"target_issue_iid": "2"}}
                )
            )
        client.close()


def test_history_tells_of_every_kind_of_change(world, client):
    number = world.acts.open("A").iid
    acts = world.acts
    acts.edit(number, title="B", description="New", due_date="2026-12-24", weight=3)
    acts.label(number, "bug")
    acts.assign(number, "ewa.nowak")
    acts.milestone(number, "Launch")
    acts.edit(number, iteration_id=821)
    acts.close(number)
    [past] = client.history([str(number)])
    assert {one.field for one in past.entries} == {
        "title", "body", "due_date", "weight", "labels", "assignees", "milestone", "sprint",
        "status",
    }  # fmt: skip
    assert past.complete
    assert len({one.id for one in past.entries}) == len(past.entries)
    assert [one.at for one in past.entries] == sorted(one.at for one in past.entries)
    assert all(one.actor.login == "ewa.nowak" for one in past.entries)


def test_definitions_follow_what_no_webhook_tells(world, client):
    kinds, before = client.definitions()
    assert kinds == ("label", "milestone", "sprint")
    world.acts.rename_label("bug", "defect")
    _, after = client.definitions()
    ids = {one.id: one.name for one in after}
    [bug] = [one.id for one in before if one.name == "bug"]
    assert ids[bug] == "defect"


def test_a_written_answer_names_labels_by_their_ids_even_after_a_rename(world, client, source):
    number = str(world.acts.open("New", labels=["bug"]).iid)
    [step] = GITLAB.to_writes(a_title(number), source)
    client.write(step)
    world.acts.rename_label("bug", "defect")
    [label] = GITLAB.to_ticket(client.write(step).record, source).labels
    assert label.name == "defect"
    assert label.id.isdecimal()


def test_an_answer_that_got_lost_is_found_by_its_marker(world, client, source):
    wanted = Ticket(source="shop", external_id="", key="", title="Once", body="Only once")
    change = TicketChange(wanted=wanted, fields=frozenset({"title", "body"}), marker=MARKER)
    [step] = GITLAB.to_writes(change, source)
    client.project()
    world.faults.set(answer_lost=1)
    began = datetime.now(UTC)
    with pytest.raises(Transient):
        client.write(step)
    found = client.find_marker(Intent(creates="ticket", marker=MARKER, sent_at=began))
    assert isinstance(found, Found)
    assert GITLAB.to_ticket(found.ref.record, source).body == "Only once"


@pytest.mark.parametrize("secret", [PLAIN, KEY], ids=["token", "signed"])
def test_a_hook_is_registered_disabled_noticed_mended_and_removed(world, client, secret):
    assert client.ensure_hook(NOWHERE, secret).active
    numbers = [world.acts.open("Unheard").iid for _ in range(5)]
    assert world.outbox.idle()
    [fault] = client.check_hooks(NOWHERE)
    assert "is disabled until" in fault.problem
    missed = client.missed_deliveries(NOWHERE, datetime.now(UTC) - timedelta(hours=1))
    assert {one.event for one in missed} == {"issue.open"}
    assert 4 <= len(missed) <= len(numbers)
    assert client.ensure_hook(NOWHERE, secret).active
    assert client.remove_hook(NOWHERE)
    assert client.hooks() == []


def test_a_version_before_signing_tokens_is_noticed():
    with app.start(version=(18, 5)) as world:
        client = connected(world, a_source("gitlab", world.project_url, api_url=world.url))
        with pytest.raises(Permanent, match="knows no signing tokens"):
            client.ensure_hook(NOWHERE, KEY)
        assert client.hooks() == []
        client.close()


def test_an_oauth_grant_is_renewed_before_it_ends(world, source):
    world.accounts.oauth = OAuthApp("invented-app", "invented-app-secret")
    told = world.accounts.grant("ewa.nowak")
    ended = Grant(
        access_token=told["access_token"],
        refresh_token=told["refresh_token"],
        expires_at=datetime.now(UTC) - timedelta(minutes=1),
        site=world.root,
    )
    secrets = Secrets(None, granted=ended)
    oauth = source.model_copy(update={"auth": "oauth"})
    client = GITLAB.connect(oauth, credentials=secrets, limiter=Budget(), validators=Memory())
    assert client.identity().login == "ewa.nowak"
    assert secrets.renewals == 1
    client.close()


def test_a_public_project_is_read_without_a_token_but_for_its_links(world, source):
    nobody = GITLAB.connect(
        source, credentials=Secrets(None), limiter=Budget(), validators=Memory()
    )
    assert nobody.identity().anonymous
    [page] = nobody.changed_since(Cursor())
    assert len(page.records) == 6
    assert {one.links for one in page.records} == {None}
    assert sum(len(one.comments) for one in page.records) == 4
    with pytest.raises(Denied, match="401"):
        nobody.write(GITLAB.to_writes(a_title("1"), source)[0])
    nobody.close()


def test_rate_limits_are_transient_with_the_time_told(world, client):
    world.faults.set(rate_limit_next=1)
    with pytest.raises(Transient) as limit:
        client.fetch("1")
    assert limit.value.retry_after == 31
    world.faults.set(secondary_next=1)
    with pytest.raises(Transient) as limit:
        client.fetch("1")
    assert limit.value.retry_after == 60
