"""Fills a repository with a past: the same seed gives the same issues.

Everything lies between 90 days and two hours ago, so that what happens now stands out, and no
webhook is sent for it: a hook registered today hears nothing of yesterday.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sandbox.github.state import Comment, Event, Issue, Label, Milestone, Person, Repo, World, stamp
from sandbox.github.texts import (
    BODIES,
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
    """One filling of one repository."""

    def __init__(self, world: World, repo: Repo, seed: int = 1) -> None:
        self.world = world
        self.repo = repo
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        now = int(world.now().timestamp())
        self.first = now - int(OLDEST.total_seconds())
        self.last = now - int(YOUNGEST.total_seconds())
        self.team = [world.person(login) for login, _ in PEOPLE]
        self.authors = [*self.team, *(world.person(login) for login, _ in VISITORS)]

    def fill(self, tickets: int, comments: int = 0, pulls: int = 0) -> None:
        """Issues in the order of their numbers, then comments in the order of their ids."""
        labels = self._labels()
        stones = self._milestones() if tickets else []
        total = tickets + pulls
        pull_numbers = set(self.random.sample(range(total), pulls)) if pulls else set()
        step = (self.last - self.first) / max(total, 1)
        born = {}
        for place in range(total):
            moment = self.first + int(step * (place + self.random.random()))
            issue = self._issue(moment, labels, stones)
            issue.is_pull = place in pull_numbers
            born[issue.number] = moment
        self._comment(born, comments)
        self.repo.events.sort(key=lambda event: (event.created_at, event.id))
        self.repo.shelve_all()

    def _labels(self) -> list[Label]:
        made = [
            Label(self.world.next_id("label"), name, color, text, name in ("bug", "enhancement"))
            for name, color, text in LABELS
        ]
        self.repo.labels = {label.name.lower(): label for label in made}
        return made

    def _milestones(self) -> list[Milestone]:
        born = _print(self.first)
        for number, (title, text) in enumerate(MILESTONES, 1):
            key = self.world.next_id("milestone")
            due = stamp(self.world.now() + timedelta(days=14 * number))
            stone = Milestone(key, number, title, self.team[0], born, born, text, due_on=due)
            self.repo.milestones[number] = stone
        return list(self.repo.milestones.values())

    def _issue(self, moment: int, labels: list[Label], stones: list[Milestone]) -> Issue:
        draw = self.random
        thing = draw.choice(THINGS)
        body = draw.choice(BODIES).replace("{thing}", thing) or None
        number = self.repo.next_number()
        title = f"The {thing} {draw.choice(TROUBLES)}"
        key = self.world.next_id("issue")
        born = _print(moment)
        author = draw.choice(self.authors)
        issue = Issue(key, number, self.repo, title, body, author, born, born)
        issue.labels = draw.sample(labels, draw.choice((0, 1, 1, 2)))
        issue.assignees = draw.sample(self.team, draw.choice((0, 0, 1, 1, 2)))
        issue.milestone = draw.choice(stones) if stones and draw.random() < 0.3 else None
        if draw.random() < 0.35:
            self._close(issue, draw.randint(moment, self.last), draw.choice(self.team))
        self.repo.issues[number] = issue
        self.repo.tally(issue, +1)
        return issue

    def _close(self, issue: Issue, moment: int, by: Person) -> None:
        issue.state = "closed"
        issue.state_reason = "not_planned" if self.random.random() < 0.2 else "completed"
        issue.closed_at = issue.updated_at = _print(moment)
        issue.closed_by = by
        key = self.world.next_id("event")
        extra = {"state_reason": issue.state_reason}
        event = Event(key, "closed", by, issue.closed_at, issue, extra)
        issue.events.append(event)
        self.repo.events.append(event)

    def _comment(self, born: dict[int, int], count: int) -> None:
        numbers = list(born)
        if not numbers:
            return
        places = (self.random.choice(numbers) for _ in range(count))
        moments = sorted((self.random.randint(born[n], self.last), n) for n in places)
        for moment, number in moments:
            issue = self.repo.issues[number]
            said = _print(moment)
            author = self.random.choice(self.authors)
            key = self.world.next_id("comment")
            comment = Comment(key, issue, author, self.random.choice(REMARKS), said, said)
            issue.comments.append(comment)
            issue.updated_at = max(issue.updated_at, said)
            self.repo.comments[key] = comment


def _print(moment: int) -> str:
    return stamp(datetime.fromtimestamp(moment, UTC))
