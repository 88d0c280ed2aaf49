"""Markdown tokens → a tree of ADF's nodes as Markdown nests them, before Jira's rules of placing.

Besides ADF's own nodes it may hold, for `place` and for the wiki writer to settle:
    image {url, alt, title} · adf {node, raw} · foreign {href, text}
    listItem with `checked` True or False · doc children with `lines` (start, end) of the source
"""

from collections.abc import Callable
from urllib.parse import unquote

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from schemas.model import Json
from trackers.jira.adf import forms, grammar
from trackers.jira.adf.blocks import ALERTS, CARD
from trackers.markdown.escape import clean

Losses = dict[str, None]

_PANELS = {alert: panel for panel, alert in ALERTS.items()}
_MARKS: dict[str, Json] = {
    "strong": {"type": "strong"}, "em": {"type": "em"}, "s": {"type": "strike"},
    "underline": {"type": "underline"}, "code": {"type": "code"},
    "sub": {"type": "subsup", "attrs": {"type": "sub"}},
    "sup": {"type": "subsup", "attrs": {"type": "sup"}},
}  # fmt: skip
_ALIGNED = {"text-align:center": "center", "text-align:right": "end"}


def tree(tokens: list[Token], losses: Losses) -> Json:
    """The document of a token stream, built in one pass without recursion over blocks."""
    root: Json = {"type": "doc", "version": 1, "content": []}
    stack = [root]
    hidden = False
    for token in tokens:
        if token.type in ("alert_title_open", "alert_title_close"):
            hidden = token.nesting > 0
        elif not hidden:
            _step(token, stack, losses)
    return root


def _step(token: Token, stack: list[Json], losses: Losses) -> None:
    if token.type in ("thead_open", "thead_close", "tbody_open", "tbody_close"):
        return
    if token.nesting < 0:
        _close(stack)
    elif token.type == "inline":
        stack[-1].setdefault("content", []).extend(phrases(token.children or [], losses))
    elif token.type in _BLOCKS:
        node = _BLOCKS[token.type](token)
        if len(stack) == 1 and token.map:
            node["lines"] = tuple(token.map)
        stack[-1].setdefault("content", []).append(node)
        if token.nesting > 0:
            stack.append(node)
    elif token.type == "comment":
        _note_comment(token, losses)


def _close(stack: list[Json]) -> None:
    """A cell's content is one paragraph, aligned as its column."""
    node = stack.pop()
    if node["type"] not in ("tableHeader", "tableCell"):
        return
    paragraph: Json = {"type": "paragraph", "content": node.get("content") or []}
    align = node.pop("align", None)
    if align and paragraph["content"]:
        paragraph["marks"] = [{"type": "alignment", "attrs": {"align": align}}]
    node["content"] = [paragraph]


def _note_comment(token: Token, losses: Losses) -> None:
    if token.content != "<!---->":
        losses["an HTML comment"] = None


def _heading(token: Token) -> Json:
    return {"type": "heading", "attrs": {"level": int(token.tag[1])}}


def _ordered(token: Token) -> Json:
    start = token.attrs.get("start", 1)
    node: Json = {"type": "orderedList", "content": []}
    return node if start == 1 else node | {"attrs": {"order": int(start)}}


def _item(token: Token) -> Json:
    return {"type": "listItem", "content": [], "checked": token.meta.get("checked")}


def _alert(token: Token) -> Json:
    kind = _PANELS.get(token.meta["kind"], "info")
    return {"type": "panel", "attrs": {"panelType": kind}, "content": []}


def _details(token: Token) -> Json:
    return {"type": "expand", "attrs": {"title": token.meta["title"]}, "content": []}


def _code(token: Token) -> Json:
    text = token.content.removesuffix("\n")
    language = " ".join(clean(unescapeAll(token.info)).split())
    if language == "adf" and (node := forms.unpacked(text)) is not None:
        return {"type": "adf", "node": node, "raw": text}
    code: Json = {"type": "codeBlock"}
    if language:
        code["attrs"] = {"language": language}
    return code | {"content": [{"type": "text", "text": text}] if text else []}


def _cell(kind: str) -> Callable[[Token], Json]:
    def made(token: Token) -> Json:
        return {"type": kind, "align": _ALIGNED.get(str(token.attrs.get("style", "")))}

    return made


def _plain(kind: str) -> Callable[[Token], Json]:
    return lambda token: {"type": kind, "content": []}


_BLOCKS: dict[str, Callable[[Token], Json]] = {
    "paragraph_open": _plain("paragraph"), "heading_open": _heading, "fence": _code,
    "code_block": _code, "bullet_list_open": _plain("bulletList"), "list_item_open": _item,
    "ordered_list_open": _ordered, "blockquote_open": _plain("blockquote"), "alert_open": _alert,
    "details_open": _details, "hr": lambda token: {"type": "rule"},
    "table_open": _plain("table"), "tr_open": _plain("tableRow"),
    "th_open": _cell("tableHeader"), "td_open": _cell("tableCell"),
}  # fmt: skip


