"""Linking: two tickets that exist become twins by a person's word, or are parted by it."""

from schemas.errors import Permanent
from schemas.mirror import Mapping, Mirror, Side
from schemas.model import Json
from store import audit, mapped_comments, mappings, references
from store.database import Connection
from workers.work import Work

_SIDES: tuple[Side, Side] = ("left", "right")


def link(work: Work, mirror: Mirror, left: str, right: str, who: str = "cli") -> int:
    """Joins two tickets, named by their keys; the mapping's number.

    Raises Permanent when one is not held, or is somebody else's twin. What they say differently is
    told by the next push: one way, the source's word goes; two ways, differences are conflicts.
    Two that were twins before go on where they were parted.
    """
    now = work.now()
    with work.store.write() as connection:
        ids: dict[Side, str] = {
            "left": _held(connection, mirror.source, left),
            "right": _held(connection, mirror.target, right),
        }
        held = {side: mappings.at(connection, mirror.id, side, ids[side]) for side in _SIDES}
        for side in _SIDES:
            one = held[side]
            if one is not None and one.left and one.right and one.state != "unlinked":
                across = one.right if side == "left" else one.left
                if across == ids["right" if side == "left" else "left"]:
                    raise Permanent(f"{left} and {right} are twins already")
                raise Permanent(f"{(left, right)[side == 'right']} has a twin: unlink it first")
        audit.note(connection, now, who, "mirror.link", mirror.name, after=[left, right])
        before = held["left"]
        if before is not None and before == held["right"]:
            mappings.write(connection, before.id, state="joined", reason="", forced=True)
            mappings.wake(connection, [before.id])
            return before.id
        for one in {one.id: one for one in held.values() if one is not None}.values():
            mapped_comments.drop_all(connection, one.id)
            mappings.drop(connection, one.id)
        generation = max((one.generation for one in held.values() if one), default=1)
        return mappings.insert(
            connection,
            mirror=mirror.id,
            left=ids["left"],
            right=ids["right"],
            born="left",
            state="joined",
            generation=generation,
            adopted=True,
            created_at=now,
            joined_at=now,
        )


def unlink(work: Work, mirror: Mirror, key: str, who: str = "cli") -> int:
    """Parts a ticket from its twin: neither is written any more; the mapping's number."""
    with work.store.write() as connection:
        found = find(connection, mirror, key)
        mappings.write(connection, found, state="unlinked", reason=f"unlinked by {who}", push_due=0)
        audit.note(connection, work.now(), who, "mirror.unlink", mirror.name, after=key)
    return found


def take_in(work: Work, mirror: Mirror, key: str) -> int:
    """A single ticket is wanted, whatever its age and state; the mapping's number.

    One whose twin was deleted gets a new one, one that was parked or unlinked is pushed again.
    """
    now = work.now()
    with work.store.write() as connection:
        found = references.id_of(connection, mirror.source, key)
        side: Side = "left" if found else "right"
        ticket = found or _at_either(connection, mirror, key)
        one = mappings.at(connection, mirror.id, side, ticket)
        if one is None:
            if side == "right" and not mirror.two_way:
                raise Permanent(f"{key} is at the target of {mirror.name}, which is one-way")
            new: dict[str, Json] = {side: ticket, "born": side, "forced": True}
            return mappings.insert(connection, mirror=mirror.id, created_at=now, **new)
        values: dict[str, Json] = {"forced": True, "reason": ""}
        if one.state == "retired":
            values |= {"state": "new", "generation": one.generation + 1, "base": None}
            values |= {"right" if one.born == "left" else "left": None, "joined_at": None}
            mapped_comments.drop_all(connection, one.id)
        elif one.state in ("parked", "unlinked", "outside"):
            values["state"] = "joined" if one.left and one.right else "new"
        mappings.write(connection, one.id, **values)
        mappings.wake(connection, [one.id])
    return one.id


def foreseen(connection: Connection, mirror: Mirror, key: str) -> Mapping:
    """The mapping as `take_in` would leave it; nothing is written. Raises Permanent like it."""
    ticket, side = references.id_of(connection, mirror.source, key), _SIDES[0]
    if ticket is None:
        ticket, side = _at_either(connection, mirror, key), _SIDES[1]
    one = mappings.at(connection, mirror.id, side, ticket) if ticket else None
    if one is None:
        return Mapping.model_validate(
            {"id": 0, "mirror": mirror.id, side: ticket, "born": side, "forced": True}
        )
    anew: dict[str, Json] = {"forced": True}
    if one.state == "retired":
        anew |= {"base": None, "right" if one.born == "left" else "left": None}
    return one.model_copy(update=anew)


def find(connection: Connection, mirror: Mirror, key: str) -> int:
    """The mapping of a ticket on either side, by its key. Raises Permanent without one."""
    for side in _SIDES:
        ticket = references.id_of(connection, mirror.at(side), key)
        one = mappings.at(connection, mirror.id, side, ticket) if ticket else None
        if one is not None:
            return one.id
    raise Permanent(f"{key} is not mapped in {mirror.name}; see: mirrors show {mirror.name}")


def _held(connection: Connection, source: str, key: str) -> str:
    ticket = references.id_of(connection, source, key)
    if ticket is None:
        raise Permanent(f"{source} holds no ticket {key}; run: sync {source}")
    return ticket


def _at_either(connection: Connection, mirror: Mirror, key: str) -> str:
    """The target's ticket of that key, where the source holds none."""
    ticket = references.id_of(connection, mirror.target, key)
    if ticket is None:
        raise Permanent(
            f"neither {mirror.source} nor {mirror.target} holds a ticket {key}; "
            f"run: sync {mirror.source}"
        )
    return ticket
