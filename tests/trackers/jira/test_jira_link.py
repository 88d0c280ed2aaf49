"""Links between issues, made the way that was meant."""

import pytest

from schemas.change import LinkChange, Write
from schemas.errors import Permanent
from schemas.ticket import Relation, TicketRef
from tests.trackers.jira.jira_payloads import an_issue
from tests.trackers.jira.jira_scene import a_scene, connected, reply


def test_links_are_made_in_the_right_direction_and_taken_away():
    with a_scene() as scene:
        one, two = scene.create(title="One"), scene.create(title="Two")
        other = TicketRef(external_id=two)
        for kind, back in (
            ("blocks", "blocked_by"),
            ("blocked_by", "blocks"),
            ("duplicates", "duplicated_by"),
            ("relates", "relates"),
        ):
            change = LinkChange(ticket=one, relation=Relation(kind=kind, target=other))
            scene.carry_out(change)
            scene.carry_out(change)
            assert [link["kind"] for link in scene.record(one).links] == [kind]
            assert [link["kind"] for link in scene.record(two).links] == [back]
            scene.carry_out(change.model_copy(update={"remove": True}))
            assert scene.record(one).links == ()


def linking(directions):
    """A site whose new links come out as the list says: True for the way that was meant."""
    held, posted = [], []
    name = {"name": "Blocks", "outward": "blocks", "inward": "is blocked by"}

    def issue(_):
        links = [
            {"id": str(n), "type": name, side: {"id": "9", "key": "HARB-9"}} for n, side in held
        ]
        return an_issue(issuelinks=links)

    def post(body):
        posted.append((body["inwardIssue"]["id"], body["outwardIssue"]["id"]))
        found = directions.pop(0)
        if found is not None:
            held.append((len(posted), "outwardIssue" if found else "inwardIssue"))
        return reply(None, 201)

    def delete(_):
        held.clear()
        return reply(None, 204)

    answers = {
        "GET /issue/20481": issue,
        "GET /issueLinkType": {"issueLinkTypes": [name]},
        "POST /issueLink": post,
        "DELETE /issueLink/1": delete,
    }
    step = Write(step="link", ticket="20481", body={"kind": "blocks", "other": {"id": "9"}})
    return connected(answers).client, step, posted, held


def test_a_link_that_came_out_the_wrong_way_is_turned_round():
    client, step, posted, held = linking([False, True])
    client.write(step)
    assert posted == [("20481", "9"), ("9", "20481")]
    assert held == [(2, "outwardIssue")]


def test_a_link_that_is_not_there_afterwards_is_said():
    client, step, _, _ = linking([None])
    with pytest.raises(Permanent, match="accepted and is not there"):
        client.write(step)


def test_a_site_without_such_a_type_of_link_is_said():
    one = connected({"GET /issue/20481": an_issue(), "GET /issueLinkType": {"issueLinkTypes": []}})
    step = Write(step="link", ticket="20481", body={"kind": "relates", "other": {"id": "9"}})
    with pytest.raises(Permanent, match="no type of link that means relates"):
        one.client.write(step)


def test_a_parent_is_a_link_that_is_a_field():
    with a_scene() as scene:
        epic, story = scene.create(title="E", type="epic"), scene.create(title="S", type="story")
        parent = Relation(kind="parent", target=TicketRef(external_id=epic))
        scene.carry_out(LinkChange(ticket=story, relation=parent))
        assert scene.ticket(story).parent.external_id == epic
        child = Relation(kind="child", target=TicketRef(external_id=story))
        scene.carry_out(LinkChange(ticket=epic, relation=child, remove=True))
        assert scene.ticket(story).parent is None


def test_a_link_that_may_not_be_taken_away_is_said():
    name = {"name": "Blocks", "outward": "blocks", "inward": "is blocked by"}
    held = {"id": "1", "type": name, "outwardIssue": {"id": "9", "key": "HARB-9"}}
    one = connected(
        {"GET /issue/20481": an_issue(issuelinks=[held]), "GET /issueLink/1": {"id": "1"}}
    )
    step = Write(step="unlink", ticket="20481", body={"kind": "blocks", "other": {"id": "9"}})
    with pytest.raises(Permanent, match="HTTP 404"):
        one.client.write(step)
