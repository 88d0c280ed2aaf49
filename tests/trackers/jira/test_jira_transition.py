"""Status by transitions, found by where they lead."""

import pytest

from schemas.change import Write
from schemas.errors import Permanent
from tests.trackers.jira.jira_payloads import a_status, an_issue
from tests.trackers.jira.jira_scene import connected, reply


def to(name, *, screen=None, number="1"):
    told = {"id": number, "name": f"Go to {name}", "to": a_status(name)}
    return told | ({"fields": screen} if screen else {})


def moving(begin, offers, body=None):
    """A workflow: status to its transitions; gives the transitions taken."""
    now, taken = [begin], []

    def go(sent):
        way = next(w for w in offers[now[0]] if w["id"] == sent["transition"]["id"])
        taken.append((way["to"]["name"], sent.get("fields")))
        now[0] = way["to"]["name"]
        return reply(None, 204)

    one = connected(
        {
            "GET /issue/20481": lambda _: an_issue(status=a_status(now[0])),
            "GET /issue/20481/transitions": lambda _: {"transitions": offers[now[0]]},
            "POST /issue/20481/transitions": go,
        }
    )
    step = Write(step="transition", ticket="20481", body=body)
    return one.client, step, taken


def target(status="", category="done", reason=None):
    return {"status": status, "category": category, "reason": reason}


def test_a_transition_is_found_by_the_name_of_its_status():
    offers = {
        "To Do": [to("In Progress", number="1"), to("In Review", number="2")],
        "In Review": [],
    }
    client, step, taken = moving("To Do", offers, target("in review", "in_progress"))
    client.write(step)
    assert taken == [("In Review", None)]


def test_a_status_unknown_here_is_met_by_its_meaning():
    offers = {"To Do": [to("In Progress")], "In Progress": []}
    client, step, taken = moving("To Do", offers, target("Doing", "in_progress"))
    client.write(step)
    assert taken == [("In Progress", None)]


def test_a_status_that_is_there_already_needs_no_transition():
    client, step, taken = moving("Done", {"Done": [to("Done")]}, target(category="done"))
    client.write(step)
    client.write(step.model_copy(update={"body": target("closed", "done")}))
    assert taken == []


def test_where_no_transition_leads_at_once_the_way_goes_over_others():
    offers = {
        "To Do": [to("In Progress")],
        "In Progress": [to("To Do", number="1"), to("In Review", number="2")],
        "In Review": [to("In Progress", number="1"), to("Done", number="2")],
        "Done": [],
    }
    client, step, taken = moving("To Do", offers, target("Done", "done"))
    client.write(step)
    assert [name for name, _ in taken] == ["In Progress", "In Review", "Done"]


def test_a_way_that_does_not_exist_is_said_and_does_not_loop():
    offers = {"To Do": [to("In Progress")], "In Progress": [to("To Do")]}
    client, step, taken = moving("To Do", offers, target("Done", "done"))
    with pytest.raises(Permanent, match=r"no transition leads to 'Done' \(offered: To Do\)"):
        client.write(step)
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("reason", "chosen"),
    [("completed", "Fixed"), ("not_planned", "Won't Do"), ("Sold", "Sold"), (None, "Fixed")],
)
def test_a_required_resolution_says_why(reason, chosen):
    allowed = [{"id": str(n), "name": one} for n, one in enumerate(("Sold", "Fixed", "Won't Do"))]
    screen = {"resolution": {"required": True, "name": "Resolution", "allowedValues": allowed}}
    offers = {"To Do": [to("Done", screen=screen)], "Done": []}
    client, step, taken = moving("To Do", offers, target("Done", "done", reason))
    client.write(step)
    assert taken == [("Done", {"resolution": {"name": chosen}})]


def test_reopening_sets_no_resolution():
    screen = {"resolution": {"required": False, "allowedValues": [{"id": "1", "name": "Done"}]}}
    offers = {"Done": [to("To Do", screen=screen)], "To Do": []}
    client, step, taken = moving("Done", offers, target("To Do", "todo"))
    client.write(step)
    assert taken == [("To Do", None)]


def test_a_required_field_of_a_transition_is_named():
    screen = {"customfield_7": {"required": True, "name": "Root cause"}}
    client, step, taken = moving("To Do", {"To Do": [to("Done", screen=screen)]}, target("Done"))
    with pytest.raises(Permanent, match=r"needs Root cause \(customfield_7\)"):
        client.write(step)
    assert taken == []
