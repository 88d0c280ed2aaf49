"""The door: service hooks sign nothing, they only carry the credential they were given.

https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from schemas.delivery import Proof
from schemas.errors import Permanent, Rejected
from schemas.model import Json
from trackers import signatures, tolerant
from trackers.base import Headers
from trackers.fields import Fields

TOKEN_HEADER = "x-hook-token"  # noqa: S105 - the name of a header
_EVENT = re.compile(r"[a-z0-9_.\-]{1,60}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z\-]{1,100}", re.ASCII)
_ITEM = re.compile(r".*/workitems/(\d{1,10})(?:/.*)?", re.ASCII | re.IGNORECASE)
_LARGEST = 2**31 - 1
_NIL = "00000000-0000-0000-0000-000000000000"


def verify(headers: Headers, body: bytes, secrets: Sequence[str]) -> Proof:
    """The proof of a delivery; Rejected(401) when the credential is wrong or absent.

    The credential comes as basic authentication, or in a header `X-Hook-Token` that the
    subscription names. A secret `user:password` has to match as a whole, a bare one the password.
    """
    if not signatures.usable(secrets):
        raise Rejected(401, "no webhook secret is configured")
    given = _credentials(headers)
    if not given:
        raise Rejected(401, "neither Authorization nor X-Hook-Token: the hook has no credential")
    if not _known(given, secrets):
        raise Rejected(401, "the credential is not the one of this source")
    return _proof(body)


def work_item(event: str, resource: Json) -> str | None:
    """The id of the work item a delivery is about.

    In an update `id` numbers the update; the item is `workItemId`, or the one of `revision`, or
    the last of the address.
    """
    if not isinstance(resource, dict):
        return None
    if event != "workitem.updated":
        return _number(resource.get("id")) or _of_address(resource)
    revision = resource.get("revision")
    inner = revision.get("id") if isinstance(revision, dict) else None
    return _number(resource.get("workItemId")) or _number(inner) or _of_address(resource)


def is_test(content: dict[str, Json]) -> bool:
    """The button "Test" sends the documentation's samples, about items of no project of ours."""
    if content.get("subscriptionId") == _NIL:
        return True
    resource = content.get("resource")
    if not isinstance(resource, dict):
        return False
    unnamed = content.get("eventType") == "workitem.updated" and resource.get("workItemId") == 0
    return (unnamed and resource.get("revisedBy") is None) or _is_sample(content, resource)


def container(content: dict[str, Json], name: str) -> dict[str, Json]:
    """What a delivery says of its collection, account or project."""
    containers = content.get("resourceContainers")
    found = containers.get(name) if isinstance(containers, dict) else None
    return found if isinstance(found, dict) else {}


def _is_sample(content: dict[str, Json], resource: dict[str, Json]) -> bool:
    """Fabrikam is the company of the documentation; its samples come from any organization."""
    own, told = _host(container(content, "project").get("baseUrl")), _host(resource.get("url"))
    return "fabrikam" in told and told != own


def _host(address: Json) -> str:
    try:
        return (urlsplit(address).hostname or "") if isinstance(address, str) else ""
    except ValueError:
        return ""


def _known(given: list[bytes], secrets: Sequence[str]) -> bool:
    """Every secret is compared, so that time does not tell which one is live."""
    found = False
    for secret in signatures.usable(secrets):
        own = secret.encode("utf-8", "replace")
        for one in given:
            found = hmac.compare_digest(own, one) or found
    return found


def _credentials(headers: Headers) -> list[bytes]:
    """What a secret may equal: user and password, the password, or the token."""
    found = []
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            pair = b""
        _, colon, password = pair.partition(b":")
        found += [pair, password] if colon else []
    token = headers.get(TOKEN_HEADER, "").encode("utf-8", "replace")
    return [one for one in (*found, token) if one]


def _proof(body: bytes) -> Proof:
    """A body that cannot be read is proven all the same: it ends as a dead letter with a cause."""
    try:
        content = tolerant.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return Proof(event="unknown", delivery_key=_body_name(body))
    named = content.get("eventType")
    event = named if isinstance(named, str) and _EVENT.fullmatch(named) else "unknown"
    key = content.get("id")
    return Proof(
        event=event,
        # One event has one id, whatever subscription brings it and however often.
        delivery_key=key if isinstance(key, str) and _ID.fullmatch(key) else _body_name(body),
        ticket=_lane(event, content),
        sent_at=_sent(content),
    )


def _lane(event: str, content: dict[str, Json]) -> str | None:
    if not event.startswith("workitem.") or is_test(content):
        return None
    return work_item(event, content.get("resource"))


def _sent(content: dict[str, Json]) -> datetime | None:
    try:
        return Fields(content, "the body").time("createdDate")
    except Permanent:
        return None


def _body_name(body: bytes) -> str:
    return f"body:{hashlib.sha256(body).hexdigest()}"


def _number(value: Json) -> str | None:
    """Newer versions send numbers, older ones text."""
    found = int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,10}", value) else value
    return str(found) if type(found) is int and 0 < found <= _LARGEST else None


def _of_address(resource: dict[str, Json]) -> str | None:
    links = resource.get("_links")
    parent = links.get("parent") if isinstance(links, dict) else None
    addresses = [parent.get("href") if isinstance(parent, dict) else None, resource.get("url")]
    for address in addresses:
        found = _ITEM.fullmatch(address) if isinstance(address, str) else None
        if found:
            return _number(found[1])
    return None
