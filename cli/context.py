"""What a command works with: settings, telemetry, store; workers and reconciler when needed.

No command rings the queue: what it caused it drains itself, in this process, before it exits. Most
commands only look, so workers and reconciler, half of the time to start, are imported at first use.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import typer

from cli.given import given
from runtime import config, telemetry
from runtime.clock import utc_now
from runtime.credentials import Secrets
from runtime.telemetry import Telemetry
from runtime.telemetry.redact import Redactor
from schemas.errors import ConfigError, TicketsyncError
from schemas.record import Page
from schemas.settings import Settings
from schemas.source import LOCAL, Source
from store import derived, doubts, journal, mirrors, sources
from store.database import Store, open_for, ready
from store.grants import Grants
from store.journal import Lane
from store.notices import Teller

if TYPE_CHECKING:
    from reconciler.parts import Parts
    from runtime.clients import Lanes
    from workers.work import Work

Progress = Callable[[Source, Page, int], None]
DOUBTS_AT_ONCE = 1_000
NOTIFY_SECONDS, LINGER_SECONDS = 4.0, 1.0


@dataclass(slots=True)
class Opened:
    """An open store with all that belongs to it; `declared` are the sources by name."""

    settings: Settings
    secrets: Secrets
    telemetry: Telemetry
    store: Store
    declared: dict[str, Source]
    touched: set[str] = field(default_factory=set)
    tell: Teller = field(default_factory=Teller)
    _work: "Work | None" = None
    _budgets: "Lanes | None" = None

    @property
    def known(self) -> dict[str, Source]:
        """All sources there are tickets of: the declared ones, and that of local tickets."""
        return self.declared | {LOCAL: config.local_source()}

    @property
    def work(self) -> "Work":
        """The tools of the workers, made at first use."""
        import workers.app

        if self._work is None:
            work = workers.app.prepare(
                self.settings, self.store, self.telemetry, budgets=self.budgets
            )
            self._work = replace(work, tell=self.tell)
        return self._work

    @property
    def budgets(self) -> "Lanes":
        """The rate budgets that all work of this command shares."""
        from runtime import limits

        if self._budgets is None:
            metrics = self.telemetry.metrics
            self._budgets = limits.connect(self.settings.queue.url, metrics=metrics)
        return self._budgets

    @budgets.setter
    def budgets(self, lanes: "Lanes") -> None:
        self._budgets = lanes

    @property
    def redactor(self) -> Redactor:
        """Strikes out our own secrets, should a tracker ever have repeated one."""
        return Redactor(self.secrets.values(tuple(self.declared.values())))

    def parts(self, progress: Progress) -> "Parts":
        """The parts of a reconcile that applies in this process what it finds."""
        import reconciler.app

        parts = reconciler.app.prepare(
            self.settings, self.store, self.drain, settle=self._settled, budgets=self.budgets
        )
        return replace(parts, progress=progress, tell=self.tell)

    def _settled(self, source: str, session: int | None) -> bool:
        """Whether a session's deliveries are applied: `wake` did it, unless some have failed."""
        with self.store.read() as connection:
            return not journal.open_lanes(connection, source, session)

    def drain(self, lanes: Sequence[Lane]) -> None:
        """Applies what is pending in these lanes, and asks about what that left in doubt."""
        from workers.drain import drain
        from workers.refetch import follow

        follow(self.work, drain(self.work, lanes))
        self.touched |= {source for source, _ in lanes}

    def paused(self, source: str) -> bool:
        """Whether a person stopped it."""
        with self.store.read() as connection:
            state = sources.state(connection, source)
        return state is not None and state.status == "paused"

    def catch_up(self, source: str) -> None:
        """Applies whatever else waits for a source, also what an earlier process left."""
        from workers.refetch import refetch

        with self.store.read() as connection:
            lanes = journal.open_lanes(connection, source)
        self.drain(lanes)
        with self.store.read() as connection:
            due = doubts.due(connection, [source], utc_now(), DOUBTS_AT_ONCE)
        refetch(self.work, source, [ticket for _, ticket in due])
        self.touched.add(source)

    def render(self) -> int:
        """Writes the files of what was touched, and all that is derived from it; how many files."""
        from workers.render import render

        touched, self.touched = self.touched, set()
        if not touched:
            return 0
        derived.bring_up(self.store, self.known, utc_now())
        return render(self.work, touched)

    def notify(self) -> None:
        """Sends what was told here, for a few seconds; the rest is left to `up`."""
        if self.tell.recorded.is_set() and self.work.sender is not None:
            self.work.sender.send_due(NOTIFY_SECONDS, LINGER_SECONDS)

    def close(self) -> None:
        """Ends what the work of this command had opened beside the store."""
        if self._work is not None and self._work.sender is not None:
            self._work.sender.stop()

    def bring(self, source: str) -> int:
        """Brings attachments that are due, where they are wanted; how many files changed by it."""
        from workers.attachments import bring

        if bring(self.work, [source]):
            self.touched.add(source)
        return self.render()

    def source(self, name: str) -> Source:
        """A source by name or webhook address; an unknown one is a usage error."""
        return config.local_source() if name == LOCAL else pick(self.declared.values(), name)

    def chosen(self, names: Iterable[str]) -> list[Source]:
        """These sources, or all of them when none is named."""
        return [self.source(name) for name in names] or list(self.declared.values())


