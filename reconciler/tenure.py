"""Tenure: a source's lease held while a session runs, renewed on a thread of its own."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import StoreAway, Transient
from store import leases
from store.database import Store
from store.leases import Lease

RENEW_SECONDS = 5.0


class Busy(Transient):
    """Somebody else reconciles this source now."""


@contextmanager
def tenure(store: Store, source: str, holder: str, wait_seconds: float = 0.0) -> Iterator[Lease]:
    """The lease of a source; waits for it at most so long. Raises Busy naming the holder."""
    # Two runs in one process are two holders: a lease may be taken again by its own.
    mine = f"{holder}:{uuid.uuid4().hex[:4]}"
    lease = _take(store, f"reconcile:{source}", mine, time.monotonic() + wait_seconds)
    stop = threading.Event()
    renewing = threading.Thread(target=_renew, args=(store, lease, stop), daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        stop.set()
        renewing.join(RENEW_SECONDS)
        with store.write() as connection:
            leases.release(connection, lease)


def _take(store: Store, name: str, holder: str, until: float) -> Lease:
    while True:
        with store.write() as connection:
            lease = leases.take(connection, name, holder)
            if lease is not None:
                return lease
            other = leases.holder_of(connection, name)
        if time.monotonic() >= until:
            raise Busy(f"{name.partition(':')[2]} is being reconciled by {other}")
        time.sleep(0.2)


def _renew(store: Store, lease: Lease, stop: threading.Event) -> None:
    """A renewal that fails is no matter: the fence keeps a late holder from writing."""
    while not stop.wait(RENEW_SECONDS):
        try:
            with store.write() as connection:
                if not leases.renew(connection, lease):
                    return
        except StoreAway:
            continue
