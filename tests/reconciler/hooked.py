"""A stand-in tracker with our webhook, an address that takes it, and the hourly look at both."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cli.stage import SECRET, Stand, configure, stands
from reconciler import app, hooks
from reconciler.parts import Parts
from runtime import config
from schemas.source import Source
from schemas.tracker import HookLook
from store import audit, leases, passes
from store.database import Store, open_store


class Address:
    """Takes webhooks and answers `status`; `url` is what is public of us."""

    def __init__(self) -> None:
        self.status = 200
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@dataclass
class Hooked:
    """One tracker, our parts, and what was looked at so far."""

    stand: Stand
    parts: Parts
    address: Address
    looks: list[HookLook] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return self.parts.sources[self.stand.source]

    @property
    def running(self) -> Any:
        return self.stand.running

    @property
    def url(self) -> str:
        return self.parts.settings.web.webhook(self.source.slug)

    def consent(self) -> None:
        """`mend_hooks = true`."""
        agreed = self.source.model_copy(update={"mend_hooks": True})
        self.parts = replace(self.parts, sources={agreed.name: agreed})

    def client(self) -> Any:
        return self.parts.connect(self.source)

    def register(self) -> None:
        """As `hooks register` does."""
        client = self.client()
        client.ensure_hook(self.url, SECRET)
        client.close()
        assert self.running.outbox.idle(10)

    def look(self, now: datetime | None = None) -> HookLook:
        """The hourly look; what it found is kept as the pass's mark."""
        now = now or datetime.now(UTC)
        client = self.client()
        found = hooks.check(self.parts, self.source, client, now)
        client.close()
        keep_look(self.parts.store, self.source.name, found)
        self.looks.append(found)
        return found

    def audited(self) -> list[str]:
        with self.parts.store.read() as connection:
            return [f"{one['who']}: {one['action']}" for one in audit.find(connection)]


def keep_look(store: Store, source: str, found: HookLook) -> None:
    """The mark of the pass, as a session keeps it."""
    with store.write() as connection:
        lease = leases.take(connection, f"reconcile:{source}", "a test")
        assert lease is not None
        passes.begin(connection, source, "hooks", 1, found.at)
        assert passes.mark(connection, source, "hooks", found.as_json(), lease)
        passes.end(connection, source, "hooks", found.at)
        leases.release(connection, lease)


@contextmanager
def hooked(tracker: str, folder: Path) -> Iterator[Hooked]:
    """Our webhook is registered at a stand-in with some tickets."""
    address = Address()
    try:
        with stands([tracker], 6, 2) as [stand]:
            settings = config.load(configure(folder, [stand]), environ={"PUBLIC_URL": address.url})
            store = open_store(settings.store.url, folder)
            try:
                made = Hooked(stand, app.prepare(settings, store, lambda _: None), address)
                made.register()
                yield made
            finally:
                store.close()
    finally:
        address.close()
