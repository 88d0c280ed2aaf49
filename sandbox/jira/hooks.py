"""The two kinds of webhooks an outsider can register, and which of them hears what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.jira.state import User
from sandbox.wire import Json

ISSUE_EVENTS = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
COMMENT_EVENTS = ("comment_created", "comment_updated", "comment_deleted")
SPRINT_EVENTS = (
    "sprint_created",
    "sprint_updated",
    "sprint_started",
    "sprint_closed",
    "sprint_deleted",
)
VERSION_EVENTS = (
    "jira:version_created",
    "jira:version_updated",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_moved",
    "jira:version_merged",
    "jira:version_deleted",
)
PROPERTY_EVENTS = ("issue_property_set", "issue_property_deleted")
DYNAMIC_EVENTS = (
    *ISSUE_EVENTS,
    *COMMENT_EVENTS,
    *PROPERTY_EVENTS,
    *SPRINT_EVENTS,
    *VERSION_EVENTS,
)
ADMIN_EVENTS = (
    *DYNAMIC_EVENTS,
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "attachment_created",
    "attachment_deleted",
    "project_created",
    "project_updated",
    "project_deleted",
    "project_soft_deleted",
    "project_restored_deleted",
    "project_archived",
    "project_restored_archived",
    "user_created",
    "user_updated",
    "user_deleted",
    "board_created",
    "board_updated",
    "board_deleted",
    "issuetype_created",
    "issuetype_updated",
    "issuetype_deleted",
)
UNFILTERED = ("issuelink_", "sprint_", "jira:version_", "project_", "user_", "board_", "issuetype_")
"""Events that no JQL holds back."""

LIFETIME_MS = 30 * 24 * 3600 * 1000
"""Atlassian docs, Webhooks: a dynamic webhook lives 30 days unless it is refreshed."""
MOST_DYNAMIC = 5


@dataclass(eq=False)
class AdminHook:
    id: int
    name: str
    url: str
    events: list[str]
    jql: str
    owner: User
    updated: int
    secret: str | None = None
    exclude_body: bool = False
    enabled: bool = True


@dataclass(eq=False)
class DynamicHook:
    """Registered by an OAuth app for one user; all of one app and user share an address."""

    id: int
    url: str
    events: list[str]
    jql: str
    client_id: str
    owner: User
    expires: int
    field_ids: Sequence[str] = ()
    property_keys: Sequence[str] = ()

    def hears(self, event: str, items: Sequence[Json]) -> bool:
        if event not in self.events:
            return False
        if event != "jira:issue_updated" or not self.field_ids:
            return True
        return any(item.get("fieldId") in self.field_ids for item in items)


@dataclass
class Hooks:
    """All registered webhooks of a site."""

    admin: dict[int, AdminHook] = field(default_factory=dict)
    dynamic: dict[int, DynamicHook] = field(default_factory=dict)

    def of_app(self, client_id: str, owner: User, now: int) -> list[DynamicHook]:
        """The living ones of an app and user."""
        self.bury(now)
        mine = self.dynamic.values()
        return [one for one in mine if one.client_id == client_id and one.owner is owner]

    def bury(self, now: int) -> None:
        for key in [key for key, one in self.dynamic.items() if one.expires <= now]:
            del self.dynamic[key]


def filtered(event: str) -> bool:
    return not event.startswith(UNFILTERED)
