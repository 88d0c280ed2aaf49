"""What people do to the words a repository uses: labels and milestones.

A rename or a deletion shows on every issue that carries the word, moves none of their
`updated_at`, and is told once, by the definition's own event (GitHub docs: label; milestone).
"""

from __future__ import annotations

from sandbox.github.desk import UNSET, Desk, Unset, act
from sandbox.github.state import Label, Milestone, Person
from sandbox.wire import Json

NEW_LABEL_COLOR = "ededed"


class DefinitionActs(Desk):
    """Create, change and delete labels and milestones."""

    @act
    def create_label(
        self,
        name: str,
        color: str = NEW_LABEL_COLOR,
        description: str | None = None,
        *,
        by: str | None = None,
    ) -> Label:
        label = Label(self.world.next_id("label"), name, color, description)
        self.repo.labels[name.lower()] = label
        self.repo.revision += 1
        self._tell_label(label, "created", self.who(by))
        return label

    @act
    def edit_label(
        self,
        name: str,
        new_name: str | None = None,
        color: str | None = None,
        description: str | Unset | None = UNSET,
        *,
        by: str | None = None,
    ) -> Label:
        label = self.find_label(name)
        changes: Json = {}
        if new_name is not None and new_name != label.name:
            changes["name"] = {"from": label.name}
            del self.repo.labels[label.name.lower()]
            label.name = new_name
            self.repo.labels[new_name.lower()] = label
        if color is not None and color != label.color:
            changes["color"] = {"from": label.color}
            label.color = color
        if not isinstance(description, Unset) and description != label.description:
            changes["description"] = {"from": label.description or ""}
            label.description = description
        if changes:
            self._definitions_changed()
            self._tell_label(label, "edited", self.who(by), changes=changes)
        return label

    @act
    def rename_label(self, name: str, new_name: str, *, by: str | None = None) -> Label:
        return self.edit_label(name, new_name, by=by)

    @act
    def delete_label(self, name: str, *, by: str | None = None) -> None:
        """Falls off every issue without an `unlabeled`."""
        label = self.find_label(name)
        del self.repo.labels[label.name.lower()]
        for issue in self.repo.issues.values():
            if label in issue.labels:
                issue.labels.remove(label)
        self._definitions_changed()
        self._tell_label(label, "deleted", self.who(by))

    @act
    def create_milestone(
        self,
        title: str,
        description: str | None = None,
        due_on: str | None = None,
        state: str = "open",
        *,
        by: str | None = None,
    ) -> Milestone:
        actor, born = self.who(by), self.world.moment()
        number = max(self.repo.milestones, default=0) + 1
        key = self.world.next_id("milestone")
        stone = Milestone(key, number, title, actor, born, born, description, state, due_on)
        stone.closed_at = born if state == "closed" else None
        self.repo.milestones[number] = stone
        self.repo.revision += 1
        self._tell_milestone(stone, "created", actor)
        return stone

    @act
    def edit_milestone(
        self,
        which: int | str,
        title: str | None = None,
        description: str | Unset | None = UNSET,
        due_on: str | Unset | None = UNSET,
        state: str | None = None,
        *,
        by: str | None = None,
    ) -> Milestone:
        stone, actor = self.find_milestone(which), self.who(by)
        wanted = {"title": title or stone.title, "description": description, "due_on": due_on}
        changes: Json = {}
        for name, value in wanted.items():
            before = getattr(stone, name)
            if not isinstance(value, Unset) and value != before:
                changes[name] = {"from": before or ""}
                setattr(stone, name, value)
        turned = state is not None and state != stone.state
        if changes or turned:
            stone.updated_at = self.world.moment()
            self._definitions_changed()
        if changes:
            self._tell_milestone(stone, "edited", actor, changes=changes)
        if state is not None and turned:
            self._turn_milestone(stone, state, actor)
        return stone

    @act
    def delete_milestone(self, which: int | str, *, by: str | None = None) -> None:
        """Its issues lose it without a `demilestoned` each."""
        stone = self.find_milestone(which)
        view = self.views.milestone(self.repo, stone)
        del self.repo.milestones[stone.number]
        for issue in self.repo.issues.values():
            if issue.milestone is stone:
                issue.milestone = None
        self._definitions_changed()
        self.mail.tell(self.repo, "milestone", "deleted", {"milestone": view}, self.who(by))

    def label_named(self, name: str, by: Person) -> Label:
        """GitHub makes a label of an unknown name: a typo is a new label."""
        known = self.repo.labels.get(name.lower())
        return known or self.create_label(name, by=by.login)

    def _turn_milestone(self, stone: Milestone, state: str, by: Person) -> None:
        stone.state = state
        stone.closed_at = self.world.moment() if state == "closed" else None
        self._tell_milestone(stone, "closed" if state == "closed" else "opened", by)

    def _definitions_changed(self) -> None:
        self.repo.looks += 1
        self.repo.revision += 1

    def _tell_label(self, label: Label, action: str, by: Person, **extra: object) -> None:
        body = {"label": self.views.label(self.repo, label), **extra}
        self.mail.tell(self.repo, "label", action, body, by)

    def _tell_milestone(self, stone: Milestone, action: str, by: Person, **extra: object) -> None:
        body = {"milestone": self.views.milestone(self.repo, stone), **extra}
        self.mail.tell(self.repo, "milestone", action, body, by)
