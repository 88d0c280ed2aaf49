"""Inline ADF → Markdown: marks become delimiters where they are read as such, else tags."""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from schemas.model import Json
from trackers.jira.adf import forms, grammar, leaves
from trackers.jira.adf.leaves import Losses
from trackers.markdown import escape

_ORDER = (
    "link", "textColor", "backgroundColor", "underline", "subsup", "strong", "em", "strike", "code"
)  # fmt: skip
_DELIMITERS = {"strong": ("**", "strong"), "em": ("*", "em"), "strike": ("~~", "del")}
_MOST_MARKS = 12
_SPACED = re.compile(r"[.,)!?]*\s")
_ENDED = re.compile(r"[.,)!?]*(?:\s|$)")


@dataclass(frozen=True)
class Atom:
    """A piece without inner structure: its marks by key, and how it is written.

    kind: text, code, break, card, or raw for what is already Markdown.
    before, after: the characters beside a text, as far as an address in it is concerned.
    """

    kind: str
    text: str
    marks: dict[str, Json]
    before: str = ""
    after: str = ""
    marked: bool = False


class Raw(dict[str, Json]):
    """A node that already is Markdown; no JSON becomes one."""


@dataclass(frozen=True)
class Piece:
    """Rendered Markdown; `delimiter` and `tag` when it still has to be wrapped."""

    text: str
    delimiter: str = ""
    tag: str = ""
    kind: str = "raw"


@dataclass(frozen=True)
class Line:
    """How inline content is written: `single` for headings and cells, where breaks are tags."""

    losses: Losses
    single: bool = False


def inline(nodes: list[Json], line: Line) -> str:
    """Markdown of inline nodes; lines are not yet guarded against beginning a block."""
    atoms = _carried([atom for node in nodes for atom in _atoms(node, line.losses)])
    plain = "".join([atom.text for atom in atoms if atom.kind in ("text", "break", "card")])
    pieces = _pieces(_beside(_trimmed(_merged(atoms)), line), escape.hazards(plain), line)
    return _join(pieces, line).strip(" \t\n")


def _atoms(node: Json, losses: Losses) -> list[Atom]:
    if isinstance(node, Raw):
        return [Atom("raw", node["markdown"], {})]
    if not grammar.readable(node):
        return [Atom("raw", leaves.unknown(node, losses), {})]
    kept = [mark for mark in node.get("marks") or () if isinstance(mark, dict)]
    marks = {forms.packed(mark): mark for mark in kept[:_MOST_MARKS]}
    match node["type"]:
        case "text":
            return _texts(escape.clean(node["text"]), marks)
        case "hardBreak":
            return [Atom("break", "\n", {})]
        case "inlineCard" if forms.sound((node.get("attrs") or {}).get("url")):
            return [Atom("card", escape.clean(node["attrs"]["url"]), marks)]
    return [Atom("raw", leaves.written(node, losses), marks)]


def _texts(text: str, marks: dict[str, Json]) -> list[Atom]:
    code = next((key for key, mark in marks.items() if mark.get("type") == "code"), None)
    if code:
        return [Atom("code", text, {key: mark for key, mark in marks.items() if key != code})]
    atoms = []
    for part in text.split("\n"):
        atoms += [Atom("break", "\n", {}), Atom("text", part, marks)]
    return [atom for atom in atoms[1:] if atom.text]


def _carried(atoms: list[Atom]) -> list[Atom]:
    """A break or a mention amid bold text is bold, though ADF cannot say so."""
    before: dict[str, Json] = {}
    after: list[dict[str, Json]] = [{}] * len(atoms)
    for at in range(len(atoms) - 2, -1, -1):
        after[at] = after[at + 1] if _bare(atoms[at + 1]) else atoms[at + 1].marks
    for at, atom in enumerate(atoms):
        if _bare(atom):
            shared = {
                key: mark
                for key, mark in before.items()
                if key in after[at] and mark.get("type") != "link"
            }
            atoms[at] = replace(atom, marks=shared)
        else:
            before = atom.marks
    return atoms


