"""Invented GitHub payloads with the structure GitHub documents, and their signatures."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import orjson

Json = dict[str, Any]

SECRET = "a secret of the tests"
API = "https://api.github.com"
NAME = "lantern/harbour"
URL = f"https://github.com/{NAME}"


def a_user(login: str = "ines-varga", number: int = 501, kind: str = "User") -> Json:
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "url": f"{API}/users/{login}",
        "html_url": f"https://github.com/{login}",
        "type": kind,
        "site_admin": False,
    }


def a_label(name: str = "bug", number: int = 9001, **over: Any) -> Json:
    return {
        "id": number,
        "node_id": f"LA_{number}",
        "url": f"{API}/repos/{NAME}/labels/{name}",
        "name": name,
        "color": "d73a4a",
        "default": False,
        "description": None,
    } | over


def a_milestone(title: str = "Spring", number: int = 3, **over: Any) -> Json:
    return {
        "id": 7000 + number,
        "number": number,
        "title": title,
        "description": "What ships in spring",
        "state": "open",
        "due_on": "2027-03-01T08:00:00Z",
        "creator": a_user(),
        "open_issues": 1,
        "closed_issues": 0,
    } | over


def reactions(**counts: int) -> Json:
    names = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": "…", "total_count": sum(counts.values()), **dict.fromkeys(names, 0), **counts}


def an_issue(number: int = 12, **over: Any) -> Json:
    """A full issue, as webhooks and lists carry it."""
    url = f"{API}/repos/{NAME}/issues/{number}"
    return {
        "url": url,
        "repository_url": f"{API}/repos/{NAME}",
        "comments_url": f"{url}/comments",
        "html_url": f"{URL}/issues/{number}",
        "id": 880_000 + number,
        "node_id": f"I_{number}",
        "number": number,
        "title": "The beacon flickers at dusk",
        "user": a_user(),
        "labels": [],
        "state": "open",
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": 0,
        "created_at": "2026-11-20T09:00:00Z",
        "updated_at": "2026-11-20T09:00:00Z",
        "closed_at": None,
        "author_association": "MEMBER",
        "type": None,
        "active_lock_reason": None,
        "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
        "body": "Every evening.\r\nSince Monday.",
        "reactions": reactions(),
        "performed_via_github_app": None,
        "state_reason": None,
    } | over


def a_pull_request(number: int = 13, **over: Any) -> Json:
    return an_issue(number, pull_request={"url": f"{API}/repos/{NAME}/pulls/{number}"}, **over)


def a_comment(number: int = 40_001, issue: int = 12, **over: Any) -> Json:
    return {
        "url": f"{API}/repos/{NAME}/issues/comments/{number}",
        "html_url": f"{URL}/issues/{issue}#issuecomment-{number}",
        "issue_url": f"{API}/repos/{NAME}/issues/{issue}",
        "id": number,
        "node_id": f"IC_{number}",
        "user": a_user("tomas-quist", 502),
        "created_at": "2026-11-20T09:10:00Z",
        "updated_at": "2026-11-20T09:10:00Z",
        "body": "Seen it too.",
        "author_association": "CONTRIBUTOR",
        "reactions": reactions(),
    } | over


def a_repository(number: int = 660_001, name: str = NAME) -> Json:
    owner, _, short = name.partition("/")
    return {
        "id": number,
        "name": short,
        "full_name": name,
        "private": False,
        "owner": a_user(owner, 77, "Organization"),
        "html_url": f"https://github.com/{name}",
        "has_issues": True,
    }


def a_payload(action: str | None, **parts: Any) -> Json:
    """An event's body around its parts; `action` None for a ping."""
    head = {"action": action} if action else {}
    return {**head, **parts, "repository": a_repository(), "sender": a_user()} | {
        key: value for key, value in parts.items() if key == "repository"
    }


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def encoded(payload: Json, *, form: bool = False) -> bytes:
    body = orjson.dumps(payload)
    return urlencode({"payload": body.decode()}).encode() if form else body


def headers(event: str, body: bytes, *, form: bool = False, secret: str = SECRET) -> dict[str, str]:
    """Headers as GitHub sends them, with lower-case names."""
    kind = "x-www-form-urlencoded" if form else "json"
    return {
        "content-type": f"application/{kind}",
        "user-agent": "GitHub-Hookshot/0000000",
        "x-github-event": event,
        "x-github-delivery": "0b7f0c1e-0000-4000-8000-0000000000aa",
        "x-hub-signature-256": signature(body, secret),
    }
