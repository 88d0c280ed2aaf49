"""Single issues: create, read, edit, assign, delete, archive, and several at once."""

from __future__ import annotations

from typing import Any

from sandbox.jira.ask import Ask
from sandbox.jira.edits import Values, read_edit, screen
from sandbox.jira.fields import choose
from sandbox.jira.issue_view import issue_view
from sandbox.jira.readings import Reading, WrongValue, assignee, one_of
from sandbox.jira.refusals import Refused, refusal, wrong
from sandbox.jira.scheme import TYPES
from sandbox.jira.state import Issue, IssueType, Project, User
from sandbox.wire import Json, Reply, reply_json

CREATE_KEYS = ("fields", "update", "properties", "transition", "historyMetadata")
MOST_BULK = 50
MOST_FETCHED = 100
LONGEST_PROPERTY = 32768


def create(ask: Ask) -> Reply:
    return reply_json(_create(ask, ask.json(*CREATE_KEYS)), 201)


def create_many(ask: Ask) -> Reply:
    """Some may fail: the answer is 201 with the faults beside the issues."""
    wishes = ask.objects(ask.json("issueUpdates").get("issueUpdates"))
    if not 0 < len(wishes) <= MOST_BULK:
        raise refusal(400, f"Between 1 and {MOST_BULK} issues can be created at once.")
    made: list[Json] = []
    faults: list[Json] = []
    for place, wish in enumerate(wishes):
        try:
            made.append(_create(ask, wish))
        except Refused as no:
            faults.append(_fault(place, no))
    return reply_json({"issues": made, "errors": faults}, 201 if made else 400)


def _fault(place: int, no: Refused) -> Json:
    from_body = no.reply.body.decode()
    messages = {"errorMessages": [from_body], "errors": {}}
    return {"status": no.reply.status, "elementErrors": messages, "failedElementNumber": place}


def _create(ask: Ask, wish: Json) -> Json:
    by = ask.user
    wanted = dict(wish.get("fields") or {})
    project = _wanted_project(ask, wanted.pop("project", None))
    kind = _wanted_type(wanted.pop("issuetype", None))
    reading = ask.reading(project)
    values = read_edit(reading, wanted, wish.get("update") or {}, screen("create"))
    if "summary" not in values:
        raise wrong(summary="You must specify a summary of the issue.")
    _check_parent(kind, values)
    properties = _properties(ask.objects(wish.get("properties")))
    issue = ask.site.acts.create(project, kind, values, by, properties)
    apart(ask, issue, reading, wish.get("update") or {}, by)
    return ask.views.head(issue)


def _wanted_project(ask: Ask, wanted: Any) -> Project:
    which = (wanted.get("id") or wanted.get("key")) if isinstance(wanted, dict) else None
    found = ask.site.world.project(str(which)) if which else None
    if found is None or not found.readable or found.archived:
        raise wrong(project="Specify a valid project ID or key")
    return found


def _wanted_type(wanted: Any) -> IssueType:
    try:
        return one_of(TYPES, wanted, "issue type")
    except WrongValue:
        raise wrong(issuetype="Specify a valid issue type") from None


def _check_parent(kind: IssueType, values: Values) -> None:
    parent = values.get("parent")
    if kind.subtask and parent is None:
        message = "Issue type is a sub-task but parent issue key or id not specified."
        raise wrong(issuetype=message)
    if parent is not None and parent.type.level <= kind.level:
        raise wrong(parentId="Given parent work item does not belong to appropriate hierarchy.")


def _properties(given: list[Json]) -> Json:
    kept = {str(one.get("key")): one.get("value") for one in given}
    if any(len(str(value)) > LONGEST_PROPERTY for value in kept.values()):
        raise refusal(400, f"A property value is longer than {LONGEST_PROPERTY} characters.")
    return kept


def apart(ask: Ask, issue: Issue, reading: Reading, verbs: Json, by: User) -> None:
    """What `update` may make beside the issue: comments and worklogs."""
    for wish in _added(ask, verbs, "comment"):
        ask.site.acts.say(issue, reading.rich(wish.get("body")), by)
    for wish in _added(ask, verbs, "worklog"):
        seconds = int(wish.get("timeSpentSeconds") or 3600)
        ask.site.acts.note_work(issue, seconds, None, by)


def _added(ask: Ask, verbs: Json, name: str) -> list[Json]:
    return ask.objects([one.get("add") for one in ask.objects(verbs.get(name))])


