"""Changes that a service hook tells exactly, under the ids the list of updates has for them.

Only what needs neither the source's maps nor the rest of the work item; all else is told by the
updates themselves (https://learn.microsoft.com/azure/devops/service-hooks/events).
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from schemas.errors import Permanent
from schemas.event import ChangesTold
from schemas.history import HistoryEntry, members
from schemas.model import Json
from schemas.ticket import Person
from trackers.azure_devops import links, names, past, translate
from trackers.azure_devops.people import person
from trackers.fields import Fields
from trackers.sides import sides


def told(ticket: str, resource: Fields) -> ChangesTold | None:
    """The changes in a `workitem.updated`; None when it tells none surely.

    What cannot be read is no fault of the delivery: it stays a hint, and the updates tell the rest.
    """
    try:
        return _told(ticket, resource)
    except Permanent:
        return None


def _told(ticket: str, resource: Fields) -> ChangesTold | None:
    """The `id` of the resource numbers the update."""
    fields, update = resource.value.get("fields"), resource.value.get("id")
    if not isinstance(fields, dict) or type(update) is not int or update <= 0:
        return None
    at = past.moment(resource) or _saved(resource)
    if at is None:
        return None
    who = past.actor(resource)
    entries = tuple(
        HistoryEntry(
            id=past.entry_id(ticket, str(update), native),
            ticket=ticket,
            at=at,
            actor=who,
            native_field=native,
            field=ours,
            before=before,
            after=after,
            place=past.order_of(str(update)),
        )
        for native, ours, (before, after) in _changes(fields, resource, who)
    )
    return ChangesTold(ticket=ticket, entries=entries, identified=True) if entries else None


def _saved(resource: Fields) -> datetime | None:
    """The time of the state after it; links alone may be saved without a change of the date."""
    revision = resource.value.get("revision")
    fields = revision.get("fields") if isinstance(revision, dict) else None
    return (
        Fields(fields, "revision.fields").time(names.CHANGED) if isinstance(fields, dict) else None
    )


def _changes(
    fields: dict[str, Json], resource: Fields, who: Person | None
) -> Iterator[tuple[str, str, tuple[Json, Json]]]:
    """(field, ours, both sides) of each."""
    for native in (name for name in fields if name in _EXACT):
        ours, shown = _EXACT[native]
        change = fields[native]
        both = [change.get(side) for side in past.SIDES] if isinstance(change, dict) else [0]
        if all(one is None or isinstance(one, str) for one in both):
            before, after = (shown(Fields({native: one}, "fields")) for one in both)
            if before != after:
                yield native, ours, sides(ours, before, after)
    yield from _assigned(fields.get(names.ASSIGNED_TO), who)
    yield from _parent(resource)


def _assigned(change: Json, known: Person | None) -> Iterator[tuple[str, str, tuple[Json, Json]]]:
    """People stand here as text; the one who saved it is told with the id, others are not."""
    if not isinstance(change, dict):
        return
    found: list[Json] = []
    for value in (change.get(side) for side in past.SIDES):
        one = person(value, names.ASSIGNED_TO) if isinstance(value, str | dict) else None
        if one and isinstance(value, str):
            if known is None or known.login.casefold() != one.login.casefold():
                return
            one = known
        found.append([one.id] if one else None)
    if found[0] != found[1]:
        yield names.ASSIGNED_TO, "assignees", sides("assignees", found[0], found[1])


def _parent(resource: Fields) -> Iterator[tuple[str, str, tuple[Json, Json]]]:
    """There is one parent at most."""
    moved = resource.value.get("relations")
    if not isinstance(moved, dict):
        return
    ends: list[Json] = []
    for word in ("removed", "added"):
        listed = moved.get(word)
        found = links.parent({"relations": listed if isinstance(listed, list) else []})
        ends.append(found.key if found else None)
    if ends[0] != ends[1]:
        yield names.REVERSE, "parent", (ends[0], ends[1])


def _named(native: str) -> Callable[[Fields], Json]:
    return lambda fields: fields.text(native) or None


def _sprint(fields: Fields) -> Json:
    found = translate.sprint_of(fields)
    return found.name if found else None


_EXACT: dict[str, tuple[str, Callable[[Fields], Json]]] = {
    names.TITLE: ("title", _named(names.TITLE)),
    names.STATE: ("status", _named(names.STATE)),
    names.TAGS: ("labels", lambda fields: members(one.name for one in translate.labels_of(fields))),
    names.ITERATION: ("sprint", _sprint),
    names.AREA: (
        "components",
        lambda fields: members(one.name for one in translate.components_of(fields)),
    ),
}
"""Fields that no map of a source touches, as history shows their values."""
