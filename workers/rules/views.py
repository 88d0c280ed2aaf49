"""Views: a ticket's mirrored fields as one side says them, in a form that can be compared.

A view is plain JSON. Sets are sorted lists (labels by name, people by account id, components by
name), text is Markdown with LF, spans of time are seconds, days are ISO dates, another ticket is
its id in its source. `body` is without the footer, `labels` without the labels that we make:
`footer` and `badges` hold those, as they stand.
"""

from collections.abc import Callable
from typing import Literal

from schemas.mirror import Mirror, View
from schemas.model import Json
from schemas.ticket import Ticket, TicketRef
from workers.rules import badges, footer, homes, prose, state_words
from workers.rules.terms import SideWords, Terms

Kind = Literal["plain", "set", "text"]

_SETS = frozenset({"labels", "badges", "assignees", "components"})
DERIVED = frozenset({"footer", "badges"})
"""What we make of the other fields: only ever written to a twin, never merged."""


def fields(mirror: Mirror, left: SideWords, right: SideWords) -> tuple[str, ...]:
    """The fields a mirror compares and writes, in writing order."""
    return homes.fields(mirror, left, right)


def of_terms(terms: Terms) -> tuple[str, ...]:
    """The same for the mirror of these terms."""
    left, right = (
        (terms.own, terms.other) if terms.side == "left" else (terms.other, terms.own)
    )  # fmt: skip
    return fields(terms.mirror, left, right)


def kind_of(field: str) -> Kind:
    """How two edits of a field come together: by members, by lines, or not at all."""
    if field in _SETS:
        return "set"
    return "text" if field == "body" else "plain"


def view(ticket: Ticket, terms: Terms) -> View:
    """The ticket as `terms.own`, whose it is, says it."""
    return {name: _VIEWS[name](ticket, terms) for name in of_terms(terms)}


def title(ticket: Ticket) -> str:
    """The title in one line."""
    return " ".join(ticket.title.split())


def body(ticket: Ticket) -> str:
    """The text without a footer."""
    return footer.cut(ticket.body)[0]


def text(written: str) -> str:
    """Text in the form it is compared in."""
    return prose.normal(written)


def own_labels(ticket: Ticket, terms: Terms) -> list[str]:
    """The names of people's own labels."""
    return badges.apart(_names(ticket), made_here(terms))[0]


def own_badges(ticket: Ticket, terms: Terms) -> list[str]:
    """The names of the labels that we made: a ticket that is no twin has none of this mirror."""
    return badges.apart(_names(ticket), made_here(terms))[1]


def made_here(terms: Terms) -> frozenset[str]:
    """First parts of the labels that we make at this side."""
    return frozenset() if terms.outward else homes.prefixes(homes.across(terms))


def reference(target: TicketRef | None) -> str | None:
    """Another ticket by the best name there is."""
    return (target.external_id or target.key or target.url) if target else None


def amount(number: float | None) -> Json:
    """A number, whole ones as such: 5 and 5.0 must not differ."""
    if number is None:
        return None
    return int(number) if float(number).is_integer() else float(number)


def _names(ticket: Ticket) -> list[str]:
    return [label.name or label.id for label in ticket.labels]


def _above(ticket: Ticket, terms: Terms) -> Json:
    """An epic that is the parent, too, is one fact, told once."""
    epic = reference(ticket.epic)
    return None if epic == reference(ticket.parent) else epic


def _number(name: str) -> Callable[[Ticket, Terms], Json]:
    return lambda ticket, terms: amount(getattr(ticket, name))


def _span(name: str) -> Callable[[Ticket, Terms], Json]:
    return lambda ticket, terms: getattr(ticket, name) or None


_VIEWS: dict[str, Callable[[Ticket, Terms], Json]] = {
    "title": lambda ticket, terms: title(ticket),
    "body": lambda ticket, terms: body(ticket),
    "footer": lambda ticket, terms: footer.cut(ticket.body)[1],
    "type": lambda ticket, terms: ticket.type.casefold(),
    "labels": own_labels,
    "badges": own_badges,
    "assignees": lambda ticket, terms: sorted({one.id for one in ticket.assignees}),
    "milestone": lambda ticket, terms: ticket.milestone.title if ticket.milestone else None,
    "sprint": lambda ticket, terms: ticket.sprint.name if ticket.sprint else None,
    "epic": _above,
    "parent": lambda ticket, terms: reference(ticket.parent),
    "components": lambda ticket, terms: sorted({one.name or one.id for one in ticket.components}),
    "priority": lambda ticket, terms: ticket.priority or None,
    "severity": lambda ticket, terms: ticket.severity or None,
    "weight": _number("weight"),
    "estimate": _number("estimate"),
    "story_points": _number("story_points"),
    "due_date": lambda ticket, terms: ticket.due_date.isoformat() if ticket.due_date else None,
    "time_estimate": _span("time_estimate"),
    "time_spent": _span("time_spent"),
    "state": lambda ticket, terms: state_words.word(ticket, terms.own.tracker),
}
