"""Things that tests are made of: `a_ticket(state="closed")`, `a_webhook("issues", …)`."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from schemas.delivery import Arrival, Delivery, Via
from schemas.errors import TicketsyncError
from schemas.event import CommentSeen, Event, TicketSeen
from schemas.record import Observation
from schemas.revision import of_time
from schemas.settings import RetrySettings
from schemas.source import Source
from schemas.ticket import Comment, Label, Person, Ticket
from store import journal
from store.database import Store
from store.tables import comments, tickets
from store.whole import whole_tickets
from tests.trackers.github import github_payloads as payloads
from trackers.github import GITHUB
from workers.work import Work

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
SOURCE = "shop"
_keys = itertools.count(1)


@dataclass
class Clock:
    """A `now` that stands still until it is moved."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> datetime:
        """Moves it; `forward(minutes=10)`."""
        self.at += timedelta(**span)
        return self.at


def a_source(name: str = SOURCE, **over: Any) -> Source:
    """A GitHub repository as a source, with every issue in its filter."""
    plain = {"slug": name, "tracker": "github", "url": payloads.URL, "filter": {"state": "all"}}
    return Source.model_validate({"name": name, **plain, **over})


def no_client(source: Source) -> Any:
    """A `connect` for work that must not ask any tracker."""
    raise TicketsyncError(f"nobody may ask the tracker of {source.name} in this test")


def a_work(
    store: Store,
    *sources: Source,
    connect: Callable[[Source], Any] = no_client,
    now: Callable[[], datetime] | None = None,
    workspace: Path | None = None,
    **over: Any,
) -> Work:
    """The tools of the workers around a store."""
    declared = {one.name: one for one in sources or (a_source(),)}
    plain: dict[str, Any] = {"retry": RetrySettings()}
    return Work(
        store=store,
        sources=declared,
        connect=connect,
        now=now or Clock(),
        workspace=workspace,
        **(plain | over),
    )


def at(seconds: float = 0) -> datetime:
    """A moment, counted from NOW."""
    return NOW + timedelta(seconds=seconds)


def rev(seconds: float = 0) -> str:
    """A revision as GitHub prints it, counted from NOW."""
    return of_time(at(seconds))


def an_issue(number: int = 12, *, updated: float = 0, **over: Any) -> dict[str, Any]:
    """A full GitHub record; `updated` is in seconds from NOW."""
    return payloads.an_issue(number, **{"updated_at": rev(updated)} | over)


def a_comment_record(
    number: int = 40_001, issue: int = 12, *, updated: float = 0, **over: Any
) -> dict[str, Any]:
    """A GitHub record of a comment."""
    return payloads.a_comment(number, issue, **{"updated_at": rev(updated)} | over)


def partial(record: dict[str, Any], *missing: str) -> dict[str, Any]:
    """A record that lacks some fields, as slim payloads do."""
    return {name: value for name, value in record.items() if name not in missing}


def a_ticket(number: int = 12, *, updated: float = 0, **over: Any) -> Ticket:
    """A canonical ticket as GitHub's translator would make it."""
    ticket = GITHUB.to_ticket(an_issue(number, updated=updated), a_source())
    return ticket.model_copy(update=over)


def a_comment(number: int = 40_001, *, updated: float = 0, **over: Any) -> Comment:
    """A canonical comment."""
    comment = GITHUB.to_comment(a_comment_record(number, updated=updated), a_source())
    return comment.model_copy(update=over)


def a_label(name: str = "bug", number: int = 9001) -> Label:
    return Label(id=str(number), name=name, color="d73a4a")


def a_person(login: str = "ines-varga", number: int = 501) -> Person:
    return Person(id=str(number), login=login)


def a_webhook(
    event: str, payload: dict[str, Any] | bytes, *, when: float = 0, key: str = "", **over: Any
) -> Arrival:
    """A signed delivery as the receiver would journal it; `when` is in seconds from NOW."""
    body = payload if isinstance(payload, bytes) else payloads.encoded(payload)
    headers = payloads.headers(event, body) | {
        "x-github-delivery": key or f"guid-{next(_keys)}",
    }
    proof = GITHUB.verify(headers, body, [payloads.SECRET], NOW)
    plain: dict[str, Any] = {
        "source": SOURCE,
        "via": Via.webhook,
        "event": proof.event,
        "delivery_key": proof.delivery_key,
        "ticket": proof.ticket,
        "body": body,
        "received_at": at(when),
        "headers": {k: headers[k] for k in GITHUB.capabilities.event_headers},
    }
    return Arrival(**plain | over)


def issue_webhook(
    record: dict[str, Any], action: str = "edited", *, when: float = 0, **over: Any
) -> Arrival:
    """`issues.<action>` around a record."""
    return a_webhook("issues", payloads.a_payload(action, issue=record), when=when, **over)


def comment_webhook(
    record: dict[str, Any],
    comment: dict[str, Any],
    action: str = "created",
    *,
    when: float = 0,
    **over: Any,
) -> Arrival:
    """`issue_comment.<action>` around both records."""
    payload = payloads.a_payload(action, issue=record, comment=comment)
    return a_webhook("issue_comment", payload, when=when, **over)


def observed(*events: Event, when: float = 0, via: Via = Via.poll, **over: Any) -> Arrival:
    """A poll or fetch delivery with these facts; its lane is the first fact's ticket."""
    plain: dict[str, Any] = {
        "source": SOURCE,
        "via": via,
        "event": f"{via}.test",
        "delivery_key": f"{via}:{next(_keys)}",
        "ticket": getattr(events[0], "ticket", None),
        "body": orjson.dumps(Observation(events=events).model_dump(mode="json")),
        "received_at": at(when),
        "observed_at": at(when),
    }
    return Arrival(**plain | over)


def polled(record: dict[str, Any], *, when: float = 0, **over: Any) -> Arrival:
    """A polled issue."""
    return observed(TicketSeen(ticket=str(record["number"]), record=record), when=when, **over)


def polled_comment(record: dict[str, Any], *, when: float = 0, **over: Any) -> Arrival:
    """A polled comment."""
    ticket = record["issue_url"].rpartition("/")[2]
    return observed(CommentSeen(ticket=ticket, record=record), when=when, **over)


def keep(store: Store, *arrivals: Arrival) -> list[bool]:
    """Journals deliveries."""
    with store.write() as connection:
        return journal.keep(connection, arrivals)


def journaled(store: Store, **filters: Any) -> list[Delivery]:
    """Deliveries, oldest first."""
    with store.read() as connection:
        return journal.find(connection, **{"limit": 10_000} | filters)[::-1]


def outcomes(store: Store) -> list[str | None]:
    """The outcomes in the journal, oldest first."""
    return [str(one.outcome) if one.outcome else None for one in journaled(store)]


def held(store: Store, number: int = 12, source: str = SOURCE) -> Ticket:
    """The whole ticket as the store shows it; KeyError when it is not held."""
    with store.read() as connection:
        found = whole_tickets(connection, [(source, str(number))], parts=True)
    return found[source, str(number)]


def row(store: Store, number: int = 12) -> Any:
    """The ticket's row, or None."""
    query = sa.select(tickets).where(tickets.c.external_id == str(number))
    with store.read() as connection:
        return connection.execute(query).one_or_none()


def comment_rows(store: Store) -> dict[str, Any]:
    """All comment rows by id."""
    with store.read() as connection:
        return {one.external_id: one for one in connection.execute(sa.select(comments))}


def lanes(arrivals: Iterable[Arrival]) -> list[journal.Lane]:
    """Where these deliveries drain."""
    return list(dict.fromkeys((one.source, one.ticket) for one in arrivals))
