"""Colours of labels, which trackers spell with and without a hash."""

import re

_COLOR = re.compile(r"#?([0-9a-fA-F]{6})")


def spelt(color: str | None) -> str | None:
    """`#rrggbb`, or None for what is no colour of that kind."""
    found = _COLOR.fullmatch(color or "")
    return f"#{found[1].lower()}" if found else None