def phrases(tokens: list[Token], losses: Losses) -> list[Json]:
    """Inline nodes with their marks."""
    nodes: list[Json] = []
    marks: list[Json] = []
    skip = -1
    for at, token in enumerate(tokens):
        if at <= skip:
            continue
        if token.type == "link_open":
            end = _link_end(tokens, at)
            nodes += _link(token, tokens[at + 1 : end], marks, losses)
            skip = end
        elif token.nesting:
            _turn(token, marks)
        else:
            nodes += _leaf(token, marks, losses)
    return nodes


def _link_end(tokens: list[Token], at: int) -> int:
    depth = 0
    for end in range(at, len(tokens)):
        if tokens[end].type in ("link_open", "link_close"):
            depth += tokens[end].nesting
            if not depth:
                return end
    return len(tokens)


def _turn(token: Token, marks: list[Json]) -> None:
    """Entering or leaving a mark."""
    if token.nesting < 0:
        if marks:
            marks.pop()
        return
    kind = token.type.removesuffix("_open")
    marks.append(_MARKS[kind] if kind in _MARKS else _span(token))


def _span(token: Token) -> Json:
    """The mark of a `<span>`; an empty one when it says nothing we know."""
    name, _, colour = str(token.attrs.get("style", "")).partition(": ")
    if colour:
        kind = "textColor" if name == "color" else "backgroundColor"
        return {"type": kind, "attrs": {"color": colour}}
    mark = forms.unpacked(unquote(str(token.attrs.get("data-adf", ""))))
    return mark if mark and grammar.mark_known(mark) else {}


def _leaf(token: Token, marks: list[Json], losses: Losses) -> list[Json]:
    match token.type:
        case "text" | "emoji" if token.type == "text" or any(
            m.get("type") == "code" for m in marks
        ):
            return [_text(token.content, marks)] if token.content else []
        case "code_inline":
            return [_text(token.content, [*marks, {"type": "code"}])] if token.content else []
        case "softbreak" | "hardbreak":
            return [{"type": "hardBreak"}]
        case "image":
            return [_image(token, marks)]
        case "emoji":
            return [{"type": "emoji", "attrs": {"shortName": token.content}}]
        case "comment":
            _note_comment(token, losses)
    return []


def _text(text: str, marks: list[Json]) -> Json:
    """Each kind of mark once, the innermost of its kind."""
    kept = {mark["type"]: mark for mark in marks if mark}
    return {"type": "text", "text": text} | ({"marks": list(kept.values())} if kept else {})


def _image(token: Token, marks: list[Json]) -> Json:
    attrs = {"url": token.attrs["src"], "alt": words(token.children or [])}
    if token.attrs.get("title"):
        attrs["title"] = token.attrs["title"]
    links = [mark for mark in marks if mark.get("type") == "link"]
    return {"type": "image", "attrs": attrs} | ({"marks": links} if links else {})


def words(tokens: list[Token]) -> str:
    """The text of inline tokens."""
    parts = []
    for token in tokens:
        if token.type == "image":
            parts.append(words(token.children or []))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type != "comment":
            parts.append(token.content)
    return "".join(parts)


def _link(token: Token, inner: list[Token], marks: list[Json], losses: Losses) -> list[Json]:
    href, text = str(token.attrs.get("href", "")), words(inner)
    if token.markup == "autolink" and href == text and href.lower().startswith("http"):
        if any(marks):
            losses["marks on a bare address"] = None
        return [{"type": "inlineCard", "attrs": {"url": href}}]
    if token.attrs.get("title") == CARD and href == text:
        return [{"type": "card", "attrs": {"url": href}}]
    if forms.scheme_of(href):
        return [_special(href, text)]
    if not (href and text.strip()) and not any(one.type == "image" for one in inner):
        losses["a link without text or address"] = None
        return [_within(node, marks) for node in phrases(inner, losses)]
    link: Json = {"type": "link", "attrs": {"href": href}}
    if token.attrs.get("title"):
        link["attrs"]["title"] = token.attrs["title"]
    return [_marked(node, link, marks) for node in phrases(inner, losses)]


def _within(node: Json, marks: list[Json]) -> Json:
    if node["type"] != "text":
        return node
    return _text(node["text"], [*marks, *node.get("marks", ())])


def _marked(node: Json, link: Json, marks: list[Json]) -> Json:
    """A node inside of a link, with the marks around the link."""
    if node["type"] == "text":
        return _text(node["text"], [link, *marks, *node.get("marks", ())])
    return node | {"marks": [link]} if node["type"] == "image" else node


def _special(href: str, text: str) -> Json:
    """A node in the form of a link; one that is not valid (here) is for `place` to settle."""
    if href.startswith("adf:"):
        node = forms.unpacked(unquote(href[4:]))
        return {"type": "adf", "node": node, "raw": text} if node else _foreign(href, text)
    return forms.node_of(href, text) or _foreign(href, text)


def _foreign(href: str, text: str) -> Json:
    return {"type": "foreign", "attrs": {"href": href, "text": text}}
