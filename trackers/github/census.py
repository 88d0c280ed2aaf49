"""Every issue of the repository, in an order that may be left and taken up again days later.

The walk is by `updated_at`, and each page is asked for `since` the last moment seen. An edit only
ever moves an issue ahead of the walk and a deletion moves nothing, so whatever exists all the while
is shown at least once. Page numbers would drift with every deletion (reference/github.md 3.4), and
numbers or creation dates are in no filter of the list
(https://docs.github.com/rest/issues/issues#list-repository-issues).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from schemas import revision
from schemas.errors import Denied, Transient
from schemas.model import Json
from schemas.source import Source
from schemas.tracker import CensusPage, Seen
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.github import scope
from trackers.github.repository import FULL_PAGE, Repository, is_pull_request, ticket_record
from trackers.github.walk import last_time, total
from trackers.http import Params

_MARK = re.compile(r"updated>=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_READINGS = 2
"""How often a second that fills several pages is read: those go by number, and may drift."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The issues since a moment, as far as one question or one full second tells.

    `last` is when the last of them was changed.
    """

    items: list[dict[str, Json]]
    last: str | None
    answer: Answer

    @property
    def next(self) -> str | None:
        """The moment to ask for next; None at the end."""
        return self.last if self.answer.next else None


def census(repository: Repository, source: Source, mark: str | None) -> Iterator[CensusPage]:
    """Pages of issues in any state, without pull requests; an issue edited meanwhile comes twice.

    `mark` names the moment to go on from. One that is none of ours, or that nothing lies behind,
    begins the census anew. Denied when the repository's issues cannot be read, Transient when the
    list does not go on as it should.
    """
    since = _moment(mark)
    part = _part(repository, since)
    if since and not part.items:
        since, part = None, _part(repository, None)
    while True:
        following = part.next
        if part.answer.next and revision.compare(following, since) <= 0:
            raise Transient(f"{part.answer.asked}: the list does not go on behind {since}")
        yield CensusPage(
            seen=tuple(_seen(item, source) for item in part.items if not is_pull_request(item)),
            mark=f"updated>={following}" if following else None,
            total=total(part.answer) if since is None else None,
        )
        if following is None:
            return
        since, part = following, _part(repository, following)


def _moment(mark: str | None) -> str | None:
    found = _MARK.fullmatch(mark or "")
    try:
        return revision.of_time(datetime.fromisoformat(found[1])) if found else None
    except ValueError:
        return None


def _part(repository: Repository, since: str | None) -> _Part:
    """One page, or all pages of a second that fills more than one: no mark lies inside of it."""
    page = _ask(repository, since)
    if not _inside(page, since):
        return page
    items = []
    for _ in range(_READINGS):
        page = _ask(repository, since)
        items += page.items
        while _inside(page, since):
            page = _page(repository, repository.session.get(page.answer.following))
            items += page.items
    return replace(page, items=items)


def _inside(page: _Part, since: str | None) -> bool:
    """Whether a page ends in the very second it began with, and the list goes on."""
    return page.answer.next is not None and (page.last or since) == since


def _ask(repository: Repository, since: str | None) -> _Part:
    order: Params = {"state": "all", "sort": "updated", "direction": "asc", "per_page": FULL_PAGE}
    params = {**order, **({"since": since} if since else {})}
    return _page(repository, repository.session.get(repository.path("/issues"), params))


def _page(repository: Repository, answer: Answer) -> _Part:
    if not answer.ok:
        refusal = f"HTTP {answer.status}{answer.reason}"
        raise Denied(f"issues of {repository.name} cannot be read ({refusal})")
    items = answer.items
    return _Part(items, last_time(items), answer)


def _seen(item: dict[str, Json], source: Source) -> Seen:
    record = ticket_record(item)
    return Seen(
        ticket=record.ticket,
        key=record.ticket,
        revision=record.revision,
        comment_count=Fields.of(item, "issue").whole("comments"),
        inside=scope.holds_record(item, source),
    )
