"""The walk at Data Center, whose search knows numbered pages only.

A page number slides while issues move, so a whole pass goes on behind the last key seen, and an
incremental one from the last time seen
(https://docs.atlassian.com/software/jira/docs/api/REST/latest/#api/2/search-search).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.errors import Permanent
from schemas.model import Json
from schemas.record import Cursor, Page
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.jira import scope
from trackers.jira.record import WANTED, Recorder
from trackers.jira.site import PAGE, Site, Unsearchable


@dataclass(frozen=True, slots=True)
class _Step:
    """The next page: behind a key, or from a time with so many of it already seen."""

    key: str | None = None
    millis: int | None = None
    start: int = 0


def pages(site: Site, cursor: Cursor, condition: str) -> Iterator[Page]:
    """Pages of tickets, as `walk.changed_since` gives them."""
    step, watermark = _resumed(cursor)
    recorder, again = Recorder(site), False
    while step:
        try:
            answer = _search(site, _jql(site, condition, step), WANTED, step.start)
        except Unsearchable:
            if step.key is None or again:
                raise
            step, again = _Step(), True  # Jira refuses a key that is no issue's any more
            continue
        watermark = watermark or answer.date
        told = Fields.of(answer.object, "search")
        issues = told.items("issues")
        ids = [Fields.of(one, "issue").need_id("id") for one in issues]
        whole = cursor.since is None
        within = frozenset(ids) if whole else recorder.matching(ids)
        last = step.start + len(issues) >= (told.whole("total") or 0)
        step = None if last or not issues else _following(step, issues)
        yield Page(
            kind="tickets",
            records=recorder.tickets(issues, within),
            cursor=_moved_on(cursor, step, watermark),
            total=told.whole("total") if whole else None,
        )


def _search(site: Site, jql: str, fields: Sequence[str], start: int) -> Answer:
    body = {"jql": jql, "startAt": start, "maxResults": PAGE, "fields": list(fields)}
    return site.search("/search", body)


def _jql(site: Site, condition: str, step: _Step) -> str:
    if step.millis is not None:
        return scope.walk_jql(site.key, since=step.millis)
    clauses = [condition] if condition else []
    clauses += [f"key > {scope.quoted(step.key)}"] if step.key else []
    plain = scope.split_order(scope.walk_jql(site.key, condition=" AND ".join(clauses)))[0]
    return f"{plain} ORDER BY key ASC"


def _following(step: _Step, issues: list[Json]) -> _Step:
    last = Fields.of(issues[-1], "issue")
    if step.millis is None:
        return _Step(key=last.need_text("key"))
    updated = last.need_object("fields").time("updated")
    if updated is None:
        raise Permanent("issue.fields.updated is missing")
    millis = scope.millis(updated)
    if millis is not None and millis > step.millis:
        return _Step(millis=millis)
    return _Step(millis=step.millis, start=step.start + len(issues))


def _resumed(cursor: Cursor) -> tuple[_Step | None, datetime | None]:
    millis = scope.millis(cursor.since)
    try:
        found = json.loads(cursor.position or "")
        step = _Step(key=found["key"], millis=found["millis"], start=int(found["start"]))
    except (ValueError, TypeError, KeyError):
        return _Step(millis=millis), None
    if cursor.watermark is None or (step.millis is None) != (millis is None):
        return _Step(millis=millis), None
    return step, cursor.watermark


def _moved_on(cursor: Cursor, step: _Step | None, watermark: datetime) -> Cursor:
    if step is None:
        return Cursor(since=watermark, watermark=watermark)
    told = {"key": step.key, "millis": step.millis, "start": step.start}
    return Cursor(since=cursor.since, position=json.dumps(told), watermark=watermark)
