"""Tickets with a history, made by living through it: `Life(7).at(3, status="Done")`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.event import Definition
from schemas.history import SETS, HistoryEntry, HistoryRow
from schemas.source import Source
from schemas.ticket import Label, Named, Person, Sprint, StatusCategory, Ticket
from store import definitions, derived, history, people, rows
from store.database import Store
from store.keys import among
from store.tables import tickets

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday; lives count hours from here."""

STATES = {
    "To Do": StatusCategory.todo,
    "Doing": StatusCategory.in_progress,
    "Review": StatusCategory.in_progress,
    "Done": StatusCategory.done,
    "Dropped": StatusCategory.canceled,
}


def hour(hours: float, start: datetime = START) -> datetime:
    """A moment."""
    return start + timedelta(hours=hours)


def board(name: str = "board", **over: Any) -> Source:
    """A source with states of its own."""
    plain = {"slug": name, "tracker": "generic", "url": f"https://{name}.test"}
    return Source.model_validate({"name": name, **plain, **over})


def meaning(status: str, reason: str | None, labels: Sequence[str]) -> StatusCategory:
    """What the states of a board mean, and those of a tracker without any."""
    if status == "closed":
        return StatusCategory.canceled if reason == "not_planned" else StatusCategory.done
    return STATES.get(status, StatusCategory.todo)


class Life:
    """A ticket and what happened to it, in the forms of `schemas.history.shown`."""

    def __init__(
        self,
        number: int = 1,
        source: str = "board",
        created: float | None = 0,
        start: datetime = START,
    ) -> None:
        self.number, self.source, self.created, self.start = number, source, created, start
        self.values: dict[str, Any] = {"status": "To Do", "type": "issue"}
        self.rows: list[HistoryRow] = []
        self.over: dict[str, Any] = {}

    def born(self, **values: Any) -> "Life":
        """How it was at first."""
        self.values |= values
        return self

    def at(self, hours: float, basis: Any = "changelog", **changes: Any) -> "Life":
        """Changes at a moment; None is unset."""
        for name, after in changes.items():
            before = self.values.get(name)
            if before == after:
                continue
            self.values[name] = after
            if name in SETS:
                went = sorted(set(before or ()) - set(after or ())) or None
                before, after = went, sorted(set(after or ()) - set(before or ())) or None
            entry = HistoryEntry(
                id=f"{self.number}:{len(self.rows)}",
                ticket=str(self.number),
                at=hour(hours, self.start),
                actor=Person(id="501", login="ines-varga"),
                native_field=name,
                field=name,
                before=before,
                after=after,
                place=len(self.rows),
            )
            since = hour(hours, self.start) - timedelta(hours=1) if basis == "inferred" else None
            row = HistoryRow(
                source=self.source,
                entry=entry,
                basis=basis,
                noted_at=hour(hours, self.start),
                since=since,
            )
            self.rows.append(row)
        return self

    def but(self, **over: Any) -> "Life":
        """What the record says beside that."""
        self.over |= over
        return self

    @property
    def ticket(self) -> Ticket:
        """The record as it is now."""
        told = {name: value for name, value in self.values.items() if value is not None}
        for name, make in _MADE.items():
            if name in told:
                told[name] = make(told[name])
        category = meaning(
            told["status"], told.get("close_reason"), self.values.get("labels") or ()
        )
        plain = {
            "source": self.source,
            "external_id": str(self.number),
            "key": f"{self.source.upper()}-{self.number}",
            "title": f"Ticket {self.number}",
            "created_at": None if self.created is None else hour(self.created, self.start),
            "status_category": category,
        }
        return Ticket(**{**plain, **told, **self.over})


_MADE: dict[str, Any] = {
    "labels": lambda names: tuple(Label(id=one, name=one) for one in names),
    "assignees": lambda ids: tuple(Person(id=one, login=f"login-{one}") for one in ids),
    "components": lambda names: tuple(Named(id=one, name=one) for one in names),
    "sprint": lambda name: Sprint(id=name, name=name),
}


def hold(
    store: Store,
    *lives: Life,
    sources: Iterable[Source] = (),
    states: bool = True,
    gone_at: datetime | None = None,
) -> None:
    """What an apply would have written of these tickets, and what is derived from it."""
    with store.write() as connection:
        for source in {one.source for one in lives}:
            _define(connection, source, [one for one in lives if one.source == source], states)
        for one in lives:
            _put(connection, one, gone_at)
    known = {one.name: one for one in sources}
    derived.bring_up(store, known, START)


def _put(connection: sa.Connection, life: Life, gone_at: datetime | None) -> None:
    ticket = life.ticket
    persons = [(life.source, one, START) for one in ticket.assignees]
    people.remember(
        connection, [*persons, (life.source, Person(id="501", login="ines-varga"), START)]
    )
    connection.execute(tickets.delete().where(among(tickets, [(life.source, str(life.number))])))
    row = rows.ticket_row(ticket) | {"source": life.source, "observed_at": START}
    row |= {"last_synced_at": gone_at or START, "fate": "deleted" if gone_at else "here"}
    row |= {"record": b"{}"}  # it was seen, not only heard of
    connection.execute(tickets.insert(), row)
    history.note(connection, life.rows)


def _define(connection: sa.Connection, source: str, lives: Sequence[Life], states: bool) -> None:
    found = [Definition(kind="state", id=name, name=name, state=str(means))
             for name, means in STATES.items()] if states else []  # fmt: skip
    for name, kind in (("labels", "label"), ("components", "component")):
        named = {one for life in lives for one in life.values.get(name) or ()}
        found += [Definition(kind=kind, id=one, name=one) for one in sorted(named)]
    sprints = {life.values["sprint"] for life in lives if life.values.get("sprint")}
    known = definitions.define(connection, source, found, START)
    assert known >= 0
    for one in sorted(sprints):
        _sprint(connection, source, one, lives[0].start)


def _sprint(connection: sa.Connection, source: str, name: str, start: datetime) -> None:
    """Sprints named "S1", "S2"… last a week each, one after the other."""
    weeks = int(name.removeprefix("S")) - 1
    starts = hour(weeks * 168 + 1, start)
    found = Definition(
        kind="sprint",
        id=name,
        name=name,
        starts_on=starts.isoformat(),
        due_on=(starts + timedelta(days=7)).isoformat(),
    )
    definitions.define(connection, source, [found], START)
