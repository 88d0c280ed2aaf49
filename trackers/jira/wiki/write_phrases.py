"""Inline nodes → wiki markup, with no more backslashes than are needed."""

import re
from urllib.parse import unquote

from schemas.model import Json
from trackers.jira.adf import forms
from trackers.jira.adf.natural import Losses
from trackers.jira.wiki.phrases import IMAGE, TRAILING

_MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
_START = re.compile(r"(?:[*#]+|-)[ \t]|-{4,}$|\|")
_WORDED = re.compile(r"(h)(?=[1-6]\.(?:\s|$))|(b)(?=q\. )")
_SPECIAL = re.compile(r"[{}\[\]*_\-+^~|!?\\&]")
_ENDS = re.compile(r"[.,;:!?)]*(?:\s|$)")
_ADDRESS = re.compile(r"https?://[^\s\]|\[{}<>\"\\]+")


def inline(
    nodes: list[Json], losses: Losses, *, single: bool = False, started: bool = False,
    cell: bool = False,
) -> str:  # fmt: skip
    """Wiki markup of inline nodes.

    single: breaks are `\\\\`; started: the line does not begin here; cell: bars are escaped.
    """
    line = _Line(losses, nodes, cell)
    out = [line.node(node, at) for at, node in enumerate(nodes)]
    text = _breaks("".join(out), single).strip(" \t\n")
    return text if started else "\n".join([_guarded(one) for one in text.split("\n")])


def title(words: str) -> str:
    """Words for a macro's title."""
    return "".join(char for char in words if char not in "{}|=\\").strip()


def _breaks(text: str, single: bool) -> str:
    """Breaks in a row, and every break where a line must not end, are forced ones."""
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text).strip("\n")
    if single:
        return text.replace("\n", " \\\\ ")
    return re.sub(r"\n{2,}", lambda run: " " + "\\\\ " * len(run[0]), text)


def _guarded(line: str) -> str:
    line = line.strip(" \t")
    if _START.match(line):
        return "\\" + line
    return (
        _WORDED.sub(lambda found: f"&#{ord(found[0])};", line, count=1)
        if _WORDED.match(line)
        else line
    )


