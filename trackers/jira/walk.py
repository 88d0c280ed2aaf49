"""Reading a project page by page, in orders that lose nothing while issues move.

A whole pass asks for the filter, by creation; an incremental one for everything that moved since,
so that it sees issues leave the filter, too. `nextPageToken` is the only way on: a short or empty
page is no end (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/).
"""

import json
from collections.abc import Iterator
from datetime import datetime

from schemas.errors import Transient
from schemas.model import Json
from schemas.record import Cursor, Page
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.jira import marks, scope, walk_server
from trackers.jira.record import WANTED, Recorder
from trackers.jira.site import PAGE, Refused, Site


def changed_since(site: Site, cursor: Cursor, fresh: tuple[int, ...]) -> Iterator[Page]:
    """Pages of tickets with their comments and links; the last page's cursor has no position.

    `fresh` are issues whose newest state the search index must have caught up with.
    """
    condition = "" if cursor.since else scope.restriction(site.source)
    jql = scope.walk_jql(site.key, condition=condition, since=scope.millis(cursor.since))
    if not site.cloud:
        yield from walk_server.pages(site, cursor, condition)
        return
    body: dict[str, Json] = {
        "jql": jql,
        "maxResults": PAGE,
        "fields": list(WANTED),
        "properties": [marks.NAME],
    }
    body |= {"reconcileIssues": list(fresh)} if fresh else {}
    token, watermark = resumed(cursor, jql)
    recorder = Recorder(site)
    count = total(site, jql) if cursor.since is None and token is None else None
    for answer, follows in _answers(site, body, token):
        watermark = watermark or answer.date
        issues = Fields.of(answer.object, "search").items("issues")
        yield Page(
            kind="tickets",
            records=recorder.tickets(issues, inside(recorder, issues, whole=not cursor.since)),
            cursor=moved_on(cursor, jql, follows, watermark),
            total=count,
        )


def inside(recorder: Recorder, issues: list[Json], *, whole: bool) -> frozenset[str] | None:
    """The ids in the JQL: all of a whole pass, which asks for it; None without one."""
    ids = [Fields.of(one, "issue").need_id("id") for one in issues]
    return frozenset(ids) if whole else recorder.matching(ids)


def resumed(cursor: Cursor, jql: str) -> tuple[str | None, datetime | None]:
    """(token, watermark) to go on with; a position of another question is none."""
    try:
        found = json.loads(cursor.position or "")
        token = found["token"] if found["jql"] == jql else None
    except (ValueError, TypeError, KeyError):
        return None, None
    if not isinstance(token, str) or cursor.watermark is None:
        return None, None
    return token, cursor.watermark


def moved_on(cursor: Cursor, jql: str, token: str | None, watermark: datetime) -> Cursor:
    """Where to go on after a page; `since` becomes the watermark at the end."""
    if token is None:
        return Cursor(since=watermark, watermark=watermark)
    position = json.dumps({"jql": jql, "token": token})
    return Cursor(since=cursor.since, position=position, watermark=watermark)


def _answers(
    site: Site, body: dict[str, Json], token: str | None
) -> Iterator[tuple[Answer, str | None]]:
    """Each page with the token of the next; a token that is refused (they last seven days) makes
    the walk begin again."""
    told: set[str] = set()
    while True:
        answer = _page(site, body, token)
        token = Fields.of(answer.object, "search").text("nextPageToken") or None
        if token in told:
            raise Transient(f"{answer.asked}: the next page is one that was read")
        yield answer, token
        if token is None:
            return
        told.add(token)


def _page(site: Site, body: dict[str, Json], token: str | None) -> Answer:
    if token:
        try:
            return site.ask("/search/jql", {**body, "nextPageToken": token})
        except Refused as error:
            if error.status != 400:
                raise
    return site.search("/search/jql", body)


def total(site: Site, jql: str) -> int | None:
    """About how many a whole pass will bring: the search itself does not tell."""
    condition = scope.split_order(jql)[0]
    answer = site.search("/search/approximate-count", {"jql": condition})
    return Fields.of(answer.object, "count").whole("count") if answer.ok else None
