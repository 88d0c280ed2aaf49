"""The grammar of a document: which node may hold what, with which attributes and marks.

Atlassian: JSON schema of the Atlassian Document Format (npm `@atlaskit/adf-schema`, full schema).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

INLINE = (
    "text hardBreak mention emoji date status inlineCard inlineExtension mediaInline placeholder"
)
SIMPLE = (
    "paragraph heading bulletList orderedList taskList decisionList codeBlock rule mediaSingle "
    "mediaGroup extension"
)
BLOCKS = f"{SIMPLE} blockquote panel table blockCard embedCard"
IN_CELL = f"{SIMPLE} blockquote panel blockCard embedCard nestedExpand"
CAPTION = "text hardBreak mention emoji date status inlineCard placeholder"
CELL_ATTRS = "background colspan colwidth localId rowspan valign"
EXTENSION_ATTRS = "extensionKey extensionType layout localId parameters text"
MEDIA_ATTRS = "alt collection height id localId occurrenceKey type url width data"


@dataclass(frozen=True)
class Rule:
    """`needed` attributes are among `attrs`; a node that is not `hollow` holds something."""

    inside: frozenset[str]
    attrs: frozenset[str]
    needed: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    hollow: bool = True


def _rule(
    inside: str = "",
    attrs: str = "localId",
    needed: str = "",
    marks: str = "",
    *,
    full: bool = False,
) -> Rule:
    words = [frozenset(one.split()) for one in (inside, attrs, marks)]
    return Rule(words[0], words[1], tuple(needed.split()), words[2], not full)


NODES: dict[str, Rule] = {
    "doc": _rule(f"{BLOCKS} bodiedExtension expand layoutSection", ""),
    "paragraph": _rule(INLINE, marks="alignment fontSize indentation"),
    "heading": _rule(INLINE, "level localId", "level", "alignment indentation"),
    "bulletList": _rule("listItem", full=True),
    "orderedList": _rule("listItem", "localId order", full=True),
    "listItem": _rule(
        "paragraph bulletList orderedList taskList codeBlock mediaSingle extension", full=True
    ),
    "taskList": _rule("taskItem blockTaskItem taskList", needed="localId", full=True),
    "taskItem": _rule(INLINE, "localId state", "localId state"),
    "blockTaskItem": _rule("paragraph extension", "localId state", "localId state"),
    "decisionList": _rule("decisionItem", needed="localId", full=True),
    "decisionItem": _rule(INLINE, "localId state", "localId state"),
    "codeBlock": _rule("text", "hideLineNumbers language localId uniqueId wrap", marks="breakout"),
    "blockquote": _rule(
        "paragraph bulletList orderedList codeBlock mediaSingle mediaGroup extension", full=True
    ),
    "rule": _rule(),
    "panel": _rule(
        f"{SIMPLE} blockCard",
        "localId panelColor panelIcon panelIconId panelIconText panelType",
        "panelType",
        full=True,
    ),
    "expand": _rule(f"{BLOCKS} nestedExpand", "localId title", marks="breakout", full=True),
    "nestedExpand": _rule(f"{SIMPLE} blockquote panel", "localId title", full=True),
    "table": _rule(
        "tableRow",
        "displayMode isNumberColumnEnabled layout localId width",
        "",
        "fragment",
        full=True,
    ),
    "tableRow": _rule("tableCell tableHeader"),
    "tableCell": _rule(IN_CELL, CELL_ATTRS, full=True),
    "tableHeader": _rule(IN_CELL, CELL_ATTRS, full=True),
    "mediaSingle": _rule("media caption", "layout localId width widthType", "", "link", full=True),
    "mediaGroup": _rule("media", "", full=True),
    "media": _rule("", MEDIA_ATTRS, "type", "annotation border dataConsumer link"),
    "mediaInline": _rule("", MEDIA_ATTRS, "id collection", "annotation border dataConsumer link"),
    "caption": _rule(CAPTION),
    "layoutSection": _rule("layoutColumn", marks="breakout", full=True),
    "layoutColumn": _rule(f"{BLOCKS} bodiedExtension expand", "localId valign width", "width"),
    "blockCard": _rule("", "data datasource layout localId url width"),
    "embedCard": _rule("", "layout localId originalHeight originalWidth url width", "layout url"),
    "extension": _rule("", EXTENSION_ATTRS, "extensionKey extensionType", "dataConsumer fragment"),
    "bodiedExtension": _rule(
        BLOCKS, EXTENSION_ATTRS, "extensionKey extensionType", "dataConsumer fragment"
    ),
    "text": _rule(
        "",
        "",
        "",
        "annotation backgroundColor code em link strike strong subsup textColor underline",
    ),
    "hardBreak": _rule("", "localId text"),
    "mention": _rule("", "accessLevel id localId text userType", "id"),
    "emoji": _rule("", "id localId shortName text", "shortName"),
    "date": _rule("", "localId timestamp", "timestamp"),
    "status": _rule("", "color localId style text", "text color"),
    "inlineCard": _rule("", "data localId url"),
    "inlineExtension": _rule("", EXTENSION_ATTRS, "extensionKey extensionType"),
    "placeholder": _rule("", "localId text", "text"),
}
MARK_ATTRS: dict[str, tuple[str, ...]] = {
    "link": ("collection", "href", "id", "occurrenceKey", "title"),
    "textColor": ("color",),
    "backgroundColor": ("color",),
    "subsup": ("type",),
    "alignment": ("align",),
    "indentation": ("level",),
    "annotation": ("annotationType", "id"),
    "border": ("color", "size"),
    "breakout": ("mode", "width"),
    "dataConsumer": ("sources",),
    "fontSize": ("fontSize",),
    "fragment": ("localId", "name"),
}
WITH_CODE = {"code", "link", "annotation"}
PANELS = ("info", "note", "tip", "warning", "error", "success", "custom")
COLORS = ("neutral", "purple", "blue", "red", "yellow", "green")
VALUES: dict[tuple[str, str], Callable[[Any], bool]] = {
    ("heading", "level"): lambda value: value in range(1, 7),
    ("orderedList", "order"): lambda value: isinstance(value, int) and value >= 0,
    ("panel", "panelType"): lambda value: value in PANELS,
    ("taskItem", "state"): lambda value: value in ("TODO", "DONE"),
    ("blockTaskItem", "state"): lambda value: value in ("TODO", "DONE"),
    ("date", "timestamp"): lambda value: isinstance(value, str) and value != "",
    ("status", "color"): lambda value: value in COLORS,
    ("status", "text"): lambda value: isinstance(value, str) and value != "",
    ("codeBlock", "language"): lambda value: isinstance(value, str),
    ("hardBreak", "text"): lambda value: value == "\n",
    ("media", "type"): lambda value: value in ("file", "link", "external"),
}
