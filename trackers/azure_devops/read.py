"""Reading single things: work items one or two hundred at a time, with their comments."""

from collections.abc import Sequence

from schemas.errors import Permanent, Transient
from schemas.event import Aspect
from schemas.model import Json
from schemas.record import Fetched, Gone, Hidden, Moved, Record
from schemas.ticket import TicketRef
from trackers.answers import Answer
from trackers.azure_devops import address, links, names, queries, scope, translate
from trackers.azure_devops.boards import Boards, listed, refused
from trackers.fields import Fields
from trackers.http import Params

EVERYTHING: Params = {"$expand": "all"}
"""With relations, and with the ids of area and iteration, which only full answers hold."""


def fetch(boards: Boards, ticket: str, aspects: frozenset[Aspect]) -> Fetched:
    """One work item with its links, and with all comments when they are asked for.

    A work item that is not there may be in the recycle bin, which proves that it was deleted; one
    that moved keeps its id and names another project.
    """
    answer = boards.get(item_path(ticket), EVERYTHING)
    if not answer.ok:
        return _absent(boards, ticket, answer)
    item = answer.object
    elsewhere = _elsewhere(boards, item)
    if elsewhere:
        return Moved(ticket=ticket, to=elsewhere)
    record = completed(boards, [item])[0]
    if "comments" not in aspects:
        return record
    return record.model_copy(update={"comments": comments(boards, ticket)})


def fetch_comment(boards: Boards, ticket: str, comment: str) -> Record | Gone | Hidden:
    """One comment; a deleted one is still told, as deleted."""
    path = f"{comments_path(boards, ticket)}/{number(comment)}"
    answer = boards.get(path, {"includeDeleted": "true"})
    if answer.ok:
        body = answer.object
        if body.get("isDeleted") is True:
            return Gone(ticket=ticket, proof="the comment is told as deleted")
        return comment_record(ticket, body)
    if boards.get(item_path(ticket)).ok:
        return Gone(ticket=ticket, proof=f"HTTP {answer.status}, while its work item can be read")
    return Hidden(ticket=ticket, reason=f"HTTP {answer.status} for comment {comment}")


def batch(boards: Boards, items: Sequence[int]) -> list[dict[str, Json]]:
    """Up to 200 work items; those that vanished or may not be read are left out."""
    body = {"ids": list(items), "$expand": "all", "errorPolicy": "omit"}
    answer = boards.ask("/_apis/wit/workitemsbatch", body)
    if not answer.ok:
        raise refused(answer)
    return listed(answer)


def completed(boards: Boards, items: Sequence[dict[str, Json]]) -> list[Record]:
    """Work items as records, each with what the client alone can know of it (`names.OURS`)."""
    inside = _inside(boards, items)
    found = []
    for item in items:
        key = translate.item_id(Fields.of(item, "workItem"))
        ours: dict[str, Json] = {"category": _category(boards, item)}
        if inside is not None:
            ours["inside"] = int(key) in inside
        body = {**item, names.OURS: ours}
        revision = translate.revision_of(item)
        found.append(
            Record(
                kind="ticket",
                ticket=key,
                external_id=key,
                revision=revision,
                body=body,
                links=links.listed(item),
            )
        )
    return found


def comments(boards: Boards, ticket: str) -> tuple[Json, ...]:
    """All comments, oldest first; deleted ones are left out by the tracker."""
    path = comments_path(boards, ticket)
    params: dict[str, str | int] = {"$top": names.FULL_BATCH, "order": "asc"}
    found: list[Json] = []
    while True:
        answer = boards.get(path, params)
        if not answer.ok:
            raise Transient(f"the comments of {ticket} vanished while it was read")
        page = Fields.of(answer.object, "comments")
        items = page.items("comments")
        found += [one for one in items if not (isinstance(one, dict) and one.get("isDeleted"))]
        token = page.text("continuationToken")
        if not token or not items:
            return tuple(found)
        if token == params.get("continuationToken"):
            raise Transient(f"the comments of {ticket}: the next page is the same page")
        params = {**params, "continuationToken": token}


def comment_record(ticket: str, body: dict[str, Json]) -> Record:
    """A comment as a record."""
    comment = Fields.of(body, "comment")
    version = comment.whole("version")
    return Record(
        kind="comment",
        ticket=ticket,
        external_id=comment.need_id("id"),
        revision=None if version is None else str(version),
        body=body,
    )


def item_path(ticket: str) -> str:
    """A work item in the whole organization, so that one that moved is still found."""
    return f"/_apis/wit/workitems/{number(ticket)}"


def comments_path(boards: Boards, ticket: str) -> str:
    """Comments are reached through the project only."""
    return boards.path(f"wit/workItems/{number(ticket)}/comments")


def number(text: str) -> str:
    """Only numbers become part of an address."""
    if not (text.isascii() and text.isdecimal()):
        raise Permanent(f"{text[:40]!r} is no id of a work item or comment at Azure DevOps")
    return text


def _absent(boards: Boards, ticket: str, answer: Answer) -> Gone | Hidden:
    """The text is the same for what does not exist and for what we may not see."""
    if answer.status != 404:
        raise refused(answer)
    bin_answer = boards.get(boards.path(f"wit/recyclebin/{number(ticket)}"))
    if bin_answer.ok:
        return Gone(ticket=ticket, proof="it is in the recycle bin")
    return Hidden(ticket=ticket, reason=f"HTTP {answer.status}{answer.reason}")


def _elsewhere(boards: Boards, item: dict[str, Json]) -> TicketRef | None:
    """Where it is now, when that is not here; a project may as well have been renamed."""
    project = translate.project_of(item)
    if not project or project.casefold() == boards.name.casefold():
        return None
    if project.casefold() == boards.project().name.casefold():
        return None
    fields = Fields.of(item, "workItem").need_object("fields")
    key = translate.item_id(Fields.of(item, "workItem"))
    return TicketRef(
        key=f"{project}#{key}",
        url=address.page(boards.source, project, key),
        title=fields.text(names.TITLE),
    )


def category(boards: Boards, kind: str | None, state: str | None) -> str | None:
    """The category of a state, as its type has it in this project."""
    if not kind or not state:
        return None
    for one in boards.states(kind):
        if str(one.get("name")).casefold() == state.casefold():
            found = one.get("category")
            return found if isinstance(found, str) else None
    return None


def _category(boards: Boards, item: dict[str, Json]) -> str | None:
    """The category of a work item's state."""
    fields = Fields.of(item, "workItem").object("fields")
    return category(boards, fields.text(names.TYPE), fields.text(names.STATE)) if fields else None


def _inside(boards: Boards, items: Sequence[dict[str, Json]]) -> set[int] | None:
    """Those inside a filter only the tracker can tell; None when it has no such part."""
    if not items or not scope.asks_tracker(boards.source):
        return None
    keys = [Fields.of(item, "workItem").need_whole("id") for item in items]
    conditions = [queries.among(keys), *queries.told_by_tracker(boards.source)]
    return {key for page in queries.ids(boards, conditions) for key in page}
