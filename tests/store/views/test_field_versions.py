"""`field_versions` says of any moment what the history itself says."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.history import PLAIN, SETS
from schemas.ticket import Label, Person, Ticket
from store import as_of, history
from store.database import Store
from store.tables import definitions, metadata
from store.tables import history as history_table
from store.views import standing
from store.whole import whole_tickets
from tests.builders import at
from tests.store.views.world import DEFAULTS, NOTHING, ask, keep, keep_change, keep_sources, shop

LABELS = ("red", "green", "blue")
PEOPLE = ("u1", "u2", "u3")
KEY = ("jira", "10001")

changed_fields = st.one_of(
    st.tuples(st.sampled_from(["status", "title"]), st.sampled_from(["a", "b", None]),
              st.just(None)),
    st.tuples(st.just("story_points"), st.sampled_from([1.0, 2.5, 13, None]), st.just(None)),
    st.tuples(st.just("locked"), st.booleans(), st.just(None)),
    st.tuples(st.just("labels"), st.lists(st.sampled_from([*LABELS, "was-red"]), unique=True),
              st.lists(st.sampled_from(LABELS), unique=True)),
    st.tuples(st.just("assignees"), st.lists(st.sampled_from(PEOPLE), unique=True),
              st.lists(st.sampled_from(PEOPLE), unique=True)),
)  # fmt: skip
changes = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 2), changed_fields, st.booleans()), max_size=12
)


@st.composite
def present_tickets(draw: st.DrawFn) -> Ticket:
    labels = draw(st.lists(st.sampled_from(LABELS), unique=True))
    assignees = draw(st.lists(st.sampled_from(PEOPLE), unique=True))
    return shop(
        1,
        title=draw(st.sampled_from(["a", "b"])),
        status=draw(st.sampled_from(["a", "b", ""])),
        story_points=draw(st.sampled_from([None, 0.0, 1.0, 2.5, 13.0])),
        locked=draw(st.booleans()),
        labels=tuple(Label(id=one, name=one) for one in labels),
        assignees=tuple(Person(id=one, login=one) for one in assignees),
    )


@pytest.fixture
def viewed(store: Store) -> Store:
    """A store with the views, and nothing in it."""
    with store.write() as connection:
        standing.bring_up(connection, DEFAULTS)
    return store


def remember(store: Store, ticket: Ticket, told: Any) -> None:
    """This one ticket with this history, and nothing else."""
    with store.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        keep_sources(connection)
        keep(connection, ticket)
        connection.execute(
            definitions.update().where(definitions.c.name == "red").values(former=["was-red"])
        )
        for number, (seconds, place, (field, before, after), is_told) in enumerate(told):
            plain = {"entry": str(number), "place": place, "field": field}
            # Of a set nobody ever tells less than who came and who went.
            known = is_told or field in SETS
            values = {"told": known, "before": before if known else None, "after": after}
            keep_change(connection, ticket, at(seconds * 10), **plain, **values)


def as_history_says(store: Store, moment: datetime) -> tuple[dict[str, Any], set[str]]:
    with store.read() as connection:
        rows = history.of(connection, [KEY], covered=True)
        ticket = whole_tickets(connection, [KEY])[KEY]
        names = as_of.names_in(connection, rows)
        return as_of.values_at(ticket, rows.get(KEY, []), moment, names)


def as_the_view_says(store: Store, moment: datetime) -> tuple[dict[str, Any], set[str]]:
    written = f"{moment:%Y-%m-%d %H:%M:%S.%f}"
    if store.dialect == "postgresql":
        written += "+00"
    query = f"""SELECT field, value, known FROM {{field_versions}} WHERE key = 'SHOP-1'
      AND valid_from <= '{written}' AND (valid_to IS NULL OR valid_to > '{written}')"""
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    for row in ask(store, "jira", query):
        if row["field"] in SETS:
            values.setdefault(row["field"], set()).add(row["value"])
        elif row["known"]:
            assert row["field"] not in values
            values[row["field"]] = row["value"]
        else:
            unknown.add(row["field"])
    return values, unknown


def said(field: str, value: Any) -> Any:
    """A value of the history as the view spells it."""
    if value is None or value == []:
        return None
    if field in SETS:
        return set(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, int | float) else value


@settings(max_examples=40)
@given(ticket=present_tickets(), told=changes)
def test_at_any_moment_the_view_agrees_with_the_history(
    viewed: Store, ticket: Ticket, told: Any
) -> None:
    remember(viewed, ticket, told)
    for seconds in (0, 5, 10, 25, 40, 79, 80, 95):
        moment = at(seconds)
        expected, unknown = as_history_says(viewed, moment)
        values, untold = as_the_view_says(viewed, moment)
        for field in (*PLAIN, *SETS):
            if field in unknown or field in untold:
                assert (field in unknown) == (field in untold), field
            else:
                assert values.get(field) == said(field, expected[field]), (field, seconds)


def test_what_a_changelog_leaves_out_is_taken_from_the_record_it_covers(viewed: Store) -> None:
    ticket = shop(1, body="new")
    remember(viewed, ticket, [])
    with viewed.write() as connection:
        keep_change(connection, ticket, at(50), entry="a", field="body", told=False)
        keep_change(connection, ticket, at(51), entry="b", field="body", before="old", after="new",
                    covered=True, basis="webhook")  # fmt: skip
    assert as_the_view_says(viewed, at(20))[0]["body"] == "old"
    assert as_history_says(viewed, at(20))[0]["body"] == "old"
    assert as_the_view_says(viewed, at(50))[0]["body"] == "new"
    with viewed.write() as connection:
        connection.execute(sa.delete(history_table).where(history_table.c.entry == "b"))
    assert as_the_view_says(viewed, at(20))[1] == {"body"}


def test_a_ticket_was_nothing_before_it_was_created(viewed: Store) -> None:
    remember(viewed, shop(1), [])
    assert as_the_view_says(viewed, at(-1)) == ({}, set())


@pytest.fixture(autouse=True)
def _afterwards(viewed: Store) -> Any:
    yield
    with viewed.write() as connection:
        standing.bring_up(connection, NOTHING)
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
