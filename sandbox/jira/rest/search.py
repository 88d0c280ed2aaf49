"""JQL search with page tokens, counting, matching, and the older search of Data Center."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.jira import fields
from sandbox.jira.ask import BAD_BODY, Ask
from sandbox.jira.fields import Choice, choose
from sandbox.jira.issue_view import issue_view, names
from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.match import compiled
from sandbox.jira.jql.parse import parse
from sandbox.jira.jql.terms import Asking
from sandbox.jira.refusals import forbidden, refusal, search_removed
from sandbox.wire import Json, Reply, reply_json

USUAL = 50
MOST_BARE = 5000
MOST_WIDE = 100
MOST_RECONCILED = 50
SEARCH_KEYS = (
    "jql",
    "nextPageToken",
    "maxResults",
    "fields",
    "expand",
    "properties",
    "fieldsByKeys",
    "failFast",
    "reconcileIssues",
)


def by_query(ask: Ask) -> Reply:
    words = {"fields", "properties", "reconcileIssues"}
    given: Json = {
        name: ask.words(name) if name in words else ask.query(name)
        for name in SEARCH_KEYS
        if name in ask.call.query
    }
    if "maxResults" in given:
        given["maxResults"] = ask.number("maxResults", USUAL)
    return _search(ask, given)


def by_body(ask: Ask) -> Reply:
    """Any other key, such as startAt, is refused."""
    given = ask.json(*SEARCH_KEYS)
    for name in ("fields", "properties", "reconcileIssues"):
        value = given.get(name) or []
        if not isinstance(value, list) or any(not isinstance(one, str | int) for one in value):
            raise refusal(400, BAD_BODY)
    if any(not isinstance(one, str) for one in given.get("fields") or ()):
        raise refusal(400, BAD_BODY)
    return _search(ask, given)


def removed(_: Ask) -> Reply:
    raise search_removed()


def _search(ask: Ask, given: Json) -> Reply:
    choice = choose(list(given.get("fields") or ()), "id")
    size = _size(ask, given.get("maxResults"), choice)
    fresh = _fresh(given.get("reconcileIssues") or [])
    token = str(given.get("nextPageToken") or "")
    try:
        found = ask.site.index.page(
            str(given.get("jql") or ""), ask.identity.user, size, token, fresh
        )
    except JqlError as wrong:
        raise refusal(400, str(wrong)) from None
    expand = [one.strip() for one in str(given.get("expand") or "").split(",")]
    keys = list(given.get("properties") or ())
    body: Json = {
        "issues": [
            issue_view(ask.views, issue, choice, _each(expand), keys, embedded=True)
            for issue in found.issues
        ],
        "isLast": not found.token,
    }
    if found.token:
        body["nextPageToken"] = found.token
    if "names" in expand:
        body["names"] = names(choice)
    if "schema" in expand:
        body["schema"] = {one: fields.BY_ID[one].schema for one in sorted(choice.names)}
    return reply_json(body)


def _each(expand: Sequence[str]) -> list[str]:
    """Names and schema belong to the whole answer, not to each issue."""
    return [one for one in expand if one not in ("names", "schema")]


def _size(ask: Ask, wanted: Any, choice: Choice) -> int:
    """Wide rows come in shorter pages than was asked for."""
    if wanted is not None and (not isinstance(wanted, int) or isinstance(wanted, bool)):
        raise refusal(400, BAD_BODY)
    if wanted is not None and not 0 < wanted <= MOST_BARE:
        raise refusal(400, f"The value of maxResults must lie between 1 and {MOST_BARE}.")
    size = min(wanted or USUAL, MOST_WIDE if choice.wide else MOST_BARE)
    if ask.site.faults.happens("empty_page"):
        return 0
    return ask.site.faults.page_size(size)


def _fresh(given: list[Any]) -> list[int]:
    if len(given) > MOST_RECONCILED:
        raise refusal(400, f"No more than {MOST_RECONCILED} issues can be reconciled.")
    return _numbers(given)


def _numbers(given: list[Any]) -> list[int]:
    try:
        return [int(one) for one in given]
    except (TypeError, ValueError):
        raise refusal(400, "Issues must be named by their numeric ids.") from None


def count(ask: Ask) -> Reply:
    try:
        found = ask.site.index.count(str(ask.json("jql").get("jql") or ""), ask.identity.user)
    except JqlError as wrong:
        raise refusal(400, str(wrong)) from None
    return reply_json({"count": found})


def match(ask: Ask) -> Reply:
    """Which of the issues fit which of the queries, by the truth and not by the index."""
    wish = ask.json("jqls", "issueIds")
    world = ask.site.world
    many = [world.issue(number) for number in _numbers(wish.get("issueIds") or [])]
    issues = [one for one in many if one is not None and one.seen]
    matches: list[Json] = []
    for jql in wish.get("jqls") or ():
        try:
            test = compiled(parse(str(jql)).where, Asking(world, ask.identity.user))
            fit = [one.id for one in issues if ask.identity.user is not None and test(one)]
            matches.append({"matchedIssues": fit, "errors": []})
        except JqlError as wrong:
            matches.append({"matchedIssues": [], "errors": [str(wrong)]})
    return reply_json({"matches": matches})


def parse_many(ask: Ask) -> Reply:
    """Only whether the queries can be read; their structure is not given."""
    answers: list[Json] = []
    for jql in ask.json("queries").get("queries") or ():
        answer: Json = {"query": str(jql)}
        try:
            compiled(parse(str(jql)).where, Asking(ask.site.world, ask.identity.user))
        except JqlError as wrong:
            answer["errors"] = [str(wrong)]
        answers.append(answer)
    return reply_json({"queries": answers})


def older(ask: Ask) -> Reply:
    """Data Center: startAt and a total, `*navigable` unless fields are named."""
    if ask.identity.user is None:
        raise forbidden("You must log in to search.")
    given = ask.json() if ask.call.method == "POST" else dict(ask.call.query)
    wanted = given.get("fields") or []
    names_wanted = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    choice = choose(names_wanted, "*navigable")
    choice = choice if choice.wide else Choice(frozenset())
    start, size = int(given.get("startAt") or 0), int(given.get("maxResults") or USUAL)
    try:
        found = ask.site.index.all(str(given.get("jql") or ""), ask.identity.user)
    except JqlError as wrong:
        raise refusal(400, str(wrong)) from None
    size = ask.site.faults.page_size(min(size, 1000))
    expand = given.get("expand") or ""
    words = expand.split(",") if isinstance(expand, str) else list(expand)
    page = [
        issue_view(ask.views, issue, choice, _each(words), embedded=True)
        for issue in found[start : start + size]
    ]
    head: Json = {"expand": "schema,names", "startAt": start, "maxResults": size}
    return reply_json({**head, "total": len(found), "issues": page})
