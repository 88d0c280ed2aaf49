"""ADF blocks → Markdown. What has no Markdown form stands as JSON in a fence marked `adf`."""

import html
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.model import Json
from trackers.jira.adf import forms, grammar, tables
from trackers.jira.adf.leaves import Losses
from trackers.jira.adf.phrases import Line, inline
from trackers.markdown import escape, layout
from trackers.markdown.converted import Converted, Unconvertible

ALERTS = {
    "info": "NOTE", "note": "IMPORTANT", "success": "TIP", "warning": "WARNING", "error": "CAUTION",
}  # fmt: skip
"""Panel type → GitHub's alert (https://docs.github.com/en/get-started/writing-on-github)."""

LISTS = ("bulletList", "orderedList", "taskList")
CARD = "card"
"""The title of a link that is a card of its own."""


@dataclass
class Page:
    """What is written: the losses so far, and whether we are inside a list."""

    losses: Losses = field(default_factory=dict)
    in_list: int = 0

    @property
    def line(self) -> Line:
        return Line(self.losses)

    @property
    def single(self) -> Line:
        return Line(self.losses, single=True)


def to_markdown(adf: Json) -> Converted:
    """Markdown for an ADF document; Unconvertible when it is no document at all."""
    if adf is None:
        return Converted("")
    check(adf)
    return written(adf.get("content") or [], {})


def written(blocks: list[Json], losses: Losses) -> Converted:
    """Markdown for the blocks of a document, with the losses so far."""
    text = _joined(blocks, Page(losses))
    return Converted(text, tuple(losses))


def check(adf: Json) -> None:
    """Refuses what is no ADF document, and what is nested beyond reading."""
    if not isinstance(adf, dict) or adf.get("type") != "doc":
        raise Unconvertible("no ADF document: an object of type doc is expected")
    if not isinstance(adf.get("content") or [], list):
        raise Unconvertible("no ADF document: its content is no list")
    if grammar.depth(adf) > grammar.DEEPEST:
        raise Unconvertible(f"an ADF document nested deeper than {grammar.DEEPEST} nodes")


