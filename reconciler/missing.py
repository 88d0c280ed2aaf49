"""Missing: tickets a full walk did not show. Absence is never deletion; they are asked about."""

from datetime import datetime

import orjson

from reconciler.walk import Walk
from schemas.delivery import Arrival, Via
from schemas.errors import Denied
from schemas.event import CommentsMiscounted, Doubtful, Event
from schemas.record import Observation
from store import journal, known
from store.whole import whole_tickets

FEW = 10
SHARE = 0.02
AT_ONCE = 500
VANISHED = "tickets are not listed any more"
"""Part of a source's status while a full list lacks too many; only another full list ends that."""


def look(walk: Walk, began: datetime, *, recount: bool) -> int:
    """Puts tickets in doubt that the walk should have shown; how many.

    `recount` compares comment counts, too: only once all comments of the walk are applied.

    A walk that went on from where a killed one stopped was not shown everything, so it can miss
    nothing. Raises Denied, and marks nothing, when so many vanished at once that lost rights are
    likelier than deletions (law 13).
    """
    with walk.parts.store.read() as connection:
        ours = known.expected(connection, walk.source.name, walk.source.filter, began)
    missing = [] if walk.resumed else _inside(walk, ours - walk.tickets)
    if len(missing) > max(FEW, SHARE * len(ours)):
        raise Denied(
            f"{len(missing)} of {len(ours)} {VANISHED}; nothing was marked: "
            "check what the token may read"
        )
    reason = "a full list did not show it"
    hints = [
        _hint(walk, ticket, Doubtful(tickets=(ticket,), aspect="core", reason=reason))
        for ticket in missing
    ]
    if recount:
        hints.append(_hint(walk, None, CommentsMiscounted()))
    with walk.parts.store.write() as connection:
        journal.keep(connection, hints)
    walk.parts.wake([(one.source, one.ticket) for one in hints])
    return len(missing)


def _inside(walk: Walk, tickets: set[str]) -> list[str]:
    """Those that still lie in the source's filter as we hold them: others were rightly left out.

    Where only the tracker can tell its filter, a census, which knows none, shows who is there.
    """
    tracker = walk.parts.tracker(walk.source.tracker)
    keys = [(walk.source.name, ticket) for ticket in sorted(tickets)]
    inside: list[str] = []
    unsure: set[str] = set()
    with walk.parts.store.read() as connection:
        for start in range(0, len(keys), AT_ONCE):
            found = whole_tickets(connection, keys[start : start + AT_ONCE])
            said = {key[1]: tracker.holds(one, walk.source) for key, one in found.items()}
            inside += [one for one, held in said.items() if held]
            unsure |= {one for one, held in said.items() if held is None}
    pages = walk.client.census() if unsure else ()
    there = {one.ticket for page in pages for one in page.seen if one.place == "here"}
    return sorted([*inside, *(unsure - there)])


def _hint(walk: Walk, ticket: str | None, event: Event) -> Arrival:
    now = walk.parts.now()
    return Arrival(
        source=walk.source.name,
        via=Via.poll,
        event=f"hint.{event.fact}",
        delivery_key=f"hint:{walk.session}:{ticket or ''}:{event.fact}",
        ticket=ticket,
        body=orjson.dumps(Observation(events=(event,)).model_dump(mode="json")),
        received_at=now,
        observed_at=now,
        session=walk.session,
    )
