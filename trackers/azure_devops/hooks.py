"""Our service hooks: one subscription for each event, and what became of their notifications.

https://learn.microsoft.com/rest/api/azure/devops/hooks/subscriptions
"""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, urlsplit

from schemas.errors import Denied, Permanent
from schemas.model import Json
from schemas.tracker import Hook, HookFault, MissedDelivery
from trackers.answers import Answer
from trackers.azure_devops import names
from trackers.azure_devops.boards import Boards, listed
from trackers.fields import Fields

USER = "ticketsync"
"""The user name beside a secret that is only a password."""

_PATH = "/_apis/hooks/subscriptions"
_KIND: dict[str, str] = {
    "publisherId": "tfs",
    "consumerId": "webHooks",
    "consumerActionId": "httpRequest",
}
_MOST_NOTIFICATIONS = 200
_NEEDED = '"View" and "Edit subscriptions", which project administrators have'
_MENDED = ("onProbation", "disabledBySystem", "disabledByInactiveIdentity", "disabledByUser")
_WORDS = {
    "onProbation": "is on probation after failures: new events are lost meanwhile",
    "disabledBySystem": "was switched off after too many failures",
    "disabledByInactiveIdentity": "is off because its creator has left",
    "disabledByUser": "was switched off by somebody",
}


def hooks(boards: Boards) -> list[Hook]:
    """All webhooks of the project."""
    return [_hook([one]) for one in _subscriptions(boards)]


def check(boards: Boards, url: str) -> list[HookFault]:
    """What keeps our subscriptions from telling everything; empty when all is well."""
    every = _subscriptions(boards)
    ours = [one for one in every if _same(_address(one), url)]
    if not ours:
        return [HookFault(hook=None, problem=_no_hook(every, url), mended_by="register")]
    told = {one.text("eventType") for one in ours}
    missing = [event for event in names.EVENTS if event not in told]
    faults = [fault for one in ours for fault in _faults(one)]
    if missing:
        problem = f"nothing tells of {', '.join(missing)}"
        faults.append(HookFault(hook=None, problem=problem, mended_by="register"))
    return faults


def ensure(boards: Boards, url: str, secret: str) -> Hook:
    """One working subscription for each event, with the secret set either way.

    The list is read first and has to be readable: a failed look-up taken for "there is none" would
    add five subscriptions each time.
    """
    if not secret.strip():
        raise Permanent("a webhook needs a secret: without one nothing proves its deliveries")
    ours = [one for one in _subscriptions(boards) if _same(_address(one), url)]
    project = boards.source.project_id or boards.project().id
    made = []
    for event in names.EVENTS:
        same = [one for one in ours if one.text("eventType") == event]
        made.append(_save(boards, same[:1], _wanted(event, project, url, secret)))
        for double in same[1:]:
            _delete(boards, double)
    return _hook(made)


def remove(boards: Boards, url: str) -> bool:
    """Removes every subscription at `url`; False when there was none."""
    ours = [one for one in _subscriptions(boards) if _same(_address(one), url)]
    for one in ours:
        _delete(boards, one)
    return bool(ours)


def missed(boards: Boards, url: str, since: datetime) -> list[MissedDelivery]:
    """What could not be delivered; the tracker repeats by its own plan and takes no requests."""
    ours = [one for one in _subscriptions(boards) if _same(_address(one), url)]
    return [one for subscription in ours for one in _failed(boards, subscription, since)]


def _failed(boards: Boards, subscription: Fields, since: datetime) -> Iterator[MissedDelivery]:
    path = f"{_one(subscription)}/notifications"
    answer = boards.get(
        path,
        {"maxResults": _MOST_NOTIFICATIONS, "status": "completed", "result": "failed"},
    )
    if not answer.ok:
        raise _denied(answer)
    for item in listed(answer):
        found = Fields(item, "notification")
        at = found.time("createdDate")
        if at is None or at < since:
            continue
        details = found.object("details")
        event = details.text("eventType") if details else None
        yield MissedDelivery(
            id=f"{subscription.need_id('id')}:{found.need_id('id')}",
            delivery_key=found.need_id("eventId"),
            event=event or subscription.text("eventType") or "",
            delivered_at=at,
        )


