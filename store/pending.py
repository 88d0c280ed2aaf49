"""What is known of tickets for sure: no news of them waits, and their last record is whole."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from store.keys import Key, among
from store.tables import deliveries, tickets


def unsettled(connection: sa.Connection, keys: Iterable[Key]) -> set[Key]:
    """Those of these tickets whose record is not newer than all that was heard of them (law 12).

    That is a ticket that is not held, or held in part only; one in doubt; one with a delivery that
    is pending, or that was given up on and came after the record we hold was observed. What waits
    for the source as a whole (a label renamed) says nothing of who may see one ticket.
    """
    wanted = set(keys)
    if not wanted:
        return set()
    heads, *heard = queries(wanted)
    # A doubt about comments or links is no doubt about who may see the ticket.
    whole = {
        (source, ticket)
        for source, ticket, doubt in connection.execute(heads)
        if doubt is None or "core" not in doubt["aspects"]
    }
    named = {(source, ticket) for query in heard for source, ticket in connection.execute(query)}
    return (wanted - whole) | named


def settled(connection: sa.Connection, keys: Iterable[Key]) -> bool:
    """Whether the records of all these tickets are whole and newer than whatever was heard."""
    return not unsettled(connection, keys)


def queries(keys: set[Key]) -> tuple[sa.Select[Any], ...]:
    """Tickets with a whole record, and their doubts; then those with pending, and dead, news."""
    heads = sa.select(tickets.c.source, tickets.c.external_id, tickets.c.doubt).where(
        among(tickets, keys),
        tickets.c.fingerprint.is_not(None),  # none while a part is laid over the record
    )
    row, here = (deliveries.c.source, deliveries.c.ticket), among(deliveries, keys, "ticket")
    waiting = sa.select(*row).where(here, deliveries.c.outcome.is_(None))
    same = sa.and_(
        tickets.c.source == deliveries.c.source, tickets.c.external_id == deliveries.c.ticket
    )
    given_up = (
        sa.select(*row)
        .select_from(deliveries.join(tickets, same))
        .where(
            here,
            deliveries.c.outcome == sa.literal_column("'dead'"),  # as the partial index says it
            deliveries.c.received_at >= tickets.c.observed_at,
            sa.or_(
                tickets.c.confirmed_at.is_(None),
                deliveries.c.received_at >= tickets.c.confirmed_at,
            ),
        )
    )
    return heads, waiting, given_up
