"""Invented GitLab JSON, in the shapes its pages give."""

from typing import Any

import orjson

from schemas.source import Source
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.gitlab import GITLAB
from trackers.gitlab.client import GitLabClient

Json = dict[str, Any]
URL = "https://gitlab.com/lantern/coast/harbour"
API = "https://gitlab.com/api/v4"
PINNED = "77001"


def the_source(url: str = URL, **over: Any) -> Source:
    return a_source("gitlab", url, **over)


def a_person(number: int = 501, login: str = "ines-varga", **over: Any) -> Json:
    return {"id": number, "username": login, "name": login.title(), "state": "active"} | over


def an_issue(number: int = 12, **over: Any) -> Json:
    """A whole record, as a list with label details gives it."""
    page = f"{URL}/-/issues/{number}"
    return {
        "id": 880000 + number,
        "iid": number,
        "project_id": int(PINNED),
        "title": "The beacon flickers",
        "description": "Every evening.",
        "state": "opened",
        "created_at": "2026-11-20T09:00:00.125Z",
        "updated_at": "2026-11-20T09:30:00.002Z",
        "closed_at": None,
        "closed_by": None,
        "labels": [],
        "milestone": None,
        "assignees": [],
        "author": a_person(),
        "assignee": None,
        "user_notes_count": 0,
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": None,
        "confidential": False,
        "discussion_locked": None,
        "issue_type": "issue",
        "web_url": page,
        "time_stats": {"time_estimate": 0, "total_time_spent": 0},
        "severity": "UNKNOWN",
        "moved_to_id": None,
        "references": {"full": f"lantern/coast/harbour#{number}"},
        "_links": {"closed_as_duplicate_of": None},
    } | over


def a_label(number: int = 9001, name: str = "bug", **over: Any) -> Json:
    return {"id": number, "name": name, "color": "#d73a4a", "description": None} | over


def a_note(number: int = 66001, **over: Any) -> Json:
    return {
        "id": number,
        "type": None,
        "body": "Seen from the pier.",
        "author": a_person(),
        "created_at": "2026-11-20T09:05:00.000Z",
        "updated_at": "2026-11-20T09:05:00.000Z",
        "system": False,
        "noteable_id": 880012,
        "noteable_type": "Issue",
        "noteable_iid": 12,
        "internal": False,
    } | over


def a_hook(number: int = 31, **over: Any) -> Json:
    flags = (
        "issues_events",
        "confidential_issues_events",
        "note_events",
        "confidential_note_events",
        "milestone_events",
        "emoji_events",
        "resource_access_token_events",
    )
    return {
        "id": number,
        "url": "https://sync.example.org/webhooks/shop",
        "alert_status": "executable",
        "disabled_until": None,
        "custom_webhook_template": None,
        **dict.fromkeys(flags, True),
    } | over


def body_of(value: object) -> bytes:
    return orjson.dumps(value)


def a_client(script: Script, *, token: str | None = "glpat-invented", **over: Any) -> GitLabClient:
    """A client of the pinned project whose network is a script."""
    client = GITLAB.connect(
        the_source(**({"project_id": PINNED} | over)),
        credentials=Secrets(token),
        limiter=Budget(),
        validators=Memory(),
        transport=script.transport,
    )
    assert isinstance(client, GitLabClient)
    return client
