"""References to tickets in texts, carried so that `#12` never points at a stranger.

One to a mirrored ticket names its twin; any other becomes a link to the ticket that was meant
(`[group/project#12](https://…)`), and such a link carried back is the short name again. What
somebody wrote as a link keeps its text, made quiet, so that the two are told apart.
"""

import re
from collections.abc import Iterable, Iterator

from schemas.ticket import TicketRef
from workers.rules import prose
from workers.rules.quiet import QUIET, hushed, said
from workers.rules.terms import SideWords, Terms

LINK = (
    r"(?P<image>!?)\[(?P<text>[^\[\]\n]{0,300})\]"
    r"\((?P<open><?)(?P<href>[^\s()<>]+)(?P<close>>?(?: +\"[^\"\n]{0,200}\")?)\)"
)
ADDRESS = (
    r"(?P<url>https?://[^\s<>\"'`\])]*[^\s<>\"'`\]).,;:!?*_~]|(?<![\w/:.])/uploads/[^\s<>\"'`\])]+)"
)
NUMBER = (
    rf"(?<![\w&/#!])(?P<project>[A-Za-z0-9_][\w.-]*(?:/[\w.-]+)+)?"
    rf"(?P<sign>[#!])(?P<hushed>{QUIET}*)(?P<number>\d{{1,9}})\b"
)
KEY = r"(?<![\w/#-])(?P<key>(?P<prefix>[A-Z][A-Z0-9_]{0,30})-\d{1,9})\b(?!-?\w)"

_NAMED = re.compile(rf"{LINK}|{ADDRESS}|{NUMBER}|{KEY}")
_LAST = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]*-)?\d+$")
_LONG = re.compile(r"(?P<project>.+)(?P<sign>[#!])(?P<number>\d{1,9})", re.DOTALL)
_NUMBERED = ("github", "gitlab", "azure_devops")
_LINKING = ("github", "gitlab")
"""Where a bare number in a text is a link."""


def named_in(texts: Iterable[str]) -> set[str]:
    """Every name of a ticket in texts: `#12`, `group/project#12`, `ABC-12`, addresses."""
    found: set[str] = set()
    for text in texts:
        for is_code, piece in prose.pieces(text):
            if not is_code:
                found.update(name for one in _NAMED.finditer(piece) for name in _names(one))
    return found


def _names(found: re.Match[str]) -> Iterator[str]:
    if found["href"]:
        yield found["href"]
    elif not found["hushed"] and found["sign"] != "!":
        yield found[0]


def numbered(side: SideWords) -> bool:
    """Whether tickets of that side are numbers of a project, not keys of their own."""
    return side.tracker in _NUMBERED


def short(ticket: TicketRef, side: SideWords) -> str:
    """What people of that side call a ticket: `#12` or `ABC-12`."""
    name = (ticket.key or ticket.external_id or "").lstrip("#")
    return f"#{name}" if numbered(side) else name


def number(found: re.Match[str], terms: Terms) -> str:
    """`#12`, `group/project#12` or `!12` (a merge request) as the other side has to say it."""
    if found["hushed"]:
        return said(found[0], terms)
    twin = terms.twins.get(found[0])
    if twin:
        return _twin(found[0], twin, terms)
    if not numbered(terms.own):
        return hushed(found[0]) if numbered(terms.other) else found[0]
    project = found["project"] or terms.own.project
    if found["project"] and _same_site(terms):
        return found[0]
    page = _page(terms.here, terms.own, project, found["sign"], found["number"])
    if not page:
        return hushed(found[0])
    name = f"{project}{found['sign']}{found['number']}"
    was_long = found["project"] == terms.own.project
    return f'[{name}]({page} "{name}")' if was_long else f"[{name}]({page})"


def key(found: re.Match[str], terms: Terms) -> str:
    """`ABC-12` as the other side has to say it; words that only look so stay.

    On the way back a key stays a key: it may be the twin's side that somebody meant all along.
    """
    name = found["key"]
    twin = terms.twins.get(name)
    if twin:
        return _twin(name, twin, terms)
    ours = terms.outward and found["prefix"] == terms.own.project and not numbered(terms.own)
    page = _LAST.sub(name, terms.here) if ours else ""
    return f"[{name}]({page})" if page else name


def address(told: str, terms: Terms) -> str:
    """A file's or a mirrored ticket's address becomes the one there; all others stay."""
    known = terms.files.get(told)
    if known:
        return known
    twin = terms.twins.get(told)
    return twin.url if twin and twin.url else told


def link(found: re.Match[str], terms: Terms) -> str | None:
    """The short name behind a link that we made; None for a link that somebody wrote."""
    text, href = found["text"].replace("\\", ""), found["href"]
    if found["image"] or QUIET in text:
        return None
    twin = terms.twins.get(href)
    if twin and not terms.outward:
        return _unlinked(text, href, twin, terms)
    name = _stranger(text, href, terms)
    return text if name and f'"{text}"' in found["close"] else name


def _unlinked(text: str, href: str, twin: TicketRef, terms: Terms) -> str | None:
    """A link to a mirrored ticket, under its own name or under the twin's long one."""
    if terms.own.tracker in _LINKING:
        return None
    last = _LAST.search(href)
    name = f"#{last[0]}" if last and numbered(terms.own) else last[0] if last else ""
    if text == name:
        return short(twin, terms.other)
    long = _LONG.fullmatch(text)
    return text if long and f"#{long['number']}" == short(twin, terms.other) else None


def _stranger(text: str, href: str, terms: Terms) -> str | None:
    """A link to a ticket of the other side that has no twin here."""
    if not numbered(terms.other):
        ours = text.rpartition("-")[0] == terms.other.project
        return text if ours and terms.there and href == _LAST.sub(text, terms.there) else None
    long = _LONG.fullmatch(text)
    if not long or href != _page(terms.there, terms.other, *long.groups()):
        return None
    return (
        text.removeprefix(terms.other.project) if long["project"] == terms.other.project else text
    )


def _twin(name: str, twin: TicketRef, terms: Terms) -> str:
    """The twin by its name: bare where that is a link, or where it came from bare."""
    there, is_long = short(twin, terms.other), "/" in name
    if terms.other.tracker in _LINKING:
        return f"{terms.other.project}{there}" if is_long else there
    if not twin.url or not terms.outward:
        return there
    return f"[{name if is_long else there}]({twin.url})"


def _page(known: str, side: SideWords, project: str, sign: str, digits: str) -> str:
    """The page of a ticket beside one whose page is known; "" when that cannot be told."""
    if not _LAST.search(known):
        return ""
    page = _LAST.sub(digits, known)
    if sign == "!":
        if side.tracker != "gitlab":
            return ""
        page = re.sub(r"/(?:issues|work_items)/(?=\d+$)", "/merge_requests/", page)
    if project == side.project:
        return page
    head, found, tail = page.partition(f"/{side.project}/")
    return f"{head}/{project}/{tail}" if found and side.project else ""


def _same_site(terms: Terms) -> bool:
    """Whether both sides are projects of one instance, where long names mean the same."""
    own, other = terms.own, terms.other
    return own.tracker == other.tracker and own.instance == other.instance
