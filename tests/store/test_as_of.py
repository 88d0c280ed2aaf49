"""Tickets taken back through their history: at any moment what they were then."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.history import PLAIN, SETS, HistoryEntry, HistoryRow, shown
from schemas.ticket import Label, Person, Sprint, StatusCategory, Ticket
from store import as_of, categories, history
from store.as_of import Names, effective, values_at
from store.categories import Categories
from store.database import Store
from tests.builders import (
    NOW,
    SOURCE,
    a_comment,
    a_source,
    a_ticket,
    an_issue,
    at,
    observed,
    polled,
)
from tests.workers.draining import drained
from tests.workers.telling import entry, listed, telling

NOBODY = Names({}, {})
BARE = Categories({}, {}, {})
FIELDS: dict[str, list[Any]] = {
    "title": ["A", "B", "C"],
    "status": ["open", "closed"],
    "close_reason": [None, "completed", "not_planned"],
    "priority": [None, "High", "Low"],
    "story_points": [None, 1.0, 3.0],
    "due_date": [None, "2026-12-01"],
    "locked": [None, True],
}
LABELS = ("bug", "ui", "api")


def row(one: HistoryEntry, **over: Any) -> HistoryRow:
    plain: dict[str, Any] = {"basis": "changelog", "noted_at": NOW}
    return HistoryRow(source=SOURCE, entry=one, **plain | over)


def ticket_with(values: dict[str, Any]) -> Ticket:
    """A ticket that shows these values."""
    fields = dict(values)
    fields["labels"] = tuple(Label(id=one, name=one) for one in values["labels"])
    fields["assignees"] = tuple(Person(id=one) for one in values["assignees"])
    fields["due_date"] = NOW.date().replace(month=12, day=1) if values["due_date"] else None
    fields["locked"] = bool(values["locked"])
    return a_ticket(created_at=at(-10)).model_copy(update=fields)


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[tuple[int, dict[str, Any]]], list[HistoryRow]]:
    """A ticket's states by second, and the history that tells of each change."""
    now: dict[str, Any] = {name: draw(st.sampled_from(some)) for name, some in FIELDS.items()}
    now |= {"labels": draw(st.sets(st.sampled_from(LABELS))), "assignees": set()}
    states, rows, second = [(0, {**now})], [], 0
    for place in range(draw(st.integers(0, 30))):
        second += draw(st.integers(1, 3))
        name = draw(st.sampled_from([*FIELDS, "labels", "assignees"]))
        if name in FIELDS:
            before, after = now[name], draw(st.sampled_from(FIELDS[name]))
            now = now | {name: after}
        else:
            member = draw(st.sampled_from(LABELS if name == "labels" else ("7", "8")))
            before, after = ([member], None) if member in now[name] else (None, [member])
            now = now | {name: now[name] ^ {member}}
        rows.append(row(entry(f"{place}", second, name, before, after, place=place)))
        states.append((second, {**now}))
    return states, rows


@given(lives())
def test_at_each_moment_a_ticket_is_what_it_was_then(
    life: tuple[list[tuple[int, dict[str, Any]]], list[HistoryRow]],
) -> None:
    states, rows = life
    last = ticket_with(states[-1][1])
    for second, state in states:
        past = as_of.rewind(last, rows, at(second), NOBODY, BARE)
        assert past is not None
        live = ticket_with(state)
        for name in (*PLAIN, *SETS):
            if name != "locked":
                assert shown(past.ticket, name) == shown(live, name), name
        assert past.ticket.locked == live.locked
        assert past.unknown == frozenset()


def test_before_it_was_created_there_was_no_ticket() -> None:
    ticket = a_ticket(created_at=at(0))
    assert as_of.rewind(ticket, [], at(-1), NOBODY, BARE) is None


def test_a_change_told_without_values_leaves_the_field_unknown_before_it() -> None:
    rows = [
        row(entry("1", 10, "body", "A", "B")),
        row(entry("2", 20, "body", told=False)),
        row(entry("3", 30, "body", "C", "D")),
    ]
    ticket = a_ticket(body="D", created_at=at(-10))
    found = {second: values_at(ticket, rows, at(second), NOBODY) for second in (5, 15, 25, 35)}
    assert {second: (values["body"], unknown) for second, (values, unknown) in found.items()} == {
        5: ("A", set()),
        15: ("C", {"body"}),
        25: ("C", set()),
        35: ("D", set()),
    }


def test_what_the_changelog_covers_lends_it_its_values() -> None:
    silent = row(entry("2", 20, "body", told=False))
    aside = row(entry("i", 21, "body", "A", "B"), basis="inferred", since=at(5), covered=True)
    (found,) = effective([silent, aside])
    assert (found.id, found.before, found.after, found.told) == ("2", "A", "B", True)


def test_two_silent_changes_do_not_share_one_pair_of_values() -> None:
    silent = [row(entry(f"{n}", 20 + n, "body", told=False)) for n in range(2)]
    aside = row(entry("i", 22, "body", "A", "B"), basis="inferred", since=at(5), covered=True)
    assert [one.told for one in effective([*silent, aside])] == [True, False]


