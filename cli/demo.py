"""`demo`: a sandbox tracker with invented people, and ticketsync beside it, live on one screen."""

import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

from cli.compare import Difference, differences, files_by_number
from cli.live import Live
from cli.together import Together, assemble, bind, server_of
from reconciler import session as reconcile
from runtime import config, telemetry
from sandbox.github import app as github
from schemas.errors import TicketsyncError
from schemas.session import Session
from store import journal, known
from store.whole import whole_tickets
from store.workspace.layout import source_folder
from workers.app import workspace_of

SOURCE = "shop"
SECRET = "demo-webhook-secret"  # noqa: S105 - of a tracker that lives for this demo only
ACTS_PER_SECOND = 3.0
RECONCILE_SECONDS = 6.0
QUIET_SECONDS = 60.0
FAULTS = {"drop": 0.15, "double": 0.10, "reorder": 0.10}


@dataclass(slots=True)
class Demo:
    """A running demo."""

    console: Console
    folder: Path
    tracker: github.Running
    together: Together
    live: Live
    imported: bool = False
    found: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


def demo(*, seconds: float | None = None, port: int = 0) -> int:
    """Runs until Ctrl-C, or for so many seconds; exit code 0 only if both copies are equal."""
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="ticketsync-demo-"))
    listening = bind("127.0.0.1", port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    live = Live(console)
    with github.start(tickets=12, comments=24, webhook_secret=SECRET) as tracker:
        settings = config.load(_configure(folder, tracker), environ={})
        told = telemetry.start(settings, process="demo", secrets=[SECRET, tracker.plan.token])
        together = assemble(settings, told, observer=live, schedule=False)
        run = Demo(console, folder, tracker, together, live)
        try:
            with _Serving(together, listening):
                _introduce(run, address)
                return _play(run, address, seconds)
        finally:
            together.close()
            told.close()
            listening.close()


def _configure(folder: Path, tracker: github.Running) -> Path:
    """A configuration as a user would have it, so that every command works on the demo, too."""
    file = folder / config.DEFAULT_FILE
    file.write_text(
        f"""# Made by `demo`; every command works on it: ./run --config {file} tickets list
[log]
level = "error"

[[sources]]
name = "{SOURCE}"
tracker = "github"
url = "{tracker.repo_url}"
api_url = "{tracker.url}"
token_env = "DEMO_TOKEN"
webhook_secret_env = "DEMO_SECRET"
filter = {{ state = "all" }}
"""
    )
    (folder / ".env").write_text(f"DEMO_TOKEN={tracker.plan.token}\nDEMO_SECRET={SECRET}\n")
    return file


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
    say(f"[bold]A sandbox GitHub[/] with invented people is at {run.tracker.repo_url}/issues")
    say(f"[bold]ticketsync[/] listens at {address}; the webhooks are signed, and some get lost:")
    say("  " + ", ".join(f"{name} {share:.0%}" for name, share in FAULTS.items()))
    say(f"[bold]Look[/] into {escape(str(run.folder / 'tickets' / SOURCE))}/")
    say(
        f"[bold]Ask[/]  ./run --config {escape(str(run.folder / config.DEFAULT_FILE))} tickets list"
    )
    say("")


def _play(run: Demo, address: str, seconds: float | None) -> int:
    parts = run.together.parts
    assert parts is not None  # noqa: S101 - assembled with all doors
    client = parts.connect(parts.sources[SOURCE])
    hook = client.ensure_hook(f"{address}/webhooks/{SOURCE}", SECRET)
    client.close()
    run.live.line("hook", f"registered webhook {hook.id} at the tracker")
    run.tracker.outbox.idle(10)
    run.tracker.faults.set(**FAULTS)
    run.tracker.people.start(ACTS_PER_SECOND, seconds)
    until = None if seconds is None else time.monotonic() + seconds
    _stop_on_signals(run)
    while not run.stop.is_set() and (until is None or time.monotonic() < until):
        left = RECONCILE_SECONDS if until is None else until - time.monotonic()
        _reconcile(run, full=False)
        run.stop.wait(max(0.0, min(RECONCILE_SECONDS, left)))
    return _close(run)


def _stop_on_signals(run: Demo) -> None:
    """Ctrl-C sends the people home and compares; a second one ends at once."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run.stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)


def _reconcile(run: Demo, *, full: bool) -> Session:
    parts = run.together.parts
    assert parts is not None  # noqa: S101 - assembled with all doors
    done = reconcile.run(parts, parts.sources[SOURCE], full=full, wait_seconds=20)
    if run.imported:
        run.found += done.report.journaled
    run.imported = True
    run.live.reconciled(done)
    return done


def _close(run: Demo) -> int:
    """The people go home, the outbox empties, one full reconcile; then everything is compared."""
    run.live.line("quiet", "the people went home; waiting for the last deliveries")
    run.tracker.people.stop()
    run.tracker.outbox.idle(QUIET_SECONDS)
    settled = _settle(run)
    done = _reconcile(run, full=True)
    settled = _settle(run) and settled and done.status == "complete"
    found = _compare(run)
    _summary(run, found, settled)
    return 0 if settled and not found else 1


def _settle(run: Demo) -> bool:
    """Waits until nothing is pending, in doubt or waiting to be written."""
    until = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        with run.together.store.read() as connection:
            if not known.unsettled(connection, SOURCE):
                return True
        time.sleep(0.1)
    return False


def _compare(run: Demo) -> list[Difference]:
    with run.together.store.read() as connection:
        keys = [(SOURCE, one) for one in sorted(known.ids_here(connection, SOURCE))]
        tickets = whole_tickets(connection, keys, parts=True)
    root = workspace_of(run.together.settings, run.together.store)
    assert root is not None  # noqa: S101 - on by default with SQLite
    run.live.compared = len(tickets)
    try:
        files = files_by_number(root / source_folder(SOURCE))
    except TicketsyncError as error:
        run.console.print(f"[red]{escape(str(error))}[/]")
        files = {}
    return list(differences(run.tracker.neutral()["tickets"], tickets.values(), files))


def _summary(run: Demo, found: list[Difference], settled: bool) -> None:
    say = partial(run.console.print, soft_wrap=True)
    sent = run.tracker.outbox.as_json()
    with run.together.store.read() as connection:
        webhooks = journal.count(connection, SOURCE, "webhook")
    say("")
    say(f"[bold]deliveries received[/]      {webhooks}")
    say(f"[bold]dropped on purpose[/]       {sent['dropped']}")
    say(f"[bold]found by the reconciler[/]  {run.found}")
    say(f"[bold]tickets compared[/]         {run.live.compared} (SQL and front matter)")
    for one in found[:20]:
        say(
            f"[red]#{one.number} {one.field} in {one.place}: tracker {one.tracker!r}, "
            f"ours {one.ours!r}[/]",
            markup=True,
        )
    if not settled:
        say("[red]not at rest: some deliveries or doubts are still open[/]")
    say("[green]all equal[/]" if settled and not found else "[red]not equal[/]")
    say(f"Everything is kept in {escape(str(run.folder))}")
