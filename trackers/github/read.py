"""Reading single things: one ticket with its parts, one comment, definitions, ourselves."""

from collections.abc import Callable, Iterable

from schemas.errors import Denied, Permanent, Transient
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.model import Json
from schemas.record import Fetched, Gone, Hidden, Moved, Record
from schemas.ticket import TicketRef
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.github import definitions, pulls
from trackers.github.repository import (
    FULL_PAGE,
    Repository,
    comment_record,
    is_pull_request,
    repository_named,
    ticket_record,
)
from trackers.http import Params, Session

_PER_PAGE: Params = {"per_page": FULL_PAGE}
_DEPENDENCIES = (
    ("blocked_by", "/dependencies/blocked_by", "total_blocked_by"),
    ("blocks", "/dependencies/blocking", "total_blocking"),
)
_DEFINITIONS: tuple[tuple[DefinitionKind, str, Callable[[Fields], Definition]], ...] = (
    ("label", "/labels", definitions.label),
    ("milestone", "/milestones", definitions.milestone),
)


def fetch(repository: Repository, ticket: str, aspects: frozenset[Aspect]) -> Fetched:
    """One issue; with "comments" and "links" their complete lists.

    410 proves a deletion, 404 proves nothing, 301 leads to where a transferred issue lives
    (https://docs.github.com/rest/issues/issues#get-an-issue).
    """
    answer = repository.session.get(_issue(repository, ticket))
    if not answer.ok:
        return _absent(ticket, answer)
    issue = answer.object
    if is_pull_request(issue):
        return Hidden(ticket=ticket, reason=f"#{ticket} is a pull request")
    elsewhere = _elsewhere(repository, ticket, issue) if answer.moved else None
    if elsewhere:
        return elsewhere
    record = ticket_record(issue)
    comments = _comments(repository, ticket) if "comments" in aspects else None
    links = _links(repository, ticket, issue) if "links" in aspects else None
    return record.model_copy(update={"comments": comments, "links": links})


def fetch_comment(repository: Repository, ticket: str, comment: str) -> Record | Gone | Hidden:
    """One comment. A 404 proves a deletion only while the comment's issue can be read."""
    path = _issue(repository, ticket)
    answer = repository.session.get(repository.path(f"/issues/comments/{_number(comment)}"))
    if answer.ok:
        record = comment_record(answer.object)
        if record and record.ticket == ticket:
            return record
        return Hidden(ticket=ticket, reason=f"comment {comment} belongs to another issue")
    issue = repository.session.get(path)
    if issue.ok and not issue.moved:
        return Gone(ticket=ticket, proof=f"HTTP {answer.status}, while its issue can be read")
    return Hidden(ticket=ticket, reason=f"HTTP {answer.status} for comment {comment}")


def all_definitions(
    repository: Repository, *, fresh: bool = False
) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
    """The kinds that changed since they were last read, with all their definitions."""
    kinds: list[DefinitionKind] = []
    found: list[Definition] = []
    for kind, path, read in _DEFINITIONS:
        records = _unless_unchanged(repository, path, conditional=not fresh)
        if records is not None:
            kinds.append(kind)
            found += [read(Fields.of(record, kind)) for record in records]
    return (tuple(kinds), tuple(found)) if kinds else None


def everything(session: Session, path: str) -> list[dict[str, Json]] | None:
    """All items of a list; None when there is no such list (404, 410, a redirect to nowhere)."""
    items: list[dict[str, Json]] = []
    for answer in session.pages(path, _PER_PAGE):
        if not answer.ok:
            return None
        items += answer.items
    return items


def _unless_unchanged(
    repository: Repository, tail: str, *, conditional: bool
) -> list[dict[str, Json]] | None:
    """A definition list, or None when page 1 answers 304, which costs no budget.

    A list of several pages, or of one that is full, is always read: its first page does not tell of
    changes behind it.
    """
    session, path = repository.session, repository.path(tail)
    params = {**_PER_PAGE, **({"state": "all"} if tail == "/milestones" else {})}
    answer = first = session.get(path, params, conditional=conditional)
    if first.status == 304:
        return None
    if not first.ok:
        raise Denied(f"{first.asked}: HTTP {first.status}{first.reason}")
    items = first.items
    while answer.next:
        answer = session.get(answer.next)
        items += answer.items
    if answer is first and len(items) < FULL_PAGE:
        session.remember(first, path, params)
    return items


def _issue(repository: Repository, ticket: str) -> str:
    return repository.path(f"/issues/{_number(ticket)}")


def _number(text: str) -> str:
    """Only numbers become part of an address."""
    if not (text.isascii() and text.isdecimal()):
        raise Permanent(f"{text[:40]!r} is no number of an issue or comment at GitHub")
    return text


def _absent(ticket: str, answer: Answer) -> Gone | Hidden:
    """Switched-off issues answer 410 as well, and are no deletion."""
    if answer.status == 410 and "disabled" not in answer.reason:
        return Gone(ticket=ticket, proof="HTTP 410")
    return Hidden(ticket=ticket, reason=f"HTTP {answer.status}{answer.reason}")


def _elsewhere(repository: Repository, ticket: str, issue: dict[str, Json]) -> Moved | None:
    """A redirect is a transfer or just a renamed repository: its present name tells which."""
    name = repository_named(issue) or repository.name
    number = str(issue.get("number"))
    same = name.lower() == repository.name.lower() or name == repository.project().name
    if same and number == ticket:
        return None
    record = Fields.of(issue, "issue")
    place = TicketRef(
        key=f"{name}#{number}", url=record.text("html_url"), title=record.text("title")
    )
    return Moved(ticket=ticket, to=place)


def _comments(repository: Repository, ticket: str) -> tuple[Json, ...]:
    found = everything(repository.session, f"{_issue(repository, ticket)}/comments")
    if found is None:
        raise Transient(f"the comments of #{ticket} vanished while it was read")
    return tuple(found)


def _links(repository: Repository, ticket: str, issue: dict[str, Json]) -> tuple[Json, ...]:
    """Parent, sub-issues, dependencies and pull requests, as records of our own (`to_relation`).

    The lists of dependencies are asked for only when the issue's summary counts any.
    """
    session, base = repository.session, _issue(repository, ticket)
    parent = session.get(f"{base}/parent")
    links = [("parent", [parent.object] if parent.ok else [])]
    links.append(("child", everything(session, f"{base}/sub_issues") or []))
    summary = issue.get("issue_dependencies_summary")
    for kind, tail, count in _DEPENDENCIES:
        if isinstance(summary, dict) and summary.get(count):
            links.append((kind, everything(session, f"{base}{tail}") or []))
    return (*_link_records(repository, links), *pulls.links(repository, ticket))


def _link_records(
    repository: Repository, links: Iterable[tuple[str, list[dict[str, Json]]]]
) -> Iterable[Json]:
    for kind, issues in links:
        for issue in issues:
            name = repository_named(issue) or repository.name
            yield {
                "kind": kind,
                "number": issue.get("number"),
                "repository": name,
                "here": name.lower() == repository.name.lower(),
                "url": issue.get("html_url"),
                "title": issue.get("title"),
            }
