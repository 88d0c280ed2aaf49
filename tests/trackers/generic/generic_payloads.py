"""Invented messages of an in-house tool, signed by the reference library."""

from datetime import UTC, datetime
from typing import Any

import orjson
from standardwebhooks import Webhook

Json = dict[str, Any]

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
URL = "https://tickets.example.com/harbour"
AT = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
TIMESTAMP = "2026-11-20T11:59:58.120000Z"


def a_person(login: str = "ines", number: int = 501) -> Json:
    return {"id": number, "login": login, "name": login.title()}


def a_ticket(key: str = "T-318", **over: Any) -> Json:
    """A whole ticket with most of what one may tell."""
    return {
        "id": key,
        "key": "HARBOUR-318",
        "number": 318,
        "url": f"{URL}/318",
        "title": "Refund webhook retries forever",
        "body": "Every evening.\r\nSince Monday.",
        "type": "Incident",
        "status": "In progress",
        "priority": "High",
        "labels": ["refunds", {"id": 7, "name": "night", "color": "1d76db"}],
        "assignees": [a_person()],
        "reporter": "tomas@example.com",
        "milestone": {"id": 3, "title": "Spring", "due_on": "2027-03-01T08:00:00Z"},
        "sprint": {"id": 9, "name": "Week 47"},
        "components": ["payments"],
        "story_points": 3,
        "due_date": "2026-12-01",
        "custom_fields": {"client": "Harbour Ltd.", "floor": 2},
        "created_at": "2026-11-19T09:00:00Z",
        "updated_at": "2026-11-20T11:59:58.100000Z",
    } | over


def a_comment(key: str = "C-1", **over: Any) -> Json:
    return {
        "id": key,
        "author": a_person("tomas", 502),
        "body": "Seen it too.",
        "created_at": "2026-11-20T11:00:00Z",
        "updated_at": "2026-11-20T11:00:00Z",
    } | over


def a_message(kind: str, data: Json) -> Json:
    return {"type": kind, "timestamp": TIMESTAMP, "data": data}


def headers(body: bytes, *, key: str = "msg_1", at: datetime = AT, secret: str = SECRET) -> Json:
    """Headers as a sender of the reference library would put them."""
    return {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, at, body.decode()),
    }


def encoded(message: Json) -> bytes:
    return orjson.dumps(message)
