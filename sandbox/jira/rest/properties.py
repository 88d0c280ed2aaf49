"""Hidden notes on an issue: any JSON under a key."""

from __future__ import annotations

from typing import Any

from sandbox.jira.ask import Ask
from sandbox.jira.refusals import refusal
from sandbox.jira.rest.issues import LONGEST_PROPERTY
from sandbox.wire import Json, Reply, reply_json


def keys(ask: Ask) -> Reply:
    issue = ask.issue()
    link = f"{ask.views.rest}/issue/{issue.id}/properties"
    return reply_json({"keys": [{"key": key, "self": f"{link}/{key}"} for key in issue.properties]})


def read(ask: Ask) -> Reply:
    properties, key = ask.issue().properties, ask.param("key")
    return reply_json({"key": key, "value": _there(properties, key)})


def put(ask: Ask) -> Reply:
    """201 for a new key, 200 for one that was there; `updated` does not move."""
    ask.user  # noqa: B018 - strangers are refused
    properties, key = ask.issue().properties, ask.param("key")
    value: Any = ask.any_json()
    if len(ask.call.body) > LONGEST_PROPERTY:
        raise refusal(400, f"A property value is longer than {LONGEST_PROPERTY} characters.")
    status = 200 if key in properties else 201
    properties[key] = value
    return reply_json({}, status)


def delete(ask: Ask) -> Reply:
    ask.user  # noqa: B018 - strangers are refused
    properties, key = ask.issue().properties, ask.param("key")
    _there(properties, key)
    del properties[key]
    return Reply(204)


def _there(properties: Json, key: str) -> Any:
    if key not in properties:
        raise refusal(404, f"The property {key} does not exist.")
    return properties[key]
