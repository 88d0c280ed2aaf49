"""Reading single things: one ticket with its parts, one comment, definitions, people."""

import re
from collections.abc import Callable, Iterator

from schemas.errors import Permanent, Transient
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.model import Json
from schemas.record import Fetched, Gone, Hidden, Moved, Record
from schemas.ticket import Person, TicketRef
from schemas.tracker import ProjectInfo
from trackers.fields import Fields
from trackers.gitlab import definitions, values
from trackers.gitlab.project import FULL_PAGE, Project, comment_record, project_told, ticket_record

DETAILED: dict[str, str | int] = {"with_labels_details": "true"}
_MOVED_TO = re.compile(r"moved to (\S*?)#(\d{1,10})\b")
_KINDS = {"relates_to": "relates", "blocks": "blocks", "is_blocked_by": "blocked_by"}
_DUPLICATE_OF = re.compile(r"/projects/([^/]+)/issues/(\d{1,10})")
_DEFINITIONS: tuple[
    tuple[DefinitionKind, str, dict[str, str | int], Callable[[Fields], Definition]], ...
] = (
    ("label", "/labels", {"include_ancestor_groups": "true"}, definitions.label),
    ("milestone", "/milestones", {"include_ancestors": "true"}, definitions.milestone),
    ("sprint", "/iterations", {"include_ancestors": "true"}, definitions.iteration),
)


def fetch(project: Project, ticket: str, aspects: frozenset[Aspect]) -> Fetched:
    """One issue; with "comments" and "links" their complete lists.

    Asked of the list, which alone gives labels with their ids. What it does not show is asked for
    by itself: a 404 says "gone" and "not for you" alike (https://docs.gitlab.com/api/issues/), so
    it proves nothing, except to an Owner, from whom no issue is kept.
    """
    issue = _one(project, ticket)
    if issue is None:
        answer = project.get(issue_path(project, ticket))
        if answer.status == 404 and project.owned():
            return Gone(ticket=ticket, proof="HTTP 404 to an Owner of the project")
        if not answer.ok:
            return Hidden(ticket=ticket, reason=f"HTTP {answer.status}{answer.reason}")
        issue = project.with_label_ids(answer.object)
    if issue.get("moved_to_id"):
        return _moved(project, ticket, issue)
    return with_parts(project, ticket_record(issue), aspects)


def with_parts(project: Project, record: Record, aspects: frozenset[Aspect]) -> Record:
    """A ticket's record with the lists that were asked for."""
    found: dict[str, tuple[Json, ...]] = {}
    if "comments" in aspects:
        notes = comments(project, record.ticket)
        if notes is None:
            raise Transient(f"the notes of #{record.ticket} vanished while it was read")
        found["comments"] = notes
    if "links" in aspects and project.signed_in:  # links are shown to nobody else
        found["links"] = tuple(_links(project, record.ticket, record.body))
    return record.model_copy(update=found) if found else record


def fetch_comment(project: Project, ticket: str, comment: str) -> Record | Gone | Hidden:
    """One note. A 404 proves a deletion only while the note's issue can be read."""
    path = f"{issue_path(project, ticket)}/notes/{_number(comment)}"
    answer = project.get(path)
    if answer.ok:
        return comment_record(ticket, answer.object)
    if _one(project, ticket) is not None:
        return Gone(ticket=ticket, proof=f"HTTP {answer.status}, while its issue can be read")
    return Hidden(ticket=ticket, reason=f"HTTP {answer.status} for comment {comment}")


def comments(project: Project, ticket: str) -> tuple[Json, ...] | None:
    """All notes that people wrote, oldest first; None when there is no such issue any more."""
    tail = f"/issues/{_number(ticket)}/notes"
    found = project.everything(tail, {"order_by": "created_at", "sort": "asc"})
    return None if found is None else tuple(note for note in found if not note.get("system"))


def all_definitions(
    project: Project, licensed: bool
) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
    """Labels, milestones and, with a licence for them, iterations, those of groups included.

    Conditional requests cost as much as others here, so everything is read afresh.
    """
    kinds: list[DefinitionKind] = []
    found: list[Definition] = []
    for kind, tail, params, read in _DEFINITIONS:
        if kind == "sprint" and not licensed:
            continue
        records = project.everything(tail, params)
        if records is not None:
            kinds.append(kind)
            found += [read(Fields.of(record, kind)) for record in records]
    return (tuple(kinds), tuple(found)) if kinds else None


def licensed(project: Project) -> bool:
    """Whether issues have iterations here: their records have the field, set or not."""
    answer = project.get(project.path("/issues"), {"per_page": 1, "order_by": "updated_at"})
    return answer.ok and any("iteration" in issue for issue in answer.items)


