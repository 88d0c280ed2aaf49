"""Fills a project with a past: the same seed gives the same issues.

Everything lies between 90 days and two hours ago, so that what happens now stands out, and no
webhook is sent for it: a hook registered today hears nothing of yesterday.
"""

from __future__ import annotations

import random

from sandbox.jira.adf import paragraphs
from sandbox.jira.edits import item
from sandbox.jira.fields import POINTS
from sandbox.jira.scheme import FIRST_STATUS, PRIORITIES, RESOLUTIONS, STATUSES, TYPES
from sandbox.jira.state import (
    Comment,
    Component,
    History,
    Issue,
    Project,
    Rich,
    Sprint,
    Status,
    User,
    Version,
)
from sandbox.jira.texts import (
    BODIES,
    COMPONENTS,
    LABELS,
    PEOPLE,
    REMARKS,
    SPRINTS,
    THINGS,
    TROUBLES,
    VERSIONS,
)
from sandbox.jira.world import BOARD, World

DAY = 24 * 3600 * 1000
OLDEST = 90 * DAY
YOUNGEST = 2 * 3600 * 1000


class Seeding:
    """One filling of one project."""

    def __init__(self, world: World, project: Project, seed: int = 1) -> None:
        self.world = world
        self.project = project
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.now = world.ms()
        self.team = [user for login, _ in PEOPLE if (user := world.user(login)) is not None]

    def fill(self, tickets: int, comments: int = 0) -> None:
        """Definitions always; issues in the order of their numbers, then comments."""
        self._define()
        span = OLDEST - YOUNGEST
        for place in range(tickets):
            share = (place + self.random.random()) / tickets
            self._issue(self.now - OLDEST + int(span * share))
        issues = list(self.world.alive(self.project))
        for _ in range(comments if issues else 0):
            self._comment(self.random.choice(issues))

    def _define(self) -> None:
        for name in COMPONENTS:
            component = Component(str(self.world.next_id("component")), name)
            self.project.components[component.id] = component
        for name in VERSIONS:
            version = Version(str(self.world.next_id("version")), name)
            self.project.versions[version.id] = version
        for place, name in enumerate(SPRINTS):
            sprint = Sprint(self.world.next_id("sprint"), name, BOARD)
            if place == 0:
                sprint.state, sprint.start = "active", self.now - 7 * DAY
                sprint.end = self.now + 7 * DAY
            self.world.sprints[sprint.id] = sprint

    def _issue(self, born: int) -> None:
        author = self._person()
        number, key = self.world.next_id("issue"), self.world.next_key(self.project)
        title = f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"
        kind = self.random.choice(TYPES[1:4])
        issue = Issue(
            number, key, self.project, title, kind, FIRST_STATUS, author, author, born, born, born
        )
        body = self.random.choice(BODIES).replace("{thing}", self.random.choice(THINGS))
        issue.description = self._text(body)
        issue.priority = self.random.choice(PRIORITIES)
        issue.labels = self.random.sample(LABELS, self.random.randint(0, 2))
        issue.rank = f"0|i{number:05d}:"
        if self.random.random() < 0.4:
            issue.assignee = self._person()
        if self.random.random() < 0.3:
            issue.components = [self.random.choice(list(self.project.components.values()))]
        if self.random.random() < 0.3:
            issue.custom[POINTS] = self.random.choice((1.0, 2.0, 3.0, 5.0))
        self._work(issue)
        self.world.keep(issue)

    def _work(self, issue: Issue) -> None:
        """Some went on along the workflow since."""
        for status in self.random.choice(((), (STATUSES[2],), (STATUSES[2], STATUSES[4]))):
            at = min(self.now - YOUNGEST, issue.updated + self.random.randint(1, 5 * DAY))
            self._go(issue, status, at)

    def _go(self, issue: Issue, status: Status, at: int) -> None:
        before, issue.status = issue.status, status
        issue.updated = issue.status_since = at
        items = [item("status", before.id, before.name, status.id, status.name)]
        if status.category.key == "done":
            issue.resolution, issue.resolved = RESOLUTIONS[0], at
            items.append(item("resolution", None, None, RESOLUTIONS[0].id, RESOLUTIONS[0].name))
        line = History(str(self.world.next_id("history")), self._person(), at, items)
        issue.history.append(line)

    def _comment(self, issue: Issue) -> None:
        at = self.random.randint(issue.created, self.now - YOUNGEST + 1)
        number, author = str(self.world.next_id("comment")), self._person()
        body = self._text(self.random.choice(REMARKS))
        comment = Comment(number, issue, author, body, at, at, author)
        issue.comments.append(comment)
        issue.comments.sort(key=lambda one: (one.created, int(one.id)))
        self.world.comments[number] = comment
        issue.updated = max(issue.updated, at)

    def _text(self, body: str) -> Rich:
        if not body:
            return None
        return paragraphs(body) if self.world.cloud else body

    def _person(self) -> User:
        return self.random.choice(self.team)
