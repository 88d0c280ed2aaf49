"""What an issue's past tells: resource events, and system notes for what these do not cover.

https://docs.gitlab.com/api/resource_state_events/ and its siblings for labels, milestones,
iterations and weights; the last two need a licence, which shows in the issue's own record.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from schemas.history import History, shown
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Label, Ticket
from trackers import derive
from trackers.fields import Fields
from trackers.gitlab import notes, scales, values
from trackers.gitlab.course import FIELDS, Act, Course
from trackers.gitlab.definitions import iteration_name
from trackers.gitlab.notes import UNKNOWN, Step
from trackers.gitlab.people import People
from trackers.gitlab.project import FULL_PAGE, Project

TELLS = frozenset(
    {
        "priority", "severity", "customer", "components", "story_points", "close_reason", "type",
        *filter(None, FIELDS.values()),
    }
)  # fmt: skip
"""Not among them: epics. A label or milestone that is deleted leaves its issues without a word."""

_AT_ONCE = 50
_OWN = {"issue_type": "type", "severity": "severity"}


def history(
    project: Project, source: Source, people: People, tickets: Sequence[str]
) -> Iterator[History]:
    """Every change of these issues that GitLab still tells of, oldest first per issue."""
    for start in range(0, len(tickets), _AT_ONCE):
        some = [one for one in tickets[start : start + _AT_ONCE] if one.isdecimal()]
        numbers = "&".join(f"iids[]={one}" for one in some)
        path = project.path(f"/issues?{numbers}&per_page={FULL_PAGE}")
        answer = project.get(path) if some else None
        for issue in answer.items if answer and answer.ok else []:
            found = _of(project, source, people, issue)
            if found:
                yield found


def _of(project: Project, source: Source, people: People, issue: dict[str, Json]) -> History | None:
    """None for one that went while it was read; not complete when a list is kept from us."""
    record = Fields.of(issue, "issue")
    number = values.number_of(record)
    lists: dict[str, list[dict[str, Json]] | None] = {
        kind: project.shown(f"/issues/{number}/resource_{kind}_events")
        for kind in _KINDS
        if kind not in ("iteration", "weight") or kind in issue
    }
    asked = {"sort": "asc", "order_by": "created_at"}
    lists["note"] = project.shown(f"/issues/{number}/notes", asked)
    if all(one is None for one in lists.values()):
        return None
    for user in (issue.get("author"), issue.get("closed_by"), *(issue.get("assignees") or ())):
        people.learn(user)
    acts = sorted(_acts(lists, people), key=lambda one: (one.at, one.kind, one.number))
    found = Course(record).entries(number, acts)
    derived = derive.with_derived(found, _end(record), lambda now: _values(now, source), _OWN)
    complete = None not in lists.values()
    return History(ticket=number, entries=derive.in_order(derived), complete=complete)


def _acts(lists: Mapping[str, list[dict[str, Json]] | None], people: People) -> Iterator[Act]:
    """What each record says; who has an account is learnt before notes name anybody."""
    told = [(kind, item) for kind, items in lists.items() for item in items or ()]
    for _, item in told:
        people.learn(item.get("user") or item.get("author"))
    for kind, item in told:
        record = Fields.of(item, f"{kind}_event")
        at = values.moment(record, "created_at")
        if at is None or (kind == "note" and not item.get("system")):
            continue
        by = record.object("author" if kind == "note" else "user")
        actor = values.person(by) if by else None
        steps = (
            tuple(notes.steps(record.text("body") or "", people))
            if kind == "note"
            else (_KINDS[kind](record),)
        )
        yield Act(kind, record.need_id("id"), at, actor, steps)


def _end(issue: Fields) -> dict[str, Json]:
    named = (one if isinstance(one, str) else one.get("name") for one in issue.items("labels"))
    return {
        "labels": sorted(filter(None, named)),
        "issue_type": scales.native_type(issue.text("issue_type") or issue.text("type")),
        "severity": issue.text("severity"),
        "weight": values.count(issue, "weight"),
    }


def _values(now: Mapping[str, Json], source: Source) -> dict[str, Json]:
    """What a ticket makes of labels and of what stands beside them."""
    told = scales.by_labels(
        source,
        tuple(Label(id=name, name=name) for name in now["labels"]),
        native=now["issue_type"],
        incident=now["severity"],
        weight=now["weight"],
    )
    ticket = Ticket(source=source.name, external_id="", key="", **told)
    return {name: shown(ticket, name) for name in told}


def _state(event: Fields) -> Step:
    """Only the new state is told; there are two, so the old one is the other."""
    after = "closed" if event.text("state") == "closed" else "opened"
    return Step("state", "opened" if after == "closed" else "closed", after)


def _label(event: Fields) -> Step:
    """A label that was deleted since has no name any more."""
    label = event.object("label")
    if label is None:
        return Step("labels", UNKNOWN, UNKNOWN)
    named = [values.named(label)]
    came = event.text("action") == "add"
    return Step("labels", None if came else named, named if came else None)


def _one_of(native: str, name: Callable[[Fields], str | None]) -> Callable[[Fields], Step]:
    """An issue has one at most: a new one takes the place of the old one without a word of that."""

    def tell(event: Fields) -> Step:
        thing = event.object(native)
        named = (name(thing) if thing else None) or UNKNOWN
        came = event.text("action") == "add"
        return Step(native, UNKNOWN, named) if came else Step(native, named, None)

    return tell


def _weight(event: Fields) -> Step:
    """Some versions tell the new weight alone."""
    told = "previous_weight" in event
    before = values.count(event, "previous_weight") if told else UNKNOWN
    return Step("weight", before, values.count(event, "weight"))


_KINDS: dict[str, Callable[[Fields], Step]] = {
    "state": _state,
    "label": _label,
    "milestone": _one_of("milestone", lambda one: one.text("title")),
    "iteration": _one_of("iteration", iteration_name),
    "weight": _weight,
}