def block(node: Json, page: Page, *, other: bool = False) -> str:
    """Markdown of one block; `other`: with the list marker that the block before did not use."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        page.losses["something that is no ADF node"] = None
        return ""
    if not grammar.readable(node) or node["type"] not in _WRITTEN:
        return kept(node, page)
    _note_attributes(node, page)
    if node["type"] in LISTS:
        return _list(node, page, other=other)
    return _WRITTEN[node["type"]](node, page)


def kept(node: Json, page: Page) -> str:
    """A node as it is, in a fence."""
    page.losses[f"{node['type']} is kept as JSON"] = None
    return escape.fence(escape.clean(forms.packed(node)), "adf")


def _note_attributes(node: Json, page: Page) -> None:
    for mark in node.get("marks") or ():
        if isinstance(mark, dict) and node["type"] != "mediaSingle":
            page.losses[f"{mark.get('type')} of a {node['type']}"] = None
    for name in (node.get("attrs") or {}).keys() - _HELD.get(node["type"], frozenset()):
        if name != "localId":
            page.losses[f"{name} of a {node['type']}"] = None


def _joined(nodes: list[Json], page: Page) -> str:
    """Blocks with a blank line between; two lists side by side keep apart by their markers."""
    parts: list[str] = []
    other, before = False, ""
    for node in nodes:
        kind = _marker_kind(node)
        turned = bool(kind) and kind == before and not other
        text = block(node, page, other=turned)
        if text:
            parts.append(text)
            before, other = kind, turned
    return "\n\n".join(parts)


def _marker_kind(node: Json) -> str:
    kind = node.get("type") if isinstance(node, dict) else ""
    return {"bulletList": "-", "taskList": "-", "orderedList": "1"}.get(str(kind), "")


def _paragraph(node: Json, page: Page) -> str:
    return escape.guarded(inline(node.get("content") or [], page.line))


def _heading(node: Json, page: Page) -> str:
    text = inline(node.get("content") or [], page.single)
    bare = text.rstrip("#")
    if bare != text and (not bare or bare[-1] in " \t"):
        text = f"{bare}\\{text[len(bare) :]}"
    return f"{'#' * int(node['attrs']['level'])} {text}".rstrip()


def _code(node: Json, page: Page) -> str:
    texts = [one.get("text") for one in node.get("content") or () if isinstance(one, dict)]
    text = escape.clean("".join([one for one in texts if isinstance(one, str)]))
    language = (node.get("attrs") or {}).get("language") or ""
    if language.strip() == "adf" and _reads_as_node(text):
        page.losses["the language of a code block that shows ADF"] = None
        language = "json"
    return escape.fence(text, escape.clean(language))


def _reads_as_node(text: str) -> bool:
    node = forms.unpacked(text)
    return node is not None and grammar.depth(node) <= grammar.DEEPEST and grammar.valid(node)


def _quote(node: Json, page: Page) -> str:
    text = _joined(node.get("content") or [], page)
    return layout.prefixed(f"\\{text}" if text.startswith("[!") else text, "> ")


def _panel(node: Json, page: Page) -> str:
    kind = node["attrs"]["panelType"]
    text = _joined(node.get("content") or [], page)
    if kind == "tip":
        page.losses["a panel of type tip becomes one of type success"] = None
    alert = ALERTS.get("success" if kind == "tip" else kind)
    if not alert:
        return kept(node, page)
    return layout.prefixed(f"[!{alert}]\n{text or '<!---->'}", "> ")


def _expand(node: Json, page: Page) -> str:
    title = " ".join(escape.clean((node.get("attrs") or {}).get("title") or "").split())
    text = _joined(node.get("content") or [], page)
    summary = f"<summary>{html.escape(title, quote=False)}</summary>"
    return "\n\n".join(part for part in (f"<details>\n{summary}", text, "</details>") if part)


def _rule(node: Json, page: Page) -> str:
    return "___" if page.in_list else "---"


def _list(node: Json, page: Page, *, other: bool) -> str:
    if node["type"] == "taskList":
        return _tasks(node, page, other=other) if _plain_tasks(node) else kept(node, page)
    ordered = node["type"] == "orderedList"
    number = int((node.get("attrs") or {}).get("order", 1)) if ordered else 0
    number = number if number < 10**8 else 1
    page.in_list += 1
    items = []
    for child in node.get("content") or ():
        marker = f"{number}{')' if other else '.'}" if ordered else "*" if other else "-"
        items.append(layout.item(f"{marker} ", _item(child, page)))
        number += 1
    page.in_list -= 1
    return "\n".join(items)


def _item(node: Json, page: Page) -> str:
    if not isinstance(node, dict) or node.get("type") != "listItem" or not grammar.readable(node):
        return block(node, page)
    _note_attributes(node, page)
    content = [one for one in node.get("content") or () if isinstance(one, dict)]
    if len(content) > 1 and content[0].get("type") == "paragraph" and _interrupts(content[1]):
        parts = [block(content[0], page), _joined(content[1:], page)]
        return "\n".join([part for part in parts if part])
    return _joined(content, page)


def _interrupts(node: Json) -> bool:
    """Whether a list may follow a paragraph without a blank line."""
    if node.get("type") not in LISTS or not grammar.readable(node):
        return False
    first = (node.get("content") or [None])[0]
    if not isinstance(first, dict) or not first.get("content"):
        return False
    inner = first["content"][0] if isinstance(first["content"], list) else None
    empty = not isinstance(inner, dict) or (inner.get("type") == "paragraph" and not _any(inner))
    return not empty and (node.get("attrs") or {}).get("order", 1) == 1


def _any(node: Json) -> bool:
    return bool(node.get("content"))


def _plain_tasks(node: Json) -> bool:
    """Only items, each list of tasks within it right below an item."""
    before = ""
    for one in node.get("content") or ():
        kind = one.get("type") if isinstance(one, dict) and grammar.readable(one) else None
        if kind == "taskList" and before != "taskItem":
            return False
        if kind != "taskItem" and not (kind == "taskList" and _plain_tasks(one)):
            return False
        before = kind
    return bool(node.get("content"))


def _tasks(node: Json, page: Page, *, other: bool = False) -> str:
    marker, lines = "*" if other else "-", []
    for one in node["content"]:
        if one["type"] == "taskList":
            lines.append(layout.prefixed(_tasks(one, page), "  "))
            continue
        box = "[x]" if (one.get("attrs") or {}).get("state") == "DONE" else "[ ]"
        text = escape.guarded(inline(one.get("content") or [], page.line)) or "<!---->"
        lines.append(layout.item(f"{marker} ", f"{box} {text}"))
    return "\n".join(lines)


def _table(node: Json, page: Page) -> str:
    if not tables.simple(node):
        return kept(node, page)
    return tables.written(node, page.losses)


def _single(node: Json, page: Page) -> str:
    return tables.image(node, page.losses) or kept(node, page)


def _group(node: Json, page: Page) -> str:
    media = node.get("content") or []
    if not media or not grammar.valid(node) or any(one.get("marks") for one in media):
        return kept(node, page)
    if any(one["attrs"]["type"] == "external" for one in media):
        return kept(node, page)
    return "\n".join([tables.stored(one["attrs"], "group") for one in media])


def _card(node: Json, page: Page) -> str:
    url = node["attrs"]["url"]
    if not grammar.known(node) or escape.address(url, "", "") not in (url, f"<{url}>"):
        return kept(node, page)
    shown = escape.literal(url)
    return f'[{shown}]({escape.destination(url)} "{CARD}")'


_WRITTEN: dict[str, Callable[[Json, Page], str]] = {
    "paragraph": _paragraph, "heading": _heading, "codeBlock": _code, "blockquote": _quote,
    "panel": _panel, "expand": _expand, "nestedExpand": _expand, "rule": _rule, "table": _table,
    "mediaSingle": _single, "mediaGroup": _group, "blockCard": _card,
    **dict.fromkeys(LISTS, _paragraph),
}  # fmt: skip

_HELD: dict[str, frozenset[str]] = {
    "heading": frozenset({"level"}), "codeBlock": frozenset({"language"}),
    "panel": frozenset({"panelType"}), "expand": frozenset({"title"}),
    "nestedExpand": frozenset({"title"}), "orderedList": frozenset({"order"}),
    "blockCard": frozenset({"url"}), "mediaSingle": frozenset({"layout", "width", "widthType"}),
}  # fmt: skip
"""The attributes that have a Markdown form."""
