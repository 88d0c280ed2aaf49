"""Short words for facts and what is held, for the tests of the rules."""

from dataclasses import replace
from typing import Any

from schemas import fingerprint
from schemas.delivery import Via
from schemas.event import Aspect
from schemas.held import Held, HeldTicket
from tests.builders import a_comment_record, a_source, an_issue, at
from trackers.github import GITHUB
from workers.rules.facts import CommentFact, Fact, Sight, TicketFact
from workers.rules.fold import Folded, fold

WEBHOOK, POLL, FETCH = Via.webhook, Via.poll, Via.fetch


def seen(updated: float = 0, *, inside: bool = True, **over: Any) -> TicketFact:
    """A full snapshot at a revision."""
    record = an_issue(updated=updated, **over)
    return TicketFact(GITHUB.to_ticket(record, a_source()), record, inside)


def part(updated: float = 0, *missing: str, **over: Any) -> TicketFact:
    """A snapshot without its body, and without what else is named."""
    record = an_issue(updated=updated, **over)
    for name in ("body", *missing):
        del record[name]
    return TicketFact(GITHUB.to_ticket(record, a_source()), record)


def said(updated: float = 0, number: int = 40_001, **over: Any) -> CommentFact:
    """A snapshot of a comment."""
    record = a_comment_record(number, updated=updated, **over)
    return CommentFact(GITHUB.to_comment(record, a_source()))


def sight(via: Via = WEBHOOK, seconds: float = 0, *, counted: bool = False) -> Sight:
    """How it was observed; `seconds` from NOW."""
    return Sight(via, at(seconds), counted)


def told(
    held: Held, *facts: Fact, via: Via = WEBHOOK, when: float = 0, counted: bool = False
) -> Folded:
    """One delivery folded at the moment it was observed."""
    return fold(held, list(facts), sight(via, when, counted=counted), at(when))


def holding(updated: float = 0, *, via: Via = WEBHOOK, when: float = 0, **over: Any) -> Held:
    """What is held after one full snapshot."""
    return told(Held(), seen(updated, **over), via=via, when=when).held


def ticket_of(folded: Folded | Held) -> HeldTicket:
    """The head of the ticket; it must be there."""
    held = folded if isinstance(folded, Held) else folded.held
    assert held.ticket is not None
    return held.ticket


def title_of(folded: Folded | Held) -> str:
    """The title that is held."""
    ticket = ticket_of(folded).ticket
    assert ticket is not None
    return ticket.title


def aspects_of(folded: Folded | Held) -> set[Aspect]:
    """What is in doubt."""
    doubt = ticket_of(folded).doubt
    return set(doubt.aspects) if doubt else set()


def reloaded(held: Held) -> Held:
    """As the store would load it: the ticket whole, everything else as a head."""
    return held if held.ticket is None else replace(held, ticket=replace(held.ticket, record=None))


def larger_first(one: TicketFact, other: TicketFact) -> tuple[TicketFact, TicketFact]:
    """Sorted by fingerprint, the larger first: how a tie is settled."""
    both = sorted((one, other), key=lambda f: fingerprint.core(f.ticket), reverse=True)
    return both[0], both[1]
