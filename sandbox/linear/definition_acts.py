"""Acts on what issues refer to: labels, cycles, projects with milestones, teams."""

from __future__ import annotations

from typing import Any

from sandbox.linear.desk import Desk, NoSuch, act
from sandbox.linear.refusals import invalid
from sandbox.linear.state import Cycle, Label, LinearProject, Milestone, Team


class DefinitionActs(Desk):
    """Everything that is not about one issue."""

    @act
    def create_label(
        self, /, name: str, color: str = "#bec2c8", *, by: str | None = None, **values: Any
    ) -> Label:
        """Names are unique in a team with the workspace's own."""
        team = values.pop("team", self.team)
        for known in self.world.labels:
            if known.name.lower() == name.lower() and known.team in (team, None):
                raise invalid(f"A label with the name '{name}' already exists")
        born = self.world.moment()
        label = Label(values.pop("id", None) or self.world.next_id(), born, born, name, color, team)
        for attribute, value in values.items():
            setattr(label, attribute, value)
        self.world.labels.append(label)
        self.world.keep(label)
        self._tell_label(label, "create", by)
        return label

    @act
    def rename_label(self, name: str, to: str, *, by: str | None = None) -> Label:
        """One event, whatever the number of issues that carry it."""
        label = self.find_label(name)
        before = {"updatedAt": label.updated_at, "name": label.name}
        label.name, label.updated_at = to, self.world.moment()
        self._tell_label(label, "update", by, before)
        return label

    @act
    def delete_label(self, name: str, *, by: str | None = None) -> None:
        """The issues lose it without a word and without a new `updatedAt`."""
        label = self.find_label(name)
        label.archived_at = self.world.moment()
        self.world.labels.remove(label)
        del self.world.things[label.id]
        for issue in self.world.issues.values():
            if label in issue.labels:
                issue.labels = [one for one in issue.labels if one is not label]
        self._tell_label(label, "remove", by)

    @act
    def create_cycle(
        self, starts_at: str, ends_at: str, name: str | None = None, *, by: str | None = None
    ) -> Cycle:
        born = self.world.moment()
        number = 1 + sum(one.team is self.team for one in self.world.cycles)
        cycle = Cycle(self.world.next_id(), born, born, self.team, number, starts_at, ends_at, name)
        self.world.cycles.append(cycle)
        self.world.keep(cycle)
        self._tell_cycle(cycle, "create", by)
        return cycle

    @act
    def edit_cycle(self, /, number: int, *, by: str | None = None, **values: str) -> Cycle:
        cycle = self.find_cycle(number)
        for name, value in values.items():
            setattr(cycle, name, value)
        cycle.updated_at = self.world.moment()
        self._tell_cycle(cycle, "update", by)
        return cycle

    @act
    def create_milestone(
        self, name: str, target: str = "2027-12-31", *, by: str | None = None
    ) -> Milestone:
        """In the first project of the team."""
        project = next(one for one in self.world.projects if self.team in one.teams)
        born = self.world.moment()
        stone = Milestone(self.world.next_id(), born, born, project, name, target)
        project.milestones.append(stone)
        self.world.keep(stone)
        self._tell_project(project, by)
        return stone

    @act
    def rename_project(self, name: str, to: str, *, by: str | None = None) -> LinearProject:
        project = next((one for one in self.world.projects if one.name == name), None)
        if project is None:
            raise NoSuch(f"no project {name!r}")
        project.name = to
        self._tell_project(project, by)
        return project

    @act
    def rename_state(self, name: str, to: str, *, by: str | None = None) -> None:
        """No webhook tells of it."""
        state = self.find_state(name)
        state.name, state.updated_at = to, self.world.moment()

    @act
    def hide_team(self, key: str, hidden: bool = True) -> None:
        """Makes a team private, or public again; nobody is told."""
        team = self.world.team_of(key)
        if team is None:
            raise NoSuch(f"no team {key}")
        team.private = hidden

    def find_milestone(self, name: str) -> Milestone:
        for project in self.world.projects:
            for stone in project.milestones:
                if name in (stone.name, stone.id):
                    return stone
        raise NoSuch(f"no milestone {name!r}")

    def _tell_label(
        self, label: Label, action: str, by: str | None, before: dict[str, Any] | None = None
    ) -> None:
        teams: list[Team] = [label.team] if label.team else []
        about = self.views.label(label)
        self.mail.tell("IssueLabel", action, about, self.who(by), teams=teams, before=before)

    def _tell_cycle(self, cycle: Cycle, action: str, by: str | None) -> None:
        place = f"{self.world.base}/{self.world.workspace}/team/{cycle.team.key}"
        url, about = f"{place}/cycle/{cycle.number}", self.views.cycle(cycle)
        self.mail.tell("Cycle", action, about, self.who(by), teams=[cycle.team], url=url)

    def _tell_project(self, project: LinearProject, by: str | None) -> None:
        before = {"updatedAt": project.updated_at}
        project.updated_at = self.world.moment()
        about = self.views.project(project)
        self.mail.tell("Project", "update", about, self.who(by), teams=project.teams, before=before)
