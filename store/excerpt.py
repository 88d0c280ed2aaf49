"""Excerpts: the few words around what a search found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.ticket import Ticket
from store.words import Term, folded, terms

BEFORE, AFTER = 40, 110
"""Characters around the place."""
FURTHEST = 100_000
"""Characters of a text that are looked at."""
_UNIT = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\\W_]+|\\S"
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some of a text; `place` is body or comment, or empty when only key, title or labels fit."""

    place: str = ""
    text: str = ""


def excerpt(ticket: Ticket, words: str) -> Excerpt:
    """Where a ticket, with its comments, holds a term; the newest comment that does."""
    wanted = terms(words)
    for place, text in _texts(ticket):
        found = _first(text[:FURTHEST], wanted)
        if found is not None:
            return Excerpt(place, _around(text, *found))
    return Excerpt()


def _texts(ticket: Ticket) -> Iterator[tuple[str, str]]:
    yield "body", ticket.body
    for note in reversed(ticket.comments):
        yield "comment", note.body


def _first(text: str, wanted: Sequence[Term]) -> tuple[int, int] | None:
    """Where the first term begins and ends, in characters."""
    units = [
        (word, found.start(), found.end())
        for found in _UNIT.finditer(text)
        for word in folded(found[0])
    ]
    said = [word for word, _, _ in units]
    for start in range(len(units)):
        for term in wanted:
            if _begins(said, start, term):
                return units[start][1], units[start + len(term.words) - 1][2]
    return None


def _begins(said: Sequence[str], start: int, term: Term) -> bool:
    here = said[start : start + len(term.words)]
    if len(here) < len(term.words) or list(term.words[:-1]) != here[:-1]:
        return False
    return here[-1].startswith(term.words[-1]) if term.prefix else here[-1] == term.words[-1]


def _around(text: str, start: int, end: int) -> str:
    """One line, cut at blanks where there are some."""
    first, last = max(0, start - BEFORE), min(len(text), end + AFTER)
    if first:
        first = min(text.find(" ", first, start) + 1 or first, start)
    if last < len(text):
        last = max(text.rfind(" ", end, last), end) if text.rfind(" ", end, last) > 0 else last
    shown = " ".join(text[first:last].split())
    return f"{'… ' if first else ''}{shown}{' …' if last < len(text) else ''}"
