"""What becomes of a mirror's tickets: its mappings, and the plan of what a push would write."""

from collections.abc import Sequence

from receiver.api.desk import Desk, keys_of
from receiver.api.mirrors import PATH, held
from receiver.api.operations import Call, Operation
from receiver.api.paging import page, seen_number
from schemas.api import MappingsAsked, MappingShown, Page, PlanShown
from schemas.mirror import Mapping, Mirror
from store import mappings, mirror_asks, plans
from store.database import Connection
from store.keys import Key

KIND = "mappings"


def list_mappings(desk: Desk, call: Call) -> Page[MappingShown]:
    """Tickets of a mirror with their twins, oldest first."""
    asked: MappingsAsked = call.query
    with desk.store.read() as connection:
        mirror = held(connection, call.path["mirror"])
        kind = f"{KIND} {mirror.id}"
        found = mappings.find(
            connection,
            mirror.id,
            state=asked.state,
            limit=asked.limit + 1,
            after=seen_number(kind, asked) or 0,
        )
        keys = keys_of(connection, _tickets(mirror, found))
    return page(kind, asked, found, lambda one: one.id, lambda one: _shown(desk, mirror, one, keys))


def get_plan(desk: Desk, call: Call) -> PlanShown:
    """The newest plan of a mirror."""
    with desk.store.read() as connection:
        return _plan(connection, held(connection, call.path["mirror"]).id)


def ask_for_plan(desk: Desk, call: Call) -> PlanShown:
    """Has a plan made from what is held now; GET answers it once it is made."""
    with desk.store.write() as connection:
        mirror_asks.alone(connection)
        mirror = held(connection, call.path["mirror"])
        plans.ask(connection, mirror.id, desk.now())
        return _plan(connection, mirror.id)


def _plan(connection: Connection, mirror: int) -> PlanShown:
    newest, waits = plans.newest(connection, mirror), plans.pending(connection, mirror)
    if newest is None:
        return PlanShown(mirror=mirror, under_way=waits)
    return PlanShown(
        mirror=mirror,
        under_way=waits,
        kind=newest.kind,
        made_at=newest.made_at,
        applied_at=newest.applied_at,
        plan=newest.plan,
    )


def _tickets(mirror: Mirror, found: Sequence[Mapping]) -> list[Key]:
    left = [(mirror.source, one.left) for one in found if one.left is not None]
    return left + [(mirror.target, one.right) for one in found if one.right is not None]


def _shown(desk: Desk, mirror: Mirror, one: Mapping, keys: dict[Key, str]) -> MappingShown:
    redactor = desk.redactor
    return MappingShown(
        id=one.id,
        mirror=one.mirror,
        left=one.left,
        left_key=keys.get((mirror.source, one.left)) if one.left else None,
        right=one.right,
        right_key=keys.get((mirror.target, one.right)) if one.right else None,
        born=one.born,
        state=one.state,
        reason=redactor.text(one.reason),
        noted=tuple(redactor.text(line) for line in one.noted),
        waiting=one.due > 0,
        due_at=one.due_at,
        attempts=one.attempts,
        last_error=desk.clean(one.last_error),
        joined_at=one.joined_at,
        pushed_at=one.pushed_at,
    )


OPERATIONS = (
    Operation(
        "GET",
        f"{PATH}/mappings",
        "read",
        list_mappings,
        answers=Page[MappingShown],
        query=MappingsAsked,
        refusals=(404,),
    ),
    Operation("GET", f"{PATH}/plan", "read", get_plan, answers=PlanShown, refusals=(404,)),
    Operation(
        "POST",
        f"{PATH}/plan",
        "operate",
        ask_for_plan,
        answers=PlanShown,
        status=202,
        refusals=(404,),
    ),
)
