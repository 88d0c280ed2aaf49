"""Events, timelines, hooks and deliveries as GitHub writes them in JSON."""

from __future__ import annotations

import orjson

from sandbox.github.state import Comment, Delivery, Event, Hook, Repo
from sandbox.github.views import Views, node_id
from sandbox.wire import Json


def timeline_view(views: Views, event: Event) -> Json:
    """A timeline does not tell who assigned beside who acted."""
    return {name: one for name, one in event_view(views, event).items() if name != "assigner"}


def event_view(views: Views, event: Event) -> Json:
    """GitHub docs: List issue events; Timeline event types for what refers to an issue."""
    if event.kind == "cross-referenced":
        return {
            "event": event.kind,
            "actor": views.person(event.actor),
            "created_at": event.created_at,
            "updated_at": event.created_at,
            "source": {
                "type": "issue",
                "issue": orjson.Fragment(views.rest_issue(event.extra["pull"])),
            },
        }
    return {
        "id": event.id,
        "node_id": node_id("EV", event.id),
        "url": f"{views.repo_url(event.issue.repo)}/issues/events/{event.id}",
        "actor": views.person(event.actor),
        "event": event.kind,
        "commit_id": None,
        "commit_url": None,
        "created_at": event.created_at,
        "performed_via_github_app": None,
        **event.extra,
    }


def repo_event_view(views: Views, event: Event) -> Json:
    """The repository-wide list adds the issue, in its state of today, and tells no close reason."""
    told = {name: one for name, one in event_view(views, event).items() if name != "state_reason"}
    return {**told, "issue": orjson.Fragment(views.rest_issue(event.issue))}


def commented_view(views: Views, comment: Comment) -> Json:
    """GitHub docs: List timeline events for an issue; a comment is an event there."""
    view = views.comment(comment)
    return {**view, "event": "commented", "actor": view["user"]}


def hook_view(views: Views, repo: Repo, hook: Hook) -> Json:
    url = f"{views.repo_url(repo)}/hooks/{hook.id}"
    code, status, message = hook.last_response
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": sorted(hook.events),
        "config": hook_config(hook),
        "updated_at": hook.updated_at,
        "created_at": hook.created_at,
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {"code": code, "status": status, "message": message},
    }


def hook_config(hook: Hook) -> Json:
    """The secret is never given back, only that there is one."""
    config: Json = {"content_type": hook.content_type, "insecure_ssl": hook.insecure_ssl}
    if hook.secret is not None:
        config["secret"] = "********"  # noqa: S105 - what GitHub prints instead
    return {**config, "url": hook.url}


def delivery_view(delivery: Delivery) -> Json:
    """GitHub docs: List deliveries for a repository webhook."""
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.redelivery,
        "duration": round(delivery.duration, 2),
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": None,
        "repository_id": delivery.repo_id,
        "throttled_at": None,
    }


def full_delivery_view(delivery: Delivery, hook: Hook) -> Json:
    return {
        **delivery_view(delivery),
        "url": hook.url,
        "request": {
            "headers": delivery.request_headers,
            "payload": orjson.Fragment(delivery.payload),
        },
        "response": {"headers": delivery.response_headers, "payload": delivery.response_body},
    }
