"""Where an issue can go from where it is, and going there."""

from __future__ import annotations

from sandbox.jira import fields
from sandbox.jira.ask import Ask
from sandbox.jira.edits import read_edit
from sandbox.jira.refusals import refusal, wrong
from sandbox.jira.rest.issues import CREATE_KEYS, apart
from sandbox.jira.rest.screens import field_meta
from sandbox.jira.scheme import Step, steps_from
from sandbox.wire import Json, Reply, reply_json


def possible(ask: Ask) -> Reply:
    issue = ask.issue()
    wanted = ask.query("transitionId")
    steps = [one for one in steps_from(issue.status) if not wanted or one.id == wanted]
    with_fields = "transitions.fields" in ask.words("expand")
    views = [_view(ask, one, with_fields=with_fields) for one in steps]
    return reply_json({"expand": "transitions", "transitions": views})


def _view(ask: Ask, step: Step, *, with_fields: bool) -> Json:
    view: Json = {
        "id": step.id,
        "name": step.name,
        "to": ask.views.status(step.to),
        "hasScreen": step.needs_resolution,
        "isGlobal": not step.sources,
        "isInitial": False,
        "isConditional": False,
        "isAvailable": True,
    }
    if with_fields:
        shown = {}
        if step.needs_resolution:
            meta = field_meta(ask.views, None, fields.BY_ID["resolution"])
            shown["resolution"] = {**meta, "required": True}
        view["fields"] = shown
    return view


def go(ask: Ask) -> Reply:
    """400 for a transition that does not start here, or whose screen is not filled in."""
    by, issue = ask.user, ask.issue()
    wish = ask.json(*CREATE_KEYS)
    which = str((wish.get("transition") or {}).get("id") or "")
    if not which:
        raise refusal(400, "Missing 'transition' identifier")
    step = next((one for one in steps_from(issue.status) if one.id == which), None)
    if step is None:
        where = issue.status.name
        raise refusal(400, f"Transition id '{which}' is not valid for this issue in '{where}'.")
    reading = ask.reading(issue.project, issue)
    verbs = wish.get("update") or {}
    allowed = {"resolution", "assignee", "fixVersions"} if step.needs_resolution else set()
    values = read_edit(reading, wish.get("fields") or {}, verbs, allowed)
    if step.needs_resolution and values.get("resolution") is None:
        raise wrong(resolution="Resolution is required.")
    ask.site.acts.go(issue, step, values, by)
    apart(ask, issue, reading, verbs, by)
    return Reply(204)
