"""Reading an `ISSUE.md` back: its front matter, body and comments, as they stand in the file."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from schemas.errors import Permanent

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_RENDER = re.compile(r"^render: (\S+)$", re.MULTILINE)
_POSING = re.compile(
    r"^\\(?=\\*### (?:.* <!-- comment \S+ -->|new comment[ \t]*)$)", re.MULTILINE | re.IGNORECASE
)
_COMMENT = re.compile(r"^### (?P<author>.*) · .* <!-- comment (?P<id>\S+) -->$", re.MULTILINE)
_NEW = re.compile(r"^### new comment[ \t]*$", re.MULTILINE | re.IGNORECASE)
_TITLE = re.compile(r"# +(\S.*)\n?")
_HEADING = "## Comments"


@dataclass(frozen=True, slots=True)
class ReadComment:
    """A comment as the file shows it."""

    id: str
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says; `values` are its front matter, `new` the texts of new comments.

    `apart` is what stands where nobody edits, without its blanks: the blocks we make below the
    text, and whatever lies before the first comment.
    """

    values: dict[str, Any]
    body: str
    comments: tuple[ReadComment, ...]
    new: tuple[str, ...] = ()
    apart: str = ""


def read(path: Path) -> ReadFile:
    """Reads one file. Raises Permanent, naming the file, when it is not whole or does not parse."""
    return parse(path.read_text(encoding="utf-8"), path)


def parse(raw: str, path: Path) -> ReadFile:
    """The text of the file at `path`, which errors name; line ends of any system are read."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    if front is None:
        raise Permanent(f"{path}: no front matter between two lines of ---")
    values = _values(front[1], path)
    # Not the parsed value: sixteen hexadecimal digits may look like a number to YAML.
    named = _RENDER.search(front[1])
    render = values["render"] = named[1] if named else ""
    rest, mark, below = text[front.end() :].partition(f"<!-- ticketsync end {render} -->")
    if not mark:
        raise Permanent(f"{path}: the end mark is missing; the file is not whole")
    if below.strip():
        raise Permanent(f"{path}: has text below its end mark, where nobody reads it; move it up")
    above, _, below = rest.partition(f"<!-- ticketsync comments {render} -->")
    above, _, files = above.partition(f"<!-- ticketsync attachments {render} -->")
    body, _, notes = above.partition(f"<!-- ticketsync notes {render} -->")
    comments, new, before = _comments(below)
    apart = squeezed(notes, files, before)
    return ReadFile(values, body.strip("\n"), tuple(comments), tuple(new), apart)


def parse_new(raw: str, path: Path) -> tuple[dict[str, Any], str]:
    """The front matter and the text of a file that somebody made for a new ticket.

    Without a `title` in the front matter the heading it begins with is one. Raises Permanent when
    there is neither.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    values = _values(front[1], path) if front else {}
    body = (text[front.end() :] if front else text).strip("\n")
    heading = _TITLE.match(body)
    if not values.get("title") and heading:
        values["title"], body = heading[1], body[heading.end() :].strip("\n")
    if not values.get("title"):
        raise Permanent(f"{path}: a new ticket needs a title, as `title: …` between lines of ---")
    return values, body


def _values(front: str, path: Path) -> dict[str, Any]:
    try:
        return dict(YAML(typ="safe", pure=True).load(front))
    except (YAMLError, TypeError) as error:
        raise Permanent(f"{path}: the front matter is no YAML mapping: {error}") from None


def squeezed(*parts: str) -> str:
    """Texts as they compare whatever an editor does to blanks and empty lines."""
    return " ".join(" ".join(parts).split())


def split_new(body: str) -> tuple[str, tuple[str, ...]]:
    """A text without the new comments below it, and those: a ticket that had none yet."""
    heads = [*_NEW.finditer(body)]
    if not heads:
        return body, ()
    ends = [*(head.start() for head in heads), len(body)][1:]
    found = [body[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)]
    text = body[: heads[0].start()].rstrip().removesuffix(_HEADING)
    return text.strip("\n"), tuple(one for one in found if one)


def has_new(body: str) -> bool:
    """Whether a text has a heading of a new comment of its own."""
    return _NEW.search(body) is not None


def _comments(text: str) -> tuple[list[ReadComment], list[str], str]:
    """Comments, new ones, and what stands before the first of either."""
    heads = sorted([*_COMMENT.finditer(text), *_NEW.finditer(text)], key=lambda one: one.start())
    ends = [*(head.start() for head in heads), len(text)][1:]
    before = text[: heads[0].start()] if heads else text
    comments, new = [], []
    for head, end in zip(heads, ends, strict=True):
        body = text[head.end() : end].strip("\n")
        if head.re is _NEW:
            new += [body.strip()] if body.strip() else []
        else:
            comments.append(ReadComment(head["id"], head["author"], _POSING.sub("", body)))
    return comments, new, before