def _bare(atom: Atom) -> bool:
    return atom.kind in ("break", "raw", "card") and not atom.marks


def _merged(atoms: list[Atom]) -> list[Atom]:
    """Neighbours of one kind with the same marks are one run."""
    out: list[Atom] = []
    for atom in atoms:
        last = out[-1] if out else None
        same = last and last.kind == atom.kind and last.marks.keys() == atom.marks.keys()
        if last and same and atom.kind in ("text", "code"):
            out[-1] = Atom(atom.kind, last.text + atom.text, atom.marks)
        else:
            out.append(atom)
    return out


def _trimmed(atoms: list[Atom]) -> list[Atom]:
    """Without the breaks and blanks at the ends, which nobody sees."""
    start, end = 0, len(atoms)
    while start < end and _blank_atom(atoms[start]):
        start += 1
    while end > start and _blank_atom(atoms[end - 1]):
        end -= 1
    kept = atoms[start:end]
    return [atom for at, atom in enumerate(kept) if atom.text.strip() or not _at_break(kept, at)]


def _at_break(atoms: list[Atom], at: int) -> bool:
    """Whether a blank text stands beside a break, where it would make an empty line."""
    beside = (atoms[at - 1 : at] if at else []) + atoms[at + 1 : at + 2]
    return atoms[at].kind == "text" and any(one.kind == "break" for one in beside)


def _blank_atom(atom: Atom) -> bool:
    return atom.kind in ("break", "text") and not atom.text.strip()


def _beside(atoms: list[Atom], line: Line) -> list[Atom]:
    """Texts and cards told what stands beside them; x for what an address may not touch."""
    return [
        replace(
            atom,
            before=_before(atoms, at, line),
            after=_after(atoms, at + 1),
            marked=bool(atom.marks),
        )
        for at, atom in enumerate(atoms)
    ]


def _before(atoms: list[Atom], at: int, line: Line) -> str:
    if any(mark.get("type") not in _DELIMITERS for mark in atoms[at].marks.values()):
        return "x"
    if not at:
        return ""
    if atoms[at - 1].kind == "break":
        tag = line.single or (at > 1 and atoms[at - 2].kind == "break")
        return "x" if tag else ""
    text = atoms[at - 1].kind == "text" and atoms[at - 1].text[-1] in " ("
    return atoms[at - 1].text[-1] if text else "x"


def _after(atoms: list[Atom], at: int) -> str:
    if at == len(atoms) or atoms[at].kind == "break":
        return ""
    ends = _ENDED if at + 1 == len(atoms) else _SPACED
    return atoms[at].text[0] if atoms[at].kind == "text" and ends.match(atoms[at].text) else "x"


def _pieces(atoms: list[Atom], where: escape.Hazards, line: Line) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    while at < len(atoms):
        key, end = _longest(atoms, at)
        while atoms[end - 1].kind == "break" and end > at + 1:
            end -= 1
        if not key or atoms[at].kind == "break":
            end = at + 1
            pieces.append(_leaf(atoms[at], where))
        else:
            run = [
                replace(one, marks={k: m for k, m in one.marks.items() if k != key})
                for one in atoms[at:end]
            ]
            pieces += _wrapped(atoms[at].marks[key], run, where, line)
        at = end
    return pieces


def _longest(atoms: list[Atom], at: int) -> tuple[str, int]:
    """The mark that runs furthest from here, and where it ends."""
    best, best_end, best_rank = "", at + 1, 0
    for key, mark in atoms[at].marks.items():
        end = at + 1
        while end < len(atoms) and key in atoms[end].marks:
            end += 1
        kind = mark.get("type")
        rank = _ORDER.index(kind) if kind in _ORDER else -1
        if not best or (-end, rank) < (-best_end, best_rank):
            best, best_end, best_rank = key, end, rank
    return best, best_end


