"""GitHub deliveries for the benches: about 10 KB each, as the sandbox writes them, and signed."""

import hashlib
import hmac
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from sandbox.github.app import Plan, build

SECRET = "bench-secret-0123456789"
PROJECT = "bench/bench"
BODY_BYTES = 10_240
START = datetime(2026, 1, 1, tzinfo=UTC)


def template() -> dict[str, Any]:
    """The payload of one `issues.edited`, its text filled up to the size of a usual delivery."""
    plan = Plan(owner="bench", repo="bench", webhook_secret=SECRET)
    site = build(plan, "http://127.0.0.1:1").site
    site.outbox.hold()
    acts = site.acts
    for name in ("bug", "help", "slow"):
        acts.create_label(name, "c5def5", by="bench")
    issue = acts.open("A ticket", "text", ["bug", "help", "slow"], ["mona"], by="mona")
    record = site.views.issue(issue)
    home = site.views.repo(site.home)
    found = {"action": "edited", "issue": record, "repository": home, "sender": record["user"]}
    text = 'Steps to reproduce: open it, "quote" it\nand see.\n' * 300
    room = BODY_BYTES - len(orjson.dumps(found)) - text.count("\n") // 8
    copied: dict[str, Any] = orjson.loads(orjson.dumps(found))
    copied["issue"]["body"] = text[: max(0, room * 9 // 10)]
    site.outbox.stop()
    return copied


class Deliveries:
    """Bodies about distinct tickets, each newer than the last."""

    def __init__(self) -> None:
        self._template = template()
        self._stamp = START
        self.project_id = str(self._template["repository"]["id"])

    def body(self, number: int) -> bytes:
        """The delivery of ticket `number`."""
        self._stamp += timedelta(seconds=1)
        issue = self._template["issue"]
        issue["number"], issue["id"] = number, 1_000_000 + number
        issue["title"] = f"Ticket {number}"
        issue["updated_at"] = f"{self._stamp:%Y-%m-%dT%H:%M:%SZ}"
        return orjson.dumps(self._template)


def headers(body: bytes) -> dict[str, str]:
    """What GitHub sends along, with a delivery id of its own."""
    return {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": "sha256="
        + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }
