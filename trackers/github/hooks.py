"""Our webhook at the repository: registering, checking, mending, and what it could not deliver.

https://docs.github.com/rest/repos/webhooks
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from schemas.errors import Denied, Permanent
from schemas.model import Json
from schemas.tracker import Hook, HookFault, MissedDelivery
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.github.repository import FULL_PAGE, Repository

EVENTS = (
    "issues", "issue_comment", "label", "milestone", "sub_issues", "issue_dependencies",
    "repository", "meta", "pull_request",
)  # fmt: skip
_KEPT = timedelta(days=3)
"""How long github.com keeps deliveries; Enterprise Server keeps them for seven days."""

_NEEDED = 'repository admin rights, for a fine-grained token "Webhooks: read and write"'


def hooks(repository: Repository) -> list[Hook]:
    """All webhooks of the repository; Denied without admin rights."""
    return [_hook(record) for record in _records(repository)]


def check(repository: Repository, url: str) -> list[HookFault]:
    """What keeps our hook from telling everything; empty when all is well."""
    records = _records(repository)
    ours = [record for record in records if _same(_address(record), url)]
    if not ours:
        return [HookFault(hook=None, problem=_no_hook(records, url), mended_by="register")]
    return [fault for record in ours for fault in _faults(record)]


def ensure(repository: Repository, url: str, secret: str) -> Hook:
    """Creates the hook at `url` or mends it, and sets its secret either way."""
    if not secret.strip():
        raise Permanent("a webhook needs a secret: without one nothing proves its deliveries")
    ours = [record for record in _records(repository) if _same(_address(record), url)]
    config = {"url": url, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
    if not ours:
        body = {"name": "web", "active": True, "events": list(EVENTS), "config": config}
        return _hook(_allowed(repository.session.send("POST", _path(repository), body)))
    # A config without its secret would remove the secret; `add_events` keeps what others asked for.
    body = {"active": True, "config": config}
    if "*" not in ours[0].items("events"):
        body["add_events"] = list(EVENTS)
    path = _path(repository, f"/{ours[0].need_id('id')}")
    return _hook(_allowed(repository.session.send("PATCH", path, body)))


def remove(repository: Repository, url: str) -> bool:
    """Removes every hook at `url`; False when there was none."""
    ours = [record for record in _records(repository) if _same(_address(record), url)]
    for record in ours:
        path = _path(repository, f"/{record.need_id('id')}")
        answer = repository.session.send("DELETE", path)
        if not answer.ok and answer.status != 404:
            raise _denied(answer)
    return bool(ours)


def missed(repository: Repository, url: str, since: datetime) -> list[MissedDelivery]:
    """Asks for one attempt more of each delivery none of whose attempts succeeded.

    Attempts share a `guid`; GitHub itself never tries twice
    (https://docs.github.com/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-repository-webhook).
    """
    ours = [record for record in _records(repository) if _same(_address(record), url)]
    found = []
    for record in ours:
        path = _path(repository, f"/{record.need_id('id')}/deliveries")
        found += [
            _send_again(repository, path, attempt) for attempt in _failed(repository, path, since)
        ]
    return found


def _failed(repository: Repository, path: str, since: datetime) -> list[Fields]:
    """The newest attempt of each delivery that failed, newest first."""
    newest: dict[str, Fields] = {}
    done = set()
    for answer in repository.session.pages(path, {"per_page": FULL_PAGE}):
        if not answer.ok:
            raise _denied(answer)
        oldest = max(since, answer.date - _KEPT)
        attempts = [Fields.of(item, "delivery") for item in answer.items]
        recent = [one for one in attempts if (one.time("delivered_at") or oldest) >= oldest]
        for one in recent:
            guid = one.need_id("guid")
            newest.setdefault(guid, one)
            if _succeeded(one):
                done.add(guid)
        if len(recent) < len(attempts):
            break
    return [one for guid, one in newest.items() if guid not in done]


def _succeeded(attempt: Fields) -> bool:
    """GitHub's own list counts 200 to 399 as success."""
    return attempt.text("status") == "OK" or 200 <= (attempt.whole("status_code") or 0) < 400


def _send_again(repository: Repository, path: str, attempt: Fields) -> MissedDelivery:
    """One refused redelivery must not keep the others from being asked for."""
    key = attempt.need_id("id")
    try:
        accepted = repository.session.send("POST", f"{path}/{key}/attempts").ok
    except Denied:
        raise
    except Permanent:
        accepted = False
    event, action = attempt.text("event") or "", attempt.text("action")
    at = attempt.time("delivered_at")
    if at is None:
        raise Permanent("delivery.delivered_at is missing")
    return MissedDelivery(
        id=key,
        delivery_key=attempt.need_id("guid"),
        event=f"{event}.{action}" if action else event,
        delivered_at=at,
        redelivered=accepted,
    )


def _faults(record: Fields) -> list[HookFault]:
    key = record.need_id("id")
    config = record.object("config")
    events = {str(event) for event in record.items("events")}
    missing = [] if "*" in events else [event for event in EVENTS if event not in events]
    failure = _failure(record)
    problems: list[tuple[bool, str, Json]] = [
        (record.flag("active") is False, "it is switched off", "register"),
        (bool(missing), f"it does not tell of {', '.join(missing)}", "register"),
        (_content_type(config) != "json", "its content type is not json", "register"),
        (not _has_secret(config), "it has no secret, so its deliveries are refused", "register"),
        (failure is not None, f"its last delivery failed: {failure}", "none"),
    ]
    return [
        HookFault(hook=key, problem=problem, mended_by=mend)
        for wrong, problem, mend in problems
        if wrong
    ]


def _no_hook(records: list[Fields], url: str) -> str:
    """A hook with our path at another host is most likely ours, from before a move."""
    path = urlsplit(url).path
    hosts = [urlsplit(_address(record)) for record in records]
    other = next((parts.netloc.rpartition("@")[2] for parts in hosts if parts.path == path), None)
    shown = url.partition("?")[0]
    return f"no webhook points to {shown}" + (f"; one points to {other}" if other else "")


def _records(repository: Repository) -> list[Fields]:
    found = []
    for answer in repository.session.pages(_path(repository), {"per_page": FULL_PAGE}):
        if not answer.ok:
            raise _denied(answer)
        found += [Fields.of(item, "hook") for item in answer.items]
    return found


def _hook(record: Fields) -> Hook:
    code, status = _last(record)
    return Hook(
        id=record.need_id("id"),
        url=_address(record),
        active=record.flag("active") is not False,
        events=tuple(str(event) for event in record.items("events")),
        last_status=status,
        last_code=code,
    )


def _last(record: Fields) -> tuple[int | None, str | None]:
    """(code, text) of the last delivery; both None before the first one."""
    last = record.object("last_response")
    if last is None or last.text("status") == "unused":
        return None, None
    return last.whole("code"), last.text("message") or last.text("status")


def _failure(record: Fields) -> str | None:
    """What the last delivery met; one that found no host has a status but no code."""
    last = record.object("last_response")
    code, status = _last(record)
    if last is None or (code is None and last.text("status") in (None, "unused", "active")):
        return None
    return None if code and 200 <= code < 400 else f"{code or 'no answer'}, {status or 'no word'}"


def _address(record: Fields) -> str:
    config = record.object("config")
    return (config.text("url") or "") if config else ""


def _content_type(config: Fields | None) -> str:
    return (config.text("content_type") or "form") if config else "form"


def _has_secret(config: Fields | None) -> bool:
    """GitHub prints asterisks for a secret, and nothing for none."""
    return bool(config and config.text("secret"))


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _path(repository: Repository, tail: str = "") -> str:
    return repository.path(f"/hooks{tail}")


def _allowed(answer: Answer) -> Fields:
    if not answer.ok:
        raise _denied(answer)
    return Fields.of(answer.object, "hook")


def _denied(answer: Answer) -> Denied:
    """Missing rights show as 404 here (https://docs.github.com/rest/repos/webhooks)."""
    return Denied(f"{answer.asked}: HTTP {answer.status}; webhooks need {_NEEDED}")
