"""Views: one comparable form for what a side says, and back into what its tracker writes."""

import pytest

from schemas.change import TicketChange
from schemas.source import Source
from schemas.ticket import Milestone, Person, Ticket, TicketRef
from tests.builders import a_source
from tests.workers.crossing import NAMES, PAIRS, account, labels, page, terms, ticket, written
from trackers.registry import REGISTRY
from workers.rules.projection import project, wanted
from workers.rules.views import DERIVED, fields, kind_of, view

URLS = {
    "github": "https://github.com/right/project",
    "gitlab": "https://gitlab.com/right/project",
    "jira": "https://acme.atlassian.net/browse/RGT",
    "linear": "https://linear.app/acme/team/RGT",
    "azure_devops": "https://dev.azure.com/acme/right-project",
}


def a_target(tracker: str) -> Source:
    return a_source("the-right", tracker=tracker, url=URLS[tracker])


def a_rich(tracker: str) -> Ticket:
    return ticket(
        tracker,
        body="Text",
        labels=labels("bug"),
        assignees=(account("alice", "left"), account("eve", "left")),
        milestone=Milestone(id="1", title="v1.0"),
        epic=TicketRef(key="&42"),
        weight=5,
        story_points=3,
        time_estimate=60,
        time_spent=60,
        priority="High",
    )


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_what_a_twin_is_made_of_has_a_place_at_its_tracker(left: str, right: str) -> None:
    way = terms(left, right)
    found = project(a_rich(left), way, None).view
    twin, names = wanted(found, found.keys(), way, None)
    assert names <= way.other.writes
    assert twin.source == "the-right"
    assert twin.url == page(left, "left", 1)
    steps = REGISTRY[right].to_writes(TicketChange(wanted=twin, fields=names), a_target(right))
    assert [one for step in steps for one in step.losses if "no place" in one] == []


@pytest.mark.parametrize("tracker", NAMES)
def test_only_the_fields_asked_for_are_written(tracker: str) -> None:
    way, back = terms("gitlab", tracker), terms("gitlab", tracker, side="right")
    source = a_rich("gitlab")
    held = written(source, way, back)
    changed = source.model_copy(update={"title": "New"})
    found = project(changed, way, view(held, back)).view
    twin, names = wanted(found, {"title"}, way, held)
    assert names == {"title"}
    assert twin.title == "New"
    assert twin.body == held.body
    state = wanted(found, {"state"}, way, held)[1]
    assert "state" in state
    assert state <= {"state", "status", "status_category", "close_reason"}


def test_a_description_keeps_its_footer_and_a_footer_its_description() -> None:
    way, back = terms("gitlab", "gitlab"), terms("gitlab", "gitlab", side="right")
    held = written(ticket("gitlab", body="Old"), way, back)
    twin = wanted({"body": "New"}, {"body"}, way, held)[0]
    assert twin.body == held.body.replace("Old", "New")
    told = "🔗 **Source**: [x](https://x.example/1)"
    footer = wanted({"footer": told}, {"footer"}, way, held)[0].body
    assert footer.startswith("Old\n\n---")
    assert footer.endswith(told)


def test_labels_are_written_with_ours_and_keep_their_ids() -> None:
    way, back = terms("gitlab", "gitlab"), terms("gitlab", "gitlab", side="right")
    held = written(ticket("gitlab", labels=labels("bug")), way, back)
    held = held.model_copy(update={"labels": labels("bug", "Mirrored-From::instance-1")})
    twin, names = wanted({"labels": ["bug", "new"]}, {"labels"}, way, held)
    assert names == {"labels"}
    assert [(one.id, one.name) for one in twin.labels] == [
        ("id-bug", "bug"), ("new", "new"),
        ("id-Mirrored-From::instance-1", "Mirrored-From::instance-1"),
    ]  # fmt: skip


def test_people_are_written_by_the_account_that_is_known() -> None:
    way = terms("gitlab", "github")
    held = ticket("github", "right", assignees=(Person(id="right-zoe", login="zoe"),))
    twin = wanted({"assignees": ["right-alice", "right-zoe"]}, {"assignees"}, way, held)[0]
    assert [one.login for one in twin.assignees] == ["alice", "zoe"]


def test_a_state_is_written_in_all_the_fields_the_tracker_has_for_it() -> None:
    closed, names = wanted(
        {"state": "closed:not_planned"}, {"state"}, terms("jira", "github"), None
    )
    assert names == {"state", "status", "status_category", "close_reason"}
    assert (closed.state, closed.close_reason, closed.status_category) == (
        "closed", "not_planned", "canceled",
    )  # fmt: skip
    begun, _ = wanted({"state": "In Progress"}, {"state"}, terms("github", "jira"), None)
    assert (begun.state, begun.status, begun.status_category) == (
        "open", "In Progress", "in_progress",
    )  # fmt: skip
    assert wanted({"state": "closed"}, {"state"}, terms("jira", "gitlab"), None)[1] == {"state"}


def test_a_view_says_text_without_footer_and_labels_without_ours() -> None:
    way, back = terms("gitlab", "gitlab"), terms("gitlab", "gitlab", side="right")
    twin = written(ticket("gitlab", body="B\r\nC  ", labels=labels("bug")), way, back)
    found = view(twin, back)
    assert found["body"] == "B\nC"
    assert found["labels"] == ["bug"]
    assert found["badges"] == ["Mirrored-From::instance-1"]
    assert found["footer"].startswith("🔗 **Source**: [left/project#1](")


def test_a_ticket_at_its_first_home_has_none_of_our_labels() -> None:
    way = terms("gitlab", "gitlab")
    found = view(ticket("gitlab", labels=labels("Milestone::x", "Mirrored-From::instance-9")), way)
    assert found["badges"] == []
    assert found["labels"] == ["Milestone::x", "Mirrored-From::instance-9"]


def test_numbers_are_equal_however_they_are_written() -> None:
    way = terms("jira", "linear")
    assert view(ticket("jira", story_points=5.0), way)["story_points"] == 5
    assert str(view(ticket("jira", story_points=5.0), way)["story_points"]) == "5"
    assert view(ticket("jira", due_date=None), way)["due_date"] is None


def test_an_epic_that_is_the_parent_is_told_once() -> None:
    above = TicketRef(external_id="9", key="LFT-9")
    way = terms("jira", "jira", sync_epics=True)
    found = view(ticket("jira", parent=above, epic=above), way)
    assert (found["parent"], found["epic"]) == ("9", None)


def test_hard_line_breaks_are_kept() -> None:
    way, back = terms("github", "gitlab"), terms("github", "gitlab", side="right")
    twin = written(ticket("github", body="a  \nb   \n\nc "), way, back)
    assert view(twin, back)["body"] == "a  \nb\n\nc"


def test_every_field_has_a_kind_and_derived_ones_are_named() -> None:
    way = terms("azure_devops", "azure_devops")
    names = fields(way.mirror, way.own, way.other)
    assert set(names) >= DERIVED
    assert {name for name in names if kind_of(name) == "set"} == {
        "labels", "badges", "assignees", "components",
    }  # fmt: skip
    assert [name for name in names if kind_of(name) == "text"] == ["body"]