def _leaf(atom: Atom, where: escape.Hazards) -> Piece:
    if atom.kind == "text":
        beside = {"before": atom.before, "after": atom.after}
        text = escape.escaped(atom.text, where, **beside, marked=atom.marked)
        return Piece(text, kind="text")
    if atom.kind == "code":
        return Piece(escape.code(atom.text), kind="code")
    if atom.kind == "card":
        return Piece(escape.address(atom.text, atom.before, atom.after), kind="text")
    return Piece(atom.text, kind=atom.kind)


def _wrapped(mark: Json, run: list[Atom], where: escape.Hazards, line: Line) -> list[Piece]:
    kind = mark.get("type")
    if kind == "link":
        return _linked(mark, run, line)
    inner = _join(_pieces(run, where, line), line)
    body = inner.strip()
    if not body:
        return [Piece(inner)]
    left, right = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    if kind in _DELIMITERS:
        delimiter, tag = _DELIMITERS[kind]
        middle = Piece(body, delimiter, tag)
    else:
        opening = _tag(mark)
        middle = Piece(f"<{opening}>{body}</{opening.split(' ')[0]}>")
    return [*_blank(left), middle, *_blank(right)]


def _blank(space: str) -> list[Piece]:
    """Blanks beside a mark; a line break among them stays one."""
    if "\n" in space:
        return [Piece("\n", kind="break")]
    return [Piece(space, kind="text")] if space else []


def _tag(mark: Json) -> str:
    match mark.get("type") if grammar.mark_known(mark) else "":
        case "underline":
            return "u"
        case "subsup":
            return str(mark["attrs"]["type"])
        case "textColor":
            return f'span style="color: {mark["attrs"]["color"].lower()}"'
        case "backgroundColor":
            return f'span style="background-color: {mark["attrs"]["color"].lower()}"'
    return f'span data-adf="{quote(forms.packed(mark), safe="")}"'


def _linked(mark: Json, run: list[Atom], line: Line) -> list[Piece]:
    attrs = mark.get("attrs")
    href: Json = attrs.get("href") if isinstance(attrs, dict) else None
    plain = "".join([atom.text for atom in run])
    if not forms.sound(href) or not plain.strip():
        line.losses[f"the link of {plain.strip()[:60]!r}"] = None
        return _pieces(run, escape.hazards(plain), line)
    if attrs.keys() - {"href", "title"}:
        line.losses["attributes of a link"] = None
    inner = _join(_pieces(run, escape.LINKED, line), line)
    title = escape.quoted(attrs["title"]) if isinstance(attrs.get("title"), str) else ""
    body = f"[{inner.strip()}]({escape.destination(escape.clean(href))}{title})"
    left, right = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return [*_blank(left), Piece(body, kind="link"), *_blank(right)]


def _join(pieces: list[Piece], line: Line) -> str:
    out: list[str] = []
    before = ""
    for at, piece in enumerate(pieces):
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        text = _written(piece, before, following, pieces, at, line)
        if piece.kind == "text" and text.endswith("!") and _links(following):
            text = f"{text[:-1]}\\!"
        if piece.kind == "code" and before == "`":
            text = f"<!---->{text}"
        if text:
            out.append(text)
            before = text[-1]
    return "".join(out)


def _links(piece: Piece | None) -> bool:
    return piece is not None and piece.text.startswith("[") and not piece.delimiter


def _written(
    piece: Piece, before: str, following: Piece | None, pieces: list[Piece], at: int, line: Line
) -> str:
    if piece.kind == "break":
        return _break(pieces, at, line)
    if not piece.delimiter:
        return piece.text
    after = _first(following)
    if escape.delimits(piece.text, piece.delimiter[0], before, after):
        return f"{piece.delimiter}{piece.text}{piece.delimiter}"
    return f"<{piece.tag}>{piece.text}</{piece.tag}>"


def _first(piece: Piece | None) -> str:
    if piece is None:
        return ""
    return piece.delimiter[:1] or piece.text[:1]


def _break(pieces: list[Piece], at: int, line: Line) -> str:
    """A newline, or a tag where a newline would end the block or be lost."""
    beside = [pieces[k].kind for k in (at - 1, at + 1) if 0 <= k < len(pieces)]
    return "<br>" if line.single or len(beside) < 2 or "break" in beside else "\n"
