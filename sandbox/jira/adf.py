"""What Jira does with a document that is handed in: refuse what is no ADF, tidy the rest.

Atlassian docs: Atlassian Document Format, https://developer.atlassian.com/cloud/jira/platform/
apis/document/structure/
"""

from __future__ import annotations

from typing import Any

from sandbox.jira.grammar import MARK_ATTRS, NODES, VALUES, WITH_CODE
from sandbox.wire import Json

LONGEST = 32767
TOO_LONG = f"The entered text is too long. It exceeds the allowed limit of {LONGEST} characters."
NO_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
INVALID = "INVALID_INPUT"

DEFAULT_ATTRS: dict[str, Json] = {
    "orderedList": {"order": 1},
    "table": {"isNumberColumnEnabled": False, "layout": "default"},
    "expand": {"title": ""},
}


class NotADocument(ValueError):
    """Carries the sentence Jira gives back for the field."""


def accepted(value: Any) -> Json | None:
    """The document as Jira keeps it; None for one that says nothing."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        raise NotADocument(NO_DOCUMENT)
    document = _checked(value, "doc")
    if not document["content"] or document["content"] == [{"type": "paragraph"}]:
        return None
    if _length(document) > LONGEST:
        raise NotADocument(TOO_LONG)
    return {"type": "doc", "version": 1, "content": document["content"]}


def _checked(node: Any, kind: str) -> Json:
    rule = NODES[kind]
    content = node.get("content", [])
    if not isinstance(content, list) or set(node) - {
        "type",
        "attrs",
        "content",
        "marks",
        "version",
    }:
        raise NotADocument(INVALID)
    children: list[Json] = []
    for child in content:
        if not isinstance(child, dict) or child.get("type") not in rule.inside:
            raise NotADocument(INVALID)
        _append(children, _node(child))
    if not children and not rule.hollow:
        raise NotADocument(INVALID)
    if kind == "codeBlock" and any("marks" in child for child in children):
        raise NotADocument(INVALID)
    kept: Json = {"type": kind}
    if attrs := {**DEFAULT_ATTRS.get(kind, {}), **_attrs(kind, node.get("attrs") or {})}:
        kept["attrs"] = attrs
    if children or kind == "doc":
        kept["content"] = children
    return kept


def _attrs(kind: str, attrs: Any) -> Json:
    rule = NODES[kind]
    if not isinstance(attrs, dict) or set(attrs) - rule.attrs or set(rule.needed) - set(attrs):
        raise NotADocument(INVALID)
    for name, value in attrs.items():
        fits = VALUES.get((kind, name))
        if fits is not None and not fits(value):
            raise NotADocument(INVALID)
    return attrs


def _node(node: Json) -> Json:
    kind = str(node["type"])
    kept = _text(node) if kind == "text" else _checked(node, kind)
    if node.get("marks"):
        kept["marks"] = _marks(node["marks"], kind)
    return kept


def _text(node: Json) -> Json:
    text = node.get("text")
    if not isinstance(text, str) or not text or set(node) - {"type", "text", "marks"}:
        raise NotADocument(INVALID)
    return {"type": "text", "text": text}


def _marks(marks: Any, kind: str) -> list[Json]:
    if not isinstance(marks, list) or any(not isinstance(one, dict) for one in marks):
        raise NotADocument(INVALID)
    kinds = {str(one.get("type")) for one in marks}
    if kinds - NODES[kind].marks or ("code" in kinds and kinds - WITH_CODE):
        raise NotADocument(INVALID)
    for one in marks:
        attrs = one.get("attrs") or {}
        known = MARK_ATTRS.get(one["type"], ())
        if not isinstance(attrs, dict) or set(attrs) - set(known) or set(one) - {"type", "attrs"}:
            raise NotADocument(INVALID)
        if one["type"] == "link" and not isinstance(attrs.get("href"), str):
            raise NotADocument(INVALID)
    return list(marks)


def _append(children: list[Json], child: Json) -> None:
    """Neighbouring texts with the same marks become one."""
    before = children[-1] if children else None
    alike = before is not None and before["type"] == child["type"] == "text"
    if alike and before is not None and before.get("marks") == child.get("marks"):
        children[-1] = {**before, "text": before["text"] + child["text"]}
    else:
        children.append(child)


def _length(node: Json) -> int:
    own = len(node.get("text", ""))
    return own + sum(_length(child) for child in node.get("content") or ())


def paragraphs(text: str) -> Json | None:
    """Plain paragraphs, as the invented people write them."""
    blocks = [part for part in text.split("\n\n") if part.strip()]
    content = [
        {"type": "paragraph", "content": [{"type": "text", "text": block}]} for block in blocks
    ]
    return {"type": "doc", "version": 1, "content": content} if content else None
