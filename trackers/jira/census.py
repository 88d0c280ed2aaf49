"""Counting a project's issues in a walk that may stop after any page and go on days later.

The way goes by creation, which no later change moves. Archived issues are in no search (Atlassian
docs: Archive an issue), so a census leaves them out and a fetch tells of them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from schemas.errors import Permanent, Transient
from schemas.model import Json
from schemas.source import Source
from schemas.tracker import CensusPage, Seen
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.jira import census_server, scope, translate, walk
from trackers.jira.record import Recorder, revision_of
from trackers.jira.site import Refused, Site

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class _Step:
    """The next page: of all created since `since`, by a token; from `at` once that has expired.

    Moments are milliseconds since 1970. Tokens last seven days and belong to one question
    (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/).
    """

    project: str
    since: int | None = None
    token: str | None = None
    at: int | None = None


def pages(site: Site, mark: str | None) -> Iterator[CensusPage]:
    """Every issue of the project, whatever the filter says; a mark not ours begins anew."""
    if not site.cloud:
        for issues, on, total in census_server.pages(site, mark, wanted(site.source)):
            yield _page(site, issues, on, total)
        return
    step = _resumed(site, mark)
    total = None if step.token else walk.total(site, scope.walk_jql(site.key))
    told: set[str] = set()
    while True:
        answer, step = _answered(site, step)
        found = Fields.of(answer.object, "search")
        issues, token = found.items("issues"), found.text("nextPageToken") or None
        if token in told:
            raise Transient(f"{answer.asked}: the next page is one that was read")
        told |= {token} if token else set()
        at = _created(issues) if issues else None
        step = _Step(site.key, step.since, token, step.at if at is None else at)
        yield _page(site, issues, json.dumps(asdict(step)) if token else None, total)
        if token is None:
            return


def wanted(source: Source) -> tuple[str, ...]:
    """The fields a census needs: those of the filter only where it has such a part."""
    named = ["updated", "created", "comment"]
    named += [] if scope.state(source) == "all" else ["status"]
    return (*named, *(["labels"] if scope.labels(source) else []))


def _page(site: Site, issues: Sequence[Json], mark: str | None, total: int | None) -> CensusPage:
    found = [Fields.of(one, "issue") for one in issues]
    within = Recorder(site).matching([one.need_id("id") for one in found])
    seen = tuple(_seen(site.source, one, within) for one in found)
    return CensusPage(seen=seen, mark=mark, total=total)


def _seen(source: Source, issue: Fields, within: frozenset[str] | None) -> Seen:
    """An issue as a census tells it; `within` are the ids the tracker found in the JQL, if any."""
    fields, number = issue.need_object("fields"), issue.need_id("id")
    comments = fields.object("comment")
    return Seen(
        ticket=number,
        key=issue.need_text("key"),
        revision=revision_of(fields),
        comment_count=comments.whole("total") if comments else None,
        inside=_inside(source, issue, None if within is None else number in within),
    )


def _inside(source: Source, issue: Fields, matched: bool | None) -> bool | None:
    """None where the record cannot be read: then a fetch tells what is wrong with it."""
    try:
        ticket = translate.to_ticket(issue.value, source)
    except Permanent:
        return None
    return scope.holds(ticket, source, matched)


def _answered(site: Site, step: _Step) -> tuple[Answer, _Step]:
    """(a page, the question it answers): an expired token is done without."""
    if step.token:
        try:
            asked = {**_body(site, step.since), "nextPageToken": step.token}
            return site.ask("/search/jql", asked), step
        except Refused as error:
            if error.status != 400:
                raise
    begun = _Step(site.key, since=step.at, at=step.at)
    return site.search("/search/jql", _body(site, begun.since)), begun


def _body(site: Site, since: int | None) -> dict[str, Json]:
    jql = census_server.question(site, since)
    return {"jql": jql, "maxResults": _PAGE, "fields": list(wanted(site.source))}


def _created(issues: Sequence[Json]) -> int | None:
    return census_server.created(Fields.of(issues[-1], "issue"))


def _resumed(site: Site, mark: str | None) -> _Step:
    """Where a mark of this project leads; the beginning for any other."""
    begin = _Step(site.key)
    try:
        found = _Step(**json.loads(mark or ""))
    except (ValueError, TypeError):
        return begin
    numbers = all(one is None or (type(one) is int and one >= 0) for one in (found.since, found.at))
    sound = numbers and isinstance(found.token, str) and found.token != ""
    return found if sound and found.project == site.key else begin
