"""Pages by key: a cursor says which row was seen last, so that new rows move nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from receiver.api.problems import unfit
from schemas.api import LARGEST, Page, Paging

T = TypeVar("T")
S = TypeVar("S")


def cursor_of(kind: str, value: object) -> str:
    """A cursor of a list; nobody is meant to look inside."""
    return base64.urlsafe_b64encode(f"{kind}\n{value}".encode()).decode().rstrip("=")


def seen(kind: str, asked: Paging) -> str | None:
    """What the page before ended with; None at the beginning. Raises Problem 422."""
    if asked.after is None:
        return None
    try:
        padded = asked.after + "=" * (-len(asked.after) % 4)
        found, _, value = base64.b64decode(padded, b"-_", validate=True).decode().partition("\n")
    except (binascii.Error, ValueError):
        found, value = "", ""
    if found != kind or not value:
        raise unfit(("after", "is no `next` of this list"))
    return value


def seen_number(kind: str, asked: Paging) -> int | None:
    """The same where rows have numbers."""
    value = seen(kind, asked)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or int(value) > LARGEST:
        raise unfit(("after", "is no `next` of this list"))
    return int(value)


def page(
    kind: str,
    asked: Paging,
    found: Sequence[T],
    key: Callable[[T], object],
    show: Callable[[T], S],
) -> Page[S]:
    """A page of what was found; one row more than the limit says that there is another page."""
    some = found[: asked.limit]
    more = len(found) > asked.limit
    return Page(
        items=tuple(show(one) for one in some),
        next=cursor_of(kind, key(some[-1])) if more else None,
    )
