"""The same mirrors in the form that other tools of the field speak.

There a mirror of projects comes first and a configuration of its issues is added to it; here they
are one, so the configuration is always there: made anew it is set, deleted it is set back and off.
"""

from collections.abc import Sequence

from receiver.api import mirror_checks
from receiver.api.desk import Desk
from receiver.api.mirrors import changeable, held, trigger
from receiver.api.operations import Call, Created, Operation
from receiver.api.problems import Problem
from schemas.issue_mirrors import (
    IssueMirror,
    IssueMirrorChanged,
    IssueMirrorNew,
    IssueMirrorOptions,
    SyncTriggered,
)
from schemas.mirror import Mirror
from store import mirror_asks, mirrors
from store.database import Connection

PATH = "/api/issue-mirrors/{mirror:int}"
OPTIONS = frozenset(IssueMirrorOptions.model_fields) - {"enabled"}


def list_issue_mirrors(desk: Desk, call: Call) -> Sequence[IssueMirror]:
    """All mirrors, by number."""
    with desk.store.read() as connection:
        found = sorted(mirrors.every(connection), key=lambda one: one.id)
    return [_shown(desk, one) for one in found]


def create_issue_mirror(desk: Desk, call: Call) -> Created:
    """Sets the options of the mirror that `mirror_id` names."""
    told: IssueMirrorNew = call.body
    names = frozenset(IssueMirrorOptions.model_fields)
    with desk.store.write() as connection:
        made = _set(desk, connection, told.mirror_id, told, names, call.who)
    return Created(_shown(desk, made), f"/api/v1/mirrors/{made.id}")


def update_issue_mirror(desk: Desk, call: Call) -> IssueMirror:
    """Sets some options of a mirror."""
    told: IssueMirrorChanged = call.body
    number = call.path["mirror"]
    if {told.id, told.mirror_id} - {None, number}:
        raise Problem(409, "id and mirror_id of a mirror never change: make another mirror")
    with desk.store.write() as connection:
        made = _set(desk, connection, number, told, frozenset(told.model_fields_set), call.who)
    return _shown(desk, made)


def delete_issue_mirror(desk: Desk, call: Call) -> None:
    """Switches a mirror off and sets these options back; the mirror and its twins stay."""
    told = IssueMirrorOptions(enabled=False)
    names = frozenset(IssueMirrorOptions.model_fields)
    with desk.store.write() as connection:
        _set(desk, connection, call.path["mirror"], told, names, call.who)


def trigger_sync(desk: Desk, call: Call) -> SyncTriggered:
    """Asks for a pass over a mirror now."""
    mirror, session = trigger(desk, call.path["mirror"])
    return SyncTriggered(config_id=mirror, job_id=session)


def _set(
    desk: Desk,
    connection: Connection,
    number: int,
    told: IssueMirrorOptions,
    names: frozenset[str],
    who: str,
) -> Mirror:
    """The mirror with these of its options as told; those this form does not know stay."""
    mirror_asks.alone(connection)
    mirror = changeable(held(connection, number))
    chosen = {name: getattr(told, name) for name in OPTIONS & names}
    options = mirror.options.model_copy(update=chosen)
    enabled = told.enabled if "enabled" in names else mirror.enabled
    others = [one for one in mirrors.every(connection) if one.id != mirror.id]
    if enabled:
        mirror_checks.check(desk, others, mirror.name, mirror.source, mirror.target, options)
    mirrors.update(connection, mirror, options, desk.now(), who, enabled=enabled)
    return held(connection, mirror.id)


def _shown(desk: Desk, mirror: Mirror) -> IssueMirror:
    return IssueMirror(
        **mirror.options.model_dump(include=set(OPTIONS)),
        id=mirror.id,
        mirror_id=mirror.id,
        enabled=mirror.enabled,
        last_sync_at=mirror.last_sync_at,
        last_sync_status=mirror.last_sync_status,
        last_sync_error=desk.clean(mirror.last_sync_error),
        next_sync_at=mirror.next_sync_at,
    )


OPERATIONS = (
    Operation(
        "GET", "/api/issue-mirrors", "read", list_issue_mirrors, answers=IssueMirror, listed=True
    ),
    Operation(
        "POST",
        "/api/issue-mirrors",
        "admin",
        create_issue_mirror,
        answers=IssueMirror,
        body=IssueMirrorNew,
        status=201,
        refusals=(404, 409),
    ),
    Operation(
        "PUT",
        PATH,
        "admin",
        update_issue_mirror,
        answers=IssueMirror,
        body=IssueMirrorChanged,
        refusals=(404, 409),
    ),
    Operation("DELETE", PATH, "admin", delete_issue_mirror, status=204, refusals=(404, 409)),
    Operation(
        "POST",
        f"{PATH}/trigger-sync",
        "operate",
        trigger_sync,
        answers=SyncTriggered,
        refusals=(404, 409),
    ),
)
