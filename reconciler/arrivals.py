"""Arrivals: what a pass observed takes the form of a delivery, as everything does that we learn."""

from datetime import datetime

import orjson

from schemas.delivery import Arrival, Via
from schemas.event import Event
from schemas.record import Observation
from schemas.source import Source


def observed(
    source: Source,
    ticket: str | None,
    session: int,
    key: str,
    event: str,
    at: datetime,
    events: tuple[Event, ...],
) -> Arrival:
    """A poll's delivery. `key` is its own observation, never its content (`cases.md` 14); `ticket`
    None is the source's own lane; `at` is when the observation began.
    """
    return Arrival(
        source=source.name,
        via=Via.poll,
        event=event,
        delivery_key=key,
        ticket=ticket,
        body=orjson.dumps(Observation(events=events).model_dump(mode="json")),
        received_at=at,
        observed_at=at,
        session=session,
    )
