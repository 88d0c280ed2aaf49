"""Jira wiki markup → a tree of ADF's nodes: the blocks."""

import re

from schemas.model import Json
from trackers.jira.adf.leaves import Losses
from trackers.jira.wiki.macros import Part, parts
from trackers.jira.wiki.phrases import phrases
from trackers.jira.wiki.rows import cells

DEEPEST = 8
"""Macros within macros, and lists within lists."""

_HEADING = re.compile(r"h([1-6])\.(?:[ \t]+(.*))?$")
_ITEM = re.compile(r"([*#]{1,8}|-)[ \t]+(.*)$")
_RULE = re.compile(r"-{4,}$")
_PANELS = {"info": "info", "note": "note", "tip": "success", "warning": "warning"}
COLOURS = {
    "#deebff": "info", "#eae6ff": "note", "#e3fcef": "success", "#fffae6": "warning",
    "#ffebe6": "error",
}  # fmt: skip
"""The background that Jira gives a panel in wiki markup → the panel's type."""


def blocks(text: str, losses: Losses, depth: int = 0) -> list[Json]:
    """The blocks of a text."""
    out: list[Json] = []
    holder: Json = None
    for part in parts(text) if depth < DEEPEST else [Part(text)]:
        if not part.name:
            found = _Lines(losses).read(part.body)
            if holder and found and _goes_on_after(part.body, out[-1], found[0]):
                out[-1]["content"] += found.pop(0)["content"]
            out += found
            continue
        macro = _macro(part, losses, depth)
        holder = _last_item(out) if part.joined else None
        (holder["content"] if holder else out).append(macro)
    return out


def _goes_on_after(text: str, before: Json, first: Json) -> bool:
    """Whether the next line of a list follows a macro that stands within an item."""
    follows = text.startswith("\n") and not text.startswith("\n\n")
    return follows and before["type"] == first["type"] and first["type"].endswith("List")


def _last_item(out: list[Json]) -> Json:
    """The item that a macro on its line belongs to."""
    node = out[-1] if out else None
    item = None
    while node and node["type"] in ("bulletList", "orderedList"):
        item = node["content"][-1]
        node = item["content"][-1] if item["content"] else None
    return item


def _macro(part: Part, losses: Losses, depth: int) -> Json:
    if part.name in ("code", "noformat"):
        return _code(part, losses)
    words = _words(part.words)
    inner = blocks(part.body, losses, depth + 1)
    title = words.get("title", "")
    if part.name == "quote":
        return {"type": "blockquote", "content": inner or [_paragraph([])]}
    if part.name == "expand":
        title = title or part.words
        return {"type": "expand", "attrs": {"title": title}, "content": inner or [_paragraph([])]}
    for name in words.keys() - {"title", "bgColor", ""}:
        losses[f"{name} of a panel"] = None
    if title:
        bold = {"type": "text", "text": title, "marks": [{"type": "strong"}]}
        inner = [_paragraph([bold]), *inner]
    kind = _PANELS.get(part.name) or COLOURS.get(words.get("bgColor", "").lower(), "info")
    return {"type": "panel", "attrs": {"panelType": kind}, "content": inner or [_paragraph([])]}


def _words(written: str) -> dict[str, str]:
    """`a=b|c=d` as a mapping."""
    pairs = (one.partition("=") for one in written.split("|"))
    return {name.strip(): value.strip() for name, sign, value in pairs if sign}


def _code(part: Part, losses: Losses) -> Json:
    first = part.words.split("|")[0]
    words = _words(part.words)
    language = words.get("language", "") or ("" if "=" in first else first.strip())
    for name in words.keys() - {"language"}:
        losses[f"{name} of a code block"] = None
    text = part.body.removeprefix("\n").removesuffix("\n")
    code: Json = {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
    if language and part.name == "code":
        code["attrs"] = {"language": language}
    return code


def _paragraph(content: list[Json]) -> Json:
    return {"type": "paragraph", "content": content}


class _Lines:
    """Lines without block macros: paragraphs, headings, lists, tables, rules."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self.out: list[Json] = []
        self.run: list[str] = []
        self.stack: list[tuple[str, Json]] = []
        """The lists that are open, outermost first: (marker, list)."""
        self.item: list[str] | None = None
        """The lines of the item that is open."""

    def read(self, text: str) -> list[Json]:
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            line = lines[at].strip(" \t")
            if line.startswith("|") and len(line) > 1:
                at = self._table(lines, at)
                continue
            self._line(line)
            at += 1
        self._end()
        return self.out

    def _line(self, line: str) -> None:
        if not line:
            self._end()
        elif item := _ITEM.match(line):
            self._end_run()
            self._open_item(item[1], item[2])
        elif special := self._special(line):
            self._end()
            self.out.append(special)
        elif self.item is not None:
            self.item.append(line)
        else:
            self.run.append(line)

    def _special(self, line: str) -> Json:
        if heading := _HEADING.match(line):
            content = phrases(heading[2] or "", self.losses)
            return {"type": "heading", "attrs": {"level": int(heading[1])}, "content": content}
        if line.startswith("bq. "):
            inner = [_paragraph(phrases(line[4:], self.losses))]
            return {"type": "blockquote", "content": inner}
        return {"type": "rule"} if _RULE.match(line) else None

    def _open_item(self, marker: str, text: str) -> None:
        self._end_item()
        marker = marker.replace("-", "*")
        while self.stack and not (marker.startswith(self.stack[-1][0])):
            self.stack.pop()
        while not self.stack or self.stack[-1][0] != marker:
            self._open_list(marker[: len(self.stack[-1][0]) + 1] if self.stack else marker[0])
        self.stack[-1][1]["content"].append({"type": "listItem", "content": []})
        self.item = [text]

    def _open_list(self, marker: str) -> None:
        kind = "orderedList" if marker.endswith("#") else "bulletList"
        found: Json = {"type": kind, "content": []}
        if not self.stack:
            self.out.append(found)
        else:
            items = self.stack[-1][1]["content"]
            if not items:
                items.append({"type": "listItem", "content": [_paragraph([])]})
            items[-1]["content"].append(found)
        self.stack.append((marker, found))

    def _end_item(self) -> None:
        if self.item is not None:
            content = phrases("\n".join(self.item), self.losses)
            self.stack[-1][1]["content"][-1]["content"].insert(0, _paragraph(content))
            self.item = None

    def _end_run(self) -> None:
        if self.run:
            self.out.append(_paragraph(phrases("\n".join(self.run), self.losses)))
            self.run = []

    def _end(self) -> None:
        self._end_item()
        self.stack = []
        self._end_run()

    def _table(self, lines: list[str], at: int) -> int:
        """Reads the rows from here on; a row goes on until a line ends with a bar."""
        self._end()
        rows: list[list[Json]] = []
        while at < len(lines) and lines[at].strip(" \t").startswith("|"):
            row = lines[at].strip(" \t")
            at += 1
            while not row.endswith("|") and at < len(lines) and _goes_on(lines[at]):
                row += "\n" + lines[at].strip(" \t")
                at += 1
            rows.append([self._cell(kind, text) for kind, text in cells(row)])
        width = max(len(row) for row in rows)
        filled = [row + [self._cell("tableCell", "")] * (width - len(row)) for row in rows]
        content = [{"type": "tableRow", "content": row} for row in filled]
        self.out.append({"type": "table", "content": content})
        return at

    def _cell(self, kind: str, text: str) -> Json:
        return {"type": kind, "content": [_paragraph(phrases(text.strip(), self.losses))]}


def _goes_on(line: str) -> bool:
    return bool(line.strip()) and not line.strip(" \t").startswith("|")
