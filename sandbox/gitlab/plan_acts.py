"""What people do to labels, milestones and iterations: mostly without a hook to tell of it."""

from __future__ import annotations

from sandbox.gitlab.desk import Desk, NoSuch, act
from sandbox.gitlab.state import Epic, Iteration, Label, Milestone


class PlanActs(Desk):
    """Definitions; issues that carry a renamed one do not move."""

    @act
    def create_label(
        self,
        name: str,
        color: str = "#428bca",
        description: str | None = None,
        *,
        by: str | None = None,
    ) -> Label:
        if name.lower() in self.project.labels:
            raise NoSuch(f"label {name!r} is there already")
        key = self.world.next_id("label")
        label = Label(key, name, color, description, self.world.now())
        self.project.labels[name.lower()] = label
        return label

    @act
    def rename_label(self, name: str, new: str, *, by: str | None = None) -> Label:
        label = self.find_label(name)
        del self.project.labels[name.lower()]
        label.name = new
        self.project.labels[new.lower()] = label
        return label

    @act
    def delete_label(self, name: str, *, by: str | None = None) -> None:
        label = self.find_label(name)
        del self.project.labels[name.lower()]
        for issue in self.project.issues.values():
            if label in issue.labels:
                issue.labels.remove(label)

    @act
    def create_milestone(
        self,
        title: str,
        description: str | None = None,
        due_date: str | None = None,
        start_date: str | None = None,
        *,
        by: str | None = None,
    ) -> Milestone:
        key, now = self.world.next_id("milestone"), self.world.now()
        iid = max((one.iid for one in self.project.milestones.values()), default=0) + 1
        stone = Milestone(
            key, iid, title, now, now, description, start_date=start_date, due_date=due_date
        )
        self.project.milestones[key] = stone
        self.mail.milestone(self.project, stone, "create", self.who(by))
        return stone

    @act
    def edit_milestone(
        self, which: int | str, title: str | None = None, *, by: str | None = None
    ) -> Milestone:
        """Edits tell nobody."""
        stone = self.find_milestone(which)
        stone.title, stone.updated = title or stone.title, self.world.now()
        return stone

    @act
    def close_milestone(self, which: int | str, *, by: str | None = None) -> Milestone:
        stone = self.find_milestone(which)
        stone.state, stone.updated = "closed", self.world.now()
        self.mail.milestone(self.project, stone, "close", self.who(by))
        return stone

    @act
    def open_milestone(self, which: int | str, *, by: str | None = None) -> Milestone:
        stone = self.find_milestone(which)
        stone.state, stone.updated = "active", self.world.now()
        self.mail.milestone(self.project, stone, "reopen", self.who(by))
        return stone

    @act
    def delete_milestone(self, which: int | str, *, by: str | None = None) -> None:
        stone = self.find_milestone(which)
        del self.project.milestones[stone.id]
        for issue in self.project.issues.values():
            if issue.milestone is stone:
                issue.milestone = None

    @act
    def create_iteration(
        self, start: str, due: str, title: str | None = None, *, by: str | None = None
    ) -> Iteration:
        key = self.world.next_id("iteration")
        made = Iteration(
            key, len(self.project.iterations) + 1, self.world.now(), start, due, title=title
        )
        self.project.iterations[key] = made
        return made

    @act
    def put_in_epic(self, number: int, title: str, *, by: str | None = None) -> Epic:
        """An epic of the group above."""
        key = self.world.next_id("epic")
        epic = Epic(key, len(self.project.epics) + 1, title)
        self.project.epics[key] = epic
        self.issue(number).epic = epic
        self.issue(number).updated = self.world.now()
        return epic
