"""The changelog, of one issue in pages and of many by token."""

from __future__ import annotations

import base64

import orjson

from sandbox.jira.ask import Ask
from sandbox.jira.refusals import refusal
from sandbox.jira.state import History, Issue
from sandbox.wire import Json, Reply, reply_json

MOST_ISSUES = 1000
MOST_FIELDS = 10
USUAL = 1000
MOST = 10000


def page(ask: Ask) -> Reply:
    """The oldest first, a hundred at most."""
    return ask.bean_page([ask.views.history(one) for one in ask.issue().history], 100, 100)


def by_ids(ask: Ask) -> Reply:
    """Those of the lines that the asker names."""
    wanted = {str(one) for one in ask.json("changelogIds").get("changelogIds") or ()}
    found = [ask.views.history(one) for one in ask.issue().history if one.id in wanted]
    page = {"startAt": 0, "maxResults": len(found), "total": len(found)}
    return reply_json({**page, "histories": found})


def bulk(ask: Ask) -> Reply:
    """Many issues at once, in order of time, cut into pages by a token."""
    wish = ask.json("issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken")
    wanted, field_ids = wish.get("issueIdsOrKeys") or [], wish.get("fieldIds") or []
    if not 0 < len(wanted) <= MOST_ISSUES or len(field_ids) > MOST_FIELDS:
        raise refusal(400, f"At most {MOST_ISSUES} issues and {MOST_FIELDS} fields can be asked.")
    size = int(wish.get("maxResults") or USUAL)
    if not 0 < size <= MOST:
        raise refusal(400, f"The value of maxResults must lie between 1 and {MOST}.")
    rows = _rows(ask, [str(one) for one in wanted], [str(one) for one in field_ids])
    start = _start(wish.get("nextPageToken"))
    body: Json = {"issueChangeLogs": _grouped(ask, rows[start : start + size])}
    if start + size < len(rows):
        token = base64.urlsafe_b64encode(orjson.dumps(start + size)).decode()
        body["nextPageToken"] = token
    return reply_json(body)


def _rows(ask: Ask, wanted: list[str], field_ids: list[str]) -> list[tuple[Issue, History]]:
    many = {one.id: one for which in wanted if (one := ask.site.world.issue(which)) and one.seen}
    rows = [
        (issue, line)
        for issue in many.values()
        for line in issue.history
        if not field_ids or any(item.get("fieldId") in field_ids for item in line.items)
    ]
    return sorted(rows, key=lambda row: (row[1].at, int(row[1].id)))


def _grouped(ask: Ask, rows: list[tuple[Issue, History]]) -> list[Json]:
    """The description says text for `created`, its own example shows seconds: a switch tells."""
    groups: dict[str, list[Json]] = {}
    for issue, line in rows:
        view = ask.views.history(line)
        if ask.site.faults.number("epoch_created") > 0:
            view["created"] = line.at // 1000
        groups.setdefault(str(issue.id), []).append(view)
    return [{"issueId": key, "changeHistories": lines} for key, lines in groups.items()]


def _start(token: object) -> int:
    if not token:
        return 0
    try:
        return int(orjson.loads(base64.urlsafe_b64decode(str(token).encode())))
    except (ValueError, TypeError):
        raise refusal(400, "The provided next page token is invalid.") from None
