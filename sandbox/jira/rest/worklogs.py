"""Work that was logged: of an issue, by ids, and what changed since a moment."""

from __future__ import annotations

from sandbox.jira.ask import Ask
from sandbox.jira.moments import read_stamp, seconds_of
from sandbox.jira.readings import WrongValue
from sandbox.jira.refusals import refusal, wrong
from sandbox.jira.state import Issue, Rich, Worklog
from sandbox.wire import Json, Reply, reply_json

MOST_CHANGED = 1000
MINUTE_MS = 60_000
"""Atlassian docs, Get IDs of updated worklogs: the last minute is not told."""


def page(ask: Ask) -> Reply:
    after = ask.number("startedAfter", 0)
    before = ask.number("startedBefore", 1 << 62)
    logs = [one for one in ask.issue().worklogs if after <= one.started < before]
    logs.sort(key=lambda one: (one.started, int(one.id)))
    return ask.values_page("worklogs", [ask.views.worklog(one) for one in logs], 5000, 5000)


def read(ask: Ask) -> Reply:
    return reply_json(ask.views.worklog(_found(ask, ask.issue())))


def add(ask: Ask) -> Reply:
    by, issue = ask.user, ask.issue()
    wish = ask.json()
    seconds, started = _seconds(wish), _started(wish)
    log = ask.site.acts.note_work(issue, seconds, _text(ask, issue, wish), by, started)
    return reply_json(ask.views.worklog(log), 201)


def edit(ask: Ask) -> Reply:
    by, issue = ask.user, ask.issue()
    log, wish = _found(ask, issue), ask.json()
    known = "timeSpent" in wish or "timeSpentSeconds" in wish
    comment = _text(ask, issue, wish) if "comment" in wish else log.comment
    log.started = _started(wish) or log.started
    ask.site.acts.change_work(log, _seconds(wish) if known else log.seconds, comment, by)
    return reply_json(ask.views.worklog(log))


def delete(ask: Ask) -> Reply:
    by = ask.user
    ask.site.acts.drop_work(_found(ask, ask.issue()), by)
    return Reply(204)


def _found(ask: Ask, issue: Issue) -> Worklog:
    which = ask.param("worklog")
    for log in issue.worklogs:
        if log.id == which:
            return log
    raise refusal(404, f"Cannot find worklog with id: '{which}'.")


def _seconds(wish: Json) -> int:
    try:
        given = wish.get("timeSpentSeconds")
        seconds = int(given) if given is not None else seconds_of(str(wish.get("timeSpent") or ""))
    except (TypeError, ValueError):
        seconds = 0
    if seconds <= 0:
        raise wrong(timeLogged="You must indicate the time spent working.")
    return seconds


def _started(wish: Json) -> int | None:
    if not wish.get("started"):
        return None
    try:
        return read_stamp(str(wish["started"]))
    except ValueError:
        raise wrong(started="The date is not in the right form.") from None


def _text(ask: Ask, issue: Issue, wish: Json) -> Rich:
    try:
        return ask.reading(issue.project, issue).rich(wish.get("comment"))
    except WrongValue as no:
        raise wrong(comment=str(no)) from None


def _all(ask: Ask) -> list[Worklog]:
    issues = (one for one in ask.site.world.alive() if one.seen)
    return [log for issue in issues for log in issue.worklogs]


def listed(ask: Ask) -> Reply:
    wanted = {str(one) for one in ask.json("ids").get("ids") or ()}
    return reply_json([ask.views.worklog(one) for one in _all(ask) if one.id in wanted])


def updated(ask: Ask) -> Reply:
    return _changes(ask, [(one.updated, one.id) for one in _all(ask)])


def deleted(ask: Ask) -> Reply:
    gone = ask.site.world.deleted_worklogs
    return _changes(ask, [(moment, number) for number, moment in gone.items()])


def _changes(ask: Ask, rows: list[tuple[int, str]]) -> Reply:
    since, limit = ask.number("since", 0), ask.site.world.ms() - MINUTE_MS
    found = sorted(row for row in rows if since <= row[0] <= limit)
    kept = found[:MOST_CHANGED]
    last = len(found) <= MOST_CHANGED
    until = limit if last else kept[-1][0]
    link = f"{ask.root}{ask.call.path}"
    body: Json = {
        "values": [
            {"worklogId": int(key), "updatedTime": at, "properties": []} for at, key in kept
        ],
        "since": since,
        "until": until,
        "self": f"{link}?since={since}",
        "lastPage": last,
    }
    return reply_json(body if last else {**body, "nextPage": f"{link}?since={until}"})
