"""Hints: what a pass cannot tell by itself is journaled as a question about a ticket."""

from collections.abc import Iterable

from reconciler.arrivals import observed
from reconciler.run import Run
from schemas.delivery import Arrival
from schemas.event import Aspect, CommentsMiscounted, Doubtful, Event


def about(run: Run, tickets: Iterable[tuple[str, Aspect, str]]) -> list[Arrival]:
    """Doubts about parts of tickets, as (ticket, aspect, reason); each has to be asked about."""
    return [
        _hint(run, ticket, Doubtful(tickets=(ticket,), aspect=aspect, reason=reason))
        for ticket, aspect, reason in tickets
    ]


def recount(run: Run) -> Arrival:
    """Have comment counts compared; only once all comments of a walk are applied."""
    return _hint(run, None, CommentsMiscounted())


def _hint(run: Run, ticket: str | None, event: Event) -> Arrival:
    now = run.parts.now()
    part = f":{event.aspect}" if isinstance(event, Doubtful) else ""
    key = f"hint:{run.session}:{ticket or ''}:{event.fact}{part}"
    return observed(run.source, ticket, run.session, key, f"hint.{event.fact}", now, (event,))
