"""A work item's updates, played from the first one on: what each made of the ticket. Pure.

An update tells fields, and several fields may make one of ours (state and reason, the fields of
the processes for points). So each state is put together and translated as any record is, and the
translations are compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from schemas.history import TRACKED, HistoryEntry, shown
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Person
from trackers.azure_devops import links, names, translate, values
from trackers.azure_devops.people import person
from trackers.fields import Fields
from trackers.sides import owners, place, sides

TOLD = frozenset(
    {
        "title", "body", "type", "status", "close_reason", "priority", "severity", "reporter",
        "sprint", "parent", "estimate", "story_points", "weight", "time_estimate", "time_spent",
        "due_date", "customer", "labels", "assignees", "components",
    }
)  # fmt: skip
"""The fields whose every change the updates tell."""

_FILLED_BY: dict[str, tuple[str, ...]] = {
    "title": (names.TITLE,),
    "type": (names.TYPE,),
    "status": (names.STATE,),
    "close_reason": (names.REASON, names.STATE, names.TYPE),
    "reporter": (names.CREATED_BY,),
    "sprint": (names.ITERATION,),
    "labels": (names.TAGS,),
    "assignees": (names.ASSIGNED_TO,),
    "components": (names.AREA,),
    "parent": (names.REVERSE,),
}
"""What no map of a source changes; the first field of each is its own. The parent is a link."""

_NOISE = {
    "System.Id", "System.Rev", "System.Watermark", "System.AuthorizedDate", "System.AuthorizedAs",
    "System.RevisedDate", names.CHANGED, "System.ChangedBy", "System.PersonId", "System.NodeName",
    names.COMMENT_COUNT, names.HISTORY, names.CREATED, names.CREATED_BY, names.AREA_ID,
    names.ITERATION_ID, names.DELETED, names.PARENT, names.CLOSED, "System.BoardColumn",
    "System.BoardColumnDone", "System.BoardLane", *values.MOVING,
}  # fmt: skip
"""What every save moves, where cards lie on boards, and the parent, which is a link."""
_LEVELS = ("System.AreaLevel", "System.IterationLevel", "WEF_")
_NUMBERS = ("estimate", "weight", "story_points", "time_estimate", "time_spent")
_UNSET = 9999
"""The year of the newest update's `revisedDate`, which is when it ceases to hold."""


def entries(
    item: dict[str, Json],
    updates: list[Fields],
    source: Source,
    category: Callable[[str | None, str | None], str | None],
) -> Iterator[HistoryEntry]:
    """Every change after the creation, oldest first.

    `item` is the work item as it is now, `category` tells what a type's state means to the process.
    """
    played = _Played(item, source, category)
    last: datetime | None = None
    for update in updates:
        last = moment(update) or last
        if last:
            yield from played.take(update, last)


@dataclass(slots=True)
class _Played:
    """The work item as far as its updates are played; `held` is how our fields are shown."""

    item: dict[str, Json]
    source: Source
    category: Callable[[str | None, str | None], str | None]
    fields: dict[str, Json] = field(default_factory=dict)
    parents: list[Json] = field(default_factory=list)
    held: dict[str, Json] | None = None
    people: dict[str, Json] = field(default_factory=dict)
    filled_by: dict[str, tuple[str, ...]] = field(init=False)
    owners: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.filled_by = _filled_by(self.source)
        self.owners = owners(_FILLED_BY, self.filled_by)
        now = Fields.of(self.item, "workItem").object("fields")
        for value in now.value.values() if now else ():
            self._meet(value)

    def take(self, update: Fields, at: datetime) -> Iterator[HistoryEntry]:
        """One update more; what it changed. The first one made the work item."""
        changed = self._changed(update)
        moved = self._relate(update)
        if self.held is None:
            self.held = self._shown(frozenset(TRACKED))
            return
        touched = {ours for ours, told in self.filled_by.items() if changed.keys() & set(told)}
        touched |= {"parent"} if moved else set()
        now = self._shown(frozenset(touched)) if touched else {}
        made = _Made(update, self.item, at)
        carried = set()
        for ours in (one for one in TRACKED if one in touched):
            before, after = self.held[ours], now[ours]
            if before != after:
                native = self._carrier(ours, changed)
                own = self.owners[native] == ours
                carried |= {native} if own else set()
                tail = native if own else f"{native}:{ours}"
                told = ours != "body" or not self._is_markdown()
                yield made.entry(tail, native, ours, sides(ours, before, after), told=told)
        self.held |= now
        for native, (before, after) in changed.items():
            if native not in carried:
                yield made.entry(native, native, None, (_plain(before), _plain(after)))
        yield from made.links()

    def _changed(self, update: Fields) -> dict[str, tuple[Json, Json]]:
        """The fields an update changed, each with both values; the state follows them."""
        self._meet(update.value.get("revisedBy"))
        found = update.object("fields") or Fields({}, "update.fields")
        changed: dict[str, tuple[Json, Json]] = {}
        for name in found.value:
            change = found.object(name)
            if change is None:
                continue
            before, after = (self._value(name, change.value.get(one)) for one in SIDES)
            if after is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = after
            if before != after and name not in _NOISE and not name.startswith(_LEVELS):
                changed[name] = (before, after)
        return changed

    def _relate(self, update: Fields) -> bool:
        """Keeps the link to the parent; whether it may have changed."""
        told = update.object("relations")
        if told is None:
            return False
        gone = [_end_of(one) for one in told.items("removed")]
        came = [one for one in told.items("added") if _end_of(one)[0] == _UPWARD]
        self.parents = [one for one in self.parents if _end_of(one) not in gone] + came
        return bool(came) or any(rel == _UPWARD for rel, _ in gone)

    def _shown(self, wanted: frozenset[str]) -> dict[str, Json]:
        """Our fields as history has them; the text is converted only when it is asked for."""
        left_out = set() if "body" in wanted else {*self.filled_by["body"], *_TEXTS} - {names.TYPE}
        fields = {name: value for name, value in self.fields.items() if name not in left_out}
        told = Fields(fields, "update.fields")
        meant = self.category(told.text(names.TYPE), told.text(names.STATE))
        record = {
            **{name: self.item[name] for name in ("id", "rev", _FORMATS) if name in self.item},
            "fields": fields,
            "relations": self.parents,
            names.OURS: {"category": meant},
        }
        ticket = translate.to_ticket(record, self.source)
        return {ours: shown(ticket, ours) for ours in wanted}

    def _carrier(self, ours: str, changed: dict[str, tuple[Json, Json]]) -> str:
        """The field whose change stands for one of ours."""
        told = self.filled_by[ours]
        return next((name for name in told if name in changed), told[0])

    def _is_markdown(self) -> bool:
        """Since when a field holds Markdown is told nowhere, so its past cannot be read surely."""
        return any(values.is_markdown(self.item, name) for name in self.filled_by["body"])

    def _value(self, name: str, value: Json) -> Json:
        """A value as the record has it: numbers as numbers, people as objects, "" as unset."""
        if value is None or value == "":
            return None
        self._meet(value)
        if name in (names.ASSIGNED_TO, names.CREATED_BY) and isinstance(value, str):
            found = person(value, name)
            return self.people.get(found.login.casefold(), value) if found else None
        if isinstance(value, str) and any(name in self.filled_by[ours] for ours in _NUMBERS):
            return _number(value)
        return value

    def _meet(self, value: Json) -> None:
        """Old versions name people by text alone, who are told as objects elsewhere."""
        login = value.get("uniqueName") if isinstance(value, dict) else None
        if isinstance(login, str):
            self.people.setdefault(login.casefold(), value)


