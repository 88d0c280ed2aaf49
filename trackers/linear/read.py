"""Reading single things: one ticket with its parts, one comment, definitions, people, fields."""

import re
from collections.abc import Callable, Iterator

from schemas.errors import Permanent
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.model import Json
from schemas.record import Fetched, Gone, Hidden, Moved, Record
from schemas.ticket import Person, TicketRef
from schemas.tracker import Identity, ProjectInfo
from trackers.fields import Fields
from trackers.linear import definitions, paging, people, queries
from trackers.linear.graph import Graph, NotFound
from trackers.linear.team import Team, comment_record, project_of, ticket_record
from trackers.linear.walk import marked

_ID = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
Lists = dict[str, tuple[str, dict[str, Json], Callable[[Fields], Definition]]]
KINDS: tuple[DefinitionKind, ...] = ("label", "state", "sprint", "milestone")


def fetch(team: Team, ticket: str, aspects: frozenset[Aspect]) -> Fetched:
    """One issue; with "comments" and "links" their complete lists.

    "Not found" proves nothing: Linear says the same of what it does not show. A trashed issue is
    deleted and may come back for thirty days.
    """
    sizes = {"labels": 50}
    if aspects & {"comments", "count"}:
        sizes["comments"] = 50
    if "links" in aspects:
        sizes |= dict.fromkeys(queries.LINKS, 50)
    try:
        issue = team.graph.ask(queries.one_issue(**sizes), {"id": known(ticket)})
    except NotFound as error:
        return _absent(ticket, str(error))
    found = issue.need_object("issue")
    if not team.ours(found):
        return Moved(ticket=ticket, to=_place(found))
    if found.flag("trashed"):
        return Gone(ticket=ticket, proof="trashed")
    return marked(team, [_record(team, found, aspects)])[0]


def _record(team: Team, issue: Fields, aspects: frozenset[Aspect]) -> Record:
    whole = paging.filled(team.graph, issue)
    return ticket_record(whole, comments="comments" in aspects, linked="links" in aspects)


def fetch_comment(team: Team, ticket: str, comment: str) -> Record | Gone | Hidden:
    """One comment. "Not found" proves a deletion only while the comment's issue can be read."""
    try:
        found = team.graph.ask(queries.COMMENT_BY_ID, {"id": known(comment)})
    except NotFound as error:
        if _readable(team.graph, ticket):
            return Gone(ticket=ticket, proof="not found, while its issue can be read")
        return Hidden(ticket=ticket, reason=str(error))
    record = comment_record(found.need_object("comment"))
    if record and record.ticket == ticket:
        return record
    return Hidden(ticket=ticket, reason=f"comment {comment} belongs to something else")


def known(key: str) -> str:
    """An id as Linear forms them; anything else is refused before it is sent."""
    if not _ID.fullmatch(key):
        raise Permanent(f"{key[:40]!r} is no id of an issue or comment at Linear")
    return key


def all_definitions(team: Team) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]]:
    """Labels of the team and the workspace, states, cycles and milestones, in one question."""
    lists = _lists(team)
    after: dict[str, str | None] = dict.fromkeys(lists)
    found: list[Definition] = []
    while after:
        answer = team.graph.ask(_question(lists, after), _variables(lists, after))
        for name in list(after):
            connection = answer.need_object(name)
            read = lists[name][2]
            nodes = [Fields.of(item, name) for item in connection.items("nodes")]
            found += [read(node) for node in nodes if not node.flag("isGroup")]
            following = paging.following(connection)
            if following is None:
                del after[name]
            else:
                after[name] = following
    return KINDS, tuple(found)


def users(team: Team) -> Iterator[Person]:
    """The members of the team."""
    for one in paging.nodes(team.graph, queries.MEMBERS, {"id": team.id}, "team", "members"):
        yield people.user(one)


def projects(team: Team) -> Iterator[ProjectInfo]:
    """The teams the credential can see."""
    for one in paging.nodes(team.graph, queries.TEAMS, {}, "teams"):
        yield project_of(one, team.source)


def identity(graph: Graph) -> Identity:
    """Who the key acts as; Linear does not tell scopes."""
    viewer = graph.ask(queries.VIEWER).need_object("viewer")
    login = viewer.text("displayName") or viewer.text("name")
    return Identity(login=login, id=viewer.id("id"))


def _absent(ticket: str, reason: str) -> Hidden:
    """No proof, even while the team is listed: an issue that went to a private team we have no seat
    in is not found either (https://linear.app/docs/private-teams). What was deleted lies in the
    trash for thirty days, and its end is told by a webhook."""
    return Hidden(ticket=ticket, reason=reason)


def _place(issue: Fields) -> TicketRef:
    return TicketRef(key=issue.text("identifier"), url=issue.text("url"), title=issue.text("title"))


def _readable(graph: Graph, ticket: str) -> bool:
    try:
        graph.ask(queries.ISSUE_ID, {"id": known(ticket)})
    except NotFound:
        return False
    return True


def _lists(team: Team) -> Lists:
    """By name: arguments and fields, filter, and how one is read.

    A label without a team belongs to the whole workspace.
    """
    mine: dict[str, Json] = {"team": team.filter}
    labels: dict[str, Json] = {"or": [mine, {"team": {"null": True}}]}
    stones: dict[str, Json] = {"project": {"accessibleTeams": {"some": team.filter}}}
    return {
        "issueLabels": ("IssueLabelFilter", labels, definitions.label),
        "workflowStates": ("WorkflowStateFilter", mine, definitions.state),
        "cycles": ("CycleFilter", mine, definitions.cycle),
        "projectMilestones": ("ProjectMilestoneFilter", stones, definitions.milestone),
    }


_SELECTED = {
    "issueLabels": "id name color description isGroup",
    "workflowStates": "id name type color description",
    "cycles": "id number name startsAt endsAt completedAt",
    "projectMilestones": "id name description targetDate",
}


def _question(lists: Lists, names: dict[str, str | None]) -> str:
    given = ", ".join(f"${name}: {lists[name][0]}, ${name}After: String" for name in names)
    parts = [
        f"{name}(filter: ${name}, after: ${name}After, first: 250) "
        f"{{ nodes {{ {_SELECTED[name]} }} {queries.PAGE} }}"
        for name in names
    ]
    return f"query Definitions({given}) {{ {' '.join(parts)} }}"


def _variables(lists: Lists, after: dict[str, str | None]) -> dict[str, Json]:
    filters = {name: lists[name][1] for name in after}
    return {**filters, **{f"{name}After": cursor for name, cursor in after.items()}}
