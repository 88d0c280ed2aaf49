"""The webhooks an OAuth app registers itself; they live thirty days and are refreshed.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from schemas.errors import Permanent
from schemas.model import Json
from schemas.tracker import Hook, HookFault
from trackers.fields import Fields
from trackers.jira import scope
from trackers.jira.site import Site

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "sprint_created",
    "sprint_updated",
    "sprint_started",
    "sprint_closed",
    "sprint_deleted",
    "jira:version_created",
    "jira:version_updated",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_merged",
    "jira:version_deleted",
)
"""What a dynamic webhook can tell; worklogs, links and attachments only an administrator's does."""

_SOON = timedelta(days=10)
"""They live thirty days; a refresh in time keeps them."""


def hooks(site: Site) -> list[Hook]:
    """The webhooks of our OAuth app."""
    return [_hook(record) for record in _records(site)]


def check(site: Site, url: str) -> list[HookFault]:
    """What keeps our webhook from telling everything it can."""
    every = _records(site)
    ours = at(every, url)
    if not ours:
        return [missing(every, url)]
    return [fault for record in ours for fault in _faults(site, record)]


def ensure(site: Site, url: str) -> Hook:
    """Registers our webhook, or refreshes it; its deliveries are proven by the client secret."""
    ours = _ours(site, url)
    sound = [record for record in ours if not _gaps(site, record)]
    for record in ours:
        if record is not (sound[0] if sound else None):
            _delete(site, record)
    if sound:
        number = int(sound[0].need_id("id"))
        site.send("PUT", "/webhook/refresh", {"webhookIds": [number]})
        # An id that is gone is ignored without an error, so we look again.
        refreshed = [one for one in _ours(site, url) if one.need_id("id") == str(number)]
        if refreshed:
            return _hook(refreshed[0])
    return _register(site, url)


def keep(site: Site, url: str) -> datetime | None:
    """The end of our webhook after a refresh; None, and nothing but the list asked for, while it
    is more than ten days away.

    An id that is gone is ignored without an error: only the list tells what the refresh did.
    """
    ending = [record for record in _ours(site, url) if _ends_soon(record)]
    if not ending:
        return None
    site.send("PUT", "/webhook/refresh", {"webhookIds": [int(r.need_id("id")) for r in ending]})
    kept = [end for record in _ours(site, url) if (end := _expires(record))]
    return min(kept, default=None)


def remove(site: Site, url: str) -> bool:
    """Removes our webhooks at `url`; False when there was none."""
    ours = _ours(site, url)
    for record in ours:
        _delete(site, record)
    return bool(ours)


def at(records: list[Fields], url: str) -> list[Fields]:
    """Those that point to an address, whether or not it ends in a slash."""
    return [one for one in records if (one.text("url") or "").rstrip("/") == url.rstrip("/")]


def missing(records: list[Fields], url: str) -> HookFault:
    """None is at `url`; one with our path at another host is most likely ours, before a move."""
    path = urlsplit(url).path
    parts = [urlsplit(one.text("url") or "") for one in records]
    other = next((one.netloc.rpartition("@")[2] for one in parts if one.path == path), None)
    told = f"no webhook points to {url.partition('?')[0]}"
    problem = told + (f"; one points to {other}" if other else "")
    return HookFault(hook=None, problem=problem, mended_by="register")


def _register(site: Site, url: str) -> Hook:
    """Faults come in a 200, beside the ids; the end is told by the list alone."""
    details = {"events": list(EVENTS), "jqlFilter": _filter(site)}
    answer = site.send("POST", "/webhook", {"url": url, "webhooks": [details]})
    results = Fields.of(answer.object, "registration").items("webhookRegistrationResult")
    told = [Fields.of(one, "registration") for one in results]
    errors = [str(error) for one in told for error in one.items("errors")]
    number = next((one.id("createdWebhookId") for one in told), None)
    if errors or number is None:
        raise Permanent(f"{answer.asked}: {'; '.join(errors) or 'no webhook id came back'}")
    made = (_hook(one) for one in _records(site) if one.need_id("id") == number)
    return next(made, Hook(id=number, url=url, active=True, events=EVENTS))


def _faults(site: Site, record: Fields) -> list[HookFault]:
    key = record.need_id("id")
    problems = list(_gaps(site, record))
    expires = _expires(record)
    if expires and _ends_soon(record):
        problems.append(f"it expires on {expires.date().isoformat()}")
    return [HookFault(hook=key, problem=one, mended_by="register") for one in problems]


def _ends_soon(record: Fields) -> bool:
    expires = _expires(record)
    return expires is not None and expires - datetime.now(UTC) < _SOON


def _gaps(site: Site, record: Fields) -> list[str]:
    told = {str(event) for event in record.items("events")}
    missing = [event for event in EVENTS if event not in told]
    found = [f"it does not tell of {', '.join(missing)}"] if missing else []
    if record.text("jqlFilter") != _filter(site):
        found.append("its filter is not our project")
    return found


def _filter(site: Site) -> str:
    """Only `=`, `!=`, `IN` and `NOT IN` are allowed here, and few fields."""
    return f"project = {scope.quoted(site.project_key())}"


def _ours(site: Site, url: str) -> list[Fields]:
    return at(_records(site), url)


def _records(site: Site) -> list[Fields]:
    return list(site.paged("/webhook", "values"))


def _delete(site: Site, record: Fields) -> None:
    body: Json = {"webhookIds": [int(record.need_id("id"))]}
    site.send("DELETE", "/webhook", body)


def _hook(record: Fields) -> Hook:
    return Hook(
        id=record.need_id("id"),
        url=record.text("url") or "",
        active=True,
        events=tuple(str(event) for event in record.items("events")),
        expires_at=_expires(record),
    )


def _expires(record: Fields) -> datetime | None:
    """Epoch milliseconds as described, ISO text in examples."""
    raw = record.value.get("expirationDate")
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        try:
            return datetime.fromtimestamp(raw / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            raise Permanent("webhook.expirationDate is no time") from None
    return record.time("expirationDate")
