"""Inline wiki markup → ADF's inline nodes."""

import re
from urllib.parse import quote

from schemas.model import Json
from trackers.jira.adf import forms
from trackers.jira.adf.leaves import Losses
from trackers.jira.adf.phrases import Raw
from trackers.markdown import escape

SPECIAL = "{}[]*_-+^~|!?#\\"
"""What a backslash before it makes plain."""

MARKS: dict[str, Json] = {
    "*": {"type": "strong"}, "_": {"type": "em"}, "-": {"type": "strike"},
    "+": {"type": "underline"}, "^": {"type": "subsup", "attrs": {"type": "sup"}},
    "~": {"type": "subsup", "attrs": {"type": "sub"}}, "??": {"type": "em"},
}  # fmt: skip
COLOURS = {
    "red": "#ff0000", "green": "#008000", "blue": "#0000ff", "yellow": "#ffff00",
    "black": "#000000", "white": "#ffffff", "orange": "#ffa500", "purple": "#800080",
    "gray": "#808080", "grey": "#808080", "brown": "#a52a2a", "pink": "#ffc0cb",
    "cyan": "#00ffff", "navy": "#000080",
}  # fmt: skip
IMAGE = re.compile(
    r"!((?:[a-z]+://[^\s!|]{1,1000})|(?:[^\s!|][^!\n|]{0,200}\.\w{2,5}))(?:\|([^!\n]{0,300}))?!(?!\w)"
)
_TOKEN = re.compile(
    r"\\\\|\\[{}\[\]*_\-+^~|!?#]|\n|\{\{(?P<code>.{1,2000}?)\}\}(?!\})"
    r"|\[(?P<link>[^\[\]\n]{1,2000})\]|\{color:(?P<colour>[#\w]{1,30})\}"
    r"|\{anchor(?::[^}\n]{0,200})?\}|!|&#(?P<entity>\d{1,7});"
    r"|(?P<url>https?://[^\s\]|\[{}<>\"\\]{1,2000})|\{(?P<forced>[*_\-+^~])\}|\?\?|[*_\-+^~]"
)
_BREAKS = ("\\\\", "\n")
_END_COLOUR = re.compile(r"\{color\}")
_CLOSERS = {
    mark: re.compile(rf"(?<=[^\s\\]){re.escape(mark)}(?![\w{re.escape(mark[0])}])")
    for mark in MARKS
}
_FORCED = {mark: re.compile(re.escape("{" + mark + "}")) for mark in "*_-+^~"}
TRAILING = re.compile(r"[.,;:!?)'\"*_~^+-]+$")


def phrases(text: str, losses: Losses) -> list[Json]:
    """The inline nodes of a text."""
    return _Reader(losses).read(text, ())


