"""Reading a team page by page, in an order that loses nothing while issues move.

Both passes walk by creation, which no edit changes; the incremental one asks for what was updated
since. A list by `updatedAt` would push an edited issue to a page already read. What is created or
edited behind the cursor is newer than the watermark, and the next pass finds it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas import revision
from schemas.errors import Denied, Permanent, Transient
from schemas.model import Json
from schemas.record import Cursor, Gone, Page, Record
from trackers.fields import Fields
from trackers.linear import paging, queries, scope
from trackers.linear.graph import Unknown
from trackers.linear.team import Team, comment_record, whole_record

Walk = Literal["tickets", "comments"]


@dataclass(frozen=True, slots=True)
class Step:
    """One page to ask for: the walk, and where in its list it begins."""

    walk: Walk
    after: str | None = None


def changed_since(team: Team, cursor: Cursor) -> Iterator[Page]:
    """Pages of tickets, then of comments; the last page's cursor has no position.

    A full pass needs no walk of comments: every ticket brings its own, complete. The watermark is
    the tracker's clock at the first answer, never at the end.
    """
    resumed = _resume(cursor)
    step: Step | None = resumed or Step("tickets")
    watermark = cursor.watermark if resumed else None
    while step:
        try:
            contents, clock = _asked(team, step, cursor.since)
        except Permanent as error:
            if step is not resumed or step.after is None or isinstance(error, Denied):
                raise
            # The issue that marked the place was deleted for good: from the beginning, then.
            resumed, step, watermark = None, Step("tickets"), None
            continue
        watermark = watermark or clock
        found = contents.need_object("issues" if step.walk == "tickets" else "comments")
        step = _following(step, found, cursor.since)
        yield _page(team, found, _cursor(cursor.since, step, watermark), cursor.since)


def _asked(team: Team, step: Step, since: datetime | None) -> tuple[Fields, datetime]:
    asked = {"filter": _filter(team, step.walk, since), "after": step.after}
    with judging(team):
        if step.walk == "comments":
            return team.graph.answered(queries.COMMENTS, asked)
        contents, clock = team.graph.answered(queries.ISSUES, {**asked, "team": team.filter})
    if not contents.need_object("teams").items("nodes"):
        # Its issues are an empty list then, which looks like a team where nothing happens.
        raise Denied(f"team {team.key}: there is none, or the credential may not see it")
    return contents, clock


def _page(team: Team, found: Fields, cursor: Cursor, since: datetime | None) -> Page:
    nodes = [Fields.of(item, found.path) for item in found.items("nodes")]
    if found.path.endswith("comments"):
        records = tuple(record for record in map(comment_record, nodes) if record)
        return Page(kind="comments", records=records, cursor=cursor)
    trashed = [node for node in nodes if node.flag("trashed")]
    kept = [whole_record(team.graph, node) for node in nodes if not node.flag("trashed")]
    return Page(
        kind="tickets",
        records=tuple(marked(team, kept, sifted=since is None)),
        cursor=cursor,
        gone=tuple(Gone(ticket=node.need_id("id"), proof="trashed") for node in trashed),
    )


def marked(team: Team, records: list[Record], *, sifted: bool = False) -> list[Record]:
    """Records that say whether Linear counts them to the source's native filter.

    `sifted` says that Linear has left out all others already.
    """
    own = scope.native(team.source)
    if own is None or not records:
        return records
    ids = [record.ticket for record in records]
    held = set(ids) if sifted else matching(team, ids, [own])
    return [
        record.model_copy(update={"body": {**record.body, scope.MARK: record.ticket in held}})
        for record in records
    ]


def matching(team: Team, tickets: list[str], wanted: list[dict[str, Json]]) -> set[str]:
    """Those of at most 250 issues that Linear counts to some filters of its own form."""
    ids: dict[str, Json] = {"id": {"in": [*tickets]}}
    with judging(team):
        asked: dict[str, Json] = {"filter": {"and": [ids, *wanted]}}
        found = paging.nodes(team.graph, queries.INSIDE, asked, "issues")
        return {node.need_id("id") for node in found}


@contextmanager
def judging(team: Team) -> Iterator[None]:
    """A word that Linear does not know is the native filter's own, where there is one."""
    try:
        yield
    except Unknown as error:
        if scope.native(team.source) is None or "is not defined by type" not in error.told:
            raise
        raise Denied(f"filter of source {team.source.name!r}: {error.told}") from None


def _filter(team: Team, walk: Walk, since: datetime | None) -> dict[str, Json]:
    """What an incremental pass asks for lies in no state or label, to see tickets leave them."""
    where: dict[str, Json] = {"team": team.filter}
    updated: dict[str, Json] = {"updatedAt": {"gte": revision.of_time(since, 3)}} if since else {}
    if walk == "comments":
        return {"issue": where, **updated}
    if since:
        return {**where, **updated}
    wanted = scope.wanted(team.source)
    return {"and": [where, *wanted]} if wanted else where


def _following(step: Step, found: Fields, since: datetime | None) -> Step | None:
    after = paging.following(found)
    if after is not None:
        if after == step.after:
            raise Transient(f"{step.walk}: the next page is the same page")
        return Step(step.walk, after)
    return Step("comments") if step.walk == "tickets" and since else None


def _resume(cursor: Cursor) -> Step | None:
    """The step a cursor stopped at; None when there is none that we would follow."""
    try:
        found = json.loads(cursor.position or "")
        step = Step(found["walk"], found["after"])
    except (ValueError, TypeError, KeyError):
        return None
    return step if step.walk in ("tickets", "comments") and cursor.watermark else None


def _cursor(since: datetime | None, step: Step | None, watermark: datetime) -> Cursor:
    if step is None:
        return Cursor(since=watermark, watermark=watermark)
    position = json.dumps({"walk": step.walk, "after": step.after})
    return Cursor(since=since, position=position, watermark=watermark)
