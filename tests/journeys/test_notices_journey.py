"""From a person's act at the tracker to a stranger's receiver, and through kills and silences."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from cli.together import Together, assemble
from reconciler import session as reconcile
from runtime import config
from runtime.telemetry import Telemetry
from sandbox.github import app as github
from store import known, outbox
from store.database import Store, open_store
from store.notices import change_status
from store.tables import notices
from tests.chaos.processes import UP, Process, until_ready
from tests.conftest import Database
from tests.listening import SECRET, Got, Listener, listening
from tests.servers import free_port
from workers.sweep import sweep

pytestmark = pytest.mark.timeout(120)
SOURCE = "shop"


@dataclass
class Telling:
    """A ticketsync at work in this process, that tells."""

    together: Together
    tracker: github.Running

    def read(self) -> None:
        """One session, and what follows of it."""
        parts, work = self.together.parts, self.together.work
        assert parts is not None
        assert work is not None
        reconcile.run(parts, parts.sources[SOURCE], wait_seconds=20)
        until(lambda: not self._is_busy(), lambda: sweep(work))

    def _is_busy(self) -> bool:
        with self.together.store.read() as connection:
            return known.unsettled(connection, SOURCE)

    def states(self) -> Counter[str]:
        with self.together.store.read() as connection:
            return Counter(one.state for one in outbox.find(connection, limit=1_000))


@pytest.fixture
def tracker() -> Iterator[github.Running]:
    with github.start(tickets=3, comments=2) as running:
        yield running


@contextmanager
def at_work(database: Database, tracker: github.Running, url: str) -> Iterator[Telling]:
    configure(database.folder, tracker, url, store=database.url)
    settings = config.load(database.folder / "ticketsync.toml", environ={})
    together = assemble(settings, Telemetry(), schedule=False)
    try:
        yield Telling(together, tracker)
    finally:
        together.close()


def configure(
    folder: Path, tracker: github.Running, url: str, store: str = "sqlite:///ticketsync.db"
) -> None:
    (folder / "ticketsync.toml").write_text(
        f"""
        [store]
        url = "{store}"
        [log]
        level = "warning"
        [workspace]
        path = "tickets"
        [notices]
        url = "{url}"
        allow_private = true
        [[sources]]
        name = "{SOURCE}"
        tracker = "github"
        url = "{tracker.repo_url}"
        api_url = "{tracker.url}"
        token_env = "SHOP_TOKEN"
        filter = {{ state = "all" }}
        """
    )
    (folder / ".env").write_text(
        f"SHOP_TOKEN={tracker.plan.token}\nTICKETSYNC_NOTICES_SECRET={SECRET}\n"
    )


def until(enough: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Waits for something, at most half a minute."""
    end = time.monotonic() + 30
    while not enough():
        assert time.monotonic() < end, "waited in vain"
        meanwhile()
        time.sleep(0.05)


def has(**wanted: int) -> Callable[[list[Got]], bool]:
    """Whether so many of each type came, at least."""

    def enough(got: list[Got]) -> bool:
        came = Counter(one.type for one in got)
        return all(came[kind] >= count for kind, count in wanted.items())

    return enough


def test_what_happens_at_the_tracker_arrives_once_each_and_signed(
    database: Database, tracker: github.Running
) -> None:
    with listening() as receiver, at_work(database, tracker, receiver.url) as telling:
        telling.read()
        receiver.wait(has(SyncCompleted=1, ExternalTicketCreated=3))
        number = tracker.acts.open("The till jams", "every morning").number
        tracker.acts.edit(1, title="Another title")
        tracker.acts.comment(2, "Seen it too.")
        telling.read()
        receiver.wait(has(SyncCompleted=2, ExternalTicketCreated=4, ExternalTicketUpdated=2))
        with telling.together.store.write() as connection:
            tell = telling.together.parts.tell
            change_status(connection, tell, SOURCE, "paused", "by hand", datetime.now(UTC))
        receiver.wait(has(SyncStatusChanged=2))
        until(lambda: set(telling.states()) == {"sent"})
        assert_each_once(receiver)
        assert receiver.types().count("SyncStarted") == 2
        created = [g.content for g in receiver.got if g.type == "ExternalTicketCreated"]
        assert sorted(one["key"] for one in created) == ["1", "2", "3", str(number)]
        changed = {g.content["key"] for g in receiver.got if g.type == "ExternalTicketUpdated"}
        assert {"1", "2"} <= changed
        reasons = [g.content["reason"] for g in receiver.got if g.type == "SyncStatusChanged"]
        assert reasons[-1] == "by hand"


