"""The people of the harbour office: a seeded source of acts, weighted like a real week."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.jira.acts import Acts
from sandbox.jira.desk import NoSuch
from sandbox.jira.scheme import PRIORITIES
from sandbox.jira.state import Comment, Issue
from sandbox.jira.texts import BODIES, LABELS, PEOPLE, REMARKS, THINGS, TROUBLES


class Office:
    """Each `step` is one act of one of them."""

    def __init__(self, acts: Acts, seed: int = 1) -> None:
        self.acts = acts
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._names = 0
        self._repertoire: dict[Callable[[], object], float] = {
            self.comment: 28,
            self.open: 12,
            self.edit: 12,
            self.label: 9,
            self.unlabel: 5,
            self.assign: 7,
            self.unassign: 3,
            self.begin: 6,
            self.close: 8,
            self.reopen: 4,
            self.edit_comment: 6,
            self.delete_comment: 3,
            self.prioritise: 3,
            self.estimate: 3,
            self.plan: 4,
            self.aim: 3,
            self.sort_into: 2,
            self.link: 2,
            self.unlink: 1,
            self.log_work: 2,
            self.attach: 1,
            self.rank: 2,
            self.sprint: 1,
            self.delete: 0.5,
            self.move: 0.3,
        }

    def step(self) -> str:
        """Do something; when there is nothing to do it to, open an issue."""
        choices, weights = list(self._repertoire), list(self._repertoire.values())
        chosen = self.random.choices(choices, weights)[0]
        with self.acts.world.lock:
            try:
                chosen()
            except (NoSuch, IndexError):
                self.open()
                return "open"
        return chosen.__name__

    def open(self) -> Issue:
        labels = self.random.sample(LABELS, self.random.randint(0, 2))
        who = [self._login()] if self.random.random() < 0.4 else []
        kind = self.random.choice(("Task", "Task", "Bug", "Bug", "Story"))
        return self.acts.open(self._title(), self._body(), labels, who, kind, by=self._login())

    def comment(self) -> object:
        return self.acts.comment(self._key(), self._remark(), by=self._login())

    def edit(self) -> object:
        key = self._key()
        if self.random.random() < 0.5:
            return self.acts.edit(key, title=self._title(), by=self._login())
        return self.acts.edit(key, body=f"{self._body()}\n\nEdited.".strip(), by=self._login())

    def label(self) -> object:
        return self.acts.label(self._key(), self.random.choice(LABELS), by=self._login())

    def unlabel(self) -> object:
        issue = self._issue()
        return self.acts.unlabel(issue.key, self.random.choice(issue.labels), by=self._login())

    def assign(self) -> object:
        return self.acts.assign(self._key(), self._login(), by=self._login())

    def unassign(self) -> object:
        return self.acts.unassign(self._key(), by=self._login())

    def begin(self) -> object:
        name = self.random.choice(("In Progress", "In Review", "Selected for Development"))
        return self.acts.transition(self._issue("open").key, name, by=self._login())

    def close(self) -> object:
        why = self.random.choice(("Done", "Done", "Won't Do", "Duplicate"))
        return self.acts.close(self._issue("open").key, why, by=self._login())

    def reopen(self) -> object:
        return self.acts.reopen(self._issue("done").key, by=self._login())

    def edit_comment(self) -> object:
        text = self._remark() + " (edited)"
        return self.acts.edit_comment(self._comment().id, text, by=self._login())

    def delete_comment(self) -> object:
        return self.acts.delete_comment(self._comment().id, by=self._login())

    def prioritise(self) -> object:
        name = self.random.choice(PRIORITIES).name
        return self.acts.prioritise(self._key(), name, by=self._login())

    def estimate(self) -> object:
        points = self.random.choice((1.0, 2.0, 3.0, 5.0, 8.0))
        return self.acts.estimate(self._key(), points, by=self._login())

    def plan(self) -> object:
        running = [one.id for one in self.acts.world.sprints.values() if one.state != "closed"]
        return self.acts.plan(self._key(), self.random.choice(running), by=self._login())

    def aim(self) -> object:
        versions = [None, *(one.name for one in self.acts.project.versions.values())]
        return self.acts.aim(self._key(), self.random.choice(versions), by=self._login())

    def sort_into(self) -> object:
        name = self.random.choice(list(self.acts.project.components.values())).name
        return self.acts.sort_into(self._key(), name, by=self._login())

    def link(self) -> object:
        first, second = self._issue(), self._issue()
        if first is second:
            raise NoSuch("nothing to link")
        kind = self.random.choice(("Blocks", "Relates", "Duplicate"))
        return self.acts.link(first.key, second.key, kind, by=self._login())

    def unlink(self) -> object:
        return self.acts.unlink(self.random.choice(self._issue().links).id)

    def log_work(self) -> object:
        seconds = self.random.choice((900, 1800, 3600, 7200))
        return self.acts.log_work(self._key(), seconds, self._remark(), by=self._login())

    def attach(self) -> object:
        self._names += 1
        return self.acts.attach(self._key(), f"log-{self._names}.txt", "ok\n", by=self._login())

    def rank(self) -> object:
        self._names += 1
        return self.acts.rank(self._key(), f"0|i{self._names:05d}:i", by=self._login())

    def sprint(self) -> object:
        """Close what runs, start what waits, and plan a new one."""
        sprints = list(self.acts.world.sprints.values())
        for sprint in sprints:
            if sprint.state == "active":
                return self.acts.close_sprint(sprint.id)
        for sprint in sprints:
            if sprint.state == "future":
                return self.acts.start_sprint(sprint.id)
        return self.acts.create_sprint(f"Harbour Sprint {7 + len(sprints)}")

    def delete(self) -> object:
        return self.acts.delete(self._key(), by=self._login())

    def move(self) -> object:
        self.acts.add_project("OLD", "Old harbour")
        return self.acts.move(self._key(), "OLD", by=self._login())

    def _issue(self, state: str = "") -> Issue:
        """Any; a few tries by number spare looking through all of a big project."""
        project = self.acts.project
        for _ in range(8 if project.counter and not state else 0):
            key = f"{project.key}-{self.random.randint(1, project.counter)}"
            found = self.acts.world.issue(key)
            if found is not None and found.project is project:
                return found
        mine = [
            one
            for one in self.acts.world.alive(self.acts.project)
            if not state or (one.status.category.key == "done") == (state == "done")
        ]
        return self.random.choice(mine)

    def _key(self) -> str:
        return self._issue().key

    def _comment(self) -> Comment:
        return self.random.choice(self._issue().comments)

    def _login(self) -> str:
        return self.random.choice(PEOPLE)[0]

    def _title(self) -> str:
        return f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"

    def _body(self) -> str:
        return self.random.choice(BODIES).replace("{thing}", self.random.choice(THINGS))

    def _remark(self) -> str:
        return self.random.choice(REMARKS)
