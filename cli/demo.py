"""`demo`: sandbox trackers with invented people, and ticketsync beside them, live on one screen."""

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

from cli.compare import Difference, differences, files_by_key
from cli.live import Live
from cli.stage import SECRET, TRACKERS, Stand, configure, secrets, stands
from cli.together import Together, assemble, bind, server_of
from reconciler import session as reconcile
from reconciler.parts import Parts
from runtime import config, telemetry
from schemas.errors import TicketsyncError
from schemas.session import Session
from store import journal, known
from store.whole import whole_tickets
from store.workspace.layout import source_folder
from workers.app import workspace_of

TICKETS, COMMENTS = 8, 14
ACTS_PER_SECOND = 1.0
RECONCILE_SECONDS = 6.0
QUIET_SECONDS = 60.0
FAULTS = {"drop": 0.15, "double": 0.10, "reorder": 0.10}


@dataclass(slots=True)
class Demo:
    """A running demo; `imported` are the sources that were read once."""

    console: Console
    folder: Path
    stands: Sequence[Stand]
    together: Together
    live: Live
    imported: set[str] = field(default_factory=set)
    found: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def parts(self) -> Parts:
        """The reconciler's tools."""
        assert self.together.parts is not None  # noqa: S101 - assembled with all doors
        return self.together.parts


