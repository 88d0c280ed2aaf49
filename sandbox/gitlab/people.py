"""The people of the boatyard: a seeded source of acts, weighted like a real tracker's week."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.gitlab.acts import Acts
from sandbox.gitlab.desk import NoSuch
from sandbox.gitlab.texts import BODIES, PEOPLE, REMARKS, THINGS, TROUBLES

if TYPE_CHECKING:
    from sandbox.gitlab.state import Issue, Note


class Shopkeepers:
    """Each `step` is one act of one of them."""

    def __init__(self, acts: Acts, seed: int = 1) -> None:
        self.acts = acts
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._names = 0
        self._repertoire: dict[Callable[[], None], float] = {
            self.comment: 28,
            self.open: 12,
            self.edit: 12,
            self.label: 10,
            self.unlabel: 5,
            self.assign: 7,
            self.unassign: 3,
            self.close: 8,
            self.reopen: 4,
            self.milestone: 5,
            self.edit_comment: 6,
            self.delete_comment: 3,
            self.spend: 3,
            self.award: 3,
            self.link: 2,
            self.confide: 1,
            self.rename_label: 1,
            self.new_milestone: 0.5,
            self.rename_milestone: 0.5,
            self.delete: 0.3,
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

    def open(self) -> None:
        names = [one.name for one in self.acts.project.labels.values()]
        labels = self.random.sample(names, min(len(names), self.random.randint(0, 1)))
        who = [self._login()] if self.random.random() < 0.4 else []
        self.acts.open(self._title(), self._body(), labels, who, by=self._login())

    def comment(self) -> None:
        self.acts.comment(self._issue().iid, self._remark(), by=self._login())

    def edit(self) -> None:
        issue = self._issue()
        if self.random.random() < 0.5:
            self.acts.edit(issue.iid, title=self._title(), by=self._login())
        else:
            self.acts.edit(issue.iid, description=self._body() + "\n\nEdited.", by=self._login())

    def label(self) -> None:
        label = self.random.choice(list(self.acts.project.labels.values()))
        self.acts.label(self._issue().iid, label.name, by=self._login())

    def unlabel(self) -> None:
        issue = self._issue()
        self.acts.unlabel(issue.iid, self.random.choice(issue.labels).name, by=self._login())

    def assign(self) -> None:
        self.acts.assign(self._issue().iid, self._login(), by=self._login())

    def unassign(self) -> None:
        issue = self._issue()
        person = self.random.choice(issue.assignees)
        self.acts.unassign(issue.iid, person.login, by=self._login())

    def close(self) -> None:
        self.acts.close(self._issue("opened").iid, by=self._login())

    def reopen(self) -> None:
        self.acts.reopen(self._issue("closed").iid, by=self._login())

    def milestone(self) -> None:
        stones = [*self.acts.project.milestones, None]
        self.acts.milestone(self._issue().iid, self.random.choice(stones), by=self._login())

    def edit_comment(self) -> None:
        self.acts.edit_comment(self._note().id, self._remark() + " (edited)", by=self._login())

    def delete_comment(self) -> None:
        self.acts.delete_comment(self._note().id, by=self._login())

    def spend(self) -> None:
        self.acts.spend(self._issue().iid, 900 * self.random.randint(1, 8), by=self._login())

    def award(self) -> None:
        self.acts.award(self._issue().iid, by=self._login())

    def link(self) -> None:
        one, other = self._issue(), self._issue()
        if one is not other:
            self.acts.link(one.iid, other.iid, self.random.choice(("relates_to", "blocks")))

    def confide(self) -> None:
        issue = self._issue()
        self.acts.edit(issue.iid, confidential=not issue.confidential, by=self._login())

    def rename_label(self) -> None:
        label = self.random.choice(list(self.acts.project.labels.values()))
        self._names += 1
        stem = label.name.split(" ·", 1)[0]
        self.acts.rename_label(label.name, f"{stem} ·{self._names}", by=self._login())

    def new_milestone(self) -> None:
        self._names += 1
        self.acts.create_milestone(f"Tide {self._names}", by=self._login())

    def rename_milestone(self) -> None:
        stone = self.random.choice(list(self.acts.project.milestones.values()))
        self._names += 1
        stem = stone.title.split(" ·", 1)[0]
        self.acts.edit_milestone(stone.id, f"{stem} ·{self._names}", by=self._login())

    def delete(self) -> None:
        self.acts.delete(self._issue().iid, by=self._login())

    def move(self) -> None:
        project = self.acts.project
        self.acts.move(self._issue().iid, f"{project.namespace}/archive", by=self._login())

    def _issue(self, state: str = "") -> Issue:
        alive = [
            one
            for one in self.acts.project.issues.values()
            if one.alive and (not state or one.state == state)
        ]
        return self.random.choice(alive)

    def _note(self) -> Note:
        notes = [one for one in self._issue().notes if not one.system]
        return self.random.choice(notes)

    def _login(self) -> str:
        return self.random.choice(PEOPLE)[0]

    def _title(self) -> str:
        return f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"

    def _body(self) -> str:
        return self.random.choice(BODIES).replace("{thing}", self.random.choice(THINGS))

    def _remark(self) -> str:
        return self.random.choice(REMARKS)
