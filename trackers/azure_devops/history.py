"""Every change of a work item, as its updates tell them.

https://learn.microsoft.com/rest/api/azure/devops/wit/updates/list
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.history import History, HistoryEntry
from schemas.model import Json
from schemas.ticket import Person
from trackers.azure_devops import links, names, read
from trackers.azure_devops.boards import Boards, listed, refused
from trackers.azure_devops.people import person
from trackers.fields import Fields

_OURS = {
    names.TITLE: "title",
    names.DESCRIPTION: "body",
    names.REPRO_STEPS: "body",
    names.TYPE: "type",
    names.STATE: "status",
    names.REASON: "close_reason",
    names.PRIORITY: "priority",
    names.SEVERITY: "severity",
    names.TAGS: "labels",
    names.ASSIGNED_TO: "assignees",
    names.ITERATION: "sprint",
    names.AREA: "components",
    **dict.fromkeys(names.POINTS, "story_points"),
    names.ORIGINAL_ESTIMATE: "time_estimate",
    names.COMPLETED_WORK: "time_spent",
    **dict.fromkeys(names.DUE, "due_date"),
}
_NOISE = {
    "System.Id", "System.Rev", "System.Watermark", "System.AuthorizedDate", "System.AuthorizedAs",
    "System.RevisedDate", names.CHANGED, "System.ChangedBy", "System.PersonId", "System.NodeName",
    names.COMMENT_COUNT, names.HISTORY, names.CREATED, names.CREATED_BY, names.AREA_ID,
    names.ITERATION_ID, "System.IsDeleted", "Microsoft.VSTS.Common.StateChangeDate",
    "Microsoft.VSTS.Common.StackRank", "Microsoft.VSTS.Common.BacklogPriority",
    "System.BoardColumn", "System.BoardColumnDone", "System.BoardLane",
}  # fmt: skip
"""What every save moves, and where cards lie on boards."""
_LEVELS = ("System.AreaLevel", "System.IterationLevel", "WEF_")
_UNSET = 9999
"""The year of the newest update's `revisedDate`, which is when it ceases to hold."""


def history(boards: Boards, tickets: Sequence[str]) -> Iterator[History]:
    """The changelog of each, oldest first; those that cannot be read are left out."""
    for ticket in tickets:
        told = _of_item(boards, ticket)
        if told is not None:
            yield History(ticket=ticket, entries=tuple(told))


def _of_item(boards: Boards, ticket: str) -> list[HistoryEntry] | None:
    """All entries of one work item; None when it cannot be read."""
    entries: list[HistoryEntry] = []
    skip, last = 0, None
    while True:
        path = f"/_apis/wit/workItems/{read.number(ticket)}/updates"
        answer = boards.get(path, {"$top": names.FULL_BATCH, "$skip": skip})
        if answer.status == 404:
            return None
        if not answer.ok:
            raise refused(answer)
        updates = listed(answer)
        for update in (Fields(one, "update") for one in updates):
            last = _moment(update) or last
            if last:
                entries += _entries(boards, ticket, update, last)
        skip += len(updates)
        if len(updates) < names.FULL_BATCH:
            return entries


def _entries(boards: Boards, ticket: str, update: Fields, at: datetime) -> Iterator[HistoryEntry]:
    fields = update.object("fields") or Fields({}, "update.fields")
    who = person(update.value.get("revisedBy"), "update.revisedBy")
    key = f"{ticket}:{update.need_id('id')}"
    for name in fields.value:
        change = fields.object(name)
        if change is None or name in _NOISE or name.startswith(_LEVELS):
            continue
        before, after = (_shown(name, change.value.get(one)) for one in ("oldValue", "newValue"))
        if before != after:
            yield HistoryEntry(
                id=f"{key}:{name}",
                ticket=ticket,
                at=at,
                actor=who,
                native_field=name,
                field=_ours(boards, name),
                before=before,
                after=after,
            )
    yield from _link_entries(update, key, ticket, at, who)


def _link_entries(
    update: Fields, key: str, ticket: str, at: datetime, who: Person | None
) -> Iterator[HistoryEntry]:
    """Links added and taken away; the far end by its id, else by its address."""
    changed = update.object("relations")
    for word in ("added", "removed") if changed else ():
        for place, item in enumerate(changed.items(word) if changed else ()):
            relation = Fields.of(item, f"update.relations.{word}")
            end = links.far_end(relation.value)
            far = end.id if end else relation.text("url")
            rel = relation.need_text("rel")
            yield HistoryEntry(
                id=f"{key}:{word}:{place}",
                ticket=ticket,
                at=at,
                actor=who,
                native_field=rel,
                field="relations" if end else None,
                before=far if word == "removed" else None,
                after=far if word == "added" else None,
            )


def _moment(update: Fields) -> datetime | None:
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


def _ours(boards: Boards, name: str) -> str | None:
    configured = {native: ours for ours, native in boards.source.fields.items()}
    return configured.get(name) or _OURS.get(name)


def _shown(name: str, value: Json) -> Json:
    """People by their unique names; everything else as it is, "" as unset."""
    found = person(value, name) if isinstance(value, dict) else None
    if found:
        return found.login or found.name
    return None if value == "" else value
