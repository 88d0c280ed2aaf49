"""The changelog: an issue's history as single changes of single fields.

One node may hold several changes, and Linear joins quick edits by one person into one node, whose
content then changes under its id: a change is named by node and field
(`IssueHistory`, https://studio.apollographql.com/public/Linear-API).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from schemas.errors import Permanent
from schemas.history import History, HistoryEntry, members
from schemas.model import Json
from schemas.source import Source
from trackers.fields import Fields
from trackers.linear import paging, people, queries, translate, words
from trackers.linear.graph import NotFound
from trackers.linear.read import known
from trackers.linear.team import Team

TELLS = frozenset(
    {
        "title", "body", "status", "close_reason", "priority", "severity", "labels", "assignees",
        "milestone", "sprint", "project", "parent", "components", "estimate", "story_points",
        "due_date", "customer",
    }
)  # fmt: skip
"""A ticket's type is missing: it follows from all labels together, of which a node tells a part."""

T = TypeVar("T")
Value = Callable[[Fields, Source], Json]


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a node names as a thing, `from…` and `to…`, its id beside it where there is one.

    `ours` are our fields that follow from it; one that is none of ours is called None.
    """

    native: str
    word: str
    asked: str
    ours: tuple[tuple[str | None, Value], ...]
    has_id: bool = True


@dataclass(frozen=True, slots=True)
class _Told:
    """A change of one field as a node tells it."""

    native: str
    ours: str | None
    before: Json
    after: Json
    told: bool = True


def _named(thing: Fields, source: Source) -> Json:
    return thing.text("name") or thing.id("id")


def _stated(thing: Fields, source: Source) -> Json:
    return thing.text("name") or None


def _numbered(thing: Fields, source: Source) -> Json:
    return translate.sprint_name(thing)


def _keyed(thing: Fields, source: Source) -> Json:
    return thing.text("identifier") or thing.id("id")


def _team(thing: Fields, source: Source) -> Json:
    return thing.text("key")


_THINGS = (
    _Thing("state", "State", "name type", (("status", _stated), ("close_reason", words.ending))),
    _Thing("cycle", "Cycle", "id number name", (("sprint", _numbered),)),
    _Thing("project", "Project", "id name", (("project", _named),)),
    _Thing("projectMilestone", "ProjectMilestone", "id name", (("milestone", _named),),
           has_id=False),
    _Thing("parent", "Parent", "id identifier", (("parent", _keyed),)),
    _Thing("team", "Team", "key", ((None, _team),)),
)  # fmt: skip
_PLAIN = ("AssigneeId", "Priority", "Estimate", "DueDate", "Title")
_SIDES = ("from", "to")
_LABEL = "id name parent { id }"
_NODE = " ".join(
    [
        "id createdAt archived trashed updatedDescription attachmentId",
        f"actor {{ {queries.USER} }} {queries.BOT}",
        f"addedLabels {{ {_LABEL} }} removedLabels {{ {_LABEL} }}",
        "relationChanges { identifier type }",
        *(f"{side}{one.word} {{ {one.asked} }}" for one in _THINGS for side in _SIDES),
        *(f"{side}{one.word}Id" for one in _THINGS if one.has_id for side in _SIDES),
        *(f"{side}{one}" for one in _PLAIN for side in _SIDES),
    ]
)
_AT_ONCE = 5
"""About 1,400 points an issue."""

_HISTORIES = f"""
query Histories($filter: IssueFilter) {{
  issues(filter: $filter, first: {_AT_ONCE}, includeArchived: true) {{
    nodes {{
      id trashed team {{ id key }} history(first: 50) {{ nodes {{ {_NODE} }} {queries.PAGE} }}
    }}
  }}
}}"""
_REST = f"""
query History($id: String!, $after: String) {{
  issue(id: $id) {{ history(first: 50, after: $after) {{ nodes {{ {_NODE} }} {queries.PAGE} }} }}
}}"""


def history(team: Team, tickets: Sequence[str]) -> Iterator[History]:
    """Every change of these issues, complete and oldest first.

    Left out is what cannot be read, lies in the trash or belongs to another team by now.
    """
    for start in range(0, len(tickets), _AT_ONCE):
        ids: list[Json] = [known(one) for one in tickets[start : start + _AT_ONCE]]
        answer = team.graph.ask(_HISTORIES, {"filter": {"id": {"in": ids}}})
        for item in answer.need_object("issues").items("nodes"):
            issue = Fields.of(item, "issue")
            found = _nodes(team, issue)
            if found is not None:
                key = issue.need_id("id")
                yield History(ticket=key, entries=tuple(entries(key, found, team.source)))


def _nodes(team: Team, issue: Fields) -> list[Fields] | None:
    """All nodes of an issue's history; None when it is none of ours, or vanished meanwhile."""
    if issue.flag("trashed") or not team.ours(issue):
        return None
    key, connection = issue.need_id("id"), issue.need_object("history")
    nodes = [Fields.of(item, "history") for item in connection.items("nodes")]
    after = paging.following(connection)
    if after is None:
        return nodes
    rest = paging.nodes(team.graph, _REST, {"id": key}, "issue", "history", after=after)
    try:
        return [*nodes, *rest]
    except NotFound:
        return None


