"""Label definitions (GitHub docs: REST API endpoints for labels)."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.github.ask import Ask, text_of
from sandbox.github.definition_acts import NEW_LABEL_COLOR
from sandbox.github.desk import UNSET
from sandbox.github.refusals import invalid, not_found, too_long
from sandbox.github.state import Label
from sandbox.wire import Json, Reply, reply_json

LABELS = "/repos/{owner}/{repo}/labels"
LONGEST_DESCRIPTION = 100


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", LABELS, list_labels),
        ("POST", LABELS, create_label),
        ("GET", f"{LABELS}/{{name:path}}", get_label),
        ("PATCH", f"{LABELS}/{{name:path}}", update_label),
        ("DELETE", f"{LABELS}/{{name:path}}", delete_label),
    ]


def list_labels(ask: Ask) -> Reply:
    ordered = sorted(ask.repo.labels.values(), key=lambda label: label.name.lower())
    return ask.listed([ask.views.label(ask.repo, one) for one in ordered])


def get_label(ask: Ask) -> Reply:
    return reply_json(ask.views.label(ask.repo, _label(ask)))


def create_label(ask: Ask) -> Reply:
    ask.need_push()
    body = ask.json()
    name, color, description = text_of(body, "name"), _color(body), _description(body)
    if not name:
        raise invalid("Label", "name", "missing_field")
    _refuse_taken(ask, name)
    label = ask.acts.create_label(name, color or NEW_LABEL_COLOR, description)
    view = ask.views.label(ask.repo, label)
    return reply_json(view, 201, location=view["url"])


def update_label(ask: Ask) -> Reply:
    ask.need_push()
    label, body = _label(ask), ask.json()
    new_name = text_of(body, "new_name") or text_of(body, "name")
    if new_name is not None and new_name.lower() != label.name.lower():
        _refuse_taken(ask, new_name)
    description = _description(body) if "description" in body else UNSET
    ask.acts.edit_label(label.name, new_name, _color(body), description)
    return reply_json(ask.views.label(ask.repo, label))


def delete_label(ask: Ask) -> Reply:
    ask.need_push()
    ask.acts.delete_label(_label(ask).name)
    return Reply(204)


def _label(ask: Ask) -> Label:
    label = ask.repo.labels.get(str(ask.param("name")).lower())
    if label is None:
        raise not_found()
    return label


def _refuse_taken(ask: Ask, name: str) -> None:
    if name.lower() in ask.repo.labels:
        raise invalid("Label", "name", "already_exists")


def _color(body: Json) -> str | None:
    color = text_of(body, "color")
    if color is not None and not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise invalid("Label", "color")
    return color


def _description(body: Json) -> str | None:
    text = text_of(body, "description")
    if text is not None and len(text) > LONGEST_DESCRIPTION:
        raise too_long("Label", "description", LONGEST_DESCRIPTION)
    return text
