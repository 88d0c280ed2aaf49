"""Invented issues, comments and webhook bodies in the forms that Jira documents."""

from copy import deepcopy
from typing import Any

import orjson

Json = dict[str, Any]
SITE = "https://lantern.atlassian.net"
URL = f"{SITE}/browse/HARB"
PROJECT: Json = {
    "self": f"{SITE}/rest/api/3/project/10500",
    "id": "10500",
    "key": "HARB",
    "name": "Harbour",
    "projectTypeKey": "software",
    "simplified": False,
    "isPrivate": False,
}
INES = "712020:5a6b7c8d-0001-4aaa-9bbb-00000000aa01"
TOMASZ = "5f0a1b2c3d4e5f0068a1bb02"

STATES = {
    "To Do": ("10000", 2, "new"),
    "In Progress": ("3", 4, "indeterminate"),
    "In Review": ("10010", 4, "indeterminate"),
    "Done": ("10002", 3, "done"),
}


def a_user(key: str = INES, name: str = "Ines Varga", version: int = 2) -> Json:
    return {
        "self": f"{SITE}/rest/api/{version}/user?accountId={key}",
        "accountId": key,
        "displayName": name,
        "active": True,
        "timeZone": "Europe/Berlin",
        "accountType": "atlassian",
    }


def a_status(name: str = "To Do") -> Json:
    number, group, key = STATES[name]
    category = {"id": group, "key": key, "colorName": "blue-gray", "name": name}
    return {"id": number, "name": name, "description": "", "statusCategory": category}


def a_doc(*paragraphs: str) -> Json:
    """An ADF of plain paragraphs."""
    blocks = [
        {"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in paragraphs
    ]
    return {"type": "doc", "version": 1, "content": blocks}


def some_fields(**over: Any) -> Json:
    """All fields of an issue as REST v3 gives them."""
    fields: Json = {
        "summary": "The beacon flickers at dusk",
        "issuetype": {"id": "10004", "name": "Bug", "subtask": False, "hierarchyLevel": 0},
        "project": PROJECT,
        "description": a_doc("Every evening.", "Since Monday."),
        "priority": {"id": "2", "name": "High"},
        "status": a_status(),
        "statuscategorychangedate": "2026-11-20T10:00:00.000+0100",
        "assignee": a_user(TOMASZ, "Tomasz Wrona"),
        "reporter": a_user(),
        "creator": a_user(),
        "labels": ["night", "optics"],
        "components": [{"id": "10101", "name": "lamp"}],
        "fixVersions": [{"id": "10300", "name": "Spring", "released": False, "archived": False}],
        "versions": [],
        "resolution": None,
        "resolutiondate": None,
        "duedate": "2026-12-01",
        "created": "2026-11-19T10:02:11.404+0100",
        "updated": "2026-11-20T10:15:00.120+0100",
        "issuelinks": [],
        "subtasks": [],
        "attachment": [],
        "comment": {"comments": [], "total": 0, "maxResults": 0, "startAt": 0},
        "timetracking": {},
        "timeoriginalestimate": None,
        "timespent": None,
        "security": None,
        "customfield_10020": [
            {"id": 41, "name": "Harbour 7", "state": "closed", "boardId": 12},
            {"id": 42, "name": "Harbour 8", "state": "active", "boardId": 12},
        ],
        "customfield_10016": 3.0,
        "customfield_10019": "0|i0001r:",
    }
    return deepcopy(fields | over)


def an_issue(number: int = 20481, key: str = "HARB-12", **over: Any) -> Json:
    """An issue as REST v3 gives it."""
    return {
        "id": str(number),
        "self": f"{SITE}/rest/api/3/issue/{number}",
        "key": key,
        "fields": some_fields(**over),
    }


def a_comment(number: int = 33012, text: str = "Seen from the pier", **over: Any) -> Json:
    comment: Json = {
        "self": f"{SITE}/rest/api/3/issue/20481/comment/{number}",
        "id": str(number),
        "author": a_user(),
        "updateAuthor": a_user(),
        "body": a_doc(text),
        "created": "2026-11-20T11:00:00.010+0100",
        "updated": "2026-11-20T11:00:00.010+0100",
        "jsdPublic": True,
    }
    return comment | over


def hooked(issue: Json) -> Json:
    """An issue as a webhook tells it: REST v2, texts are wiki markup."""
    told = deepcopy(issue)
    told["self"] = told["self"].replace("/3/", "/2/")
    if told["fields"].get("description") is not None:
        told["fields"]["description"] = "*Every evening.*\n\nSince Monday."
    told["fields"].pop("comment", None)
    return told


def slim(issue: Json) -> Json:
    """The part of an issue that comes with its comments."""
    kept = ("summary", "issuetype", "project", "assignee", "priority", "status")
    told = hooked(issue)
    told["fields"] = {name: told["fields"][name] for name in kept}
    return told


def an_event(event: str, **parts: Any) -> Json:
    return {"timestamp": 1795168200111, "webhookEvent": event} | parts


def a_change(field: str, before: str | None, after: str | None, **over: Any) -> Json:
    change: Json = {
        "field": field,
        "fieldtype": "jira",
        "fieldId": field,
        "from": before,
        "fromString": before,
        "to": after,
        "toString": after,
    }
    return change | over


AGILE = "com.pyxis.greenhopper.jira"
TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"


def a_field(number: int, name: str, custom: str, type: str = "number") -> Json:
    """A custom field as the list of fields tells it."""
    schema = {"type": type, "custom": custom, "customId": number}
    return {"id": f"customfield_{number}", "name": name, "custom": True, "schema": schema}


def encoded(body: Json) -> bytes:
    return orjson.dumps(body)
