"""Mirrors between every two trackers, and a target that keeps all that it is told."""

from typing import Any

from schemas.event import Definition
from schemas.mirror import Mirror, MirrorOptions, Side, View
from schemas.ticket import Label, Person, StatusCategory, Ticket, TicketRef
from tests.builders import at
from trackers.registry import REGISTRY
from workers.rules.projection import project, wanted
from workers.rules.terms import OTHER, SideWords, Terms
from workers.rules.views import view

NAMES = ("github", "gitlab", "jira", "linear", "azure_devops")
PAIRS = [(left, right) for left in NAMES for right in NAMES]
PAGES = {
    "github": "https://github.example.com/{project}/issues/{number}",
    "gitlab": "https://gitlab.example.com/{project}/-/issues/{number}",
    "jira": "https://jira.example.com/browse/{project}-{number}",
    "linear": "https://linear.app/acme/issue/{project}-{number}",
    "azure_devops": "https://dev.azure.com/acme/{project}/_workitems/edit/{number}",
}
STATES = {
    "jira": (("To Do", "todo"), ("In Progress", "in_progress"), ("Done", "done"),
             ("Won't do", "canceled")),
    "linear": (("Backlog", "todo"), ("Todo", "todo"), ("Doing", "in_progress"), ("Done", "done"),
               ("Canceled", "canceled")),
    "azure_devops": (("New", "todo"), ("Active", "in_progress"), ("Closed", "done"),
                     ("Removed", "canceled")),
}  # fmt: skip
PLACES = (("milestone", "v1.0"), ("sprint", "Sprint 5"), ("component", "api"))
PEOPLE = ("alice", "bob", "carol")


def account(login: str, side: str) -> Person:
    return Person(id=f"{side}-{login}", login=login, name=f"{login.title()} Smith")


def project_of(tracker: str, side: Side) -> str:
    if tracker in ("jira", "linear"):
        return "LFT" if side == "left" else "RGT"
    return f"{side}/project" if tracker != "azure_devops" else f"{side}-project"


def page(tracker: str, side: Side, number: int) -> str:
    return PAGES[tracker].format(project=project_of(tracker, side), number=number)


def key(tracker: str, side: Side, number: int) -> str:
    if tracker in ("jira", "linear"):
        return f"{project_of(tracker, side)}-{number}"
    return str(number)


def words(tracker: str, side: Side, **more: Any) -> SideWords:
    capabilities = REGISTRY[tracker].capabilities
    given = {
        "source": f"the-{side}", "tracker": tracker, "instance": "1" if side == "left" else "2",
        "writes": capabilities.writes, "uploads": capabilities.uploads,
        "project": project_of(tracker, side),
    }  # fmt: skip
    return SideWords(**(given | more))


def mirror(**options: Any) -> Mirror:
    lacks = options.pop("lacks", ())
    return Mirror(
        id=1, name="m", source="the-left", target="the-right", created_at=at(0),
        options=MirrorOptions(**options), lacks=lacks,
    )  # fmt: skip


def definitions(tracker: str) -> tuple[Definition, ...]:
    return tuple(
        Definition(kind="state", id=f"s{place}", name=name, state=category)
        for place, (name, category) in enumerate(STATES.get(tracker, ()))
    )


def places(*named: tuple[str, str]) -> tuple[Definition, ...]:
    return tuple(
        Definition.model_validate({"kind": kind, "id": f"id-{name}", "name": name})
        for kind, name in named
    )


def twins(own: str, side: Side, other: str, numbers: dict[int, int]) -> dict[str, TicketRef]:
    """Every name of mirrored tickets: their number here to their number there."""
    found = {}
    for here, there in numbers.items():
        away = OTHER[side]
        named = key(other, away, there)
        target = TicketRef(external_id=f"id-{named}", key=named, url=page(other, away, there))
        name = key(own, side, here)
        found[page(own, side, here)] = target
        found[f"id-{name}"] = target
        if own in ("jira", "linear"):
            found[name] = target
        else:
            found[f"#{here}"] = target
            found[f"{project_of(own, side)}#{here}"] = target
    return found


def terms(
    left: str,
    right: str,
    *,
    side: Side = "left",
    numbers: dict[int, int] | None = None,
    files: dict[str, str] | None = None,
    people: tuple[str, ...] = PEOPLE,
    **more: Any,
) -> Terms:
    """The terms of one side; `numbers` and `files` are from left to right for both."""
    options = {name: more.pop(name) for name in list(more) if name in _OPTIONS}
    trackers: dict[Side, str] = {"left": left, "right": right}
    away = OTHER[side]
    own, other = trackers[side], trackers[away]
    pairs, moved = numbers or {}, files or {}
    if side == "right":
        pairs = {there: here for here, there in pairs.items()}
        moved = {there: here for here, there in moved.items()}
    given = {
        "people": {f"{side}-{one}": account(one, away) for one in people},
        "accounts": {one: account(one, away) for one in people},
        "twins": twins(own, side, other, pairs),
        "states": definitions(other),
        "files": moved,
        "here": page(own, side, 1),
        "there": page(other, away, 101),
    }
    known = {"instance": more.pop("other_instance")} if "other_instance" in more else {}
    sides = words(own, side), words(other, away, **known)
    return Terms(mirror(**options), side, *sides, **(given | more))


_OPTIONS = {*MirrorOptions.model_fields, "lacks"}


def ticket(tracker: str, side: Side = "left", **fields: Any) -> Ticket:
    number = 1 if side == "left" else 101
    name = key(tracker, side, number)
    base = {"title": "A title", "status": STATES.get(tracker, (("open", ""),))[0][0]}
    return Ticket(
        source=f"the-{side}", external_id=f"id-{name}", key=name, url=page(tracker, side, number),
        **(base | fields),
    )  # fmt: skip


def written(source: Ticket, there: Terms, back: Terms, held: Ticket | None = None) -> Ticket:
    """The twin, at a target that keeps all that it is told."""
    now = view(held, back) if held else None
    found: View = project(source, there, now).view
    twin, names = wanted(found, found.keys(), there, held)
    kept = {name: getattr(twin, name) for name in names}
    if "state" in names and "status_category" not in names:  # open and closed is all there is
        kept["status_category"] = StatusCategory("done" if twin.state == "closed" else "todo")
    return (held or ticket(there.other.tracker, OTHER[there.side])).model_copy(update=kept)


def labels(*names: str) -> tuple[Label, ...]:
    return tuple(Label(id=f"id-{name}", name=name) for name in names)


def both(left: str, right: str, **more: Any) -> tuple[Terms, Terms]:
    given = {"numbers": {12: 112}, "places": places(*PLACES)} | more
    return terms(left, right, **given), terms(left, right, side="right", **given)
