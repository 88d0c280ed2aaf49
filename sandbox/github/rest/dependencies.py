"""What an issue waits for (GitHub docs: REST API endpoints for issue dependencies); by issue id."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.github.ask import Ask
from sandbox.github.refusals import not_found, refusal
from sandbox.github.rest.issues import issue_reply
from sandbox.github.rest.sub_issues import lines_of, listed_issues
from sandbox.github.state import Issue
from sandbox.wire import Reply

ISSUE = "/repos/{owner}/{repo}/issues/{number:int}/dependencies"


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", f"{ISSUE}/blocked_by", list_blocked_by),
        ("POST", f"{ISSUE}/blocked_by", add_blocked_by),
        ("DELETE", f"{ISSUE}/blocked_by/{{blocker:int}}", remove_blocked_by),
        ("GET", f"{ISSUE}/blocking", list_blocking),
    ]


def list_blocked_by(ask: Ask) -> Reply:
    return listed_issues(ask, lines_of(ask)[2])


def list_blocking(ask: Ask) -> Reply:
    return listed_issues(ask, lines_of(ask)[3])


def add_blocked_by(ask: Ask) -> Reply:
    """The answer is the issue that waits."""
    blocked = ask.issue()
    ask.need_push()
    blocker = _by_id(ask, ask.json().get("issue_id"))
    if blocker is blocked or blocker in blocked.blocked_by:
        raise refusal(422, "Validation failed: the dependency exists or is its own")
    ask.acts.add_blocker(blocked.number, blocker.number)
    return issue_reply(ask, blocked, 201)


def remove_blocked_by(ask: Ask) -> Reply:
    blocked = ask.issue()
    ask.need_push()
    blocker = _by_id(ask, ask.param("blocker"))
    if blocker not in blocked.blocked_by:
        raise not_found()
    ask.acts.remove_blocker(blocked.number, blocker.number)
    return issue_reply(ask, blocked)


def _by_id(ask: Ask, key: object) -> Issue:
    for issue in ask.repo.issues.values():
        if issue.id == key and issue.alive:
            return issue
    raise not_found()
