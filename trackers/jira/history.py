"""The changelog: every change of every field, to its end."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from schemas.errors import Permanent
from schemas.history import History, HistoryEntry
from schemas.model import Json
from trackers.fields import Fields
from trackers.http import Params
from trackers.jira.people import person
from trackers.jira.record import Recorder
from trackers.jira.site import Missing, Site

_TOGETHER = 100
_MILLISECONDS = 10**11
"""A number above is in milliseconds, below in seconds: both are documented and seen."""

_OURS = {
    "summary": "title",
    "description": "body",
    "status": "status",
    "assignee": "assignees",
    "reporter": "reporter",
    "labels": "labels",
    "priority": "priority",
    "issuetype": "type",
    "duedate": "due_date",
    "fixversions": "milestone",
    "fix version": "milestone",
    "components": "components",
    "component": "components",
    "resolution": "close_reason",
    "parent": "parent",
    "issueparentassociation": "parent",
    "epic link": "epic",
    "sprint": "sprint",
    "timeoriginalestimate": "time_estimate",
    "timespent": "time_spent",
    "attachment": "attachments",
    "link": "links",
}
_BY_ID = ("assignees", "reporter")
"""People are told by id; all else by the words that were shown."""


def history(site: Site, tickets: Sequence[str]) -> Iterator[History]:
    """Every change of these tickets, oldest first ticket by ticket."""
    names = _names(site)
    for start in range(0, len(tickets), _TOGETHER):
        some = tickets[start : start + _TOGETHER]
        found = _several(site, some) if site.cloud and len(some) > 1 else _each(site, some)
        entries: dict[str, list[HistoryEntry]] = {ticket: [] for ticket in some}
        for ticket, change in found:
            entries.setdefault(ticket, []).extend(_entries(ticket, change, names))
        for ticket, listed in entries.items():
            yield History(ticket=ticket, entries=tuple(sorted(listed, key=_order)))


def _several(site: Site, tickets: Sequence[str]) -> Iterator[tuple[str, Fields]]:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-changelog-bulkfetch-post"""
    body: dict[str, Json] = {"issueIdsOrKeys": list(tickets), "maxResults": 1000}
    while True:
        page = Fields.of(site.ask("/changelog/bulkfetch", body).object, "changelogs")
        for item in page.items("issueChangeLogs"):
            issue = Fields.of(item, "changelog")
            for change in issue.items("changeHistories"):
                yield issue.need_id("issueId"), Fields.of(change, "changelog")
        token = page.text("nextPageToken")
        if not token or token == body.get("nextPageToken"):
            return
        body["nextPageToken"] = token


def _each(site: Site, tickets: Sequence[str]) -> Iterator[tuple[str, Fields]]:
    """One by one; an issue that cannot be read has no history for us."""
    for ticket in tickets:
        params: Params = {"fields": "summary"} | ({} if site.cloud else {"expand": "changelog"})
        answer = site.get(f"/issue/{ticket}", params)
        if not answer.ok:
            continue
        if site.cloud:
            listed = site.paged(f"/issue/{ticket}/changelog", "values", read=site.part)
            with suppress(Missing):
                yield from ((ticket, change) for change in listed)
            continue
        told = Fields.of(answer.object, "issue").object("changelog")
        changes = told.items("histories") if told else []
        yield from ((ticket, Fields.of(change, "changelog")) for change in changes)


def _entries(ticket: str, change: Fields, names: dict[str, str]) -> Iterator[HistoryEntry]:
    number, at = change.need_id("id"), _moment(change)
    actor = person(change.object("author"))
    for place, item in enumerate(change.items("items")):
        told = Fields.of(item, "changelog.items")
        native = told.text("fieldId") or told.text("field") or ""
        field = names.get(native.casefold()) or names.get((told.text("field") or "").casefold())
        yield HistoryEntry(
            id=f"{number}:{place}",
            ticket=ticket,
            at=at,
            actor=actor,
            native_field=native,
            field=field,
            before=_side(told, "from", by_id=field in _BY_ID),
            after=_side(told, "to", by_id=field in _BY_ID),
        )


def _side(told: Fields, name: str, *, by_id: bool) -> Json:
    """Several ids stand in one long text, as with sprints and people of a custom field."""
    raw, shown = told.value.get(name), told.text(f"{name}String")
    number = (told.text(name) if isinstance(raw, str) else told.id(name)) or None
    return (number or shown) if by_id else (shown or number)


def _moment(change: Fields) -> datetime:
    """ISO text, seconds or milliseconds."""
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


def _names(site: Site) -> dict[str, str]:
    """Our names by Jira's, the custom fields of this site among them."""
    found = {key: ours for ours, keys in Recorder(site).notes()["fields"].items() for key in keys}
    return {**_OURS, **found, **{key: ours for ours, key in site.source.fields.items()}}


def _order(entry: HistoryEntry) -> tuple[datetime, int, int]:
    number, _, place = entry.id.partition(":")
    return entry.at, int(number) if number.isdecimal() else 0, int(place)
