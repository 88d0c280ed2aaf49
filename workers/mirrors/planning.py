"""Planning: what a push would write now, to be looked at, and applied if nothing moved since."""

from collections.abc import Iterable, Sequence
from contextlib import closing

from schemas.errors import Permanent, TicketsyncError
from schemas.mirror import Mapping, Mirror, Plan, PlannedWrite
from store import mappings, mirrors, plans
from workers.failures import described
from workers.mirrors import joining, linking, push, rollback, updating
from workers.mirrors.task import Outside, Parks, Pushed, Task, Tools, Waits, digest_of
from workers.refetch import fetch_now
from workers.work import Work

MOST = 100_000


def plan(work: Work, mirror: Mirror, tickets: Iterable[str] = (), *, kept: bool = True) -> Plan:
    """What a push of a mirror would write, from what the store holds: no request is sent.

    `tickets` are mappings' tickets on either side, all that are due if none is named. The plan is
    kept by its digest, so that it can be applied.
    """
    found = _planned(work, mirror, _due(work, mirror, set(tickets)))
    if kept:
        with work.store.write() as connection:
            plans.keep(connection, mirror.id, found, work.now())
    return found


def foretell(work: Work, mirror: Mirror, keys: Iterable[str]) -> Plan:
    """What taking in these tickets by hand would write. It has no digest: it cannot be applied.

    Raises Permanent for a key that is not held.
    """
    with work.store.read() as connection:
        found = [linking.foreseen(connection, mirror, key) for key in keys]
    return _planned(work, mirror, found).model_copy(update={"digest": ""})


def apply_plan(work: Work, digest: str, *, session: int | None = None) -> Pushed:
    """Carries out a plan. Raises Permanent when it is not known, was applied, or reality moved.

    What it is about is read from the trackers first, and the plan made again: only the very same
    one is carried out.
    """
    with work.store.read() as connection:
        stored = plans.by_digest(connection, digest)
        mirror = mirrors.get(connection, stored.mirror) if stored else None
    if stored is None or stored.plan is None or mirror is None:
        raise Permanent(f"no plan {digest} is known; make one with: mirrors plan")
    if stored.applied_at is not None:
        raise Permanent(f"plan {digest} was applied at {stored.applied_at:%Y-%m-%d %H:%M} UTC")
    if mirror.options.mode == "shadow":
        raise Permanent(f'{mirror.name} has mode = "shadow": it writes nothing')
    if stored.kind == "rollback":
        return rollback.carry(work, mirror, stored, session=session)
    ids = list(dict.fromkeys(one.mapping for one in stored.plan.writes))
    with work.store.read() as connection:
        found = [one for id_ in ids if (one := mappings.get(connection, id_)) is not None]
    _read_anew(work, mirror, found)
    again = _planned(work, mirror, found)
    if again.digest != stored.plan.digest:
        raise Permanent(
            f"reality moved since plan {digest[:12]} was made; "
            f"look again: mirrors plan {mirror.name}"
        )
    rollback.claim(work, stored, session)
    return push.push_these(work, ids, session=session)


def make_asked(work: Work) -> int:
    """Makes the plans that somebody asked for by the API; how many."""
    with work.store.read() as connection:
        asked = plans.asked(connection)
    for id_, number in asked:
        with work.store.read() as connection:
            mirror = mirrors.get(connection, number)
        empty = Plan(mirror="")
        found = _planned(work, mirror, _due(work, mirror, set())) if mirror else empty
        with work.store.write() as connection:
            plans.keep(connection, number, found, work.now(), asked=id_)
    return len(asked)


def _due(work: Work, mirror: Mirror, tickets: set[str]) -> list[Mapping]:
    with work.store.read() as connection:
        found = mappings.find(connection, mirror.id, limit=MOST)
    if tickets:
        return [one for one in found if {one.left, one.right} & tickets]
    return [one for one in found if one.due and one.state not in ("unlinked", "retired", "parked")]


def _planned(work: Work, mirror: Mirror, found: Sequence[Mapping]) -> Plan:
    push.number_sites(work)
    writes: list[PlannedWrite] = []
    losses: dict[str, None] = {}
    waits: list[str] = []
    with closing(Tools(work)) as tools:
        for mapping in found:
            task = Task(tools, mirror, mapping, planning=True)
            told = _look(task)
            if told:
                waits.append(told)
            writes += task.planned
            losses |= dict.fromkeys(task.losses)
    return Plan(
        mirror=mirror.name,
        writes=tuple(writes),
        losses=tuple(losses),
        waits=tuple(dict.fromkeys(waits)),
        digest=digest_of(writes),
    )


def _look(task: Task) -> str:
    """Notes what would be written of a mapping; why nothing can be, in words."""
    mapping = task.mapping
    try:
        if mapping.left is None or mapping.right is None:
            joining.bring(task)
        else:
            updating.update(task)
    except Outside:
        return ""
    except (Waits, Parks, TicketsyncError) as why:
        return f"{mapping.left or mapping.right}: {described(why)}"
    return ""


def _read_anew(work: Work, mirror: Mirror, found: Sequence[Mapping]) -> None:
    with closing(Tools(work)) as tools:
        for mapping in found:
            for side in ("left", "right"):
                ticket = mapping.left if side == "left" else mapping.right
                if ticket is not None:
                    source = mirror.at(side)
                    key = (source, ticket)
                    if work.tracker(work.sources[source].tracker).capabilities.polls:
                        fetch_now(work, tools.client(source), key, frozenset({"core", "comments"}))
