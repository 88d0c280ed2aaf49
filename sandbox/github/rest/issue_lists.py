"""Which issues a list shows, and in which form when lists lag behind.

Plain lists (by state, order and `since`) are slices of a shelf. Others scan once and keep the
result until the repository changes, so walking its pages stays linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sandbox.github.ask import Ask
from sandbox.github.lagging import issue_look
from sandbox.github.state import Issue

FILTERS = ("labels", "assignee", "milestone", "creator", "mentioned")
MOST_SCANS = 32

Test = Callable[[Issue], bool]


def issue_page(ask: Ask) -> tuple[list[bytes], int]:
    """One page of rendered issues and the number of all that fit."""
    if ask.site.list_lag() > 0:
        return _lagging_page(ask)
    state = ask.choice("state", ("open", "closed", "all"), "open")
    order = ask.choice("sort", ("created", "updated", "comments"), "created")
    descending = ask.choice("direction", ("asc", "desc"), "desc") == "desc"
    page, since = ask.page(), ask.since()
    if order == "comments" or any(ask.query(name) for name in FILTERS):
        found = _scanned(ask, state, order, descending)
        cut = found[page.start : page.start + page.size]
        return [ask.views.rest_issue(one) for one in cut], len(found)
    numbers, total = ask.repo.shelves[state].page(
        by_update=order == "updated",
        descending=descending,
        since=since,
        start=page.start,
        count=page.size,
    )
    issues = ask.repo.issues
    return [ask.views.rest_issue(issues[number]) for number in numbers], total


def _scanned(ask: Ask, state: str, order: str, descending: bool) -> list[Issue]:
    scans = ask.repo.scans
    wishes = tuple((name, ask.query(name)) for name in FILTERS)
    key = (state, order, descending, ask.since(), wishes)
    known = scans.get(key)
    if known is None or known[0] != ask.repo.revision:
        if len(scans) >= MOST_SCANS:
            scans.clear()
        known = (ask.repo.revision, _scan(ask, state, order, descending))
        scans[key] = known
    return known[1]


def _scan(ask: Ask, state: str, order: str, descending: bool) -> list[Issue]:
    since, tests = ask.since(), list(_tests(ask))
    found = [
        issue
        for issue in ask.repo.issues.values()
        if issue.shown
        and state in ("all", issue.state)
        and issue.updated_at >= since
        and all(test(issue) for test in tests)
    ]
    return sorted(found, key=_ORDERS[order], reverse=descending)


_ORDERS: dict[str, Callable[[Issue], tuple[str | int, int]]] = {
    "created": lambda issue: (issue.created_at, issue.number),
    "updated": lambda issue: (issue.updated_at, issue.number),
    "comments": lambda issue: (len(issue.comments), issue.number),
}


def _tests(ask: Ask) -> Iterator[Test]:
    """One test for each filter of the query (GitHub docs: List repository issues)."""
    wanted = {name.strip().lower() for name in ask.query("labels").split(",") if name.strip()}
    if wanted:
        yield lambda issue: wanted <= {label.name.lower() for label in issue.labels}
    assignee, milestone = ask.query("assignee").lower(), ask.query("milestone")
    if assignee:
        yield lambda issue: _one_of(assignee, [one.login.lower() for one in issue.assignees])
    if milestone:
        yield lambda issue: _one_of(
            milestone, [str(issue.milestone.number)] if issue.milestone else []
        )
    creator, mentioned = ask.query("creator").lower(), ask.query("mentioned")
    if creator:
        yield lambda issue: issue.author.login.lower() == creator
    if mentioned:
        yield lambda issue: f"@{mentioned}" in (issue.body or "")


def _one_of(wish: str, present: list[str]) -> bool:
    if wish == "none":
        return not present
    return bool(present) if wish == "*" else wish in present


def _lagging_page(ask: Ask) -> tuple[list[bytes], int]:
    """The lists of a while ago: new issues are missing, changed ones look as they did."""
    state = ask.choice("state", ("open", "closed", "all"), "open")
    by_update, tests = ask.query("sort") == "updated", list(_tests(ask))
    since, lag = ask.since(), ask.site.list_lag()
    looks = [
        (look.updated_at if by_update else "", issue.number, look.rendered)
        for issue in ask.repo.issues.values()
        if all(test(issue) for test in tests)
        and (look := issue_look(ask.site, issue, lag)) is not None
        and state in ("all", look.state)
        and look.updated_at >= since
    ]
    looks.sort(key=lambda look: look[:2], reverse=ask.query("direction", "desc") == "desc")
    page = ask.page()
    return [look[2] for look in looks[page.start : page.start + page.size]], len(looks)
