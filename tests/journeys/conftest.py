"""A whole ticketsync in this process beside a sandbox GitHub, on both databases."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from cli.compare import Difference, differences, files_by_key
from cli.together import Together
from reconciler import session as reconcile
from reconciler.parts import Parts
from runtime import config
from sandbox.github import app as github
from sandbox.github.acts import Acts
from schemas.delivery import Delivery
from schemas.session import Session
from schemas.ticket import Ticket
from store import journal, known
from store.tables import tickets
from store.whole import whole_tickets
from store.workspace.layout import source_folder
from store.workspace.read import ReadFile
from tests.conftest import Database
from tests.journeys.any_tracker import served
from workers.sweep import sweep
from workers.work import Work

SOURCE = "shop"
SECRET = "journey-secret-0123456789"
REST_SECONDS = 40.0


@dataclass
class Journey:
    """What a test does and looks at. `rest` lets everything that is under way come to its end."""

    folder: Path
    tracker: github.Running
    together: Together
    address: str
    sessions: list[Session] = field(default_factory=list)

    @property
    def acts(self) -> Acts:
        return self.tracker.acts

    @property
    def parts(self) -> Parts:
        assert self.together.parts is not None
        return self.together.parts

    @property
    def work(self) -> Work:
        assert self.together.work is not None
        return self.together.work

    def listen(self) -> None:
        """Registers the webhook at the tracker, as `hooks register` does."""
        client = self.parts.connect(self.parts.sources[SOURCE])
        client.ensure_hook(self.address, SECRET)
        client.close()
        assert self.tracker.outbox.idle(10)

    def reconcile(self, *, full: bool = False) -> Session:
        """One session and what follows of it."""
        done = reconcile.run(self.parts, self.parts.sources[SOURCE], full=full, wait_seconds=20)
        self.sessions.append(done)
        self.rest()
        return done

    def rest(self) -> None:
        """Until nothing is on its way, pending, in doubt or to be written."""
        assert self.tracker.outbox.idle(REST_SECONDS)
        until = time.monotonic() + REST_SECONDS
        while self._is_busy():
            assert time.monotonic() < until, "not at rest"
            time.sleep(0.05)
            sweep(self.work, older_than=timedelta(seconds=1))

    def _is_busy(self) -> bool:
        with self.together.store.read() as connection:
            return known.unsettled(connection, SOURCE)

    def differences(self) -> list[Difference]:
        """The tracker against SQL and the files."""
        with self.together.store.read() as connection:
            keys = [(SOURCE, one) for one in sorted(known.ids_here(connection, SOURCE))]
            stored = whole_tickets(connection, keys, parts=True)
        return list(differences(self.tracker.neutral()["tickets"], stored.values(), self.files()))

    def files(self) -> dict[int, ReadFile]:
        return files_by_key(self.folder / "tickets" / source_folder(SOURCE))

    def ticket(self, number: int) -> Ticket:
        """A ticket as SQL holds it, whatever became of it."""
        key = (SOURCE, str(number))
        with self.together.store.read() as connection:
            return whole_tickets(connection, [key], parts=True)[key]

    def fate(self, number: int) -> tuple[str, str]:
        """(fate, reason) of a ticket."""
        query = sa.select(tickets.c.fate, tickets.c.fate_reason)
        with self.together.store.read() as connection:
            row = connection.execute(query.where(tickets.c.external_id == str(number))).one()
        return row.fate, row.fate_reason

    def deliveries(self, **wanted: str) -> list[Delivery]:
        """Deliveries, oldest first."""
        with self.together.store.read() as connection:
            return journal.find(connection, limit=10_000, **wanted)[::-1]

    def said_of_ticket(self, number: int) -> str:
        """The text of its file."""
        (path,) = (self.folder / "tickets" / SOURCE).glob(f"{number}_*/ISSUE.md")
        return path.read_text()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test does not wait twenty seconds for a comment that might be on its way."""
    monkeypatch.setattr("workers.rules.doubt.COUNT_GRACE", timedelta(seconds=0.5))


@pytest.fixture
def journey(database: Database) -> Iterator[Journey]:
    """At work and listening, on an empty tracker."""
    with github.start(webhook_secret=SECRET) as tracker:
        settings = config.load(_configure(database, tracker), environ={})
        with served(settings) as (together, address):
            address = f"{address}/webhooks/{SOURCE}"
            made = Journey(database.folder, tracker, together, address)
            made.listen()
            yield made


def _configure(database: Database, tracker: github.Running) -> Path:
    file = database.folder / "ticketsync.toml"
    file.write_text(
        f"""
        [store]
        url = "{database.url}"
        [workspace]
        path = "tickets"
        [[sources]]
        name = "{SOURCE}"
        tracker = "github"
        url = "{tracker.repo_url}"
        api_url = "{tracker.url}"
        token_env = "SHOP_TOKEN"
        webhook_secret_env = "SHOP_SECRET"
        filter = {{ state = "all" }}
        """
    )
    secrets = f"SHOP_TOKEN={tracker.plan.token}\nSHOP_SECRET={SECRET}\n"
    (database.folder / ".env").write_text(secrets)
    return file
