"""Changes of fields that a translation works out of others: a severity or a type from labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from schemas.history import SETS, HistoryEntry, members
from schemas.model import Json

Values = Callable[[Mapping[str, Json]], Mapping[str, Json]]
"""(values by native field) to fields of ours, in the form of `schemas.history.shown`."""


def with_derived(
    entries: Sequence[HistoryEntry],
    end: Mapping[str, Json],
    values: Values,
    own: Mapping[str, str],
) -> list[HistoryEntry]:
    """The entries, oldest first, and beside them what follows from them for other fields.

    `end` holds the native fields that count, as they are now; those that are lists are changed by
    members. `own` names those of them that are told as a field of ours instead of as themselves.
    It goes backwards, since the end is known and the beginning is not.
    """
    walk = _Walk(dict(end), values, own)
    found = [one for entry in reversed(entries) for one in reversed(walk.back(entry))]
    return found[::-1]


class _Walk:
    """The native fields on the way back; of `unknown` fields nobody knows the value any more."""

    def __init__(self, now: dict[str, Json], values: Values, own: Mapping[str, str]) -> None:
        self.now = now
        self.values = values
        self.own = own
        self.unknown: set[str] = set()

    def back(self, entry: HistoryEntry) -> list[HistoryEntry]:
        """An entry and what follows from it, while going to where it was not yet."""
        native = entry.native_field
        if native not in self.now:
            return [entry]
        if not entry.told:
            return [entry, *self._lost(entry)]
        self.now[native] = _applied(self.now[native], entry.before, entry.after)
        after = self.values(self.now)
        own = self.own.get(native)
        self.unknown -= {own} if own else set()
        self.now[native] = _applied(self.now[native], entry.after, entry.before)
        return self._consequences(entry, self.values(self.now), after, own)

    def _lost(self, entry: HistoryEntry) -> list[HistoryEntry]:
        """A value that is not told takes along what follows from it."""
        native = entry.native_field
        if isinstance(self.now[native], list):
            return []
        with_it = self.values(self.now)
        self.now[native] = None
        without = self.values(self.now)
        own = self.own.get(native)
        fields = [one for one in with_it if with_it[one] != without[one] and one != own]
        self.unknown |= {*fields, own} if own else set(fields)
        return [_beside(entry, one, None, None, told=False) for one in fields]

    def _consequences(
        self,
        entry: HistoryEntry,
        before: Mapping[str, Json],
        after: Mapping[str, Json],
        own: str | None,
    ) -> list[HistoryEntry]:
        """The entry itself, as one of its own field where that changed, then those that follow."""
        found = [entry]
        for field in after:
            was, now = before[field], after[field]
            if was == now:
                continue
            if field in SETS:
                gone, came = set(was or ()), set(now or ())
                was, now = members(gone - came) or None, members(came - gone) or None
            if field == own:
                told = {"field": field, "before": was, "after": now}
                found[0] = entry.model_copy(update=told)
            elif field in self.unknown:
                found.append(_beside(entry, field, None, None, told=False))
            else:
                found.append(_beside(entry, field, was, now))
        return found


def _beside(
    entry: HistoryEntry, field: str, before: Json, after: Json, *, told: bool = True
) -> HistoryEntry:
    key = f"{entry.id}:{field}"
    values = {"id": key, "field": field, "before": before, "after": after, "told": told}
    return entry.model_copy(update=values)


def in_order(entries: Iterable[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """Entries that come in their order, each with its place among those of its moment."""
    found: list[HistoryEntry] = []
    for entry in entries:
        last = found[-1] if found else None
        place = last.place + 1 if last and last.at == entry.at else 0
        found.append(entry.model_copy(update={"place": place}) if place else entry)
    return tuple(found)


def _applied(value: Json, gone: Json, came: Json) -> Json:
    if not isinstance(value, list):
        return came
    return sorted((set(value) - set(gone or ())) | set(came or ()))
