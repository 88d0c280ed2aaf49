"""List, create, read and update issues (GitHub docs: REST API endpoints for issues)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from sandbox.github.ask import Ask, names_of, text_of
from sandbox.github.lagging import issue_look
from sandbox.github.refusals import forbidden, invalid, not_found, too_long
from sandbox.github.rest.issue_lists import issue_page
from sandbox.github.state import Issue
from sandbox.wire import Json, Reply, reply_json

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
REASONS = ("completed", "not_planned", "duplicate", "reopened")


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    base = "/repos/{owner}/{repo}/issues"
    return [
        ("GET", base, list_issues),
        ("POST", base, create_issue),
        ("GET", base + "/{number:int}", get_issue),
        ("PATCH", base + "/{number:int}", update_issue),
        ("PUT", base + "/{number:int}/lock", lock_issue),
        ("DELETE", base + "/{number:int}/lock", unlock_issue),
    ]


def issue_reply(ask: Ask, issue: Issue, status: int = 200) -> Reply:
    body = ask.views.rest_issue(issue)
    return reply_json(orjson.Fragment(body), status)


def list_issues(ask: Ask) -> Reply:
    shown, total = issue_page(ask)
    return ask.paged([orjson.Fragment(one) for one in shown], total)


def get_issue(ask: Ask) -> Reply:
    lag, known = ask.site.read_lag(), ask.repo.issues.get(ask.param("number"))
    if lag > 0 and known is not None and not known.hidden:
        return _old(ask, known, lag)
    issue = ask.issue_or_redirect()
    reply = issue_reply(ask, issue)
    reply.headers["last-modified"] = issue.updated_at
    return reply


def _old(ask: Ask, issue: Issue, lag: float) -> Reply:
    """A replica that lags: what was changed, deleted or transferred since is as it was."""
    look = issue_look(ask.site, issue, lag)
    if look is None and issue.shown:
        raise not_found()
    if look is None:
        return issue_reply(ask, ask.issue_or_redirect())
    reply = reply_json(orjson.Fragment(look.rendered))
    reply.headers["last-modified"] = look.updated_at
    return reply


def create_issue(ask: Ask) -> Reply:
    """Without push access, labels, assignees and milestone are dropped without a word."""
    ask.need_login()
    _need_unarchived(ask)
    body = ask.json()
    title = _title(body)
    if title is None:
        raise invalid("Issue", "title", "missing_field")
    text = _body(body)
    extras = _triage(ask, body) if ask.identity.push else {}
    issue = ask.acts.open(title, text, **extras)
    reply = issue_reply(ask, issue, 201)
    reply.headers["location"] = ask.views.issue(issue)["url"]
    return reply


def update_issue(ask: Ask) -> Reply:
    """Labels and assignees replace the whole set; null clears the milestone."""
    issue = ask.issue_or_redirect()
    ask.need_login()
    if not ask.identity.push and issue.author is not ask.identity.person:
        raise forbidden("Must have admin rights to Repository.")
    body = ask.json()
    title, text = _title(body), _body(body)
    extras = _triage(ask, body) if ask.identity.push else {}
    _need_unarchived(ask)
    state, reason = _state(body)
    acts, number = ask.acts, issue.number
    if "body" in body:
        acts.edit(number, title, text)
    else:
        acts.edit(number, title)
    _set_extras(ask, number, extras)
    if state == "closed":
        acts.close(number, reason or "completed")
    elif state == "open":
        acts.reopen(number)
    return issue_reply(ask, issue)


def lock_issue(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    reason = text_of(ask.json(), "lock_reason")
    if reason not in (None, "off-topic", "too heated", "resolved", "spam"):
        raise invalid("Issue", "lock_reason", value=reason)
    ask.acts.lock(issue.number, reason)
    return Reply(204)


def unlock_issue(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    ask.acts.unlock(issue.number)
    return Reply(204)


def assignable(ask: Ask, login: str) -> bool:
    """GitHub docs: Check if a user can be assigned."""
    person = ask.site.world.people.get(login.lower())
    return person is not None and person.assignable


def _set_extras(ask: Ask, number: int, extras: Json) -> None:
    if "labels" in extras:
        ask.acts.set_labels(number, extras["labels"])
    if "assignees" in extras:
        ask.acts.set_assignees(number, extras["assignees"])
    if "milestone" in extras:
        ask.acts.milestone(number, extras["milestone"])
    if "type" in extras:
        ask.acts.set_type(number, extras["type"])


def _title(body: Json) -> str | None:
    value = body.get("title")
    title = str(value) if isinstance(value, int | float) else text_of(body, "title")
    if title is not None and not title.strip():
        raise invalid("Issue", "title", "missing_field")
    if title is not None and len(title) > LONGEST_TITLE:
        raise too_long("Issue", "title", LONGEST_TITLE)
    return title


def _body(body: Json) -> str | None:
    text = text_of(body, "body")
    if text is not None and len(text) > LONGEST_BODY:
        raise too_long("Issue", "body", LONGEST_BODY)
    return text


def _state(body: Json) -> tuple[str | None, str | None]:
    state, reason = text_of(body, "state"), text_of(body, "state_reason")
    if state not in (None, "open", "closed"):
        raise invalid("Issue", "state", value=state)
    if reason is not None and reason not in REASONS:
        raise invalid("Issue", "state_reason", value=reason)
    return state, reason


def _triage(ask: Ask, body: Json) -> dict[str, Any]:
    """What only people with push access can set; checked before anything is changed."""
    extras: dict[str, Any] = {}
    if body.get("labels") is not None:
        extras["labels"] = names_of(body["labels"], "labels")
    extras |= _assignees(ask, body)
    if "milestone" in body:
        extras["milestone"] = body["milestone"]
        if body["milestone"] is not None and body["milestone"] not in ask.repo.milestones:
            raise invalid("Issue", "milestone", value=body["milestone"])
    if "type" in body:
        extras["type"] = _type(ask, body)
    return extras


def _assignees(ask: Ask, body: Json) -> dict[str, Any]:
    wanted = body.get("assignees")
    if wanted is None and isinstance(body.get("assignee"), str):
        wanted = [body["assignee"]]  # Being closed down by GitHub, still sent by clients.
    if wanted is None:
        return {}
    names = names_of(wanted, "assignees")
    for login in names:
        if not assignable(ask, login):
            raise invalid("Issue", "assignees", value=login)
    return {"assignees": names}


def _type(ask: Ask, body: Json) -> str | None:
    name = text_of(body, "type")
    if name is not None and name.lower() not in {one.name.lower() for one in ask.site.world.types}:
        raise invalid("Issue", "type", value=name)
    return name


def _need_unarchived(ask: Ask) -> None:
    """GitHub docs: Archiving repositories. All is read-only."""
    if ask.repo.archived:
        raise forbidden("Repository was archived so is read-only.")
