"""The people of the shop at Linear: a seeded source of acts, weighted like a real week."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.linear.acts import Acts
from sandbox.linear.desk import NoSuch
from sandbox.linear.state import Comment, Issue, Label
from sandbox.linear.texts import BODIES, PEOPLE, REMARKS, THINGS, TROUBLES


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
            self.assign: 8,
            self.move: 8,
            self.close: 8,
            self.reopen: 4,
            self.plan: 5,
            self.edit_comment: 6,
            self.delete_comment: 3,
            self.parent: 2,
            self.relate: 2,
            self.react: 1,
            self.rename_label: 1,
            self.delete: 0.7,
            self.restore: 0.5,
            self.archive: 0.5,
            self.purge: 0.2,
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
        who = [self._handle()] if self.random.random() < 0.4 else []
        labels = [one.name for one in self.random.sample(self._labels(), self.random.randint(0, 2))]
        self.acts.open(self._title(), self._body(), labels, who, by=self._handle())

    def comment(self) -> None:
        self.acts.comment(self._issue().id, self._remark(), by=self._handle())

    def edit(self) -> None:
        issue = self._issue()
        draw = self.random.random()
        if draw < 0.4:
            self.acts.edit(issue.id, title=self._title(), by=self._handle())
        elif draw < 0.8:
            self.acts.edit(issue.id, body=f"{self._body()}\n\nEdited.", by=self._handle())
        else:
            self.acts.edit(issue.id, priority=self.random.randint(0, 4), by=self._handle())

    def label(self) -> None:
        name = self.random.choice(self._labels()).name
        self.acts.label(self._issue().id, name, by=self._handle())

    def unlabel(self) -> None:
        issue = self._issue()
        self.acts.unlabel(issue.id, self.random.choice(issue.labels).name, by=self._handle())

    def assign(self) -> None:
        who = self.random.choice((None, self._handle(), self._handle()))
        self.acts.assign(self._issue().id, who, by=self._handle())

    def move(self) -> None:
        state = self.random.choice(("backlog", "Todo", "In Progress", "In Review"))
        self.acts.move(self._issue().id, state, by=self._handle())

    def close(self) -> None:
        state = self.random.choice(("completed", "completed", "canceled"))
        self.acts.close(self._issue().id, state, by=self._handle())

    def reopen(self) -> None:
        closed = [one for one in self._issues() if one.completed_at or one.canceled_at]
        self.acts.reopen(self.random.choice(closed).id, by=self._handle())

    def plan(self) -> None:
        number = self.random.choice((None, 1, 2, 3))
        stone = self.random.choice((None, "Spring sale", "Kassenumbau"))
        self.acts.plan(self._issue().id, number, stone, by=self._handle())

    def edit_comment(self) -> None:
        self.acts.edit_comment(self._comment().id, f"{self._remark()} (edited)", by=self._handle())

    def delete_comment(self) -> None:
        self.acts.delete_comment(self._comment().id, by=self._handle())

    def parent(self) -> None:
        parent, child = self._issue(), self._issue()
        if child.parent is not None:
            self.acts.parent(child.id, None, by=self._handle())
        elif parent is not child and parent.parent is None and not self._has_children(child):
            self.acts.parent(child.id, parent.id, by=self._handle())

    def relate(self) -> None:
        one, other = self._issue(), self._issue()
        if one is not other:
            kind = self.random.choice(("blocks", "related"))
            self.acts.relate(one.id, kind, other.id, by=self._handle())

    def react(self) -> None:
        emoji = self.random.choice(("+1", "heart", "eyes"))
        self.acts.react(self._issue().id, emoji, by=self._handle())

    def rename_label(self) -> None:
        label = self.random.choice(self._labels())
        self._renames += 1
        stem = label.name.split(" ·", 1)[0]
        self.acts.rename_label(label.name, f"{stem} ·{self._renames}", by=self._handle())

    def delete(self) -> None:
        self.acts.delete(self._issue().id, by=self._handle())

    def restore(self) -> None:
        trashed = [one for one in self.acts.world.issues.values() if one.trashed and not one.purged]
        self.acts.restore(self.random.choice(trashed).id, by=self._handle())

    def archive(self) -> None:
        self.acts.archive(self._issue().id, by=self._handle())

    def purge(self) -> None:
        self.acts.purge(self._issue().id, by=self._handle())

    def transfer(self) -> None:
        other = next(team for team in self.acts.world.teams if team is not self.acts.team)
        self.acts.transfer(self._issue().id, other.key, by=self._handle())

    def _has_children(self, issue: Issue) -> bool:
        return bool(self.acts.views.children(issue))

    def _issues(self) -> list[Issue]:
        issues = self.acts.world.issues.values()
        return [one for one in issues if one.team is self.acts.team and not one.trashed]

    def _issue(self) -> Issue:
        return self.random.choice(self._issues())

    def _comment(self) -> Comment:
        return self.random.choice(self._issue().comments)

    def _labels(self) -> list[Label]:
        return [one for one in self.acts.world.labels if not one.is_group]

    def _handle(self) -> str:
        return self.random.choice(PEOPLE)[0]

    def _title(self) -> str:
        return f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"

    def _body(self) -> str:
        return self.random.choice(BODIES).replace("{thing}", self.random.choice(THINGS))

    def _remark(self) -> str:
        return self.random.choice(REMARKS)
