"""The webhooks of a site's administrators, which take a secret and tell of everything.

https://developer.atlassian.com/cloud/jira/platform/webhooks/#registering-a-webhook-using-the-jira-rest-api
"""

from schemas.errors import Denied, Permanent, Unauthorized
from schemas.model import Json
from schemas.tracker import Hook, HookFault
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.jira import hooks_dynamic, scope
from trackers.jira.site import Site, words

_PATH = "/rest/webhooks/1.0/webhook"
_SECTION = "issue-related-events-section"
EVENTS = (
    *hooks_dynamic.EVENTS,
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "project_updated",
    "project_deleted",
    "project_soft_deleted",
    "project_restored_deleted",
    "project_archived",
    "project_restored_archived",
)
_BY_HAND = (
    "only an administrator of the site sees its webhooks: make one by hand under System > WebHooks "
    "with our address, a secret and the events of issues, comments, worklogs, links, sprints, "
    "versions and projects"
)


def hooks(site: Site) -> list[Hook]:
    """All webhooks of the site."""
    return [_hook(record) for record in _records(site)]


def check(site: Site, url: str) -> list[HookFault]:
    """What keeps ours from telling everything."""
    every = _records(site)
    ours = hooks_dynamic.at(every, url)
    if not ours:
        return [hooks_dynamic.missing(every, url)]
    return [
        HookFault(hook=_number(record), problem=problem, mended_by="register")
        for record in ours
        for problem in _faults(site, record)
    ]


def ensure(site: Site, url: str, secret: str) -> Hook:
    """Creates the webhook at `url` or mends it, and sets its secret either way.

    Others at the same address would tell everything twice, under secrets of their own.
    """
    if not secret.strip():
        raise Permanent("a webhook needs a secret: without one nothing proves its deliveries")
    ours = _ours(site, url)
    body: dict[str, Json] = {
        "name": "ticketsync",
        "url": url,
        "events": list(EVENTS),
        "filters": {_SECTION: _filter(site)},
        "excludeBody": False,
        "enabled": True,
        "secret": secret,
    }
    method, path = ("PUT", f"{_PATH}/{_number(ours[0])}") if ours else ("POST", _PATH)
    made = _hook(Fields.of(_allowed(site.unversioned(method, path, body)).object, "webhook"))
    for other in ours[1:]:
        site.unversioned("DELETE", f"{_PATH}/{_number(other)}")
    return made


def remove(site: Site, url: str) -> bool:
    """Removes every webhook at `url`; False when there was none."""
    ours = _ours(site, url)
    for record in ours:
        site.unversioned("DELETE", f"{_PATH}/{_number(record)}")
    return bool(ours)


def _faults(site: Site, record: Fields) -> list[str]:
    told = {str(event) for event in record.items("events")}
    missing = [event for event in EVENTS if event not in told]
    filters = record.object("filters")
    narrowed = (filters.text(_SECTION) if filters else None) or ""
    problems = [
        (record.flag("enabled") is False, "it is switched off"),
        (record.flag("isSigned") is False, "it has no secret"),
        (record.flag("excludeBody") is True, "it leaves the body out"),
        (bool(missing), f"it does not tell of {', '.join(missing)}"),
        (narrowed not in ("", _filter(site)), f"its filter holds issues back: {narrowed[:200]}"),
    ]
    return [problem for wrong, problem in problems if wrong]


def _filter(site: Site) -> str:
    return f"project = {scope.quoted(site.project_key())}"


def _ours(site: Site, url: str) -> list[Fields]:
    return hooks_dynamic.at(_records(site), url)


def _records(site: Site) -> list[Fields]:
    try:
        answer = _allowed(site.unversioned("GET", _PATH))
    except Unauthorized:
        raise
    except Denied as error:
        raise Denied(f"{error}; {_BY_HAND}") from None
    return [Fields.of(one, "webhook") for one in answer.items]


def _allowed(answer: Answer) -> Answer:
    if not answer.ok:
        raise Denied(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
    return answer


def _hook(record: Fields) -> Hook:
    return Hook(
        id=_number(record),
        url=record.text("url") or "",
        active=record.flag("enabled") is not False,
        events=tuple(str(event) for event in record.items("events")),
    )


def _number(record: Fields) -> str:
    """The id is told by the address alone."""
    number = record.id("id") or (record.text("self") or "").rstrip("/").rpartition("/")[2]
    if not number.isdecimal():
        raise Permanent("webhook.self names no id")
    return number
