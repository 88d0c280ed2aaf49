"""`sync`: reads what changed and applies it, here and now, with or without a running `up`."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, given, program
from schemas.errors import ConfigError, StoreAway, TicketsyncError, Transient

if TYPE_CHECKING:
    from types import FrameType

    from cli.context import Opened
    from cli.progress import Progress
    from reconciler.parts import Parts
    from schemas.session import Report, Session
    from schemas.source import Source

PATIENCE_SECONDS = 120.0
"""How long a rate limit is waited for in the foreground."""

SOON = 1.0
"""A wait nobody has to be told of."""

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(sync)


def sync(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Only these; all if none.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything anew.")] = False,
    history: Annotated[
        bool,
        typer.Option("--history", help="Read the changelogs of all tickets, not of changed ones."),
    ] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Take over emptied texts, and many edited files."),
    ] = False,
    once: Annotated[bool, typer.Option("--once", hidden=True)] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and compare, but keep nothing.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show each request, and log each ticket.")
    ] = False,
    json: Json = False,
) -> None:
    """Read what changed, apply it, write the files."""
    from cli.context import opened
    from cli.edits import push, take_over
    from cli.overheard import requests_shown
    from schemas.source import LOCAL

    loud = verbose or given(ctx).verbose
    with opened(ctx, verbose=loud) as here, requests_shown(here) if loud else nullcontext():
        if not dry_run:
            take_over(here, _with_files(here, sources or []), accept=accept)
        names = [name for name in sources or [] if name != LOCAL]
        if sources and not names:
            if not dry_run:
                _of_local(here, json)
            return
        wanted = _wanted(here, names)
        if dry_run:
            from cli.preview import preview

            failed = preview(here, wanted, full=full, as_json=json, all_of_it=loud)
        else:
            push(here, [one.name for one in wanted])
            asked = _Asked(full, history)
            failed = _run(here, wanted, asked, json, bars=not (json or loud))
    if failed:
        raise typer.Exit(failed)


def _with_files(here: "Opened", names: list[str]) -> list[str]:
    """The sources whose edited files come first: those asked for, or all, and local tickets."""
    from schemas.source import LOCAL

    return [one.name for one in here.chosen(names)] + ([] if names else [LOCAL])


def _wanted(here: "Opened", names: list[str]) -> "list[Source]":
    """The sources to read; a paused or disabled one only fails when it was asked for by name."""
    from cli.clients import faults
    from trackers.registry import tracker_named

    chosen = here.chosen(names)
    found = [fault for source in chosen for fault in faults(source, here.secrets)]
    if found:
        raise ConfigError(*found)
    idle = {
        source.name: "disabled in the file" if source.direction == "disabled" else "paused"
        for source in chosen
        if source.direction == "disabled" or here.paused(source.name)
    }
    idle |= {
        source.name: "read by nobody: it lives on what is sent to it"
        for source in chosen
        if not tracker_named(source.tracker).capabilities.polls
    }
    for name, why in idle.items():
        if names:
            raise TicketsyncError(f"{name} is {why}; nothing was read")
        typer.echo(f"ticketsync: {name} is {why}: left out", err=True)
    return [source for source in chosen if source.name not in idle]


@dataclass(frozen=True, slots=True)
class _Asked:
    """How much is to be read."""

    full: bool = False
    history: bool = False


@dataclass(slots=True)
class _Read:
    """What became of one source; `session` is the last of a run that had to wait in between."""

    source: str
    session: "Session | None" = None
    error: str | None = None
    files: int = 0
    interrupted: bool = False

    @property
    def errors(self) -> list[str]:
        """What went wrong, a line each."""
        failed = self.session.report.failed if self.session else 0
        dead = f"{failed} deliveries are dead letters: {program()} dead-letters list"
        return [*([self.error] if self.error else []), *([dead] if failed else [])]


def _run(
    here: "Opened", wanted: "list[Source]", asked: _Asked, as_json: bool, *, bars: bool
) -> int:
    """Reads the sources one after the other; the exit code."""
    from cli.progress import progress
    from cli.pushing import print_pushed

    results: list[_Read] = []
    with progress(bars) as shown:
        parts = here.parts(shown.page)
        for source in wanted:
            results.append(_one(here, source, parts, shown, asked))
            shown.done(source.name)
            if results[-1].interrupted:
                break
    pushed = _mirrored(here, results)
    if as_json:
        _print_json(results, pushed)
    else:
        _print(results)
        print_pushed(pushed, each=False)
    if any(one.interrupted for one in results):
        return INTERRUPTED
    return int(any(one.error for one in results) or any(row["error"] for row in pushed))


def _mirrored(here: "Opened", results: list[_Read]) -> list[dict[str, Any]]:
    """Pushes the mirrors of what was read; not after an interruption."""
    from cli.pushing import push_all, touching

    if any(one.interrupted for one in results):
        return []
    return push_all(here, touching(here, [one.source for one in results if not one.error]))


def _of_local(here: "Opened", as_json: bool) -> None:
    """Local tickets are read by nobody, but they may be mirrored."""
    from cli.pushing import push_all, tell, touching
    from schemas.source import LOCAL

    found = touching(here, [LOCAL])
    if found:
        tell(push_all(here, found), as_json)


def _one(
    here: "Opened", source: "Source", parts: "Parts", shown: "Progress", asked: _Asked
) -> _Read:
    """One source, from lease to files; a failure is told and leaves the other sources alone."""
    from workers.retranslate import retranslate

    done = _Read(source.name)
    try:
        retranslate(here.work, source.name)
        done.session = _patiently(source, parts, shown, asked)
    except (ConfigError, StoreAway):
        raise
    except TicketsyncError as error:
        done.error = str(error)
    done.interrupted = parts.stop.is_set()
    if done.interrupted:
        done.error = f"interrupted; {_kept(done.session)}, {program()} sync goes on from there"
        return done
    if done.session is None:
        return done
    done.error = _parked(done.session) or done.session.error
    shown.phase(source.name, "applying")
    here.catch_up(source.name)
    shown.phase(source.name, "files")
    done.files = here.render() + here.bring(source.name)
    return done


def _patiently(source: "Source", parts: "Parts", shown: "Progress", asked: _Asked) -> "Session":
    """Runs or joins sessions of a source until one is not parked for a short while only."""
    from reconciler import session

    def joining(holder: str) -> None:
        who = ":".join(holder.split(":")[:2])
        shown.note(f"{source.name}: is being read by {who}; waiting for it")

    before: list[Report] = []
    with _stoppable(source, parts, shown):
        while True:
            done = session.run(
                parts, source, full=asked.full, history=asked.history, on_join=joining
            )
            before.append(done.report)
            seconds = _seconds_parked(done, parts)
            if seconds is None or seconds > PATIENCE_SECONDS or parts.stop.is_set():
                return done.model_copy(update={"report": _sum(before)})
            _wait(source, seconds, parts, shown)
            if parts.stop.is_set():
                return done.model_copy(update={"report": _sum(before)})


def _seconds_parked(done: "Session", parts: "Parts") -> float | None:
    """How long until a parked session goes on; None for any other."""
    if done.status != "parked" or done.resumes_at is None:
        return None
    return max((done.resumes_at - parts.now()).total_seconds(), 0.0)


def _wait(source: "Source", seconds: float, parts: "Parts", shown: "Progress") -> None:
    """Waits in the foreground, in sight, until the tracker may be asked again."""
    if seconds > SOON:
        told = f"the tracker's rate limit is used up; waiting {seconds:.0f} s for it"
        shown.note(f"{source.name}: {told}")
    while seconds > 0 and not parts.stop.wait(min(seconds, 1.0)):
        seconds -= 1.0
        shown.passing(source.name, f"rate limit, goes on in {max(seconds, 0.0):.0f} s")
    shown.passing(source.name, "")


def _sum(reports: "list[Report]") -> "Report":
    """One report of several sessions that were one run."""
    from schemas.session import Report

    counts = {
        name: sum(getattr(one, name) for one in reports)
        for name in Report.model_fields
        if name != "passes"
    }
    names = {name for one in reports for name in one.passes}
    passes = {name: round(sum(one.passes.get(name, 0.0) for one in reports), 3) for name in names}
    return Report(**counts, passes=passes)


def _parked(done: "Session") -> str | None:
    """The line about a session that waits longer than a person would."""
    if done.status != "parked" or done.resumes_at is None:
        return None
    until = (done.resumes_at + timedelta(seconds=59)).astimezone()  # the next full minute
    return (
        f"the rate limit of the token is used up until {until:%H:%M}; {_kept(done)}: "
        f"run `{program()} sync {done.source}` again then, or leave it to `up`"
    )


def _kept(done: "Session | None") -> str:
    seen = done.report.seen if done else 0
    return f"what was read is kept ({seen:,} records)" if seen else "what was read is kept"


@contextmanager
def _stoppable(source: "Source", parts: "Parts", shown: "Progress") -> Iterator[None]:
    """The first Ctrl-C ends a run behind the page under way, a second one at once."""

    def on_signal(_number: int, _frame: "FrameType | None") -> None:
        if parts.stop.is_set():
            raise KeyboardInterrupt
        parts.stop.set()
        shown.passing(source.name, "stopping behind this page; Ctrl-C again stops at once")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def read_once(here: "Opened", source: "Source") -> "Session":
    """Reads one source with a bar, applies it and writes its files.

    Raises Transient when its rest has to wait, TicketsyncError with what went wrong otherwise,
    KeyboardInterrupt when a person stopped it.
    """
    from cli.progress import progress

    with progress(True) as shown:
        result = _one(here, source, here.parts(shown.page), shown, _Asked())
        shown.done(source.name)
    if result.interrupted:
        raise KeyboardInterrupt
    if result.session is not None and result.session.status == "parked":
        raise Transient(result.error or "the tracker asks to wait")
    if result.error or result.session is None:
        raise TicketsyncError(result.error or f"{source.name} was not read")
    return result.session


def _print_json(results: list[_Read], pushed: list[dict[str, Any]]) -> None:
    from cli.screen import print_json
    from cli.sessions import as_object

    print_json(
        [
            (as_object(one.session) if one.session else {"source": one.source})
            | {"error": one.error, "files": one.files}
            | _summary(one)
            | {"mirrors": [row for row in pushed if one.source in row["ends"]]}
            for one in results
        ]
    )


def _summary(one: _Read) -> dict[str, Any]:
    """What scripts ask first: how many records were read, how many of them were news."""
    report = one.session.report if one.session else None
    ended = one.session.status if one.session else "error"
    return {
        "issues_synced": report.seen if report else 0,
        "issues_updated": report.new + report.changed if report else 0,
        "errors": one.errors,
        "ended": "interrupted" if one.interrupted else ended,
    }


def _print(results: list[_Read]) -> None:
    from cli.progress import say
    from cli.screen import print_table

    reports = [one.session.report for one in results if one.session]
    unusual = [name for name in ("deleted", "failed") if any(getattr(r, name) for r in reports)]
    counts = ("new", "changed", "unchanged", *unusual)
    print_table(
        ("source", *(f">{name}" for name in (*counts, "files", "requests", "seconds"))),
        [tuple(_cells(one, counts)) for one in results],
        empty="no source was read; `add github URL` adds one",
    )
    for one in results:
        for error in one.errors:
            say(f"{one.source}: {error}")


def _cells(one: _Read, counts: tuple[str, ...]) -> Iterator[object]:
    yield one.source
    if one.session is None:
        yield from ("-",) * (len(counts) + 3)
        return
    report = one.session.report
    yield from (getattr(report, name) for name in counts)
    yield from (one.files, report.requests, f"{report.seconds:.1f}")
