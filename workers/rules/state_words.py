"""States in the words of each side, and how one side's word is said on the other.

GitHub has `open`, `closed:completed` and the other reasons, GitLab `opened` and `closed`; elsewhere
a state is a status by its name.
"""

from collections.abc import Mapping
from typing import Any

from schemas.ticket import StatusCategory, Ticket
from workers.rules.terms import Terms

_BARE = ("github", "gitlab")
_WORDS = {
    "github": {
        StatusCategory.todo: "open",
        StatusCategory.in_progress: "open",
        StatusCategory.done: "closed:completed",
        StatusCategory.canceled: "closed:not_planned",
    },
    "gitlab": {
        StatusCategory.todo: "opened",
        StatusCategory.in_progress: "opened",
        StatusCategory.done: "closed",
        StatusCategory.canceled: "closed",
    },
}
_USUAL = {
    StatusCategory.todo: "To Do",
    StatusCategory.in_progress: "In Progress",
    StatusCategory.done: "Done",
    StatusCategory.canceled: "Canceled",
}
_MEANT = {
    "open": StatusCategory.todo,
    "opened": StatusCategory.todo,
    "to do": StatusCategory.todo,
    "in progress": StatusCategory.in_progress,
    "done": StatusCategory.done,
    "closed": StatusCategory.done,
    "closed:completed": StatusCategory.done,
    "closed:not_planned": StatusCategory.canceled,
    "closed:duplicate": StatusCategory.canceled,
    "canceled": StatusCategory.canceled,
}
_NEXT = {
    StatusCategory.todo: (StatusCategory.todo, StatusCategory.in_progress),
    StatusCategory.in_progress: (StatusCategory.in_progress, StatusCategory.todo),
    StatusCategory.done: (StatusCategory.done, StatusCategory.canceled),
    StatusCategory.canceled: (StatusCategory.canceled, StatusCategory.done),
}
_ENDED = (StatusCategory.done, StatusCategory.canceled)


def word(ticket: Ticket, tracker: str) -> str:
    """The state as that tracker's people say it."""
    if tracker == "gitlab":
        return "closed" if ticket.state == "closed" else "opened"
    if tracker == "github":
        closed = ticket.state == "closed"
        return f"closed:{ticket.close_reason or 'completed'}" if closed else "open"
    return ticket.status or ticket.state


def carried(ticket: Ticket, terms: Terms, there: str | None, losses: list[str]) -> str:
    """The state as the other side has to say it: by the map of statuses, else by the same name,
    else what is there if it means the same, else the first state that does."""
    named = _mapped(ticket, terms, there, losses) or _same_name(ticket, terms)
    if named:
        return named
    if there and _agree(ticket, terms, there):
        return there
    category = ticket.status_category
    if terms.other.tracker in _BARE:
        return _WORDS[terms.other.tracker][category]
    if not terms.states:
        return _USUAL[category]
    for close in _NEXT[category]:
        for one in terms.states:
            if one.state == close:
                return one.name
    losses.append(f"state: {terms.other.source} has none that means {_USUAL[category].lower()}")
    return there or terms.states[0].name


def as_fields(said: str, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    """The other side's word as the fields of a ticket there."""
    category = meaning(said, terms)
    if category is None:
        category = held.status_category if held else StatusCategory.todo
    closed = category in _ENDED
    reason = said.partition(":")[2] or None
    bare = "closed" if closed else "open"
    status = bare if terms.other.tracker == "github" else said
    return {
        "state": "closed" if closed else "open",
        "status": status,
        "status_id": None,
        "status_category": category,
        "close_reason": reason if terms.other.tracker == "github" and closed else None,
    }


def meaning(said: str, terms: Terms) -> StatusCategory | None:
    """What the other side's word means; None for a word that nobody knows there."""
    folded = said.casefold()
    for one in terms.states:
        if one.name.casefold() == folded and one.state and one.state in StatusCategory.__members__:
            return StatusCategory(one.state)
    return _MEANT.get(folded)


def _mapped(ticket: Ticket, terms: Terms, there: str | None, losses: list[str]) -> str | None:
    """By `statuses`, which maps the source's words to the target's; backwards for the way back.

    Of several words that mean one, what is there stays.
    """
    pairs = terms.mirror.options.statuses
    if not pairs:
        return None
    said = [one.casefold() for one in _sayings(ticket, terms.own.tracker)]
    found = _found(pairs, said) if terms.side == "left" else _backwards(pairs, said, there)
    if found is None:
        return None
    known = _exact(found, terms, there)
    if known is None:
        losses.append(f"state {found!r} of `statuses` is none of {terms.other.source}")
    return known


def _found(pairs: Mapping[str, str], said: list[str]) -> str | None:
    folded = {key.casefold(): value for key, value in pairs.items()}
    return next((folded[one] for one in said if one in folded), None)


def _backwards(pairs: Mapping[str, str], said: list[str], there: str | None) -> str | None:
    for one in said:
        fitting = [key for key, value in pairs.items() if value.casefold() == one]
        if there:
            kept = [key for key in fitting if _is_said(key, there)]
            if kept:
                return there
        if fitting:
            return fitting[0]
    return None


def _is_said(key: str, there: str) -> bool:
    return key.casefold() in (there.casefold(), there.partition(":")[0].casefold())


def _sayings(ticket: Ticket, tracker: str) -> list[str]:
    """The words a map may know the state by, the most exact first."""
    said = [word(ticket, tracker), ticket.status, ticket.state, ticket.status_category.value]
    return list(dict.fromkeys(one for one in said if one))


def _exact(found: str, terms: Terms, there: str | None) -> str | None:
    """A word as the other side spells it, or a state of the category it names; None where there is
    no such state."""
    tracker = terms.other.tracker
    if tracker in _BARE:
        category = meaning(found, terms)
        if category is None and found in StatusCategory.__members__:
            category = StatusCategory(found)
        if category is None:
            return None
        reasoned = tracker == "github" and found.casefold().startswith("closed:")
        return found.casefold() if reasoned else _WORDS[tracker][category]
    if not terms.states:
        return found
    folded = found.casefold()
    named = next((one.name for one in terms.states if one.name.casefold() == folded), None)
    if named or folded not in StatusCategory.__members__:
        return named
    if there and meaning(there, terms) == folded:
        return there
    return next((one.name for one in terms.states if one.state == folded), None)


def _same_name(ticket: Ticket, terms: Terms) -> str | None:
    own = word(ticket, terms.own.tracker)
    if terms.other.tracker == terms.own.tracker and terms.own.tracker in _BARE:
        return own
    folded = own.casefold()
    if terms.own.tracker in _BARE or terms.other.tracker in _BARE:
        return None
    return next((one.name for one in terms.states if one.name.casefold() == folded), None)


def _agree(ticket: Ticket, terms: Terms, there: str) -> bool:
    """Whether the word there means what the ticket says, as finely as either side can say it."""
    category = meaning(there, terms)
    if category is None:
        return False
    if category == ticket.status_category:
        return True
    ended = category in _ENDED
    if ended != (ticket.status_category in _ENDED):
        return False
    return _is_vague(ticket, terms.own.tracker, ended=ended)


def _is_vague(ticket: Ticket, tracker: str, *, ended: bool) -> bool:
    """Whether the side cannot tell begun from not begun, or done from dropped."""
    if tracker == "gitlab":
        return ticket.status_category in (StatusCategory.todo, StatusCategory.done)
    return tracker == "github" and not ended and ticket.status_category is StatusCategory.todo
