"""The people of the shop: a seeded source of acts, weighted like a real tracker's week."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.github.acts import Acts
from sandbox.github.desk import NoSuch
from sandbox.github.texts import BODIES, PEOPLE, REMARKS, THINGS, TROUBLES

if TYPE_CHECKING:
    from sandbox.github.state import Issue


class Shopkeepers:
    """Each `step` is one act of one of them."""

    def __init__(self, acts: Acts, seed: int = 1) -> None:
        self.acts = acts
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._renames = 0
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
            self.sub_issue: 2,
            self.lock: 1,
            self.blocker: 1,
            self.type: 1,
            self.pull: 1,
            self.merge: 0.5,
            self.rename_label: 1,
            self.new_label: 0.5,
            self.delete_label: 0.3,
            self.new_milestone: 0.5,
            self.edit_milestone: 1,
            self.delete: 0.5,
            self.transfer: 0.3,
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
        names = list(self.acts.repo.labels.values())
        picked = self.random.sample(names, min(len(names), self.random.randint(0, 2)))
        labels = [label.name for label in picked]
        who = [self._login()] if self.random.random() < 0.4 else []
        self.acts.open(self._title(), self._body(), labels, who, by=self._login())

    def comment(self) -> None:
        self.acts.comment(self._number(), self._remark(), by=self._login())

    def edit(self) -> None:
        issue = self._issue()
        if self.random.random() < 0.5:
            self.acts.edit(issue.number, title=self._title(), by=self._login())
        else:
            self.acts.edit(issue.number, body=self._body() + "\n\nEdited.", by=self._login())

    def label(self) -> None:
        label = self.random.choice(list(self.acts.repo.labels.values()))
        self.acts.label(self._number(), label.name, by=self._login())

    def unlabel(self) -> None:
        issue = self._issue()
        self.acts.unlabel(issue.number, self.random.choice(issue.labels).name, by=self._login())

    def assign(self) -> None:
        self.acts.assign(self._number(), self._login(), by=self._login())

    def unassign(self) -> None:
        issue = self._issue()
        person = self.random.choice(issue.assignees)
        self.acts.unassign(issue.number, person.login, by=self._login())

    def close(self) -> None:
        reason = self.random.choice(("completed", "completed", "not_planned"))
        self.acts.close(self._number("open"), reason, by=self._login())

    def reopen(self) -> None:
        self.acts.reopen(self._number("closed"), by=self._login())

    def milestone(self) -> None:
        stones = [*self.acts.repo.milestones, None]
        self.acts.milestone(self._number(), self.random.choice(stones), by=self._login())

    def edit_comment(self) -> None:
        comment = self.random.choice(self._issue().comments)
        self.acts.edit_comment(comment.id, self._remark() + " (edited)", by=self._login())

    def delete_comment(self) -> None:
        comment = self.random.choice(self._issue().comments)
        self.acts.delete_comment(comment.id, by=self._login())

    def sub_issue(self) -> None:
        parent, child = self._issue(), self._issue()
        if child.parent is not None:
            self.acts.remove_sub_issue(child.parent.number, child.number, by=self._login())
        elif parent is not child and parent.parent is None and not child.children:
            self.acts.add_sub_issue(parent.number, child.number, by=self._login())

    def blocker(self) -> None:
        blocked, blocker = self._issue(), self._issue()
        if blocker in blocked.blocked_by:
            self.acts.remove_blocker(blocked.number, blocker.number, by=self._login())
        elif blocked is not blocker and not blocked.is_pull and not blocker.is_pull:
            self.acts.add_blocker(blocked.number, blocker.number, by=self._login())

    def type(self) -> None:
        names = [None, *(kind.name for kind in self.acts.world.types)]
        self.acts.set_type(self._number(), self.random.choice(names), by=self._login())

    def pull(self) -> None:
        body = f"{self._remark()}\n\nFixes #{self._number('open')}"
        self.acts.open_pull(self._title(), body, "patch-1", by=self._login())

    def merge(self) -> None:
        pulls = [one for one in self.acts.repo.issues.values() if one.is_pull]
        waiting = [one for one in pulls if one.alive and one.state == "open"]
        self.acts.merge_pull(self.random.choice(waiting).number, by=self._login())

    def lock(self) -> None:
        issue = self._issue()
        turn = self.acts.unlock if issue.locked else self.acts.lock
        turn(issue.number, by=self._login())

    def rename_label(self) -> None:
        label = self.random.choice(list(self.acts.repo.labels.values()))
        self._renames += 1
        stem = label.name.split(" ·", 1)[0]
        self.acts.rename_label(label.name, f"{stem} ·{self._renames}", by=self._login())

    def new_label(self) -> None:
        self._renames += 1
        self.acts.create_label(f"wish-{self._renames}", "c5def5", by=self._login())

    def delete_label(self) -> None:
        names = [one.name for one in self.acts.repo.labels.values() if one.name[:5] == "wish-"]
        self.acts.delete_label(self.random.choice(names), by=self._login())

    def new_milestone(self) -> None:
        self._renames += 1
        self.acts.create_milestone(f"Sprint {self._renames}", by=self._login())

    def edit_milestone(self) -> None:
        stone = self.random.choice(list(self.acts.repo.milestones.values()))
        self._renames += 1
        stem = stone.title.split(" ·", 1)[0]
        self.acts.edit_milestone(stone.number, f"{stem} ·{self._renames}", by=self._login())

    def delete(self) -> None:
        self.acts.delete(self._number(), by=self._login())

    def transfer(self) -> None:
        self.acts.transfer(self._number(), f"{self.acts.repo.name}-archive", by=self._login())

    def _number(self, state: str = "all") -> int:
        shelf = self.acts.repo.shelves[state]
        return shelf.at(self.random.randrange(len(shelf))) if len(shelf) else self._none()

    def _none(self) -> int:
        raise NoSuch("nothing there yet")

    def _issue(self) -> Issue:
        return self.acts.issue(self._number())

    def _login(self) -> str:
        return self.random.choice(PEOPLE)[0]

    def _title(self) -> str:
        return f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"

    def _body(self) -> str:
        return self.random.choice(BODIES).replace("{thing}", self.random.choice(THINGS))

    def _remark(self) -> str:
        return self.random.choice(REMARKS)
