"""How editors and databases rewrite a text without changing what it says, on demand.

Switched by the number `rewrites`. Linear and Jira Cloud rewrite every text in any case
(`sandbox/linear/texts`, `sandbox/jira/adf`), there it changes nothing. Doing it twice changes
nothing more.
"""

from __future__ import annotations

import re

_BULLET = re.compile(r"(?m)^([ \t]*)[-+] (?=\S)")
_FENCE = re.compile(r"(?m)^(```|~~~)")
_PARAGRAPH = re.compile(r"<(/?)p>")


def markdown(text: str, *, line_end: str = "\r\n") -> str:
    """Other bullets, no blanks at line ends or at the end, other line ends; code stays."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _FENCE.search(plain):
        plain = _BULLET.sub(r"\1* ", plain)
        plain = "\n".join(line.rstrip() for line in plain.split("\n"))
    return plain.strip("\n").replace("\n", line_end)


def html(text: str) -> str:
    """Other block tags, as a browser's editor makes them."""
    return _PARAGRAPH.sub(r"<\1div>", text)
