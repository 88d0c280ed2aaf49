"""The repository's issue events: what happened to issues without moving their `updated_at`.

https://docs.github.com/rest/issues/events#list-issue-events-for-a-repository lists the newest
first. Of its kinds those count here that move no revision: lines between issues (measured:
reference/github.md 3.3) and an issue's way to or from this repository. It tells nothing of renamed
labels, of pull requests that refer to an issue or, as far as GitHub says, of deleted comments.

The validator of the newest page is part of the mark, and not kept with those of other requests: it
must not outlive a mark that was lost with its process, or it would hide what that mark was for.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.errors import Denied
from schemas.event import Aspect
from schemas.model import Json
from schemas.ports import Validator
from schemas.tracker import Activity, Touched
from trackers.answers import Answer, Unprocessable
from trackers.fields import Fields
from trackers.github.repository import FULL_PAGE, Repository, is_pull_request

MOST_PAGES = 10
"""Older than that is for the census to find."""

_ASPECTS: dict[str, Aspect] = {
    "parent_issue_added": "links",
    "parent_issue_removed": "links",
    "sub_issue_added": "links",
    "sub_issue_removed": "links",
    "blocked_by_added": "links",
    "blocked_by_removed": "links",
    "blocking_added": "links",
    "blocking_removed": "links",
    "comment_deleted": "comments",
    "transferred": "core",
    "converted_to_discussion": "core",
}
"""`comment_deleted` is documented for GraphQL only, and taken as a hint where REST tells it."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The newest event known and what makes the question for it conditional."""

    event: int
    etag: str | None

    def text(self) -> str:
        return json.dumps({"event": self.event, "etag": self.etag})


@dataclass(slots=True)
class _Found:
    """What the pages brought: the parts touched, each once, and the newest event of all."""

    newest: int
    touched: dict[tuple[str, Aspect], Touched] = field(default_factory=dict)


def activity(repository: Repository, mark: str | None) -> Activity | None:
    """The parts touched since `mark`; None when the list is as it was, which costs no rate limit.

    Without a mark, or with one that is none of ours, only the newest event is looked at. Denied
    when the list cannot be read.
    """
    known = _read(mark)
    kept = Validator(etag=known.etag) if known and known.etag else None
    path, params = repository.path("/issues/events"), {"per_page": FULL_PAGE}
    answer = repository.session.get(path, params, kept=kept)
    if answer.status == 304:
        return None
    etag, found = answer.headers.get("etag"), _Found(known.event if known else 0)
    for page in _pages(repository, answer):
        if not _take(found, _items(repository, page), known):
            break
    return Activity(touched=tuple(found.touched.values()), mark=_Mark(found.newest, etag).text())


def _read(mark: str | None) -> _Mark | None:
    try:
        found = json.loads(mark or "")
        event, etag = found["event"], found["etag"]
    except (ValueError, TypeError, KeyError):
        return None
    right = type(event) is int and event >= 0 and (etag is None or isinstance(etag, str))
    return _Mark(event, etag) if right else None


def _items(repository: Repository, answer: Answer) -> list[dict[str, Json]]:
    if not answer.ok:
        refusal = f"HTTP {answer.status}{answer.reason}"
        raise Denied(f"issue events of {repository.name} cannot be read ({refusal})")
    return answer.items


def _pages(repository: Repository, first: Answer) -> Iterator[Answer]:
    """From the newest to older ones; GitHub ends a list that is too long with a 422."""
    yield first
    for _ in range(MOST_PAGES - 1):
        if not first.next:
            return
        try:
            first = repository.session.get(first.following)
        except Unprocessable:
            return
        yield first


def _take(found: _Found, items: list[dict[str, Json]], known: _Mark | None) -> bool:
    """Whether everything on this page was new, so that older pages may hold more."""
    events = [Fields.of(item, "issue_event") for item in items]
    fresh = [one for one in events if known is None or _number(one) > known.event]
    found.newest = max([found.newest, *(_number(one) for one in fresh)])
    if known is None:
        return False
    for event in fresh:
        touched = _touched(event)
        if touched:
            found.touched.setdefault((touched.ticket, touched.aspect), touched)
    return len(fresh) == len(events)


def _number(event: Fields) -> int:
    """Events are numbered in the order in which they happen."""
    key = event.need_id("id")
    return int(key) if key.isdecimal() else 0


def _touched(event: Fields) -> Touched | None:
    """None for events that move the issue's revision, and for those of pull requests."""
    kind = event.text("event") or ""
    aspect, issue = _ASPECTS.get(kind), event.object("issue")
    if aspect is None or issue is None or is_pull_request(issue.value):
        return None
    number = issue.need_whole("number")
    return Touched(ticket=str(number), aspect=aspect, reason=f"issues/events: {kind}")
