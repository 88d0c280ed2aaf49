"""Sub-issues (GitHub docs: REST API endpoints for sub-issues); asked for by id, not by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import orjson

from sandbox.github.ask import Ask
from sandbox.github.lagging import issue_look
from sandbox.github.refusals import not_found, refusal
from sandbox.github.rest.issues import issue_reply
from sandbox.github.state import Issue
from sandbox.wire import Reply

ISSUE = "/repos/{owner}/{repo}/issues/{number:int}"


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", f"{ISSUE}/sub_issues", list_sub_issues),
        ("POST", f"{ISSUE}/sub_issues", add_sub_issue),
        ("DELETE", f"{ISSUE}/sub_issue", remove_sub_issue),
        ("GET", f"{ISSUE}/parent", get_parent),
    ]


def list_sub_issues(ask: Ask) -> Reply:
    _, children, *_ = lines_of(ask)
    return listed_issues(ask, children)


def lines_of(ask: Ask) -> tuple[tuple[Issue, ...], ...]:
    """Parent, children, blockers and blocked ones of the issue of the path, to those who read."""
    look = issue_look(ask.site, ask.issue(), ask.site.read_lag())
    return look.lines if look is not None else ((), (), (), ())


def listed_issues(ask: Ask, issues: Iterable[Issue]) -> Reply:
    shown = [one for one in issues if one.shown]
    return ask.listed([orjson.Fragment(ask.views.rest_issue(one)) for one in shown])


def add_sub_issue(ask: Ask) -> Reply:
    """The answer is the parent."""
    parent = ask.issue()
    ask.need_push()
    child = _named_child(ask)
    if child.parent is not None and not ask.json().get("replace_parent"):
        raise refusal(422, "Issue may not contain duplicate sub-issues or have two parents")
    if child is parent or child is parent.parent:
        raise refusal(422, "Sub issue may not be an ancestor of its parent")
    ask.acts.add_sub_issue(parent.number, child.number)
    return issue_reply(ask, parent, 201)


def remove_sub_issue(ask: Ask) -> Reply:
    parent = ask.issue()
    ask.need_push()
    child = _named_child(ask)
    if child.parent is not parent:
        raise not_found()
    ask.acts.remove_sub_issue(parent.number, child.number)
    return issue_reply(ask, parent)


def get_parent(ask: Ask) -> Reply:
    parents, *_ = lines_of(ask)
    if not parents or not parents[0].shown:
        raise not_found()
    return issue_reply(ask, parents[0])


def _named_child(ask: Ask) -> Issue:
    key = ask.json().get("sub_issue_id")
    for issue in ask.repo.issues.values():
        if issue.id == key and issue.alive:
            return issue
    raise refusal(404, "The provided sub-issue does not exist")
