"""Pairs: a mapping with both its tickets as the store holds them, and the terms between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.held import Fate
from schemas.mirror import MappedComment, Mirror, Side
from schemas.mirror import Mapping as Joined
from schemas.origin import origin_of
from schemas.source import Source
from schemas.ticket import Person, Ticket, TicketRef
from store import installation, known, mapped_comments, persons, references, standing
from store.database import Connection
from store.keys import Key
from store.whole import whole_tickets
from workers.mirrors.files import CarriedFiles, look_at_files
from workers.rules import privacy
from workers.rules.file_links import leaving_files
from workers.rules.harmless import mentioned
from workers.rules.references import named_in
from workers.rules.terms import SideWords, Terms
from workers.work import Work

_SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Half:
    """One ticket of a pair. `settled`: its full record is newer than all that waits for it."""

    key: Key
    ticket: Ticket
    fate: Fate
    settled: bool
    gone_comments: frozenset[str] = frozenset()
    changed_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Pair:
    """Both halves, as far as they are held, and the terms in which each is said to the other.

    `withheld` are the ids of tickets that a half names and that may not leave by this mirror.
    """

    mirror: Mirror
    mapping: Joined
    left: Half | None
    right: Half | None
    terms: dict[Side, Terms]
    comments: list[MappedComment]
    withheld: dict[Side, frozenset[str]] = field(default_factory=dict)

    def half(self, side: Side) -> Half | None:
        """The half on a side."""
        return self.left if side == "left" else self.right


def other(side: Side) -> Side:
    """The side across."""
    return "right" if side == "left" else "left"


def read(work: Work, connection: Connection, mirror: Mirror, mapping: Joined) -> Pair:
    """The pair as the store holds it now."""
    left = _half(connection, mirror, "left", mapping.left)
    right = _half(connection, mirror, "right", mapping.right)
    halves: dict[Side, Half | None] = {"left": left, "right": right}
    return Pair(
        mirror=mirror,
        mapping=mapping,
        left=left,
        right=right,
        terms={
            side: terms(work, connection, mirror, side, mapping.born, halves) for side in _SIDES
        },
        comments=mapped_comments.of(connection, mapping.id),
        withheld={
            side: _withheld(work, connection, mirror, half) for side, half in halves.items() if half
        },
    )


def _withheld(work: Work, connection: Connection, mirror: Mirror, half: Half) -> frozenset[str]:
    """The tickets above this one that may not leave: their titles stand in its record."""
    source, own = half.key[0], half.ticket
    above = [one for one in (own.parent, own.epic) if one and one.external_id]
    keys = [(one.source or source, one.external_id or "") for one in above]
    if not keys:
        return frozenset()
    held = whole_tickets(connection, keys)
    return frozenset(
        key[1]
        for key in keys
        if not privacy.named_by(mirror, held.get(key), work.sources.get(key[0]))
    )


def _half(connection: Connection, mirror: Mirror, side: Side, ticket: str | None) -> Half | None:
    if ticket is None:
        return None
    key = (mirror.at(side), ticket)
    whole = whole_tickets(connection, [key], parts=True).get(key)
    fate, settled = standing.of(connection, key)
    if whole is None or fate is None:
        return None
    gone = mapped_comments.proven_gone(connection, key)
    dated = standing.changed_at(connection, key) if _by_time(mirror) else {}
    return Half(key, whole, fate, settled, gone, dated)


def _by_time(mirror: Mirror) -> bool:
    """Whether anything is decided by the time of an edit."""
    return "newest_wins" in (mirror.options.strategy, *mirror.options.strategies.values())


def words(work: Work, connection: Connection, name: str) -> SideWords:
    """What a source's side can say."""
    source = work.sources[name]
    tracker = work.tracker(source.tracker)
    return SideWords(
        source=name,
        tracker=source.tracker,
        instance=installation.sites(connection).get(site_of(source), "0"),
        writes=tracker.capabilities.writes,
        uploads=tracker.capabilities.uploads,
        project=tracker.project_name(source),
    )


def site_of(source: Source) -> str:
    """The tracker's site: of one that everybody shares, its public address."""
    return origin_of(source.url) or source.tracker


def terms(
    work: Work,
    connection: Connection,
    mirror: Mirror,
    side: Side,
    born: Side,
    halves: Mapping[Side, Half | None],
) -> Terms:
    """How a ticket of that side is said on the other."""
    own, there = mirror.at(side), mirror.at(other(side))
    half, twin = halves[side], halves[other(side)]
    ticket = half.ticket if half else None
    people, accounts = _people(connection, own, there, ticket)
    files = _files(work, mirror, side, half, twin)
    defined = known.defined(connection, there, ("state", "milestone", "sprint", "component"))
    return Terms(
        mirror=mirror,
        side=side,
        own=words(work, connection, own),
        other=words(work, connection, there),
        born=born,
        people=people,
        accounts=accounts,
        twins=_twins(connection, own, there, ticket),
        states=tuple(one for one in defined if one.kind == "state"),
        places=tuple(one for one in defined if one.kind != "state"),
        files=files.urls,
        unnamed=files.unnamed if side == born else (),
        here=(ticket.url or "") if ticket else "",
        there=(twin.ticket.url or "") if twin else "",
    )


def _files(
    work: Work, mirror: Mirror, side: Side, half: Half | None, twin: Half | None
) -> CarriedFiles:
    """Where the files that a ticket names lie there, as far as they were brought."""
    if half is None:
        return CarriedFiles()
    ticket = half.ticket
    texts = [ticket.body, *(one.body for one in ticket.comments if not one.internal)]
    there = twin.key[1] if twin else ""
    here, files = half.key[1], leaving_files(ticket)
    return look_at_files(work, mirror, side, here, there, texts, files)


def _people(
    connection: Connection, own: str, there: str, ticket: Ticket | None
) -> tuple[dict[str, Person], dict[str, Person]]:
    """The accounts there of those who work on a ticket here, or whom its texts mention: by the id
    of the account here, and by its login."""
    if ticket is None:
        return {}, {}
    texts = [ticket.body, *(one.body for one in ticket.comments)]
    here = [*ticket.assignees, *known.called(connection, own, mentioned(texts))]
    found = {
        one.id: account
        for one in here
        if one.id and (account := persons.account_in(connection, (own, one.id), there))
    }
    return found, {one.login.lower(): found[one.id] for one in here if one.id in found}


def _twins(
    connection: Connection, own: str, there: str, ticket: Ticket | None
) -> dict[str, TicketRef]:
    """The tickets there behind all that a ticket's texts and links name here."""
    if ticket is None:
        return {}
    texts = [ticket.body, *(one.body for one in ticket.comments)]
    names = set(named_in(texts)) | set(_linked(ticket))
    return references.twins(connection, own, there, names) if names else {}


def _linked(ticket: Ticket) -> Iterable[str]:
    targets = [one.target for one in ticket.relations]
    for target in [*targets, *(one for one in (ticket.parent, ticket.epic) if one)]:
        yield from (name for name in (target.key, target.url) if name)
