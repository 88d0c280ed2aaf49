"""What labels and the footer tell of a ticket: the values of its fields in words. Pure."""

from collections.abc import Callable, Mapping

from schemas.event import Definition
from schemas.ticket import Person, Ticket, TicketRef
from workers.rules import footer, harmless, homes, references, views
from workers.rules.footer import Line
from workers.rules.native_words import PLAIN
from workers.rules.terms import Terms

_HOUR, _MINUTE = 3600, 60

NAMED: Mapping[str, Callable[[Ticket], str | None]] = {
    "milestone": lambda ticket: ticket.milestone.title if ticket.milestone else None,
    "sprint": lambda ticket: ticket.sprint.name if ticket.sprint else None,
}
_VALUES: Mapping[str, Callable[[Ticket], list[str]]] = {
    "milestone": lambda ticket: _one(NAMED["milestone"](ticket)),
    "sprint": lambda ticket: _one(NAMED["sprint"](ticket)),
    "epic": lambda ticket: _one((ticket.epic.key or ticket.epic.title) if ticket.epic else None),
    "assignees": lambda ticket: [mention(one) for one in ticket.assignees],
    "priority": lambda ticket: _one(ticket.priority),
    "severity": lambda ticket: _one(ticket.severity),
    "type": lambda ticket: [] if ticket.type.casefold() in PLAIN else [ticket.type],
    "components": lambda ticket: [one.name or one.id for one in ticket.components],
    "weight": lambda ticket: _one(None if ticket.weight is None else str(ticket.weight)),
    "story_points": lambda ticket: _one(
        None if ticket.story_points is None else f"{ticket.story_points:g}"
    ),
}


def _one(value: str | None) -> list[str]:
    return [value] if value else []


def values(name: str, ticket: Ticket, terms: Terms, fallen: Mapping[str, list[str]]) -> list[str]:
    """What labels tell of a field: all of it where it lives in labels, else what found no home."""
    if name == "state":
        is_told = homes.shows_status(terms) and ticket.status.casefold() != ticket.state
        return _one(ticket.status) if is_told else []
    home = homes.home(name, terms)
    if home == "native":
        return fallen.get(name, [])
    return _VALUES[name](ticket) if home == "label" else []


def footer_of(ticket: Ticket, terms: Terms, fallen: Mapping[str, list[str]]) -> str:
    """The footer's lines, in the form they are compared in."""
    lines = [Line("Source", _source_name(ticket, terms), ticket.url or "")]
    for name, label in homes.LINES.items():
        if homes.shows_line(name, terms):
            is_told = homes.home(name, terms) != "native" or bool(fallen.get(name))
            is_told = is_told or homes.both_gitlab_one_way(terms)
        else:
            is_told = homes.home(name, terms) == "footer"
        words = _words(name, ticket, terms) if is_told else ""
        if words:
            lines.append(Line(label, words, _page(name, ticket)))
    lines += [Line("Attachment", harmless.plain(name), url) for name, url in terms.unnamed]
    return footer.text(lines)


def _words(name: str, ticket: Ticket, terms: Terms) -> str:
    match name:
        case "milestone" | "sprint":
            return harmless.plain(NAMED[name](ticket) or "")
        case "epic":
            return _epic(ticket.epic)
        case "assignees":
            return ", ".join(harmless.plain(one.name or one.login) for one in ticket.assignees)
        case "parent":
            return _parent(ticket)
        case "components":
            return harmless.plain(", ".join(one.name or one.id for one in ticket.components))
        case "due_date":
            return ticket.due_date.isoformat() if ticket.due_date else ""
        case "estimate":
            return "" if ticket.estimate is None else f"{ticket.estimate:g}"
        case _:
            return _span(getattr(ticket, name) or 0)


def _epic(epic: TicketRef | None) -> str:
    if epic is None:
        return ""
    return " ".join(part for part in (epic.key, harmless.plain(epic.title or "")) if part)


def _parent(ticket: Ticket) -> str:
    target = ticket.parent
    if target is None or views.reference(target) == views.reference(ticket.epic):
        return ""
    return " ".join(part for part in (target.key, target.title) if part) or target.url or ""


def _page(name: str, ticket: Ticket) -> str:
    return (ticket.parent.url or "") if name == "parent" and ticket.parent else ""


def _span(seconds: int) -> str:
    parts = ((seconds // _HOUR, "h"), (seconds // _MINUTE % 60, "m"), (seconds % _MINUTE, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def _source_name(ticket: Ticket, terms: Terms) -> str:
    if references.numbered(terms.own):
        return f"{terms.own.project}#{ticket.key.lstrip('#')}"
    return ticket.key


def mention(person: Person) -> str:
    """Somebody in a label: by login, and by name where the login is an address of theirs."""
    login = "" if "@" in person.login else person.login
    return f"@{login or person.name or person.id}"


def place(name: str, kind: str, terms: Terms) -> Definition | None:
    """The other side's milestone, sprint or component of that name."""
    named = [one for one in terms.places if one.kind == kind]
    folded = name.casefold()
    exact = next((one for one in named if one.name == name), None)
    return exact or next((one for one in named if one.name.casefold() == folded), None)


def twin(target: TicketRef, terms: Terms) -> TicketRef | None:
    """The twin of another ticket of this side."""
    keys = [target.url, target.key, f"#{(target.key or '').lstrip('#')}", target.external_id]
    return next((terms.twins[key] for key in keys if key and key in terms.twins), None)
