"""What an edited file says otherwise than the render it began with, in words of front matter."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date

from schemas import typed
from schemas.errors import Permanent
from schemas.model import Json
from store.workspace import frontmatter
from store.workspace.read import ReadFile, has_new, split_new
from store.workspace.render import digest_of
from store.workspace.unsent import WAITING

_KEYS = frozenset(frontmatter.ORDER) - {"render"}
READ: Mapping[str, Callable[[str, Json], Json]] = {
    "title": typed.line,
    "body": typed.text,
    "state": typed.one_of("open", "closed"),
    "status": typed.line,
    "type": typed.line,
    "labels": typed.names,
    "assignees": typed.names,
    "milestone": typed.optional,
    "due_date": typed.day,
    "priority": typed.optional,
    "severity": typed.optional,
    "weight": typed.whole,
    "estimate": typed.number,
    "story_points": typed.number,
}
"""What people may edit in the file of a tracker's ticket, as far as the tracker writes it."""
SETS = frozenset({"labels", "assignees"})
Base = Mapping[str, Json]


def changed(base: Base, file: ReadFile) -> dict[str, Json]:
    """Values of front matter, and the text, that differ; a missing key is no edit.

    Keys of a person's own are no business of ours; one of ours is, also where the render had none.
    """
    found = {
        name: value
        for name, value in file.values.items()
        if name in _KEYS and _plain(name, value) != _plain(name, base.get(name))
    }
    body, text = file.body, str(base.get("body") or "")
    if not has_new(text):
        body = split_new(body)[0]
    if body.strip("\n") != (text.strip("\n") if text.strip() else ""):
        found["body"] = body
    return found


def new_comments(base: Base, file: ReadFile) -> tuple[str, ...]:
    """The texts under headings of a new comment, wherever the file has room for them."""
    text = str(base.get("body") or "")
    return (*(() if has_new(text) else split_new(file.body)[1]), *file.new)


def checked(values: Mapping[str, Json], writes: Collection[str]) -> dict[str, Json]:
    """The values as they are kept; raises Permanent that names what cannot be edited, or be so."""
    for name in values:
        if name not in READ:
            raise Permanent(f"{name} cannot be edited here; its value comes from the tracker")
        if name not in writes:
            raise Permanent(f"{name} cannot be edited here: it cannot be written to this tracker")
    return {name: READ[name](name, value) for name, value in values.items()}


def check_rest(base: Base, file: ReadFile) -> None:
    """Raises Permanent for text that nobody would read: in old comments, or in blocks of ours."""
    texts, apart = base.get("texts"), base.get("apart")
    if isinstance(texts, dict):
        for one in file.comments:
            if texts.get(one.id) not in (None, digest_of(one.body)):
                what = "a new comment that is being sent" if one.id.startswith(WAITING) else one.id
                raise Permanent(
                    f"comment {what} was edited; comments are edited at the tracker, and a new one "
                    "begins with `### new comment`"
                )
    if apart is not None and digest_of(file.apart) != apart:
        raise Permanent(
            "has text where nobody reads it, in what ticketsync writes below the text; move it up, "
            "or under `### new comment`"
        )


def _plain(name: str, value: Json) -> Json:
    """A value as comparable as YAML and JSON allow; nothing, empty and false are the same."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        found = [_plain(name, one) for one in value]
        return (sorted(map(str, found)) if name in SETS else found) or ""
    if not value and value != 0:
        return ""
    return re.sub(r"Z\Z", "+00:00", str(value)) if value else ""
