"""Status by transitions: which of them lead to the status wanted, and what their screens ask for.

Ids of transitions differ from workflow to workflow and the list depends on the present status, so
each step looks anew
(https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-post).
"""

from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import StatusCategory
from trackers.fields import Fields
from trackers.jira import states, values
from trackers.jira.fields import must_fill
from trackers.jira.site import Site, words

_HOPS = 4
_RANK = {
    StatusCategory.todo: 0,
    StatusCategory.in_progress: 1,
    StatusCategory.done: 2,
    StatusCategory.canceled: 2,
}


def transition(site: Site, ticket: str, target: Json) -> None:
    """Brings an issue to the target's status, over others where no transition leads there at once.

    Permanent naming the way or the fields that are missing.
    """
    visited: list[str] = []
    status, read = _as_told(target), False
    for _ in range(_HOPS + 1):
        there = status is not None and _is_there(site, status, target)
        best = None
        if status and not there:
            visited.append(status.need_id("id"))
            best = _chosen(site, _transitions(site, ticket), target, visited, status)
        if best:
            _take(site, ticket, best, target)
            status, read = best.need_object("to"), True
        elif not read:  # the record may be behind
            status, read = _status(site, ticket), True
        elif there:
            return
        else:
            break
    if _fits(site, _status(site, ticket), target):  # a name unknown here is met by its meaning
        return
    offered = ", ".join(sorted({_status_name(one) for one in _transitions(site, ticket)}))
    wanted = target.get("status") or target["category"]
    raise Permanent(
        f"issue {ticket}: no transition leads to {wanted!r} (offered: {offered or 'none'})"
    )


def _as_told(target: Json) -> Fields | None:
    """The status that the record had, if it had one."""
    told = target.get("now")
    return Fields.of(told, "status") if isinstance(told, dict) else None


def _is_there(site: Site, status: Fields, target: Json) -> bool:
    return _named(status, target) or (not target.get("status") and _fits(site, status, target))


def _status(site: Site, ticket: str) -> Fields:
    answer = site.part(f"/issue/{ticket}", {"fields": "status"})
    return Fields.of(answer.object, "issue").need_object("fields").need_object("status")


def _transitions(site: Site, ticket: str) -> list[Fields]:
    params = {"expand": "transitions.fields"}
    answer = site.part(f"/issue/{ticket}/transitions", params)
    found = Fields.of(answer.object, "transitions").items("transitions")
    return [Fields.of(one, "transition") for one in found]


def _chosen(
    site: Site, found: list[Fields], target: Json, visited: list[str], status: Fields
) -> Fields | None:
    """By the name of the status, else by its category, else the nearest step towards it."""
    ways = [one for one in found if one.flag("isAvailable") is not False]
    by_name = [one for one in ways if _named(one.need_object("to"), target)]
    if by_name:
        return by_name[0]
    here, wanted = _rank(site, status), StatusCategory(target["category"])
    if here == _RANK[wanted]:
        return None
    by_category = [one for one in ways if _category(site, one.need_object("to")) == wanted]
    return by_category[0] if by_category else _nearest(site, ways, visited, here, _RANK[wanted])


def _nearest(
    site: Site, ways: list[Fields], visited: list[str], here: int, goal: int
) -> Fields | None:
    """The transition that comes closest, to a status not yet seen and never away from the goal."""
    onward = []
    for way in ways:
        to = way.need_object("to")
        rank = _rank(site, to)
        if to.need_id("id") not in visited and (rank - here) * (goal - here) >= 0:
            onward.append((abs(rank - goal), way))
    return min(onward, key=lambda one: one[0], default=(0, None))[1]


def _take(site: Site, ticket: str, way: Fields, target: Json) -> None:
    body: dict[str, Json] = {"transition": {"id": way.need_id("id")}}
    fields = _screen(site, way, target.get("reason"))
    body |= {"fields": fields} if fields else {}
    answer = site.send("POST", f"/issue/{ticket}/transitions", body)
    if not answer.ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")


def _screen(site: Site, way: Fields, reason: str | None) -> dict[str, Json]:
    """A resolution where work ends; any other required field is a fault, named."""
    filled: dict[str, Json] = {}
    missing = []
    shown = way.object("fields")
    ends = _rank(site, way.need_object("to")) == _RANK[StatusCategory.done]
    for key, meta in shown.value.items() if shown else ():
        told = Fields.of(meta, f"transition.fields.{key}")
        if key == "resolution" and told.items("allowedValues") and (ends or must_fill(told)):
            filled[key] = {"name": _resolution(told.items("allowedValues"), reason)}
        elif must_fill(told):
            missing.append(f"{told.text('name') or key} ({key})")
    if missing:
        name = way.text("name") or way.need_id("id")
        raise Permanent(
            f"the transition {name!r} needs {', '.join(sorted(missing))}, which nothing fills: "
            "take it at Jira, or let its screen do without"
        )
    return filled


def _resolution(allowed: list[Json], reason: str | None) -> str:
    """By Jira's own word, else by its meaning, else the first one offered."""
    names = [str(values.plain(one)) for one in allowed]
    wanted = reason or "completed"
    for name in names:
        if wanted.casefold() == name.casefold():
            return name
    return next((name for name in names if states.reason(name) == wanted), names[0])


def _fits(site: Site, status: Fields, target: Json) -> bool:
    """Whether a status means what is wanted; done and canceled differ by the resolution."""
    return _rank(site, status) == _RANK[StatusCategory(target["category"])]


def _named(status: Fields, target: Json) -> bool:
    wanted = str(target.get("status") or "").casefold()
    return bool(wanted) and (status.text("name") or "").casefold() == wanted


def _category(site: Site, status: Fields) -> StatusCategory:
    return states.category(status, None, site.source)


def _rank(site: Site, status: Fields) -> int:
    return _RANK[_category(site, status)]


def _status_name(way: Fields) -> str:
    return way.need_object("to").text("name") or ""