def _subscriptions(boards: Boards) -> list[Fields]:
    """Webhooks for work items of this project; other consumers and projects are not asked for."""
    project = boards.source.project_id or boards.project().id
    answer = boards.get(_PATH, _KIND)
    if not answer.ok:
        raise _denied(answer)
    found = [Fields.of(item, "subscription") for item in listed(answer)]
    ours = (project, "")  # without a project it is told of all of them
    return [one for one in found if _input(one, "publisherInputs", "projectId") in ours]


def _wanted(event: str, project: str, url: str, secret: str) -> dict[str, Json]:
    """All inputs anew: confidential ones are read back masked, and a mask would be stored."""
    user, colon, password = secret.partition(":")
    return {
        **_KIND,
        "eventType": event,
        "resourceVersion": "1.0",
        "publisherInputs": {"projectId": project},
        "consumerInputs": {
            "url": url,
            "basicAuthUsername": user if colon else USER,
            "basicAuthPassword": password if colon else secret,
            "resourceDetailsToSend": "all",
            "messagesToSend": "none",
            "detailedMessagesToSend": "none",
        },
    }


def _save(boards: Boards, before: list[Fields], wanted: dict[str, Json]) -> Fields:
    """A subscription that was on probation or off is enabled again by saving it so."""
    if not before:
        answer = boards.send("POST", _PATH, wanted)
    else:
        body = {**wanted, "id": before[0].need_id("id"), "status": "enabled"}
        answer = boards.send("PUT", _one(before[0]), body)
    if not answer.ok:
        raise _denied(answer)
    return Fields.of(answer.object, "subscription")


def _delete(boards: Boards, subscription: Fields) -> None:
    answer = boards.send("DELETE", _one(subscription))
    if not answer.ok and answer.status != 404:
        raise _denied(answer)


def _faults(subscription: Fields) -> Iterator[HookFault]:
    key, event = subscription.need_id("id"), subscription.text("eventType") or ""
    status = subscription.text("status") or "enabled"
    if status in _MENDED:
        yield HookFault(hook=key, problem=f"{event} {_WORDS[status]}", mended_by="register")
    proofs = ("basicAuthUsername", "basicAuthPassword", "httpHeaders")
    if not any(_input(subscription, "consumerInputs", name) for name in proofs):
        problem = f"{event} carries no credential: each of its deliveries is refused"
        yield HookFault(hook=key, problem=problem, mended_by="register")
    details = _input(subscription, "consumerInputs", "resourceDetailsToSend")
    if details == "none":
        problem = f"{event} sends no details, so nobody knows which work item is meant"
        yield HookFault(hook=key, problem=problem, mended_by="register")
    for name in ("areaPath", "workItemType", "changedFields", "commentPattern"):
        narrowed = _input(subscription, "publisherInputs", name)
        if narrowed:
            problem = f"{event} is narrowed by {name}: other work items go untold"
            yield HookFault(hook=key, problem=problem, mended_by="register")


def _hook(subscriptions: list[Fields]) -> Hook:
    """Several subscriptions at one address are one webhook, with all their ids."""
    states = [one.text("status") or "enabled" for one in subscriptions]
    worst = next((state for state in states if state != "enabled"), "enabled")
    return Hook(
        id=",".join(one.need_id("id") for one in subscriptions),
        url=_address(subscriptions[0]),
        active=worst == "enabled",
        events=tuple(one.text("eventType") or "" for one in subscriptions),
        last_status=worst,
    )


def _no_hook(every: list[Fields], url: str) -> str:
    """One with our path at another host is most likely ours, from before a move."""
    path = urlsplit(url).path
    hosts = [urlsplit(_address(one)) for one in every]
    other = next((parts.netloc.rpartition("@")[2] for parts in hosts if parts.path == path), None)
    shown = url.partition("?")[0]
    return f"no subscription points to {shown}" + (f"; one points to {other}" if other else "")


def _input(subscription: Fields, group: str, name: str) -> str:
    found = subscription.object(group)
    return (found.text(name) or "") if found else ""


def _address(subscription: Fields) -> str:
    return _input(subscription, "consumerInputs", "url")


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _one(subscription: Fields) -> str:
    return f"{_PATH}/{quote(subscription.need_id('id'), safe='')}"


def _denied(answer: Answer) -> Denied:
    told = f"{answer.asked}: HTTP {answer.status}{answer.reason}"
    return Denied(f"{told}; service hooks need {_NEEDED}")
