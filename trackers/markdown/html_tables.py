"""HTML tables as GitHub's: one line a row, spans as empty cells, blocks in a cell in one line."""

from collections.abc import Callable

from bs4.element import Tag

_RULES = {"center": ":---:", "right": "---:", "end": "---:"}
_WIDEST = 200


def written(table: Tag, cell: Callable[[Tag, set[str]], str], losses: dict[str, None]) -> str:
    """The table; without a header row its header is left empty."""
    rows = [one for one in table.find_all("tr") if one.find_parent("table") is table]
    cells = [found for row in rows if (found := _cells(row))]
    if not cells:
        return ""
    _note(table, cells, losses)
    texts = [[text for one in row for text in _spread(one, cell)] for row in cells]
    width = max(len(row) for row in texts)
    texts = [row + [""] * (width - len(row)) for row in texts]
    if not all(one.name == "th" for one in cells[0]):
        texts.insert(0, [""] * width)
    texts.insert(1, _rules(cells, width))
    return "\n".join([f"| {' | '.join(row)} |" for row in texts])


def _cells(row: Tag) -> list[Tag]:
    return [one for one in row.children if isinstance(one, Tag) and one.name in ("td", "th")]


def _spread(one: Tag, cell: Callable[[Tag, set[str]], str]) -> list[str]:
    return [cell(one, {"_inline"}), *[""] * (_span(one, "colspan") - 1)]


def _span(one: Tag, name: str) -> int:
    value = str(one.get(name, "1"))
    return (
        max(1, min(int(value), _WIDEST))
        if value.isascii() and value[:4].isdigit() and len(value) < 4
        else 1
    )


def _rules(cells: list[list[Tag]], width: int) -> list[str]:
    row = max(cells, key=len)
    found = [_RULES.get(_align(one), "---") for one in row]
    return (found + ["---"] * width)[:width]


def _align(one: Tag) -> str:
    style = str(one.get("style", "")).replace(" ", "").lower()
    _, said, rest = style.partition("text-align:")
    return rest.partition(";")[0] if said else str(one.get("align", ""))


def _note(table: Tag, cells: list[list[Tag]], losses: dict[str, None]) -> None:
    flat = [one for row in cells for one in row]
    if any(_span(one, "colspan") > 1 or _span(one, "rowspan") > 1 for one in flat):
        losses["cells of a table that span several"] = None
    if table.find("table") is not None:
        losses["a table inside of a table becomes text"] = None
    if any(_several(one) for one in flat):
        losses["blocks inside of a table cell become lines"] = None


def _several(one: Tag) -> bool:
    blocks = [child for child in one.children if isinstance(child, Tag)]
    return len(blocks) > 1 or bool(blocks and blocks[0].name not in ("p", "div"))
