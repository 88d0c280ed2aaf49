"""Fields of ours that are one of many at Jira: the sprint, and the version to be fixed in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.model import Json
from trackers.fields import Fields
from trackers.jira import values
from trackers.jira.changelog import Item, Line, Side
from trackers.jira.meaning import UNSURE, Meaning


def sprints(
    fields: Fields, told: list[tuple[Line, list[Item]]], meaning: Meaning
) -> dict[str, tuple[Json, Json]]:
    """The sprint before and after each line that moved it, by the line's number.

    An item lists all sprints the issue ever was in, and only one of them can be open: the one that
    came. Where the issue itself shows another one by now, none is sure.
    """
    found: dict[str, tuple[Json, Json]] = {}
    last: tuple[tuple[str, ...], str | None] = ((), None)
    names: dict[str, Json] = {}
    for line, items in told:
        for item in items:
            if item.native not in meaning.made_of["sprint"]:
                continue
            old, new = _listed(item.old), _listed(item.new)
            names |= dict.fromkeys((*old, *new), UNSURE) | old | new
            first = last[1] if last[0] == tuple(old) else _last(old)
            last = (tuple(new), _open(old, new))
            found[line.number] = (
                names[first] if first else None,
                names[last[1]] if last[1] else None,
            )
    now = values.current(values.sprints(fields, meaning.source, meaning.found))
    if found and last[1] != (now.id if now else None):
        return dict.fromkeys(found, (UNSURE, UNSURE))
    return found


def _open(old: dict[str, Json], new: dict[str, Json]) -> str | None:
    came = [one for one in new if one not in old]
    return came[0] if len(came) == 1 else _last(new)


def _last(listed: dict[str, Json]) -> str | None:
    return next(reversed(listed), None)


def _listed(side: Side) -> dict[str, Json]:
    """Names by id; a name that has a comma itself cannot be told from two."""
    ids = [one.strip() for one in (side.id or "").split(",") if one.strip()]
    names = [one.strip() for one in (side.words or "").split(",")] if len(ids) > 1 else [side.words]
    known: list[Json] = [one or UNSURE for one in names]
    return dict(zip(ids, known if len(known) == len(ids) else [UNSURE] * len(ids), strict=True))


@dataclass(slots=True)
class Versions:
    """The versions an issue is to be fixed in, walked back; None once lines and issue disagree."""

    held: dict[str, Json] | None

    def back(self, items: Sequence[Item]) -> tuple[Json, Json]:
        """The one before and after a line; UNSURE of several, since their order is not told."""
        moved = [item for item in items if item.native == "fixVersions"]
        for item in moved:
            if self.held is not None and item.new.id and item.new.id in self.held:
                self.held[item.new.id] = item.new.words
        after = self._one()
        for item in moved:
            self._undo(item)
        return self._one(), after

    def _undo(self, item: Item) -> None:
        gone, came = item.old.id, item.new.id
        if self.held is None or (came and came not in self.held) or (gone and gone in self.held):
            self.held = None
            return
        if came:
            del self.held[came]
        if gone:
            self.held[gone] = item.old.words

    def _one(self) -> Json:
        if self.held is None or len(self.held) > 1:
            return UNSURE
        return next(iter(self.held.values()), None)


def versions(fields: Fields, meaning: Meaning) -> Versions | None:
    """Where to begin; None when the source has its milestones elsewhere."""
    if meaning.made_of["milestone"] != ("fixVersions",):
        return None
    listed = [Fields.of(one, "fixVersions") for one in fields.items("fixVersions")]
    return Versions({one.need_id("id"): one.text("name") for one in listed})