def entries(ticket: str, nodes: Sequence[Fields], source: Source) -> Iterator[HistoryEntry]:
    """The changes that nodes tell of, oldest first; each node once."""
    ordered = sorted({one.need_id("id"): one for one in nodes}.items(), key=_order)
    for at, same in groupby(ordered, lambda item: _when(item[1])):
        for place, (key, node) in enumerate(same):
            actor = people.author(node, "actor", "externalUser")
            for change in (*_changes(node, source), *_marks(node)):
                yield HistoryEntry(
                    id=f"{key}:{change.ours or change.native}",
                    ticket=ticket,
                    at=at,
                    actor=actor,
                    native_field=change.native,
                    field=change.ours,
                    before=change.before,
                    after=change.after,
                    told=change.told,
                    place=place,
                )


def _changes(node: Fields, source: Source) -> Iterator[_Told]:
    """Fields of which both values are told; what came back to where it was did not change."""
    for thing in _THINGS:
        yield from _of_thing(node, thing, source)
    titles = _both(lambda side: node.text(f"{side}Title") or None)
    days = _both(lambda side: _day(node, f"{side}DueDate"))
    assigned = _both(lambda side: _one(node, f"{side}AssigneeId"))
    estimates = _both(lambda side: translate.number(node, f"{side}Estimate"))
    priorities = _both(lambda side: translate.priority(node, f"{side}Priority"))
    severities = (words.severity(priorities[0], source), words.severity(priorities[1], source))
    found = [
        _Told("title", "title", *titles),
        _Told("dueDate", "due_date", *days),
        _Told("assignee", "assignees", *assigned),
        _Told("estimate", "estimate", *estimates),
        _Told("estimate", "story_points", *estimates),
        _Told("priority", "priority", *priorities),
        _Told("priority", "severity", *severities),
        *_labels(node, source),
    ]
    yield from (one for one in found if one.before != one.after)


def _of_thing(node: Fields, thing: _Thing, source: Source) -> Iterator[_Told]:
    things = _both(lambda side: node.object(f"{side}{thing.word}"))
    ids = _both(lambda side: node.id(f"{side}{thing.word}Id")) if thing.has_id else (None, None)
    # A thing that is not shown to us any more is told by its id alone.
    told = all(one or key is None for one, key in zip(things, ids, strict=True))
    for ours, value in thing.ours:
        values = [value(one, source) if one else None for one in things]
        if not told:
            yield _Told(thing.native, ours, None, None, told=False)
        elif values[0] != values[1]:
            yield _Told(thing.native, ours, values[0], values[1])


def _both(value: Callable[[str], T]) -> tuple[T, T]:
    return value("from"), value("to")


def _labels(node: Fields, source: Source) -> Iterator[_Told]:
    """Labels that went and came, and the fields for which the source names a group of labels."""
    gone, came = (_labelled(node, f"{verb}Labels") for verb in ("removed", "added"))
    yield _Told("labels", "labels", _set(gone), _set(came))
    for ours in ("customer", "components"):
        group = source.fields.get(ours)
        if group is None:
            continue
        sides = [[one for one in side if one[1] == group] for side in (gone, came)]
        if ours == "components":
            yield _Told("labels", ours, _set(sides[0]), _set(sides[1]))
        else:
            named = [next((name for name, _ in side), None) for side in sides]
            yield _Told("labels", ours, named[0], named[1])


def _labelled(node: Fields, name: str) -> list[tuple[str, str | None]]:
    """(name, id of its group) of each label."""
    found = []
    for item in node.items(name):
        label = Fields.of(item, f"history.{name}")
        group = label.object("parent")
        found.append((label.text("name") or label.need_id("id"), group.id("id") if group else None))
    return found


def _set(labels: list[tuple[str, str | None]]) -> Json:
    return members(name for name, _ in labels) or None


def _marks(node: Fields) -> Iterator[_Told]:
    """What is told without its former value, and what is none of our fields."""
    for native in ("archived", "trashed"):
        flag = node.flag(native)
        if flag is not None:
            yield _Told(native, None, not flag, flag)
    if node.flag("updatedDescription"):
        yield _Told("description", "body", None, None, told=False)
    told = [Fields.of(item, "history.relationChanges") for item in node.items("relationChanges")]
    if told:
        related = [{"key": one.text("identifier"), "change": one.text("type")} for one in told]
        yield _Told("relations", None, None, related)
    attached = node.id("attachmentId")
    if attached:
        yield _Told("attachment", None, None, attached)


def _one(node: Fields, name: str) -> Json:
    """The only member of a set, by its id."""
    key = node.id(name)
    return [key] if key else None


def _day(node: Fields, name: str) -> Json:
    day = translate.day(node, name)
    return day.isoformat() if day else None


def _order(item: tuple[str, Fields]) -> tuple[datetime, str]:
    return _when(item[1]), item[0]


def _when(node: Fields) -> datetime:
    at = node.time("createdAt")
    if at is None:
        raise Permanent("history.createdAt is missing")
    return at
