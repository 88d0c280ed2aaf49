"""System notes as changes: the only place where GitLab tells of some fields, in English words.

https://docs.gitlab.com/user/project/system_notes/
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.model import Json
from trackers.gitlab.people import People
from trackers.gitlab.values import seconds_of


class Unknown:
    """A value that nobody told."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Step:
    """A change of one native field; `by` is a difference where only that is told."""

    native: str
    before: Json = None
    after: Json = None
    by: int | None = None


_Reader = Callable[[re.Match[str], People], Iterator[Step]]

BY_EVENTS = re.compile(
    r"(added|removed) .*~|(closed|reopened)\b|(changed|removed) (the )?milestone|"
    r"(changed|removed) (the )?weight|set weight|(changed|removed) (the )?iteration|"
    r"set (the )?iteration"
)
"""What older versions wrote for changes that resource events tell of as well."""

_NAME = re.compile(r"@([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?)", re.IGNORECASE)
_DATES = re.compile(r"(changed|removed) (start|due) date(?: (?:to )?(\w+ +\d+, \d{4}))?")
_MARKS = re.compile(r"\{[+-](.*?)[+-]\}", re.DOTALL)
_SEVERITIES = ("critical", "high", "medium", "low", "unknown")


def steps(body: str, people: People) -> Iterator[Step]:
    """What a system note says; one that is read by no rule is a note as it stands."""
    if BY_EVENTS.match(body):
        return
    for pattern, read in _RULES:
        match = pattern.match(body)
        if match:
            yield from read(match, people)
            return
    yield Step("note", None, body)


def titles(step: Step) -> Iterator[tuple[str, str]]:
    """Every way to read (before, after) out of a note on a title, which may hold its marks."""
    text = str(step.after)
    for mark in re.finditer(r"(?=\*\* to \*\*)", text):
        yield text[: mark.start()], text[mark.start() + len("** to **") :]


def plain(title: str) -> str:
    """Without the marks that set off the words that differ: `{-old-}` and `{+new+}`."""
    return _MARKS.sub(r"\1", title)


def _title(match: re.Match[str], people: People) -> Iterator[Step]:
    """To be told apart by `titles`, once it is known what the title came to be."""
    yield Step("title", UNKNOWN, match[1])


def _description(match: re.Match[str], people: People) -> Iterator[Step]:
    yield Step("description", UNKNOWN, UNKNOWN)


def _assigned(match: re.Match[str], people: People) -> Iterator[Step]:
    """`assigned to @a, @b, and @c and unassigned @d`."""
    came, _, gone = match[0].partition("unassigned ")
    ids = [sorted({people.id_of(name) for name in _NAME.findall(some)}) for some in (gone, came)]
    if any(ids):
        yield Step("assignees", ids[0] or None, ids[1] or None)
    else:
        yield Step("assignees", UNKNOWN, UNKNOWN)


def _dates(match: re.Match[str], people: People) -> Iterator[Step]:
    """`changed start date to … and changed due date to …`, `removed due date …`."""
    for verb, which, text in _DATES.findall(match[0]):
        day = _day(text)
        told = (UNKNOWN, day or UNKNOWN) if verb == "changed" else (day or UNKNOWN, None)
        yield Step(f"{which}_date", *told)


def _day(text: str) -> str | None:
    try:
        return datetime.strptime(" ".join(text.split()), "%B %d, %Y").date().isoformat()
    except ValueError:
        return None


def _confidential(match: re.Match[str], people: People) -> Iterator[Step]:
    now = match[1] == "confidential"
    yield Step("confidential", not now, now)


def _locked(match: re.Match[str], people: People) -> Iterator[Step]:
    yield Step("discussion_locked", bool(match[1]), not match[1])


def _type(match: re.Match[str], people: People) -> Iterator[Step]:
    before = match[1].strip().lower().replace(" ", "_") if match[1] else UNKNOWN
    yield Step("issue_type", before, match[2].strip().lower().replace(" ", "_"))


def _severity(match: re.Match[str], people: People) -> Iterator[Step]:
    word = match[1].lower()
    yield Step("severity", UNKNOWN, word if word in _SEVERITIES else UNKNOWN)


def _estimate(match: re.Match[str], people: People) -> Iterator[Step]:
    """Older versions do not tell what it was before."""
    verb, text, before = match[1], match[2], match[3]
    spans = [UNKNOWN if one is None else _span(one) for one in (text, before)]
    if verb == "added":
        yield Step("time_estimate", None, spans[0])
    elif verb == "removed":
        yield Step("time_estimate", spans[0], None)
    else:
        yield Step("time_estimate", spans[1], spans[0])


def _spent(match: re.Match[str], people: People) -> Iterator[Step]:
    """Only differences are told; a record of time that is deleted had been added."""
    span = seconds_of(match[2])
    if span is None:
        yield Step("time_spent", UNKNOWN, UNKNOWN)
    else:
        yield Step("time_spent", by=span if match[1] == "added" else -span)


def _unspent(match: re.Match[str], people: People) -> Iterator[Step]:
    yield Step("time_spent", UNKNOWN, None)


def _duplicate(match: re.Match[str], people: People) -> Iterator[Step]:
    yield Step("note", None, match[0])
    yield Step("closed_as", None, "duplicate")


def _moved(match: re.Match[str], people: People) -> Iterator[Step]:
    yield Step("note", None, match[0])
    yield Step("closed_as", None, "moved")


def _span(text: str) -> Json:
    found = seconds_of(text)
    return UNKNOWN if found is None else found or None


_RULES: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern, re.DOTALL), read)
    for pattern, read in (
        (r"changed title from \*\*(.*\*\* to \*\*.*)\*\*$", _title),
        (r"changed the description|marked the checklist item", _description),
        (r"(?:un)?assigned .*|removed assignee", _assigned),
        (r"(?:changed|removed) (?:start|due) date.*", _dates),
        (r"made the [\w ]+? (confidential|visible)", _confidential),
        (r"(un)?locked (?:the discussion in )?this ", _locked),
        (r"changed (?:issue )?type (?:from ([\w ]+?) )?to ([\w ]+)$", _type),
        (r"changed the severity to \**(\w+)", _severity),
        (r"(added|changed|removed) time estimate(?: (?:of|to) (.+?))?(?: from (.+))?$", _estimate),
        (r"(added|subtracted|deleted) (.+?) of (?:time spent|spent time)", _spent),
        (r"removed time spent", _unspent),
        (r"marked this [\w ]+ as a duplicate of .*", _duplicate),
        (r"moved to \S+#\d+", _moved),
    )
)
