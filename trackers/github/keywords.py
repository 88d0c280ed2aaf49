"""What texts of pull requests name: the issues they close."""

import re

_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
    r"(?:https?://[^/\s]+/(?P<address>[\w.-]+/[\w.-]+)/issues/|(?P<name>[\w.-]+/[\w.-]+)?\#)"
    r"(?P<number>\d{1,9})\b",
    re.IGNORECASE,
)
"""https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue"""


def mentioned(texts: list[str], repository: str) -> tuple[str, ...]:
    """Numbers of the repository's issues that texts name after a closing keyword."""
    found: dict[str, None] = {}
    for text in texts:
        for one in _CLOSES.finditer(text):
            named = one["address"] or one["name"]
            if named is None or named.lower() == repository.lower():
                found[str(int(one["number"]))] = None
    return tuple(number for number in found if number != "0")
