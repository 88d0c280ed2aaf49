"""Two blocks that Markdown borrows from HTML: `<details>` and comments over several lines."""

import html
import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock

_OPEN = re.compile(r"<details(?:\s[^>]*)?>\s*(?:<summary>(.*?)</summary>)?\s*$", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary>(.*?)</summary>\s*$", re.IGNORECASE)
_CLOSE = re.compile(r"</details>\s*$", re.IGNORECASE)
_FENCE = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+){0,100}(`{3,}(?=[^`]*$)|~{3,})")
_TAG = re.compile(r"<[^>]*>")
_ALT: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def details_plugin(md: MarkdownIt) -> None:
    """Reads `<details>` blocks and drops comments, though no other raw HTML is read."""
    md.block.ruler.before("fence", "comment", _comment, _ALT)
    md.block.ruler.before("fence", "details", _details, _ALT)


def _details(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    opened = None if state.is_code_block(start) else _OPEN.match(_line(state, start))
    if not opened:
        return False
    close = _close(state, start, end)
    if close < 0:
        return False
    if silent:
        return True
    title, first = opened[1], start + 1
    if title is None and first < close and (summary := _SUMMARY.match(_line(state, first))):
        title, first = summary[1], first + 1
    token = state.push("details_open", "details", 1)
    token.map, token.meta = [start, close + 1], {"title": _plain(title or "")}
    parent, state.parentType = state.parentType, "blockquote"
    limit, state.lineMax = state.lineMax, close
    state.md.block.tokenize(state, first, close)
    state.parentType, state.lineMax = parent, limit
    state.push("details_close", "details", -1)
    state.line = close + 1
    return True


def _close(state: StateBlock, start: int, end: int) -> int:
    """The line that closes the details opened on `start`, -1 without one."""
    known: dict[int, int] = state.env.setdefault("details", {})
    if start not in known:
        known.update(_pairs(state, start, end))
    close = known.get(start, -1)
    return close if close < end else -1


def _pairs(state: StateBlock, start: int, end: int) -> dict[int, int]:
    """Every opening line from `start` on with its closing line, found in one pass."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    fence, indent = "", min(state.blkIndent, state.sCount[start])
    for line in range(start, end):
        if state.sCount[line] < indent and not state.isEmpty(line):
            break
        text = _line(state, line)
        if mark := _FENCE.match(text):
            fence = _fenced(fence, mark[1], text)
        elif not fence and _OPEN.match(text):
            pairs[line] = -1
            opened.append(line)
        elif not fence and opened and _CLOSE.match(text):
            pairs[opened.pop()] = line
    return pairs


def _fenced(fence: str, mark: str, text: str) -> str:
    """The fence that is open after this line."""
    if not fence:
        return mark
    closes = mark.startswith(fence) and text.strip() == mark
    return "" if closes else fence


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start) or not _line(state, start).startswith("<!--"):
        return False
    close = _comment_end(state, start, end)
    if close < 0:
        return False
    if not silent:
        token = state.push("comment", "", 0)
        token.map = [start, close + 1]
        token.content = "\n".join([_line(state, one) for one in range(start, close + 1)]).strip()
        state.line = close + 1
    return True


def _comment_end(state: StateBlock, start: int, end: int) -> int:
    """The line that ends the comment, when nothing else stands on that line."""
    known: dict[int, int] = state.env.setdefault("comments", {})
    if start in known:
        return known[start]
    for line in range(start, end):
        text = _line(state, line)[4 if line == start else 0 :]
        at = text.find("-->")
        if at >= 0:
            known[start] = line if not text[at + 3 :].strip() else -1
            return known[start]
        if line > start and state.sCount[line] < state.blkIndent and text:
            break
    known.update(dict.fromkeys(range(start, end), -1))
    return -1


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _plain(title: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", title)).split())
