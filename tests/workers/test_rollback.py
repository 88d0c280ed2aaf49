"""Rollback: what a session changed is put back exactly, and nothing newer is."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.delivery import Arrival, Via
from schemas.errors import TicketsyncError
from schemas.event import CommentGone, LinksListed, TicketSeen
from schemas.session import Report
from store import audit, sessions
from store.database import Store
from store.tables import comments, history, relations, replaced, tickets
from store.undo import OURS
from tests.builders import (
    SOURCE,
    a_comment_record,
    a_work,
    an_issue,
    at,
    comment_webhook,
    held,
    issue_webhook,
    keep,
    observed,
    polled,
    polled_comment,
)
from tests.workers.draining import drained
from workers import rollback
from workers.rollback import Rolled

LATER = 600


def session(store: Store, *arrivals: Arrival, when: float = 0, open_: bool = False) -> int:
    """A session that journaled these deliveries, drained; its number."""
    with store.write() as connection:
        number = sessions.begin(connection, SOURCE, "incremental", at(when))
    mine = [Arrival(**{**_fields(one), "session": number}) for one in arrivals]
    drained(store, *mine, work=a_work(store, now=lambda: at(when)))
    if not open_:
        with store.write() as connection:
            sessions.end(connection, number, at(when), Report(), None)
    return number


def _fields(one: Arrival) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Arrival.__dataclass_fields__}


def rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All that is held, but for our own marks."""
    with store.read() as connection:
        return {
            table.name: sorted(
                (
                    {n: v for n, v in row._mapping.items() if n not in OURS}
                    for row in connection.execute(sa.select(table))
                ),
                key=repr,
            )
            for table in (tickets, comments, relations)
        }


def back(store: Store, number: int, **given: Any) -> Rolled:
    return rollback.carry_out(store, number, "cli:ines", at(LATER), **given)


def marks(store: Store) -> tuple[int, int]:
    with store.write() as connection:
        found = connection.execute(sa.select(tickets.c.render_due, tickets.c.derive_due)).one()
    return found[0], found[1]


def test_a_changed_ticket_reads_again_as_it_did(store: Store) -> None:
    first = polled(an_issue(title="As it was", labels=[]))
    drained(store, first, polled_comment(a_comment_record(body="kept")))
    before = rows(store)
    number = session(
        store,
        polled(an_issue(updated=60, title="Wrong", state="closed"), when=61),
        polled_comment(a_comment_record(updated=60, body="also wrong"), when=61),
        polled_comment(a_comment_record(40_002, updated=60, body="never said"), when=61),
        when=61,
    )
    assert held(store).title == "Wrong"
    render, derive = marks(store)
    rolled = back(store, number)
    assert rolled.count("restore") == 1
    assert rows(store) == before
    assert marks(store) == (render + 1, derive + 1)


def test_a_plan_names_fields_with_now_and_then_and_does_nothing(store: Store) -> None:
    drained(store, polled(an_issue(title="As it was")))
    number = session(
        store,
        polled(an_issue(updated=60, title="Wrong"), when=61),
        polled_comment(a_comment_record(updated=60, body="hello"), when=61),
        when=61,
    )
    before = rows(store)
    [step] = rollback.plan(store, number).steps
    assert (step.act, step.name) == ("restore", held(store).key)
    told = {turn.field: (turn.now, turn.then) for turn in step.turns}
    assert told == {
        "title": ("Wrong", "As it was"),
        "comments": ({"40001": "hello"}, {"40001": None}),
    }
    assert rows(store) == before


def test_what_the_session_brought_is_hidden_and_comes_back_with_the_next_sight(
    store: Store,
) -> None:
    number = session(store, polled(an_issue(7, title="New")), when=1)
    # The same session goes on with what it has itself brought.
    with store.read() as connection:
        assert connection.execute(sa.select(replaced.c.row)).scalar_one() is None
    rolled = back(store, number)
    assert [(step.act, step.turns[0].field) for step in rolled.steps] == [("hide", "fate")]
    assert held(store, 7).sync_status == "hidden"
    assert held(store, 7).title == "New"
    drained(store, polled(an_issue(7, title="New"), when=LATER + 60))
    assert held(store, 7).sync_status != "hidden"


