"""Comments of an issue, comments by id, and their properties."""

from __future__ import annotations

from typing import Any

from sandbox.jira.adf import NotADocument
from sandbox.jira.ask import Ask
from sandbox.jira.readings import WrongValue
from sandbox.jira.refusals import forbidden, refusal, wrong
from sandbox.jira.state import Comment, Issue, Rich
from sandbox.wire import Json, Reply, reply_json

MOST_LISTED = 1000
MOST_ON_ISSUE = 5000
KEYS = (
    "body",
    "visibility",
    "properties",
    "jsdPublic",
    "public",
    "id",
    "self",
    "author",
    "updateAuthor",
    "created",
    "updated",
    "renderedBody",
    "jsdAuthorCanSeeRequest",
)


def page(ask: Ask) -> Reply:
    issue = ask.issue()
    comments = sorted(issue.comments, key=lambda one: (one.created, int(one.id)))
    way = ask.query("orderBy", "created")
    if way not in ("created", "+created", "-created"):
        raise refusal(400, f"Cannot order comments by '{way}'.")
    if way.startswith("-"):
        comments.reverse()
    expand = ask.words("expand")
    return ask.values_page("comments", [ask.views.comment(c, expand) for c in comments], 100, 5000)


def add(ask: Ask) -> Reply:
    by, issue = ask.user, ask.issue()
    if len(issue.comments) >= MOST_ON_ISSUE:
        raise refusal(413, "The issue has reached its limit of comments.")
    wish = ask.json(*KEYS)
    body = _body(ask, issue, wish)
    properties = {
        str(one.get("key")): one.get("value") for one in ask.objects(wish.get("properties"))
    }
    comment = ask.site.acts.say(issue, body, by, properties, wish.get("visibility"))
    return reply_json(ask.views.comment(comment, ask.words("expand")), 201)


def read(ask: Ask) -> Reply:
    return reply_json(ask.views.comment(ask.comment(ask.issue()), ask.words("expand")))


def edit(ask: Ask) -> Reply:
    by, issue = ask.user, ask.issue()
    comment = ask.comment(issue)
    wish = ask.json(*KEYS)
    if comment.author is not by and by is not ask.site.admin:
        raise forbidden("You do not have the permission to edit this comment.")
    ask.site.acts.rewrite(comment, _body(ask, issue, wish), by)
    for one in ask.objects(wish.get("properties")):
        comment.properties[str(one.get("key"))] = one.get("value")
    return reply_json(ask.views.comment(comment, ask.words("expand")))


def delete(ask: Ask) -> Reply:
    by = ask.user
    ask.site.acts.unsay(ask.comment(ask.issue()), by)
    return Reply(204)


def _body(ask: Ask, issue: Issue, wish: Json) -> Rich:
    try:
        body = ask.reading(issue.project, issue).rich(wish.get("body"))
    except (WrongValue, NotADocument) as no:
        raise wrong(comment=str(no)) from None
    if body is None:
        raise wrong(comment="Comment body can not be empty!")
    return body


def by_ids(ask: Ask) -> Reply:
    """Those that are missing or not to be seen are left out."""
    wanted = ask.json("ids").get("ids") or []
    if not 0 < len(wanted) <= MOST_LISTED:
        raise refusal(400, f"Between 1 and {MOST_LISTED} comments can be listed at once.")
    known = ask.site.world.comments
    found = [known[str(one)] for one in wanted if str(one) in known]
    expand = ask.words("expand")
    views = [ask.views.comment(one, expand) for one in found if one.issue.seen]
    return ask.bean_page(views, MOST_LISTED, MOST_LISTED)


def _comment(ask: Ask) -> Comment:
    found = ask.site.world.comments.get(ask.param("comment"))
    if found is None or not found.issue.seen or ask.identity.user is None:
        raise refusal(404, f"Can not find a comment for the id: {ask.param('comment')}.")
    return found


def property_keys(ask: Ask) -> Reply:
    comment = _comment(ask)
    link = f"{ask.views.rest}/comment/{comment.id}/properties"
    return reply_json({"keys": [{"key": k, "self": f"{link}/{k}"} for k in comment.properties]})


def read_property(ask: Ask) -> Reply:
    properties, key = _comment(ask).properties, ask.param("key")
    return reply_json({"key": key, "value": _there(properties, key)})


def set_property(ask: Ask) -> Reply:
    value: Any = ask.any_json()
    properties, key = _comment(ask).properties, ask.param("key")
    status = 200 if key in properties else 201
    properties[key] = value
    return reply_json({}, status)


def delete_property(ask: Ask) -> Reply:
    properties, key = _comment(ask).properties, ask.param("key")
    _there(properties, key)
    del properties[key]
    return Reply(204)


def _there(properties: Json, key: str) -> Any:
    if key not in properties:
        raise refusal(404, f"The property with key '{key}' does not exist.")
    return properties[key]
