"""Walking a history backwards: does it lead from the last snapshot to every earlier one?"""

from collections.abc import Sequence
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
        before = self.snapshots[-1][1] if self.snapshots else ()
        again = tuple(entries)[: len(before)]
        other = [(old, new) for old, new in zip(before, again, strict=True) if old != new]
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
                    state[one.field] = _undone(one, state[one.field])
                    undone += 1
                elif one.field in fields:
                    assert (one.before, one.after) == (None, None)
                    untold.add(one.field)
            now = {name: shown(ticket, name) for name in fields}
            state |= {name: now[name] for name in untold}
            assert state == now
            entries = told
        return undone


def _undone(one: HistoryEntry, value: Json) -> Json:
    if one.field not in SETS:
        assert one.after == value, (one, value)
        return one.before
    here, came = set(value or ()), set(one.after or ())
    assert came <= here, (one, value)
    assert not here & set(one.before or ()), (one, value)
    return members((here - came) | set(one.before or ())) or None
