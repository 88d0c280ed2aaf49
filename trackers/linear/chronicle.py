"""The changelog: an issue's history as single changes of single fields.

One node may hold several changes; Linear joins quick edits by one person into one node.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.errors import Permanent
from schemas.history import History, HistoryEntry
from schemas.model import Json
from trackers.fields import Fields
from trackers.linear import paging, people, queries, words
from trackers.linear.team import Team

Changed = tuple[str, str | None, Json, Json]
"""Linear's name of a field, ours, the value before and after."""

_AT_ONCE = 5
_PAIRS = (
    "State { name }", "Cycle { number name }", "Project { name }", "ProjectMilestone { name }",
    "Parent { identifier }", "Team { key }", "Assignee { name }",
)  # fmt: skip
_PLAIN = ("AssigneeId", "Priority", "Estimate", "DueDate", "Title")
_NODE = " ".join(
    [
        "id createdAt archived trashed updatedDescription attachmentId",
        f"actor {{ {queries.USER} }} {queries.BOT}",
        "addedLabels { name } removedLabels { name } relationChanges { identifier type }",
        *(f"from{one} to{one}" for one in (*_PAIRS, *_PLAIN)),
    ]
)
_HISTORIES = f"""
query Histories($filter: IssueFilter) {{
  issues(filter: $filter, first: {_AT_ONCE}, includeArchived: true) {{
    nodes {{ id history(first: 50) {{ nodes {{ {_NODE} }} {queries.PAGE} }} }}
  }}
}}"""
_REST = f"""
query History($id: String!, $after: String) {{
  issue(id: $id) {{ history(first: 50, after: $after) {{ nodes {{ {_NODE} }} {queries.PAGE} }} }}
}}"""


def history(team: Team, tickets: Sequence[str]) -> Iterator[History]:
    """Every change of these issues, complete and oldest first; unknown ids are left out."""
    for start in range(0, len(tickets), _AT_ONCE):
        ids = list(tickets[start : start + _AT_ONCE])
        answer = team.graph.ask(_HISTORIES, {"filter": {"id": {"in": ids}}})
        for item in answer.need_object("issues").items("nodes"):
            issue = Fields.of(item, "issue")
            yield History(ticket=issue.need_id("id"), entries=tuple(_of_issue(team, issue)))


def _of_issue(team: Team, issue: Fields) -> Iterator[HistoryEntry]:
    key, connection = issue.need_id("id"), issue.need_object("history")
    nodes = [Fields.of(item, "history") for item in connection.items("nodes")]
    after = paging.following(connection)
    if after is not None:
        nodes += paging.nodes(team.graph, _REST, {"id": key}, "issue", "history", after=after)
    for node in sorted(nodes, key=_when):
        yield from entries(key, node)


@dataclass(frozen=True, slots=True)
class _Change:
    """One field's part of a node: our name for it, and how its two values are read."""

    native: str
    ours: str | None
    read: Callable[[Fields, str], Json]


def _name(node: Fields, side: str, field: str, inner: str) -> Json:
    found = node.object(f"{side}{field}")
    return found.text(inner) if found else None


def _cycle(node: Fields, side: str) -> Json:
    found = node.object(f"{side}Cycle")
    if found is None:
        return None
    return found.text("name") or f"Cycle {found.value.get('number')}"


def _priority(node: Fields, side: str) -> Json:
    raw = node.value.get(f"{side}Priority")
    if not isinstance(raw, (int, float)) or not 0 < raw < len(words.PRIORITIES):
        return None
    return words.PRIORITIES[int(raw)]


_CHANGES = (
    _Change("title", "title", lambda node, side: node.text(f"{side}Title")),
    _Change("state", "status", lambda node, side: _name(node, side, "State", "name")),
    _Change("assignee", "assignees", lambda node, side: _name(node, side, "Assignee", "name")
            or node.id(f"{side}AssigneeId")),
    _Change("priority", "priority", _priority),
    _Change("estimate", "estimate", lambda node, side: node.value.get(f"{side}Estimate")),
    _Change("dueDate", "due_date", lambda node, side: node.text(f"{side}DueDate")),
    _Change("cycle", "sprint", _cycle),
    _Change("project", "project", lambda node, side: _name(node, side, "Project", "name")),
    _Change("projectMilestone", "milestone",
            lambda node, side: _name(node, side, "ProjectMilestone", "name")),
    _Change("parent", "parent", lambda node, side: _name(node, side, "Parent", "identifier")),
    _Change("team", None, lambda node, side: _name(node, side, "Team", "key")),
)  # fmt: skip


def entries(ticket: str, node: Fields) -> Iterator[HistoryEntry]:
    """The changes one node tells of."""
    at, actor = _when(node), people.author(node, "actor", "externalUser")
    for native, ours, before, after in (*_pairs(node), *_marks(node)):
        yield HistoryEntry(
            id=f"{node.need_id('id')}:{native}",
            ticket=ticket,
            at=at,
            actor=actor,
            native_field=native,
            field=ours,
            before=before,
            after=after,
        )


def _pairs(node: Fields) -> Iterator[Changed]:
    """Fields of which both values are told."""
    for change in _CHANGES:
        before, after = change.read(node, "from"), change.read(node, "to")
        if before != after:
            yield change.native, change.ours, before, after
    gone, came = (_names(node, f"{verb}Labels") for verb in ("removed", "added"))
    if gone or came:
        yield "labels", "labels", gone or None, came or None


def _marks(node: Fields) -> Iterator[Changed]:
    """What is told without its former value."""
    for native in ("archived", "trashed"):
        flag = node.flag(native)
        if flag is not None:
            yield native, None, not flag, flag
    if node.flag("updatedDescription"):
        yield "description", "body", None, None
    told = [Fields.of(item, "history.relationChanges") for item in node.items("relationChanges")]
    if told:
        related = [{"key": one.text("identifier"), "change": one.text("type")} for one in told]
        yield "relations", "relations", None, related
    attached = node.id("attachmentId")
    if attached:
        yield "attachment", None, None, attached


def _names(node: Fields, name: str) -> list[str]:
    found = (Fields.of(item, f"history.{name}").text("name") for item in node.items(name))
    return sorted(one for one in found if one)


def _when(node: Fields) -> datetime:
    at = node.time("createdAt")
    if at is None:
        raise Permanent("history.createdAt is missing")
    return at
