"""The few inline HTML tags that people write in Markdown; every other tag stays text.

Pairs must lie within one container (`**<u>a**</u>` is text); an unpaired tag is text as well.
"""

import html
import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

PAIRED = {
    "u": "underline", "ins": "underline", "sub": "sub", "sup": "sup", "b": "strong",
    "strong": "strong", "i": "em", "em": "em", "s": "s", "del": "s", "strike": "s",
    "code": "code", "kbd": "code", "samp": "code", "tt": "code", "a": "link", "span": "span",
}  # fmt: skip
"""Tag → the token that a pair of it becomes."""

_TAG = re.compile(
    r"<(/?)(" + "|".join([*PAIRED, "br", "img"]) + r")"
    r"((?:\s+[a-zA-Z_][\w:.-]{0,40}(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'=<>`]+))?){0,12})\s*/?>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"([a-zA-Z_][\w:.-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?"
)
_COMMENT = re.compile(r"<!--(?:(?!-->)[\s\S]){0,10000}-->")
_EMOJI = re.compile(r":(?=[a-z0-9_+-]*[a-z])[a-z0-9_+-]{1,60}:(?![\w:])")
_COLOUR = re.compile(r"(background-color|color)\s*:\s*(#[0-9a-fA-F]{6})\s*;?\s*$")


def tags_plugin(md: MarkdownIt) -> None:
    """Reads the tags, then pairs them."""
    md.inline.ruler.before("autolink", "tag", _tag)
    md.inline.ruler.before("autolink", "emoji", _emoji)
    md.core.ruler.after("inline", "tags", _pair_all)


def _emoji(state: StateInline, silent: bool) -> bool:
    """`:name:`, standing alone."""
    before = state.src[state.pos - 1] if state.pos else ""
    found = _EMOJI.match(state.src, state.pos) if state.src[state.pos] == ":" else None
    if not found or before.isalnum() or before in ("_", ":"):
        return False
    if not silent:
        state.push("emoji", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _tag(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    found = _TAG.match(state.src, state.pos) or _comment(state)
    if not found:
        return False
    if not silent:
        token = state.push("comment" if found[0].startswith("<!--") else "tag", "", 0)
        token.content = found[0]
    state.pos = found.end()
    return True


def _comment(state: StateInline) -> re.Match[str] | None:
    if not state.src.startswith("<!--", state.pos):
        return None
    if state.html_terminator_last("-->") < state.pos + 4:
        return None
    return _COMMENT.match(state.src, state.pos)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag by lower-case name."""
    inside = tag.strip("</>").split(None, 1)
    found = _ATTRIBUTE.findall(inside[1]) if len(inside) > 1 else []
    return {name.lower(): html.unescape(a or b or c) for name, a, b, c in found}


def _pair_all(state: StateCore) -> None:
    for token in state.tokens:
        if token.children and any(child.type == "tag" for child in token.children):
            token.children = _joined(_paired(state, token.children))


def _paired(state: StateCore, children: list[Token]) -> list[Token]:
    frames: list[list[tuple[str, int]]] = [[]]
    for at, token in enumerate(children):
        if token.type == "tag":
            _one(state, children, at, frames[-1])
        elif token.nesting > 0:
            frames.append([])
        elif token.nesting < 0 and len(frames) > 1:
            frames.pop()
    for token in children:
        if token.type == "tag":
            token.type = "text"
    return children


def _one(state: StateCore, children: list[Token], at: int, opened: list[tuple[str, int]]) -> None:
    token = children[at]
    found = _TAG.match(token.content)
    name = found[2].lower() if found else ""
    if name == "br":
        token.type, token.tag, token.content = "hardbreak", "br", ""
    elif name == "img":
        _image(state, token)
    elif found and not found[1]:
        opened.append((name, at))
    else:
        _close(state, children, at, name, opened)


def _close(
    state: StateCore, children: list[Token], at: int, name: str, opened: list[tuple[str, int]]
) -> None:
    if not any(one == name for one, _ in opened[-32:]):
        return
    while opened:
        one, start = opened.pop()
        if one == name:
            _become(state, children[start], children[at], name)
            return


def _become(state: StateCore, first: Token, last: Token, name: str) -> None:
    attrs = _kept(state, name, attributes(first.content))
    if attrs is None:
        return
    kind = PAIRED[name]
    for token, suffix, nesting in ((first, "open", 1), (last, "close", -1)):
        token.type, token.tag, token.content = f"{kind}_{suffix}", name, ""
        token.nesting = 1 if nesting > 0 else -1
    first.attrs = dict(attrs)


def _kept(state: StateCore, name: str, attrs: dict[str, str]) -> dict[str, str] | None:
    """The attributes that count; None when the tag is to stay text."""
    if name == "a":
        href = attrs.get("href", "")
        return {"href": href} if href and state.md.validateLink(href) else None
    if name == "span":
        colour = _COLOUR.match(attrs.get("style", "").strip())
        if colour:
            return {"style": f"{colour[1]}: {colour[2].lower()}"}
        return {"data-adf": attrs["data-adf"]} if "data-adf" in attrs else {}
    return {}


def _image(state: StateCore, token: Token) -> None:
    attrs = attributes(token.content)
    src = attrs.get("src", "")
    if not src or not state.md.validateLink(src):
        return
    alt = Token("text", "", 0, content=attrs.get("alt", ""))
    token.type, token.tag, token.children = "image", "img", [alt]
    token.content = alt.content
    token.attrs = {"src": src, "alt": ""}
    if attrs.get("title"):
        token.attrs["title"] = attrs["title"]


def _joined(children: list[Token]) -> list[Token]:
    """Neighbouring texts as one, as the parser leaves them elsewhere."""
    out: list[Token] = []
    for token in children:
        if token.type == "text" and out and out[-1].type == "text":
            out[-1].content += token.content
        else:
            out.append(token)
    return out
