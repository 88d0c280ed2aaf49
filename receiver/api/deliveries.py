"""Deliveries: the journal, what became of each row, and running one again."""

from typing import Any

from receiver.api.desk import Desk
from receiver.api.operations import Call, Operation
from receiver.api.paging import page, seen_number
from receiver.api.problems import Problem, missing
from schemas.api import DeliveriesAsked, DeliveryShown, DeliveryWhole, Failure, Page
from schemas.delivery import Attempt, Delivery
from schemas.source import LOCAL
from store import audit, journal, sources
from store.database import Connection

KIND = "deliveries"
LARGEST_BODY = 1024 * 1024
"""Beyond this a body is no answer: `deliveries show` prints it."""


def list_deliveries(desk: Desk, call: Call) -> Page[DeliveryShown]:
    """Deliveries, newest first."""
    asked: DeliveriesAsked = call.query
    with desk.store.read() as connection:
        found = journal.find(
            connection,
            source=asked.source,
            ticket=asked.ticket,
            event=asked.event,
            outcome=asked.outcome,
            limit=asked.limit + 1,
            before=seen_number(KIND, asked),
        )
    return page(KIND, asked, found, lambda one: one.id, lambda one: shown(desk, one))


def get_delivery(desk: Desk, call: Call) -> DeliveryWhole:
    """One delivery: headers, body, and every failed attempt at it."""
    with desk.store.read() as connection:
        row = journal.get(connection, call.path["delivery"])
        tries = journal.attempts_of(connection, call.path["delivery"])
    if row is None:
        raise missing("delivery", call.path["delivery"])
    return whole(desk, row, tries)


def replay_delivery(desk: Desk, call: Call) -> DeliveryShown:
    """Makes a delivery pending again, for the workers to apply."""
    number = call.path["delivery"]
    with desk.store.write() as connection:
        row = journal.get(connection, number)
        if row is None:
            raise missing("delivery", number)
        reopen(desk, connection, row, call.who)
        again = journal.get(connection, number)
    desk.wake((row.source, row.ticket))
    return shown(desk, again or row)


def reopen(desk: Desk, connection: Connection, row: Delivery, who: str) -> None:
    """Opens a row anew, with a line in the audit. Raises Problem 409 when nothing would come of it.

    Like the command's `--depth apply`; the other depths ask a tracker, and are the command's.
    """
    source = desk.sources.get(row.source)
    if row.source != LOCAL and (source is None or source.direction == "disabled"):
        raise Problem(409, f"its source {row.source} is not configured, or disabled")
    state = sources.state(connection, row.source)
    if state is not None and state.status == "paused":
        raise Problem(409, f"its source is paused: `ticketsync sources resume {row.source}` first")
    if row.body is None:
        raise Problem(
            409, f"its body was dropped: `ticketsync deliveries replay {row.id} --depth fetch`"
        )
    journal.reopen(connection, [row.id])
    before = {"outcome": row.outcome and str(row.outcome), "reason": row.reason}
    after = {"depth": "apply"}
    audit.note(connection, desk.now(), who, "replay", f"delivery {row.id}", before, after)


def shown(desk: Desk, row: Delivery) -> DeliveryShown:
    """A row as it is listed."""
    return DeliveryShown(**_fields(desk, row))


def whole(desk: Desk, row: Delivery, tries: list[Attempt]) -> DeliveryWhole:
    """A row with all that is kept; what is or looks like a secret of ours is struck out."""
    redactor, body = desk.redactor, row.body
    fits = body is not None and len(body) <= LARGEST_BODY
    return DeliveryWhole(
        **_fields(desk, row),
        observed_at=row.observed_at,
        session=row.session,
        last_error=desk.clean(row.last_error),
        headers={name: str(redactor.named(name, value)) for name, value in row.headers.items()},
        body=redactor.text(body.decode("utf-8", "replace")) if body is not None and fits else None,
        body_bytes=None if body is None else len(body),
        failures=tuple(
            Failure(
                number=one.number, at=one.at, error=redactor.text(one.error), next_at=one.next_at
            )
            for one in tries
        ),
    )


def _fields(desk: Desk, row: Delivery) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in DeliveryShown.model_fields}
    return told | {"reason": desk.redactor.text(row.reason)}


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/deliveries",
        "read",
        list_deliveries,
        answers=Page[DeliveryShown],
        query=DeliveriesAsked,
    ),
    Operation(
        "GET",
        "/api/v1/deliveries/{delivery:int}",
        "read",
        get_delivery,
        answers=DeliveryWhole,
        refusals=(404,),
    ),
    Operation(
        "POST",
        "/api/v1/deliveries/{delivery:int}/replay",
        "operate",
        replay_delivery,
        answers=DeliveryShown,
        status=202,
        refusals=(404, 409),
    ),
)
