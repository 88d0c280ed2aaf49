"""Names made quiet: they look the same, and notify nobody and link to nothing.

A word joiner (U+2060) behind the sign does it. The way out adds one and the way back takes one
away, so that a text which was quiet before comes back quiet.
"""

import re

from workers.rules.terms import Terms

QUIET = "\u2060"

_SIGN = re.compile(rf"([@#!&])({QUIET}*)(?=\w)")
_HYPHEN = re.compile(rf"(?<=[A-Z0-9_])-({QUIET}*)(?=\d)")
_NAME = re.compile(rf"[#!]{QUIET}*\d+$|-{QUIET}*\d+$")


def hushed(name: str) -> str:
    """A name (`@alice`, `#12`) one step quieter."""
    return _SIGN.sub(rf"\1\2{QUIET}", name)


def said(name: str, terms: Terms) -> str:
    """A quiet name: quieter on the way out, less so on the way back."""
    return hushed(name) if terms.outward else name.replace(QUIET, "", 1)


def label(text: str, terms: Terms) -> str:
    """The text of a link that somebody wrote: if it is the name of a ticket, it is told apart from
    the links we make."""
    found = _NAME.search(text)
    if not found:
        return text
    if not terms.outward and QUIET in found[0]:
        return text[: found.start()] + found[0].replace(QUIET, "", 1)
    return text[: found.start()] + found[0][0] + QUIET + found[0][1:]
