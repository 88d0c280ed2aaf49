"""Markdown told apart into what people say and what is code, which nothing may touch.

As CommonMark has it (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), but in doubt a text
is prose: an address that is rewritten in code is a blemish, a mention left alive is a notification.
"""

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r"([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(`{3,}|~{3,})(.*)")
_LEAD = re.compile(r"[ \t>]*")
_BREAK = "  "
"""Two blanks at a line's end break it (https://spec.commonmark.org/0.31.2/#hard-line-breaks)."""
_TICKS = re.compile(r"`+")


def normal(text: str) -> str:
    """LF line ends and no trailing blanks but those that mean something."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [line.rstrip() for line in lines]
    for place, line in enumerate(lines[:-1]):
        if line.endswith(_BREAK) and kept[place] and kept[place + 1]:
            kept[place] += _BREAK
    return "\n".join(kept).rstrip()


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with every piece of prose changed; pieces begin and end at code."""
    return "".join(piece if is_code else change(piece) for is_code, piece in pieces(text))


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """(whether it is code, the piece), in order; joined they are the text."""
    if "`" not in text and "~~~" not in text:
        yield False, text
        return
    for is_code, block in _blocks(text):
        if is_code or "`" not in block:
            yield is_code, block
        else:
            yield from _spans(block)


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """Fenced blocks, and what is between them in paragraphs: no span of code leaves its own."""
    held: list[str] = []
    fence: re.Match[str] | None = None
    for line in text.splitlines(keepends=True):
        if fence and _ended(fence, line):
            yield True, "".join(held)
            held, fence = [], None
        if fence:
            held.append(line)
            if _closes(fence, line):
                yield True, "".join(held)
                held, fence = [], None
            continue
        fence = _opens(line)
        if (fence or not line.strip()) and held:
            yield False, "".join(held)
            held = []
        held.append(line)
    if held:
        yield fence is not None, "".join(held)


def _opens(line: str) -> re.Match[str] | None:
    found = _FENCE.match(line)
    return None if found and found[2][0] == "`" and "`" in found[3] else found


def _closes(fence: re.Match[str], line: str) -> bool:
    lead = _LEAD.match(line)
    rest = line[lead.end() if lead else 0 :].strip()
    return len(rest) >= len(fence[2]) and not rest.strip(fence[2][0])


def _ended(fence: re.Match[str], line: str) -> bool:
    """A block of code ends with the quote or the item of a list that holds it."""
    lead = _LEAD.match(line)
    before = lead[0] if lead else ""
    if ">" in fence[1]:
        return ">" not in before
    is_item = bool(fence[1].strip())
    return is_item and bool(line.strip()) and len(before.expandtabs(4)) < len(fence[1])


def _spans(block: str) -> Iterator[tuple[bool, str]]:
    """Spans of code: a run of backticks up to the next one of the same length."""
    runs = list(_TICKS.finditer(block))
    later: dict[int, list[int]] = {}
    for place, run in enumerate(runs):
        later.setdefault(len(run[0]), []).append(place)
    start = place = 0
    while place < len(runs):
        run = runs[place]
        same = later[len(run[0])]
        while same and same[0] <= place:
            same.pop(0)
        if not same or _escaped(block, run.start()):
            place += 1
            continue
        end = runs[same[0]].end()
        yield False, block[start : run.start()]
        yield True, block[run.start() : end]
        start, place = end, same[0] + 1
    yield False, block[start:]


def _escaped(block: str, at: int) -> bool:
    before = block[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