def demo(*, seconds: float | None = None, port: int = 0, trackers: Sequence[str] = TRACKERS) -> int:
    """Runs until Ctrl-C, or for so many seconds; exit code 0 only if both copies are equal."""
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="ticketsync-demo-"))
    listening = bind("127.0.0.1", port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    live = Live(console)
    with stands(trackers, TICKETS, COMMENTS) as found:
        settings = config.load(configure(folder, found), environ={})
        told = telemetry.start(settings, process="demo", secrets=secrets(found))
        together = assemble(settings, told, observer=live, schedule=False)
        run = Demo(console, folder, found, together, live)
        try:
            with _Serving(together, listening):
                _introduce(run, address)
                return _play(run, address, seconds)
        finally:
            together.close()
            told.close()
            listening.close()


class _Serving:
    """The receiver on a thread; its end waits for the requests under way."""

    def __init__(self, together: Together, listening: object) -> None:
        assert together.app is not None  # noqa: S101 - assembled with all doors
        self._server = server_of(together.app)
        run: Callable[..., None] = self._server.run
        self._thread = threading.Thread(
            target=run, kwargs={"sockets": [listening]}, name="web", daemon=True
        )

    def __enter__(self) -> None:
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


def _introduce(run: Demo, address: str) -> None:
    say = partial(run.console.print, soft_wrap=True)
    say(f"[bold]{len(run.stands)} sandbox trackers[/] with invented people:")
    for one in run.stands:
        say(f"  {one.source:<13} {one.running.project_url}")
    say(f"[bold]ticketsync[/] listens at {address}; the webhooks are signed, and some get lost:")
    say("  " + ", ".join(f"{name} {share:.0%}" for name, share in FAULTS.items()))
    say(f"[bold]Look[/] into {escape(str(run.folder / 'tickets'))}/")
    say(
        f"[bold]Ask[/]  ./run --config {escape(str(run.folder / config.DEFAULT_FILE))} tickets list"
    )
    say("")


def _play(run: Demo, address: str, seconds: float | None) -> int:
    for one in run.stands:
        _register(run, one, address)
    for one in run.stands:
        one.running.outbox.idle(10)
        one.running.faults.set(**FAULTS)
        one.running.people.start(ACTS_PER_SECOND, seconds)
    until = None if seconds is None else time.monotonic() + seconds
    _stop_on_signals(run)
    while not run.stop.is_set() and (until is None or time.monotonic() < until):
        left = RECONCILE_SECONDS if until is None else until - time.monotonic()
        for one in run.stands:
            _reconcile(run, one, full=False)
        run.stop.wait(max(0.0, min(RECONCILE_SECONDS, left)))
    return _close(run)


def _register(run: Demo, stand: Stand, address: str) -> None:
    """Our webhook, through the tracker's own API where it has one."""
    url = f"{address}/webhooks/{stand.source}"
    source = run.parts.sources[stand.source]
    if not run.parts.tracker(source.tracker).capabilities.hooks_api:
        stand.running.add_hook(url, SECRET)
        run.live.line("hook", f"{stand.source}: entered by hand, as this tracker wants it")
        return
    client = run.parts.connect(source)
    try:
        hook = client.ensure_hook(url, SECRET)
    finally:
        client.close()
    run.live.line("hook", f"{stand.source}: registered webhook {hook.id[:12]} at the tracker")


def _stop_on_signals(run: Demo) -> None:
    """Ctrl-C sends the people home and compares; a second one ends at once."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run.stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)


def _reconcile(run: Demo, stand: Stand, *, full: bool) -> Session:
    parts = run.parts
    done = reconcile.run(parts, parts.sources[stand.source], full=full, wait_seconds=20)
    if stand.source in run.imported:
        run.found += done.report.journaled
    run.imported.add(stand.source)
    run.live.reconciled(done)
    return done


def _close(run: Demo) -> int:
    """The people go home, the outboxes empty, one full reconcile; then everything is compared."""
    run.live.line("quiet", "the people went home; waiting for the last deliveries")
    for one in run.stands:
        one.running.people.stop()
    for one in run.stands:
        one.running.outbox.idle(QUIET_SECONDS)
    settled = _settle(run)
    sessions = [_reconcile(run, one, full=True) for one in run.stands]
    settled = _settle(run) and settled and all(one.status == "complete" for one in sessions)
    found = [(one, difference) for one in run.stands for difference in _compare(run, one)]
    _summary(run, found, settled)
    return 0 if settled and not found else 1


def _settle(run: Demo) -> bool:
    """Waits until nothing is pending, in doubt or waiting to be written."""
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        with run.together.store.read() as connection:
            if not any(known.unsettled(connection, one.source) for one in run.stands):
                return True
        time.sleep(0.1)
    return False


def _compare(run: Demo, stand: Stand) -> Iterator[Difference]:
    source = stand.source
    with run.together.store.read() as connection:
        keys = [(source, one) for one in sorted(known.ids_here(connection, source))]
        tickets = whole_tickets(connection, keys, parts=True)
    root = workspace_of(run.together.settings, run.together.store)
    assert root is not None  # noqa: S101 - on by default with SQLite
    run.live.compared += len(tickets)
    try:
        files = files_by_key(root / source_folder(source))
    except TicketsyncError as error:
        run.console.print(f"[red]{escape(str(error))}[/]")
        files = {}
    yield from differences(stand.tickets, tickets.values(), files)


def _summary(run: Demo, found: Sequence[tuple[Stand, Difference]], settled: bool) -> None:
    say = partial(run.console.print, soft_wrap=True)
    dropped = sum(int(one.running.outbox.as_json()["dropped"]) for one in run.stands)
    with run.together.store.read() as connection:
        webhooks = sum(journal.count(connection, one.source, "webhook") for one in run.stands)
    say("")
    say(f"[bold]deliveries received[/]      {webhooks}")
    say(f"[bold]dropped on purpose[/]       {dropped}")
    say(f"[bold]found by the reconciler[/]  {run.found}")
    say(f"[bold]tickets compared[/]         {run.live.compared} (SQL and front matter)")
    for stand, one in found[:20]:
        told = f"tracker {one.tracker!r}, ours {one.ours!r}"
        say(f"[red]{stand.source} {one.key} {one.field} in {one.place}: {escape(told)}[/]")
    if not settled:
        say("[red]not at rest: some deliveries or doubts are still open[/]")
    say("[green]all equal[/]" if settled and not found else "[red]not equal[/]")
    say(f"Everything is kept in {escape(str(run.folder))}")
