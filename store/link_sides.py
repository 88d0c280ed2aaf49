"""A link as its ends tell it, and whom it leads to. Pure: rows in, rows out."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from schemas.model import Json
from schemas.ticket import Relation, Ticket, TicketRef
from store.keys import Key

DIRECTIONS = {
    "child": ("parent_of", True),
    "parent": ("parent_of", False),
    "blocks": ("blocks", True),
    "blocked_by": ("blocks", False),
    "duplicates": ("duplicates", True),
    "duplicated_by": ("duplicates", False),
    "relates": ("relates", True),
    "pull_request": ("pull_request", True),
}
"""A relation's kind: the link's kind, and whether the teller is its first end."""

GONE = ("deleted", "moved", "hidden")
_PORTS = {"http": 80, "https": 443}
_PROJECT_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\d+")
"""A key that names its project means the same everywhere; "12" is one in every repository."""


@dataclass(frozen=True, slots=True)
class Address:
    """By what a ticket is found."""

    source: str
    ticket: str
    key: str
    address: str | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Side:
    """What one ticket told of one link; `met` and `link` follow from what is held."""

    source: str
    ticket: str
    kind: str
    forward: bool
    target: str
    target_id: str | None
    target_key: str | None
    target_address: str | None
    url: str | None
    title: str | None
    pull_request: Json
    met: Key | None = None
    link: str | None = None

    @property
    def teller(self) -> Key:
        """The ticket that told it."""
        return self.source, self.ticket


def address_of(key: Key, ticket: Ticket) -> Address:
    """By what this ticket is found."""
    place = comparable(ticket.url) if ticket.url else None
    return Address(*key, ticket.key, place, ticket.sync_status in GONE)


def comparable(url: str) -> str:
    """An address in the one form they are compared in.

    Without scheme, sign-in, default port, `/-/`, last slash and fragment; and without a query where
    the path ends in what has a number: elsewhere the query may be what names the ticket.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:  # no address at all: it is compared as it stands
        return url.strip()
    place = "" if port in (None, _PORTS.get(parts.scheme)) else f":{port}"
    path = unquote(parts.path).replace("/-/", "/").rstrip("/")
    numbered = any(letter.isdigit() for letter in path.rpartition("/")[2])
    query = f"?{parts.query}" if parts.query and not numbered else ""
    return f"{parts.hostname or ''}{place}{path}{query}"


def sides_of(key: Key, ticket: Ticket) -> list[Side]:
    """What a ticket tells of its links, each once.

    An epic counts as a parent where there is none closer.
    """
    told: list[tuple[str, bool, TicketRef, Relation | None]] = [
        (*DIRECTIONS[one.kind], one.target, one) for one in ticket.relations
    ]
    upward = ticket.parent or (None if _has_parent(ticket.relations) else ticket.epic)
    if upward is not None:
        told.append(("parent_of", False, upward, None))
    found: dict[tuple[str, bool, str], Side] = {}
    for kind, forward, target, relation in told:
        side = _side(key, kind, forward, target, relation)
        if side.target:
            found.setdefault((kind, forward, side.target), side)
    return list(found.values())


def _has_parent(relations: Iterable[Relation]) -> bool:
    return any(one.kind == "parent" for one in relations)


def _side(key: Key, kind: str, forward: bool, target: TicketRef, relation: Relation | None) -> Side:
    request = relation.pull_request if relation else None
    place = comparable(target.url) if target.url else None
    named = target.key or (f"{request.repository}#{request.number}" if request else None)
    return Side(
        *key,
        kind,
        forward,
        _identity(target.external_id, place, named),
        target.external_id,
        named,
        place,
        target.url,
        target.title or (request.title if request else None) or None,
        request.model_dump(mode="json", exclude_none=True) if request else None,
    )


def _identity(external_id: str | None, place: str | None, key: str | None) -> str:
    """What makes an end that is not held the same end again; empty when it was not named."""
    named = (("id", external_id), ("url", place), ("key", key))
    return next((f"{word}:{value}" for word, value in named if value), "")


