"""A wiki text cut at its block macros: `{code}`, `{noformat}`, `{quote}`, `{panel}` and the like.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from dataclasses import dataclass

_MACRO = re.compile(
    r"(?<!\\)\{(code|noformat|quote|panel|info|note|tip|warning|expand)(?::([^}\n]{0,300}))?\}"
)
_LITERAL = ("code", "noformat")


@dataclass(frozen=True)
class Part:
    """Text between macros (`name` empty), or one macro with its words and its body.

    joined: the macro begins on a line that has text before it.
    """

    body: str
    name: str = ""
    words: str = ""
    joined: bool = False


def parts(text: str) -> list[Part]:
    """The parts of a text in order; a macro that is not closed stays text."""
    found = list(_MACRO.finditer(text))
    closing = _closings(found)
    out: list[Part] = []
    at = done = 0
    while at < len(found):
        end = closing.get(at)
        if end is None:
            at += 1
            continue
        opened, closed = found[at], found[end]
        before = text[done : opened.start()]
        out.append(Part(before))
        joined = bool(before.rpartition("\n")[2].strip())
        body = text[opened.end() : closed.start()]
        out.append(Part(body, opened[1], opened[2] or "", joined))
        done, at = closed.end(), end + 1
    return [part for part in [*out, Part(text[done:])] if part.name or part.body.strip()]


def _closings(found: list[re.Match[str]]) -> dict[int, int]:
    """Opening macro → the macro that closes it, outermost only."""
    last: dict[str, int] = {}
    following: dict[int, int] = {}
    for at in range(len(found) - 1, -1, -1):
        name = found[at][1]
        if name in last:
            following[at] = last[name]
        if found[at][2] is None:
            last[name] = at
    closing: dict[int, int] = {}
    at = 0
    while at < len(found):
        end = _outer(found, following, at)
        if end is not None:
            closing[at] = end
            at = end
        at += 1
    return closing


def _outer(found: list[re.Match[str]], following: dict[int, int], at: int) -> int | None:
    """Where a macro closes; one that shows code within it hides what the code says."""
    end = following.get(at)
    if end is None or found[at][1] in _LITERAL:
        return end
    inner = at + 1
    while end is not None and inner < end:
        shown = following.get(inner) if found[inner][1] in _LITERAL else None
        if shown is not None and shown > end:
            end = next((k for k in range(shown, len(found)) if _closes(found, at, k)), None)
        inner = shown + 1 if shown is not None else inner + 1
    return end


def _closes(found: list[re.Match[str]], at: int, other: int) -> bool:
    return found[other][1] == found[at][1] and found[other][2] is None
