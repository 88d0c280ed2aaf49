"""One step of the workers, for tests."""

from schemas.delivery import Arrival
from store.database import Store
from tests.builders import a_work, keep, lanes
from workers.drain import Drained, drain
from workers.work import Work


def drained(store: Store, *arrivals: Arrival, work: Work | None = None) -> Drained:
    """Journals deliveries and drains their lanes."""
    keep(store, *arrivals)
    return drain(work or a_work(store), lanes(arrivals))
