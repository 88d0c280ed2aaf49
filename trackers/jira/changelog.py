"""Lines of a changelog: the items in them, their ids, and what they tell by themselves. Pure.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-changelog-get
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

from schemas.errors import Permanent
from schemas.event import ChangesTold
from schemas.history import HistoryEntry
from schemas.model import Json
from schemas.ticket import Person
from trackers.fields import Fields
from trackers.jira.people import person
from trackers.sides import place, sides

_NATIVE = {
    "component": "components",
    "fix version": "fixVersions",
    "version": "versions",
    "issueparentassociation": "parent",
    "parent": "parent",
}
"""Fields by what items call them, where that is not their id."""
_MILLISECONDS = 10**11
"""A number above is in milliseconds, below in seconds."""
_KEY = re.compile(r"[A-Z][A-Z0-9_]*-\d+", re.ASCII)


class Side(NamedTuple):
    """A value as an item tells it: its id, and the words that were shown."""

    id: str | None = None
    words: str | None = None


UNSET = Side()


@dataclass(frozen=True, slots=True)
class Item:
    """What one line tells of one field; `tail` is its own in the line, whatever the order."""

    tail: str
    native: str
    index: int
    old: Side
    new: Side


def items(listed: list[Json], names: Mapping[str, str]) -> list[Item]:
    """The items of a line, each once; `names` are ids of custom fields by folded name.

    An item is known by its field's name, which is stored with it. The order of items is promised
    nowhere; a field that stands there several times, as components do, adds both its values.
    """
    told = [Fields.of(one, "changelog.items") for one in listed]
    called = [(one.text("field") or one.text("fieldId") or "").casefold() for one in told]
    found: dict[str, Item] = {}
    for index, (one, name) in enumerate(zip(told, called, strict=True)):
        old, new = _side(one, "from"), _side(one, "to")
        tail = name if called.count(name) == 1 else f"{name}:{_digest(old, new)}"
        found.setdefault(tail, Item(tail, _native(one, name, names), index, old, new))
    return list(found.values())


def told(issue: Fields, content: Fields, listed: list[Json]) -> ChangesTold | None:
    """The changes in a webhook that need neither the site nor the source to be understood.

    Under the ids the changelog has for them. What cannot be read is no fault of the delivery: it
    puts the issue in doubt all the same, and the changelog tells the rest.
    """
    try:
        return _told(issue, content, listed)
    except Permanent:
        return None


def _told(issue: Fields, content: Fields, listed: list[Json]) -> ChangesTold | None:
    """A line has no time of its own here: the issue's `updated` is that of the change."""
    changelog, fields = content.object("changelog"), issue.object("fields")
    number = changelog.id("id") if changelog else None
    at = fields.time("updated") if fields else None
    if number is None or at is None:
        return None
    line = Line(issue.need_id("id"), number, at, person(content.object("user")))
    found = tuple(
        line.entry(item, ours, sides(ours, read(item.old), read(item.new)))
        for item in items(listed, {})
        if item.native in EXACT
        for ours, read in (EXACT[item.native],)
        if item.old != item.new and (item.native != "parent" or _named(item))
    )
    return ChangesTold(ticket=line.ticket, entries=found, identified=True) if found else None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a ticket's changelog, under its number."""

    ticket: str
    number: str
    at: datetime
    actor: Person | None

    @property
    def order(self) -> int:
        """By numbers; they count up."""
        return int(self.number) if self.number.isdecimal() else 0

    def entry(
        self,
        item: Item,
        ours: str | None,
        both: tuple[Json, Json],
        *,
        told: bool = True,
        own: bool = True,
    ) -> HistoryEntry:
        """An entry for an item; not its `own` is one for another field of ours that it moved."""
        return HistoryEntry(
            id=f"{self.number}:{item.tail}" + ("" if own else f":{ours}"),
            ticket=self.ticket,
            at=self.at,
            actor=self.actor,
            native_field=item.native,
            field=ours,
            before=both[0] if told else None,
            after=both[1] if told else None,
            told=told,
            place=place(self.order, item.index),
        )

    def native(self, item: Item) -> HistoryEntry:
        """An entry for what is no change of a field of ours."""
        return self.entry(item, None, (_shown(item.old), _shown(item.new)))


def key_of(side: Side) -> str | None:
    """The key of another issue, if it is told."""
    return side.words if side.words and _KEY.fullmatch(side.words) else None


def _named(item: Item) -> bool:
    """Whether both ends of a parent's change are told by their keys."""
    return all(side == UNSET or key_of(side) for side in (item.old, item.new))


def _native(told: Fields, name: str, names: Mapping[str, str]) -> str:
    if told.text("fieldtype") == "custom":
        return told.text("fieldId") or names.get(name, name)
    return _NATIVE.get(name) or told.text("fieldId") or name


def _side(told: Fields, name: str) -> Side:
    """Several ids stand in one long text, as with sprints and people of a custom field.

    Where accounts got new ids, the one of today stands beside.
    """
    raw = told.value.get(name)
    number = told.text(name) if isinstance(raw, str) else told.id(name)
    account = told.text(f"tmp{name.capitalize()}AccountId")
    return Side(account or number or None, told.text(f"{name}String") or None)


def _digest(old: Side, new: Side) -> str:
    return blake2b(repr((old, new)).encode("utf-8", "replace"), digest_size=6).hexdigest()


def _shown(side: Side) -> Json:
    return side.words or side.id


def _someone(side: Side) -> Json:
    return [side.id] if side.id else None


def _labels(side: Side) -> Json:
    """All labels, parted by blanks."""
    return (side.words or "").split() or None


EXACT: dict[str, tuple[str, Callable[[Side], Json]]] = {
    "summary": ("title", lambda side: side.words),
    "status": ("status", lambda side: side.words),
    "labels": ("labels", _labels),
    "assignee": ("assignees", _someone),
    "parent": ("parent", key_of),
    "security": ("confidential", lambda side: side != UNSET),
}
"""Fields that an item tells wholly and no configuration moves: ours, and how a side is read."""


def lines(
    ticket: str, changes: list[Fields], names: Mapping[str, str]
) -> Iterator[tuple[Line, list[Item]]]:
    """The lines of a ticket's changelog with their items, as they came."""
    for change in changes:
        actor = person(change.object("author"))
        line = Line(ticket, change.need_id("id"), moment(change), actor)
        yield line, items(change.items("items"), names)


def moment(change: Fields) -> datetime:
    """When a line was written: ISO text, seconds or milliseconds, as documented and seen."""
    raw = change.value.get("created")
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        seconds = raw / 1000 if raw > _MILLISECONDS else raw
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            raise Permanent("changelog.created is a number, not a time") from None
    found = change.time("created")
    if found is None:
        raise Permanent("changelog.created is missing")
    return found
