"""An issue's changelog walked back from the issue as it is: what each line changed of ours. Pure.

An item tells both its values, so most fields need that item alone. Some of ours are made of
several fields (why it was closed: status and resolution) or chosen from many (the sprint, the
version), and need what stood beside.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.history import TRACKED, HistoryEntry
from schemas.model import Json
from schemas.ticket import Person
from trackers.fields import Fields
from trackers.jira import chosen, values
from trackers.jira.changelog import UNSET, Item, Line, Side
from trackers.jira.meaning import UNSURE, Meaning
from trackers.jira.people import person
from trackers.sides import owners, sides

TOLD = frozenset(
    {
        "title", "body", "type", "status", "close_reason", "priority", "severity", "reporter",
        "sprint", "parent", "epic", "estimate", "story_points", "weight", "time_estimate",
        "time_spent", "due_date", "customer", "confidential", "labels", "assignees", "components",
    }
)  # fmt: skip
"""The fields whose every change the changelog tells. Of several versions a ticket's milestone is
the first as Jira orders them, and no line tells that order."""

Told = list[tuple[Line, list[Item]]]


def entries(record: Fields, told: Told, meaning: Meaning) -> list[HistoryEntry]:
    """Every change, oldest first. `record` is the issue as it was read before its changelog."""
    fields = record.object("fields") or Fields({}, "issue.fields")
    told = sorted(told, key=lambda one: (one[0].at, one[0].order))
    walk = _Walk(meaning, _state(fields, told, meaning), _creator(fields))
    walk.versions = chosen.versions(fields, meaning)
    walk.sprints = chosen.sprints(fields, told, meaning)
    found = [list(walk.back(line, items)) for line, items in reversed(told)]
    return [entry for one in reversed(found) for entry in one]


@dataclass(slots=True)
class _Walk:
    """The issue as it was after the line that comes next."""

    meaning: Meaning
    state: dict[str, Side]
    creator: Person | None
    versions: chosen.Versions | None = None
    sprints: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    owners: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.owners = owners(self.meaning.fixed, self.meaning.made_of)

    def back(self, line: Line, items: Sequence[Item]) -> Iterator[HistoryEntry]:
        """One line less; what it had changed."""
        natives = {item.native for item in items}
        touched = [ours for ours in TRACKED if natives & set(self.meaning.made_of.get(ours, ()))]
        self.state |= {item.native: item.new for item in items}
        after = {ours: self._value(ours) for ours in touched}
        self.state |= {item.native: item.old for item in items}
        before = {ours: self._value(ours) for ours in touched}
        self._choose(line, items, before, after)
        carried = set()
        for ours in touched:
            for item, both in self._changes(ours, items, before[ours], after[ours]):
                own = self.owners[item.native] == ours
                carried |= {item.tail} if own else set()
                sure = UNSURE not in both
                yield line.entry(item, ours, both if sure else (None, None), told=sure, own=own)
        yield from (line.native(item) for item in items if item.tail not in carried)

    def _changes(
        self, ours: str, items: Sequence[Item], before: Json, after: Json
    ) -> Iterator[tuple[Item, tuple[Json, Json]]]:
        """The item that carries a change of ours, with both sides; components have one each."""
        made_of = self.meaning.made_of[ours]
        moving = sorted(
            (item for item in items if item.native in made_of and item.old != item.new),
            key=lambda item: (made_of.index(item.native), item.index),
        )
        if ours == "components" and made_of == ("components",):
            for item in moving:
                yield item, (_member(item.old), _member(item.new))
        elif moving and ours in ("labels", "assignees", "components"):
            both = (before, after)
            yield moving[0], both if UNSURE in both else sides(ours, before, after)
        elif moving and ours == "milestone" and UNSURE in (before, after):
            return  # of several versions none is known to be the first
        elif moving and (before != after or before is UNSURE):
            yield moving[0], (before, after)

    def _choose(
        self,
        line: Line,
        items: Sequence[Item],
        before: dict[str, Json],
        after: dict[str, Json],
    ) -> None:
        """The fields of ours that are one of many."""
        if "sprint" in after:
            before["sprint"], after["sprint"] = self.sprints[line.number]
        if "milestone" in after and self.versions:
            before["milestone"], after["milestone"] = self.versions.back(items)

    def _value(self, ours: str) -> Json:
        if ours == "reporter":  # the creator stands in for nobody
            return self.state["reporter"].id or (self.creator.id if self.creator else None)
        return self.meaning.read(ours, self.state)


def _state(fields: Fields, told: Told, meaning: Meaning) -> dict[str, Side]:
    """The newest values: what the last items say, of all else what the issue holds."""
    natives = {native for made_of in meaning.made_of.values() for native in made_of}
    state = {native: _held(fields.value.get(native)) for native in natives}
    for _, items in told:
        state |= {item.native: item.new for item in items}
    return state


def _held(value: Json) -> Side:
    """A value of a record in the form of a changelog's."""
    if isinstance(value, dict):
        number = value.get("id")
        return Side(str(number) if number else None, values.line(value))
    if value is None or isinstance(value, list):
        return UNSET
    return Side(None, str(value))


def _creator(fields: Fields) -> Person | None:
    return person(fields.object("creator"))


def _member(side: Side) -> Json:
    return [side.words] if side.words else None


def asked(meaning: Meaning) -> list[str]:
    """The fields of an issue that its changelog is read with."""
    several: Mapping[str, Sequence[str]] = {
        ours: made_of for ours, made_of in meaning.made_of.items() if len(made_of) > 1
    }
    wanted = {native for made_of in several.values() for native in made_of}
    return sorted({*wanted, "creator", "fixVersions", *meaning.made_of["sprint"]})
