"""Fills a project with a past: the same seed gives the same issues.

Everything lies between 90 days and two hours ago, so that what happens now stands out, and no
webhook is sent for it: a hook registered today hears nothing of yesterday.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sandbox.gitlab.state import (
    Change,
    Issue,
    Iteration,
    Label,
    Milestone,
    Note,
    Project,
    World,
)
from sandbox.gitlab.texts import (
    BODIES,
    GROUP_LABELS,
    ITERATIONS,
    LABELS,
    MILESTONES,
    PEOPLE,
    REMARKS,
    THINGS,
    TROUBLES,
    VISITORS,
)

OLDEST = timedelta(days=90)
YOUNGEST = timedelta(hours=2)


class Seeding:
    """One filling of one project."""

    def __init__(self, world: World, project: Project, seed: int = 1) -> None:
        self.world = world
        self.project = project
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.first, self.last = world.now() - OLDEST, world.now() - YOUNGEST
        self.team = [world.person(login) for login, _ in PEOPLE]
        self.authors = [*self.team, *(world.person(login) for login, _ in VISITORS)]

    def fill(self, tickets: int, comments: int = 0) -> None:
        """Definitions, then issues in the order of their numbers, then notes by their ids."""
        self._labels()
        self._plans()
        step = (self.last - self.first) / max(tickets, 1)
        for place in range(tickets):
            self._issue(self.first + step * (place + self.random.random() / 2))
        self._comment(comments)
        self.project.revision += 1

    def _labels(self) -> None:
        for group, rows in ((False, LABELS), (True, GROUP_LABELS)):
            for name, color, text in rows:
                key = self.world.next_id("label")
                label = Label(key, name, color, text, self.first, group)
                self.project.labels[name.lower()] = label

    def _plans(self) -> None:
        for number, (title, text) in enumerate(MILESTONES, 1):
            key = self.world.next_id("milestone")
            stone = Milestone(key, number, title, self.first, self.first, text)
            stone.due_date = (self.world.now() + timedelta(days=14 * number)).date().isoformat()
            self.project.milestones[key] = stone
        for number, (start, due, name) in enumerate(ITERATIONS, 1):
            key = self.world.next_id("iteration")
            one = Iteration(key, number, self.first, start, due, title=name)
            self.project.iterations[key] = one

    def _issue(self, born: datetime) -> None:
        draw = self.random
        moment = self._rounded(born)
        thing = draw.choice(THINGS)
        number = len(self.project.issues) + 1
        issue = Issue(
            self.world.next_id("issue"),
            number,
            self.project,
            f"The {thing} {draw.choice(TROUBLES)}",
            draw.choice(BODIES).replace("{thing}", thing) or None,
            draw.choice(self.authors),
            moment,
            moment,
        )
        labels = list(self.project.labels.values())
        picked = draw.sample(labels, draw.choice((0, 1, 1, 2)))
        scopes = {one.name.rpartition("::")[0] or one.name: one for one in picked}
        issue.labels = list(scopes.values())
        issue.assignees = draw.sample(self.team, draw.choice((0, 0, 1, 1)))
        stones = list(self.project.milestones.values())
        issue.milestone = draw.choice(stones) if draw.random() < 0.3 else None
        issue.weight = (
            draw.choice((1, 2, 3)) if self.world.premium and draw.random() < 0.3 else None
        )
        if draw.random() < 0.3:
            issue.estimate, issue.spent = 3600 * draw.randint(1, 6), 1800 * draw.randint(0, 4)
        if draw.random() < 0.35:
            self._close(issue)
        self.project.issues[number] = issue

    def _close(self, issue: Issue) -> None:
        by = self.random.choice(self.team)
        moment = self._between(issue.born)
        issue.state = "closed"
        issue.closed = issue.updated = moment
        issue.closed_by = by
        key = self.world.next_id("event")
        issue.changes.append(Change(key, "state", by, moment, {"state": "closed"}))

    def _comment(self, count: int) -> None:
        issues = list(self.project.issues.values())
        places = [self.random.choice(issues) for _ in range(count)] if issues else []
        dated = sorted(
            ((self._between(one.born), one) for one in places),
            key=lambda pair: (pair[0], pair[1].iid),
        )
        for moment, issue in dated:
            author, text = self.random.choice(self.authors), self.random.choice(REMARKS)
            note = Note(self.world.next_id("note"), issue, author, text, moment, moment)
            issue.notes.append(note)
            issue.updated = max(issue.updated, moment)
            self.project.notes[note.id] = note

    def _between(self, first: datetime) -> datetime:
        span = (self.last - first).total_seconds()
        return self._rounded(first + timedelta(seconds=self.random.random() * span))

    def _rounded(self, moment: datetime) -> datetime:
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