def test_a_session_that_goes_on_with_what_it_brought_keeps_that_it_brought_it(
    store: Store,
) -> None:
    with store.write() as connection:
        number = sessions.begin(connection, SOURCE, "full", at())
    for arrival in (
        polled(an_issue(7), session=number),
        polled_comment(a_comment_record(1, 7), session=number),
    ):
        drained(store, arrival)
    with store.write() as connection:
        sessions.end(connection, number, at(), Report(), None)
    assert [step.act for step in rollback.plan(store, number).steps] == ["hide"]


def test_what_something_newer_changed_is_left_and_named(store: Store) -> None:
    drained(store, polled(an_issue(1, title="One")), polled(an_issue(2, title="Two")))
    number = session(
        store,
        polled(an_issue(1, updated=60, title="Wrong"), when=61),
        polled(an_issue(2, updated=60, title="Wrong"), when=61),
    )
    drained(store, issue_webhook(an_issue(2, updated=90, title="A person's"), when=91))
    rolled = back(store, number)
    assert {step.name: (step.act, step.reason) for step in rolled.steps} == {
        held(store, 1).key: ("restore", ""),
        held(store, 2).key: ("skip", "changed since by a webhook"),
    }
    assert (held(store, 1).title, held(store, 2).title) == ("One", "A person's")
    assert [step.act for step in rollback.plan(store, number).steps] == ["skip"]
    assert back(store, number, force=True).count("restore") == 1
    assert held(store, 2).title == "Two"


def test_a_later_session_counts_as_newer_and_the_last_one_goes_first(store: Store) -> None:
    drained(store, polled(an_issue(title="First")))
    one = session(store, polled(an_issue(updated=60, title="Second"), when=61), when=61)
    two = session(store, polled(an_issue(updated=90, title="Third"), when=91), when=91)
    [step] = rollback.plan(store, one).steps
    assert step.reason == f"changed since by session {two}"
    back(store, two)
    assert held(store).title == "Second"
    # What the later one did is undone, yet the journal tells that it was there.
    back(store, one, force=True)
    assert held(store).title == "First"


def test_a_fetch_that_answers_the_session_goes_with_it(store: Store) -> None:
    drained(store, polled(an_issue(title="As it was")))
    before = rows(store)
    number = session(store, polled(an_issue(updated=60, title="Wrong"), when=61), when=61)
    record = an_issue(updated=62, title="Wronger")
    drained(store, observed(TicketSeen(ticket="12", record=record), when=70, via=Via.fetch))
    assert back(store, number).count("restore") == 1
    assert rows(store) == before


def test_links_and_deleted_comments_come_back(store: Store) -> None:
    link = {"kind": "child", "number": 77, "here": True, "url": "https://x.example/77"}
    drained(
        store,
        polled(an_issue()),
        polled_comment(a_comment_record(body="hear me")),
        observed(LinksListed(ticket="12", records=(link,)), via=Via.fetch),
    )
    before = rows(store)
    assert before["relations"]
    number = session(
        store,
        observed(LinksListed(ticket="12", records=()), when=60),
        observed(CommentGone(ticket="12", comment="40001"), when=60),
    )
    assert rows(store)["relations"] == []
    back(store, number)
    assert rows(store) == before


def test_a_second_rollback_finds_nothing(store: Store) -> None:
    drained(store, polled(an_issue(title="As it was")))
    number = session(store, polled(an_issue(updated=60, title="Wrong"), when=61))
    back(store, number)
    before = rows(store)
    assert back(store, number).steps == ()
    assert rows(store) == before


def test_the_audit_tells_what_was_put_back(store: Store) -> None:
    drained(store, polled(an_issue(title="As it was")))
    number = session(store, polled(an_issue(updated=60, title="Wrong"), when=61))
    back(store, number)
    with store.read() as connection:
        [line] = audit.find(connection)
    name = f"{SOURCE}/{held(store).key}"
    assert (line["who"], line["action"], line["subject"]) == (
        "cli:ines",
        "rollback",
        f"session {number}",
    )
    assert line["before"] == {name: {"title": "Wrong"}}
    assert line["after"] == {name: {"title": "As it was"}}