class Found:
    """The addresses that sides may lead to."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._by_key: dict[Key, Address] = {}
        self._at: dict[str, list[Address]] = {}
        self._named: dict[str, list[Address]] = {}
        for one in sorted(addresses, key=lambda one: (one.gone, one.source, one.ticket)):
            self._by_key[one.source, one.ticket] = one
            self._named.setdefault(one.key, []).append(one)
            if one.address:
                self._at.setdefault(one.address, []).append(one)

    def settled(self, side: Side) -> Side:
        """The side with whom it met, and the link it so belongs to."""
        met = None if side.kind == "pull_request" else self._met(side)
        return replace(side, met=met, link=_link(side, met))

    def _met(self, side: Side) -> Key | None:
        """By id, by address, else by key; the own source first, those still there first.

        A key is not tried where there is an address: that would say another ticket's name.
        """
        if side.target_id and (side.source, side.target_id) in self._by_key:
            return side.source, side.target_id
        if side.target_address:
            return _nearest(side.source, self._at.get(side.target_address, []))
        named = self._named.get(side.target_key or "", [])
        own = [one for one in named if one.source == side.source]
        if own or not _PROJECT_KEY.fullmatch(side.target_key or ""):
            return _nearest(side.source, own)
        here = [one for one in named if not one.gone] or named
        return _nearest(side.source, here) if len(here) == 1 else None


def _nearest(source: str, found: Sequence[Address]) -> Key | None:
    best = next((one for one in found if one.source == source), found[0] if found else None)
    return (best.source, best.ticket) if best else None


def _link(side: Side, met: Key | None) -> str | None:
    """The id of a link: a hash of its kind and ends. None for what leads back to its teller."""
    if met == side.teller:
        return None
    other = ("", side.source if side.target.startswith("id:") else "", side.target)
    ends = [("=", *side.teller), ("=", *met) if met else other]
    if not side.forward or (side.kind == "relates" and met and met < side.teller):
        ends.reverse()
    text = "\n".join((side.kind, *(part for end in ends for part in end)))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def links_of(sides: Iterable[Side]) -> Iterator[dict[str, Any]]:
    """The rows of the links that these sides tell; all sides of a link belong here together."""
    told: dict[str, list[Side]] = {}
    for side in sides:
        if side.link:
            told.setdefault(side.link, []).append(side)
    for link, those in told.items():
        yield _row(link, sorted(those, key=lambda one: (*one.teller, not one.forward, one.target)))


def _row(link: str, sides: Sequence[Side]) -> dict[str, Any]:
    first = sides[0]
    order = [first.teller, first.met]
    if not first.forward or (first.kind == "relates" and first.met and first.met < first.teller):
        order.reverse()
    before, after = order
    tellers = {side.teller for side in sides}
    told_by = "both" if len(tellers) > 1 else "from" if first.teller == before else "to"
    open_end = "from" if before is None else "to" if after is None else None
    return {
        "id": link,
        "kind": first.kind,
        "from_source": before[0] if before else None,
        "from_ticket": before[1] if before else None,
        "from_key": _said(sides, "target_key") if open_end == "from" else None,
        "from_url": _said(sides, "url") if open_end == "from" else None,
        "to_source": after[0] if after else None,
        "to_ticket": after[1] if after else None,
        "to_key": _said(sides, "target_key") if open_end == "to" else None,
        "to_url": _said(sides, "url") if open_end == "to" else None,
        "title": _said(sides, "title") if open_end else None,
        "pull_request": _said(sides, "pull_request"),
        "told_by": told_by,
    }


def _said(sides: Sequence[Side], name: str) -> Any:
    return next((getattr(one, name) for one in sides if getattr(one, name)), None)


def row_of(side: Side) -> dict[str, Any]:
    """A side as a row of its table."""
    row = {name: getattr(side, name) for name in Side.__slots__}
    met = row.pop("met")
    return row | {"met_source": met[0] if met else None, "met_ticket": met[1] if met else None}


def side_of(row: Any) -> Side:
    """The side in a row."""
    values = dict(row)
    source, ticket = values.pop("met_source"), values.pop("met_ticket")
    return Side(**values, met=(source, ticket) if source is not None else None)