def test_a_label_renamed_since_is_the_same_label() -> None:
    names = Names({}, {(SOURCE, "label", "bug"): "defect"})
    ticket = a_ticket(labels=(Label(id="9", name="defect"),), created_at=at(-10))
    rows = [row(entry("1", 10, "labels", None, ["bug"]))]
    assert values_at(ticket, rows, at(5), names)[0]["labels"] is None
    assert values_at(ticket, rows, at(15), names)[0]["labels"] == ["defect"]


def test_state_and_category_follow_from_the_status_it_had() -> None:
    known = Categories(
        {(SOURCE, "in review"): StatusCategory.in_progress, (SOURCE, "done"): StatusCategory.done},
        {},
        {},
    )
    ticket = a_ticket(status="Done", state="closed", created_at=at(-10))
    rows = [row(entry("1", 10, "status", "In Review", "Done"))]
    past = as_of.rewind(ticket, rows, at(5), NOBODY, known)
    assert past is not None
    assert (past.ticket.state, past.ticket.status_category) == ("open", "in_progress")


def test_what_became_of_a_ticket_later_had_not_happened_then() -> None:
    ticket = a_ticket(
        created_at=at(-10), closed_at=at(20), sync_status="deleted", last_synced_at=at(40)
    )
    past = [as_of.rewind(ticket, [], at(when), NOBODY, BARE) for when in (10, 30, 50)]
    assert [one and (one.ticket.closed_at, one.ticket.sync_status) for one in past] == [
        (None, "synced"), (at(20), "synced"), (at(20), "deleted"),
    ]  # fmt: skip


def test_comments_are_those_written_until_then() -> None:
    ticket = a_ticket(
        created_at=at(-10),
        comments=(a_comment(1, created_at=at(5)), a_comment(2, created_at=at(15))),
    )
    past = as_of.rewind(ticket, [], at(10), NOBODY, BARE)
    assert past is not None
    assert [one.id for one in past.ticket.comments] == ["1"]


def test_a_sprint_and_a_parent_come_back_by_name() -> None:
    ticket = a_ticket(sprint=Sprint(id="2", name="Two"), created_at=at(-10))
    rows = [row(entry("1", 10, "sprint", "One", "Two")), row(entry("2", 11, "parent", "7", None))]
    past = as_of.rewind(ticket, rows, at(5), NOBODY, BARE)
    assert past is not None
    assert past.ticket.sprint is not None
    assert past.ticket.parent is not None
    assert (past.ticket.sprint.name, past.ticket.parent.key) == ("One", "7")


def test_a_whole_source_as_it_was_equals_what_was_seen_then(store: Store) -> None:
    """Snapshots taken live, while webhooks of some changes are lost and polls find them."""
    work = telling(store, "title")
    live: list[tuple[float, dict[str, str]]] = []
    titles = {12: "A", 13: "A"}
    for step in range(1, 6):
        number = 12 + step % 2
        titles[number] = f"Title {step}"
        record = an_issue(
            number, updated=step * 100, title=titles[number], created_at="2026-01-01T00:00:00Z"
        )
        drained(store, polled(record, when=step * 100 + 1), work=work)
        live.append((step * 100 + 2, {str(n): t for n, t in titles.items() if t != "A"}))
    with store.read() as connection:
        meant = categories.load(connection, [a_source()])
        for second, state in live[2:]:
            then = as_of.newest_as_of(connection, at(second), meant, SOURCE)
            assert {one.ticket.external_id: one.ticket.title for one, _ in then} == state


def test_the_history_told_by_people_names_them(store: Store) -> None:
    work = telling(store, "assignees")
    drained(store, polled(an_issue(), when=1), work=work)
    one = entry("1", 10, "assignees", ["501"], ["502"], actor=Person(id="503", login="mo"))
    drained(store, observed(listed(one), when=600), work=work)
    with store.read() as connection:
        (found,) = history.of(connection, [(SOURCE, "12")])[SOURCE, "12"]
        names = as_of.names_in(connection, {(SOURCE, "12"): [found]})
    assert found.entry.actor is not None
    assert found.entry.actor.login == "mo"
    assert found.entry.at == NOW + timedelta(seconds=10)
    assert set(names.people) <= {(SOURCE, "501"), (SOURCE, "502")}


def test_a_list_begins_with_the_newest_and_goes_on_beyond_a_portion(store: Store) -> None:
    numbers = range(1, as_of.PORTION + 6)
    records = [
        an_issue(number, created_at=f"2026-0{1 + number % 9}-01T00:00:{number % 60:02}Z")
        for number in numbers
    ]
    drained(store, *(polled(one, when=1) for one in records))
    with store.read() as connection:
        meant = categories.load(connection, [a_source()])
        found = [one for one, _ in as_of.newest_as_of(connection, at(0), meant)]
        early = [one for one, _ in as_of.newest_as_of(connection, at(-200 * 86_400), meant)]
    born = [one.ticket.created_at for one in found if one.ticket.created_at]
    assert len(found) == len({one.ticket.external_id for one in found}) == len(records)
    assert born == sorted(born, reverse=True)
    assert 0 < len(early) < len(found)
