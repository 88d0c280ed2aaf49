"""Stand-ins with mirrors between them, and a whole ticketsync beside them in this process."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import tomlkit

import reconciler.app
import workers.app
from cli.stage import SECRET, Stand, configure
from reconciler import session as reconcile
from reconciler.parts import Parts
from runtime import config, telemetry
from sandbox.register import module_of
from schemas.mirror import Mapping, Mirror
from schemas.ticket import Ticket
from store import known, mappings, mirrors
from store.database import Store, open_for
from store.whole import whole_tickets
from workers.drain import drain
from workers.mirrors.push import push_due
from workers.mirrors.task import Pushed
from workers.refetch import follow
from workers.work import Work


@dataclass
class Clock:
    """The time, that a test may move on."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_by(self, **spans: float) -> None:
        self.ahead += timedelta(**spans)


@dataclass
class Mirroring:
    """Everything, open."""

    folder: Path
    stands: dict[str, Stand]
    store: Store
    work: Work
    parts: Parts
    clock: Clock
    pushed: list[Pushed] = field(default_factory=list)

    def read(self, *names: str, full: bool = False) -> None:
        """One reconcile session of each of these sources, or of all."""
        for name in names or self.stands:
            done = reconcile.run(self.parts, self.parts.sources[name], full=full, wait_seconds=20)
            assert done.status == "complete", done.error

    def push(self) -> Pushed:
        """All that is due."""
        done = push_due(self.work)
        self.pushed.append(done)
        assert not done.errors, done.errors
        return done

    def sync(self, rounds: int = 1) -> Pushed:
        """Reads everything and pushes; what the last round did."""
        for _ in range(rounds):
            self.read()
            done = self.push()
        return done

    def act(self, source: str, name: str, /, **args: Any) -> Any:
        """Somebody does something at a tracker."""
        return self.stands[source].running.site.perform(name, args)

    def requests(self, source: str) -> list[dict[str, Any]]:
        """What a tracker was asked since the log was last cleared."""
        found: list[dict[str, Any]] = self.stands[source].running.requests.as_json()["requests"]
        return found

    def writes(self, source: str) -> list[dict[str, Any]]:
        """Requests that change something, by their method; GraphQL ones by their text."""
        return [one for one in self.requests(source) if one["method"] not in ("GET", "HEAD")]

    def forget_requests(self) -> None:
        for one in self.stands.values():
            one.running.requests.clear()

    def tickets(self, source: str) -> dict[str, dict[str, Any]]:
        """The truth at a tracker, by key."""
        return {one["key"]: one for one in self.stands[source].tickets}

    def held(self, source: str) -> dict[str, Ticket]:
        """What the store holds, by id."""
        with self.store.read() as connection:
            keys = [(source, one) for one in sorted(known.ids_here(connection, source))]
            found = whole_tickets(connection, keys, parts=True)
        return {key[1]: one for key, one in found.items()}

    def mirror(self, name: str | None = None) -> Mirror:
        with self.store.read() as connection:
            every = mirrors.every(connection)
        return next(one for one in every if name is None or one.name == name)

    def mappings(self, name: str | None = None) -> list[Mapping]:
        with self.store.read() as connection:
            return mappings.find(connection, self.mirror(name).id, limit=100_000)


@contextmanager
def mirroring(
    folder: Path,
    sources: dict[str, str],
    mirrors_: Sequence[dict[str, Any]],
    *,
    options: dict[str, dict[str, Any]] | None = None,
    tickets: int = 0,
    store: str = "",
) -> Iterator[Mirroring]:
    """`sources` are names to trackers, `mirrors_` the `[[mirrors]]` tables, `options` more keys of
    a source by its name, `store` the address of a database."""
    stage = configured(folder, sources, mirrors_, options=options, tickets=tickets, store=store)
    with stage as (file, found), opened(folder, file, found) as scene:
        yield scene


@contextmanager
def configured(
    folder: Path,
    sources: dict[str, str],
    mirrors_: Sequence[dict[str, Any]],
    *,
    options: dict[str, dict[str, Any]] | None = None,
    tickets: int = 0,
    store: str = "",
) -> Iterator[tuple[Path, list[Stand]]]:
    """The stand-ins at work, and the configuration that names them."""
    with ExitStack() as stack:
        found = []
        for name, tracker in sources.items():
            module = module_of(tracker)
            running = module.start(tickets=tickets, comments=0, webhook_secret=SECRET)
            stack.callback(running.stop)
            found.append(Stand(name, running, module.announce(running)))
        file = configure(folder, found)
        _more(folder, file, found, mirrors_, options or {}, store)
        yield file, found


@contextmanager
def opened(folder: Path, file: Path, found: Sequence[Stand]) -> Iterator[Mirroring]:
    """Everything that a process has, on a store that may exist already."""
    settings = config.load(file, {})
    store = open_for(settings)
    told = telemetry.start(settings, process="cli", secrets=())
    clock = Clock()
    work = replace(workers.app.prepare(settings, store, told), now=clock)

    def wake(lanes: Sequence[Any]) -> None:
        follow(work, drain(work, lanes))

    parts = reconciler.app.prepare(settings, store, wake, settle=lambda *_: True)
    try:
        by_name = {one.source: one for one in found}
        yield Mirroring(folder, by_name, store, work, replace(parts, now=clock), clock)
    finally:
        store.close()
        told.close()


def _more(
    folder: Path,
    file: Path,
    found: Sequence[Stand],
    mirrors_: Sequence[dict[str, Any]],
    options: dict[str, dict[str, Any]],
    store: str,
) -> None:
    """Each source has its own token, and the mirrors are there."""
    document = tomlkit.parse(file.read_text())
    variables = (folder / ".env").read_text()
    for number, table in enumerate(document["sources"]):  # type: ignore[arg-type,var-annotated]
        table["token_env"] = f"TOKEN_{number}"
        variables += f"TOKEN_{number}={found[number].told['token']}\n"
        for key, value in options.get(found[number].source, {}).items():
            table[key] = value
    tables = tomlkit.aot()
    for one in mirrors_:
        tables.append(tomlkit.item(one))
    if mirrors_:
        document["mirrors"] = tables
    if store:
        document["store"] = {"url": store}
    file.write_text(tomlkit.dumps(document))
    (folder / ".env").write_text(variables)
