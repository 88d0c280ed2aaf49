"""Rebasing: another translator says the same records in other words; nobody has edited anything.

The pair that both sides agreed on moves with the words, so that nothing is pushed by it
(law 10: what changed is decided against what each side's own record said).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.mirror import Base, Mapping, Mirror, View
from store import mappings
from store.database import Connection
from workers.mirrors.deciding import said_by
from workers.mirrors.pairs import Pair, read
from workers.redaction import Redactor
from workers.rules.views import view
from workers.work import Work


@dataclass(frozen=True, slots=True)
class Words:
    """A mapping, and what both sides say and would say, as they stand now."""

    mirror: Mirror
    mapping: Mapping
    told: Base


def words(work: Work, connection: Connection, source: str, tickets: Iterable[str]) -> list[Words]:
    """What mapped tickets say before they are translated anew."""
    found: dict[int, Words] = {}
    for ticket in tickets:
        for mirror, mapping, _ in mappings.of_ticket(connection, (source, ticket)):
            if mapping.base is not None and mapping.id not in found:
                told = _told(work, connection, mirror, mapping)
                if told is not None:
                    found[mapping.id] = Words(mirror, mapping, told)
    return list(found.values())


def rebase(work: Work, connection: Connection, before: Iterable[Words]) -> None:
    """Moves the bases of fields that stood as they were agreed on, in the caller's transaction."""
    for one in before:
        now = _told(work, connection, one.mirror, one.mapping)
        held = one.mapping.base
        if now is None or held is None or now == one.told:
            continue
        base = Base(
            left=_moved(held.left, one.told.left, now.left),
            right=_moved(held.right, one.told.right, now.right),
            there=_moved(held.there, one.told.there, now.there),
            here=_moved(held.here, one.told.here, now.here),
        )
        if base != held:
            mappings.write(connection, one.mapping.id, base=base)


def _moved(held: View, before: View, now: View) -> View:
    return {
        name: now.get(name) if value == before.get(name) else value for name, value in held.items()
    }


def _told(work: Work, connection: Connection, mirror: Mirror, mapping: Mapping) -> Base | None:
    pair: Pair = read(work, connection, mirror, mapping)
    if pair.left is None or pair.right is None:
        return None
    left = view(pair.left.ticket, pair.terms["left"])
    right = view(pair.right.ticket, pair.terms["right"])
    redact = Redactor(mirror.options.redact, mirror.name)
    there = said_by(pair, "left", redact, right).view
    here = said_by(pair, "right", redact, left).view
    return Base(left=left, right=right, there=there, here=here)
