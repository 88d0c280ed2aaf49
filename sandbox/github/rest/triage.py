"""Labels and assignees of one issue (GitHub docs: REST API endpoints for labels; assignees)."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.github.ask import Ask, names_of
from sandbox.github.refusals import refusal
from sandbox.github.rest.issues import assignable, issue_reply
from sandbox.wire import Reply

ISSUE = "/repos/{owner}/{repo}/issues/{number:int}"
MOST_ASSIGNEES = 10


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", f"{ISSUE}/labels", list_labels),
        ("POST", f"{ISSUE}/labels", add_labels),
        ("PUT", f"{ISSUE}/labels", set_labels),
        ("DELETE", f"{ISSUE}/labels", clear_labels),
        ("DELETE", f"{ISSUE}/labels/{{name:path}}", remove_label),
        ("POST", f"{ISSUE}/assignees", add_assignees),
        ("DELETE", f"{ISSUE}/assignees", remove_assignees),
    ]


def list_labels(ask: Ask) -> Reply:
    issue = ask.issue()
    return ask.listed([ask.views.label(ask.repo, one) for one in issue.labels])


def add_labels(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    ask.acts.label(issue.number, *_label_names(ask))
    return list_labels(ask)


def set_labels(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    ask.acts.set_labels(issue.number, _label_names(ask))
    return list_labels(ask)


def clear_labels(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    ask.acts.set_labels(issue.number, [])
    return Reply(204)


def remove_label(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    name = str(ask.param("name"))
    if name.lower() not in {label.name.lower() for label in issue.labels}:
        raise refusal(404, "Label does not exist")
    ask.acts.unlabel(issue.number, name)
    return list_labels(ask)


def add_assignees(ask: Ask) -> Reply:
    """Who cannot be assigned is ignored, and nobody beyond the tenth."""
    issue = ask.issue()
    ask.need_push()
    wanted = [login for login in _logins(ask) if assignable(ask, login)]
    room = MOST_ASSIGNEES - len(issue.assignees)
    ask.acts.assign(issue.number, *wanted[: max(room, 0)])
    return issue_reply(ask, issue, 201)


def remove_assignees(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    ask.acts.unassign(issue.number, *_logins(ask))
    return issue_reply(ask, issue)


def _label_names(ask: Ask) -> list[str]:
    """The list may come bare or under `labels`."""
    value = ask.any_json()
    return names_of(value.get("labels", []) if isinstance(value, dict) else value, "labels")


def _logins(ask: Ask) -> list[str]:
    value = ask.json().get("assignees", [])
    return names_of([value] if isinstance(value, str) else value, "assignees")
