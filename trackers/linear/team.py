"""The source's team at its API: found by its pinned id, before that by its key."""

from schemas import revision
from schemas.errors import Denied
from schemas.model import Json
from schemas.record import Record
from schemas.source import Source
from schemas.tracker import ProjectInfo
from trackers.fields import Fields
from trackers.linear import address, links, paging, queries
from trackers.linear.graph import Graph


class Team:
    """Where questions for one source go."""

    def __init__(self, graph: Graph, source: Source) -> None:
        self.graph = graph
        self.source = source
        self.key = address.project_name(source)
        self._id = source.project_id

    @property
    def filter(self) -> dict[str, Json]:
        """The team as a TeamFilter."""
        if not self.key:
            raise Denied(f"{self.source.url} names a workspace; a source needs a team of it")
        return {"id": {"eq": self._id}} if self._id else {"key": {"eq": self.key}}

    @property
    def id(self) -> str:
        """The team's id; asked for once when it is not known yet."""
        return self._id or self.project().id

    def project(self) -> ProjectInfo:
        """The team as it is now; Denied when there is none that we may see."""
        found = self._found()
        if found is None:
            raise Denied(f"team {self.key}: there is none, or the credential may not see it")
        told, wanted = found.url.partition("/team/")[0], address.site(self.source)
        if not self._id and told.casefold() != wanted.casefold():
            # A key opens one workspace, and every workspace may have a team of this name.
            raise Denied(f"the credential is good for {told}, not for {wanted}")
        self._id = found.id
        return found

    def listed(self) -> bool:
        """Whether the team is there at all: only then an absence inside it proves a deletion."""
        return self._found() is not None

    def ours(self, issue: Fields) -> bool:
        """Whether an issue belongs to this team."""
        team = issue.need_object("team")
        if self._id:
            return team.need_id("id") == self._id
        return (team.text("key") or "").upper() == self.key

    def _found(self) -> ProjectInfo | None:
        answer = self.graph.ask(queries.TEAMS, {"filter": self.filter})
        nodes = answer.need_object("teams").items("nodes")
        return project_of(Fields.of(nodes[0], "team"), self.source) if nodes else None


def project_of(team: Fields, source: Source) -> ProjectInfo:
    """A team as a project; its address is built, since Linear names none."""
    key, visibility = team.need_text("key"), team.text("visibility")
    workspace = team.need_object("organization").text("urlKey") or ""
    host = address.site(source).rpartition("/")[0]
    return ProjectInfo(
        id=team.need_id("id"),
        name=key,
        url=f"{host}/{workspace}/team/{key}",
        private=None if visibility is None else visibility != "public",
    )


def ticket_record(issue: Fields, *, comments: bool = False, linked: bool = False) -> Record:
    """An issue as a record, its comments and links beside it.

    No webhook counts comments and none of them moves an issue: a record does not count them either.
    """
    beside = (*queries.LINKS, "comments")
    body = {name: value for name, value in issue.value.items() if name not in beside}
    told = issue.object("comments")
    key = issue.need_id("id")
    return Record(
        kind="ticket",
        ticket=key,
        external_id=key,
        revision=revision_of(issue),
        body=body,
        comments=tuple(told.items("nodes")) if told and comments else None,
        links=links.of_issue(issue) if linked else None,
    )


def whole_record(graph: Graph, issue: Fields) -> Record:
    """An issue of a list, its nested lists read to their ends."""
    return ticket_record(paging.filled(graph, issue), comments=True, linked=True)


def comment_record(comment: Fields) -> Record | None:
    """A comment as a record; None for one on something else than an issue."""
    ticket = comment.id("issueId")
    if ticket is None:
        return None
    return Record(
        kind="comment",
        ticket=ticket,
        external_id=comment.need_id("id"),
        revision=revision_of(comment),
        body=comment.value,
    )


def revision_of(record: Fields) -> str | None:
    """The record's own revision: `updatedAt` in milliseconds."""
    updated = record.time("updatedAt")
    return revision.of_time(updated, 3) if updated else None