def assert_each_once(receiver: Listener) -> None:
    for got in receiver.got:
        assert got.is_signed()
        Webhook(SECRET).verify(got.raw, dict(got.headers))  # and as the standard's library sees it
    keys = Counter(got.key for got in receiver.got)
    assert set(keys.values()) == {1}
    places = [got.content["sequence"] for got in receiver.got]
    assert len(set(places)) == len(places)


def test_a_session_that_fails_is_told_with_its_error(
    database: Database, tracker: github.Running
) -> None:
    with listening() as receiver, at_work(database, tracker, receiver.url) as telling:
        tracker.faults.set(errors=1.0)
        telling.read()
        got = receiver.wait(has(SyncError=1))
        (told,) = [one.content for one in got if one.type == "SyncError"]
        assert told["source"] == SOURCE
        assert "HTTP 5" in told["error"]
        assert tracker.plan.token not in str(told)


def test_a_receiver_that_was_down_gets_everything_when_it_is_up(
    database: Database, tracker: github.Running
) -> None:
    port = free_port()
    with at_work(database, tracker, f"http://127.0.0.1:{port}/in") as telling:
        telling.read()
        until(lambda: tried(telling.together.store))
        assert telling.states()["waiting"] >= 5
        with listening(port) as receiver:
            receiver.wait(has(SyncCompleted=1, ExternalTicketCreated=3), seconds=40)
            until(lambda: set(telling.states()) == {"sent"})
            assert_each_once(receiver)


def tried(store: Store) -> bool:
    with store.read() as connection:
        return any(one.attempts for one in outbox.find(connection, limit=100))


@pytest.mark.slow
def test_a_kill_before_an_answer_came_sends_again_under_the_same_id(
    tmp_path: Path, tracker: github.Running
) -> None:
    """The receiver takes the request and says nothing: to us it is committed and not sent."""
    with listening() as receiver:
        configure(tmp_path, tracker, receiver.url)
        receiver.answers.clear()
        with up(tmp_path, "first") as process:
            first = receiver.wait(lambda got: len(got) >= 1)[0].key
            process.send(signal.SIGKILL)
            process.wait(10)
        receiver.answers.set()
        forget_claims(tmp_path)
        with up(tmp_path, "second"):
            receiver.wait(lambda got: sum(one.key == first for one in got) >= 2)
            receiver.wait(has(ExternalTicketCreated=3))
        assert all(got.is_signed() for got in receiver.got)
        again = [one for one in receiver.got if one.key == first]
        assert len({one.raw for one in again}) == 1


@contextmanager
def up(folder: Path, name: str) -> Iterator[Process]:
    port = free_port()
    arguments = (*UP, "up", "--port", str(port))
    with Process(arguments, folder / f"{name}.log", {}, folder) as process:
        until_ready(port, process)
        yield process


def forget_claims(folder: Path) -> None:
    """A minute passes: claims of the killed come to their end."""
    store = open_store("sqlite:///ticketsync.db", folder)
    with store.write() as connection:
        waiting = notices.update().where(notices.c.due_at.is_not(None))
        moved = connection.execute(waiting.values(due_at=datetime.now(UTC)))
        assert moved.rowcount > 0
        left = sa.select(sa.func.count()).where(notices.c.sent_at.is_not(None))
        assert connection.execute(left).scalar_one() == 0
    store.close()
