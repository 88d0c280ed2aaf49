"""One of the five trackers and a whole ticketsync beside it, in this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.compare import Difference, differences, files_by_key
from cli.stage import SECRET, Stand, configure, stands
from cli.together import Together, assemble, bind, server_of
from reconciler import session as reconcile
from runtime import config
from runtime.telemetry import Telemetry
from schemas.session import Session
from schemas.settings import Settings
from store import journal, known, sources
from store.whole import whole_tickets
from store.workspace.layout import source_folder

REST_SECONDS = 60.0


@dataclass
class Journey:
    """One tracker, one ticketsync, in this process."""

    folder: Path
    stand: Stand
    together: Together
    address: str

    def listen(self) -> None:
        """Registers the webhook: through the API, or as a person would by hand."""
        url = f"{self.address}/webhooks/{self.stand.source}"
        parts = self.together.parts
        source = parts.sources[self.stand.source]
        if parts.tracker(source.tracker).capabilities.hooks_api:
            client = parts.connect(source)
            client.ensure_hook(url, SECRET)
            assert client.check_hooks(url) == []
            client.close()
        else:
            self.stand.running.add_hook(url, SECRET)
        assert self.stand.running.outbox.idle(10)

    def reconcile(self, *, full: bool = False) -> Session:
        parts = self.together.parts
        done = reconcile.run(parts, parts.sources[self.stand.source], full=full, wait_seconds=20)
        assert done.status == "complete", done.error
        self.rest()
        return done

    def rest(self) -> None:
        """Until nothing is on its way, pending, in doubt or to be written."""
        assert self.stand.running.outbox.idle(REST_SECONDS)
        until = time.monotonic() + REST_SECONDS
        while self._busy():
            assert time.monotonic() < until, "not at rest"
            time.sleep(0.05)

    def _busy(self) -> bool:
        with self.together.store.read() as connection:
            return known.unsettled(connection, self.stand.source)

    def differences(self) -> list[Difference]:
        source = self.stand.source
        with self.together.store.read() as connection:
            keys = [(source, one) for one in sorted(known.ids_here(connection, source))]
            stored = whole_tickets(connection, keys, parts=True)
        files = files_by_key(self.folder / "tickets" / source_folder(source))
        return list(differences(self.stand.tickets, stored.values(), files))

    def status(self) -> str:
        with self.together.store.read() as connection:
            found = sources.state(connection, self.stand.source)
        assert found is not None
        return found.status

    def dead(self) -> list[str]:
        with self.together.store.read() as connection:
            found = journal.find(connection, outcome="dead", limit=20)
        return [f"{one.event}: {one.reason} {one.last_error or ''}" for one in found]


@contextmanager
def at_work(folder: Path, tracker: str, *, tickets: int, comments: int) -> Iterator[Journey]:
    """A journey at a stand-in of that size; nobody listens yet."""
    with stands([tracker], tickets, comments) as [stand]:
        settings = config.load(configure(folder, [stand]), environ={})
        with served(settings) as (together, address):
            yield Journey(folder, stand, together, address)


@contextmanager
def served(settings: Settings) -> Iterator[tuple[Together, str]]:
    """All doors but the clock, and the address at which they answer."""
    listening = bind("127.0.0.1", 0)
    together = assemble(settings, Telemetry(), schedule=False)
    try:
        assert together.app is not None
        server = server_of(together.app)
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            yield together, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            serving.join(10)
    finally:
        together.close()
        listening.close()
