"""Our webhook at the project: registering, checking, mending, and what it could not deliver.

https://docs.gitlab.com/api/project_webhooks/
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from schemas.errors import Denied, Permanent
from schemas.model import Json
from schemas.tracker import Hook, HookFault, MissedDelivery
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.gitlab import values
from trackers.gitlab.project import Project, words
from trackers.gitlab.webhook import SIGNING, event_of, signing_key

NEEDED = (
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
)
"""Confidential issues and notes have flags of their own: without them one that turns confidential
just goes quiet."""
KNOWN_SINCE = ("milestone_events", "emoji_events", "resource_access_token_events")
"""Flags that older versions lack; they ignore what they do not know."""

_RESENDS = 5
"""So many resends a minute are taken; more would block us for that minute."""
_KEPT = timedelta(days=7)
_RIGHTS = "the Maintainer role and a token with the scope api"


def hooks(project: Project) -> list[Hook]:
    """All webhooks of the project; Denied without the role for it."""
    return [_hook(record) for record in _records(project)]


def check(project: Project, url: str) -> list[HookFault]:
    """What keeps our hook from telling everything; empty when all is well."""
    records = _records(project)
    ours = [record for record in records if _same(_address(record), url)]
    if not ours:
        return [HookFault(hook=None, problem=_no_hook(records, url), mended_by="register")]
    return [fault for record in ours for fault in (*_faults(record), *_unheard(project, record))]


def ensure(project: Project, url: str, secret: str) -> Hook:
    """Creates the hook at `url` or mends it, and sets its secret either way.

    A secret of the form `whsec_…` becomes the signing token, any other the plain one. A disabled
    hook is switched on again by a test that succeeds
    (https://docs.gitlab.com/user/project/integrations/webhooks/#re-enable-disabled-webhooks).
    """
    if not secret.strip():
        raise Permanent("a webhook needs a secret: without one nothing proves its deliveries")
    body = _wanted(url, secret)
    there = [record for record in _records(project) if _same(_address(record), url)]
    stale = [] if _signs(secret) else [one for one in there if one.flag("signing_token_present")]
    ours = [one for one in there if one not in stale]
    if not ours:
        record = _allowed(project.send("POST", "/hooks", body))
        if not _took_key(record, secret):
            project.send("DELETE", f"/hooks/{record.need_id('id')}")
    else:
        if ours[0].text("custom_webhook_template"):
            body["custom_webhook_template"] = ""
        record = _allowed(project.send("PUT", f"/hooks/{ours[0].need_id('id')}", body))
    if not _took_key(record, secret):
        raise Permanent("this GitLab knows no signing tokens (before 19.0): use a plain secret")
    for one in stale:  # it would go on signing, with a key that we no longer have
        project.send("DELETE", f"/hooks/{one.need_id('id')}")
    return _hook(_revived(project, record))


def remove(project: Project, url: str) -> bool:
    """Removes every hook at `url`; False when there was none."""
    ours = [record for record in _records(project) if _same(_address(record), url)]
    for record in ours:
        answer = project.send("DELETE", f"/hooks/{record.need_id('id')}")
        if not answer.ok and answer.status != 404:
            raise _denied(answer)
    return bool(ours)


def missed(project: Project, url: str, since: datetime) -> list[MissedDelivery]:
    """Asks for one attempt more of each delivery none of whose attempts succeeded.

    Attempts share an `Idempotency-Key`; the list goes back seven days. What came due while a hook
    was disabled is in no list: only reading finds it.
    """
    found: list[MissedDelivery] = []
    for record in _records(project):
        if not _same(_address(record), url):
            continue
        tail = f"/hooks/{record.need_id('id')}/events"
        for attempt, at in _failed(project, tail, since):
            asks = sum(one.redelivered for one in found) < _RESENDS
            found.append(_send_again(project, tail, attempt, at, asks=asks))
    return found


def _failed(project: Project, tail: str, since: datetime) -> Iterator[tuple[Fields, datetime]]:
    """The newest attempt of each delivery that failed, newest first, with its time."""
    newest: dict[str, tuple[Fields, datetime]] = {}
    done = set()
    for answer in project.pages(tail):
        if not answer.ok:
            return  # versions before 17.3 keep no such list
        oldest = max(since, answer.date - _KEPT)
        attempts = [Fields.of(item, "hook_event") for item in answer.items]
        recent = [(one, at) for one in attempts if (at := _when(one) or answer.date) >= oldest]
        for attempt, at in recent:
            newest.setdefault(_key(attempt), (attempt, at))
            if _succeeded(attempt):
                done.add(_key(attempt))
        if not recent:
            break  # the newest come first, and a busy hook's week has hundreds of pages
    yield from (one for key, one in newest.items() if key not in done)


def _send_again(
    project: Project, tail: str, attempt: Fields, at: datetime, *, asks: bool
) -> MissedDelivery:
    """One refused resend must not keep the others from being asked for."""
    key = attempt.need_id("id")
    accepted = False
    if asks:
        try:
            accepted = project.send("POST", f"{tail}/{key}/resend").ok
        except Denied:
            raise
        except Permanent:
            accepted = False
    kind, action = event_of(attempt.value.get("request_data"))
    return MissedDelivery(
        id=key,
        delivery_key=_key(attempt),
        event=f"{kind}.{action}" if action else kind,
        delivered_at=at,
        redelivered=accepted,
    )


def _succeeded(attempt: Fields) -> bool:
    """2xx and 3xx count as success; a call without an answer has words in place of a status."""
    status = str(attempt.value.get("response_status") or "")
    return status.isdecimal() and 200 <= int(status) < 400


def _key(attempt: Fields) -> str:
    headers = _sent_headers(attempt)
    found = headers.get("webhook-id") or headers.get("idempotency-key")
    return str(found or f"event:{attempt.need_id('id')}")


def _when(attempt: Fields) -> datetime | None:
    """When it was tried; versions that print no time have it among the headers at best."""
    stamp = _sent_headers(attempt).get("webhook-timestamp", "")
    if stamp.isascii() and stamp.isdecimal() and len(stamp) < 12:
        return datetime.fromtimestamp(int(stamp), UTC)
    return values.moment(attempt, "created_at")


def _sent_headers(attempt: Fields) -> dict[str, str]:
    found = attempt.value.get("request_headers")
    headers = found if isinstance(found, dict) else {}
    return {name.lower(): str(value) for name, value in headers.items()}


def _wanted(url: str, secret: str) -> dict[str, Json]:
    """Every flag is named: what is left out has a default that differs by version."""
    return {
        "url": url,
        **dict.fromkeys((*NEEDED, *KNOWN_SINCE), True),
        "push_events": False,
        "enable_ssl_verification": True,
        **({"signing_token": secret} if _signs(secret) else {"token": secret}),
    }


def _signs(secret: str) -> bool:
    if secret.startswith(SIGNING) and len(signing_key(secret) or b"") != 32:
        raise Permanent("a signing token is whsec_ and the base64 of exactly 32 bytes")
    return secret.startswith(SIGNING)


def _took_key(record: Fields, secret: str) -> bool:
    """Versions without signing tokens ignore them silently."""
    return not _signs(secret) or bool(record.flag("signing_token_present"))


def _revived(project: Project, record: Fields) -> Fields:
    if _status(record) == "executable":
        return record
    path = f"/hooks/{record.need_id('id')}"
    project.send("POST", f"{path}/test/issues_events")
    answer = project.get(project.path(path))
    return Fields.of(answer.object, "hook") if answer.ok else record


def _faults(record: Fields) -> list[HookFault]:
    key, status = record.need_id("id"), _status(record)
    flags = [*NEEDED, *(one for one in KNOWN_SINCE if one in record)]
    missing = [one for one in flags if record.flag(one) is not True]
    until = record.text("disabled_until")
    unsigned = not record.flag("token_present") and not record.flag("signing_token_present")
    problems: list[tuple[bool, str, Json]] = [
        (status == "disabled", "it was disabled after too many failures", "register"),
        (
            status == "temporarily_disabled",
            f"it is disabled until {until or 'later'} after failures",
            "register",
        ),
        (bool(missing), f"it does not tell of {', '.join(missing)}", "register"),
        (
            bool(record.text("custom_webhook_template")),
            "a custom template changes what it sends",
            "register",
        ),
        ("token_present" in record and unsigned, "it has no secret", "register"),
    ]
    return [
        HookFault(hook=key, problem=problem, mended_by=mend)
        for wrong, problem, mend in problems
        if wrong
    ]


def _unheard(project: Project, record: Fields) -> list[HookFault]:
    """Whether the last delivery of a hook that is on failed; versions before 17.3 keep no list."""
    if _status(record) != "executable":
        return []
    key = record.need_id("id")
    answer = project.get(project.path(f"/hooks/{key}/events"), {"per_page": 1})
    last = [Fields.of(one, "hook_event") for one in answer.items[:1]] if answer.ok else []
    if not last or _succeeded(last[0]):
        return []
    told = str(last[0].value.get("response_status") or "no answer")[:80]
    problem = f"its last delivery failed ({told})"
    return [HookFault(hook=key, problem=problem, mended_by="none")]


def _no_hook(records: list[Fields], url: str) -> str:
    """A hook with our path at another host is most likely ours, from before a move."""
    path = urlsplit(url).path
    hosts = [urlsplit(_address(record)) for record in records]
    other = next((parts.netloc.rpartition("@")[2] for parts in hosts if parts.path == path), None)
    shown = url.partition("?")[0]
    return f"no webhook points to {shown}" + (f"; one points to {other}" if other else "")


def _records(project: Project) -> list[Fields]:
    project.pinned()
    try:
        answers = list(project.pages("/hooks"))
    except Denied as refusal:
        raise Denied(f"{refusal}; webhooks need {_RIGHTS}") from None
    for answer in answers:
        if not answer.ok:
            raise _denied(answer)
    return [Fields.of(item, "hook") for answer in answers for item in answer.items]


def _hook(record: Fields) -> Hook:
    flags = (*NEEDED, *KNOWN_SINCE)
    status = _status(record)
    return Hook(
        id=record.need_id("id"),
        url=_address(record),
        active=status == "executable",
        events=tuple(one for one in flags if record.value.get(one) is True),
        last_status=status,
    )


def _status(record: Fields) -> str:
    """`executable`, `temporarily_disabled` or `disabled`; older versions do not tell."""
    return record.text("alert_status") or "executable"


def _address(record: Fields) -> str:
    return record.text("url") or ""


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _allowed(answer: Answer) -> Fields:
    if not answer.ok:
        raise _denied(answer)
    return Fields.of(answer.object, "hook")


def _denied(answer: Answer) -> Denied:
    """Missing rights may show as 404 here."""
    return Denied(f"{answer.asked}: HTTP {answer.status}{words(answer)}; webhooks need {_RIGHTS}")
