"""The whole state of a stand-in Jira, and how its things are found."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.backup import Backup
from sandbox.jira.moments import millis, stamp
from sandbox.jira.state import Comment, Issue, Link, Project, Sprint, User

FIRST_IDS = {
    "issue": 20001,
    "comment": 33001,
    "history": 70101,
    "worklog": 60001,
    "link": 51201,
    "attachment": 80001,
    "component": 10101,
    "version": 10201,
    "sprint": 41,
    "project": 10012,
    "webhook": 10017,
    "admin_webhook": 1,
    "remote_link": 90001,
}
CLOUD_ID = "11223344-a1b2-4c3d-8e9f-112233445566"
BOARD = 12


class World:
    """One Jira site; `base` is its address, `cloud` tells Cloud from Data Center."""

    def __init__(
        self, now: Callable[[], datetime], base: str, zone: str, *, cloud: bool = True
    ) -> None:
        self.lock = threading.RLock()
        self.base = base
        self.cloud = cloud
        self.zone_name = zone
        self.zone = ZoneInfo(zone)
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.issues: dict[int, Issue] = {}
        self.keys: dict[str, Issue] = {}
        self.comments: dict[str, Comment] = {}
        self.links: dict[str, Link] = {}
        self.sprints: dict[int, Sprint] = {}
        self.deleted_worklogs: dict[str, int] = {}
        self.changes = 0
        self.kept: Backup | None = None
        self._recent: dict[int, Issue] | None = None
        self._in_order = True
        self._now = now
        self._ids = {kind: itertools.count(first) for kind, first in FIRST_IDS.items()}

    def now(self) -> datetime:
        return self._now()

    def ms(self) -> int:
        return millis(self._now())

    def stamp(self, ms: int) -> str:
        return stamp(ms, self.zone)

    def next_id(self, kind: str) -> int:
        return next(self._ids[kind])

    def add_user(self, login: str, name: str, email: str = "", kind: str = "atlassian") -> User:
        """A person has an opaque account id on Cloud, a user key on Data Center."""
        place = len(self.users) + 1
        account = f"712020:1d2c3b4a-0001-4aaa-9bbb-{place:012d}"
        if not self.cloud:
            account = f"JIRAUSER1{place:04d}"
        shows = place % 2 == 1
        user = User(account, login, name, email or f"{login}@example.com", kind, True, shows)
        self.users[account] = user
        return user

    def user(self, who: str) -> User | None:
        """By account id, user name, display name or address."""
        known = self.users.get(who)
        if known is not None:
            return known
        near = who.casefold()
        for user in self.users.values():
            if near in (user.login.casefold(), user.name.casefold(), user.email.casefold()):
                return user
        return None

    def add_project(self, key: str, name: str, lead: User) -> Project:
        project = Project(str(self.next_id("project")), key, name, lead)
        self.projects[project.id] = project
        return project

    def project(self, which: str) -> Project | None:
        """By id or key; a former key keeps leading here."""
        known = self.projects.get(which)
        if known is not None:
            return known
        near = which.upper()
        for project in self.projects.values():
            if near == project.key.upper() or near in project.former_keys:
                return project
        return None

    def next_key(self, project: Project) -> str:
        project.counter += 1
        return f"{project.key}-{project.counter}"

    def keep(self, issue: Issue) -> None:
        newest = next(reversed(self.issues.values()), None)
        self._in_order &= newest is None or newest.created <= issue.created
        self.issues[issue.id] = issue
        self.keys[issue.key.upper()] = issue
        if self._recent is not None:
            self._recent[issue.id] = issue

    def touch(self, issue: Issue) -> None:
        """Its `updated` is now."""
        now = self.ms()
        if self._recent is not None:
            self._recent.pop(issue.id, None)
            newest = next(reversed(self._recent.values()), None)
            turned = newest is not None and newest.updated > now
            self._recent[issue.id] = issue
            self._recent = None if turned else self._recent  # somebody turned the clock back
        issue.updated = now

    def in_order(self) -> bool:
        """Whether issues were created in the order of their ids, as with a clock that runs on."""
        return self._in_order

    def recent(self, since: int) -> list[Issue]:
        """What was updated since a moment; at a site of 100,000 nobody looks at all for that."""
        if self._recent is None:
            ordered = sorted(self.issues.values(), key=lambda issue: issue.updated)
            self._recent = {issue.id: issue for issue in ordered}
        newest = reversed(self._recent.values())
        return list(itertools.takewhile(lambda issue: issue.updated >= since, newest))

    def issue(self, which: str | int) -> Issue | None:
        """By id or key, also by a key it had before; a deleted one is gone."""
        found = self.trace(which)
        return None if found is None or found.deleted else found

    def trace(self, which: str | int) -> Issue | None:
        """The same, whether or not it was deleted."""
        text = str(which)
        return self.issues.get(int(text)) if text.isdigit() else self.keys.get(text.upper())

    def replica(self, which: str | int, lag: float) -> Issue | None:
        """The issue as it was so many seconds ago; a right that is lost counts at once."""
        truth = self.trace(which)
        if truth is None or truth.hidden or not truth.project.readable:
            return None
        look = truth.past.at(self.now() - timedelta(seconds=lag), truth) if lag else truth
        return None if look is None or look.deleted else look

    def alive(self, project: Project | None = None) -> Iterator[Issue]:
        for issue in self.issues.values():
            if not issue.deleted and (project is None or issue.project is project):
                yield issue
