"""Quick actions: lines that are carried out instead of being kept (GitLab docs: Quick actions).

Versions tell code blocks from text in two ways, by an expression that wants a closed block and by
the rules of Markdown; here a command is carried out as soon as one of them calls it text.
"""

from __future__ import annotations

import re

Quick = tuple[str, str]
"""(word, what follows it)."""

KNOWN = ("close", "reopen", "confidential", "label", "title")
_LINE = re.compile(r"\s*/([a-z_]+)(?:[ \t]+(.*))?$", re.IGNORECASE)
_CLOSED = re.compile(r"^```.+?\n```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")


def read(text: str) -> tuple[str, list[Quick]]:
    """The text without its commands, and the commands."""
    kept: list[str] = []
    found: list[Quick] = []
    code = _by_expression(text) & _by_markdown(text)
    for place, line in enumerate(text.split("\n")):
        match = None if place in code else _LINE.fullmatch(line.rstrip())
        if match and match[1].lower() in KNOWN:
            found.append((match[1].lower(), (match[2] or "").strip()))
        else:
            kept.append(line)
    return ("\n".join(kept).strip("\n") if found else text), found


def _by_expression(text: str) -> set[int]:
    """Line numbers inside closed blocks."""
    inside: set[int] = set()
    for block in _CLOSED.finditer(text):
        first = text.count("\n", 0, block.start())
        inside |= set(range(first, first + block[0].count("\n") + 1))
    return inside


def _by_markdown(text: str) -> set[int]:
    """Line numbers inside fences, an open one reaching to the end."""
    inside: set[int] = set()
    fence = ""
    for place, line in enumerate(text.split("\n")):
        mark = _FENCE.match(line)
        if fence:
            inside.add(place)
            closes = mark and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if closes else fence
        elif mark and not ("`" in mark[1] and "`" in mark[2]):
            inside.add(place)
            fence = mark[1]
    return inside