def pick(declared: Iterable[Source], name: str) -> Source:
    """A source by name or slug; raises ConfigError that lists those there are."""
    known = list(declared)
    for source in known:
        if name in (source.name, source.slug):
            return source
    names = ", ".join(f'"{source.name}"' for source in known) or "none"
    raise ConfigError(f'no source "{name}" is configured; there are: {names}')


@contextmanager
def opened(ctx: typer.Context, *, verbose: bool = False) -> Iterator[Opened]:
    """Everything open, and at the end the files of touched tickets written. Raises ConfigError."""
    settings = config.load(given(ctx).config)
    secrets = config.secrets(settings)
    declared = config.sources(settings)
    told = telemetry.start(settings, process="cli", secrets=secrets.values(declared))
    if not (verbose or given(ctx).verbose):
        _hush()
    try:
        store = open_for(settings)
        try:
            _check(store, declared, settings)
            secrets = config.secrets(settings, grants=Grants(store, config.sealing(settings)))
            known = {one.name: one for one in declared}
            here = Opened(settings, secrets, told, store, known, tell=Teller.of(settings.notices))
            with closing(here), _reporting(told):
                yield here
                here.render()
                here.notify()
        finally:
            store.close()
    finally:
        told.close()


def _hush() -> None:
    """On the screen only what a person has to know; log files get everything."""
    for output in logging.getLogger().handlers:
        if isinstance(output, logging.StreamHandler):
            output.setLevel(logging.WARNING)


def _check(store: Store, declared: Sequence[Source], settings: Settings) -> None:
    """The schema is ours, and the tables of sources and mirrors agree with the file."""
    fault = ready(store)
    if fault is not None:
        raise ConfigError(f"[store] url: {fault}")
    with store.read() as connection:
        known = set(sources.states(connection))
        moved = mirrors.differ(connection, settings.mirrors)
    if known != {source.name for source in declared}:
        with store.write() as connection:
            sources.declare(connection, declared, utc_now())
    if moved:
        with store.write() as connection:
            mirrors.declare(connection, settings.mirrors, utc_now())


@contextmanager
def _reporting(told: Telemetry) -> Iterator[None]:
    """An error that nobody foresaw is told to Sentry, when there is one."""
    try:
        yield
    except (TicketsyncError, typer.Exit, typer.Abort):
        raise
    except Exception as error:
        told.capture(error)
        raise
