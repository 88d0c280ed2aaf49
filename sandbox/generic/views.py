"""Tickets as the tool tells of them, whole each time."""

from __future__ import annotations

from sandbox.generic.state import PEOPLE, STATUSES, Comment, Ticket, World
from sandbox.wire import Json

NAMES = dict(PEOPLE)


def person(login: str) -> Json:
    return {"id": f"u-{login}", "login": login, "name": NAMES.get(login, login)}


def comment_view(world: World, ticket: Ticket, comment: Comment) -> Json:
    return {
        "id": comment.id,
        "author": person(comment.author),
        "body": comment.body,
        "url": f"{world.base}/shop/{ticket.key}#{comment.id}",
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
    }


def ticket_view(world: World, ticket: Ticket) -> Json:
    return {
        "id": ticket.id,
        "key": ticket.key,
        "number": ticket.number,
        "url": f"{world.base}/shop/{ticket.key}",
        "title": ticket.title,
        "body": ticket.body,
        "type": "incident" if "bug" in ticket.labels else "request",
        "state": ticket.state,
        "status": STATUSES[ticket.state],
        "priority": "High" if "urgent" in ticket.labels else "Medium",
        "labels": [{"id": f"l-{name}", "name": name} for name in ticket.labels],
        "assignees": [person(login) for login in ticket.assignees],
        "reporter": person(ticket.author),
        "milestone": milestone_view(ticket.milestone) if ticket.milestone else None,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "closed_at": ticket.closed_at,
        "comment_count": len(ticket.comments),
        "comments": [comment_view(world, ticket, one) for one in ticket.comments],
    }


def milestone_view(title: str) -> Json:
    return {"id": f"m-{title}", "title": title, "state": "open"}


def neutral(ticket: Ticket) -> Json:
    """A ticket in no vendor's words, for comparing with what was synced."""
    return {
        "key": ticket.key,
        "number": ticket.number,
        "title": ticket.title,
        "body": ticket.body,
        "state": ticket.state,
        "labels": sorted(ticket.labels),
        "assignees": sorted(ticket.assignees),
        "milestone": ticket.milestone,
        "deleted": not ticket.alive,
        "updated_at": ticket.updated_at,
        "comments": [{"author": c.author, "body": c.body, "id": c.id} for c in ticket.comments],
    }
