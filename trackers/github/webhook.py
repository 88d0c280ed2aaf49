"""The door: proves a delivery and finds the lane it belongs to, in one parse of the body."""

import hashlib
import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from schemas.delivery import Proof
from schemas.errors import Rejected
from schemas.model import Json
from trackers import signatures, tolerant
from trackers.base import Headers

FORM = "application/x-www-form-urlencoded"
_WORD = re.compile(r"[a-z0-9_]{1,60}", re.ASCII)
_LARGEST = 2**31 - 1
Ends = tuple[tuple[str, str], tuple[str, str]]

ENDS: dict[str, Ends] = {
    "sub_issues": (("sub_issue", "sub_issue_repo"), ("parent_issue", "parent_issue_repo")),
    "issue_dependencies": (
        ("blocked_issue", "blocked_issue_repo"),
        ("blocking_issue", "blocking_issue_repo"),
    ),
}
"""The two issues of a link event. Only the end in another repository need name its repository
(https://docs.github.com/webhooks/webhook-events-and-payloads#sub_issues)."""


def verify(headers: Headers, body: bytes, secrets: Sequence[str]) -> Proof:
    """The proof of a delivery; Rejected(401) when it is wrong or absent, nothing else.

    The signature covers the raw body, of a form hook the urlencoded one
    (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).
    """
    if not signatures.usable(secrets):
        raise Rejected(401, "no webhook secret is configured")
    scheme, _, claimed = headers.get("x-hub-signature-256", "").partition("=")
    if scheme != "sha256" or not claimed:
        raise Rejected(401, "X-Hub-Signature-256 is missing: the hook has no secret")
    if not signatures.proves(body, claimed, secrets):
        raise Rejected(401, "X-Hub-Signature-256 does not match the body")
    return _proof(headers, body)


def payload(headers: Headers, body: bytes) -> Json:
    """The JSON in a body, plain or in the `payload` field of a form; ValueError when broken."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return tolerant.loads(body)
    for field in body.split(b"&"):
        if field.startswith(b"payload="):
            return tolerant.loads(unquote_to_bytes(field[8:].replace(b"+", b" ")))
    raise ValueError("the form has no field `payload`")


def event_of(headers: Headers, content: Json) -> tuple[str, str | None]:
    """(event, action); `unknown` when the header is no word, action None when there is none."""
    event = headers.get("x-github-event", "")
    action = content.get("action") if isinstance(content, dict) else None
    found = action if isinstance(action, str) and _WORD.fullmatch(action) else None
    return event if _WORD.fullmatch(event) else "unknown", found


def here(content: Json, repository: str) -> bool:
    """Whether an end's repository is the delivery's own; unnamed means our own."""
    named, own = content.get(repository), content.get("repository")
    if not isinstance(named, dict) or not isinstance(own, dict):
        return True
    return bool(named.get("id") == own.get("id"))


def _proof(headers: Headers, body: bytes) -> Proof:
    """A body that cannot be read is proven all the same: it ends as a dead letter with a cause."""
    try:
        content = payload(headers, body)
    except ValueError:
        content = None
    event, action = event_of(headers, content)
    return Proof(
        event=f"{event}.{action}" if action else event,
        delivery_key=_delivery_key(headers, body),
        ticket=_lane(event, content) if isinstance(content, dict) else None,
    )


def _delivery_key(headers: Headers, body: bytes) -> str:
    """GitHub's GUID, the same on a redelivery; without one the body is its own name."""
    guid = headers.get("x-github-delivery", "")
    if 0 < len(guid) <= 100 and guid.isascii() and guid.isprintable():
        return guid
    return f"body:{hashlib.sha256(body).hexdigest()}"


def _lane(event: str, content: dict[str, Json]) -> str | None:
    if event in ("issues", "issue_comment"):
        return _number(content.get("issue"))
    for issue, repository in ENDS.get(event, ()):
        number = _number(content.get(issue))
        if number and here(content, repository):
            return number
    return None


def _number(issue: Json) -> str | None:
    number = issue.get("number") if isinstance(issue, dict) else None
    return str(number) if type(number) is int and 0 < number <= _LARGEST else None
