"""What a comment says at the other side: its text, and below it a line that names who wrote it.

The line is the last paragraph of a twin:

    ✍️ **Alice Smith** (`@alice`) · 2026-11-20 09:31 UTC

The login stands in code, so that nobody of that name is notified there. Trackers that keep another
form of text give the line back altered (the pen as a word, bold as `__`, escapes), so it is known
by its pen and its moment alone. It is no proof of anything: a comment is a twin of ours when the
store says so, never because of how it looks.
"""

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

from schemas import fingerprint
from schemas.ticket import Comment, Person
from workers.rules import harmless
from workers.rules.terms import Terms

PEN = "✍️"
LONGEST_NAME = 100
_LINE = re.compile(
    r"(?:\A|\n)[*_\\ ]{0,4}(?:✍️?|:writing_hand:)[^\n]{0,600}?·[^\S\n]*"
    r"\d{4}\\?-\d\d\\?-\d\d\s\d\d\\?:\d\d\sUTC[*_\\ ]{0,4}\s*\Z"
)
_MARK = re.compile(r"<!--\s?ticketsync:[^<>]*-->\Z")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$^:])")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)


def twin_text(comment: Comment, terms: Terms) -> str:
    """The text of a comment as the other side shall have it, with the author line."""
    return signed(outward(plain(comment.body), terms), author_line(comment))


def outward(text: str, terms: Terms, there: str = "") -> str:
    """A text that leaves where it was written, whoever's ticket it stands in; `there` is what its
    twin says now."""
    return harmless.carried(text, replace(terms, born=terms.side), there)


def own_text(body: str) -> str:
    """The text of a twin without the author line and the marker; any other text unchanged."""
    return _LINE.sub("", plain(body)).rstrip()


def line_of(body: str) -> str:
    """The author line of a twin, or "" when there is none any more."""
    found = _LINE.search(plain(body))
    return found[0].strip() if found else ""


def plain(body: str) -> str:
    """A text without the marker at its end, with LF and no trailing blanks."""
    return fingerprint.text(_MARK.sub("", body.rstrip()))


def seen(comment: Comment) -> str:
    """The fingerprint by which a later edit of the text is told; the author line does not count."""
    return hashlib.sha256(own_text(comment.body).encode("utf-8", "replace")).hexdigest()[:32]


def author_line(comment: Comment) -> str:
    """Who wrote a comment and when, as one line of Markdown; times in UTC, to the minute."""
    said = f"{PEN} **{_name(comment.author)}**{_login(comment.author)}"
    return f"{said} · {_moment(comment.created_at)} UTC"


def signed(text: str, line: str) -> str:
    """A text with a line below it; what the text leaves open is closed, or it would hide the line.

    An empty line adds nothing.
    """
    if not line:
        return text
    kept = _closed(text.rstrip())
    return f"{kept}\n\n{line}" if kept else line


def _closed(text: str) -> str:
    """Ends a block of code, or a hidden comment, that runs to the end of the text."""
    opened = ""
    for fence in _FENCE.finditer(text):
        bar, rest = fence[1], fence[2].strip()
        if not opened:
            opened = bar if bar[0] == "~" or "`" not in rest else ""
        elif bar[0] == opened[0] and len(bar) >= len(opened) and not rest:
            opened = ""
    if opened:
        return f"{text}\n{opened}"
    return f"{text} -->" if text.rfind("<!--") > text.rfind("-->") else text


def _name(author: Person | None) -> str:
    shown = (author.name or author.login) if author else ""
    words = " ".join(shown.split())[:LONGEST_NAME] or "unknown"
    return harmless.plain(_SPECIAL.sub(r"\\\1", words))


def _login(author: Person | None) -> str:
    login = "".join((author.login if author else "").split()).replace("`", "")[:LONGEST_NAME]
    return f" (`@{login}`)" if login else ""


def _moment(at: datetime | None) -> str:
    """A time nobody told is one that cannot be: the line must keep its form."""
    return (at or datetime(1970, 1, 1, tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%d %H:%M")
