"""How far a `sync` is: bars on a terminal, elsewhere a plain line now and then; on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cli.screen import span

if TYPE_CHECKING:
    import rich.progress
    from rich.console import Console

    from schemas.record import Page
    from schemas.source import Source

EVERY_SECONDS = 5.0
"""How often a plain line is written; a run that is over sooner writes none."""


class Progress(Protocol):
    """What a sync tells of itself."""

    def page(self, source: "Source", page: "Page", seen: int) -> None:
        """A page was read, kept and applied."""

    def phase(self, source: str, name: str) -> None:
        """What is done now, after the pages."""

    def done(self, source: str) -> None:
        """A source is finished, however it ended."""

    def passing(self, source: str, text: str) -> None:
        """What is so just now; empty when it is over."""

    def note(self, text: str) -> None:
        """A line to be read at once."""


class Silent:
    """Shows only what has to be read at once."""

    def page(self, source: "Source", page: "Page", seen: int) -> None:
        """Nothing."""

    def phase(self, source: str, name: str) -> None:
        """Nothing."""

    def done(self, source: str) -> None:
        """Nothing."""

    def passing(self, source: str, text: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """A line."""
        say(text)


@dataclass(slots=True)
class _Pace:
    """What was read of one kind, and how fast; a walk that waited is as fast as it was."""

    began: float
    read: int = 0
    total: int | None = None

    def told(self, now: float) -> str:
        """`1,200 of 4,000 (240/s, about 12 s left)`."""
        speed = self.read / max(now - self.began, 0.001)
        known = self.total is not None and self.total >= self.read
        amount = f"{self.read:,} of {self.total:,}" if known else f"{self.read:,}"
        left = f", about {span(((self.total or 0) - self.read) / speed)} left" if known else ""
        return f"{amount} ({speed:,.0f}/s{left if speed else ''})"


@dataclass(slots=True)
class Lines:
    """Plain lines, for logs and pipes: what is under way, every few seconds."""

    say: Callable[[str], None]
    now: Callable[[], float] = time.monotonic
    last: float = field(init=False)
    paces: dict[str, _Pace] = field(default_factory=dict)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.began = self.now()

    def page(self, source: "Source", page: "Page", seen: int) -> None:
        """Counted; shown when it is time."""
        # The first page of a kind was asked for when the one before it was done.
        pace = self.paces.setdefault(page.kind, _Pace(self.began))
        self.began = self.now()
        pace.read += len(page.records)
        pace.total = page.total if page.total is not None else pace.total
        if pace.read:
            self._show(f"{source.name}: {page.kind}: {pace.told(self.began)}")

    def phase(self, source: str, name: str) -> None:
        """Shown when it is time."""
        self._show(f"{source}: {name}")

    def done(self, source: str) -> None:
        """The next source begins anew."""
        self.paces.clear()
        self.began = self.now()

    def passing(self, source: str, text: str) -> None:
        """Shown when it is time."""
        if text:
            self._show(f"{source}: {text}")

    def note(self, text: str) -> None:
        """A line."""
        self.say(text)

    def _show(self, text: str) -> None:
        if self.now() - self.last >= EVERY_SECONDS:
            self.last = self.now()
            self.say(text)


class Bars:
    """A bar for each phase of each source, with speed and time left."""

    def __init__(self, shown: "rich.progress.Progress") -> None:
        self._shown = shown
        self._tasks: dict[str, rich.progress.TaskID] = {}
        self._read: dict[str, int] = {}
        self._phase: rich.progress.TaskID | None = None

    def page(self, source: "Source", page: "Page", seen: int) -> None:
        """The bar of the kind of page moves."""
        name = f"{source.name}: {page.kind}"
        task = self._tasks.get(name)
        if task is None:
            task = self._tasks[name] = self._shown.add_task(name, total=page.total)
        self._read[name] = self._read.get(name, 0) + len(page.records)
        self._shown.update(task, completed=self._read[name])
        if page.total is not None:
            self._shown.update(task, total=page.total)

    def phase(self, source: str, name: str) -> None:
        """A line that moves until the next one."""
        self._end_phase()
        self._complete()
        self._phase = self._shown.add_task(f"{source}: {name}", total=None)

    def done(self, source: str) -> None:
        """Its bars are full, and stay."""
        self._end_phase()
        self._complete()
        self._tasks.clear()

    def passing(self, source: str, text: str) -> None:
        """A line below the bars that does not stay."""
        if not text:
            self._end_phase()
            return
        if self._phase is None:
            self._phase = self._shown.add_task("", total=None)
        self._shown.update(self._phase, description=f"{source}: {text}")

    def note(self, text: str) -> None:
        """A line above the bars."""
        line = f"ticketsync: {text}"
        self._shown.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _end_phase(self) -> None:
        if self._phase is not None:
            self._shown.remove_task(self._phase)
            self._phase = None

    def _complete(self) -> None:
        for name, task in self._tasks.items():
            self._shown.update(task, total=self._read[name])


def say(text: str) -> None:
    """One line on stderr, as all of ours begin."""
    sys.stderr.write(f"ticketsync: {text}\n")
    sys.stderr.flush()


@contextmanager
def progress(wanted: bool) -> Iterator[Progress]:
    """What shows how far it is, as this stderr can."""
    if not wanted:
        yield Silent()
    elif not sys.stderr.isatty():
        yield Lines(say)
    else:
        from rich.console import Console

        with bars(Console(stderr=True)) as shown:
            yield Bars(shown)


def bars(console: "Console") -> "rich.progress.Progress":
    """The bars as they look on a console."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        """Records a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "", style="dim")

    class Left(TimeRemainingColumn):
        """The time left; nothing while it is not known."""

        def render(self, task: Task) -> Text:
            known = task.time_remaining is not None and not task.finished
            return super().render(task) if known else Text("")

    class Count(MofNCompleteColumn):
        """Nothing for a phase that counts nothing."""

        def render(self, task: Task) -> Text:
            return super().render(task) if task.total or task.completed else Text("")

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        Count(),
        Speed(),
        Left(compact=True),
        console=console,
    )
