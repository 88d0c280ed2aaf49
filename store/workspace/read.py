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
_POSING = re.compile(r"^\\(?=\\*### .* <!-- comment \S+ -->$)", re.MULTILINE)
_COMMENT = re.compile(r"^### (?P<author>.*) · .* <!-- comment (?P<id>\S+) -->$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReadComment:
    """A comment as the file shows it."""

    id: str
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says; `values` are its front matter."""

    values: dict[str, Any]
    body: str
    comments: tuple[ReadComment, ...]


def read(path: Path) -> ReadFile:
    """Reads one file. Raises Permanent, naming the file, when it is not whole or does not parse."""
    return parse(path.read_text(encoding="utf-8"), path)


def parse(raw: str, path: Path) -> ReadFile:
    """The text of the file at `path`, which errors name; line ends of any system are read."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    if front is None:
        raise Permanent(f"{path}: no front matter between two lines of ---")
    try:
        values = dict(YAML(typ="safe", pure=True).load(front[1]))
    except (YAMLError, TypeError) as error:
        raise Permanent(f"{path}: the front matter is no YAML mapping: {error}") from None
    # Not the parsed value: sixteen hexadecimal digits may look like a number to YAML.
    named = _RENDER.search(front[1])
    render = values["render"] = named[1] if named else ""
    rest, mark, below = text[front.end() :].partition(f"<!-- ticketsync end {render} -->")
    if not mark:
        raise Permanent(f"{path}: the end mark is missing; the file is not whole")
    if below.strip():
        raise Permanent(f"{path}: has text below its end mark, where nobody reads it; move it up")
    above, _, comments = rest.partition(f"<!-- ticketsync comments {render} -->")
    body, _, _ = above.partition(f"<!-- ticketsync attachments {render} -->")
    return ReadFile(values, body.strip("\n"), tuple(_comments(comments)))


def _comments(text: str) -> list[ReadComment]:
    heads = list(_COMMENT.finditer(text))
    ends = [*(head.start() for head in heads), len(text)][1:]
    bodies = [text[head.end() : end].strip("\n") for head, end in zip(heads, ends, strict=True)]
    return [
        ReadComment(head["id"], head["author"], _POSING.sub("", body))
        for head, body in zip(heads, bodies, strict=True)
    ]
