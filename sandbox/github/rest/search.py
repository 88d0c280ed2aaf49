"""A small issue search that lags behind, so that nobody relies on it for idempotency.

GitHub docs: Search issues and pull requests. Qualifiers known here: `repo`, `is`, `state`,
`author`, `label`; the other words must stand in title or body.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson

from sandbox.github.ask import Ask
from sandbox.github.refusals import invalid
from sandbox.github.state import Issue
from sandbox.wire import Reply, reply_json


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [("GET", "/search/issues", search_issues)]


def search_issues(ask: Ask) -> Reply:
    query = ask.query("q")
    if not query.strip():
        raise invalid("Search", "q", "missing")
    terms = _terms(query)
    lag = max(ask.site.faults.number("search_lag"), ask.site.list_lag())
    seen = ask.site.world.now() - timedelta(seconds=lag)
    found = [
        issue
        for repo in ask.site.world.repos.values()
        if not repo.private or ask.identity.reads_private
        for issue in reversed(repo.issues.values())
        if issue.shown
        and datetime.fromisoformat(issue.updated_at) <= seen
        and all(_fits(issue, *term) for term in terms)
    ]
    page = ask.page()
    shown = found[page.start : page.start + page.size]
    items = [{**orjson.loads(ask.views.rest_issue(one)), "score": 1.0} for one in shown]
    answer = {"total_count": len(found), "incomplete_results": False, "search_type": "lexical"}
    return reply_json({**answer, "items": items})


def _terms(query: str) -> list[tuple[str, str]]:
    try:
        words = shlex.split(query)
    except ValueError:
        words = query.split()
    pairs = [word.partition(":") for word in words]
    return [(key, value) if colon else ("", key) for key, colon, value in pairs]


def _fits(issue: Issue, key: str, value: str) -> bool:
    wish = value.lower()
    tests: dict[str, Callable[[], bool]] = {
        "repo": lambda: issue.repo.full_name.lower() == wish,
        "is": lambda: wish in (issue.state, "pr" if issue.is_pull else "issue"),
        "state": lambda: issue.state == wish,
        "author": lambda: issue.author.login.lower() == wish,
        "label": lambda: wish in {one.name.lower() for one in issue.labels},
        "in": lambda: True,
    }
    test = tests.get(key)
    if test is not None:
        return test()
    text = f"{key}:{wish}" if key else wish
    return text.lower() in f"{issue.title}\n{issue.body or ''}".lower()
