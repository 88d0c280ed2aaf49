"""Comments of an issue and of a repository (GitHub docs: REST API endpoints for issue comments)."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from sandbox.github.ask import Ask, text_of
from sandbox.github.lagging import comment_look, comment_looks
from sandbox.github.refusals import forbidden, invalid, not_found, too_long
from sandbox.github.rest.issues import LONGEST_BODY
from sandbox.github.state import Comment
from sandbox.wire import Reply, reply_json

REPO = "/repos/{owner}/{repo}"


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    one = f"{REPO}/issues/comments/{{comment:int}}"
    return [
        ("GET", f"{REPO}/issues/comments", list_repo_comments),
        ("GET", one, get_comment),
        ("PATCH", one, update_comment),
        ("DELETE", one, delete_comment),
        ("GET", f"{REPO}/issues/{{number:int}}/comments", list_comments),
        ("POST", f"{REPO}/issues/{{number:int}}/comments", create_comment),
    ]


def list_repo_comments(ask: Ask) -> Reply:
    """Pull request conversations included; `direction` counts only beside `sort`."""
    sort = ask.choice("sort", ("created", "updated"), "created")
    direction = ask.choice("direction", ("asc", "desc"), "desc")
    if ask.site.list_lag() > 0:
        return _lagging_list(ask, sort, direction)
    page = ask.page()
    ids, total = ask.repo.comment_shelf.page(
        by_update=sort == "updated",
        descending=bool(ask.query("sort")) and direction == "desc",
        since=ask.since(),
        start=page.start,
        count=page.size,
    )
    return ask.paged([ask.views.comment(ask.repo.comments[key]) for key in ids], total)


def list_comments(ask: Ask) -> Reply:
    """Oldest first, and no way to ask otherwise."""
    since, issue, lag = ask.since(), ask.issue(), ask.site.read_lag()
    if lag > 0:
        looks = comment_looks(ask.site, ask.repo, lag, issue)
        return ask.listed([orjson.Fragment(one.rendered) for _, one in looks])
    found = [one for one in issue.comments if one.updated_at >= since]
    page = ask.page()
    shown = found[page.start : page.start + page.size]
    return ask.paged([ask.views.comment(one) for one in shown], len(found))


def create_comment(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_login()
    if issue.locked and not ask.identity.push:
        raise forbidden("Unable to create comment because issue is locked.")
    comment = ask.acts.comment(issue.number, _text(ask))
    view = ask.views.comment(comment)
    return reply_json(view, 201, location=view["url"])


def get_comment(ask: Ask) -> Reply:
    lag = ask.site.read_lag()
    old = ask.repo.trailed.get(ask.param("comment")) if lag > 0 else None
    if old is not None:
        look = comment_look(ask.site, ask.repo, old, lag)
        if look is None:
            raise not_found()
        return reply_json(orjson.Fragment(look.rendered))
    comment = _comment(ask)
    reply = reply_json(ask.views.comment(comment))
    reply.headers["last-modified"] = comment.updated_at
    return reply


def update_comment(ask: Ask) -> Reply:
    comment = _comment(ask)
    _may_change(ask, comment)
    ask.acts.edit_comment(comment.id, _text(ask))
    return reply_json(ask.views.comment(comment))


def delete_comment(ask: Ask) -> Reply:
    comment = _comment(ask)
    _may_change(ask, comment)
    ask.acts.delete_comment(comment.id)
    return Reply(204)


def _comment(ask: Ask) -> Comment:
    comment = ask.repo.comments.get(ask.param("comment"))
    if comment is None or not comment.issue.shown:
        raise not_found()
    return comment


def _may_change(ask: Ask, comment: Comment) -> None:
    ask.need_login()
    if not ask.identity.push and comment.author is not ask.identity.person:
        raise forbidden("Must have admin rights to Repository.")


def _text(ask: Ask) -> str:
    text = text_of(ask.json(), "body", null=False)
    if text is None or not text.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if len(text) > LONGEST_BODY:
        raise too_long("IssueComment", "body", LONGEST_BODY)
    return text


def _lagging_list(ask: Ask, sort: str, direction: str) -> Reply:
    """The repository's comments as they were a while ago."""
    since = ask.since()
    looks = [
        (one.updated_at if sort == "updated" else "", key, one.rendered)
        for key, one in comment_looks(ask.site, ask.repo, ask.site.list_lag())
        if one.updated_at >= since
    ]
    descending = bool(ask.query("sort")) and direction == "desc"
    looks.sort(key=lambda look: look[:2], reverse=descending)
    return ask.listed([orjson.Fragment(one[2]) for one in looks])
