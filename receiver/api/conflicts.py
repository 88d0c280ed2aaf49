"""Conflicts: both sides changed something since they agreed; settling one."""

from collections.abc import Iterable

from receiver.api.desk import Desk, keys_of
from receiver.api.operations import Call, Operation
from receiver.api.paging import page, seen_number
from receiver.api.problems import Problem, missing, unfit
from schemas.api import ConflictsAsked, ConflictShown, Page, Resolution
from schemas.mirror import Conflict
from schemas.model import Json
from store import conflicts
from store.database import Connection
from store.keys import Key

KIND = "conflicts"
KINDS: dict[type, str] = {
    str: "text", list: "list", dict: "table", bool: "truth value", int: "number", float: "number"
}  # fmt: skip


def list_conflicts(desk: Desk, call: Call) -> Page[ConflictShown]:
    """Open conflicts, oldest first; those settled with `settled=true`."""
    asked: ConflictsAsked = call.query
    if asked.ticket is not None and asked.source is None:
        raise unfit(("ticket", "needs the source it is of"))
    with desk.store.read() as connection:
        found = conflicts.find(
            connection,
            source=asked.source,
            ticket=asked.ticket,
            settled=asked.settled,
            limit=asked.limit + 1,
            after=seen_number(KIND, asked) or 0,
        )
        keys = keys_of(connection, _tickets(found))
    return page(KIND, asked, found, lambda one: one.id, lambda one: _shown(one, keys))


def get_conflict(desk: Desk, call: Call) -> ConflictShown:
    """One conflict, with the values of both sides."""
    with desk.store.read() as connection:
        return _read(connection, call.path["conflict"])


def resolve_conflict(desk: Desk, call: Call) -> ConflictShown:
    """Says which value holds; the next push writes it."""
    told: Resolution = call.body
    if told.take == "value" and "value" not in told.model_fields_set:
        raise unfit(("value", 'is missing; take "value" needs it, null clears the field'))
    if told.take != "value" and "value" in told.model_fields_set:
        raise unfit(("value", f'goes with take "value", not with "{told.take}"'))
    number = call.path["conflict"]
    with desk.store.write() as connection:
        found = conflicts.get(connection, number)
        if found is None:
            raise missing("conflict", number)
        if told.take == "value":
            _check_kind(found, told.value)
        if not conflicts.settle(connection, found, told.take, told.value, call.who, desk.now()):
            raise Problem(409, f"conflict {number} is settled already")
        return _read(connection, number)


def _check_kind(conflict: Conflict, value: Json) -> None:
    """A value of another kind than the sides have could never be written."""
    known = {_kind(one) for one in (conflict.left, conflict.right, conflict.base)} - {"null"}
    if known and _kind(value) not in known | {"null"}:
        raise unfit(("value", f"must be a {' or a '.join(sorted(known))}, or null"))
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        raise unfit(("value", "must be a list of texts"))


def _kind(value: Json) -> str:
    return "null" if value is None else KINDS.get(type(value), "value")


def _read(connection: Connection, number: int) -> ConflictShown:
    found = conflicts.get(connection, number)
    if found is None:
        raise missing("conflict", number)
    return _shown(found, keys_of(connection, _tickets([found])))


def _tickets(found: Iterable[Conflict]) -> list[Key]:
    return [key for one in found for key in (_own(one), _other(one)) if key]


def _own(one: Conflict) -> Key:
    return (one.source, one.ticket)


def _other(one: Conflict) -> Key | None:
    if one.other_source is None or one.other_ticket is None:
        return None
    return (one.other_source, one.other_ticket)


def _shown(one: Conflict, keys: dict[Key, str]) -> ConflictShown:
    other = _other(one)
    return ConflictShown(
        **one.model_dump(), key=keys.get(_own(one)), other_key=keys.get(other) if other else None
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/conflicts",
        "read",
        list_conflicts,
        answers=Page[ConflictShown],
        query=ConflictsAsked,
    ),
    Operation(
        "GET",
        "/api/v1/conflicts/{conflict:int}",
        "read",
        get_conflict,
        answers=ConflictShown,
        refusals=(404,),
    ),
    Operation(
        "POST",
        "/api/v1/conflicts/{conflict:int}/resolve",
        "operate",
        resolve_conflict,
        answers=ConflictShown,
        body=Resolution,
        refusals=(404, 409),
    ),
)
