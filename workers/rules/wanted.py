"""A view as what a tracker's `to_writes` takes: a ticket of that side and the names to write."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from schemas.mirror import View
from schemas.model import Json
from schemas.ticket import Label, Milestone, Named, Person, Sprint, Ticket, TicketRef
from workers.rules import badges, footer, homes, state_words, told
from workers.rules.terms import Terms

_STATE = ("state", "status", "status_category", "close_reason")
_HIDES = ("github", "gitlab", "linear", "generic", "local")
"""Where an HTML comment in a text is kept and not shown."""


def wanted(
    view: View, fields: Collection[str], terms: Terms, held: Ticket | None
) -> tuple[Ticket, frozenset[str]]:
    """(the ticket, the names of its fields to write) for `terms.other`, whose view this is.

    `fields` are names of the view. `held` is the ticket there as last read, None for a new one:
    what of a text or of the labels is not among the fields is taken from it.
    """
    values: dict[str, Any] = {}
    for name in homes.ORDER:
        if name in fields and name in view:
            values |= _FIELDS[name](view, terms, held)
    names = {name for name in values if name in terms.other.writes}
    base = held or Ticket(
        source=terms.other.source, external_id="", key="", url=terms.here or None
    )  # fmt: skip
    return base.model_copy(update=values), frozenset(names)


def _body(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    body, lines = footer.cut(held.body) if held else ("", "")
    body, lines = view.get("body", body), view.get("footer", lines)
    hidden = terms.other.tracker in _HIDES
    return {"body": footer.with_footer(body, lines, hidden=hidden)}


def _labels(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    known = {label.name: label for label in held.labels} if held else {}
    made = homes.prefixes(terms) if terms.outward else frozenset()
    own, ours = badges.apart(known, made)
    names = [*view.get("labels", own), *view.get("badges", ours)]
    unique = dict.fromkeys(names)
    return {"labels": tuple(known.get(name) or Label(id=name, name=name) for name in unique)}


def _assignees(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    known = {one.id: one for one in terms.people.values()}
    known |= {one.id: one for one in held.assignees} if held else {}
    return {
        "assignees": tuple(
            known.get(one) or Person(id=one, login=one) for one in view["assignees"]
        )
    }  # fmt: skip


def _milestone(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    title = view["milestone"]
    if held and held.milestone and held.milestone.title == title:
        return {"milestone": held.milestone}
    place = told.place(title, "milestone", terms) if title else None
    made = Milestone(id=place.id if place else title, title=title) if title else None
    return {"milestone": made}


def _sprint(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    name = view["sprint"]
    if held and held.sprint and held.sprint.name == name:
        return {"sprint": held.sprint}
    place = told.place(name, "sprint", terms) if name else None
    return {"sprint": Sprint(id=place.id if place else name, name=name) if name else None}


def _components(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    known = {one.name: one for one in held.components} if held else {}
    found = []
    for name in view["components"]:
        place = told.place(name, "component", terms)
        found.append(known.get(name) or Named(id=place.id if place else name, name=name))
    return {"components": tuple(found)}


def _above(name: str) -> Callable[[View, Terms, Ticket | None], dict[str, Any]]:
    def made(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
        key = view[name]
        twins = (one for one in terms.twins.values() if key in (one.external_id, one.key))
        return {name: next(twins, TicketRef(external_id=key)) if key else None}

    return made


def _plain(
    name: str, form: Callable[[Any], Any] = lambda value: value
) -> Callable[[View, Terms, Ticket | None], dict[str, Any]]:
    def made(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
        value: Json = view[name]
        return {name: None if value is None else form(value)}

    return made


def _state(view: View, terms: Terms, held: Ticket | None) -> dict[str, Any]:
    return state_words.as_fields(str(view["state"]), terms, held)


_FIELDS: Mapping[str, Callable[[View, Terms, Ticket | None], dict[str, Any]]] = {
    "title": _plain("title"),
    "body": _body,
    "footer": _body,
    "type": _plain("type"),
    "labels": _labels,
    "badges": _labels,
    "assignees": _assignees,
    "milestone": _milestone,
    "sprint": _sprint,
    "epic": _above("epic"),
    "parent": _above("parent"),
    "components": _components,
    "priority": _plain("priority"),
    "severity": _plain("severity"),
    "weight": _plain("weight", int),
    "estimate": _plain("estimate", float),
    "story_points": _plain("story_points", float),
    "due_date": _plain("due_date", date.fromisoformat),
    "time_estimate": _plain("time_estimate", int),
    "time_spent": _plain("time_spent", int),
    "state": _state,
}
