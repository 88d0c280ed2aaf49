"""What a valid ADF node looks like: attributes, children and marks by type.

https://unpkg.com/@atlaskit/adf-schema/dist/json-schema/v1/full.json says it; Jira refuses the rest.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.model import Json

DEEPEST = 100
"""Nodes within nodes."""

Rule = Callable[[Json], bool]


def _text(value: Json) -> bool:
    return isinstance(value, str)


def _filled(value: Json) -> bool:
    return isinstance(value, str) and bool(value)


def _number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _flag(value: Json) -> bool:
    return isinstance(value, bool)


def _any(value: Json) -> bool:
    return True


def _numbers(value: Json) -> bool:
    return isinstance(value, list) and all(_number(one) for one in value)


def _between(low: int, high: float) -> Rule:
    return lambda value: _number(value) and low <= value <= high


def _one_of(*words: str) -> Rule:
    return lambda value: isinstance(value, str) and value in words


def _like(pattern: str) -> Rule:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


@dataclass(frozen=True)
class Shape:
    """One type: the rules of its attributes, which must be there, and what it may hold.

    children: the types inside; None for a leaf. least: how many there must be.
    marks: the types of mark on it.
    """

    attrs: dict[str, Rule] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    children: frozenset[str] | None = None
    least: int = 0
    marks: frozenset[str] = frozenset()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


INLINE = _set(
    "text hardBreak mention emoji date status inlineCard placeholder inlineExtension mediaInline"
)
_BASE = "paragraph bulletList orderedList codeBlock mediaSingle extension"
_MORE = f"{_BASE} heading mediaGroup taskList decisionList rule"
_NESTED = _set(f"{_MORE} panel blockquote")
_WIDE = _set(f"{_MORE} panel blockquote table blockCard embedCard")
_BLOCKS = _WIDE | _set("expand bodiedExtension")
ROOT = _BLOCKS | _set("layoutSection syncBlock bodiedSyncBlock")

_COLOUR = _like("#[0-9a-fA-F]{6}")
_LAYOUT = _one_of(
    "wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start"
)
_VALIGN = _one_of("top", "middle", "bottom")
_CELL = Shape(
    {"colspan": _number, "rowspan": _number, "colwidth": _numbers, "background": _text,
     "valign": _VALIGN},
    children=(_WIDE - {"table"}) | {"nestedExpand"}, least=1,
)  # fmt: skip
_EXTENSION: dict[str, Rule] = {
    "extensionKey": _filled,
    "extensionType": _filled,
    "parameters": _any,
    "text": _text,
}
_EXTENSION_NEEDS = _set("extensionKey extensionType")
_MEDIA: dict[str, Rule] = {"alt": _text, "height": _number, "width": _number}
_FILE: dict[str, Rule] = {"id": _filled, "collection": _text, "occurrenceKey": _filled}

NODES: dict[str, Shape] = {
    "doc": Shape(children=ROOT),
    "paragraph": Shape(children=INLINE, marks=_set("alignment indentation fontSize")),
    "heading": Shape(
        {"level": lambda value: value in (1, 2, 3, 4, 5, 6) and _number(value)},
        _set("level"), INLINE, marks=_set("alignment indentation"),
    ),
    "bulletList": Shape(children=_set("listItem"), least=1),
    "orderedList": Shape({"order": _between(0, float("inf"))}, children=_set("listItem"), least=1),
    "listItem": Shape(children=_set(f"{_BASE} taskList"), least=1),
    "taskList": Shape(
        {}, _set("localId"), _set("taskItem taskList blockTaskItem"), least=1),
    "taskItem": Shape({"state": _one_of("TODO", "DONE")}, _set("localId state"), INLINE),
    "blockTaskItem": Shape(
        {"state": _one_of("TODO", "DONE")}, _set("localId state"), _set("paragraph extension"), 1),
    "decisionList": Shape({}, _set("localId"), _set("decisionItem"), least=1),
    "decisionItem": Shape({"state": _text}, _set("localId state"), INLINE),
    "codeBlock": Shape(
        {"language": _text, "uniqueId": _text, "wrap": _flag, "hideLineNumbers": _flag},
        children=_set("text"), marks=_set("breakout"),
    ),
    "blockquote": Shape(
        children=_set(f"{_BASE} mediaGroup"), least=1),
    "panel": Shape(
        {"panelType": _one_of("info", "note", "tip", "warning", "error", "success", "custom"),
         "panelIcon": _text, "panelIconId": _text, "panelIconText": _text, "panelColor": _text},
        _set("panelType"), _set(f"{_MORE} blockCard"), least=1,
    ),
    "rule": Shape(),
    "table": Shape(
        {"displayMode": _one_of("default", "fixed"), "isNumberColumnEnabled": _flag,
         "layout": _one_of("wide", "full-width", "center", "align-end", "align-start", "default"),
         "width": _number},
        children=_set("tableRow"), least=1, marks=_set("fragment"),
    ),
    "tableRow": Shape(children=_set("tableCell tableHeader")),
    "tableCell": _CELL,
    "tableHeader": _CELL,
    "expand": Shape(
        {"title": _text}, children=_WIDE | {"nestedExpand"}, least=1, marks=_set("breakout")),
    "nestedExpand": Shape({"title": _text}, _set("attrs"), _NESTED, least=1),
    "mediaSingle": Shape(
        {"width": _between(0, float("inf")), "layout": _LAYOUT,
         "widthType": _one_of("percentage", "pixel")},
        children=_set("media caption"), least=1, marks=_set("link"),
    ),
    "mediaGroup": Shape(children=_set("media"), least=1),
    "media": Shape(
        {"type": _one_of("link", "file", "external"), "url": _text, **_MEDIA, **_FILE},
        _set("type"), marks=_set("dataConsumer link annotation border"),
    ),
    "caption": Shape(children=INLINE - _set("inlineExtension mediaInline")),
    "mediaInline": Shape(
        {"type": _one_of("link", "file", "image"), "data": _any, **_MEDIA, **_FILE},
        _set("id collection"), marks=_set("dataConsumer link annotation border"),
    ),
    "blockCard": Shape({"url": _text}, _set("url")),
    "embedCard": Shape(
        {"url": _text, "layout": _LAYOUT, "width": _between(0, 100), "originalHeight": _number,
         "originalWidth": _number}, _set("url layout"),
    ),
    "inlineCard": Shape({"url": _text, "data": _any}),
    "hardBreak": Shape({"text": _one_of("\n")}),
    "text": Shape(marks=_set(
        "strong em strike code link underline subsup textColor backgroundColor annotation")),
    "mention": Shape(
        {"id": _text, "text": _text, "accessLevel": _text,
         "userType": _one_of("DEFAULT", "SPECIAL", "APP")}, _set("id"),
    ),
    "emoji": Shape({"shortName": _text, "id": _text, "text": _text}, _set("shortName")),
    "date": Shape({"timestamp": _filled}, _set("timestamp")),
    "status": Shape(
        {"text": _filled, "style": _text,
         "color": _like("neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6}")},
        _set("text color"),
    ),
    "placeholder": Shape({"text": _text}, _set("text")),
    "inlineExtension": Shape(
        _EXTENSION, _EXTENSION_NEEDS, marks=_set("dataConsumer fragment")),
    "extension": Shape(
        {"layout": _one_of("wide", "full-width", "default"), **_EXTENSION}, _EXTENSION_NEEDS,
        marks=_set("dataConsumer fragment"),
    ),
    "bodiedExtension": Shape(
        {"layout": _one_of("wide", "full-width", "default"), **_EXTENSION}, _EXTENSION_NEEDS,
        _WIDE, least=1, marks=_set("dataConsumer fragment"),
    ),
    "layoutSection": Shape(children=_set("layoutColumn"), least=2, marks=_set("breakout")),
    "layoutColumn": Shape(
        {"width": _between(0, 100), "valign": _VALIGN}, _set("width"), _BLOCKS, least=1),
    "syncBlock": Shape({"resourceId": _text}, _set("resourceId localId"), marks=_set("breakout")),
}  # fmt: skip

MARKS: dict[str, Shape] = {
    **{name: Shape() for name in ("strong", "em", "strike", "code", "underline")},
    "link": Shape(
        dict.fromkeys(("href", "title", "id", "collection", "occurrenceKey"), _text), _set("href")),
    "subsup": Shape({"type": _one_of("sub", "sup")}, _set("type")),
    "textColor": Shape({"color": _COLOUR}, _set("color")),
    "backgroundColor": Shape({"color": _COLOUR}, _set("color")),
    "annotation": Shape(
        {"id": _text, "annotationType": _one_of("inlineComment")}, _set("id annotationType")),
    "alignment": Shape({"align": _one_of("center", "end")}, _set("align")),
    "indentation": Shape({"level": _between(1, 6)}, _set("level")),
    "fontSize": Shape({"fontSize": _one_of("small")}, _set("fontSize")),
    "breakout": Shape({"mode": _one_of("wide", "full-width"), "width": _number}, _set("mode")),
    "border": Shape(
        {"size": _between(1, 3), "color": _like("#[0-9a-fA-F]{8}|#[0-9a-fA-F]{6}")},
        _set("size color"),
    ),
    "fragment": Shape({"localId": _filled, "name": _text}, _set("localId")),
}  # fmt: skip

_WITH_CODE = _set("code link annotation")
_MARKED = _set("paragraph heading codeBlock expand")
_PLACED = _set("alignment indentation")
_MARKS_INSIDE: dict[tuple[str, str], frozenset[str]] = {
    ("doc", "paragraph"): _PLACED | {"fontSize"},
    ("doc", "heading"): _PLACED,
    ("doc", "codeBlock"): _set("breakout"),
    ("doc", "expand"): _set("breakout"),
    ("layoutColumn", "paragraph"): _PLACED | {"fontSize"},
    ("layoutColumn", "heading"): _PLACED,
    ("tableCell", "paragraph"): _set("alignment"),
    ("tableHeader", "paragraph"): _set("alignment"),
    ("tableCell", "heading"): _PLACED,
    ("tableHeader", "heading"): _PLACED,
    **{
        (parent, "paragraph"): _set("fontSize")
        for parent in ("listItem", "panel", "expand", "nestedExpand", "blockTaskItem")
    },
}
"""What a container lets its children carry; nothing where it is not named."""

_KEYS = {"type", "attrs", "content", "marks", "text"}


def depth(node: Json, limit: int = DEEPEST) -> int:
    """How many nodes lie within one another, counted up to just past the limit."""
    level, found = [node], 0
    while level and found <= limit:
        found += 1
        level = [
            child
            for one in level
            if isinstance(one, dict) and isinstance(one.get("content"), list)
            for child in one["content"]
        ]
    return found


def known(node: Json) -> bool:
    """Whether a node is valid, leaving aside what lies inside of its children."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        return False
    shape = NODES.get(node["type"])
    keys = _KEYS | {"version"} if node["type"] == "doc" else _KEYS
    if shape is None or not node.keys() <= keys or ("text" in node) != (node["type"] == "text"):
        return False
    if not _attrs_fit(node, shape):
        return False
    return _children_fit(node, shape) and _marks_fit(node, shape) and _special(node)


