"""One row of a wiki table, cut into its cells."""

import re

_SPLIT = re.compile(
    r"\\.|\[[^\[\]\n]{1,2000}\]|\{\{.{1,2000}?\}\}|\{[^{}\n]{1,300}\}|!\S[^!\n]{0,500}!|(\|\|?)"
)


def cells(row: str) -> list[tuple[str, str]]:
    """(tableHeader or tableCell, text) of each cell; bars in links, macros and images count not."""
    bars = [found for found in _SPLIT.finditer(row) if found[1]]
    out: list[tuple[str, str]] = []
    for at, bar in enumerate(bars):
        end = bars[at + 1].start() if at + 1 < len(bars) else len(row)
        text = row[bar.end() : end]
        if at + 1 < len(bars) or text.strip():
            out.append(("tableHeader" if bar[1] == "||" else "tableCell", text))
    return out or [("tableCell", "")]
