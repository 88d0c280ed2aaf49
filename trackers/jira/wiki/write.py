"""Markdown → Jira wiki markup (REST v2): the blocks."""

from schemas.model import Json
from trackers.jira.adf.natural import Losses, tree
from trackers.jira.wiki.read import COLOURS
from trackers.jira.wiki.write_phrases import inline, title
from trackers.markdown.converted import Converted
from trackers.markdown.dialect import TooDeep, parse
from trackers.markdown.escape import clean

_BACKGROUNDS = {kind: colour for colour, kind in COLOURS.items()}
_DEEPEST = 6


def from_markdown(markdown: str) -> Converted:
    """Wiki markup for a Markdown text."""
    losses: Losses = {}
    try:
        root = tree(parse(markdown), losses)
    except TooDeep:
        losses["nested too deeply: shown as code"] = None
        return Converted(_verbatim(clean(markdown), "", losses), tuple(losses))
    return Converted(_Writer(losses).blocks(root["content"]), tuple(losses))


class _Writer:
    """One text; `depth` counts the macros we are inside of."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self.depth = 0

    def blocks(self, nodes: list[Json]) -> str:
        """Blocks with a blank line between; lists of one kind side by side are kept apart."""
        parts: list[str] = []
        before = ""
        for node in nodes:
            text = self.block(node)
            if text and before and before == node["type"]:
                parts.append("{anchor:list}")
            if text:
                parts.append(text)
                before = node["type"] if node["type"].endswith("List") else ""
        return "\n\n".join(parts)

    def block(self, node: Json) -> str:
        match node["type"]:
            case "paragraph":
                return inline(node.get("content") or [], self.losses)
            case "heading":
                text = inline(node.get("content") or [], self.losses, single=True)
                return f"h{node['attrs']['level']}. {text}".rstrip()
            case "bulletList" | "orderedList":
                return "\n".join(self.items(node, ""))
            case "codeBlock" | "adf":
                return self.code(node)
            case "rule":
                return "----"
            case "table":
                return "\n".join([self.row(row) for row in node["content"]])
        return self.macro(node)

    def code(self, node: Json) -> str:
        if node["type"] == "adf":
            self.losses["a node that only ADF has is shown as code"] = None
            return _verbatim(node["raw"], "json", self.losses)
        text = "".join([one["text"] for one in node["content"]])
        return _verbatim(text, (node.get("attrs") or {}).get("language", ""), self.losses)

    def macro(self, node: Json) -> str:
        """A quote, panel or expand; wiki markup does not take one inside of its own kind."""
        if self.depth:
            self.losses[f"a {node['type']} inside of another block becomes part of it"] = None
            return self.blocks(node["content"])
        self.depth += 1
        inner = self.blocks(node["content"])
        self.depth -= 1
        if node["type"] == "blockquote":
            return f"{{quote}}\n{inner}\n{{quote}}"
        if node["type"] == "expand":
            self.losses["an expand becomes a panel with its title"] = None
            return (
                f"{{panel:title={title(node['attrs']['title']) or 'Details'}}}\n{inner}\n{{panel}}"
            )
        colour = _BACKGROUNDS.get(node["attrs"]["panelType"], "#deebff")
        return f"{{panel:bgColor={colour}}}\n{inner}\n{{panel}}"

    def items(self, node: Json, marker: str) -> list[str]:
        marker += "#" if node["type"] == "orderedList" else "*"
        if (node.get("attrs") or {}).get("order", 1) != 1:
            self.losses["the first number of a list"] = None
        return [line for item in node["content"] for line in self.item(item, marker)]

    def item(self, item: Json, marker: str) -> list[str]:
        """One line an item; lists below follow, other blocks join the line."""
        lines = [f"{marker} {self.box(item)}".rstrip()]
        own = True
        for child in item["content"]:
            if child["type"].endswith("List") and len(marker) < _DEEPEST:
                lines += self.items(child, marker)
                own = False
                continue
            text = self.inside(child)
            if text and own and lines[-1].rstrip() != marker and not text.startswith("{"):
                lines[-1] += f" \\\\ \\\\ {text}"
            elif text:
                lines[-1] += f" {text}"
        if lines[0] != marker:
            return lines
        return lines[1:] or [f"{marker} \u00a0"]

    def box(self, item: Json) -> str:
        return {None: "", True: "\\[x\\]", False: "\\[ \\]"}[item["checked"]]

    def inside(self, child: Json) -> str:
        """A block within an item."""
        if child["type"] == "paragraph":
            return inline(child.get("content") or [], self.losses, single=True, started=True)
        if child["type"] in ("codeBlock", "adf"):
            return self.code(child)
        self.losses[f"a {child['type']} inside of a list becomes text"] = None
        if child["type"] == "heading":
            return inline(child.get("content") or [], self.losses, single=True, started=True)
        lines = [line for line in self.block(child).split("\n") if line]
        if child["type"].endswith("List"):
            lines = [line.lstrip("*# ") for line in lines]
        return " \\\\ ".join(lines) if "{code" not in lines else "\n".join(lines)

    def row(self, row: Json) -> str:
        bars = ["||" if cell["type"] == "tableHeader" else "|" for cell in row["content"]]
        texts = [self.cell(cell) for cell in row["content"]]
        written = [f"{bar}{text}" for bar, text in zip(bars, texts, strict=True)]
        return "".join(written) + (bars[-1] if bars else "")

    def cell(self, cell: Json) -> str:
        content = cell["content"][0].get("content") or []
        return inline(content, self.losses, single=True, started=True, cell=True) or " "


def _verbatim(text: str, language: str, losses: Losses) -> str:
    """A block of code; what would end it early is broken by a character without width."""
    if "{code" in text and "{noformat" in text:
        losses["the word {code} inside of code"] = None
        text = text.replace("{code", "{\u200bcode")
    if not language and "{noformat" not in text:
        return f"{{noformat}}\n{text}\n{{noformat}}"
    if "{code" in text:
        losses["the language of a code block"] = None
        return f"{{noformat}}\n{text}\n{{noformat}}"
    word = "".join(char for char in language.split()[0] if char not in "{}|=:") if language else ""
    return f"{{code{':' if word else ''}{word}}}\n{text}\n{{code}}"