class _Line:
    """One run of inline nodes."""

    def __init__(self, losses: Losses, nodes: list[Json], cell: bool) -> None:
        self.losses, self.nodes, self.cell = losses, nodes, cell
        self.mixed = len(nodes) > 1

    def node(self, node: Json, at: int) -> str:
        attrs = node.get("attrs") or {}
        match node["type"]:
            case "text":
                return self.text(node, at)
            case "hardBreak":
                return "\n"
            case "mention":
                return f"[~accountid:{attrs['id']}]"
            case "inlineCard" | "card":
                return self.address(attrs["url"], at)
            case "image":
                return self.image(node)
            case "foreign":
                return self.foreign(attrs)
            case "emoji":
                return self.plain(str(attrs.get("text") or attrs["shortName"]))
        return self.worded(node)

    def worded(self, node: Json) -> str:
        """A date, a status, or what only ADF has: its text."""
        self.losses[f"{node['type']} becomes text"] = None
        attrs = node.get("attrs") or {}
        if node["type"] == "date":
            return forms.date_text(attrs["timestamp"])
        text = node.get("raw") or attrs.get("text") or ""
        return self.plain(str(text))

    def text(self, node: Json, at: int) -> str:
        marks = {mark["type"]: mark for mark in node.get("marks") or ()}
        if "code" in marks:
            return self.code(node["text"], marks)
        body = node["text"].strip()
        if not marks or not body:
            return self.plain(node["text"], marked=bool(marks))
        start = node["text"].index(body)
        before = " " if start else self.beside(at, -1)
        after = " " if start + len(body) < len(node["text"]) else self.beside(at, 1)
        neat = before in " \n(" and after in " \n.,;:)!"
        written = self.plain(body, marked=True)
        for kind, mark in reversed(marks.items()):
            if kind != "link":
                written = self.wrapped(kind, mark, written, neat=neat and "link" not in marks)
        if "link" in marks:
            written = self.link(written, marks["link"]["attrs"]["href"])
        return f"{node['text'][:start]}{written}{node['text'][start + len(body) :]}"

    def wrapped(self, kind: str, mark: Json, text: str, *, neat: bool) -> str:
        sign = _MARKS.get(kind, "")
        if kind == "subsup":
            sign = "~" if mark["attrs"]["type"] == "sub" else "^"
        if sign:
            return f"{sign}{text}{sign}" if neat else f"{{{sign}}}{text}{{{sign}}}"
        if kind == "textColor":
            return f"{{color:{mark['attrs']['color']}}}{text}{{color}}"
        self.losses[f"{kind} of a text"] = None
        return text

    def code(self, text: str, marks: dict[str, Json]) -> str:
        if marks.keys() - {"code"}:
            self.losses["marks on inline code"] = None
        text = " ".join(text.split("\n"))
        if "}}" in text or text.endswith("}") or not text.strip():
            self.losses["a run of code that holds }}"] = None
            return self.plain(text, marked=True)
        return f"{{{{{text.replace('|', '&#124;') if self.cell else text}}}}}"

    def link(self, shown: str, href: str) -> str:
        if re.search(r"[\[\]|\n]", shown.replace("\\[", "").replace("\\]", "").replace("\\|", "")):
            self.losses["brackets in the text of a link"] = None
        shown = re.sub(r"\\?[\[\]|]", lambda found: f"&#{ord(found[0][-1])};", shown)
        return f"[{shown}|{_safe(href)}]"

    def address(self, url: str, at: int) -> str:
        bare = _ADDRESS.fullmatch(url) and not TRAILING.search(url)
        if bare and self.beside(at, -1) in "\n (" and _ENDS.match(self.following(at)):
            return url
        return f"[{_safe(url)}]"

    def following(self, at: int) -> str:
        """The plain text after a node; x where something else follows."""
        if self.beside(at, 1) in ("\n", "x"):
            return self.beside(at, 1)
        return str(self.nodes[at + 1]["text"])

    def beside(self, at: int, step: int) -> str:
        """The character next to a node: a newline at the ends, x where it is no text."""
        if not 0 <= at + step < len(self.nodes):
            return "\n"
        node = self.nodes[at + step]
        if node["type"] == "hardBreak":
            return "\n"
        plain = node["type"] == "text" and not node.get("marks")
        return node["text"][-1 if step < 0 else 0] if plain else "x"

    def image(self, node: Json) -> str:
        attrs = node["attrs"]
        url, alt = str(attrs["url"]), str(attrs.get("alt") or "")
        if node.get("marks") or attrs.get("title"):
            self.losses["the link or title of an image"] = None
        name = (
            unquote(url.removeprefix("attachment:"))
            if url.startswith("attachment:")
            else _safe(url)
        )
        shown = "" if alt == name else re.sub(r"[!|\n\"=]", " ", alt).strip()
        written = f"!{name}|alt={shown}!" if shown else f"!{name}!"
        if IMAGE.fullmatch(written) and not forms.scheme_of(name):
            return written
        self.losses[f"the image {alt or name!r}"] = None
        return self.plain(alt or name)

    def foreign(self, attrs: Json) -> str:
        scheme, _, name = str(attrs["href"]).partition(":")
        name = re.sub(r"[\[\]|\n]", "", unquote(name))
        if scheme == "username" and name:
            return f"[~{name}]"
        if scheme == "attachment" and name:
            return f"[^{name}]"
        self.losses[f"{scheme} of {attrs['text']!r}"] = None
        return self.plain(str(attrs["text"]))

    def plain(self, text: str, *, marked: bool = False) -> str:
        """Text in which nothing is special."""
        out: list[str] = []
        done = 0
        for url in _ADDRESS.finditer(text):
            end = url.start() + len(TRAILING.sub("", url[0]))
            out += [self.escaped(text[done : url.start()], marked), text[url.start() : end]]
            done = end
        return "".join([*out, self.escaped(text[done:], marked)])

    def escaped(self, text: str, marked: bool) -> str:
        parts, done = [], 0
        for found in _SPECIAL.finditer(text):
            at = found.start()
            written = self.special(text, at, marked)
            if written != text[at]:
                parts += [text[done:at], written]
                done = at + 1
        return "".join([*parts, text[done:]])

    def special(self, text: str, at: int, marked: bool) -> str:
        char, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        match char:
            case "\\":
                return "&#92;" if not after or not after.isalnum() else char
            case "&":
                return "&#38;" if after == "#" else char
            case "{" | "}" | "[" | "]":
                return f"\\{char}"
            case "|":
                return f"\\{char}" if self.cell or not before else char
            case "?":
                return f"\\{char}" if "?" in (before, after) else char
            case "!":
                return f"\\{char}" if after and not after.isspace() else char
        return f"\\{char}" if self.delimits(text, at, marked) else char

    def delimits(self, text: str, at: int, marked: bool) -> bool:
        """Whether a mark could begin here: after no word, before no blank, with an end later."""
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if before.isalnum() and not marked:
            return False
        if (not after and not self.mixed) or after.isspace():
            return marked
        return marked or self.mixed or text[at] in text[at + 2 :]


def _safe(href: str) -> str:
    return re.sub(r"[\s\[\]|{}\\]", lambda found: f"%{ord(found[0]):02X}", href)