def test_changes_that_were_inferred_from_it_go_and_exact_ones_stay(store: Store) -> None:
    drained(store, polled(an_issue(title="As it was")))
    number = session(store, polled(an_issue(updated=60, title="Wrong"), when=61), when=61)
    with store.write() as connection:
        connection.execute(history.delete())
        for entry, basis, noted in (
            ("i", "inferred", 61),
            ("w", "webhook", 61),
            ("o", "inferred", 1),
        ):
            connection.execute(
                history.insert().values(
                    source=SOURCE,
                    ticket="12",
                    entry=entry,
                    at=at(60),
                    native_field="title",
                    field="title",
                    basis=basis,
                    noted_at=at(noted),
                )
            )
    assert back(store, number).inferred == 1
    with store.read() as connection:
        left = connection.execute(sa.select(history.c.entry)).scalars().all()
    assert sorted(left) == ["o", "w"]


def test_a_session_that_runs_waits_or_never_was_is_refused(store: Store) -> None:
    with pytest.raises(TicketsyncError, match="there is no session 4711"):
        rollback.plan(store, 4711)
    number = session(store, polled(an_issue()), open_=True)
    with pytest.raises(TicketsyncError, match="still running"):
        back(store, number)
    with store.write() as connection:
        sessions.end(connection, number, at(), Report(), None)
        waiting = polled(an_issue(9), session=number)
    keep(store, waiting)
    with pytest.raises(TicketsyncError, match="1 deliveries of session"):
        back(store, number)


def test_numbers_and_days_survive_the_way_out_and_back(store: Store) -> None:
    drained(store, polled(an_issue()))
    with store.write() as connection:
        connection.execute(
            tickets.update().values(
                story_points=2.5, estimate=1e-9, due_date=date(2026, 12, 24), time_spent=7_200
            )
        )
    before = rows(store)
    number = session(store, polled(an_issue(updated=60, title="Wrong"), when=61))
    assert rows(store)["tickets"][0]["story_points"] is None
    back(store, number)
    assert rows(store) == before


def test_webhooks_alone_keep_nothing(store: Store) -> None:
    drained(store, issue_webhook(an_issue()))
    drained(store, issue_webhook(an_issue(updated=60), when=60))
    drained(store, comment_webhook(an_issue(updated=60), a_comment_record(), when=61))
    with store.read() as connection:
        assert connection.execute(sa.select(replaced)).all() == []


EDITS = st.lists(
    st.tuples(
        st.sampled_from(("title", "close", "say", "edit", "unsay", "new")), st.integers(1, 3)
    ),
    min_size=1,
    max_size=8,
)


def edit(step: int, what: str, number: int) -> Arrival:
    """One thing that a session finds."""
    moment = 60 + step
    match what:
        case "title":
            return polled(an_issue(number, updated=moment, title=f"T{step}"), when=moment)
        case "close":
            return polled(an_issue(number, updated=moment, state="closed"), when=moment)
        case "say" | "edit":
            said = a_comment_record(number * 10, number, updated=moment, body=f"B{step}")
            return polled_comment(said, when=moment)
        case "unsay":
            gone = CommentGone(ticket=str(number), comment=str(number * 10))
            return observed(gone, when=moment)
    return polled(an_issue(number + 10, updated=moment), when=moment)


@settings(max_examples=25)
@given(first=EDITS, second=EDITS)
def test_whatever_a_session_did_is_put_back_to_the_letter(
    sqlite_databases: Any, tmp_path: Any, first: Any, second: Any
) -> None:
    with sqlite_databases(tmp_path) as made:
        store = made.open()
        try:
            drained(store, *(polled(an_issue(number)) for number in (1, 2, 3)))
            drained(store, *(edit(n, *one) for n, one in enumerate(first)))
            before = rows(store)
            number = session(store, *(edit(50 + n, *one) for n, one in enumerate(second)))
            brought = {
                one.key[1] for one in rollback.plan(store, number).steps if one.act == "hide"
            }
            back(store, number)
            after = rows(store)
            for table, name in (("tickets", "external_id"), ("comments", "ticket")):
                after[table] = [one for one in after[table] if one[name] not in brought]
            assert after == before
            assert rollback.plan(store, number).steps == ()
        finally:
            store.close()
