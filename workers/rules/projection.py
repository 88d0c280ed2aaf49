"""Projection: what the other side should say if it followed this ticket. Pure.

`project` gives it as a view: native fields in that side's words, what has no native home there as
labels that we make and lines of the footer, and what is lost as lines for people. `wanted` turns a
view into the ticket and the field names that the tracker's `to_writes` takes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas.mirror import View
from schemas.model import Json
from schemas.ticket import Ticket, TicketRef
from workers.rules import badges, harmless, homes, native_words, state_words, told, views
from workers.rules.terms import Terms
from workers.rules.wanted import wanted

__all__ = ["Projected", "project", "wanted"]

_LONGEST_TITLE = {"github": 256}
_TITLE = 255
_MINUTE = 60
_COMPONENTS = {"azure_devops": 1}
_MOST_PEOPLE = {"github": 10, "jira": 1, "linear": 1, "azure_devops": 1}


@dataclass(frozen=True, slots=True)
class Projected:
    """The view that the other side should have, and what of the ticket has no place there."""

    view: View
    losses: tuple[str, ...] = ()


@dataclass(slots=True)
class _Crossing:
    """One ticket on its way. `fallen` are values that found no native home, by field."""

    ticket: Ticket
    terms: Terms
    there: View
    losses: list[str] = field(default_factory=list)
    fallen: dict[str, list[str]] = field(default_factory=dict)

    def lose(self, name: str, values: list[str], why: str) -> None:
        """On the way out a value without a home becomes a label; on the way back it is lost."""
        if self.terms.outward and name in homes.LABELS:
            self.fallen[name] = values
        else:
            self.losses += [f"{name} {one}: {why}" for one in values]


def project(ticket: Ticket, terms: Terms, there: View | None) -> Projected:
    """What `view` of the other side should say if it followed this ticket.

    `there` is what it says now (None: there is none yet); what means the same there stays as it is
    spelled, and what this side cannot hold is not taken away.
    """
    crossing = _Crossing(ticket, terms, there or {})
    names = views.of_terms(terms)
    found: View = {name: carry(crossing) for name, carry in _CARRIERS.items() if name in names}
    if "badges" in names:
        found["badges"] = _badges(crossing)
    if "footer" in names:
        found["footer"] = _footer(crossing)
    ordered = {name: found[name] for name in names if name in found}
    return Projected(ordered, tuple(dict.fromkeys(crossing.losses)))


def _title(crossing: _Crossing) -> Json:
    now, most = (
        crossing.there.get("title"),
        _LONGEST_TITLE.get(crossing.terms.other.tracker, _TITLE),
    )
    title = harmless.titled(views.title(crossing.ticket), crossing.terms, now or "")
    own_most = _LONGEST_TITLE.get(crossing.terms.own.tracker, _TITLE)
    if now and len(now) > own_most and _short(now, own_most) == title:
        return now
    if len(title) > most:
        crossing.losses.append(f"title: cut to the {most} characters that fit")
    return _short(title, most)


def _short(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _body(crossing: _Crossing) -> Json:
    now = crossing.there.get("body") or ""
    return views.text(harmless.carried(views.body(crossing.ticket), crossing.terms, now))


def _labels(crossing: _Crossing) -> Json:
    """People's labels. One that looks like ours there is among ours, and those of the ticket's
    first home that could not leave it stay."""
    terms, now = crossing.terms, list(crossing.there.get("labels") or [])
    names = views.own_labels(crossing.ticket, terms)
    made = homes.prefixes(terms) if terms.outward else frozenset()
    staying = _staying(crossing, now)
    names = [name for name in names if not badges.is_badge(name, made)]
    for name in names:
        fit = badges.fitting(name, terms.other.tracker)
        if fit != name and fit not in now:
            crossing.losses.append(f"label {name!r} is written {fit!r}")
    carried = badges.carried(names, now, terms.own.tracker, terms.other.tracker)
    return sorted({*carried, *staying})


def _staying(crossing: _Crossing, now: list[str]) -> list[str]:
    terms = crossing.terms
    if terms.outward:
        return []
    made = views.made_here(terms)
    return [name for name in now if badges.is_badge(name, made)]


def _assignees(crossing: _Crossing) -> Json:
    """The accounts there, as many as a ticket there has; who has none becomes a label."""
    terms, now = crossing.terms, list(crossing.there.get("assignees") or [])
    people = {one.id: terms.people.get(one.id) for one in crossing.ticket.assignees}
    homeless = [one for one in crossing.ticket.assignees if people[one.id] is None]
    known = sorted({one.id for one in people.values() if one})
    most = _MOST_PEOPLE.get(terms.other.tracker, len(known))
    kept = sorted(known, key=lambda one: (one not in now, one))[:most]
    homeless += [
        one for one in crossing.ticket.assignees if (to := people[one.id]) and to.id not in kept
    ]
    crossing.lose("assignees", [told.mention(one) for one in homeless], "has no place there")
    return sorted({*kept, *_unreachable(crossing, now)})


def _unreachable(crossing: _Crossing, now: list[str]) -> list[str]:
    """On the way back: who cannot be said here, so that nobody here can have taken them away."""
    terms = crossing.terms
    if terms.outward:
        return []
    sayable = {one.id: one for one in terms.people.values()}
    labels = {name.lower() for name in views.own_badges(crossing.ticket, terms)}
    return [
        one for one in now if one not in sayable
        or badges.badge("Assignee", told.mention(sayable[one]), terms.own.tracker).lower() in labels
    ]  # fmt: skip


def _named(name: str, kind: str) -> Callable[[_Crossing], Json]:
    """A milestone, or a sprint: where it has to exist, only one that does."""

    def carry(crossing: _Crossing) -> Json:
        said = told.NAMED[name](crossing.ticket)
        if said is None or not homes.needs_place(name, crossing.terms.other):
            return said
        place = told.place(said, kind, crossing.terms)
        if place is None:
            crossing.lose(name, [said], "there is none of that name")
        return place.name if place else None

    return carry


def _components(crossing: _Crossing) -> Json:
    terms = crossing.terms
    names = sorted({one.name or one.id for one in crossing.ticket.components})
    if not homes.needs_place("components", terms.other):
        return names
    found = {name: told.place(name, "component", terms) for name in names}
    fitting = [place.name for place in found.values() if place]
    kept = fitting[: _COMPONENTS.get(terms.other.tracker, len(fitting))]
    missed = [name for name, place in found.items() if place is None or place.name not in kept]
    crossing.lose("components", missed, "there is none of that name")
    return sorted(kept)


def _ticket(name: str) -> Callable[[_Crossing], Json]:
    """Another ticket: its twin, if it has one."""

    def carry(crossing: _Crossing) -> Json:
        target: TicketRef | None = getattr(crossing.ticket, name)
        if name == "epic" and views.reference(crossing.ticket.parent) == views.reference(target):
            return None
        return views.reference(told.twin(target, crossing.terms)) if target else None

    return carry


def _priority(crossing: _Crossing) -> Json:
    said = crossing.ticket.priority
    found = native_words.priority(said, crossing.terms, crossing.there.get("priority"))
    if said and found is None:
        crossing.lose("priority", [said], "there is none of that name")
    return found


def _type(crossing: _Crossing) -> Json:
    said = crossing.ticket.type
    found, whole = native_words.kind(said, crossing.terms, crossing.there.get("type"))
    if not whole and crossing.terms.other.tracker == "gitlab":
        crossing.lose("type", [said], "there is no such type")
    return found


def _points(crossing: _Crossing) -> Json:
    """Linear takes whole points."""
    points = crossing.ticket.story_points
    if points is None or crossing.terms.other.tracker != "linear" or points.is_integer():
        return views.amount(points)
    crossing.lose("story_points", [f"{points:g}"], "points are whole there")
    return None


def _span(name: str) -> Callable[[_Crossing], Json]:
    """Jira counts in minutes."""

    def carry(crossing: _Crossing) -> Json:
        terms, now = crossing.terms, crossing.there.get(name)
        seconds = getattr(crossing.ticket, name) or None
        if terms.own.tracker == "jira" and now and _minutes(now) == seconds:
            return now
        if terms.other.tracker != "jira" or not seconds or seconds % _MINUTE == 0:
            return seconds
        crossing.losses.append(f"{name}: {seconds % _MINUTE} s are less than is counted there")
        return _minutes(seconds)

    return carry


def _minutes(seconds: int) -> int | None:
    return seconds // _MINUTE * _MINUTE or None


def _state(crossing: _Crossing) -> Json:
    now = crossing.there.get("state")
    return state_words.carried(crossing.ticket, crossing.terms, now, crossing.losses)


def _same(name: str) -> Callable[[_Crossing], Json]:
    def carry(crossing: _Crossing) -> Json:
        value = getattr(crossing.ticket, name)
        return views.amount(value) if isinstance(value, (int, float)) else value or None

    return carry


def _due(crossing: _Crossing) -> Json:
    day = crossing.ticket.due_date
    return day.isoformat() if day else None


_CARRIERS: Mapping[str, Callable[[_Crossing], Json]] = {
    "title": _title,
    "body": _body,
    "type": _type,
    "labels": _labels,
    "assignees": _assignees,
    "milestone": _named("milestone", "milestone"),
    "sprint": _named("sprint", "sprint"),
    "epic": _ticket("epic"),
    "parent": _ticket("parent"),
    "components": _components,
    "priority": _priority,
    "severity": _same("severity"),
    "weight": _same("weight"),
    "estimate": _same("estimate"),
    "story_points": _points,
    "due_date": _due,
    "time_estimate": _span("time_estimate"),
    "time_spent": _span("time_spent"),
    "state": _state,
}


def _badges(crossing: _Crossing) -> Json:
    """The labels that we make, with people's own that look like them; the twin alone has any."""
    terms, now = crossing.terms, list(crossing.there.get("badges") or [])
    if not terms.outward:
        return now
    tracker, made = terms.other.tracker, homes.prefixes(terms)
    found = [badges.badge(homes.ORIGIN, f"instance-{terms.own.instance}", tracker)]
    for name, prefix in homes.LABELS.items():
        values = told.values(name, crossing.ticket, terms, crossing.fallen)
        found += [badges.badge(prefix, one, tracker) for one in values]
    if "labels" in views.of_terms(terms):
        looks_made = [
            one for one in views.own_labels(crossing.ticket, terms) if badges.is_badge(one, made)
        ]
        found += [badges.fitting(one, tracker) for one in looks_made]
    if tracker == "gitlab" and "badges" in terms.mirror.lacks:
        found = badges.one_a_scope(found)
    return badges.spelled(found, now)


def _footer(crossing: _Crossing) -> Json:
    if not crossing.terms.outward:
        return crossing.there.get("footer") or ""
    return told.footer_of(crossing.ticket, crossing.terms, crossing.fallen)
