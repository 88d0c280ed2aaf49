"""Our own records of local tickets, to canonical tickets. Pure."""

from datetime import date

from schemas import revision
from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Label, Person, Privacy, StatusCategory, Ticket
from trackers.fields import Fields


def to_ticket(record: Json, source: Source) -> Ticket:
    """A record, always whole, as a ticket; it leaves this store only where it says `shareable` or
    `public` itself (law 12).

    Labels and people have their names as ids: nobody else gives them any.
    """
    told = Fields.of(record, "ticket")
    number, updated = told.need_whole("number"), told.time("updated_at")
    if updated is None:
        raise Permanent("ticket.updated_at is missing")
    return Ticket(
        source=source.name,
        external_id=str(number),
        key=key_of(number),
        number=number,
        title=told.text("title") or "",
        body=told.text("body") or "",
        type=told.text("type") or "issue",
        state="closed" if told.text("state") == "closed" else "open",
        status=told.text("status") or "open",
        status_category=StatusCategory(told.text("status_category") or "todo"),
        priority=told.text("priority"),
        severity=told.text("severity"),
        labels=tuple(Label(id=str(one), name=str(one)) for one in told.items("labels")),
        assignees=tuple(_person(str(one)) for one in told.items("assignees")),
        reporter=_person(reporter) if (reporter := told.text("reporter")) else None,
        due_date=date.fromisoformat(day) if (day := told.text("due_date")) else None,
        privacy=Privacy(told.text("privacy") or "local_only"),
        created_at=told.time("created_at"),
        updated_at=updated,
        closed_at=told.time("closed_at"),
        revision=revision.of_time(updated, 6),
    )


def key_of(number: int) -> str:
    """What people call it: `000001`, so that folders stand in their order."""
    return f"{number:06}"


def _person(name: str) -> Person:
    return Person(id=name.casefold(), login=name)
