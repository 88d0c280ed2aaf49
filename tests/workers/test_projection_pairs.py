"""Between every two trackers: what is written comes to rest, and what is shown where."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ticket import (
    Milestone,
    Named,
    Sprint,
    StatusCategory,
    Ticket,
    TicketRef,
)
from tests.workers.crossing import (
    NAMES,
    PAIRS,
    STATES,
    account,
    both,
    labels,
    page,
    terms,
    ticket,
    written,
)  # fmt: skip
from workers.rules.projection import project
from workers.rules.views import fields, kind_of, view

LABELS = ("bug", "Needs Triage", "a, b", "area::ui", "Epic::old", "x" * 60, "Bug")
BODIES = (
    "", "A body.\n\nWith #12 and @alice.", "1  \n2\n\n---", "```\n/close\n```",
    "### Mirror Information\n\nmine", "- [ ] todo\n- [x] done",
)  # fmt: skip


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def tickets(draw: st.DrawFn, tracker: str) -> Ticket:
    """A ticket as that tracker may have it."""
    people = draw(st.lists(st.sampled_from(("alice", "bob", "carol", "eve")), unique=True))
    if tracker in ("jira", "linear", "azure_devops"):
        people = people[:1]
    found: dict[str, Any] = {
        "title": draw(st.sampled_from(("T", "two  words", "y" * 300))),
        "body": draw(st.sampled_from(BODIES)),
        "labels": labels(*draw(st.lists(st.sampled_from(LABELS), unique_by=str.lower, max_size=4))),
        "assignees": tuple(account(one, "left") for one in people),
        "milestone": draw(maybe(st.sampled_from(("v1.0", "v2, beta")))),
        "sprint": draw(maybe(st.sampled_from(("Sprint 5", "Sprint #6")))),
        "due_date": draw(maybe(st.just(date(2026, 1, 2)))),
        "time_estimate": draw(maybe(st.sampled_from((60, 12_600, 90)))),
        "time_spent": draw(maybe(st.sampled_from((60, 5_400)))),
        "weight": draw(maybe(st.integers(0, 9))),
        "story_points": draw(maybe(st.sampled_from((1.0, 2.5)))),
        "priority": draw(maybe(st.sampled_from(("High", "1", "Urgent", "odd")))),
        "severity": draw(maybe(st.just("P1"))),
        "type": draw(st.sampled_from(("issue", "bug", "task", "story", "incident"))),
        "parent": draw(maybe(st.sampled_from((12, 7)))),
        "components": draw(st.lists(st.sampled_from(("api", "web")), unique=True)),
    }
    found |= _shaped(found, tracker) | draw(states(tracker))
    return ticket(tracker, **found)


def _shaped(found: dict[str, Any], tracker: str) -> dict[str, Any]:
    name, sprint, number = found["milestone"], found["sprint"], found["parent"]
    parent = tracker in ("jira", "linear", "azure_devops") and number
    shown = f"LFT-{number}" if tracker in ("jira", "linear") else str(number)
    seconds = found["time_estimate"]
    return {
        "time_estimate": seconds and (seconds // 60 * 60 if tracker == "jira" else seconds),
        "milestone": Milestone(id="1", title=name) if name else None,
        "sprint": Sprint(id="2", name=sprint) if sprint else None,
        "epic": TicketRef(key="&42", title="Big Feature") if tracker == "gitlab" else None,
        "parent": TicketRef(key=shown, url=page(tracker, "left", number)) if parent else None,
        "components": tuple(Named(id=one, name=one) for one in found["components"]),
    }


def states(tracker: str) -> st.SearchStrategy[dict[str, Any]]:
    if tracker in STATES:
        known = STATES[tracker]
    else:
        known = (("opened", "todo"), ("opened", "in_progress"), ("closed", "done"),
                 ("closed", "canceled"))  # fmt: skip
    return st.sampled_from(known).map(
        lambda one: {
            "status": one[0],
            "status_category": StatusCategory(one[1]),
            "state": "closed" if one[1] in ("done", "canceled") else "open",
            "close_reason": "not_planned" if one[1] == "canceled" else None,
        }
    )


@pytest.mark.parametrize("direction", ["push", "bidirectional"])
@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_what_was_written_is_what_would_be_written(left: str, right: str, direction: str) -> None:
    there, back = both(left, right, direction=direction)

    @settings(max_examples=8, deadline=None)
    @given(tickets(left), tickets(left))
    def rests(source: Ticket, edited: Ticket) -> None:
        twin = written(source, there, back)
        said = view(twin, back)
        assert said == project(source, there, said).view
        again = written(edited, there, back, twin)
        assert view(again, back) == project(edited, there, view(again, back)).view

    rests()


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(PAIRS))
def test_a_ticket_carried_there_and_back_keeps_what_the_twin_can_hold(
    data: st.DataObject, pair: tuple[str, str]
) -> None:
    left, right = pair
    there, back = both(left, right, direction="bidirectional")
    source = data.draw(tickets(left))
    twin = written(source, there, back)
    home = view(source, there)
    returned = project(twin, back, home).view
    lossy = {"type", "priority", "milestone", "sprint", "components", "parent", "story_points"}
    for name in home.keys() - lossy:
        assert returned[name] == home[name], name


@given(st.data(), st.sampled_from(NAMES))
@settings(max_examples=60, deadline=None)
def test_a_view_is_stable_and_plain(data: st.DataObject, tracker: str) -> None:
    way = terms(tracker, "gitlab")
    found = view(data.draw(tickets(tracker)), way)
    assert list(found) == list(fields(way.mirror, way.own, way.other))
    for name, value in found.items():
        assert kind_of(name) != "set" or value == sorted(value)


def test_gitlab_to_gitlab_shows_milestone_iteration_epic_and_people_as_labels() -> None:
    there, back = both("gitlab", "gitlab")
    source = ticket(
        "gitlab",
        body="Text",
        milestone=Milestone(id="1", title="v1.0"),
        sprint=Sprint(id="2", name="Sprint 5"),
        epic=TicketRef(key="&42", title="Big Feature"),
        assignees=(account("alice", "left"), account("bob", "left")),
        labels=labels("bug"),
        weight=5,
        time_spent=60,
    )
    twin = written(source, there, back)
    assert {label.name for label in twin.labels} == {
        "bug", "Milestone::v1.0", "Iteration::Sprint 5", "Epic::&42", "Assignee::@alice",
        "Assignee::@bob", "Mirrored-From::instance-1",
    }  # fmt: skip
    assert (twin.weight, twin.time_spent, twin.assignees) == (5, 60, ())
    assert twin.body == (
        "Text\n\n---\n\n<!-- ticketsync mirror footer -->\n### 📋 Mirror Information\n\n"
        "🔗 **Source**: [left/project#1](https://gitlab.example.com/left/project/-/issues/1)\n\n"
        "🎯 **Milestone**: v1.0\n\n🔄 **Iteration**: Sprint 5\n\n🏔️ **Epic**: &42 Big Feature\n\n"
        "👤 **Assignees**: Alice Smith, Bob Smith"
    )


def test_native_names_fields_that_go_into_their_own() -> None:
    there, back = both("gitlab", "gitlab", native=("milestone", "assignees"))
    source = ticket(
        "gitlab",
        milestone=Milestone(id="1", title="v1.0"),
        assignees=(account("alice", "left"), account("eve", "left")),
    )
    twin = written(source, there, back)
    assert twin.milestone is not None
    assert twin.milestone.title == "v1.0"
    assert [one.id for one in twin.assignees] == ["right-alice"]
    assert [label.name for label in twin.labels] == [
        "Assignee::@eve",
        "Mirrored-From::instance-1",
    ]


def test_what_the_target_lacks_becomes_a_label() -> None:
    there, _ = both("gitlab", "gitlab", lacks=("weight",))
    found = project(ticket("gitlab", weight=5), there, None).view
    assert "weight" not in found
    assert "Weight::5" in found["badges"]


def test_where_labels_of_a_scope_exclude_each_other_the_first_is_told() -> None:
    there, _ = both("gitlab", "gitlab", lacks=("badges",))
    source = ticket("gitlab", assignees=(account("bob", "left"), account("alice", "left")))
    found = project(source, there, None).view
    assert found["badges"] == ["Assignee::@alice", "Mirrored-From::instance-1"]
    assert "Alice Smith" in found["footer"]


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("sync_labels", "labels"), ("sync_weight", "weight"), ("sync_time_spent", "time_spent"),
        ("sync_time_estimate", "time_estimate"),
    ],
)  # fmt: skip
def test_options_switch_fields_off(option: str, field: str) -> None:
    there, back = both("gitlab", "gitlab", **{option: False})
    source = ticket("gitlab", labels=labels("bug"), weight=5, time_spent=60, time_estimate=60)
    assert field not in view(source, there)
    found = project(source, there, None).view
    assert field not in found
    assert found["badges"] == ["Mirrored-From::instance-1"]
    held = ticket("gitlab", "right", labels=labels("theirs"))
    twin = written(source, there, back, held)
    assert "theirs" in {one.name for one in twin.labels} or option != "sync_labels"


def test_a_field_that_is_off_is_neither_written_nor_told() -> None:
    there, _ = both("gitlab", "gitlab", fields={"milestone": "off", "title": "off"})
    found = project(ticket("gitlab", milestone=Milestone(id="1", title="v1")), there, None).view
    assert "title" not in found
    assert found["badges"] == ["Mirrored-From::instance-1"]
    assert "Milestone" not in found["footer"]


def test_a_label_that_is_too_long_is_cut_and_told() -> None:
    there, _ = both("gitlab", "github")
    found = project(ticket("gitlab", labels=labels("x" * 60)), there, None)
    assert found.view["labels"] == ["x" * 49 + "…"]
    assert found.losses == (f"label {'x' * 60!r} is written {'x' * 49 + '…'!r}",)


def test_a_label_keeps_its_spelling_on_both_sides() -> None:
    there, back = both("gitlab", "jira", direction="bidirectional")
    source = ticket("gitlab", labels=labels("Needs Triage", "bug"))
    held = ticket("jira", "right", labels=labels("BUG"))
    twin = written(source, there, back, held)
    assert {one.name for one in twin.labels} >= {"BUG", "Needs-Triage"}
    assert project(twin, back, view(source, there)).view["labels"] == ["Needs Triage", "bug"]


def test_a_person_s_own_label_that_looks_like_ours_is_not_lost() -> None:
    there, back = both("gitlab", "gitlab")
    twin = written(ticket("gitlab", labels=labels("Milestone::mine")), there, back)
    assert "Milestone::mine" in {one.name for one in twin.labels}
    two_way = both("gitlab", "jira", direction="bidirectional")
    source = ticket("gitlab", labels=labels("Assignee::@x", "bug"))
    twin = written(source, *two_way)
    returned = project(twin, two_way[1], view(source, two_way[0])).view
    assert returned["labels"] == ["Assignee::@x", "bug"]


def test_people_whom_the_twin_cannot_say_stay_at_home() -> None:
    there, back = both("github", "jira", direction="bidirectional")
    source = ticket(
        "github", assignees=tuple(account(one, "left") for one in ("alice", "bob", "eve"))
    )
    twin = written(source, there, back)
    assert [one.id for one in twin.assignees] == ["right-alice"]
    assert {one.name for one in twin.labels} >= {"Assignee::@bob", "Assignee::@eve"}
    edited = twin.model_copy(update={"assignees": (account("carol", "right"),)})
    returned = project(edited, back, view(source, there)).view
    assert returned["assignees"] == ["left-bob", "left-carol", "left-eve"]


def test_nothing_we_make_is_written_to_the_ticket_s_first_home() -> None:
    there, back = both("jira", "gitlab", direction="bidirectional", born="right")
    source = ticket("gitlab", "right", body="B", labels=labels("bug"))
    found = project(source, back, None).view
    assert found["badges"] == ["Mirrored-From::instance-2"]
    home = project(ticket("jira", labels=labels("x")), there, view(source, back)).view
    assert home["badges"] == []
    assert home["footer"] == ""


def test_a_milestone_that_does_not_exist_at_jira_is_a_label() -> None:
    way, back = both("gitlab", "jira")
    source = ticket("gitlab", milestone=Milestone(id="1", title="V1.0"))
    assert project(source, way, None).view["milestone"] == "v1.0"
    other = ticket("gitlab", milestone=Milestone(id="1", title="v9"))
    found = project(other, way, None).view
    assert found["milestone"] is None
    assert "Milestone::v9" in found["badges"]
    assert "🎯 **Milestone**: v9" in found["footer"]
    assert written(other, way, back).milestone is None


def test_a_parent_is_the_twin_of_the_parent_else_a_line() -> None:
    way, _ = both("jira", "linear")
    known = TicketRef(external_id="id-LFT-12", key="LFT-12")
    stranger = TicketRef(key="LFT-7", url=page("jira", "left", 7), title="Other")
    assert project(ticket("jira", parent=known), way, None).view["parent"] == "id-RGT-112"
    found = project(ticket("jira", parent=stranger), way, None).view
    assert found["parent"] is None
    to_gitlab, _ = both("jira", "gitlab")
    line = project(ticket("jira", parent=stranger), to_gitlab, None).view["footer"]
    assert f"**Parent**: [LFT-7 Other]({page('jira', 'left', 7)})" in line


def test_time_is_cut_to_minutes_at_jira_and_comes_back_whole() -> None:
    way, back = both("gitlab", "jira", direction="bidirectional")
    source = ticket("gitlab", time_estimate=90)
    found = project(source, way, None)
    assert found.view["time_estimate"] == 60
    assert found.losses == ("time_estimate: 30 s are less than is counted there",)
    twin = written(source, way, back)
    assert project(twin, back, view(source, way)).view["time_estimate"] == 90


def test_a_title_that_was_cut_comes_back_whole() -> None:
    way, back = both("github", "gitlab", direction="bidirectional")
    source = ticket("github", title="y" * 256)
    twin = written(source, way, back)
    assert twin.title == "y" * 254 + "…"
    assert project(twin, back, view(source, way)).view["title"] == "y" * 256


def test_two_way_keeps_what_both_sides_write_in_their_own_fields() -> None:
    way, _ = both("gitlab", "gitlab", direction="bidirectional")
    names = fields(way.mirror, way.own, way.other)
    assert {"milestone", "assignees", "weight", "time_spent"} <= set(names)
    assert not {"epic", "sprint"} & set(names)


def test_writing_order_ends_with_the_state() -> None:
    way, _ = both("gitlab", "jira")
    names = fields(way.mirror, way.own, way.other)
    assert names[0] == "title"
    assert names[-1] == "state"
