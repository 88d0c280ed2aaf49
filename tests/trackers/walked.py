"""Walking a history backwards: does it lead from the last snapshot to every earlier one?

Written apart from the code that takes tickets back, so that it cannot share its mistakes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.history import SETS, HistoryEntry, members, shown
from schemas.model import Json
from schemas.ticket import Ticket


@dataclass
class Walk:
    """Snapshots of one ticket, each with the history as it was told right afterwards."""

    snapshots: list[tuple[Ticket, tuple[HistoryEntry, ...]]] = field(default_factory=list)

    def note(self, ticket: Ticket, entries: Sequence[HistoryEntry]) -> None:
        """What was told once stays as it was."""
        earlier = self.snapshots[-1][1] if self.snapshots else ()
        again = tuple(entries)[: len(earlier)]
        other = [(old, new) for old, new in zip(earlier, again, strict=True) if old != new]
        assert not other, other
        self.snapshots.append((ticket, tuple(entries)))

    def check(self, fields: frozenset[str]) -> int:
        """Asserts that each snapshot is reached; how many told changes were undone."""
        last, entries = self.snapshots[-1]
        assert len({one.id for one in entries}) == len(entries)
        state = {name: shown(last, name) for name in fields}
        undone = 0
        for ticket, told in reversed(self.snapshots[:-1]):
            untold = set()
            for one in reversed(entries[len(told) :]):
                if one.field in fields and one.told:
                    assert one.before != one.after, one
                    state[one.field] = strictly(one, state[one.field])
                    undone += 1
                elif one.field in fields:
                    assert (one.before, one.after) == (None, None)
                    untold.add(one.field)
            now = {name: shown(ticket, name) for name in fields}
            state |= {name: now[name] for name in untold}
            assert state == now
            entries = told
        return undone


def strictly(one: HistoryEntry, value: Json) -> Json:
    """The value before a change, which must have ended in what stands now."""
    if one.field not in SETS:
        assert one.after == value, (one, value)
    else:
        here = set(value or ())
        assert here.issuperset(one.after or ()), (one, value)
        assert here.isdisjoint(one.before or ()), (one, value)
    return before(one, value)


def before(one: HistoryEntry, value: Json) -> Json:
    """The value before a change."""
    if one.field not in SETS:
        return one.before
    left = set(value or ()) - set(one.after or ())
    return members(left | set(one.before or ())) or None


Look = dict[str, Json]


def look(ticket: Ticket, fields: Iterable[str]) -> Look:
    """How a ticket looks in some fields."""
    return {name: shown(ticket, name) for name in sorted(fields)}


def undone(last: Mapping[str, Json], entries: Sequence[HistoryEntry]) -> Look:
    """How it looked before these changes, oldest first; "?" is what they do not tell."""
    now = dict(last)
    for one in reversed(entries):
        if one.field in now:
            now[one.field] = before(one, now[one.field]) if one.told else "?"
    return now


def agrees(walked: Look, live: Look) -> dict[str, tuple[Json, Json]]:
    """The fields in which they differ; an untold one says nothing."""
    return {
        name: (walked[name], value)
        for name, value in live.items()
        if walked[name] not in ("?", value)
    }
