"""Counting a team's issues in a walk that may stop after any page and go on days later.

The way goes by creation, newest first as all of Linear's lists do, and each page is asked for by
the moment of creation that the last one ended at: no edit moves that, and no deletion shifts it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from schemas import revision
from schemas.errors import Denied, Permanent, Transient
from schemas.model import Json
from schemas.tracker import CensusPage, Seen
from trackers.fields import Fields
from trackers.linear import paging, queries, scope, words
from trackers.linear.team import Team, revision_of
from trackers.linear.walk import judging, matching

_STEP = timedelta(milliseconds=1)
_AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next page begins: at what was created until `moment`, RFC 3339 with milliseconds.

    `after` is the list's own cursor, for a moment in which more were created than a page holds.
    """

    team: str
    moment: str | None = None
    after: str | None = None


def pages(team: Team, mark: str | None) -> Iterator[CensusPage]:
    """Every issue, whatever the filter says; a mark that is not ours begins anew."""
    place = resumed = _resumed(mark, _Place(team.id))
    before: frozenset[str] = frozenset()
    while True:
        try:
            answer = _ask(team, place)
        except Permanent as refusal:
            if isinstance(refusal, Denied) or place is not resumed or place.after is None:
                raise
            # The issue that the cursor names was deleted for good: from the moment's first, then.
            place = resumed = replace(place, after=None)
            continue
        found = answer.need_object("issues")
        issues = [Fields.of(one, "issue") for one in found.items("nodes")]
        fresh = [one for one in issues if one.need_id("id") not in before]
        following = _following(place, found, issues)
        mark = json.dumps(asdict(following)) if following else None
        yield CensusPage(seen=_seen(team, fresh), mark=mark, total=_total(answer))
        if following is None:
            return
        place, before = following, before | {one.need_id("id") for one in issues}


def _seen(team: Team, issues: Sequence[Fields]) -> tuple[Seen, ...]:
    counted = _counted(team, issues)
    inside = _inside(team, issues)
    return tuple(
        Seen(
            ticket=key,
            key=one.need_text("identifier"),
            revision=revision_of(one),
            comment_count=counted[key],
            place=_where(one),
            inside=inside[key],
        )
        for key, one in ((one.need_id("id"), one) for one in issues)
    )


def _where(issue: Fields) -> Literal["here", "archived", "trashed"]:
    if issue.flag("trashed"):
        return "trashed"
    return "archived" if issue.text("archivedAt") is not None else "here"


def _inside(team: Team, issues: Sequence[Fields]) -> dict[str, bool | None]:
    """By the state that came along, and by what Linear says of labels and of its own filter."""
    ids = [one.need_id("id") for one in issues]
    wanted = scope.beside_state(team.source)
    held = matching(team, ids, wanted) if wanted and ids else set(ids)
    return {key: key in held and _in_state(team, one) for key, one in zip(ids, issues, strict=True)}


def _in_state(team: Team, issue: Fields) -> bool | None:
    """None where the state cannot be read: then a fetch tells what is wrong with it."""
    wanted = scope.state(team.source)
    if wanted == "all":
        return True
    try:
        ended = words.category(issue.need_object("state"), team.source) in words.ENDED
    except Permanent:
        return None
    return wanted == ("closed" if ended else "open")


def _counted(team: Team, issues: Sequence[Fields]) -> dict[str, int]:
    """How many comments each has; long lists are asked for again, some issues at once."""
    told = {one.need_id("id"): one.need_object("comments") for one in issues}
    found = {key: len(one.items("nodes")) for key, one in told.items()}
    long = [key for key, one in told.items() if paging.following(one)]
    for start in range(0, len(long), _AT_ONCE):
        asked: dict[str, Json] = {"filter": {"id": {"in": [*long[start : start + _AT_ONCE]]}}}
        for one in paging.nodes(team.graph, queries.COUNTS, asked, "issues"):
            found[one.need_id("id")] = _long(team, one)
    return found


def _long(team: Team, issue: Fields) -> int:
    comments, key = issue.need_object("comments"), issue.need_id("id")
    count, after = len(comments.items("nodes")), paging.following(comments)
    if after is None:
        return count
    path = ("issue", "comments")
    return count + sum(
        1 for _ in paging.nodes(team.graph, queries.COUNT, {"id": key}, *path, after=after)
    )


def _ask(team: Team, place: _Place) -> Fields:
    """Until the end of the millisecond: what Linear prints is cut off, what it keeps may not be."""
    where: dict[str, Json] = {"team": team.filter}
    if place.moment:
        until = datetime.fromisoformat(place.moment) + _STEP
        where["createdAt"] = {"lte": revision.of_time(until, 3)}
    asked: dict[str, Json] = {"filter": where, "after": place.after, "team": team.filter}
    with judging(team):
        return team.graph.ask(queries.CENSUS, asked)


def _following(place: _Place, found: Fields, issues: Sequence[Fields]) -> _Place | None:
    after = paging.following(found)
    if after is None:
        return None
    created = issues[-1].time("createdAt") if issues else None
    last = revision.of_time(created, 3) if created else None
    if last and (place.moment is None or revision.compare(last, place.moment) < 0):
        return replace(place, moment=last, after=None)
    if after == place.after:
        raise Transient("issues: the next page is the same page")
    return replace(place, after=after)


def _total(answer: Fields) -> int | None:
    """The team's own count, archived issues included."""
    teams = answer.need_object("teams").items("nodes")
    return Fields.of(teams[0], "team").whole("issueCount") if teams else None


def _resumed(mark: str | None, begin: _Place) -> _Place:
    """Where a mark of this team leads; the beginning for any other."""
    try:
        found = _Place(**json.loads(mark or ""))
        moment = datetime.fromisoformat(found.moment or "")
    except (ValueError, TypeError):
        return begin
    cursor = found.after is None or (isinstance(found.after, str) and 0 < len(found.after) < 200)
    sound = cursor and moment.tzinfo is not None and moment.year < 9999
    return found if sound and found.team == begin.team else begin
