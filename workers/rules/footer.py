"""The footer of a twin: where it comes from, and what has no other place there.

    ---

    <!-- ticketsync mirror footer -->
    ### 📋 Mirror Information

    🔗 **Source**: [group/project#123](https://…)

    🎯 **Milestone**: v1.0

It is cut off before anything is compared. Trackers that keep another form of text give it back
altered (the comment is lost, the rule becomes `* * *`, names are escaped, emoji become words), so
it is known by its shape, and compared in one form: its lines, as `text` makes them.
"""

import html
import re
from collections.abc import Iterable
from typing import NamedTuple

from workers.rules.prose import normal

MARK = "<!-- ticketsync mirror footer -->"
FOREIGN = "<!-- MIRROR_MAESTRO_FOOTER -->"
HEADING = "### 📋 Mirror Information"
EMOJI = {
    "Source": "🔗",
    "Milestone": "🎯",
    "Iteration": "🔄",
    "Epic": "🏔️",
    "Assignees": "👤",
    "Parent": "🧩",
    "Components": "📦",
    "Due date": "📅",
    "Time estimate": "⏳",
    "Time spent": "⏱️",
    "Estimate": "📏",
    "Attachment": "📎",
}
"""Every line there is, in its order."""


class Line(NamedTuple):
    """One line of a footer: its name, what it says, and the page that it links to."""

    name: str
    words: str
    url: str = ""


_RULE = re.compile(r"\s*\\?(?:-\s?-\s?-|\*\s?\*\s?\*|_\s?_\s?_)[-*_\s]*")
_MARKED = re.compile(r"\s*\\?<!--\s*(?:ticketsync mirror footer|MIRROR_MAESTRO_FOOTER)\s*--\\?>\s*")
_HEADING = re.compile(r"\s*(?:#{1,6}\s+|\*\*)(?:\S{1,16}\s+)?Mirror Information\s*(?:#*|\*\*)\s*")
_NAMES = "|".join(EMOJI)
_LINE = re.compile(
    rf"\s*(?:\S{{1,24}}\s+)?(?:\*\*|__)({_NAMES}):?(?:\*\*|__)\s?:?\s*"
    r"(.*?)\s*(?:(?<!\\)\\)?\s*"
)
_ANY_LINE = re.compile(r"\s*(?:\S{1,24}\s+)?(?:\*\*|__)[^*\n]{1,60}(?:\*\*|__)\s?:?.*")
_LINKED = re.compile(r"\[(.*)\]\(<?([^\s()<>]+)>?(?: \"[^\"]*\")?\)|<(https?://[^\s<>]+)>")
_SPECIAL = re.compile(r"([\\`*\[\]<>]|(?<!\w)_|_(?!\w)|~(?=~))")
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_CODED = re.compile(r"&#?\w{1,32};")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def text(lines: Iterable[Line]) -> str:
    """The lines in the form that is compared and shown; in the footer's own order."""
    order = list(EMOJI)
    return "\n".join(_line(one) for one in sorted(lines, key=lambda one: order.index(one.name)))


def with_footer(body: str, footer: str, *, hidden: bool = True) -> str:
    """A body with a footer of these lines below it; `hidden` where HTML comments stay hidden."""
    if not footer:
        return body
    head = f"{MARK}\n{HEADING}" if hidden else HEADING
    told = [line for line in footer.split("\n") if line != FOREIGN]
    return "\n\n".join([*([body] if body else []), "---", head, *told])


def cut(written: str) -> tuple[str, str]:
    """(the body, the lines of the footer or ""). What somebody wrote below it belongs to the body.

    The footer of another tool is one, too; its lines begin with that tool's mark, so that they
    differ from ours and are replaced.
    """
    written = normal(written)
    if "Mirror Information" not in written:
        return written, ""
    lines = written.split("\n")
    for heading in range(len(lines) - 1, -1, -1):
        if _HEADING.fullmatch(lines[heading]):
            found = _block(lines, heading)
            if found:
                start, end, footer = found
                rest = "\n".join(lines[end:]).strip("\n")
                body = "\n".join(lines[:start]).rstrip()
                return "\n\n".join(part for part in (body, rest) if part), footer
    return written, ""


def _block(lines: list[str], heading: int) -> tuple[int, int, str] | None:
    """(first line, the line after the last, the footer) if it is one that begins here."""
    start, mark = _beginning(lines, heading)
    foreign = "MAESTRO" in mark
    end, told = heading + 1, []
    for place in range(heading + 1, len(lines)):
        line = lines[place]
        if not line.strip():
            continue
        if not (_ANY_LINE if foreign else _LINE).fullmatch(line):
            break
        end = place + 1
        told.append(line)
    if not mark and not (told and (first := _LINE.fullmatch(told[0])) and first[1] == "Source"):
        return None
    return start, end, "\n".join([FOREIGN, *told] if foreign else _canonical(told))


def _beginning(lines: list[str], heading: int) -> tuple[int, str]:
    """Where the footer begins: with its mark and its rule, as far as they are left."""
    start, mark = heading, ""
    for pattern in (_MARKED, _RULE):
        above = start - 1
        while above >= 0 and not lines[above].strip():
            above -= 1
        if above >= 0 and pattern.fullmatch(lines[above]):
            start, mark = above, mark or (lines[above] if pattern is _MARKED else "")
    return start, mark


def _canonical(told: list[str]) -> list[str]:
    found = []
    for line in told:
        match = _LINE.fullmatch(line)
        if match:
            linked = _LINKED.fullmatch(match[2])
            words, url = (linked[1] or "", linked[2] or linked[3]) if linked else (match[2], "")
            found.append(_line(Line(match[1], _plain(words), url)))
    return found


def _line(line: Line) -> str:
    words = _SPECIAL.sub(r"\\\1", _ENTITY.sub("&amp;", " ".join(line.words.split())))
    shown = f"[{words or line.url}]({line.url})" if line.url else words
    return f"{EMOJI[line.name]} **{line.name}**: {shown}"


def _plain(words: str) -> str:
    """Without escapes and entities, which every tracker sets in its own way."""
    return _CODED.sub(lambda found: html.unescape(found[0]), _ESCAPED.sub(r"\1", words))
