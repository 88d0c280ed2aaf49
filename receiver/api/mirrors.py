"""Mirrors: those of the file can be looked at and triggered, those of the API also changed."""

from receiver.api import mirror_checks
from receiver.api.desk import Desk
from receiver.api.operations import Call, Created, Operation
from receiver.api.paging import page, seen_number
from receiver.api.problems import Problem, missing
from schemas.api import (
    MirrorChanged,
    MirrorNew,
    MirrorReplaced,
    MirrorShown,
    Page,
    Paging,
    Triggered,
)
from schemas.mirror import Mirror, MirrorOptions
from store import mirror_asks, mirrors
from store.database import Connection

KIND = "mirrors"
PATH = "/api/v1/mirrors/{mirror:int}"


def list_mirrors(desk: Desk, call: Call) -> Page[MirrorShown]:
    """Mirrors, by number."""
    asked: Paging = call.query
    after = seen_number(KIND, asked) or 0
    with desk.store.read() as connection:
        found = sorted(
            (one for one in mirrors.every(connection) if one.id > after), key=lambda one: one.id
        )[: asked.limit + 1]
        counts = mirrors.counts(connection, [one.id for one in found])
    return page(
        KIND, asked, found, lambda one: one.id, lambda one: _as_shown(desk, one, counts[one.id])
    )


def get_mirror(desk: Desk, call: Call) -> MirrorShown:
    """One mirror with its options."""
    with desk.store.read() as connection:
        return _shown(desk, connection, held(connection, call.path["mirror"]))


def create_mirror(desk: Desk, call: Call) -> Created:
    """Makes a mirror; one that was deleted comes back with its twins."""
    told: MirrorNew = call.body
    name = told.name or f"{told.source}-to-{told.target}"
    options = options_of(told)
    with desk.store.write() as connection:
        mirror_asks.alone(connection)
        others = mirrors.every(connection)
        mirror_checks.check_free(name, told.source, told.target, others)
        mirror_checks.check(desk, others, name, told.source, told.target, options)
        made = mirrors.create(
            connection,
            name,
            told.source,
            told.target,
            options,
            desk.now(),
            call.who,
            enabled=told.enabled,
        )
        return Created(_shown(desk, connection, made), f"/api/v1/mirrors/{made.id}")


def replace_mirror(desk: Desk, call: Call) -> MirrorShown:
    """Sets all options of a mirror."""
    told: MirrorReplaced = call.body
    return _change(desk, call, told, options_of(told), told.enabled)


def change_mirror(desk: Desk, call: Call) -> MirrorShown:
    """Sets some options of a mirror."""
    return _change(desk, call, call.body, None, None)


def delete_mirror(desk: Desk, call: Call) -> None:
    """Ends a mirror; its twins stay at their trackers."""
    with desk.store.write() as connection:
        mirror_asks.alone(connection)
        mirror = changeable(held(connection, call.path["mirror"]))
        mirrors.remove(connection, mirror, desk.now(), call.who)


def trigger_mirror(desk: Desk, call: Call) -> Triggered:
    """Asks for a pass over a mirror now."""
    mirror, session = trigger(desk, call.path["mirror"])
    return Triggered(mirror=mirror, session=session)


def trigger(desk: Desk, number: int) -> tuple[int, int]:
    """(the mirror, the session its pass will have). Raises Problem 404 or 409."""
    with desk.store.write() as connection:
        mirror_asks.alone(connection)
        mirror = held(connection, number)
        if not mirror.enabled:
            raise Problem(409, f'mirror "{mirror.name}" is disabled: set enabled to true first')
        return mirror.id, mirror_asks.trigger(connection, mirror, desk.now())


def held(connection: Connection, number: int) -> Mirror:
    """The mirror of a number. Raises Problem 404."""
    found = mirrors.get(connection, number)
    if found is None:
        raise missing("mirror", number)
    return found


def changeable(mirror: Mirror) -> Mirror:
    """The mirror, if it is the API's. Raises Problem 409."""
    if mirror.origin == "file":
        raise Problem(
            409, f'mirror "{mirror.name}" comes from the configuration file: change it there'
        )
    return mirror


def options_of(told: MirrorOptions) -> MirrorOptions:
    """The options alone, of whatever has more."""
    return MirrorOptions.model_validate(
        {name: getattr(told, name) for name in MirrorOptions.model_fields}
    )


def _change(
    desk: Desk,
    call: Call,
    told: MirrorReplaced,
    options: MirrorOptions | None,
    enabled: bool | None,
) -> MirrorShown:
    """New options; None is what is held, with what was told laid over it."""
    with desk.store.write() as connection:
        mirror_asks.alone(connection)
        mirror = held(connection, call.path["mirror"])
        for name in ("name", "source", "target"):
            if getattr(told, name) not in (None, getattr(mirror, name)):
                raise Problem(409, f"the {name} of a mirror never changes: make another mirror")
        changeable(mirror)
        chosen = _laid_over(mirror.options, told) if options is None else options
        if enabled is None:
            named = "enabled" in told.model_fields_set
            enabled = told.enabled if named else mirror.enabled
        if enabled or chosen != mirror.options:  # what no longer fits can still be switched off
            others = [one for one in mirrors.every(connection) if one.id != mirror.id]
            mirror_checks.check(desk, others, mirror.name, mirror.source, mirror.target, chosen)
        mirrors.update(connection, mirror, chosen, desk.now(), call.who, enabled=enabled)
        return _shown(desk, connection, held(connection, mirror.id))


def _laid_over(options: MirrorOptions, told: MirrorReplaced) -> MirrorOptions:
    named = told.model_fields_set & MirrorOptions.model_fields.keys()
    return options.model_copy(update={name: getattr(told, name) for name in named})


def _shown(desk: Desk, connection: Connection, mirror: Mirror) -> MirrorShown:
    return _as_shown(desk, mirror, mirrors.counts(connection, [mirror.id])[mirror.id])


def _as_shown(desk: Desk, mirror: Mirror, counts: dict[str, int]) -> MirrorShown:
    told = mirror.model_dump(exclude={"options"})
    told["last_sync_error"] = desk.clean(mirror.last_sync_error)
    return MirrorShown(**mirror.options.model_dump(), **told, mappings=counts)


OPERATIONS = (
    Operation(
        "GET", "/api/v1/mirrors", "read", list_mirrors, answers=Page[MirrorShown], query=Paging
    ),
    Operation(
        "POST",
        "/api/v1/mirrors",
        "admin",
        create_mirror,
        answers=MirrorShown,
        body=MirrorNew,
        status=201,
        refusals=(409,),
    ),
    Operation("GET", PATH, "read", get_mirror, answers=MirrorShown, refusals=(404,)),
    Operation(
        "PUT",
        PATH,
        "admin",
        replace_mirror,
        answers=MirrorShown,
        body=MirrorReplaced,
        refusals=(404, 409),
    ),
    Operation(
        "PATCH",
        PATH,
        "admin",
        change_mirror,
        answers=MirrorShown,
        body=MirrorChanged,
        refusals=(404, 409),
    ),
    Operation("DELETE", PATH, "admin", delete_mirror, status=204, refusals=(404, 409)),
    Operation(
        "POST",
        f"{PATH}/trigger",
        "operate",
        trigger_mirror,
        answers=Triggered,
        status=202,
        refusals=(404, 409),
    ),
)
