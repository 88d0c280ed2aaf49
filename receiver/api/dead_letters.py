"""Dead letters: deliveries that were given up on, with their cause."""

from receiver.api.deliveries import reopen, shown, whole
from receiver.api.desk import Desk
from receiver.api.operations import Call, Operation
from receiver.api.paging import page, seen_number
from receiver.api.problems import missing
from schemas.api import DeadLettersAsked, DeliveryShown, DeliveryWhole, Page
from schemas.delivery import Delivery, Outcome
from store import dead_letters, journal
from store.database import Connection

KIND = "dead-letters"


def list_dead_letters(desk: Desk, call: Call) -> Page[DeliveryShown]:
    """Dead letters, oldest first; `reason` is the cause."""
    asked: DeadLettersAsked = call.query
    with desk.store.read() as connection:
        found = dead_letters.find(
            connection,
            source=asked.source,
            event=asked.event,
            cause=asked.cause,
            limit=asked.limit + 1,
            after=seen_number(KIND, asked) or 0,
        )
    return page(KIND, asked, found, lambda one: one.id, lambda one: shown(desk, one))


def get_dead_letter(desk: Desk, call: Call) -> DeliveryWhole:
    """One dead letter, with every failed attempt at it."""
    with desk.store.read() as connection:
        row = _dead(connection, call.path["delivery"])
        return whole(desk, row, journal.attempts_of(connection, row.id))


def replay_dead_letter(desk: Desk, call: Call) -> DeliveryShown:
    """Makes a dead letter pending again, for the workers to apply."""
    with desk.store.write() as connection:
        row = _dead(connection, call.path["delivery"])
        reopen(desk, connection, row, call.who)
        again = journal.get(connection, row.id)
    desk.wake((row.source, row.ticket))
    return shown(desk, again or row)


def drop_dead_letter(desk: Desk, call: Call) -> DeliveryShown:
    """Gives a dead letter up for good."""
    with desk.store.write() as connection:
        row = _dead(connection, call.path["delivery"])
        dead_letters.drop(connection, [row.id], call.who, desk.now())
        return shown(desk, journal.get(connection, row.id) or row)


def _dead(connection: Connection, number: int) -> Delivery:
    row = journal.get(connection, number)
    if row is None or row.outcome is not Outcome.dead:
        raise missing("dead letter", number)
    return row


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/dead-letters",
        "read",
        list_dead_letters,
        answers=Page[DeliveryShown],
        query=DeadLettersAsked,
    ),
    Operation(
        "GET",
        "/api/v1/dead-letters/{delivery:int}",
        "read",
        get_dead_letter,
        answers=DeliveryWhole,
        refusals=(404,),
    ),
    Operation(
        "POST",
        "/api/v1/dead-letters/{delivery:int}/replay",
        "operate",
        replay_dead_letter,
        answers=DeliveryShown,
        status=202,
        refusals=(404, 409),
    ),
    Operation(
        "POST",
        "/api/v1/dead-letters/{delivery:int}/drop",
        "operate",
        drop_dead_letter,
        answers=DeliveryShown,
        refusals=(404,),
    ),
)
