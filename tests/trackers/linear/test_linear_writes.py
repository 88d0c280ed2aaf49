"""The write side against the stand-in: created once, changed without clobbering, found again."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.linear import app
from schemas.change import Absent, CommentChange, Found, Intent, LinkChange, Unsure
from schemas.errors import Denied, Permanent, Transient
from schemas.ticket import Comment, PullRequest, Relation, TicketRef
from tests.trackers.linear.linear_world import (
    NOWHERE,
    PARTS,
    a_change,
    a_marker,
    client_of,
    source_of,
)
from trackers import markers
from trackers.linear import LINEAR


@pytest.fixture
def world() -> Iterator:
    with app.start(tickets=3) as running:
        yield running


@pytest.fixture
def client(world):
    client = client_of(world)
    yield client
    client.close()


def carry_out(world, client, change):
    refs = [client.write(step) for step in LINEAR.to_writes(change, source_of(world))]
    return refs[-1]


def read(world, client, ticket):
    return LINEAR.to_ticket(client.fetch(ticket).body, source_of(world))


def an_intent(creates="ticket", ticket=None):
    sent = datetime.now(UTC)
    return Intent(creates=creates, marker=a_marker(), ticket=ticket, sent_at=sent)


def state_named(world, name):
    return next(one for one in world.state.states if one.name == name)


def test_a_ticket_is_created_under_the_id_of_its_marker(world, client):
    ref = carry_out(world, client, a_change(title="New", body="Text", severity="P1"))
    assert ref.ticket == markers.as_uuid(a_marker())
    assert ref.key == "ENG-4"
    ticket = read(world, client, ref.ticket)
    assert (ticket.title, ticket.body, ticket.severity) == ("New", "Text", "P1")
    assert LINEAR.to_ticket(ref.record, source_of(world)).revision == ticket.revision


def test_a_second_try_creates_no_second_ticket(world, client):
    change = a_change(title="New", body="Text")
    first, second = carry_out(world, client, change), carry_out(world, client, change)
    assert first.ticket == second.ticket
    assert len(world.state.issues) == 4


def test_a_create_whose_answer_was_lost_is_found(world, client):
    assert client.find_marker(an_intent()) == Absent()
    world.faults.set(answer_lost=1)
    with pytest.raises(Transient):
        carry_out(world, client, a_change(title="New"))
    found = client.find_marker(an_intent())
    assert isinstance(found, Found)
    assert found.ref.key == "ENG-4"
    assert (
        client.find_marker(an_intent().model_copy(update={"marker": a_marker(generation=2)}))
        == Absent()
    )


def test_nobody_who_is_shown_nothing_calls_it_absent(world):
    world.accounts.add_token("lin_api_public", "guest", private=False)
    world.acts.hide_team("ENG")
    guest = client_of(world, token="lin_api_public")
    assert isinstance(guest.find_marker(an_intent()), Unsure)
    guest.close()


def test_a_refused_create_keeps_linears_reason(world, client):
    with pytest.raises(Permanent, match="title must not be empty"):
        carry_out(world, client, a_change(title="   "))


def test_states_are_found_by_id_name_and_meaning(world, client):
    key = world.state.issue("ENG-1").id
    review = state_named(world, "In Review")
    carry_out(world, client, a_change(key, status_id=review.id))
    assert read(world, client, key).status == "In Review"
    carry_out(world, client, a_change(key, status="done"))
    assert read(world, client, key).status == "Done"
    carry_out(world, client, a_change(key, status="Erledigt", status_category="canceled"))
    assert read(world, client, key).status == "Canceled"
    carry_out(world, client, a_change(key, state="open"))
    assert read(world, client, key).status == "Todo"
    carry_out(world, client, a_change(key, state="closed"))
    assert read(world, client, key).status == "Done"


def test_a_state_that_means_the_same_stays(world, client):
    world.acts.move("ENG-1", "In Review")
    issue = world.state.issue("ENG-1")
    record = client.fetch(issue.id).body
    change = a_change(issue.id, record, status="Doing", status_category="in_progress")
    before = issue.updated_at
    carry_out(world, client, change)
    assert (issue.state.name, issue.updated_at) == ("In Review", before)


def test_labels_of_others_survive(world, client):
    world.acts.edit("ENG-1", labels=[])
    world.acts.label("ENG-1", "Bug")
    issue = world.state.issue("ENG-1")
    record = client.fetch(issue.id).body
    world.acts.label("ENG-1", "Feature")
    wanted = ({"id": "7", "name": "improvement"}, {"id": "8", "name": "From elsewhere"})
    carry_out(world, client, a_change(issue.id, record, labels=wanted))
    assert {label.name for label in issue.labels} == {"Feature", "Improvement", "From elsewhere"}
    made = next(one for one in world.state.labels if one.name == "From elsewhere")
    assert made.team.key == "ENG"


def test_null_clears_and_silence_keeps(world, client):
    world.acts.edit("ENG-1", estimate=3, due="2026-12-24", priority=2)
    key = world.state.issue("ENG-1").id
    before = read(world, client, key)
    carry_out(world, client, a_change(key, due_date=None, severity=None))
    ticket = read(world, client, key)
    assert (ticket.due_date, ticket.priority, ticket.estimate) == (None, None, 3.0)
    assert ticket.title == before.title


def test_comments_are_made_edited_deleted_and_found(world, client):
    key = world.state.issue("ENG-1").id
    made = CommentChange(ticket=key, wanted=Comment(id="", body="Hello"), marker=a_marker())
    assert client.find_marker(an_intent("comment", key)) == Absent()
    ref = carry_out(world, client, made)
    assert (ref.ticket, ref.comment) == (key, markers.as_uuid(a_marker()))
    assert carry_out(world, client, made).comment == ref.comment
    assert client.find_marker(an_intent("comment", key)).ref.comment == ref.comment
    edit = CommentChange(ticket=key, comment=ref.comment, wanted=Comment(id="", body="Again"))
    assert carry_out(world, client, edit).record["body"] == "Again"
    away = CommentChange(ticket=key, comment=ref.comment)
    carry_out(world, client, away)
    carry_out(world, client, away)  # gone already is what was wanted
    assert ref.comment not in world.state.comments


LINKS = ("parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates")


@pytest.mark.parametrize("kind", LINKS)
def test_every_kind_of_link_is_made_and_taken_away(world, client, kind):
    one, two = (world.state.issue(f"ENG-{number}").id for number in (1, 2))
    relation = Relation(kind=kind, target=TicketRef(external_id=two))

    def kinds():
        found = client.fetch(one, PARTS).links
        return [LINEAR.to_relation(link, source_of(world)).kind for link in found]

    carry_out(world, client, LinkChange(ticket=one, relation=relation))
    assert kinds() == [kind]
    carry_out(world, client, LinkChange(ticket=one, relation=relation, remove=True))
    assert kinds() == []


def kinds_of(world, client, ticket):
    found = client.fetch(ticket, PARTS).links
    return sorted(LINEAR.to_relation(link, source_of(world)).kind for link in found)


def test_a_parent_that_was_changed_meanwhile_is_not_taken_away(world, client):
    one, two, three = (world.state.issue(f"ENG-{number}").id for number in (1, 2, 3))
    world.acts.parent("ENG-1", "ENG-3")
    for ticket, kind, other in ((one, "parent", two), (two, "child", one)):
        former = Relation(kind=kind, target=TicketRef(external_id=other))
        carry_out(world, client, LinkChange(ticket=ticket, relation=former, remove=True))
    assert world.state.issue("ENG-1").parent.id == three


@pytest.mark.parametrize(("gone", "kept"), [("blocks", "blocked_by"), ("blocked_by", "blocks")])
def test_of_two_that_block_each_other_one_direction_is_taken_away(world, client, gone, kept):
    one, two = (world.state.issue(f"ENG-{number}").id for number in (1, 2))
    world.acts.relate("ENG-1", "blocks", "ENG-2")
    world.acts.relate("ENG-2", "blocks", "ENG-1")
    relation = Relation(kind=gone, target=TicketRef(external_id=two))
    carry_out(world, client, LinkChange(ticket=one, relation=relation, remove=True))
    assert kinds_of(world, client, one) == [kept]


def test_a_relation_of_another_native_type_is_taken_away_as_it_is_read(world, client):
    one, two = (world.state.issue(f"ENG-{number}").id for number in (1, 2))
    world.acts.relate("ENG-2", "similar", "ENG-1")
    assert kinds_of(world, client, one) == ["relates"]
    relation = Relation(kind="relates", target=TicketRef(external_id=two))
    carry_out(world, client, LinkChange(ticket=one, relation=relation, remove=True))
    assert kinds_of(world, client, one) == []


def test_a_link_beyond_the_first_page_is_taken_away(world, client):
    one = world.state.issue("ENG-1").id
    for number in range(60):
        world.acts.attach("ENG-1", f"https://example.org/{number}", "A page")
    for number in (0, 59):
        relation = Relation(kind="relates", target=TicketRef(url=f"https://example.org/{number}"))
        carry_out(world, client, LinkChange(ticket=one, relation=relation, remove=True))
    assert len(client.fetch(one, PARTS).links) == 58


def test_a_pull_request_is_attached_once_and_detached(world, client):
    one = world.state.issue("ENG-1").id
    relation = Relation(
        kind="pull_request",
        target=TicketRef(url="https://github.com/lantern/harbour/pull/9", title="Steady"),
        pull_request=PullRequest(repository="lantern/harbour", number=9),
    )
    for _ in range(2):
        carry_out(world, client, LinkChange(ticket=one, relation=relation))
    [link] = client.fetch(one, PARTS).links
    assert LINEAR.to_relation(link, source_of(world)).pull_request.number == 9
    carry_out(world, client, LinkChange(ticket=one, relation=relation, remove=True))
    assert client.fetch(one, PARTS).links == ()


def test_a_file_goes_up_is_named_in_a_text_and_comes_down(world, client):
    issue = world.state.issue("ENG-1")
    file = client.upload(issue.id, "lamp.png", "image/png", b"\x89PNG lamp")
    assert (file.name, file.size) == ("lamp.png", 9)
    carry_out(world, client, a_change(issue.id, body=f"See ![lamp.png]({file.url})"))
    [named] = read(world, client, issue.id).attachments
    assert (named.name, named.url) == ("lamp.png", file.url)
    assert b"".join(client.download(named.url)) == b"\x89PNG lamp"
    with pytest.raises(Permanent, match="larger than 3 bytes"):
        list(client.download(named.url, largest=3))


def test_a_storage_that_refuses_is_no_refusal_of_our_credential(world, client):
    class Refusing(httpx.HTTPTransport):
        def handle_request(self, request):
            refused = request.method == "PUT"
            return httpx.Response(403) if refused else super().handle_request(request)

    refused = client_of(world, transport=Refusing())
    with pytest.raises(Permanent, match=r"the storage refused 'lamp.png'") as caught:
        refused.upload("any", "lamp.png", "image/png", b"x")
    assert not isinstance(caught.value, Denied)
    refused.close()


def test_an_unknown_word_alone_moves_no_issue(world, client):
    issue = world.state.issue("ENG-1")
    before = issue.state
    carry_out(world, client, a_change(issue.id, status="Erledigt"))
    assert issue.state is before


def test_a_hook_is_registered_checked_mended_and_removed(world, client):
    assert [fault.mended_by for fault in client.check_hooks(NOWHERE)] == ["register"]
    client.ensure_hook(NOWHERE, "one")
    [hook] = world.state.webhooks
    assert (hook.secret, hook.team.key) == ("one", "ENG")
    assert client.check_hooks(NOWHERE) == []
    hook.enabled, hook.resource_types = False, ["Issue", "Document"]
    problems = [fault.problem for fault in client.check_hooks(NOWHERE)]
    assert "switched off" in problems[0]
    assert "Comment" in problems[1]
    client.ensure_hook(NOWHERE, "two")
    assert (hook.secret, hook.enabled) == ("two", True)
    assert set(hook.resource_types) >= {"Document", "Comment"}
    assert client.check_hooks("https://elsewhere.example/webhooks/shop")[0].problem.endswith(
        "one points to 127.0.0.1:9"
    )
    assert [one.url for one in client.hooks()] == [NOWHERE]
    assert client.remove_hook(NOWHERE)
    assert not client.remove_hook(NOWHERE)
    assert client.missed_deliveries(NOWHERE, datetime.now(UTC)) == []


def test_a_hook_of_another_team_is_not_ours(world, client):
    world.acts.add_hook(NOWHERE, "s", team="OPS")
    assert client.hooks() == []
    world.acts.add_hook(NOWHERE, "s", all_public=True)
    assert len(client.hooks()) == 1


def test_a_hook_of_all_public_teams_tells_nothing_of_a_private_one(world, client):
    world.acts.add_hook(NOWHERE, "s", all_public=True)
    assert client.check_hooks(NOWHERE) == []
    world.state.teams[0].private = True
    [fault] = client.check_hooks(NOWHERE)
    assert fault.mended_by == "register"
    client.ensure_hook(NOWHERE, "own")
    assert client.check_hooks(NOWHERE) == []
    assert [hook.team.key for hook in world.state.webhooks if hook.team] == ["ENG"]


def test_hooks_need_an_admin(world):
    world.accounts.add_token("lin_api_member", "aiko", admin=False)
    member = client_of(world, token="lin_api_member")
    with pytest.raises(Denied, match="admin"):
        member.hooks()
    with pytest.raises(Denied, match="admin"):
        member.ensure_hook(NOWHERE, "s")
    member.close()
