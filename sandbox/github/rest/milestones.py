"""Milestones (GitHub docs: REST API endpoints for milestones)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox.github.ask import Ask, text_of
from sandbox.github.desk import UNSET
from sandbox.github.refusals import invalid, not_found
from sandbox.github.state import Milestone, stamp
from sandbox.wire import Json, Reply, reply_json

MILESTONES = "/repos/{owner}/{repo}/milestones"


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", MILESTONES, list_milestones),
        ("POST", MILESTONES, create_milestone),
        ("GET", MILESTONES + "/{stone:int}", get_milestone),
        ("PATCH", MILESTONES + "/{stone:int}", update_milestone),
        ("DELETE", MILESTONES + "/{stone:int}", delete_milestone),
    ]


def list_milestones(ask: Ask) -> Reply:
    """By due date, undated ones last; `state` is open unless asked for otherwise."""
    state = ask.choice("state", ("open", "closed", "all"), "open")
    found = [one for one in ask.repo.milestones.values() if state in ("all", one.state)]
    found.sort(key=lambda one: (one.due_on is None, one.due_on or "", one.number))
    if ask.query("direction") == "desc":
        found.reverse()
    return ask.listed([ask.views.milestone(ask.repo, one) for one in found])


def get_milestone(ask: Ask) -> Reply:
    return reply_json(ask.views.milestone(ask.repo, _stone(ask)))


def create_milestone(ask: Ask) -> Reply:
    ask.need_push()
    body = ask.json()
    title = text_of(body, "title")
    if not title:
        raise invalid("Milestone", "title", "missing_field")
    _refuse_taken(ask, title)
    due, state = _due(body), _state(body) or "open"
    stone = ask.acts.create_milestone(title, text_of(body, "description"), due, state)
    view = ask.views.milestone(ask.repo, stone)
    return reply_json(view, 201, location=view["url"])


def update_milestone(ask: Ask) -> Reply:
    ask.need_push()
    stone, body = _stone(ask), ask.json()
    title = text_of(body, "title")
    if title is not None and title != stone.title:
        _refuse_taken(ask, title)
    description = text_of(body, "description") if "description" in body else UNSET
    due = _due(body) if "due_on" in body else UNSET
    ask.acts.edit_milestone(stone.number, title, description, due, _state(body))
    return reply_json(ask.views.milestone(ask.repo, stone))


def delete_milestone(ask: Ask) -> Reply:
    ask.need_push()
    ask.acts.delete_milestone(_stone(ask).number)
    return Reply(204)


def _stone(ask: Ask) -> Milestone:
    stone = ask.repo.milestones.get(ask.param("stone"))
    if stone is None:
        raise not_found()
    return stone


def _refuse_taken(ask: Ask, title: str) -> None:
    if any(one.title == title for one in ask.repo.milestones.values()):
        raise invalid("Milestone", "title", "already_exists")


def _state(body: Json) -> str | None:
    state = text_of(body, "state")
    if state not in (None, "open", "closed"):
        raise invalid("Milestone", "state", value=state)
    return state


def _due(body: Json) -> str | None:
    text = text_of(body, "due_on")
    if text is None:
        return None
    try:
        return stamp(datetime.fromisoformat(text))
    except ValueError:
        raise invalid("Milestone", "due_on", value=text) from None
