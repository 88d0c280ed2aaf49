"""Links of an issue as records of our own, and what they mean.

A record is `{"kind", "id", "key", "title", "link"}`; `link` is the id of the link itself, None for
parents and children, which are fields of an issue.
"""

from collections.abc import Iterator

from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Relation, TicketRef
from trackers.fields import Fields
from trackers.jira import address, remote

KINDS = ("parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates")
_SIDES = {
    "block": ("blocks", "blocked_by"),
    "duplicat": ("duplicates", "duplicated_by"),
}
"""Words in the name of a link type: kind when the other issue is outward, and inward."""


def of_issue(fields: Json) -> tuple[Json, ...]:
    """All links that the fields of an issue tell of."""
    issue = Fields.of(fields, "issue.fields")
    return tuple(_records(issue))


def to_relation(record: Json, source: Source) -> Relation:
    """A record of one link; Permanent when its kind is none of ours."""
    link = Fields.of(record, "link")
    kind = link.need_text("kind")
    if kind == "pull_request":
        return remote.to_relation(link)
    if kind not in KINDS:
        raise Permanent(f"link.kind is {kind[:40]!r}, not one of {', '.join(KINDS)}")
    key = link.text("key")
    target = TicketRef(
        external_id=link.id("id"),
        key=key,
        url=address.browse(source, key) if key else None,
        title=link.text("title"),
    )
    return Relation.model_validate({"kind": kind, "target": target})


def kind_of(link_type: Fields, *, outward: bool) -> str:
    """What a link means for the issue that carries it: by the type's name, else by its words."""
    told = " ".join((link_type.text(name) or "").lower() for name in ("name", "outward"))
    for word, (out, into) in _SIDES.items():
        if word in told:
            return out if outward else into
    return "relates"


def _records(issue: Fields) -> Iterator[Json]:
    parent = issue.object("parent")
    if parent:
        yield _record("parent", parent, None)
    for item in issue.items("subtasks"):
        yield _record("child", Fields.of(item, "issue.subtasks"), None)
    for item in issue.items("issuelinks"):
        link = Fields.of(item, "issue.issuelinks")
        other = link.object("outwardIssue")
        outward = other is not None
        other = other or link.object("inwardIssue")
        if other:
            kind = kind_of(link.need_object("type"), outward=outward)
            yield _record(kind, other, link.id("id"))


def _record(kind: str, other: Fields, link: str | None) -> Json:
    fields = other.object("fields")
    return {
        "kind": kind,
        "id": other.id("id"),
        "key": other.text("key"),
        "title": fields.text("summary") if fields else None,
        "link": link,
    }