def readable(node: Json) -> bool:
    """Whether a node is of a known type and says what that type needs; more is no harm."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        return False
    shape, attrs, content = NODES.get(node["type"]), node.get("attrs"), node.get("content")
    if shape is None or not isinstance(attrs, (dict, type(None))):
        return False
    if not isinstance(content, (list, type(None))) or not isinstance(node.get("marks") or [], list):
        return False
    if node["type"] == "text":
        return isinstance(node.get("text"), str)
    said = attrs or {}
    needed = shape.needs - {"attrs", "localId"}
    return needed <= said.keys() and all(
        rule(said[name]) for name, rule in shape.attrs.items() if name in said
    )


def valid(node: Json) -> bool:
    """Whether a node is valid with everything inside; the caller has looked at its depth."""
    return known(node) and all(valid(child) for child in node.get("content") or ())


def mark_known(mark: Json) -> bool:
    """Whether a mark is valid."""
    if not isinstance(mark, dict) or not isinstance(mark.get("type"), str):
        return False
    shape = MARKS.get(mark["type"])
    return shape is not None and mark.keys() <= {"type", "attrs"} and _attrs_fit(mark, shape)


def _attrs_fit(node: Json, shape: Shape) -> bool:
    attrs = node.get("attrs")
    if attrs is None:
        return "attrs" not in node and not shape.needs
    if not isinstance(attrs, dict) or not (shape.needs - {"attrs"}) <= attrs.keys():
        return False
    rules = shape.attrs
    return all(
        rules[name](value) if name in rules else name == "localId" and _filled(value)
        for name, value in attrs.items()
    )


def _children_fit(node: Json, shape: Shape) -> bool:
    content = node.get("content")
    if shape.children is None:
        return "content" not in node
    if content is None:
        return "content" not in node and not shape.least
    if not isinstance(content, list) or len(content) < shape.least:
        return False
    return all(
        isinstance(one, dict) and one.get("type") in shape.children and _marked_fit(node, one)
        for one in content
    )


def _marked_fit(parent: Json, child: Json) -> bool:
    """Most containers take paragraphs and the like without marks only."""
    marks = child.get("marks")
    if not marks or not isinstance(marks, list) or child["type"] not in _MARKED:
        return True
    kinds = {mark.get("type") for mark in marks if isinstance(mark, dict)}
    return kinds <= _MARKS_INSIDE.get((parent["type"], child["type"]), frozenset())


def _marks_fit(node: Json, shape: Shape) -> bool:
    marks = node.get("marks")
    if marks is None:
        return "marks" not in node
    if not isinstance(marks, list) or not all(mark_known(mark) for mark in marks):
        return False
    kinds = {mark["type"] for mark in marks}
    if not kinds <= shape.marks or len(kinds) != len(marks):
        return False
    if node["type"] in ("paragraph", "heading"):
        return len(kinds - {"fontSize"}) <= 1
    return "code" not in kinds or kinds <= _WITH_CODE


def _special(node: Json) -> bool:
    """What a table of attributes cannot say."""
    rule = _SPECIAL.get(node["type"])
    return rule is None or rule(node)


def _text_fits(node: Json) -> bool:
    return _filled(node.get("text")) and "attrs" not in node and "content" not in node


def _media_fits(node: Json) -> bool:
    attrs = node["attrs"]
    if attrs["type"] == "external":
        return "url" in attrs and not attrs.keys() & _FILE.keys()
    return "url" not in attrs and {"id", "collection"} <= attrs.keys()


def _single_fits(node: Json) -> bool:
    attrs, content = node.get("attrs"), [one["type"] for one in node["content"]]
    if content not in (["media"], ["media", "caption"]):
        return False
    if attrs is None:
        return True
    pixels = attrs.get("widthType") == "pixel"
    return "layout" in attrs and (
        "width" in attrs if pixels else _between(0, 100)(attrs.get("width", 0))
    )


def _code_fits(node: Json) -> bool:
    return not any(one.get("marks") for one in node.get("content") or ())


def _card_fits(node: Json) -> bool:
    return len({"url", "data"} & (node.get("attrs") or {}).keys()) == 1


_SPECIAL: dict[str, Callable[[Json], bool]] = {
    "text": _text_fits,
    "media": _media_fits,
    "mediaSingle": _single_fits,
    "codeBlock": _code_fits,
    "inlineCard": _card_fits,
    "nestedExpand": lambda node: "attrs" in node,
    "layoutSection": lambda node: len(node["content"]) <= 3,
}