SIDES = ("oldValue", "newValue")
_TEXTS = (names.DESCRIPTION, names.REPRO_STEPS)
_FORMATS = "multilineFieldsFormat"
_UPWARD = names.REVERSE.casefold()


@dataclass(frozen=True, slots=True)
class _Made:
    """One update as the entries of its changes name it."""

    update: Fields
    item: dict[str, Json]
    at: datetime

    def entry(
        self,
        tail: str,
        native: str,
        ours: str | None,
        both: tuple[Json, Json],
        *,
        told: bool = True,
    ) -> HistoryEntry:
        number = self.update.need_id("id")
        return HistoryEntry(
            id=entry_id(str(self.item["id"]), number, tail),
            ticket=str(self.item["id"]),
            at=self.at,
            actor=actor(self.update),
            native_field=native,
            field=ours,
            before=both[0] if told else None,
            after=both[1] if told else None,
            told=told,
            place=order_of(number),
        )

    def links(self) -> Iterator[HistoryEntry]:
        """Links added and taken away but the parent; the far end by its id or its address."""
        changed = self.update.object("relations")
        for word in ("added", "removed") if changed else ():
            for index, one in enumerate(changed.items(word) if changed else ()):
                rel, far = _end_of(one)
                if rel != _UPWARD:
                    native = Fields.of(one, "update.relations").need_text("rel")
                    both = (None, far) if word == "added" else (far, None)
                    yield self.entry(f"{word}:{index}", native, None, both)


def entry_id(ticket: str, update: str, tail: str) -> str:
    """`ticket:update:field`; hooks and the list of updates number updates alike."""
    return f"{ticket}:{update}:{tail}"


def order_of(update: str) -> int:
    """Updates of one moment in their order."""
    return place(int(update) if update.isdecimal() else 0, 0)


def actor(update: Fields) -> Person | None:
    """Who saved it."""
    return person(update.value.get("revisedBy"), "update.revisedBy")


def moment(update: Fields) -> datetime | None:
    """When it was saved: the new date of change, or the update's own where it is a real one.

    One that tells neither was saved with the one before it.
    """
    fields = update.object("fields")
    changed = fields.object(names.CHANGED) if fields else None
    saved = changed.time("newValue") if changed else None
    if saved:
        return saved
    revised = update.time("revisedDate")
    return revised if revised and 1 < revised.year < _UNSET else None


def _filled_by(source: Source) -> dict[str, tuple[str, ...]]:
    """The fields that make each of ours, its own ones first."""
    found = dict(_FILLED_BY)
    for ours, usual in values.USUAL.items():
        named = source.fields.get(ours)
        found[ours] = (named,) if named else usual
    customer, body = source.fields.get("customer"), source.fields.get("body")
    found["customer"] = (customer,) if customer else ()
    found["body"] = ((body,) if body else _TEXTS) + (names.TYPE,)
    return found


def _end_of(relation: Json) -> tuple[str, str]:
    """(kind of link, where it leads): what makes it the same link."""
    told = Fields.of(relation, "update.relations")
    end = links.far_end(told.value)
    return told.need_text("rel").casefold(), end.id if end else (told.text("url") or "")


def _number(text: str) -> Json:
    try:
        return float(text)
    except ValueError:
        return text


def _plain(value: Json) -> Json:
    """A value of a field that is none of ours; people by their unique names."""
    found = person(value, "update.fields") if isinstance(value, dict) else None
    return (found.login or found.name) if found else value
