"""Routes of issues (GitLab docs: Issues API, Issue links API, Resource events)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import timedelta
from operator import attrgetter
from typing import Any

from sandbox.gitlab.ask import Ask
from sandbox.gitlab.desk import UNSET
from sandbox.gitlab.printed import exact, moment_of, seconds_of
from sandbox.gitlab.refusals import conflict, invalid, not_found, refused
from sandbox.gitlab.state import Issue, in_order
from sandbox.wire import Json, Reply, reply_json

LARGEST_TITLE = 255
LARGEST_TEXT = 1_048_576
KINDS = ("issue", "incident", "test_case", "task")


def list_issues(ask: Ask) -> Reply:
    """Everything the parameters let through, in their order."""
    by = {"created_at": "born", "updated_at": "updated"}.get(ask.query("order_by"), "born")
    found = _found(ask, by)
    details = bool(ask.flag("with_labels_details"))

    def show(one: Issue) -> Json:
        return ask.views.issue(one, details=details)

    def key(one: Issue) -> tuple[str, int]:
        return exact(getattr(one, by)) or "", one.id

    walks = ask.query("pagination") == "keyset" or bool(ask.query("cursor"))
    if walks and ask.site.world.version >= (18, 3):
        return ask.keyset(found, key, show)
    return ask.paged(found[::-1] if ask.query("sort", "desc") == "desc" else found, show)


def statistics(ask: Ask) -> Reply:
    """How many there are by state (GitLab docs: Issues statistics API)."""
    states = [one.state for one in ask.project.in_order("born") if ask.sees(one)]
    counts = {state: states.count(state) for state in ("closed", "opened")}
    return reply_json({"statistics": {"counts": {"all": len(states), **counts}}})


def show_issue(ask: Ask) -> Reply:
    return reply_json(ask.views.issue(ask.issue(), single=True))


def create_issue(ask: Ask) -> Reply:
    """What the role may not set is left out without a word."""
    ask.need_login()
    body = ask.body()
    if not str(body.get("title") or "").strip():
        raise invalid("title is missing, title is empty" if "title" in body else "title is missing")
    _check(body)
    fields = _fields(ask, body)
    iid = body.get("iid") if ask.identity.owns else None
    if iid and int(iid) in ask.project.issues:
        raise conflict("Duplicated issue")
    labels = _names(body.get("labels")) if ask.identity.reports else []
    people = _people(ask, body) if ask.identity.reports else []
    issue = ask.acts.open(
        str(body["title"]),
        body.get("description"),
        labels,
        people or [],
        kind=_kind(body) or "issue",
        confidential=_true(body.get("confidential")),
        iid=int(iid) if iid else None,
        **{name: value for name, value in fields.items() if name not in _OPENED},
    )
    return reply_json(ask.views.issue(issue, single=True), 201)


def edit_issue(ask: Ask) -> Reply:
    ask.need_login()
    issue, body = ask.issue(), ask.body()
    mine = ask.identity.person is issue.author
    ask.need(ask.identity.reports or mine)
    _check(body)
    labels, people = _relabelled(issue, body), _people(ask, body)
    wishes = _fields(ask, body)
    state = {"close": "closed", "reopen": "opened"}.get(str(body.get("state_event")), UNSET)
    ask.acts.edit(
        issue.iid,
        labels=UNSET if labels is None or not ask.identity.reports else labels,
        assignees=UNSET if people is None else people,
        state=state,
        **wishes,
    )
    return reply_json(ask.views.issue(issue, single=True))


def delete_issue(ask: Ask) -> Reply:
    ask.need(ask.identity.owns)
    ask.acts.delete(ask.issue().iid)
    return Reply(204)


def move_issue(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    place = ask.site.world.find(str(ask.body().get("to_project_id")))
    if place is None:
        raise not_found("Project Not Found")
    return reply_json(ask.views.issue(ask.acts.move(ask.issue().iid, place.path)), 201)


def set_estimate(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    span = _span(ask)
    issue = ask.issue()
    ask.acts.edit(issue.iid, estimate=span)
    return reply_json(ask.views.times(issue), 201)


def reset_estimate(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    issue = ask.issue()
    ask.acts.edit(issue.iid, estimate=0)
    return reply_json(ask.views.times(issue), 201)


def add_spent(ask: Ask) -> Reply:
    """Adds up; it is never a total."""
    ask.need(ask.identity.reports)
    span, issue = _span(ask), ask.issue()
    if issue.spent + span < 0:
        raise invalid("Time to subtract exceeds the total time spent")
    ask.acts.spend(issue.iid, span)
    return reply_json(ask.views.times(issue), 201)


def reset_spent(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    issue = ask.issue()
    ask.acts.spend(issue.iid, -issue.spent)
    return reply_json(ask.views.times(issue), 201)


def time_stats(ask: Ask) -> Reply:
    return reply_json(ask.views.times(ask.issue()))


def list_links(ask: Ask) -> Reply:
    """For those who signed in; links to what the reader may not see are left out."""
    ask.need_login()
    issue = ask.issue()
    ends = [(one, one.target if one.source.id == issue.id else one.source) for one in issue.links]
    return reply_json([ask.views.linked(issue, link) for link, end in ends if ask.sees(end)])


def create_link(ask: Ask) -> Reply:
    ask.need(ask.identity.member)
    issue, body = ask.issue(), ask.body()
    place = ask.site.world.find(str(body.get("target_project_id")))
    target = place.issues.get(int(body.get("target_issue_iid") or 0)) if place else None
    if target is None or not ask.sees(target):
        raise not_found("No Issue found for given params")
    kind = str(body.get("link_type") or "relates_to")
    if kind != "relates_to" and not ask.site.world.premium:
        raise invalid("Blocked issues not available for current license")
    if any(target in (one.source, one.target) for one in issue.links):
        raise conflict("Issue(s) already assigned")
    source, end = (target, issue) if kind == "is_blocked_by" else (issue, target)
    ask.acts.join(source, end, "relates_to" if kind == "relates_to" else "blocks")
    ask.project.revision += 1
    told = {"source_issue": _basic(ask, issue), "target_issue": _basic(ask, target)}
    return reply_json({**told, "link_type": kind}, 201)


def delete_link(ask: Ask) -> Reply:
    ask.need(ask.identity.member)
    issue, key = ask.issue(), ask.number("link")
    if not any(one.id == key for one in issue.links):
        raise not_found()
    ask.acts.unlink(issue.iid, key)
    return Reply(204)


def related(ask: Ask) -> Reply:
    return ask.paged(ask.issue().related, lambda one: ask.views.merge_request(ask.project, one))


def closed_by(ask: Ask) -> Reply:
    return ask.paged(ask.issue().closing, lambda one: ask.views.merge_request(ask.project, one))


def changes(ask: Ask) -> Reply:
    """Weights and iterations have a past only where there is a licence for them.

    A milestone that was deleted takes its events along, a label leaves them without its name.
    """
    issue, kind = ask.issue(), ask.param("kind")
    licensed = kind in ("iteration", "weight")
    if kind not in ("state", "label", "milestone") and not (licensed and ask.site.world.premium):
        raise not_found()
    found = [one for one in issue.changes if one.kind == kind]
    if kind == "milestone":
        found = [one for one in found if one.told["milestone"]["id"] in ask.project.milestones]
    return ask.paged(found, lambda one: ask.views.change(issue, one))


_OPENED = ("title", "description", "confidential")
_PLAIN = ("title", "description")
_LETS_ALL_THROUGH = {
    ("state", "all"),
    ("with_labels_details", "true"),
    ("with_labels_details", "false"),
}


def _found(ask: Ask, by: str) -> list[Issue]:
    """What the parameters let through, oldest first. Named issues are looked up as single ones;
    lists of all the others may be behind."""
    named = ask.listed_query("iids")
    lag = ask.site.read_lag() if named else ask.site.list_lag()
    paging = ("page", "per_page", "cursor", "pagination", "sort", "order_by")
    asked = tuple(pair for pair in ask.many if pair[0] not in paging)

    def fitting(issues: Iterable[Issue]) -> list[Issue]:
        plain = set(asked) <= _LETS_ALL_THROUGH
        return [one for one in issues if ask.sees(one) and (plain or _fits(ask, one))]

    if lag > 0:
        return fitting(ask.project.as_of(ask.site.world.now() - timedelta(seconds=lag), by))
    if named:
        numbers = [int(one) for one in named if one.isdecimal()]
        known = (ask.project.issues.get(number) for number in dict.fromkeys(numbers))
        return fitting(in_order((one for one in known if one and not one.deleted), by))
    key = (by, asked, ask.identity.key)
    return ask.project.scan(key, lambda: fitting(_late(ask, by)))


def _late(ask: Ask, by: str) -> list[Issue]:
    """All issues, without those that are too old for the order they are asked for in."""
    issues = ask.project.in_order(by)
    text = ask.query({"updated": "updated_after", "born": "created_after"}[by])
    try:
        after = moment_of(text) if text else None
    except ValueError:
        raise invalid("updated_after is invalid") from None
    return issues[bisect_left(issues, after, key=attrgetter(by)) :] if after else issues


def _fits(ask: Ask, issue: Issue) -> bool:
    state = ask.query("state", "all")
    names = {label.name for label in issue.labels}
    iids = ask.listed_query("iids")
    wanted = [name for one in ask.listed_query("labels") for name in one.split(",") if name]
    stone = issue.milestone.title if issue.milestone else None
    secret = ask.flag("confidential")
    return (
        state in ("all", issue.state)
        and (not iids or str(issue.iid) in iids)
        and all(name in names for name in wanted)
        and ask.query("milestone") in ("", stone)
        and ask.query("author_id") in ("", str(issue.author.id))
        and ask.query("issue_type") in ("", issue.kind)
        and (secret is None or secret == issue.confidential)
        and _in_time(ask, issue)
    )


def _in_time(ask: Ask, issue: Issue) -> bool:
    """Both ends are inclusive."""
    for name, moment in (("updated", issue.updated), ("created", issue.born)):
        try:
            after, before = (
                moment_of(text) if text else None
                for text in (ask.query(f"{name}_after"), ask.query(f"{name}_before"))
            )
        except ValueError:
            raise invalid(f"{name}_after is invalid") from None
        if (after and moment < after) or (before and moment > before):
            return False
    return True


def _check(body: Json) -> None:
    if len(str(body.get("title") or "")) > LARGEST_TITLE:
        raise refused(title=["is too long (maximum is 255 characters)"])
    if "title" in body and not str(body["title"] or "").strip():
        raise refused(title=["can't be blank"])
    if len(str(body.get("description") or "")) > LARGEST_TEXT:
        raise refused(description=["is too long (maximum is 1048576 characters)"])
    if _kind(body) not in (None, *KINDS):
        raise invalid("issue_type does not have a valid value")


def _fields(ask: Ask, body: Json) -> Json:
    """Wishes in the words of the acts."""
    wishes: Json = {name: body[name] for name in _PLAIN if name in body}
    if not ask.identity.reports:
        return wishes
    found = {ours: read(body[name]) for name, (ours, read) in _TRIAGE.items() if name in body}
    if "milestone_id" in body:
        stone = int(body["milestone_id"] or 0)
        if stone == 0 or stone in ask.project.milestones:
            found["milestone_id"] = stone or None
    if "issue_type" in body and ask.call.method == "PUT":
        found["kind"] = _kind(body)
    return wishes | found


def _relabelled(issue: Issue, body: Json) -> list[str] | None:
    if not {"labels", "add_labels", "remove_labels"} & set(body):
        return None
    held = [label.name for label in issue.labels]
    names = _names(body["labels"]) if "labels" in body else held
    gone = {name.lower() for name in _names(body.get("remove_labels"))}
    return [name for name in [*names, *_names(body.get("add_labels"))] if name.lower() not in gone]


def _names(value: Any) -> list[str]:
    given = value.split(",") if isinstance(value, str) else value or []
    return [str(one).strip() for one in given if str(one).strip()]


def _people(ask: Ask, body: Json) -> list[str] | None:
    """By id; those without access are dropped without a word, and so is who is not known."""
    if "assignee_ids" not in body and "assignee_id" not in body:
        return None
    given = body["assignee_ids"] if "assignee_ids" in body else [body["assignee_id"]]
    ids = [str(one) for one in (given.split(",") if isinstance(given, str) else given or [])]
    known = {str(one.id): one for one in ask.site.world.people.values() if one.access}
    return [known[one].login for one in ids if one in known]


def _kind(body: Json) -> str | None:
    found = body.get("issue_type")
    return str(found) if found else None


def _span(ask: Ask) -> int:
    told = ask.body().get("duration")
    span = seconds_of(str(told)) if told else None
    if span is None:
        raise invalid("duration is missing" if not told else "duration is invalid")
    return span


def _basic(ask: Ask, issue: Issue) -> Json:
    whole = ask.views.issue(issue)
    names = (
        "id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at",
        "closed_at", "labels", "author", "web_url", "confidential", "issue_type",
    )  # fmt: skip
    return {name: whole[name] for name in names}


def _true(value: Any) -> bool:
    return value in (True, "true", "1", 1)


_TRIAGE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "confidential": ("confidential", _true),
    "discussion_locked": ("locked", _true),
    "due_date": ("due_date", lambda value: value or None),
    "weight": ("weight", lambda value: None if value == "" else value),
}
