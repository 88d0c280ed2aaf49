"""Plots in the terminal, drawn with block characters: nothing but text, at most 80 columns wide."""

import math
import sys
from collections.abc import Sequence

WIDE = 80
LABEL = 28
HIGH = 6
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_RISING = " ▁▂▃▄▅▆▇█"

Bar = tuple[str, float, str]
"""(label, value, the value as it is shown)."""


def wanted(asked: bool | None) -> bool:
    """Whether to draw: as was said, or else when a person looks."""
    return sys.stdout.isatty() if asked is None else asked


def print_bars(title: str, bars: Sequence[Bar]) -> None:
    """A line for each value, the longest as wide as there is room."""
    from cli.screen import line

    if not any(value > 0 for _, value, _ in bars):
        return
    labels = [_cut(line(label)) for label, _, _ in bars]
    left = max(len(label) for label in labels)
    right = max(len(shown) for _, _, shown in bars)
    room = WIDE - left - right - 4
    top = max(value for _, value, _ in bars)
    print(f"\n{title}")
    for label, (_, value, shown) in zip(labels, bars, strict=True):
        print(f"{label:<{left}}  {_bar(value / top * room)} {shown}".rstrip())


def _bar(length: float) -> str:
    """A bar of so many columns, to an eighth; what is more than nothing is seen."""
    eighths = max(round(length * 8), 1 if length > 0 else 0)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def print_columns(title: str, values: Sequence[float | None], ends: tuple[str, str]) -> None:
    """A column for each value, from left to right; `ends` stand below the first and the last.

    More values than there is room for are drawn together, by their mean. None is no value.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2 or max(known) <= 0:
        return
    top = max(known)
    left = len(_number(top))
    shown = _gathered(values, WIDE - left - 2)
    wide = max(1, min(4, (WIDE - left - 2) // len(shown)))
    print(f"\n{title}")
    for row in range(HIGH - 1, -1, -1):
        mark = _number(top) if row == HIGH - 1 else "0" if row == 0 else ""
        cells = "".join(_cell(value, top, row) * (wide - (wide > 1)) + " " * (wide > 1)
                        for value in shown)  # fmt: skip
        print(f"{mark:>{left}} ┤{cells}".rstrip())
    room = max(len(shown) * wide - len(ends[0]), len(ends[1]) + 1)
    print(f"{'':>{left}}  {ends[0]}{ends[1]:>{room}}")


def _cell(value: float | None, top: float, row: int) -> str:
    """What of a column lies in a row of the plot, to an eighth of its height."""
    if value is None:
        return " "
    eighths = math.ceil(value / top * HIGH * 8) - row * 8
    return _RISING[min(8, max(0, eighths))]


def _gathered(values: Sequence[float | None], room: int) -> list[float | None]:
    size = math.ceil(len(values) / room)
    found: list[float | None] = []
    for start in range(0, len(values), size):
        some = [value for value in values[start : start + size] if value is not None]
        found.append(sum(some) / len(some) if some else None)
    return found


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _cut(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"
