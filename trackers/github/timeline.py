"""The timeline of an issue, page by page.

https://docs.github.com/rest/issues/timeline#list-timeline-events-for-an-issue
"""

from collections.abc import Iterator, Sequence

from schemas.errors import Permanent
from schemas.model import Json
from trackers.answers import Answer, Unprocessable
from trackers.github.repository import FULL_PAGE, Repository


def timeline(
    repository: Repository, ticket: str, exclude: Sequence[str] = ()
) -> Iterator[dict[str, Json]]:
    """The issue's timeline to its end, without the kinds of events in `exclude`."""
    for answer in _pages(repository, ticket, exclude):
        if answer.missing:
            return
        yield from answer.items


def whole(repository: Repository, ticket: str) -> tuple[list[dict[str, Json]], bool, bool] | None:
    """(events, whether these are all, whether another address answered); None without an issue.

    Some lists end early, which GitHub says with a 422.
    """
    found: list[dict[str, Json]] = []
    moved = False
    try:
        for answer in _pages(repository, ticket):
            if answer.missing:
                return None
            found += answer.items
            moved = moved or answer.moved
    except Unprocessable as error:
        if "pagination" not in error.reason.lower():
            raise
        return found, False, moved
    return found, True, moved


def _pages(repository: Repository, ticket: str, exclude: Sequence[str] = ()) -> Iterator[Answer]:
    if not (ticket.isascii() and ticket.isdecimal()):
        raise Permanent(f"{ticket[:40]!r} is no number of an issue at GitHub")
    path = repository.path(f"/issues/{ticket}/timeline")
    left_out = {"exclude": ",".join(exclude)} if exclude else {}
    return repository.session.pages(path, {**left_out, "per_page": FULL_PAGE})
