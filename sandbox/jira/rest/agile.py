"""Boards and sprints, under `/rest/agile/1.0`."""

from __future__ import annotations

from sandbox.jira.ask import Ask
from sandbox.jira.fields import SPRINT, choose
from sandbox.jira.issue_view import issue_view
from sandbox.jira.project_acts import sprint_view
from sandbox.jira.refusals import missing, refusal
from sandbox.jira.state import Sprint
from sandbox.jira.world import BOARD
from sandbox.wire import Json, Reply, reply_json


def _board(ask: Ask) -> Json:
    home = ask.site.home
    link = f"{ask.root}/rest/agile/1.0/board/{BOARD}"
    view: Json = {"id": BOARD, "self": link, "name": f"{home.key} board", "type": "scrum"}
    place = {"projectId": int(home.id), "projectKey": home.key, "projectName": home.name}
    return {**view, "location": {**place, "displayName": f"{home.name} ({home.key})"}}


def boards(ask: Ask) -> Reply:
    wanted = ask.query("projectKeyOrId")
    shown = [_board(ask)] if wanted in ("", ask.site.home.key, ask.site.home.id) else []
    return ask.bean_page(shown, 50, 50)


def board(ask: Ask) -> Reply:
    _need_board(ask)
    return reply_json(_board(ask))


def _need_board(ask: Ask) -> None:
    ask.user  # noqa: B018 - strangers are refused
    if ask.param("board") != str(BOARD):
        raise missing("board", ask.param("board"))


def sprints(ask: Ask) -> Reply:
    _need_board(ask)
    states = ask.words("state")
    many = ask.site.world.sprints.values()
    found = [one for one in many if not states or one.state in states]
    return ask.bean_page([sprint_view(ask.root, one) for one in found], 50, 50)


def sprint(ask: Ask) -> Reply:
    return reply_json(sprint_view(ask.root, _sprint(ask)))


def _sprint(ask: Ask) -> Sprint:
    ask.user  # noqa: B018 - strangers are refused
    which = ask.param("sprint")
    found = ask.site.world.sprints.get(int(which)) if which.isdigit() else None
    if found is None:
        raise missing("sprint", which)
    return found


def issues(ask: Ask) -> Reply:
    """The issues of a sprint, in the older kind of paging."""
    found = _sprint(ask)
    choice = choose(ask.words("fields"), "*navigable")
    many = [one for one in ask.site.world.alive() if one.seen and found in one.sprints]
    views = [issue_view(ask.views, one, choice, embedded=True) for one in many]
    return ask.values_page("issues", views, 50, 100)


def move_in(ask: Ask) -> Reply:
    """At most 50 issues at once."""
    by, found = ask.user, _sprint(ask)
    wanted = ask.json().get("issues") or []
    if not 0 < len(wanted) <= 50:
        raise refusal(400, "Between 1 and 50 issues can be moved at once.")
    for which in wanted:
        issue = ask.find_issue(str(which))
        kept = [one for one in issue.sprints if one.complete is not None]
        ask.site.acts.change(issue, {SPRINT: [*kept, found]}, by)
    return Reply(204)
