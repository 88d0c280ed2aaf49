"""Rich text read by people: as plain words, as Markdown, as the HTML of `renderedFields`."""

from __future__ import annotations

from html import escape

from sandbox.jira.state import Rich
from sandbox.wire import Json

BLOCKS_APART = "\n\n"
MARKDOWN_MARKS = {"strong": "**", "em": "*", "strike": "~~", "code": "`"}
HTML_MARKS = {
    "strong": "b",
    "em": "em",
    "strike": "del",
    "code": "tt",
    "underline": "ins",
}


def plain_text(body: Rich) -> str:
    """All words of a text, for searching."""
    if body is None or isinstance(body, str):
        return body or ""
    parts: list[str] = []
    _gather(body, parts)
    return " ".join(parts)


def _gather(node: Json, parts: list[str]) -> None:
    if "text" in node:
        parts.append(str(node["text"]))
    for child in node.get("content") or ():
        _gather(child, parts)


def markdown(body: Rich) -> str:
    """What a person would write for it; Data Center's own markup is given back as it is."""
    if body is None or isinstance(body, str):
        return body or ""
    return BLOCKS_APART.join(_block(one) for one in body.get("content") or ())


def _block(node: Json) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    if kind == "heading":
        return "#" * int(attrs["level"]) + " " + _line(node)
    if kind in ("bulletList", "orderedList", "taskList"):
        return _list(node)
    if kind == "codeBlock":
        return f"```{attrs.get('language') or ''}\n{plain_text(node)}\n```"
    if kind == "rule":
        return "---"
    if kind in ("blockquote", "panel"):
        inside = BLOCKS_APART.join(_block(one) for one in node.get("content") or ())
        return "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))
    if kind == "table":
        return _table(node)
    return _line(node)


def _list(node: Json) -> str:
    lines = []
    first = int((node.get("attrs") or {}).get("order", 1))
    for place, item in enumerate(node.get("content") or ()):
        mark = f"{first + place}. " if node["type"] == "orderedList" else "- "
        if item["type"] == "taskItem":
            done = item["attrs"]["state"] == "DONE"
            lines.append(f"- [{'x' if done else ' '}] {_line(item)}")
            continue
        inside = "\n".join(_block(one) for one in item.get("content") or ())
        lines.append(mark + inside.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(lines)


def _table(node: Json) -> str:
    rows = [
        [" ".join(_block(part) for part in cell.get("content") or ()) for cell in row["content"]]
        for row in node.get("content") or ()
    ]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _line(node: Json) -> str:
    return "".join(_inline(one) for one in node.get("content") or ())


def _inline(node: Json) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    if kind == "hardBreak":
        return "\\\n"
    if kind == "inlineCard":
        return f"<{attrs.get('url', '')}>"
    text = str(node.get("text") or attrs.get("text") or attrs.get("shortName") or "")
    for mark in node.get("marks") or ():
        if mark["type"] == "link":
            text = f"[{text}]({mark['attrs']['href']})"
        else:
            sign = MARKDOWN_MARKS.get(mark["type"], "")
            text = sign + text + sign
    return text


def html(body: Rich) -> str:
    """A field without a text has an empty rendering, not null."""
    if body is None:
        return ""
    if isinstance(body, str):
        return f"<p>{escape(body)}</p>"
    return "\n".join(_html_block(one) for one in body.get("content") or ())


def _html_block(node: Json) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    inside = "".join(_html_block(one) for one in node.get("content") or ())
    if kind == "heading":
        return f"<h{attrs['level']}>{inside}</h{attrs['level']}>"
    if kind == "codeBlock":
        return f'<div class="code panel"><pre>{inside}</pre></div>'
    if kind == "rule":
        return "<hr />"
    if kind == "hardBreak":
        return "<br/>"
    tags = {"paragraph": "p", "bulletList": "ul", "orderedList": "ol", "listItem": "li"}
    tags |= {"table": "table", "tableRow": "tr", "tableCell": "td", "tableHeader": "th"}
    tags |= {"blockquote": "blockquote", "panel": "div", "taskList": "ul", "taskItem": "li"}
    if kind in tags:
        return f"<{tags[kind]}>{inside}</{tags[kind]}>"
    return _html_inline(node)


def _html_inline(node: Json) -> str:
    attrs = node.get("attrs") or {}
    text = escape(str(node.get("text") or attrs.get("text") or attrs.get("url") or ""))
    for mark in node.get("marks") or ():
        if mark["type"] == "link":
            text = f'<a href="{escape(mark["attrs"]["href"])}">{text}</a>'
        elif mark["type"] in HTML_MARKS:
            tag = HTML_MARKS[mark["type"]]
            text = f"<{tag}>{text}</{tag}>"
    return text
