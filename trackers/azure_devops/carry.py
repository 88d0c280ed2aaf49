"""Carrying out one step of a change."""

import logging
from urllib.parse import quote

from schemas.change import Ref, Write
from schemas.errors import Overtaken, Permanent
from schemas.model import Json
from trackers.answers import Answer
from trackers.azure_devops import address, catalog, links, names, read, states, values
from trackers.azure_devops.boards import Boards, conflicted, refused
from trackers.azure_devops.writes import linking, native_type
from trackers.fields import Fields
from trackers.removal import rare_right

_log = logging.getLogger(__name__)
_FALLBACKS = ("User Story", "Product Backlog Item", "Requirement", "Issue", "Task")
_REQUIREMENTS = "Microsoft.RequirementCategory"
_ANYTHING = "issue"


def carry_out(boards: Boards, write: Write) -> Ref:
    """What the step left; raises Overtaken when somebody else saved in between."""
    body = write.body if isinstance(write.body, dict) else {}
    if write.step == "create":
        return _create(boards, body)
    ticket = write.ticket
    if ticket is None:
        raise Permanent(f"step {write.step!r} names no work item")
    if write.step in ("update", "state"):
        return _update(boards, ticket, body)
    if write.step in ("link", "unlink"):
        return _link(boards, ticket, body, remove=write.step == "unlink")
    if write.step == "delete":
        return _delete(boards, ticket)
    if write.step == "nothing":
        return Ref(ticket=ticket)
    return _comment(boards, write, ticket, body)


def ref_of(boards: Boards, item: dict[str, Json]) -> Ref:
    """A whole work item as what a write left."""
    record = read.completed(boards, [item])[0]
    fields = Fields.of(item, "workItem").object("fields")
    project = (fields.text(names.PROJECT) if fields else None) or boards.name
    return Ref(
        ticket=record.ticket,
        key=record.ticket,
        url=address.page(boards.source, project, record.ticket),
        revision=record.revision,
        record=record.body,
    )


def comment_ref(boards: Boards, ticket: str, comment: dict[str, Json]) -> Ref:
    """A comment as what a write left."""
    record = read.comment_record(ticket, comment)
    return Ref(
        ticket=ticket, comment=record.external_id, revision=record.revision, record=record.body
    )


def _create(boards: Boards, body: dict[str, Json]) -> Ref:
    later = body.get("later") or {}
    kind = _kind(boards, str(later.get("type") or ""))
    ops = [*body.get("ops", ()), *_resolved(boards, later, kind)]
    ops = _fitting(boards, ops, kind)
    path = boards.path(f"wit/workitems/${quote(kind, safe='')}")
    return ref_of(boards, _saved(boards.send("POST", path, ops, read.EVERYTHING)))


def _update(boards: Boards, ticket: str, body: dict[str, Json]) -> Ref:
    """A state can only be chosen by what the type has: as the tested revision had it, else as the
    work item is read now."""
    later, ops = dict(body.get("later") or {}), list(body.get("ops", ()))
    held = later.pop("held", None)
    item = None if held or not later else _item(boards, ticket)
    if later:
        ops = _chosen(boards, ops, later, item, Fields.of(held or _of(item), "workItem"))
        if all(op.get("op") == "test" for op in ops):
            return ref_of(boards, item or _item(boards, ticket))
    if item and not any(op.get("op") == "test" for op in ops):
        ops.insert(0, {"op": "test", "path": "/rev", "value": item.get("rev")})
    answer = boards.send("PATCH", read.item_path(ticket), ops, read.EVERYTHING)
    return ref_of(boards, _saved(answer))


def _of(item: dict[str, Json] | None) -> dict[str, Json]:
    fields = Fields.of(item, "workItem").need_object("fields")
    return {"type": fields.text(names.TYPE), "state": fields.text(names.STATE)}


def _chosen(
    boards: Boards,
    ops: list[Json],
    later: dict[str, Json],
    item: dict[str, Json] | None,
    now: Fields,
) -> list[Json]:
    """The operations with what only the project knows; `now` are type and state."""
    kind = was = now.text("type") or ""
    if later.get("type"):
        kind = _kind(boards, str(later["type"]), now=was)
        if kind != was:
            fields = Fields.of(item, "workItem").need_object("fields")
            ops = [*ops, _put(names.TYPE, kind), *_text_along(boards, fields, kind, ops)]
    if later.get("state"):
        ops = [*ops, *_state(boards, kind, now.text("state") or "", later["state"])]
    return _fitting(boards, [*ops, *_resolved(boards, later, kind)], kind)


def _link(boards: Boards, ticket: str, body: dict[str, Json], *, remove: bool) -> Ref:
    """A relation is taken away by its place in the list, hence only from the list as read."""
    rel, target = str(body.get("rel")), str(body.get("target"))
    item = _item(boards, ticket)
    index = links.place(item, rel, target)
    if (index is None) == remove:
        return ref_of(boards, item)
    if remove:
        change: Json = {"op": "remove", "path": f"/relations/{index}"}
    else:
        change = linking(rel, links.item_url(boards.base, target))
    test = {"op": "test", "path": "/rev", "value": item.get("rev")}
    answer = boards.send("PATCH", read.item_path(ticket), [test, change], read.EVERYTHING)
    return ref_of(boards, _saved(answer))


