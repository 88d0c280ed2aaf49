"""The census at Data Center, whose search knows numbered pages only.

Numbers slide when issues go away, so every page begins at a moment of creation, and shows the last
issue of the one before again: is it not there, the issues of that moment are read once more
(https://docs.atlassian.com/software/jira/docs/api/REST/latest/#api/2/search-search).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from schemas.errors import Permanent, Transient
from schemas.model import Json
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.jira import scope
from trackers.jira.site import PAGE, Site

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Step:
    """The next page: of all created since `since`, behind so many, the last of them being `last`.

    `since` is in milliseconds since 1970.
    """

    project: str
    since: int | None = None
    start: int = 0
    last: str = ""


def pages(
    site: Site, mark: str | None, fields: Sequence[str]
) -> Iterator[tuple[list[Json], str | None, int | None]]:
    """(issues, mark, total) of each page; the total is told by the first of all."""
    step: _Step | None = _resumed(site, mark)
    total, slid = None, 0
    while step:
        answer = _answered(site, step, fields)
        told = Fields.of(answer.object, "search")
        issues, most = told.items("issues"), told.whole("total") or 0
        if step == _Step(site.key):
            total = most
        again = 1 if step.start else 0
        over = step.start - again + len(issues) >= most
        moved = bool(step.start) and (not issues or _number(issues[0]) != step.last)
        if moved or (len(issues) <= again and not over):
            slid += 1
            if slid == _TRIES:
                raise Transient(f"{answer.asked}: the issues slide while they are counted")
            step = _Step(site.key, step.since) if moved else step
            continue
        fresh = issues[again:]
        step = None if over else _following(step, fresh)
        yield fresh, json.dumps(asdict(step)) if step else None, total


def question(site: Site, since: int | None) -> str:
    """All issues of the project, by creation, from a moment on."""
    condition = "" if since is None else f"created >= {since}"
    return scope.walk_jql(site.key, condition=condition)


def created(issue: Fields) -> int:
    """When an issue was created, in milliseconds since 1970; Permanent when it does not tell."""
    found = scope.millis(issue.need_object("fields").time("created"))
    if found is None:
        raise Permanent("issue.fields.created is missing")
    return found


def _answered(site: Site, step: _Step, fields: Sequence[str]) -> Answer:
    body: Json = {
        "jql": question(site, step.since),
        "startAt": max(step.start - 1, 0),
        "maxResults": PAGE,
        "fields": list(fields),
    }
    return site.search("/search", body)


def _following(step: _Step, issues: Sequence[Json]) -> _Step:
    """Behind the last issue: from its moment on, of which so many were shown."""
    moments = [created(Fields.of(one, "issue")) for one in issues]
    last = _number(issues[-1])
    if moments[-1] == step.since:
        return _Step(step.project, step.since, step.start + len(issues), last)
    return _Step(step.project, moments[-1], moments.count(moments[-1]), last)


def _number(issue: Json) -> str:
    return Fields.of(issue, "issue").need_id("id")


def _resumed(site: Site, mark: str | None) -> _Step:
    """Where a mark of this project leads; the beginning for any other."""
    begin = _Step(site.key)
    try:
        found = _Step(**json.loads(mark or ""))
    except (ValueError, TypeError):
        return begin
    whole = type(found.since) is int and found.since >= 0 and type(found.start) is int
    sound = whole and found.start > 0 and isinstance(found.last, str) and found.last != ""
    return found if sound and found.project == site.key else begin
