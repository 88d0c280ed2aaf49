"""Rollback: what one session changed in the store is put back, by an operator's decision.

It is no observation of a tracker, so it goes through no journal: like dropping a dead letter it is
an act of a person, with a plan before it and a line in the audit after it. What was changed by
something newer is left, since that something has seen more than what would be put back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.errors import TicketsyncError
from schemas.history import TRACKED, shown
from schemas.model import Json
from schemas.session import Session
from schemas.ticket import Ticket
from store import audit, sessions, tickets, undo
from store.database import Connection, Store
from store.keys import Key
from store.undo import Replaced, Whole

REASON = "rolled back"
BATCH = 64
Act = Literal["restore", "hide", "skip", "same"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One field: what it says now, and what it said before the session."""

    field: str
    now: Json
    then: Json


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one ticket; `name` is its key at the tracker, `reason` why it is skipped."""

    key: Key
    name: str
    act: Act
    turns: tuple[Turn, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rolled:
    """What was done; `inferred` counts changes of the history that went with it."""

    steps: tuple[Step, ...]
    inferred: int = 0

    def count(self, act: Act) -> int:
        """How many tickets this became of."""
        return sum(step.act == act for step in self.steps)


def plan(store: Store, session: int, *, force: bool = False) -> Rolled:
    """What a rollback would do. Raises TicketsyncError for a session that cannot be put back."""
    with store.read() as connection:
        _check(connection, session)
        keys = undo.of_session(connection, session)
        steps = [
            step
            for some in _batches(keys)
            for step in _look(connection, session, some, force=force).steps
        ]
    return Rolled(tuple(steps))


def carry_out(
    store: Store, session: int, who: str, now: datetime, *, force: bool = False
) -> Rolled:
    """Puts back what the plan says, looked at anew under the tickets' locks, batch by batch.

    Each batch and its line of the audit are one transaction; a second call goes on where a first
    was killed.
    """
    with store.read() as connection:
        _check(connection, session)
        keys = undo.of_session(connection, session)
    steps: list[Step] = []
    inferred = 0
    for some in _batches(keys):
        with store.write() as connection:
            tickets.lock(connection, some)
            seen = _look(connection, session, some, force=force)
            inferred += _put_back(connection, session, seen, now)
            _note(connection, session, seen.steps, who, now)
        steps += seen.steps
    return Rolled(tuple(steps), inferred)


def _check(connection: Connection, session: int) -> Session:
    found = sessions.look_up(connection, session)
    if found is None:
        raise TicketsyncError(
            f"there is no session {session}; `sessions list` shows those there are"
        )
    if found.status == "running":
        raise TicketsyncError(f"session {session} is still running; wait for its end")
    waiting = undo.open_deliveries(connection, session)
    if waiting:
        raise TicketsyncError(
            f"{waiting} deliveries of session {session} still wait to be applied; "
            "let `up` or `sync` apply them first"
        )
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """Some tickets as they stand, with what was kept of them."""

    steps: tuple[Step, ...]
    kept: dict[Key, Replaced]


def _look(connection: Connection, session: int, keys: Sequence[Key], *, force: bool) -> _Seen:
    ones = undo.find(connection, session, keys)
    newer = undo.changed_since(connection, session, ones)
    now = undo.read(connection, [one.key for one in ones])
    shown_now = undo.as_tickets(connection, now.values())
    shown_then = undo.as_tickets(connection, [one.before for one in ones if one.before])
    steps = []
    for one in ones:
        there = now.get(one.key)
        if there is None:
            continue
        name = shown_now[one.key].key
        turns = _turns(there, one.before, shown_now[one.key], shown_then.get(one.key))
        if one.key in newer and not force:
            steps.append(Step(one.key, name, "skip", turns, newer[one.key]))
        elif not turns:
            steps.append(Step(one.key, name, "same"))
        else:
            steps.append(Step(one.key, name, "restore" if one.before else "hide", turns))
    return _Seen(tuple(steps), {one.key: one for one in ones})


def _turns(now: Whole, then: Whole | None, is_now: Ticket, was: Ticket | None) -> tuple[Turn, ...]:
    """What would read otherwise; nothing when only a revision moved."""
    if then is None or was is None:
        fate = now.ticket["fate"]
        return (Turn("fate", fate, "hidden"),) if fate == "here" else ()
    pairs: list[tuple[str, Json, Json]] = [
        (name, shown(is_now, name), shown(was, name)) for name in TRACKED
    ]
    pairs += [(name, now.ticket[name], then.ticket[name]) for name in ("key", "state", "fate")]
    pairs.append(("comments", *_different(_notes(now), _notes(then))))
    pairs.append(("links", _links(now), _links(then)))
    return tuple(Turn(name, one, other) for name, one, other in pairs if one != other)


def _notes(whole: Whole) -> dict[str, Json]:
    return {row["external_id"]: None if row["deleted"] else row["body"] for row in whole.comments}


def _different(now: dict[str, Json], then: dict[str, Json]) -> tuple[Json, Json]:
    """Only the comments that differ, by id; None is one that is not there."""
    ids = sorted(one for one in now.keys() | then.keys() if now.get(one) != then.get(one))
    return {one: now.get(one) for one in ids}, {one: then.get(one) for one in ids}


def _links(whole: Whole) -> list[str]:
    return sorted(f"{row['kind']} {row['target']}" for row in whole.relations)


def _put_back(connection: Connection, session: int, seen: _Seen, now: datetime) -> int:
    """Carries steps out; how many inferred changes of the history went."""
    quiet = ("restore", "same")  # where nothing reads otherwise the revision goes back all the same
    restored = [seen.kept[step.key].before for step in seen.steps if step.act in quiet]
    undo.put_back(connection, [one for one in restored if one is not None])
    hidden = [step.key for step in seen.steps if step.act == "hide"]
    undo.hide(connection, hidden, REASON, now)
    done = [seen.kept[step.key] for step in seen.steps if step.act != "skip"]
    return undo.forget(connection, session, done)


def _note(
    connection: Connection, session: int, steps: Sequence[Step], who: str, now: datetime
) -> None:
    done = [step for step in steps if step.act in ("restore", "hide")]
    if not done:
        return
    before = {f"{s.key[0]}/{s.name}": {t.field: t.now for t in s.turns} for s in done}
    after = {f"{s.key[0]}/{s.name}": {t.field: t.then for t in s.turns} for s in done}
    audit.note(connection, now, who, "rollback", f"session {session}", before, after)


def _batches(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
