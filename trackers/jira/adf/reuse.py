"""Markdown → ADF, taking over the blocks of the original document that did not change.

So an edit of one paragraph leaves what Markdown cannot say in the others as it was.
"""

from collections import deque
from dataclasses import dataclass, field

from schemas.model import Json
from trackers.jira.adf import forms, grammar
from trackers.jira.adf.blocks import Page, block, to_markdown
from trackers.jira.adf.natural import Losses, tree
from trackers.jira.adf.place import Placing, fit
from trackers.markdown.converted import ConvertedDocument, Unconvertible
from trackers.markdown.dialect import TooDeep, parse
from trackers.markdown.escape import clean


@dataclass
class Original:
    """The document to be replaced: its blocks, each with its Markdown, by that Markdown."""

    blocks: list[Json] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    places: dict[str, deque[int]] = field(default_factory=dict)

    def take(self, text: str) -> int:
        """The next block that says this; -1 when there is none."""
        found = self.places.get(text) if text else None
        return found.popleft() if found else -1


def from_markdown(markdown: str, original: Json = None) -> ConvertedDocument:
    """An ADF document for a Markdown text; `original` is the document that it replaces."""
    text, losses = clean(markdown), Losses()
    if _says(original, text):
        return ConvertedDocument(original)
    try:
        old = _original(original)
    except Unconvertible:
        old = Original()
    try:
        root = tree(parse(text), losses)
    except TooDeep:
        losses["nested too deeply: shown as code"] = None
        return _document([_shown(text)], losses)
    at = Placing(losses, *_held(original if old.blocks else None))
    lines = text.split("\n")
    taken: list[tuple[int, Json]] = []
    for node in root["content"]:
        taken += _taken(node, lines, old, at)
    return _document(_with_blanks(taken, old), losses)


def _says(original: Json, text: str) -> bool:
    """Whether the original already says just this."""
    try:
        return original is not None and _trimmed(to_markdown(original).text) == _trimmed(text)
    except Unconvertible:
        return False


def _document(blocks: list[Json], losses: Losses) -> ConvertedDocument:
    return ConvertedDocument({"type": "doc", "version": 1, "content": blocks}, tuple(losses))


def _shown(text: str) -> Json:
    content = [{"type": "text", "text": text}] if text else []
    return {"type": "codeBlock", "attrs": {"language": "markdown"}, "content": content}


def _original(document: Json) -> Original:
    old = Original()
    content = document.get("content") if isinstance(document, dict) else None
    if not isinstance(content, list) or grammar.depth(document) > grammar.DEEPEST:
        return old
    for at, node in enumerate(content):
        text = _trimmed(block(node, Page()))
        old.blocks.append(node)
        old.texts.append(text)
        old.places.setdefault(text, deque()).append(at)
    return old


def _trimmed(text: str) -> str:
    return "\n".join([line.rstrip() for line in text.split("\n")]).strip("\n")


def _taken(node: Json, lines: list[str], old: Original, at: Placing) -> list[tuple[int, Json]]:
    """The blocks for a natural one: (place in the original or -1, block)."""
    start, end = node.get("lines") or (0, 0)
    found = old.take(_trimmed("\n".join(lines[start:end]))) if old.blocks else -1
    if found >= 0:
        return [(found, old.blocks[found])]
    fitted = fit(node, "doc", at)
    if not old.blocks:
        return [(-1, one) for one in fitted]
    places = [(old.take(_trimmed(block(one, Page()))), one) for one in fitted]
    return [(place, old.blocks[place] if place >= 0 else one) for place, one in places]


def _with_blanks(taken: list[tuple[int, Json]], old: Original) -> list[Json]:
    """Blocks without a visible text (empty paragraphs) stay between blocks that stayed."""
    out: list[Json] = []
    before = -1
    for place, node in taken:
        if place > before and not any(old.texts[before + 1 : place]) and (before >= 0 or not out):
            out += [one for one in old.blocks[before + 1 : place] if isinstance(one, dict)]
        out.append(node)
        before = place
    return out


def _held(document: Json) -> tuple[frozenset[str], frozenset[str]]:
    """Every node of a document as JSON, and the ids of its stored files."""
    nodes: set[str] = set()
    files: set[str] = set()
    stack = [document] if isinstance(document, dict) else []
    while stack:
        node = stack.pop()
        if node.get("type") in ("media", "mediaInline"):
            attrs = node.get("attrs")
            files.add(str(attrs.get("id")) if isinstance(attrs, dict) else "")
        elif node.get("type") not in ("doc", "paragraph", "text"):
            nodes.add(forms.packed(node))
        inner = node.get("content")
        stack += [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
    return frozenset(nodes), frozenset(files)
