"""Links: relatives, relations both ways, and the addresses attached to an issue."""

import re
from collections.abc import Iterator

from schemas.model import Json
from trackers.fields import Fields

_PULL = re.compile(
    r"https?://[^/]+/(.+?)/(?:-/)?(?:pull|pulls|merge_requests)/(\d{1,9})(?:[/?#].*)?"
)
_OUT = {"blocks": "blocks", "duplicate": "duplicates"}
_IN = {"blocks": "blocked_by", "duplicate": "duplicated_by"}
_STATES = {"merged": "merged", "closed": "closed"}


def of_issue(issue: Fields) -> tuple[Json, ...]:
    """Every link of an issue as a record of our own (`translate.to_relation`), each once."""
    found = {(one["kind"], one["id"] or one["url"]): one for one in _all(issue)}
    return tuple(found.values())


def _all(issue: Fields) -> Iterator[dict[str, Json]]:
    parent = issue.object("parent")
    if parent:
        yield _linked("parent", parent)
    for child in _nodes(issue, "children"):
        yield _linked("child", child)
    for one in _nodes(issue, "relations"):
        kind = _OUT.get(one.text("type") or "", "relates")
        yield _linked(kind, one.need_object("relatedIssue"))
    for one in _nodes(issue, "inverseRelations"):
        kind = _IN.get(one.text("type") or "", "relates")
        yield _linked(kind, one.need_object("issue"))
    for one in _nodes(issue, "attachments"):
        yield _attached(one)


def native(kind: str | None) -> str:
    """Linear's type of a relation; whatever is neither a block nor a duplicate relates."""
    return kind if kind in _OUT else "related"


def pull_request(url: str) -> tuple[str, int] | None:
    """(repository, number) of a pull or merge request's address."""
    found = _PULL.fullmatch(url)
    return (found[1], int(found[2])) if found else None


def _nodes(issue: Fields, name: str) -> Iterator[Fields]:
    connection = issue.object(name)
    for item in connection.items("nodes") if connection else []:
        yield Fields.of(item, f"issue.{name}")


def _linked(kind: str, other: Fields) -> dict[str, Json]:
    return {
        "kind": kind,
        "id": other.need_id("id"),
        "key": other.text("identifier"),
        "url": other.text("url"),
        "title": other.text("title"),
    }


def _attached(attachment: Fields) -> dict[str, Json]:
    """An attachment is an address; that of a pull request says more.

    The integration's metadata is not documented: what it tells of state and branch is taken as far
    as it goes.
    """
    url, title = attachment.need_text("url"), attachment.text("title") or ""
    link: dict[str, Json] = {"kind": "relates", "id": None, "key": None, "url": url, "title": title}
    found = pull_request(url)
    if found is None:
        return link
    metadata = attachment.value.get("metadata")
    told = metadata if isinstance(metadata, dict) else {}
    branch, merged = told.get("branch"), told.get("mergedAt")
    state = _STATES.get(str(told.get("status")).lower(), "open") if told.get("status") else None
    pull = {
        "repository": found[0],
        "number": found[1],
        "title": title,
        "branch": branch if isinstance(branch, str) else None,
        "state": state,
        "merged_at": merged if isinstance(merged, str) and merged else None,
    }
    return {**link, "kind": "pull_request", "pull_request": pull}