def read(ask: Ask) -> Reply:
    issue = ask.issue()
    choice = choose(ask.words("fields"), "*all")
    view = issue_view(ask.views, issue, choice, ask.words("expand"), ask.words("properties"))
    return reply_json(view)


def edit(ask: Ask) -> Reply:
    """204; with `returnIssue` the issue as it is now."""
    by, issue = ask.user, ask.issue()
    if ask.query("notifyUsers") == "false":
        ask.need_admin()
    wish = ask.json(*CREATE_KEYS)
    reading = ask.reading(issue.project, issue)
    verbs = wish.get("update") or {}
    wanted = dict(wish.get("fields") or {})
    if issue.archived:
        raise refusal(400, "The issue is archived and cannot be edited.")
    values = read_edit(reading, wanted, verbs, screen("edit"))
    if values.get("parent") is issue:
        raise wrong(parent="An issue cannot be its own parent.")
    if "issuetype" in values and values["issuetype"].subtask != issue.type.subtask:
        raise wrong(issuetype="The issue type selected is invalid.")
    ask.site.acts.change(issue, values, by)
    apart(ask, issue, reading, verbs, by)
    for name, value in _properties(ask.objects(wish.get("properties"))).items():
        issue.properties[name] = value
    if ask.query("returnIssue") == "true":
        choice = choose([], "*all")
        return reply_json(issue_view(ask.views, issue, choice, ask.words("expand")))
    return Reply(204)


def set_assignee(ask: Ask) -> Reply:
    by, issue = ask.user, ask.issue()
    wish = ask.json()
    given = wish if wish.get("accountId") or wish.get("name") else None
    try:
        user = assignee(ask.reading(issue.project, issue), given)
    except WrongValue as no:
        raise wrong(assignee=str(no)) from None
    ask.site.acts.change(issue, {"assignee": user}, by)
    return Reply(204)


def delete(ask: Ask) -> Reply:
    by, issue = ask.user, ask.issue()
    children = [one for one in issue.children if one.type.subtask and not one.deleted]
    if children and ask.query("deleteSubtasks") != "true":
        message = (
            f"The issue '{issue.key}' has subtasks.  You must specify the 'deleteSubtasks' "
            "parameter to delete this issue and all its subtasks."
        )
        raise refusal(400, message)
    ask.site.acts.delete(issue.id, by=by.account_id)
    return Reply(204)


def fetch_many(ask: Ask) -> Reply:
    """In the order of the ids; what is missing or not to be seen is left out without a word."""
    wish = ask.json("issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties")
    wanted = wish.get("issueIdsOrKeys") or []
    if not 0 < len(wanted) <= MOST_FETCHED:
        raise refusal(400, f"Between 1 and {MOST_FETCHED} issues can be fetched at once.")
    found = {issue.id: issue for which in wanted if (issue := _seen(ask, str(which)))}
    choice = choose(list(wish.get("fields") or ()), "*navigable")
    expand, keys = list(wish.get("expand") or ()), list(wish.get("properties") or ())
    views = [
        issue_view(ask.views, found[number], choice, expand, keys, embedded=True)
        for number in sorted(found)
    ]
    return reply_json({"issues": views, "issueErrors": []})


def _seen(ask: Ask, which: str) -> Issue | None:
    found = ask.site.world.replica(which, ask.site.read_lag())
    return found if ask.identity.user is not None else None


def archive(ask: Ask) -> Reply:
    return _archive(ask, archived=True)


def unarchive(ask: Ask) -> Reply:
    return _archive(ask, archived=False)


def _archive(ask: Ask, *, archived: bool) -> Reply:
    ask.need_admin()
    wanted = [str(one) for one in ask.json("issueIdsOrKeys").get("issueIdsOrKeys") or ()]
    found = [issue for which in wanted if (issue := _seen(ask, which))]
    turn = ask.site.acts.archive if archived else ask.site.acts.unarchive
    for issue in found:
        turn(issue.id)
    missing = [which for which in wanted if _seen(ask, which) is None]
    errors: Json = {}
    if missing:
        message = "The following issues were not found"
        errors["issuesNotFound"] = {
            "count": len(missing),
            "issueIdsOrKeys": missing,
            "message": message,
        }
    return reply_json({"numberOfIssuesUpdated": len(found), "errors": errors})