def _delete(boards: Boards, ticket: str) -> Ref:
    """Into the recycle bin; one that is not there any more is as wanted
    (https://learn.microsoft.com/rest/api/azure/devops/wit/work-items/delete)."""
    with rare_right("the permission Delete and restore work items"):
        answer = boards.send("DELETE", read.item_path(ticket))
    if not answer.ok and answer.status != 404:
        raise refused(answer)
    return Ref(ticket=ticket)


def _comment(boards: Boards, write: Write, ticket: str, body: dict[str, Json]) -> Ref:
    path = read.comments_path(boards, ticket)
    if write.step != "comment":
        path = f"{path}/{read.number(write.comment or '')}"
    if write.step == "delete_comment":
        answer = boards.send("DELETE", path)
        if not answer.ok and answer.status != 404:
            raise refused(answer)
        return Ref(ticket=ticket, comment=write.comment)
    method = "POST" if write.step == "comment" else "PATCH"
    # HTML is what comments are without a format, and all that Server knows.
    params = {"format": "markdown"} if body.get("format") == "markdown" else None
    answer = boards.send(method, path, {"text": body.get("text") or ""}, params)
    return comment_ref(boards, ticket, _saved(answer))


def _saved(answer: Answer) -> dict[str, Json]:
    if conflicted(answer):
        raise Overtaken(f"{answer.asked}: HTTP {answer.status}, it was changed in between")
    if not answer.ok:
        raise refused(answer)
    return answer.object


def _item(boards: Boards, ticket: str) -> dict[str, Json]:
    answer = boards.get(read.item_path(ticket), read.EVERYTHING)
    if not answer.ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{answer.reason}")
    return answer.object


def _kind(boards: Boards, wanted: str, *, now: str = "") -> str:
    """A type of this project: of that name, else the one it already is, else the usual one.

    "issue" says nothing of what it is, so it means the type that requirements have here; the
    "Issue" of the Agile process, an impediment, is on no backlog.
    """
    native = native_type(wanted, boards.source).casefold()
    known = boards.type_names()
    if native != _ANYTHING:
        for name in known:
            if name.casefold() == native:
                return name
    if now:
        return now
    for category in boards.types():
        default = Fields.of(category, "category").object("defaultWorkItemType")
        if category.get("referenceName") == _REQUIREMENTS and default:
            return default.need_text("name")
    return next((name for name in _FALLBACKS if name in known), known[0] if known else "Issue")


def _text_along(boards: Boards, fields: Fields, kind: str, ops: list[Json]) -> list[Json]:
    """A bug that becomes something else shows another field; its text moves there."""
    before = values.body_field(fields, boards.source)
    after = values.body_field(Fields({names.TYPE: kind}, fields.path), boards.source)
    written = any(op.get("path") in (f"/fields/{before}", f"/fields/{after}") for op in ops)
    text = fields.text(before)
    return [_put(after, text)] if text and before != after and not written else []


def _state(boards: Boards, kind: str, now: str, wanted: Json) -> list[Json]:
    """Nothing when the state of now already means what is wanted."""
    found = boards.states(kind)
    chosen = states.chosen(found, boards.source, wanted, now)
    if chosen is None:
        told = ", ".join(str(one.get("name")) for one in found)
        raise Permanent(f"{kind} has no state for {wanted.get('category')}; it has {told}")
    return [] if chosen == now else [_put(names.STATE, chosen)]


def _resolved(boards: Boards, later: dict[str, Json], kind: str) -> list[Json]:
    """Operations for what needed the project's nodes and the type's fields."""
    ops = []
    for word, field, find in (
        ("sprint", names.ITERATION, catalog.sprint_path),
        ("area", names.AREA, catalog.area_path),
    ):
        if word not in later:
            continue
        wanted, name = str(later[word]), str(later.get(f"{word}_name") or "")
        if not wanted:
            ops.append(_put(field, boards.project().name))
            continue
        path = find(boards, wanted) or (find(boards, name) if name else None)
        if path is None:
            raise Permanent(f"there is no {word} {name or wanted!r} in {boards.name}")
        ops.append(_put(field, path))
    for name, value in (later.get("numbers") or {}).items():
        known = boards.fields_of(kind)
        usual = values.USUAL[name]
        ops.append(_put(next((one for one in usual if one in known), usual[0]), value))
    return ops


def _fitting(boards: Boards, ops: list[Json], kind: str) -> list[Json]:
    """Without the fields this type does not have, which would make the tracker refuse it all.

    A bug that is written as another type has its text in the description, and the reverse.
    """
    known = boards.fields_of(kind)
    found = []
    for op in ops:
        field = str(op["path"]).removeprefix("/fields/")
        if not known or field == op["path"] or field in known:
            found.append(op)
        elif field in (names.DESCRIPTION, names.REPRO_STEPS):
            other = names.DESCRIPTION if field == names.REPRO_STEPS else names.REPRO_STEPS
            found.append({**op, "path": f"/fields/{other}"})
        else:
            _log.warning("%s has no field %s; it is left out", kind, field)
    return found


def _put(field: str, value: Json) -> Json:
    return {"op": "add", "path": f"/fields/{field}", "value": value}


def attach(boards: Boards, ticket: str, url: str, name: str) -> None:
    """Ties an uploaded file to a work item."""
    value = {"rel": names.ATTACHED, "url": url, "attributes": {"name": name}}
    ops = [{"op": "add", "path": "/relations/-", "value": value}]
    _saved(boards.send("PATCH", read.item_path(ticket), ops))
