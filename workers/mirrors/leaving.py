"""Leaving: whether a ticket may go by a mirror now; asked when it is planned, and before each step
is sent (law 12)."""

from collections.abc import Callable

from schemas.mirror import Side
from schemas.source import LOCAL
from store import mappings, pending, standing
from store.database import Connection
from store.keys import Key
from store.whole import whole_tickets
from workers.mirrors.pairs import Half, Pair
from workers.mirrors.task import Parks, Task
from workers.refetch import fetch_now
from workers.rules import privacy
from workers.rules.privacy import Gate, Origin
from workers.work import Work

SOON = 5.0
"""Seconds until a ticket is looked at again that was not settled."""


def may_leave(task: Task, half: Half) -> Gate:
    """What the rules say of a ticket, and of all that it is a twin of."""
    work = task.work
    with work.store.read() as connection:
        chain = mappings.origins_of(connection, half.key)
        found = whole_tickets(connection, chain)
        settled = half.settled and all(standing.of(connection, key)[1] for key in chain)
        settled = settled and not _renamed(work, connection, {half.key[0], *(k[0] for k in chain)})
        asked = [key for key in (half.key, *chain) if key[0] != LOCAL]
        lost = pending.unsettled(connection, asked) if settled else set()
    origins: list[Origin] = [(found.get(key), work.sources.get(key[0])) for key in chain]
    source = work.sources[half.key[0]]
    gate = privacy.gate(
        half.ticket, source, task.mirror, settled=settled and not lost, origins=origins
    )
    if lost and gate.ask and not (task.planning or task.tools.shadow):
        _ask(task, lost)
    return gate


def _renamed(work: Work, connection: Connection, names: set[str]) -> bool:
    """Whether news about a whole source waits that may change whom its rules are about: a label
    or a milestone that was renamed."""
    ruled = [
        one for one in sorted(names) if (source := work.sources.get(one)) and source.privacy_rules
    ]
    return any(standing.lane_pending(connection, one) for one in ruled)


def _ask(task: Task, keys: set[Key]) -> None:
    """What a delivery told that was given up on, only the tracker can say; nobody else asks it."""
    for key in sorted(one for one in keys if one[0] in task.work.sources):
        fetch_now(task.work, task.tools.client(key[0]), key, frozenset({"core"}))


def last_look(task: Task, key: Key) -> Callable[[], None]:
    """Right before the socket: the ticket as it stands in the store at that moment."""

    def look() -> None:
        half = held(task, key)
        if half is None:
            raise task.wait("the ticket is not held any more", SOON)
        found = may_leave(task, half)
        if not found.passes:
            raise task.wait(found.reason, SOON)

    return look


def held(task: Task, key: Key) -> Half | None:
    """A ticket as far as this has to know it: without comments, links and times."""
    with task.work.store.read() as connection:
        ticket = whole_tickets(connection, [key]).get(key)
        fate, settled = standing.of(connection, key)
    return Half(key, ticket, fate, settled) if ticket and fate else None


def carried_from(pair: Pair, side: Side) -> Half:
    """The half whose words are written on `side`."""
    half = pair.left if side == "right" else pair.right
    if half is None:
        raise Parks("one of the two tickets is not held")
    return half
