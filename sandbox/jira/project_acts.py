"""What people do to a project: sprints, components, versions, its key, its visibility."""

from __future__ import annotations

from sandbox.backup import Backup
from sandbox.jira import fields
from sandbox.jira.desk import NoSuch, act
from sandbox.jira.issue_acts import IssueActs
from sandbox.jira.moments import agile_stamp
from sandbox.jira.scheme import (
    CATEGORIES,
    LINK_TYPES,
    PRIORITIES,
    RESOLUTIONS,
    SECURITY_LEVELS,
    STATUSES,
    TYPES,
)
from sandbox.jira.state import Component, Issue, Project, Sprint, User, Version
from sandbox.jira.world import BOARD
from sandbox.wire import Json

NOT_IN_BACKUPS = (
    *("lock", "base", "cloud", "zone_name", "zone", "users", "changes", "kept", "_now", "_ids"),
    *("counter", "hidden"),
)
"""What belongs to the sandbox itself, our rights, and the counters that never go back."""

NEVER_COPIED = (*CATEGORIES, *STATUSES, *TYPES, *PRIORITIES, *RESOLUTIONS, *LINK_TYPES,
                *SECURITY_LEVELS)  # fmt: skip
FORTNIGHT = 14 * 24 * 3600 * 1000


class ProjectActs(IssueActs):
    """Acts that no single issue is the subject of."""

    @act
    def create_sprint(self, name: str, goal: str = "") -> Sprint:
        sprint = Sprint(self.world.next_id("sprint"), name, BOARD, goal=goal)
        self.world.sprints[sprint.id] = sprint
        self._tell_sprint("sprint_created", sprint)
        return sprint

    @act
    def start_sprint(self, sprint: int | str) -> Sprint:
        found = self.find_sprint(sprint)
        found.state, found.start = "active", self.world.ms()
        found.end = found.start + FORTNIGHT
        self._tell_sprint("sprint_started", found)
        return found

    @act
    def close_sprint(self, sprint: int | str) -> Sprint:
        """No issue moves its `updated` and no event names one: a trap kept on purpose."""
        found = self.find_sprint(sprint)
        found.state, found.complete = "closed", self.world.ms()
        self._tell_sprint("sprint_closed", found)
        return found

    @act
    def edit_sprint(
        self, sprint: int | str, name: str | None = None, goal: str | None = None
    ) -> Sprint:
        found = self.find_sprint(sprint)
        found.name = found.name if name is None else name
        found.goal = found.goal if goal is None else goal
        self._tell_sprint("sprint_updated", found)
        return found

    @act
    def delete_sprint(self, sprint: int | str) -> None:
        found = self.find_sprint(sprint)
        del self.world.sprints[found.id]
        for issue in self.world.alive():
            if found in issue.sprints:
                issue.sprints.remove(found)
        self._tell_sprint("sprint_deleted", found)

    @act
    def plan(self, issue: str | int, sprint: int | str | None, *, by: str | None = None) -> Issue:
        """Put an issue into a sprint; closed sprints stay in its list."""
        found = self.issue(issue)
        kept = [one for one in found.sprints if one.complete is not None]
        wanted = kept if sprint is None else [*kept, self.find_sprint(sprint)]
        self.change(found, {fields.SPRINT: wanted}, self.who(by))
        return found

    def find_sprint(self, which: int | str) -> Sprint:
        for sprint in self.world.sprints.values():
            if which in (sprint.id, str(sprint.id), sprint.name):
                return sprint
        raise NoSuch(f"no sprint {which!r}")

    def _tell_sprint(self, event: str, sprint: Sprint) -> None:
        self.tell(event, sprint=sprint_view(self.world.base, sprint))

    @act
    def leave(self, person: str) -> User:
        """An account is closed: its name is gone, its id stays on everything it did."""
        found = self.who(person)
        found.active, found.name, found.shows_email = False, "Former user", False
        return found

    @act
    def create_component(self, name: str, *, project: str | None = None) -> Component:
        home = self._project(project)
        found = Component(str(self.world.next_id("component")), name)
        home.components[found.id] = found
        return found

    @act
    def rename_component(self, before: str, after: str) -> Component:
        """Every issue with it shows the new name, and none moves its `updated`."""
        for component in self.project.components.values():
            if component.name == before:
                component.name = after
                return component
        raise NoSuch(f"no component {before!r}")

    @act
    def create_version(self, name: str, *, project: str | None = None) -> Version:
        home = self._project(project)
        found = Version(str(self.world.next_id("version")), name)
        home.versions[found.id] = found
        self._tell_version("jira:version_created", found, home)
        return found

    @act
    def rename_version(self, before: str, after: str) -> Version:
        found = self.find_version(before)
        found.name = after
        self._tell_version("jira:version_updated", found, self.project)
        return found

    @act
    def release(self, version: str) -> Version:
        found = self.find_version(version)
        found.released = True
        found.release_date = self.world.now().date().isoformat()
        self._tell_version("jira:version_released", found, self.project)
        return found

    @act
    def aim(self, issue: str | int, version: str | None, *, by: str | None = None) -> Issue:
        """Set the one version an issue is to be fixed in."""
        found = self.issue(issue)
        wanted = [] if version is None else [self.find_version(version)]
        self.change(found, {"fixVersions": wanted}, self.who(by))
        return found

    @act
    def sort_into(self, issue: str | int, component: str, *, by: str | None = None) -> Issue:
        """Give an issue one component."""
        found = self.issue(issue)
        known = [one for one in self.project.components.values() if one.name == component]
        if not known:
            raise NoSuch(f"no component {component!r}")
        self.change(found, {"components": known[:1]}, self.who(by))
        return found

    def find_version(self, name: str) -> Version:
        for version in self.project.versions.values():
            if name in (version.id, version.name):
                return version
        raise NoSuch(f"no version {name!r}")

    def _tell_version(self, event: str, version: Version, project: Project) -> None:
        self.tell(event, version=self.mail.views.version_of(version, project))

    @act
    def add_project(self, key: str, name: str) -> Project:
        known = self.world.project(key)
        if known is not None:
            return known
        made = self.world.add_project(key, name, self.somebody)
        self._tell_project("project_created", made)
        return made

    @act
    def rename_project(self, name: str) -> Project:
        self.project.name = name
        self._tell_project("project_updated", self.project)
        return self.project

    @act
    def rename_key(self, key: str) -> Project:
        """Every issue gets a new key; the old ones keep leading to it."""
        project = self.project
        project.former_keys.append(project.key.upper())
        project.key = key
        for issue in self.world.alive(project):
            issue.former_keys.append(issue.key)
            issue.key = f"{key}-{issue.number}"
            self.world.keys[issue.key.upper()] = issue
        self._tell_project("project_updated", project)
        return project

    @act
    def archive_project(self) -> None:
        self.project.archived = True
        self._tell_project("project_archived", self.project)

    @act
    def delete_project(self) -> None:
        """Into the trash: all its issues vanish, and no event tells of any of them."""
        self.project.deleted = True
        self._tell_project("project_soft_deleted", self.project)

    @act
    def restore_project(self) -> None:
        self.project.deleted = self.project.archived = False
        self._tell_project("project_restored_deleted", self.project)

    @act
    def lock_out(self) -> None:
        """Our account loses Browse Projects; nobody is told."""
        self.project.hidden = True

    @act
    def let_in(self) -> None:
        """Our account has Browse Projects again."""
        self.project.hidden = False

    @act
    def backup(self) -> None:
        """Keep the state of the site as it is now."""
        self.world.kept = Backup(
            [self.world, *self.world.projects.values()],
            leave=NOT_IN_BACKUPS,
            shared=[*self.world.users.values(), *NEVER_COPIED],
        )

    @act
    def go_back(self) -> None:
        """A Data Center restored from its backup: later things were never there, and `updated` is
        the old one. Ids and keys go on where they were."""
        if self.world.kept is None:
            raise NoSuch("there is no backup to go back to")
        self.world.kept.restore()

    def _tell_project(self, event: str, project: Project) -> None:
        view = {**self.mail.views.project(project), "id": int(project.id)}
        view["projectLead"] = self.mail.views.person(project.lead)
        self.tell(event, project=view)


def sprint_view(base: str, sprint: Sprint) -> Json:
    """As the Agile API and the webhooks show a sprint."""
    view: Json = {
        "id": sprint.id,
        "self": f"{base}/rest/agile/1.0/sprint/{sprint.id}",
        "state": sprint.state,
        "name": sprint.name,
        "originBoardId": sprint.board,
        "goal": sprint.goal,
    }
    moments = {"startDate": sprint.start, "endDate": sprint.end, "completeDate": sprint.complete}
    shown = {name: agile_stamp(moment) for name, moment in moments.items() if moment is not None}
    return {**view, **shown}
