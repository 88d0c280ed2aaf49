"""Our webhook at the team: registering, checking, mending.

https://linear.app/developers/webhooks; only workspace admins may, or apps with the scope admin.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from schemas.errors import Denied, Permanent
from schemas.model import Json
from schemas.tracker import Hook, HookFault
from trackers.fields import Fields
from trackers.linear import paging, queries
from trackers.linear.graph import NotFound, Unknown
from trackers.linear.team import Team
from trackers.linear.translate import number

EVENTS = ("Issue", "Comment", "IssueLabel", "Cycle", "Project", "Reaction", "Attachment")
_RECENT = timedelta(hours=1)
_NEEDED = "webhooks need the key of a workspace admin, for OAuth the scope admin"


def hooks(team: Team) -> list[Hook]:
    """The webhooks that tell of this team; Denied without admin rights."""
    return [_hook(record) for record in _records(team)]


def check(team: Team, url: str) -> list[HookFault]:
    """What keeps our hook from telling everything; empty when all is well."""
    records = _records(team)
    ours = [record for record in records if _same(record, url)]
    if not ours:
        return [HookFault(hook=None, problem=_no_hook(records, url), mended_by="register")]
    return [fault for record in ours for fault in (*_faults(record), *_unheard(team, record))]


def ensure(team: Team, url: str, secret: str) -> Hook:
    """Creates the hook at `url` or mends it, and sets its secret either way."""
    if not secret.strip():
        raise Permanent("a webhook needs a secret: without one nothing proves its deliveries")
    ours = [record for record in _records(team) if _same(record, url)]
    if not ours:
        given = {
            "url": url,
            "teamId": team.id,
            "label": "ticketsync",
            "resourceTypes": list(EVENTS),
            "secret": secret,
            "enabled": True,
        }
        answer = _admin(team, queries.HOOK_CREATE, {"input": given})
        return _hook(answer.need_object("webhookCreate").need_object("webhook"))
    kept = [str(one) for one in ours[0].items("resourceTypes")]
    mended = {
        "enabled": True,
        "secret": secret,
        "resourceTypes": list(dict.fromkeys([*kept, *EVENTS])),
    }
    asked = {"id": ours[0].need_id("id"), "input": mended}
    answer = _admin(team, queries.HOOK_UPDATE, asked)
    return _hook(answer.need_object("webhookUpdate").need_object("webhook"))


def remove(team: Team, url: str) -> bool:
    """Removes every hook at `url`; False when there was none."""
    ours = [record for record in _records(team) if _same(record, url)]
    for record in ours:
        try:
            _admin(team, queries.HOOK_DELETE, {"id": record.need_id("id")})
        except NotFound:
            continue  # gone already
    return bool(ours)


def _admin(team: Team, query: str, asked: Mapping[str, Json]) -> Fields:
    try:
        return team.graph.change(query, asked)
    except Denied as error:
        raise Denied(f"{error}; {_NEEDED}") from None


def _records(team: Team) -> list[Fields]:
    try:
        found = list(paging.nodes(team.graph, queries.HOOKS, {}, "webhooks"))
    except Denied as error:
        raise Denied(f"{error}; {_NEEDED}") from None
    public = not team.project().private if any(_is_public(one) for one in found) else False
    return [one for one in found if (public and _is_public(one)) or _names(one, team.id)]


def _is_public(record: Fields) -> bool:
    """Whether it tells of all public teams; of private ones it is silent."""
    return bool(record.flag("allPublicTeams"))


def _names(record: Fields, team: str) -> bool:
    """Whether it is one team's or some teams', and this one is among them."""
    own = record.object("team")
    return team in map(str, record.items("teamIds")) or bool(own and own.id("id") == team)


def _faults(record: Fields) -> list[HookFault]:
    key = record.need_id("id")
    told = {str(one) for one in record.items("resourceTypes")}
    missing = [event for event in EVENTS if event not in told]
    problems = [
        (record.flag("enabled") is False, "it is switched off (Linear does so after failures)"),
        (bool(missing), f"it does not tell of {', '.join(missing)}"),
    ]
    return [
        HookFault(hook=key, problem=problem, mended_by="register")
        for wrong, problem in problems
        if wrong
    ]


def _unheard(team: Team, record: Fields) -> list[HookFault]:
    """Deliveries that failed a short while ago. The list of failures is Linear's own affair: where
    it is not shown, nothing is said; and of successes there is no list."""
    key = record.need_id("id")
    try:
        found, now = team.graph.answered(queries.HOOK_FAILURES, {"id": key})
    except (Unknown, Denied, NotFound):
        return []
    failures = [Fields.of(one, "failure") for one in found.need_object("webhook").items("failures")]
    dated = [(at, one) for one in failures if (at := one.time("createdAt")) and now - at < _RECENT]
    if not dated:
        return []
    last = max(dated, key=lambda pair: pair[0])[1]
    status = number(last, "httpStatus")
    told = f"HTTP {status:.0f}" if status else "no answer"
    problem = f"deliveries failed within the last hour (the last one: {told})"
    return [HookFault(hook=key, problem=problem, mended_by="none")]


def _no_hook(records: list[Fields], url: str) -> str:
    """A hook with our path at another host is most likely ours, from before a move."""
    path = urlsplit(url).path
    hosts = [urlsplit(record.text("url") or "") for record in records]
    other = next((parts.netloc.rpartition("@")[2] for parts in hosts if parts.path == path), None)
    shown = url.partition("?")[0]
    return f"no webhook points to {shown}" + (f"; one points to {other}" if other else "")


def _hook(record: Fields) -> Hook:
    return Hook(
        id=record.need_id("id"),
        url=record.text("url") or "",
        active=record.flag("enabled") is not False,
        events=tuple(str(one) for one in record.items("resourceTypes")),
    )


def _same(record: Fields, url: str) -> bool:
    return (record.text("url") or "").rstrip("/") == url.rstrip("/")
