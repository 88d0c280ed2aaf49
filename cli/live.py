"""The demo's screen: one line for each thing that arrives and what became of it."""

from threading import Lock

from rich.console import Console
from rich.markup import escape

from schemas.delivery import Delivery, Outcome
from schemas.session import Session
from workers.failures import described

_STYLE = {
    Outcome.applied: "green",
    Outcome.unchanged: "dim",
    Outcome.stale: "yellow",
    Outcome.ignored: "dim",
    Outcome.dead: "red",
}


class Live:
    """An observer of the work that prints."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = Lock()
        self.compared = 0

    def drained(self, delivery: Delivery, outcome: Outcome, reason: str, seconds: float) -> None:
        """A delivery and its outcome."""
        what = f"{delivery.source:<12} {delivery.event:<24} {_short(delivery.ticket):<9}"
        style = _STYLE.get(outcome, "white")
        took = f"{seconds * 1000:5.0f} ms"
        note = f" [dim]{escape(reason)}[/]" if reason else ""
        self.line(str(delivery.via), f"{escape(what)} [{style}]{outcome:<9}[/] {took}{note}")

    def failed(self, delivery: Delivery, error: BaseException, dead: bool) -> None:
        """An attempt that went wrong."""
        verdict = "dead letter" if dead else "tried again later"
        self.line("failed", f"{delivery.event} [red]{escape(described(error))}[/], {verdict}")

    def refetched(self, source: str, ticket: str, answer: str, seconds: float) -> None:
        """A question to the tracker and its answer."""
        self.line("asked", f"{source:<12} {'about':<24} {_short(ticket):<9} {escape(answer)}")

    def rendered(self, source: str, files: int) -> None:
        """Files written."""
        self.line("files", f"{source:<12} {files} written")

    def reconciled(self, session: Session) -> None:
        """A reconcile session."""
        report = session.report
        self.line(
            "reconcile",
            f"{session.source:<12} {session.kind}: {report.seen} seen, "
            f"{report.journaled} differed, {report.requests} requests"
            + (f" [red]{session.error}[/]" if session.error else ""),
        )

    def line(self, kind: str, text: str) -> None:
        """One line, of any thread."""
        with self._lock:
            self._console.print(f"[cyan]{kind:<10}[/]{text}", soft_wrap=True)


def _short(ticket: str | None) -> str:
    """A drain key as it fits a line; a UUID is told by its beginning."""
    return "" if ticket is None else f"#{ticket[:8]}"
