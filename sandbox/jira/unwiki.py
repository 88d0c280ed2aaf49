"""Wiki markup read into a document: what REST v2 on Cloud does with the text it is given.

Headings, lists, code, quotes, rules, bold, italics, monospace and links; the rest stays text.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.wire import Json

HEADING = re.compile(r"h([1-6])\.\s+(.*)")
ITEM = re.compile(r"([*#]+)\s+(.*)")
CODE = re.compile(r"\{(code|noformat)(?::([\w+#-]+))?[^}]*\}")
INLINE = re.compile(
    r"\{\{(?P<code>[^}]+)\}\}"
    r"|\[(?P<label>[^\]|~]+)\|(?P<href>[^\]|]+)(?:\|[^\]]*)?\]"
    r"|\[~accountid:(?P<who>[^\]]+)\]"
    r"|(?<!\w)\*(?P<strong>[^\s*](?:[^*\n]*[^\s*])?)\*(?!\w)"
    r"|(?<!\w)_(?P<em>[^\s_](?:[^_\n]*[^\s_])?)_(?!\w)"
)


def document(text: str | None) -> Json | None:
    if text is None or not text.strip():
        return None
    content = _Reader(text.replace("\r\n", "\n").split("\n")).blocks()
    return {"type": "doc", "version": 1, "content": content}


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.place = 0

    def blocks(self) -> list[Json]:
        found: list[Json] = []
        while self.place < len(self.lines):
            line = self.lines[self.place].strip()
            if not line:
                self.place += 1
            elif hit := CODE.match(line):
                found.append(self._code(hit, line))
            elif line == "{quote}":
                found.append(self._quote())
            elif ITEM.match(line):
                found.append(self._list())
            else:
                found.append(self._line_block(line))
        return found

    def _line_block(self, line: str) -> Json:
        if hit := HEADING.match(line):
            self.place += 1
            return {
                "type": "heading",
                "attrs": {"level": int(hit[1])},
                "content": inlines(hit[2]),
            }
        if re.fullmatch(r"-{4,}", line):
            self.place += 1
            return {"type": "rule"}
        return self._paragraph()

    def _paragraph(self) -> Json:
        lines: list[str] = []
        while self.place < len(self.lines):
            line = self.lines[self.place]
            starts = ITEM.match(line.strip()) or HEADING.match(line.strip())
            if lines and (not line.strip() or starts or CODE.match(line.strip())):
                break
            lines.append(line)
            self.place += 1
        content: list[Json] = []
        for number, line in enumerate(lines):
            if number:
                content.append({"type": "hardBreak"})
            content += inlines(line)
        return {"type": "paragraph", "content": content}

    def _code(self, hit: re.Match[str], line: str) -> Json:
        ending = "{" + hit[1] + "}"
        rest = line[hit.end() :]
        self.place += 1
        lines = [rest] if rest and rest != ending else []
        if rest.endswith(ending) and rest != ending:
            lines = [rest.removesuffix(ending)]
        else:
            lines += self._until(ending)
        block: Json = {"type": "codeBlock"}
        if hit[2]:
            block["attrs"] = {"language": hit[2]}
        if text := "\n".join(lines):
            block["content"] = [{"type": "text", "text": text}]
        return block

    def _quote(self) -> Json:
        self.place += 1
        inside = _Reader(self._until("{quote}")).blocks()
        return {"type": "blockquote", "content": inside or [{"type": "paragraph"}]}

    def _until(self, ending: str) -> list[str]:
        lines: list[str] = []
        while self.place < len(self.lines):
            line = self.lines[self.place]
            self.place += 1
            if line.strip() == ending:
                break
            lines.append(line)
        return lines

    def _list(self) -> Json:
        rows: list[tuple[str, str]] = []
        while self.place < len(self.lines):
            hit = ITEM.match(self.lines[self.place].strip())
            if hit is None:
                break
            rows.append((hit[1], hit[2]))
            self.place += 1
        return _nest(rows, 1)


def _nest(rows: list[tuple[str, str]], depth: int) -> Json:
    ordered = rows[0][0][depth - 1] == "#"
    items: list[Json] = []
    deeper: list[tuple[str, str]] = []
    for place, (marks, text) in enumerate(rows):
        if len(marks) > depth and items:
            deeper.append((marks, text))
            last = place + 1 == len(rows) or len(rows[place + 1][0]) <= depth
            if last:
                items[-1]["content"].append(_nest(deeper, depth + 1))
                deeper = []
            continue
        paragraph = {"type": "paragraph", "content": inlines(text)}
        items.append({"type": "listItem", "content": [paragraph]})
    if ordered:
        return {"type": "orderedList", "attrs": {"order": 1}, "content": items}
    return {"type": "bulletList", "content": items}


def inlines(line: str) -> list[Json]:
    found: list[Json] = []
    place = 0
    for hit in INLINE.finditer(line):
        if hit.start() > place:
            found.append({"type": "text", "text": line[place : hit.start()]})
        found.append(_inline(hit))
        place = hit.end()
    if place < len(line):
        found.append({"type": "text", "text": line[place:]})
    return found


def _inline(hit: re.Match[str]) -> Json:
    kind = hit.lastgroup
    if hit["who"]:
        return {"type": "mention", "attrs": {"id": hit["who"]}}
    if hit["label"]:
        mark: dict[str, Any] = {"type": "link", "attrs": {"href": hit["href"]}}
        return {"type": "text", "text": hit["label"], "marks": [mark]}
    return {"type": "text", "text": hit[kind or "code"], "marks": [{"type": kind}]}
