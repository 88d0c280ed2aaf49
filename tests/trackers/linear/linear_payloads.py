"""Invented deliveries and records, built small."""

import hmac
from typing import Any

import orjson

from tests.trackers.stand_ins import NOW, a_delivery, a_source

SECRET = "lin_wh_invented"
TICKET = "5a1c0000-0000-4000-8000-000000000412"
TEAM = {"id": "5a1c0000-0000-4000-8000-000000000001", "key": "ENG", "name": "Engineering"}
STATE = {"id": "s1", "name": "Backlog", "type": "backlog", "color": "#bec2c8"}
SENT = int(NOW.timestamp() * 1000)


def an_issue(**over: Any) -> dict[str, Any]:
    """As a webhook holds it."""
    whole = {
        "id": TICKET,
        "identifier": "ENG-412",
        "number": 412,
        "title": "The beacon flickers",
        "description": "Every evening.",
        "url": "https://linear.app/harbour/issue/ENG-412/the-beacon-flickers",
        "priority": 2,
        "state": STATE,
        "teamId": TEAM["id"],
        "team": TEAM,
        "labels": [],
        "createdAt": "2026-11-20T09:00:00.404Z",
        "updatedAt": "2026-11-20T09:00:00.404Z",
    }
    return whole | over


def a_comment(**over: Any) -> dict[str, Any]:
    whole = {
        "id": "c1",
        "body": "Hello",
        "issueId": TICKET,
        "issue": {"id": TICKET, "identifier": "ENG-412", "teamId": TEAM["id"], "team": TEAM},
        "createdAt": "2026-11-20T10:00:00.010Z",
        "updatedAt": "2026-11-20T10:00:00.010Z",
    }
    return whole | over


def payload(kind: str, action: str, about: Any, **over: Any) -> dict[str, Any]:
    return {
        "action": action,
        "type": kind,
        "data": about,
        "organizationId": "o1",
        "webhookId": "w1",
        "webhookTimestamp": SENT,
    } | over


def signed(body: bytes, secret: str = SECRET, **over: str) -> dict[str, str]:
    """Headers of a delivery, lower-case."""
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return {"linear-signature": digest, "linear-delivery": "d1"} | over


def facts(tracker: Any, content: Any, headers: dict[str, str] | None = None, **over: Any) -> Any:
    """The events of a payload."""
    return tracker.parse(a_delivery(headers or {}, orjson.dumps(content), **over))


def source(**over: Any) -> Any:
    return a_source("linear", "https://linear.app/harbour/team/ENG", **over)
