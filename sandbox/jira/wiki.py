"""Wiki markup, the rich text of REST v2 and of webhooks: written from a document.

Atlassian docs: Text Formatting Notation,
https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

from sandbox.jira.state import Rich
from sandbox.wire import Json

MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
PANELS = {"info": "info", "note": "note", "tip": "tip", "warning": "warning"}


def wiki(body: Rich) -> str | None:
    """Markup as the old renderer knows it; null stays null."""
    if body is None or isinstance(body, str):
        return body
    return _blocks(body)


def _blocks(node: Json) -> str:
    return "\n\n".join(_block(one, "") for one in node.get("content") or ())


def _block(node: Json, lead: str) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    if kind == "heading":
        return f"h{attrs['level']}. {_line(node)}"
    if kind in ("bulletList", "orderedList"):
        return _list(node, lead)
    if kind == "taskList":
        return "\n".join(f"* {_line(item)}" for item in node.get("content") or ())
    if kind == "codeBlock":
        language = attrs.get("language")
        head = f"{{code:{language}}}" if language else "{code}"
        return f"{head}\n{_line(node)}\n{{code}}"
    if kind == "rule":
        return "----"
    if kind == "table":
        return "\n".join(_row(row) for row in node.get("content") or ())
    return _around(node)


def _around(node: Json) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    if kind == "blockquote":
        return f"{{quote}}\n{_blocks(node)}\n{{quote}}"
    if kind == "panel":
        name = PANELS.get(attrs["panelType"], "panel")
        return f"{{{name}}}\n{_blocks(node)}\n{{{name}}}"
    if kind in ("expand", "nestedExpand"):
        return f"{{panel:title={attrs.get('title', '')}}}\n{_blocks(node)}\n{{panel}}"
    if kind == "mediaSingle":
        return "".join(_media(one) for one in node.get("content") or ())
    return _line(node)


def _list(node: Json, lead: str) -> str:
    mark = lead + ("#" if node["type"] == "orderedList" else "*")
    lines = []
    for item in node.get("content") or ():
        for place, part in enumerate(item.get("content") or ()):
            nested = part["type"] in ("bulletList", "orderedList")
            text = _block(part, mark)
            lines.append(text if nested or place else f"{mark} {text}")
    return "\n".join(lines)


def _row(row: Json) -> str:
    cells = row.get("content") or ()
    head = all(cell["type"] == "tableHeader" for cell in cells)
    sign = "||" if head else "|"
    inside = (" ".join(_block(part, "") for part in cell.get("content") or ()) for cell in cells)
    return sign + sign.join(inside) + sign


def _media(node: Json) -> str:
    attrs = node.get("attrs") or {}
    return f"!{attrs.get('url') or attrs.get('alt') or attrs.get('id', '')}!"


def _line(node: Json) -> str:
    return "".join(_inline(one) for one in node.get("content") or ())


def _inline(node: Json) -> str:
    kind, attrs = node["type"], node.get("attrs") or {}
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attrs['id']}]"
    if kind == "inlineCard":
        return f"[{attrs.get('url', '')}|{attrs.get('url', '')}|smart-link]"
    text = str(node.get("text") or attrs.get("text") or attrs.get("shortName") or "")
    marks = {mark["type"]: mark.get("attrs") or {} for mark in node.get("marks") or ()}
    if "code" in marks:
        text = "{{" + text + "}}"
    for name, sign in MARKS.items():
        if name in marks:
            text = sign + text + sign
    if "link" in marks:
        text = f"[{text}|{marks['link']['href']}]"
    return text
