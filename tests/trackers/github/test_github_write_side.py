"""Writing, looking up and listing against the stand-in GitHub."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sandbox.github import app as stand_in
from schemas.change import (
    Absent,
    CommentChange,
    Found,
    Intent,
    LinkChange,
    TicketChange,
    Unsure,
    Write,
)
from schemas.errors import Denied, Permanent, Transient
from schemas.ports import AppKey, Grant
from schemas.ticket import Comment, Milestone, Person, Relation, Ticket, TicketRef
from tests.trackers.github.test_github_app import PEM
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.github import GITHUB, GitHub

LINKS = frozenset({"core", "links"})
MARK = markers.minted(b"key", "here", "mirror", "jira/10001")


@pytest.fixture
def world() -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=4, comments=3, pulls=1) as running:
        yield running


@pytest.fixture
def source(world):
    return a_source("github", world.project_url, api_url=world.url, filter={"state": "all"})


def connected(source, secrets):
    return GitHub().connect(source, credentials=secrets, limiter=Budget(), validators=Memory())


@pytest.fixture
def client(world, source):
    client = connected(source, Secrets(world.plan.token))
    yield client
    client.close()


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def create(client, source, marker=None, **fields):
    change = TicketChange(wanted=a_ticket(**fields), fields=frozenset(fields), marker=marker)
    return client.write(GITHUB.to_writes(change, source)[0])


def an_intent(marker=MARK, **over):
    return Intent.model_validate(
        {"creates": "ticket", "marker": marker, "sent_at": datetime.now(UTC)} | over
    )


def test_a_write_leaves_what_it_is_known_by(client, source):
    ref = create(client, source, title="New")
    record = client.fetch(ref.ticket)
    assert (ref.key, ref.revision) == (ref.ticket, record.revision)
    assert ref.record == record.body


def test_an_unknown_milestone_is_made_once(world, client, source):
    wanted = Milestone(id="elsewhere", title="Brand new")
    numbers = {
        GITHUB.to_ticket(
            create(client, source, title="T", milestone=wanted).record, source
        ).milestone.number
        for _ in range(2)
    }
    assert len(numbers) == 1
    assert [m.title for m in world.site.home.milestones.values()].count("Brand new") == 1


def test_a_type_the_organisation_does_not_have_is_left_out(client, source):
    made = create(client, source, title="T", type="incident")
    assert GITHUB.to_ticket(made.record, source).type == "issue"


def test_who_cannot_be_assigned_keeps_nothing_from_being_made(client, source):
    people = (Person(id="1", login="mara-lind"), Person(id="2", login="old-customer"))
    fields = {"title": "T", "assignees": people}
    change = TicketChange(wanted=a_ticket(**fields), fields=frozenset(fields))
    create_step, assign = GITHUB.to_writes(change, source)
    new = client.write(create_step).ticket
    ref = client.write(assign.model_copy(update={"ticket": new}))
    assert [one.login for one in GITHUB.to_ticket(ref.record, source).assignees] == ["mara-lind"]


def relations(client, source, ticket):
    links = client.fetch(ticket, LINKS).links
    found = [GITHUB.to_relation(one, source) for one in links]
    return sorted((one.kind, one.target.key or one.target.url) for one in found)


@pytest.mark.parametrize(
    ("kind", "back"),
    [("parent", "child"), ("child", "parent"), ("blocks", "blocked_by"), ("blocked_by", "blocks")],
)
def test_a_link_shows_at_both_ends_twice_made_and_twice_removed(client, source, kind, back):
    one, other = (create(client, source, title=title).ticket for title in ("One", "Other"))
    relation = Relation(kind=kind, target=TicketRef(external_id=other, key=other))
    [make] = GITHUB.to_writes(LinkChange(ticket=one, relation=relation), source)
    for _ in range(2):
        assert client.write(make).ticket == one
    assert relations(client, source, one) == [(kind, other)]
    assert relations(client, source, other) == [(back, one)]
    [end] = GITHUB.to_writes(LinkChange(ticket=one, relation=relation, remove=True), source)
    for _ in range(2):
        client.write(end)
    assert relations(client, source, one) == []


def test_a_link_by_address_only_finds_its_end(world, client, source):
    one, other = (create(client, source, title=title).ticket for title in ("One", "Other"))
    relation = Relation(kind="blocks", target=TicketRef(url=f"{world.project_url}/issues/{other}"))
    [make] = GITHUB.to_writes(LinkChange(ticket=one, relation=relation), source)
    client.write(make)
    assert relations(client, source, one) == [("blocks", other)]


def test_a_link_to_somewhere_else_is_refused(client, source):
    relation = Relation(kind="blocks", target=TicketRef(key="PROJ-1"))
    [make] = GITHUB.to_writes(LinkChange(ticket="1", relation=relation), source)
    with pytest.raises(Permanent, match="no issue at GitHub"):
        client.write(make)


def test_pull_requests_that_name_an_issue_are_its_links(world, client, source):
    number = str(world.acts.open("A fault").number)
    pull = world.acts.open_pull("A mend", f"Fixes #{number}")
    [(kind, url)] = relations(client, source, number)
    assert (kind, url) == ("pull_request", f"{world.project_url}/pull/{pull.number}")
    world.acts.merge_pull(pull.number)
    [link] = client.fetch(number, LINKS).links
    assert GITHUB.to_relation(link, source).pull_request.state == "merged"
    assert GITHUB.to_ticket(client.fetch(number).body, source).state == "closed"


def test_removing_what_is_gone_is_no_failure(client, source):
    new = create(client, source, title="T").ticket
    for body in ({"step": "remove_label", "body": {"name": "nothing"}},
                 {"step": "delete_comment", "comment": "987654321"},
                 {"step": "clear_field", "body": {"field_id": 520}}):  # fmt: skip
        assert client.write(Write.model_validate({"ticket": new} | body)).ticket == new


def test_a_write_to_nothing_is_permanent(client):
    for step in ({"step": "update", "body": {"title": "x"}}, {"step": "lock"},
                 {"step": "delete_comment", "comment": "987654321"}):  # fmt: skip
        with pytest.raises(Permanent):
            client.write(Write.model_validate({"ticket": "99999"} | step))
    with pytest.raises(Permanent, match="knows no step"):
        client.write(Write(step="dance", ticket="1"))
    with pytest.raises(Permanent, match="names no issue"):
        client.write(Write(step="update", ticket="../1", body={}))


def test_a_write_whose_answer_is_lost_is_found_again(world, client, source):
    assert client.find_marker(an_intent()) == Absent()
    world.faults.set(answer_lost=1)
    with pytest.raises(Transient):
        create(client, source, title="New", marker=MARK)
    found = client.find_marker(an_intent())
    assert isinstance(found, Found)
    assert "New" in found.ref.record["title"]
    assert GITHUB.to_ticket(found.ref.record, source).body == ""


def test_lists_that_lag_hide_nothing(world, client, source):
    new = create(client, source, title="New", marker=MARK).ticket
    world.faults.set(index_lag=3600)
    assert client.find_marker(an_intent()).ref.ticket == new


def test_a_marker_that_somebody_else_wrote_is_not_ours(world, client):
    world.acts.open("Copied", markers.hidden(MARK), by="mara-lind")
    number = world.acts.open("Other", by="mara-lind").number
    world.acts.comment(number, markers.hidden(MARK), by="mara-lind")
    assert client.find_marker(an_intent()) == Absent()
    assert client.find_marker(an_intent(creates="comment", ticket=str(number))) == Absent()


def test_a_comment_is_found_by_its_marker(world, client, source):
    number = str(world.acts.open("Other").number)
    said = CommentChange(ticket=number, wanted=Comment(id="", body="Hello"), marker=MARK)
    made = client.write(GITHUB.to_writes(said, source)[0])
    found = client.find_marker(an_intent(creates="comment", ticket=number))
    assert found.ref.comment == made.comment


def test_an_anonymous_reader_is_unsure(source):
    client = connected(source, Secrets(None))
    assert isinstance(client.find_marker(an_intent()), Unsure)
    with pytest.raises(Denied, match="token"):
        client.projects()
    client.close()


def test_a_census_sees_every_issue_and_no_pull_request(world, client):
    closed = world.acts.open("Closed").number
    world.acts.close(closed)
    world.acts.comment(closed, "Hello")
    seen = {one.ticket: one for page in client.census() for one in page.seen}
    issues = [one for one in world.site.home.issues.values() if not one.is_pull]
    assert seen.keys() == {str(one.number) for one in issues}
    assert seen[str(closed)].comment_count == 1
    assert seen[str(closed)].revision == world.site.home.issues[closed].updated_at


def test_history_tells_before_and_after(world, client):
    number = world.acts.open("A fault").number
    world.acts.edit(number, title="A grave fault", by="mara-lind")
    world.acts.close(number, "not_planned")
    [past] = client.history([str(number)])
    assert [(one.field, one.before, one.after) for one in past.entries] == [
        ("title", "A fault", "A grave fault"),
        ("status", "open", "closed"),
        ("close_reason", None, "not_planned"),
    ]
    assert past.entries[0].actor.login == "mara-lind"
    assert list(client.history(["99999"])) == []


def test_a_long_history_is_read_to_its_end(world, client):
    number = world.acts.open("A fault").number
    for turn in range(120):
        world.acts.edit(number, title=f"Title {turn}")
    [past] = client.history([str(number)])
    assert [one.after for one in past.entries] == [f"Title {turn}" for turn in range(120)]
    assert past.complete


def test_users_are_told_once_each(world, client):
    found = list(client.users())
    assert len({one.id for one in found}) == len(found)
    assert "mara-lind" in {one.login for one in found}


def test_without_push_access_assignees_are_all_there_is(world, source):
    world.accounts.add_token("reader", "drive-by-dan", push=False, admin=False)
    client = connected(source, Secrets("reader"))
    assert "mara-lind" in {one.login for one in client.users()}
    client.close()


def test_fields_tell_samples_options_and_what_they_would_fill(world, client):
    number = world.acts.open("A fault", labels=["bug"], type="Bug").number
    world.acts.set_field(number, 521, "2027-04-01")
    found = {one.id: one for one in client.fields()}
    assert found["title"].required
    assert found["type"].sample == "Bug"
    assert set(found["type"].options) == {"Task", "Bug", "Feature"}
    assert (found["521"].custom, found["521"].fills) == (True, "due_date")


def test_a_site_without_a_repository_lists_its_repositories(world, source):
    site = source.model_copy(update={"url": world.url})
    assert GITHUB.source_url("https://github.com/")[2] == ""
    client = connected(site, Secrets(world.plan.token))
    assert [one.name for one in client.projects()] == ["octo/shop"]
    client.close()
    key = AppKey(app_id=str(world.accounts.app.id), private_key=PEM)
    client = connected(site, Secrets(None, key))
    assert [one.name for one in client.projects()] == ["octo/shop"]
    client.close()


def test_a_file_is_downloaded_and_never_uploaded(world, client):
    with pytest.raises(Permanent, match="no API to upload"):
        client.upload("1", "a.txt", "text/plain", b"x")
    assert b"octo/shop" in b"".join(client.download(world.project_url))
    with pytest.raises(Permanent, match="larger"):
        list(client.download(world.project_url, largest=3))


class Granting(Secrets):
    """A stored OAuth grant in place of a token."""

    def token(self, source):
        return None

    def grant(self, source):
        return Grant(access_token="sandbox-token")


def test_an_oauth_grant_is_used_where_the_source_says_so(source):
    granted = source.model_copy(update={"auth": "oauth"})
    client = connected(granted, Granting())
    assert client.identity().login == "sandbox-user"
    assert create(client, granted, title="By grant").ticket
    client.close()


def test_a_census_is_complete_beyond_one_page(world, client):
    for number in range(120):
        world.acts.open(f"One more {number}")
    assert len({one.ticket for page in client.census() for one in page.seen}) == 124
