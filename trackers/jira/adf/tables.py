"""Tables and images in Markdown: those that GitHub's tables and image links can hold."""

from schemas.model import Json
from trackers.jira.adf import forms, grammar
from trackers.jira.adf.leaves import Losses
from trackers.jira.adf.phrases import Line, inline
from trackers.markdown import escape

_RULES = {None: "---", "center": ":---:", "end": "---:"}
_NOTED = ("background", "colwidth", "valign")


def simple(table: Json) -> bool:
    """Rows of equal length, no spans, one paragraph or image in a cell."""
    rows = table.get("content") or []
    if not rows or not all(_row(row) for row in rows):
        return False
    widths = {len(row["content"]) for row in rows}
    return len(widths) == 1 and 0 not in widths


def _row(row: Json) -> bool:
    if not grammar.readable(row) or row["type"] != "tableRow":
        return False
    return all(_cell_fits(cell) for cell in row.get("content") or [None])


def _cell_fits(cell: Json) -> bool:
    if not grammar.readable(cell) or cell["type"] not in ("tableCell", "tableHeader"):
        return False
    attrs, content = cell.get("attrs") or {}, cell.get("content") or []
    if attrs.get("colspan", 1) != 1 or attrs.get("rowspan", 1) != 1 or len(content) > 1:
        return False
    return not content or (
        grammar.readable(content[0])
        and (content[0]["type"] == "paragraph" or bool(image(content[0], {})))
    )


def written(table: Json, losses: Losses) -> str:
    """A GitHub table; without a header row its header is left empty."""
    rows = [row["content"] for row in table["content"]]
    _note(rows, losses)
    texts = [[_cell(cell, losses) for cell in row] for row in rows]
    headed = all(cell["type"] == "tableHeader" for cell in rows[0])
    if not headed:
        texts.insert(0, [""] * len(rows[0]))
    texts.insert(1, [_RULES[_alignment([row[at] for row in rows])] for at in range(len(rows[0]))])
    return "\n".join([f"| {' | '.join(row)} |" for row in texts])


def _note(rows: list[list[Json]], losses: Losses) -> None:
    headed = all(cell["type"] == "tableHeader" for cell in rows[0])
    if any(cell["type"] == "tableHeader" for row in rows[headed:] for cell in row):
        losses["header cells outside of the first row of a table"] = None
    for name in {name for row in rows for cell in row for name in cell.get("attrs") or {}}:
        if name in _NOTED:
            losses[f"{name} of a table cell"] = None


def _cell(cell: Json, losses: Losses) -> str:
    content = cell.get("content") or []
    if not content:
        return ""
    if content[0]["type"] == "mediaSingle":
        text = image(content[0], losses)
    else:
        text = inline(content[0].get("content") or [], Line(losses, single=True))
    return text.replace("|", "\\|")


def _alignment(column: list[Json]) -> str | None:
    """What all filled cells of a column share."""
    found = {_aligned(cell) for cell in column if (cell.get("content") or [{}])[0].get("content")}
    return found.pop() if len(found) == 1 else None


def _aligned(cell: Json) -> str | None:
    for mark in cell["content"][0].get("marks") or ():
        if grammar.mark_known(mark) and mark["type"] == "alignment":
            return str(mark["attrs"]["align"])
    return None


def image(single: Json, losses: Losses) -> str:
    """An image link for a mediaSingle; nothing when it holds more than that."""
    if not grammar.valid(single) or single["type"] != "mediaSingle":
        return ""
    media, *captions = single["content"]
    caption = _caption(captions)
    links = [*(single.get("marks") or ()), *(media.get("marks") or ())]
    if caption is None or len(links) > 1 or any(one["type"] != "link" for one in links):
        return ""
    attrs = media["attrs"]
    if attrs["type"] != "external":
        text = stored(attrs, "single", single.get("attrs"), caption)
    elif not forms.sound(attrs["url"]):
        return ""
    else:
        text = _external(attrs, caption)
        _note_sizes(single, attrs, losses)
    return _linked(text, links)


def _linked(text: str, links: list[Json]) -> str:
    if not links:
        return text
    href = links[0]["attrs"]["href"]
    return f"[{text}]({escape.destination(href)})" if forms.sound(href) else ""


def _note_sizes(single: Json, attrs: Json, losses: Losses) -> None:
    layout = (single.get("attrs") or {}).get("layout", "center")
    if layout != "center" or "width" in (single.get("attrs") or {}) or "width" in attrs:
        losses["size and layout of an image"] = None


def _caption(captions: list[Json]) -> str | None:
    """A caption as plain text; None when it has more to it."""
    nodes = captions[0].get("content") or [] if captions else []
    if any(node["type"] != "text" or node.get("marks") for node in nodes):
        return None
    return escape.clean("".join([node["text"] for node in nodes]))


def _external(attrs: Json, caption: str) -> str:
    href = escape.destination(escape.clean(attrs["url"]))
    return f"![{_alt(attrs)}]({href}{escape.quoted(caption)})"


def stored(attrs: Json, where: str, layout: Json = None, caption: str = "") -> str:
    """An image link for a file that Jira stores."""
    href = forms.media_address(attrs, where, layout)
    return f"![{_alt(attrs)}]({escape.destination(href)}{escape.quoted(caption)})"


def _alt(attrs: Json) -> str:
    alt = " ".join(escape.clean(attrs.get("alt") or "").split())
    return escape.escaped(alt, escape.Hazards(brackets=True, tildes=True))
