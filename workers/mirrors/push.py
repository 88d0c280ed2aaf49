"""Push: mappings that are due are looked at, one after the other, each by one worker at a time."""

from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta

import structlog

from schemas.errors import (
    Denied,
    Overtaken,
    Permanent,
    Spent,
    StoreAway,
    TicketsyncError,
    Transient,
)
from schemas.mirror import Mirror, Plan
from schemas.source import LOCAL
from store import installation, mappings, mirrors, plans
from workers.failures import described
from workers.mirrors import comments as comments_of
from workers.mirrors import joining, recover, updating
from workers.mirrors.pairs import site_of
from workers.mirrors.promote import promote_joined
from workers.mirrors.task import LEASE_SECONDS, Outside, Parks, Pushed, Task, Tools, Waits
from workers.work import Work

AT_ONCE = 200
TRIES = 5
DENIED = timedelta(minutes=10)
LONGEST = timedelta(hours=1)
log = structlog.get_logger(__name__)


def push_due(
    work: Work,
    *,
    mirror: str | None = None,
    session: int | None = None,
    most: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Pushed:
    """Looks at every mapping that is due now, of one mirror or of all; what that did.

    What it writes makes mappings due again; they are looked at, too, until nothing is left to do.
    """
    total = Pushed()
    wanted = _mirrors(work, mirror)
    if not wanted:
        return total
    number_sites(work)
    with closing(Tools(work, session)) as tools:
        while not stopped() and (most is None or total.looked < most):
            with work.store.read() as connection:
                ids = mappings.due(connection, list(wanted), work.now(), AT_ONCE)
            if not ids:
                break
            for one in ids:
                if stopped():
                    break
                total.add(push(tools, one))
    if any(one.source == LOCAL for one in wanted.values()):
        promote_joined(work)
    with work.store.read() as connection:
        total.waiting = mappings.count_waiting(connection, list(wanted))
    return total


def push_these(work: Work, ids: Iterable[int], *, session: int | None = None) -> Pushed:
    """Looks at these mappings, whatever they wait for."""
    total = Pushed()
    wanted = list(ids)
    number_sites(work)
    with work.store.write() as connection:
        mappings.wake(connection, wanted)
    with closing(Tools(work, session)) as tools:
        for one in wanted:
            total.add(push(tools, one))
    return total


def push(tools: Tools, mapping: int) -> Pushed:
    """Looks at one mapping. What goes wrong is noted at it; only StoreAway is raised."""
    work = tools.work
    with work.store.write() as connection:
        taken = mappings.lease(connection, mapping, work.now(), LEASE_SECONDS)
        mirror = mirrors.get(connection, taken.mirror) if taken else None
        if taken is not None and mirror is None:
            mappings.release(connection, taken)
    if taken is None or mirror is None:
        return Pushed()
    task = Task(tools, mirror, taken)
    tools.shadow = mirror.options.mode == "shadow"
    try:
        _do(task)
        _done(task)
    except StoreAway:
        raise
    except (KeyboardInterrupt, SystemExit):  # a person goes on at once, not when the lease is over
        with work.store.write() as connection:
            mappings.release(connection, task.mapping, done=False)
        raise
    except Exception as error:
        _put_off(task, error)
    task.done.looked += 1
    return task.done


def _done(task: Task) -> None:
    """All of it; but a file that could not be brought is tried again."""
    _give_back(
        task,
        due_at=task.again,
        done=task.again is None,
        attempts=0,
        last_error=None,
        pushed_at=task.work.now(),
        reason=task.reason,
    )


def _put_off(task: Task, error: Exception) -> None:
    """Why a mapping is not done: it waits, is not mirrored, wants a person, or something failed."""
    match error:
        case Waits():
            _give_back(task, due_at=error.at, done=False, reason=str(error))
        case Outside():
            _give_back(task, state="outside", reason=str(error))
        case Parks():
            task.done.parked += task.mapping.state != "parked"
            _give_back(task, state="parked", reason=str(error), forced=False, last_error=None)
        case _:
            if not isinstance(error, TicketsyncError):
                log.error(
                    "push_failed",
                    mirror=task.mirror.name,
                    mapping=task.mapping.id,
                    exc_info=error,
                )
            _failed(task, error)


def _do(task: Task) -> None:
    mapping = task.mapping
    if mapping.state in ("unlinked", "retired") and not mapping.forced:
        task.reason = mapping.reason
        return
    if mapping.state == "parked" and not mapping.forced and mapping.last_error is None:
        raise Parks(mapping.reason)
    recover.settle_open(
        task,
        lambda one: (
            comments_of.found_hook(task, one)
            if one.creates == "comment"
            else joining.found_hook(task, one)
        ),
    )
    mapping = task.mapping
    if mapping.left is None or mapping.right is None:
        found = joining.bring(task)
        if task.tools.shadow or not (found or task.mapping.base or task.mapping.joined_at):
            _keep_shadow(task)
            if not (task.mapping.left and task.mapping.right):
                return
    updating.update(task)
    _keep_shadow(task)


def _keep_shadow(task: Task) -> None:
    """What a mirror in shadow would have written is kept, to be looked at."""
    if not task.tools.shadow or not task.planned:
        return
    told = Plan(
        mirror=task.mirror.name,
        writes=tuple(task.planned),
        losses=tuple(dict.fromkeys(task.losses)),
    )
    task.planned = []
    with task.work.store.write() as connection:
        plans.keep(connection, task.mirror.id, told, task.work.now(), kind="shadow")


def _give_back(
    task: Task, *, due_at: datetime | None = None, done: bool = True, **columns: object
) -> None:
    if done and "state" not in columns:
        columns |= {"forced": False} if task.mapping.forced else {}
        if task.mapping.state == "outside" or (task.mapping.state == "parked"):
            columns["state"] = "joined" if task.mapping.left and task.mapping.right else "new"
    with task.work.store.write() as connection:
        mappings.release(connection, task.mapping, due_at=due_at, done=done, **columns)


def _failed(task: Task, error: Exception) -> None:
    """Tried again, ever more seldom; after some tries a person has to look.

    The next change of either ticket may be what it lacked: then it is tried once more (law 14).
    """
    attempts, why = task.mapping.attempts + 1, described(error)
    now = task.work.now()
    task.done.errors.append(f"{task.mirror.name}: {why}")
    again: datetime | None
    if isinstance(error, Overtaken):
        again = now + timedelta(seconds=1)
    elif isinstance(error, Denied):
        again = now + DENIED
    elif isinstance(error, Transient):
        asked = timedelta(seconds=error.retry_after or 0)
        again = now + max(asked, _delay(attempts))
        attempts -= isinstance(error, Spent)
    elif attempts >= TRIES or isinstance(error, Permanent):
        task.done.parked += 1
        _give_back(
            task,
            state="parked",
            reason=why,
            attempts=attempts,
            last_error=why,
            forced=False,
            due_at=now + _delay(attempts),
        )
        return
    else:
        again = now + _delay(attempts)
    _give_back(task, due_at=again, done=False, attempts=attempts, last_error=why, reason=why)


def _delay(attempts: int) -> timedelta:
    return min(LONGEST, timedelta(seconds=5 * 2 ** min(attempts, 12)))


def _mirrors(work: Work, name: str | None) -> dict[int, Mirror]:
    """The mirrors that run here: enabled, with both sources at hand, neither paused nor in
    error."""
    with work.store.read() as connection:
        every = mirrors.every(connection)
        idle = mirrors.idle_sources(connection) | mirrors.broken_sources(connection)
    return {
        one.id: one
        for one in every
        if one.enabled
        and (name is None or one.name == name)
        and {one.source, one.target} <= work.sources.keys()
        and not {one.source, one.target} & idle
    }


def number_sites(work: Work) -> None:
    """Every site has a number before a label names it."""
    origins = {site_of(one) for one in work.sources.values()}
    with work.store.read() as connection:
        missing = origins - installation.sites(connection).keys()
    if missing:
        with work.store.write() as connection:
            installation.number_sites(connection, origins, work.now())
