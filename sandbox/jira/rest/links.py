"""Links between issues, their types, and links out of Jira."""

from __future__ import annotations

from typing import Any

from sandbox.jira.ask import Ask
from sandbox.jira.refusals import refusal, wrong
from sandbox.jira.rest.comments import KEYS
from sandbox.jira.scheme import LINK_TYPES
from sandbox.jira.state import Issue, Link, LinkType, RemoteLink
from sandbox.wire import Json, Reply, reply_json

NO_LINK = "No issue link with id '{}' exists."
LONGEST_GLOBAL_ID = 255


def types(ask: Ask) -> Reply:
    return reply_json({"issueLinkTypes": [ask.views.link_type(one) for one in LINK_TYPES]})


def read_type(ask: Ask) -> Reply:
    return reply_json(ask.views.link_type(_type({"id": ask.param("id")})))


def add(ask: Ask) -> Reply:
    """201 without a body; one that is there already is created as well.

    For "A blocks B" A is the inward issue of the request, and shows B as its outward one.
    """
    by = ask.user
    wish = ask.json("type", "inwardIssue", "outwardIssue", "comment")
    kind = _type(wish.get("type") or {})
    source, target = _end(ask, wish.get("inwardIssue")), _end(ask, wish.get("outwardIssue"))
    if source is target:
        raise refusal(400, "You cannot link an issue to itself.")
    ask.site.acts.tie(kind, source, target, by)
    comment = wish.get("comment") or {}
    if set(comment) - set(KEYS):
        raise refusal(400, "The comment cannot be read.")
    if comment.get("body"):
        ask.site.acts.say(source, ask.reading(source.project, source).rich(comment["body"]), by)
    return Reply(201)


def _type(wanted: Json) -> LinkType:
    for one in LINK_TYPES:
        if wanted.get("id") == one.id or wanted.get("name") == one.name:
            return one
    named = wanted.get("name") or wanted.get("id")
    raise refusal(404, f"No issue link type with name '{named}' found.")


def _end(ask: Ask, wanted: Any) -> Issue:
    which = (wanted.get("id") or wanted.get("key")) if isinstance(wanted, dict) else None
    if not which:
        raise refusal(400, "Both issues of the link must be named.")
    return ask.find_issue(str(which))


def read(ask: Ask) -> Reply:
    """Both ends at once."""
    link = _link(ask)
    shown = {"id": link.id, "self": f"{ask.views.rest}/issueLink/{link.id}"}
    ends = {"inwardIssue": ask.views.near(link.source), "outwardIssue": ask.views.near(link.target)}
    return reply_json({**shown, "type": ask.views.link_type(link.type), **ends})


def delete(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    ask.site.acts.cut(_link(ask))
    return Reply(204)


def _link(ask: Ask) -> Link:
    which = ask.param("link")
    found = ask.site.world.links.get(which)
    if found is None or not (found.source.seen and found.target.seen):
        raise refusal(404, NO_LINK.format(which))
    return found


def remote(ask: Ask) -> Reply:
    """All, or with a globalId the one."""
    issue, wanted = ask.issue(), ask.query("globalId")
    views = [_remote_view(ask, issue, one) for one in issue.remote_links]
    if not wanted:
        return reply_json(views)
    for view in views:
        if view.get("globalId") == wanted:
            return reply_json(view)
    raise refusal(404, f"The remote issue link with global id '{wanted}' does not exist.")


def put_remote(ask: Ask) -> Reply:
    """The same globalId updates in place."""
    issue, wish = ask.issue(), ask.json("globalId", "application", "relationship", "object")
    ask.user  # noqa: B018 - strangers are refused
    target = wish.get("object")
    if not isinstance(target, dict) or not target.get("url") or not target.get("title"):
        raise wrong(object="url and title are required")
    global_id = str(wish.get("globalId") or "")
    if len(global_id) > LONGEST_GLOBAL_ID:
        raise wrong(globalId="The globalId must not be longer than 255 characters.")
    known = [one for one in issue.remote_links if global_id and one.global_id == global_id]
    if known:
        known[0].target, known[0].relationship = target, wish.get("relationship")
        return reply_json(_remote_head(ask, issue, known[0]), 200)
    number = ask.site.world.next_id("remote_link")
    made = RemoteLink(number, global_id, target, wish.get("relationship"))
    issue.remote_links.append(made)
    return reply_json(_remote_head(ask, issue, made), 201)


def delete_remote(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    issue, wanted = ask.issue(), ask.query("globalId")
    kept = [one for one in issue.remote_links if one.global_id != wanted]
    if len(kept) == len(issue.remote_links):
        raise refusal(404, f"The remote issue link with global id '{wanted}' does not exist.")
    issue.remote_links[:] = kept
    return Reply(204)


def delete_remote_by_id(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    issue, wanted = ask.issue(), ask.param("link")
    kept = [one for one in issue.remote_links if str(one.id) != wanted]
    if len(kept) == len(issue.remote_links):
        raise refusal(404, f"The remote issue link with id '{wanted}' does not exist.")
    issue.remote_links[:] = kept
    return Reply(204)


def _remote_head(ask: Ask, issue: Issue, one: RemoteLink) -> Json:
    return {"id": one.id, "self": f"{ask.views.rest}/issue/{issue.id}/remotelink/{one.id}"}


def _remote_view(ask: Ask, issue: Issue, one: RemoteLink) -> Json:
    view = {**_remote_head(ask, issue, one), "object": one.target}
    if one.global_id:
        view["globalId"] = one.global_id
    return {**view, "relationship": one.relationship} if one.relationship else view
