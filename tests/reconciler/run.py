"""Parts of a reconcile around a pretended tracker, with workers in the same process."""

from collections.abc import Callable, Sequence
from typing import Any

from reconciler.parts import Parts
from schemas.settings import Settings
from schemas.source import Source
from store import sources
from store.database import Store
from store.journal import Lane
from tests.builders import NOW, Clock, a_source, a_work
from tests.pretend import Pretend
from workers.drain import drain
from workers.refetch import follow
from workers.work import Work


def waking(work: Work) -> Callable[[Sequence[Lane]], None]:
    """Drains in this process and asks about doubts at once."""
    return lambda lanes: follow(work, drain(work, lanes))


def a_parts(
    store: Store,
    tracker: Pretend,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    work: Work | None = None,
    source: Source | None = None,
    **over: Any,
) -> Parts:
    """Parts for one source; `wake` drains in this process unless it is given."""
    now = clock or Clock()
    source = source or a_source()
    work = work or a_work(store, source, connect=tracker.connect, now=now)
    plain: dict[str, Any] = {
        "connect": tracker.connect,
        "credential": lambda _: "a credential",
        "wake": waking(work),
        "settle": lambda *_: True,
        "now": now,
        "tracker": work.tracker,
    }
    return Parts(
        store=store,
        settings=settings or Settings(),
        sources={source.name: source},
        **(plain | over),
    )


def declare(store: Store, *declared: Source) -> None:
    """Makes the rows of sources."""
    with store.write() as connection:
        sources.declare(connection, list(declared) or [a_source()], NOW)
