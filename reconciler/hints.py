"""Hints: what a pass cannot tell by itself is journaled as a question about a ticket."""

from collections.abc import Iterable

import orjson

from reconciler.run import Run
from schemas.delivery import Arrival, Via
from schemas.event import Aspect, CommentsMiscounted, Doubtful, Event
from schemas.record import Observation


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
    return Arrival(
        source=run.source.name,
        via=Via.poll,
        event=f"hint.{event.fact}",
        delivery_key=f"hint:{run.session}:{ticket or ''}:{event.fact}{part}",
        ticket=ticket,
        body=orjson.dumps(Observation(events=(event,)).model_dump(mode="json")),
        received_at=now,
        observed_at=now,
        session=run.session,
    )