def users(project: Project) -> Iterator[Person]:
    """Members of the project and of the groups above it."""
    for answer in project.pages("/members/all"):
        if not answer.ok:
            return
        for item in answer.items:
            member = Fields.of(item, "member")
            if (member.text("state") or "active") == "active":
                yield values.person(member)


def projects(project: Project) -> Iterator[ProjectInfo]:
    """The projects the credential is a member of, by their numbers so that none is missed."""
    order = {"order_by": "id", "sort": "asc", "pagination": "keyset"}
    params = {"membership": "true", "archived": "false", "per_page": str(FULL_PAGE), **order}
    answer = project.get("/projects", params)
    while answer.ok:
        yield from (project_told(record) for record in answer.items)
        if not answer.next:
            return
        answer = project.get(answer.following)


def issue_path(project: Project, ticket: str) -> str:
    """The API path of an issue."""
    return project.path(f"/issues/{_number(ticket)}")


def _number(text: str) -> str:
    """Only numbers become part of an address."""
    if not (text.isascii() and text.isdecimal()):
        raise Permanent(f"{text[:40]!r} is no number of an issue or note at GitLab")
    return text


def _one(project: Project, ticket: str) -> dict[str, Json] | None:
    answer = project.get(project.path("/issues"), {"iids[]": _number(ticket), **DETAILED})
    items = answer.items if answer.ok else []
    return next((one for one in items if str(one.get("iid")) == ticket), None)


def _moved(project: Project, ticket: str, issue: dict[str, Json]) -> Moved:
    """Where it went. The record gives a global id that only administrators can look up, so the
    last system note that names the place does."""
    notes = project.everything(
        f"/issues/{ticket}/notes", {"order_by": "created_at", "sort": "desc"}
    )
    for note in notes or []:
        found = _MOVED_TO.search(str(note.get("body"))) if note.get("system") else None
        if found:
            return Moved(ticket=ticket, to=_place(project, issue, found[1], found[2]))
    return Moved(ticket=ticket, to=TicketRef(title=Fields.of(issue, "issue").text("title")))


def _place(project: Project, issue: dict[str, Json], named: str, number: str) -> TicketRef:
    """A project of the same namespace is named by its last part alone."""
    page = str(issue.get("web_url") or "")
    own = page.partition("/-/")[0]
    site = own.removesuffix(f"/{project.name}")
    path = named if "/" in named else f"{project.name.rpartition('/')[0]}/{named}"
    return TicketRef(
        key=f"{path}#{number}",
        url=f"{site}/{path}/-/issues/{number}" if site != own else None,
        title=Fields.of(issue, "issue").text("title"),
    )


def _links(project: Project, ticket: str, issue: dict[str, Json]) -> Iterator[Json]:
    """Linked issues, what it is a duplicate of, and merge requests, each as a record of our own.

    Requests that would close the issue are listed apart from those that only mention it
    (https://docs.gitlab.com/api/issues/#list-all-merge-requests-that-close-an-issue-on-merge).
    """
    path = f"/issues/{ticket}"
    for link in project.everything(f"{path}/links") or []:
        kind = _KINDS.get(str(link.get("link_type")))
        if kind:
            yield _link(kind, link, link.get("project_id") == issue.get("project_id"))
    yield from _duplicate(issue)
    related = project.permitted(f"{path}/related_merge_requests")
    if issue.get("merge_requests_count") != 0:
        related += project.permitted(f"{path}/closed_by")
    for request in {one.get("web_url"): one for one in related}.values():
        yield _link("pull_request", request, False) | {
            "branch": request.get("source_branch"),
            "state": request.get("state"),
            "merged_at": request.get("merged_at"),
        }


def _link(kind: str, item: dict[str, Json], here: bool) -> dict[str, Json]:
    full = str(values.raw(Fields(item, "link"), "references", "full") or "")
    path = re.split(r"[#!]", full)[0] or _path_of(str(item.get("web_url") or ""))
    return {
        "kind": kind,
        "iid": item.get("iid"),
        "project": path,
        "here": here,
        "url": item.get("web_url"),
        "title": item.get("title"),
    }


def _path_of(page: str) -> str:
    return page.partition("://")[2].partition("/")[2].partition("/-/")[0]


def _duplicate(issue: dict[str, Json]) -> Iterator[Json]:
    told = values.raw(Fields(issue, "issue"), "_links", "closed_as_duplicate_of")
    found = _DUPLICATE_OF.search(told) if isinstance(told, str) else None
    if found:
        here = found[1] == str(issue.get("project_id"))
        yield {
            "kind": "duplicates",
            "iid": int(found[2]),
            "project": found[1],
            "here": here,
            "url": None,
            "title": None,
        }
