"""The scene of a kill: a configuration, our processes on it, and what the journal says after."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from store.database import Store, open_store
from store.tables import deliveries, tickets
from tests.chaos.load import PROJECT, SECRET, SOURCE, Load
from tests.chaos.processes import UP, WEB, WORKER, WORKER_END, Process, until_ready
from tests.servers import free_port

NOBODY = "http://127.0.0.1:9"
GONE = {"applied", "unchanged", "stale", "ignored", "dead"}


@dataclass(frozen=True)
class Row:
    """One delivery as the journal ends up with it."""

    key: str
    outcome: str | None
    received_at: datetime
    done_at: datetime | None

    @property
    def seconds(self) -> float:
        assert self.done_at is not None
        return (self.done_at - self.received_at).total_seconds()


@dataclass
class Scene:
    """A folder with a configuration; `database` and `queue` are empty for the embedded ones."""

    folder: Path
    database: str = ""
    queue: str = ""
    api_url: str = NOBODY
    url: str = f"https://github.com/{PROJECT}"
    port: int = field(default_factory=free_port)
    stack: ExitStack = field(default_factory=ExitStack)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ticketsync.toml").write_text(
            f"""
            [log]
            level = "warning"
            [[sources]]
            name = "{SOURCE}"
            tracker = "github"
            url = "{self.url}"
            api_url = "{self.api_url}"
            webhook_secret_env = "SHOP_SECRET"
            filter = {{ state = "all" }}
            """
        )
        self.environ |= {
            "TICKETSYNC_CONFIG": str(self.config),
            "SHOP_SECRET": SECRET,
            "DATABASE_URL": self.database,
            "REDIS_URL": self.queue,
        }

    @property
    def config(self) -> Path:
        return self.folder / "ticketsync.toml"

    def run(self, name: str, *arguments: str) -> Process:
        """A process of ours; it is killed at the end of the scene."""
        made = Process(arguments, self.folder / f"{name}.log", self.environ, self.folder)
        return self.stack.enter_context(made)

    def up(self, *doors: str) -> Process:
        """`up`, ready."""
        command = (*UP, "--config", str(self.config), "up", *doors, "--port", str(self.port))
        return self._ready(self.run("up", *command))

    def web(self) -> Process:
        """The receiver as the Procfile starts it, ready."""
        return self._ready(self.run("web", *WEB, "--port", str(self.port)))

    def worker(self, name: str = "worker") -> Process:
        """A worker as the Procfile starts it."""
        return self.run(name, *WORKER, *WORKER_END)

    def load(self, **options: float) -> Load:
        """Senders for the receiver; they end with the scene."""
        load = Load(self.port, **options)  # type: ignore[arg-type]
        self.stack.callback(load.stop)
        return load

    def store(self) -> Store:
        url = self.database or "sqlite:///ticketsync.db"
        store = open_store(url, self.folder)
        self.stack.callback(store.close)
        return store

    def _ready(self, process: Process) -> Process:
        until_ready(self.port, process)
        return process

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()


def journal(store: Store) -> list[Row]:
    """Every delivery that came by webhook."""
    columns = ("delivery_key", "outcome", "received_at", "done_at")
    query = sa.select(*(deliveries.c[name] for name in columns))
    with store.read() as connection:
        found = connection.execute(query.where(deliveries.c.via == "webhook"))
        return [Row(*row) for row in found]


def titles(store: Store) -> dict[int, str]:
    """The title of each ticket."""
    query = sa.select(tickets.c.number, tickets.c.title).where(tickets.c.source == SOURCE)
    with store.read() as connection:
        return {row.number: row.title for row in connection.execute(query)}


def until_settled(store: Store, seconds: float) -> float:
    """Waits until nothing is pending; how long that took."""
    return until(
        lambda: pending(store) == 0, seconds, lambda: f"{pending(store)} deliveries are pending"
    )


def pending(store: Store) -> int:
    """How many deliveries have no outcome yet."""
    query = sa.select(sa.func.count()).where(deliveries.c.outcome.is_(None))
    with store.read() as connection:
        return connection.execute(query).scalar_one()


def until(
    true: Callable[[], bool], seconds: float, why: Callable[[], str] = lambda: "not in time"
) -> float:
    """Waits until something holds; how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, why()
        time.sleep(0.05)
    return time.monotonic() - began


def assert_kept(load: Load, store: Store) -> list[Row]:
    """Every delivery answered 2xx is there, done, and its ticket's row is right."""
    rows = journal(store)
    kept = {row.key for row in rows}
    assert len(kept) == len(rows)
    assert set(load.acked) - kept == set()
    assert sum(key in kept for key in load.acked) == len(load.acked)
    assert {row.outcome for row in rows} <= GONE - {"dead"}
    assert kept <= set(load.said)
    assert titles(store) == load.promised(kept)
    return rows
