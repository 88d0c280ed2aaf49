"""Additions: what people put into front matter beside our values, kept when a file is made anew.

Every key of ours stands on one line. So a comment behind a value, a line of comment, an empty line
and a key of a person's own, with all lines that belong to it, can be told from ours line by line;
they keep their bytes and their place before, or behind, the same key of ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from store.workspace.frontmatter import ORDER

_BEGIN, _END = b"---\n", b"\n---\n"
_KEY = re.compile(r"([A-Za-z_]+):(?= |$)")
_OURS = frozenset(ORDER)
# What YAML readers differ about, or refuse: a line with it is nothing that we may vouch for.
_ODD = re.compile(
    "[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
LAST = ""
"""Stands for the end of the front matter, where a key is asked for."""


@dataclass(frozen=True, slots=True)
class Additions:
    """`before` holds whole lines by the key they stand before, `behind` comments by their key."""

    before: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    behind: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.before or self.behind)


@dataclass(slots=True)
class _Parts:
    ours: list[str] = field(default_factory=list)
    before: dict[str, list[str]] = field(default_factory=dict)
    behind: dict[str, str] = field(default_factory=dict)
    own_keys: bool = False


def split(content: bytes) -> tuple[bytes, Additions] | None:
    """A file without what people added, and that; None when the two cannot be told apart."""
    end = content.find(_END)
    if not content.startswith(_BEGIN) or end < len(_BEGIN):
        return None
    try:
        head = content[len(_BEGIN) : end].decode()
    except UnicodeDecodeError:
        return None
    parts = _parts(head)
    found = Additions({k: tuple(lines) for k, lines in parts.before.items()}, parts.behind)
    if not found:
        return content, found
    ours = "\n".join(parts.ours)
    lines = [line for some in parts.before.values() for line in some]
    text = "".join([*parts.behind.values(), *lines])
    if _ODD.search(text):
        return None
    if (parts.own_keys or "\t" in text) and not _same_values(head, ours):
        return None
    return _BEGIN + ours.encode() + content[end:], found


def join(content: bytes, additions: Additions) -> bytes:
    """Our file with what people had added to the one before.

    What stood by a key that is not shown any more goes to the next one that is.
    """
    if not additions:
        return content
    end = content.find(_END)
    ours = {line.partition(":")[0]: line for line in content[4:end].decode().split("\n")}
    lines: list[str] = []
    for key in (*ORDER, LAST):
        lines += additions.before.get(key, ())
        note = additions.behind.get(key, "")
        if key in ours:
            lines.append(ours[key] + note)
        elif note:
            lines.append(note.lstrip())
    return _BEGIN + "\n".join(lines).encode() + content[end:]


def _parts(head: str) -> _Parts:
    found, kept, theirs = _Parts(), list[str](), False
    for line in head.split("\n"):
        named = _KEY.match(line)
        if named and named[1] in _OURS:
            value, note = _note_behind(line)
            found.ours.append(value)
            if kept:
                found.before.setdefault(named[1], []).extend(kept)
            if note:
                found.behind[named[1]] = note
            kept, theirs = [], False
        elif not line.strip() or line.lstrip().startswith("#"):
            kept.append(line)
        elif line[0] in " \t-" and not theirs:
            found.ours.append(line)  # a value of ours, edited into several lines
        else:
            kept.append(line)
            theirs = found.own_keys = True
    if kept:
        found.before[LAST] = kept
    return found


def _note_behind(line: str) -> tuple[str, str]:
    """A line of ours, and the comment behind its value with the blanks before it."""
    if "#" not in line:
        return line, ""
    quote, skip, before = "", False, ""
    for place, sign in enumerate(line):
        if skip:
            skip = False
        elif quote:
            skip = sign == "\\" and quote == '"'
            quote = "" if sign == quote else quote
        elif sign in "\"'" and before in " [{,":
            quote = sign
        elif sign == "#" and before in " \t":
            value = line[:place].rstrip(" \t")
            return value, line[len(value) :]
        before = sign
    return line, ""


def _same_values(head: str, ours: str) -> bool:
    """Whether a reader of YAML finds our values in it, whatever the keys of people's own say."""
    try:
        with_theirs, alone = _load(head), _load(ours)
    except (YAMLError, ValueError, TypeError):
        return False
    return all(with_theirs.get(key) == value for key, value in alone.items()) and not (
        _OURS & (with_theirs.keys() - alone.keys())
    )


def _load(text: str) -> dict[Any, Any]:
    return dict(YAML(typ="safe", pure=True).load(text))
