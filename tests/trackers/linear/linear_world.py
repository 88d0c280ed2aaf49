"""A stand-in Linear with clients for it, and the records and changes its tests begin from."""

from typing import Any

import httpx

from sandbox.linear import app
from sandbox.linear.app import Running
from schemas.change import TicketChange
from schemas.ticket import Ticket
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers import markers
from trackers.linear import LINEAR
from trackers.linear.client import LinearClient

ALL = {"state": "all"}
PARTS = frozenset({"core", "comments", "links"})
SECRET = "the sandbox knows it"
NOWHERE = "http://127.0.0.1:9/webhooks/shop"


def source_of(world: Running, **over: Any) -> Any:
    url = over.pop("url", world.project_url)
    return a_source("linear", url, **({"api_url": world.url, "filter": ALL} | over))


def client_of(
    world: Running,
    *,
    token: str = app.TOKEN,
    transport: httpx.BaseTransport | None = None,
    limiter: Budget | None = None,
    **over: Any,
) -> LinearClient:
    client = LINEAR.connect(
        source_of(world, **over),
        credentials=Secrets(token),
        limiter=limiter or Budget(),
        validators=Memory(),
        transport=transport,
    )
    assert isinstance(client, LinearClient)
    return client


def a_marker(ticket: str = "theirs/12", generation: int = 1) -> Any:
    return markers.minted(b"k", "here", "mirror", ticket, generation)


def a_ticket(**values: Any) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | values)


def a_change(ticket: str | None = None, record: Any = None, **values: Any) -> TicketChange:
    """New values of some fields; a creation carries a marker."""
    return TicketChange(
        ticket=ticket,
        wanted=a_ticket(**values),
        fields=frozenset(values),
        record=record,
        marker=None if ticket else a_marker(),
    )
