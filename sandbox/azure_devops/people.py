"""The people of the shop: a seeded source of acts, weighted like a real tracker's week."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.azure_devops.acts import Acts
from sandbox.azure_devops.desk import NoSuch
from sandbox.azure_devops.texts import BODIES, PEOPLE, REMARKS, TAGS, THINGS, TROUBLES

if TYPE_CHECKING:
    from sandbox.azure_devops.state import Comment, Item

_KINDS = ("Bug", "Bug", "User Story", "Task", "Change Wish")


class Shopkeepers:
    """Each `step` is one act of one of them."""

    def __init__(self, acts: Acts, seed: int = 1) -> None:
        self.acts = acts
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._repertoire: dict[Callable[[], object], float] = {
            self.comment: 28,
            self.open: 12,
            self.edit: 12,
            self.label: 10,
            self.unlabel: 5,
            self.assign: 8,
            self.close: 8,
            self.reopen: 4,
            self.start: 4,
            self.sprint: 3,
            self.edit_comment: 6,
            self.delete_comment: 3,
            self.parent: 2,
            self.delete: 0.7,
            self.undelete: 0.4,
        }

    def step(self) -> str:
        """Do something; when there is nothing to do it to, open a work item."""
        choices, weights = list(self._repertoire), list(self._repertoire.values())
        chosen = self.random.choices(choices, weights)[0]
        with self.acts.world.lock:
            try:
                chosen()
            except (NoSuch, IndexError):
                self.open()
                return "open"
        return getattr(chosen, "__name__", "act")

    def open(self) -> None:
        labels = self.random.sample(TAGS, self.random.randint(0, 2))
        who = self._who() if self.random.random() < 0.4 else None
        kind = self.random.choice(_KINDS)
        self.acts.open(self._title(), self._body(), kind, labels, who, by=self._who())

    def comment(self) -> None:
        self.acts.comment(self._item().id, self.random.choice(REMARKS), by=self._who())

    def edit(self) -> None:
        item = self._item()
        if self.random.random() < 0.5:
            self.acts.edit(item.id, title=self._title(), by=self._who())
        else:
            self.acts.edit(item.id, body=f"{self._body()}\n\nEdited.", by=self._who())

    def label(self) -> None:
        self.acts.label(self._item().id, self.random.choice(TAGS), by=self._who())

    def unlabel(self) -> None:
        item = self._item()
        held = [one for one in str(item.fields.get("System.Tags") or "").split("; ") if one]
        self.acts.unlabel(item.id, self.random.choice(held), by=self._who())

    def assign(self) -> None:
        who = self._who() if self.random.random() < 0.7 else None
        self.acts.assign(self._item().id, who, by=self._who())

    def close(self) -> None:
        self.acts.close(self._item().id, by=self._who())

    def reopen(self) -> None:
        self.acts.reopen(self._item().id, by=self._who())

    def start(self) -> None:
        item = self._item()
        state = next(name for name, native in item.kind.states if native == "InProgress")
        self.acts.state(item.id, state, by=self._who())

    def sprint(self) -> None:
        nodes = self.acts.project.iterations.children
        names = [node.name for node in nodes]
        self.acts.sprint(self._item().id, self.random.choice([*names, ""]), by=self._who())

    def edit_comment(self) -> None:
        comment = self._comment()
        self.acts.edit_comment(comment.id, f"{self.random.choice(REMARKS)} Edited.")

    def delete_comment(self) -> None:
        self.acts.delete_comment(self._comment().id, by=self._who())

    def parent(self) -> None:
        one, other = self._item(), self._item()
        related = any(r["rel"].startswith("System.LinkTypes.Hierarchy") for r in other.relations)
        if one is other or related:
            raise NoSuch("nothing to be put under something")
        self.acts.parent(one.id, other.id, by=self._who())

    def delete(self) -> None:
        self.acts.delete(self._item().id, by=self._who())

    def undelete(self) -> None:
        trashed = [one for one in self.acts.world.items.values() if one.deleted]
        self.acts.undelete(self.random.choice(trashed).id, by=self._who())

    def _item(self) -> Item:
        home = self.acts.project
        alive = [one for one in self.acts.world.items.values() if one.alive]
        return self.random.choice([one for one in alive if one.project is home])

    def _comment(self) -> Comment:
        return self.random.choice([one for one in self._item().comments if not one.deleted])

    def _who(self) -> str:
        return self.random.choice(PEOPLE)[0]

    def _title(self) -> str:
        return f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"

    def _body(self) -> str:
        return self.random.choice(BODIES).replace("{thing}", self.random.choice(THINGS))
