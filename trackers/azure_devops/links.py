"""Relations of a work item: links to others, pull requests, files and addresses.

https://learn.microsoft.com/azure/devops/boards/queries/link-type-reference
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from schemas.change import Marker
from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Attachment, PullRequest, Relation, TicketRef
from trackers import markers
from trackers.azure_devops import address, names
from trackers.fields import Fields

KINDS = {
    "system.linktypes.hierarchy-reverse": "parent",
    "system.linktypes.hierarchy-forward": "child",
    "system.linktypes.dependency-forward": "blocks",
    "system.linktypes.dependency-reverse": "blocked_by",
    "system.linktypes.duplicate-forward": "duplicated_by",
    "system.linktypes.duplicate-reverse": "duplicates",
    "system.linktypes.related": "relates",
}
"""Ours by the link's name, which documents spell in either case."""

NATIVE = {
    "parent": "System.LinkTypes.Hierarchy-Reverse",
    "child": "System.LinkTypes.Hierarchy-Forward",
    "blocks": "System.LinkTypes.Dependency-Forward",
    "blocked_by": "System.LinkTypes.Dependency-Reverse",
    "duplicated_by": "System.LinkTypes.Duplicate-Forward",
    "duplicates": "System.LinkTypes.Duplicate-Reverse",
    "relates": "System.LinkTypes.Related",
}

_ITEM = re.compile(
    r".*?(?:/(?P<project>[0-9a-f]{8}-[0-9a-f-]{27}))?/_apis/wit/workitems/(?P<id>\d{1,10})",
    re.IGNORECASE,
)
_PULL = re.compile(r"vstfs:///git/pullrequestid/([^/]+)/([^/]+)/(\d{1,9})", re.IGNORECASE)
_GITHUB_PULL = re.compile(r"vstfs:///github/pullrequest/([^/]+)/(\d{1,9})", re.IGNORECASE)
_FILE = re.compile(r".*/_apis/wit/attachments/([0-9a-f-]{36})", re.IGNORECASE)


class End(NamedTuple):
    """The far end of a link: id, and its project's id where the address names one."""

    id: str
    project: str | None


def far_end(relation: Json) -> End | None:
    """The work item a relation leads to; None when it leads to something else."""
    url = relation.get("url") if isinstance(relation, dict) else None
    found = _ITEM.fullmatch(url) if isinstance(url, str) else None
    return End(found["id"], (found["project"] or "").lower() or None) if found else None


def listed(record: dict[str, Json]) -> tuple[Json, ...]:
    """The relations of a record that `to_relation` reads: work items and pull requests."""
    return tuple(one for one in _relations(record) if far_end(one) or _is_pull(one.get("url")))


def to_relation(record: Json, source: Source) -> Relation:
    """A relation as work items hold it: `{rel, url, attributes}`."""
    link = Fields.of(record, "relation")
    end = far_end(link.value)
    if end is None:
        return _pull_request(link, source)
    # Links of the process's own making ("Tested By", "Affects") have no kind of their own here.
    kind = KINDS.get(link.need_text("rel").casefold(), "relates")
    here = end.project is None or source.project_id is None or end.project == source.project_id
    target = TicketRef(
        external_id=end.id if here else None,
        key=end.id,
        url=address.page(source, "" if end.project is None else end.project, end.id),
    )
    return Relation.model_validate({"kind": kind, "target": target})


def parent(record: dict[str, Json]) -> TicketRef | None:
    """The one parent, which may lie in another project."""
    for one in _relations(record):
        end = far_end(one)
        if end and str(one.get("rel")).casefold() == names.REVERSE.casefold():
            return TicketRef(external_id=end.id, key=end.id)
    return None


def attachments(record: dict[str, Json]) -> tuple[Attachment, ...]:
    """Files, by the id in their address."""
    found = []
    for one in _relations(record):
        url = one.get("url")
        file = _FILE.match(url) if isinstance(url, str) and _is(one, names.ATTACHED) else None
        if file and isinstance(url, str):
            told = Fields(_attributes(one), "relation.attributes")
            name = told.text("name") or file[1]
            size = told.whole("resourceSize")
            found.append(Attachment(id=file[1].lower(), name=name, url=url, size=size))
    return tuple(found)


def hyperlinks(record: dict[str, Json]) -> list[str]:
    """Addresses people linked; those that only carry a marker of ours are none."""
    return [
        str(one.get("url"))
        for one in _relations(record)
        if _is(one, names.HYPERLINK) and not markers.found(comment(one))
    ]


def marks(record: Json) -> list[Marker]:
    """Markers at the hyperlinks of a work item, and in the text of a comment."""
    held = record.get("relations") if isinstance(record, dict) else None
    relations = held if isinstance(held, list) else []
    of_links = [
        marker
        for one in relations
        if isinstance(one, dict) and _is(one, names.HYPERLINK)
        for marker in markers.in_texts(_attributes(one), "comment")
    ]
    return of_links + markers.in_texts(record, "text")


def comment(relation: Json) -> str:
    """What is written at a relation."""
    found = _attributes(relation).get("comment")
    return found if isinstance(found, str) else ""


def place(record: dict[str, Json], rel: str, target: str) -> int | None:
    """Where in a record's relations this link stands; None when there is none."""
    for index, one in enumerate(_relations(record)):
        end = far_end(one)
        if end and end.id == target and str(one.get("rel")).casefold() == rel.casefold():
            return index
    return None


def item_url(base: str, ticket: str) -> str:
    """What a link to a work item names."""
    return f"{base}/_apis/wit/workItems/{ticket}"


def _pull_request(link: Fields, source: Source) -> Relation:
    """Azure Repos name a pull request by three ids, GitHub's app by a connection and a number."""
    url = unquote(link.need_text("url"))
    own, github = _PULL.fullmatch(url), _GITHUB_PULL.fullmatch(url)
    if own:
        project, repository, number = own[1], own[2], own[3]
        shown = f"{address.site(source)}/{project}/_git/{repository}/pullrequest/{number}"
    elif github:
        repository, number, shown = github[1], github[2], url
    else:
        raise Permanent("relation.url names neither a work item nor a pull request")
    return Relation(
        kind="pull_request",
        target=TicketRef(url=shown),
        pull_request=PullRequest(repository=repository, number=int(number)),
    )


def _is_pull(url: Json) -> bool:
    plain = unquote(url) if isinstance(url, str) else ""
    return bool(_PULL.fullmatch(plain) or _GITHUB_PULL.fullmatch(plain))


def _relations(record: dict[str, Json]) -> list[dict[str, Json]]:
    found = Fields(record, "workItem").items("relations")
    return [one if isinstance(one, dict) else {} for one in found]


def _attributes(relation: dict[str, Json]) -> dict[str, Json]:
    found = relation.get("attributes")
    return found if isinstance(found, dict) else {}


def _is(relation: dict[str, Json], rel: str) -> bool:
    return str(relation.get("rel")).casefold() == rel.casefold()
