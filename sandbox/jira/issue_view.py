"""An issue as JSON: its fields, and what `expand` adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.jira import fields
from sandbox.jira.fields import Choice
from sandbox.jira.moments import duration
from sandbox.jira.prose import html
from sandbox.jira.state import Issue
from sandbox.jira.views import Views
from sandbox.wire import Json

EXPANDS = "operations,versionedRepresentations,editmeta,changelog,renderedFields"
EMBEDDED_HISTORIES = 40
EMBEDDED_WORKLOGS = 20
USUAL_PAGE = 20

Show = Callable[[Views, Issue], Any]


def _maybe(show: Callable[[Any], Json], value: Any) -> Json | None:
    return show(value) if value is not None else None


def _sprints(views: Views, issue: Issue) -> Any:
    if not issue.sprints:
        return None
    show = views.sprint if views.world.cloud else views.sprint_text
    return [show(one) for one in issue.sprints]


def _timetracking(_: Views, issue: Issue) -> Json:
    shown: Json = {}
    if issue.estimate is not None:
        left = max(0, issue.estimate - (issue.spent or 0))
        shown |= {"originalEstimate": duration(issue.estimate)}
        shown |= {"originalEstimateSeconds": issue.estimate}
        shown |= {"remainingEstimate": duration(left), "remainingEstimateSeconds": left}
    if issue.spent is not None:
        shown |= {"timeSpent": duration(issue.spent), "timeSpentSeconds": issue.spent}
    return shown


def _left(_: Views, issue: Issue) -> int | None:
    return None if issue.estimate is None else max(0, issue.estimate - (issue.spent or 0))


def _security(views: Views, issue: Issue) -> Json | None:
    level = issue.security
    if level is None:
        return None
    link = f"{views.rest}/securitylevel/{level.id}"
    return {"self": link, "id": level.id, "description": level.text, "name": level.name}


def _links(views: Views, issue: Issue) -> list[Json]:
    ends = (
        (link, link.target if link.source.id == issue.id else link.source) for link in issue.links
    )
    return [views.link(link, issue) for link, end in ends if end.seen]


def _page(name: str, values: list[Json], shown: int) -> Json:
    kept = values[-shown:] if name == "comments" else values[:shown]
    page = {"maxResults": shown, "total": len(values), "startAt": 0}
    return {name: kept, **page}


SHOWS: dict[str, Show] = {
    "summary": lambda _, issue: issue.summary,
    "issuetype": lambda views, issue: views.type(issue.type),
    "project": lambda views, issue: views.project(issue.project),
    "description": lambda views, issue: views.rich(issue.description),
    "priority": lambda views, issue: _maybe(views.priority, issue.priority),
    "status": lambda views, issue: views.status(issue.status),
    "statuscategorychangedate": lambda views, issue: views.world.stamp(issue.status_since),
    "assignee": lambda views, issue: _maybe(views.person, issue.assignee),
    "reporter": lambda views, issue: _maybe(views.person, issue.reporter),
    "creator": lambda views, issue: views.person(issue.creator),
    "labels": lambda _, issue: list(issue.labels),
    "components": lambda views, issue: [views.component(one) for one in issue.components],
    "fixVersions": lambda views, issue: [views.version_of(one) for one in issue.fix_versions],
    "versions": lambda views, issue: [views.version_of(one) for one in issue.versions],
    "resolution": lambda views, issue: _maybe(views.resolution, issue.resolution),
    "resolutiondate": lambda views, issue: _maybe(views.world.stamp, issue.resolved),  # type: ignore[arg-type]
    "duedate": lambda _, issue: issue.due,
    "created": lambda views, issue: views.world.stamp(issue.created),
    "updated": lambda views, issue: views.world.stamp(issue.updated),
    "issuelinks": _links,
    "subtasks": lambda views, issue: [
        views.near(one) for one in issue.children if one.type.subtask and one.seen
    ],
    "attachment": lambda views, issue: [views.attachment(one) for one in issue.attachments],
    "timetracking": _timetracking,
    "timeoriginalestimate": lambda _, issue: issue.estimate,
    "timeestimate": _left,
    "timespent": lambda _, issue: issue.spent,
    "watches": lambda views, issue: {
        "self": f"{views.rest}/issue/{issue.key}/watchers",
        "watchCount": 1,
        "isWatching": False,
    },
    "votes": lambda views, issue: {
        "self": f"{views.rest}/issue/{issue.key}/votes",
        "votes": 0,
        "hasVoted": False,
    },
    "security": _security,
    fields.CUSTOMER: lambda _, issue: issue.custom.get(fields.CUSTOMER),
    fields.START_DATE: lambda _, issue: issue.custom.get(fields.START_DATE),
    fields.POINTS: lambda _, issue: issue.custom.get(fields.POINTS),
    fields.STEPS_TEXT: lambda views, issue: views.rich(issue.custom.get(fields.STEPS_TEXT)),
    fields.RANK: lambda _, issue: issue.rank,
    fields.SPRINT: _sprints,
}


def issue_fields(views: Views, issue: Issue, choice: Choice, *, embedded: bool = False) -> Json:
    """`embedded` is for lists, where comments are cut to a page."""
    shown = {name: show(views, issue) for name, show in SHOWS.items() if name in choice.names}
    if "parent" in choice.names and issue.parent is not None and issue.parent.seen:
        shown["parent"] = views.near(issue.parent)
    if "comment" in choice.names:
        comments = [views.comment(one) for one in issue.comments]
        limit = USUAL_PAGE if embedded else max(len(comments), USUAL_PAGE)
        link = f"{views.rest}/issue/{issue.id}/comment"
        shown["comment"] = {**_page("comments", comments, limit), "self": link}
    if "worklog" in choice.names:
        worklogs = [views.worklog(one) for one in issue.worklogs]
        shown["worklog"] = _page("worklogs", worklogs, EMBEDDED_WORKLOGS)
    return shown


def issue_view(
    views: Views,
    issue: Issue,
    choice: Choice,
    expand: Sequence[str] = (),
    properties: Sequence[str] = (),
    *,
    embedded: bool = False,
) -> Json:
    """Also from a copy that the index still shows."""
    if choice.bare == "id":
        return {"id": str(issue.id)}
    view: Json = {"expand": EXPANDS, **views.head(issue)}
    if choice.bare == "key":
        return view
    view["fields"] = issue_fields(views, issue, choice, embedded=embedded)
    if "renderedFields" in expand:
        view["renderedFields"] = rendered(issue, choice)
    if "changelog" in expand:
        view["changelog"] = changelog(views, issue)
    if "names" in expand:
        view["names"] = names(choice)
    if "schema" in expand:
        view["schema"] = {name: fields.BY_ID[name].schema for name in sorted(choice.names)}
    if properties:
        wanted = issue.properties if "*all" in properties else properties
        view["properties"] = {
            name: issue.properties[name] for name in wanted if name in issue.properties
        }
    return view


def names(choice: Choice) -> Json:
    return {name: fields.BY_ID[name].name for name in sorted(choice.names)}


def rendered(issue: Issue, choice: Choice) -> Json:
    shown: Json = dict.fromkeys(sorted(choice.names))
    if "description" in shown:
        shown["description"] = html(issue.description)
    if fields.STEPS_TEXT in shown:
        shown[fields.STEPS_TEXT] = html(issue.custom.get(fields.STEPS_TEXT))
    if "comment" in shown:
        shown["comment"] = {
            "comments": [{"id": c.id, "body": html(c.body)} for c in issue.comments]
        }
    return shown


def changelog(views: Views, issue: Issue) -> Json:
    """Cloud: the newest first, and no more than a page of them. Data Center: all, in order."""
    kept = issue.history[::-1][:EMBEDDED_HISTORIES] if views.world.cloud else issue.history
    page = {"startAt": 0, "maxResults": len(kept), "total": len(issue.history)}
    return {**page, "histories": [views.history(one) for one in kept]}