class _Reader:
    """One paragraph; what has no end once has none later either, which keeps this linear."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses

    def read(self, text: str, marks: tuple[Json, ...]) -> list[Json]:
        out: list[Json] = []
        endless: set[str] = set()
        at = done = 0
        while found := _TOKEN.search(text, at):
            made = self._made(text, found, marks, endless)
            if made is None:
                at = found.start() + 1 if found[0][0] != "\\" else found.end()
                continue
            nodes, end = made
            out += [*_plain(text[done : found.start()], marks), *nodes]
            at = done = end
        return out + _plain(text[done:], marks)

    def _made(
        self, text: str, found: re.Match[str], marks: tuple[Json, ...], endless: set[str]
    ) -> tuple[list[Json], int] | None:
        """The nodes that begin here and where they end; None for what is plain."""
        sign = found[0]
        if sign in _BREAKS:
            return [{"type": "hardBreak"}], found.end()
        if sign[0] == "\\":
            return _plain(sign[1:], marks), found.end()
        if sign == "!":
            return self._image(text, found.start())
        if sign in _CLOSERS:
            return self._marked(text, found, sign, marks, endless)
        return self._named(text, found, marks, endless)

    def _named(
        self, text: str, found: re.Match[str], marks: tuple[Json, ...], endless: set[str]
    ) -> tuple[list[Json], int] | None:
        match found.lastgroup:
            case "code":
                return _plain(found[0][2:-2], (*marks, {"type": "code"})), found.end()
            case "link":
                return self._link(found["link"], marks), found.end()
            case "entity":
                return _plain(_character(found["entity"]), marks), found.end()
            case "url":
                url = TRAILING.sub("", found["url"])
                if any(mark["type"] == "link" for mark in marks):
                    return _plain(url, marks), found.start() + len(url)
                return [{"type": "inlineCard", "attrs": {"url": url}}], found.start() + len(url)
            case "colour":
                return self._coloured(text, found, marks, endless)
            case "forced":
                return self._forced(text, found, marks, endless)
        self.losses["an anchor"] = None
        return [], found.end()

    def _marked(
        self, text: str, found: re.Match[str], mark: str, marks: tuple[Json, ...], endless: set[str]
    ) -> tuple[list[Json], int] | None:
        start, end = found.start(), found.end()
        after = text[end : end + 1]
        opens = not (start and (text[start - 1].isalnum() or text[start - 1] in mark))
        if not opens or not after or after.isspace() or after == mark[0] or mark in endless:
            return None
        if MARKS[mark] in marks:
            return None
        close = _CLOSERS[mark].search(text, end + 1)
        line = text.find("\n\n", end)
        if not close or (0 <= line < close.start()):
            endless.add(mark)
            return None
        return self.read(text[end : close.start()], (*marks, MARKS[mark])), close.end()

    def _forced(
        self, text: str, found: re.Match[str], marks: tuple[Json, ...], endless: set[str]
    ) -> tuple[list[Json], int] | None:
        mark = found["forced"]
        close = None if found[0] in endless else _FORCED[mark].search(text, found.end())
        if not close or MARKS[mark] in marks:
            endless.add(found[0])
            return None
        inner = text[found.end() : close.start()]
        return self.read(inner, (*marks, MARKS[mark])), close.end()

    def _coloured(
        self, text: str, found: re.Match[str], marks: tuple[Json, ...], endless: set[str]
    ) -> tuple[list[Json], int] | None:
        close = None if "color" in endless else _END_COLOUR.search(text, found.end())
        if not close or len(marks) > 8:
            endless.add("color")
            return None
        name = found["colour"].lower()
        colour = COLOURS.get(name, name)
        inner = text[found.end() : close.start()]
        if not re.fullmatch("#[0-9a-f]{6}", colour):
            self.losses[f"the colour {name}"] = None
            return self.read(inner, marks), close.end()
        mark = {"type": "textColor", "attrs": {"color": colour}}
        kept = tuple(one for one in marks if one["type"] != "textColor")
        return self.read(inner, (*kept, mark)), close.end()

    def _image(self, text: str, at: int) -> tuple[list[Json], int] | None:
        found = IMAGE.match(text, at)
        if not found or (at and text[at - 1].isalnum()):
            return None
        words = dict(one.partition("=")[::2] for one in (found[2] or "").split("|"))
        alt = words.pop("alt", "").strip('"')
        if any(name for name in words):
            self.losses["size and layout of an image"] = None
        url = found[1] if "://" in found[1] else f"attachment:{quote(found[1])}"
        shown = alt or (found[1] if "://" not in found[1] else "")
        markdown = f"![{escape.literal(shown)}]({escape.destination(url)})"
        return [Raw(type="image", markdown=markdown)], found.end()

    def _link(self, inside: str, marks: tuple[Json, ...]) -> list[Json]:
        if inside.startswith("~") and len(inside) > 1:
            return [_mention(inside[1:])]
        if inside.startswith("^") and len(inside) > 1:
            name = inside[1:]
            return [_raw(name, f"attachment:{quote(name)}")]
        shown, bar, href = inside.partition("|")
        href = (href if bar else inside).partition("|")[0].strip()
        if not re.match(r"(?:[a-z][a-z0-9+.-]{1,30}:|#|/)", href, re.IGNORECASE) or _unsafe(href):
            return _plain(f"[{inside}]", marks)
        if not bar and href.startswith("http"):
            return [{"type": "inlineCard", "attrs": {"url": href}}]
        link = {"type": "link", "attrs": {"href": href}}
        if not bar or not shown.strip():
            return _plain(href.removeprefix("mailto:"), (*marks, link))
        return self.read(shown, (*marks, link)) if len(marks) < 8 else _plain(shown, (*marks, link))


def _unsafe(href: str) -> bool:
    unsafe = ("javascript:", "vbscript:", "file:", "data:")
    return href.lower().startswith(unsafe) or forms.scheme_of(href) in forms.SCHEMES


def _mention(name: str) -> Json:
    if name.startswith("accountid:") and len(name) > 10:
        account = name[10:]
        return {"type": "mention", "attrs": {"id": account, "text": f"@{account}"}}
    return _raw(f"@{name}", f"username:{quote(name)}")


def _raw(shown: str, href: str) -> Json:
    return Raw(type="link", markdown=f"[{escape.literal(shown)}]({escape.destination(href)})")


def _plain(text: str, marks: tuple[Json, ...]) -> list[Json]:
    if not text:
        return []
    return [{"type": "text", "text": text} | ({"marks": list(marks)} if marks else {})]


def _character(number: str) -> str:
    code = int(number)
    return chr(code) if 31 < code < 0xD800 else "\ufffd"
