"""What people do to an issue: create, edit, move along the workflow, delete, move, archive."""

from __future__ import annotations

from typing import Any

from sandbox.jira import fields
from sandbox.jira.desk import Desk, NoSuch, act
from sandbox.jira.edits import Values, assign, item, put
from sandbox.jira.mail import News
from sandbox.jira.scheme import (
    FIRST_STATUS,
    PRIORITIES,
    RESOLUTIONS,
    SECURITY_LEVELS,
    STATUSES,
    TYPES,
    USUAL_PRIORITY,
    Step,
)
from sandbox.jira.state import History, Issue, IssueType, Project, Status, User
from sandbox.wire import Json


class IssueActs(Desk):
    """The acts on whole issues."""

    def create(
        self, project: Project, kind: IssueType, values: Values, by: User, properties: Json
    ) -> Issue:
        """The way of every new issue, from a person or from the API."""
        now = self.world.ms()
        key, number = self.world.next_key(project), self.world.next_id("issue")
        summary = values.pop("summary")
        reporter = values.pop("reporter", by)
        issue = Issue(
            number, key, project, summary, kind, FIRST_STATUS, by, reporter, now, now, now
        )
        issue.priority = USUAL_PRIORITY
        issue.rank = f"0|i{number:05d}:"
        for name, value in values.items():
            put(issue, name, value)
        issue.properties = dict(properties)
        self.world.keep(issue)
        if self.lag() > 0:
            issue.past.keep(None, self.world.now(), self.lag())
        self.tell_issue("jira:issue_created", issue, by, "issue_created", self._birth(issue, by))
        return issue

    def _birth(self, issue: Issue, by: User) -> History:
        """Told with the event, but no line of the changelog that is read later."""
        status = item("status", None, None, issue.status.id, issue.status.name)
        items = [{**status, "field": "Status"}]
        if issue.priority is not None:
            items.insert(0, item("priority", None, None, issue.priority.id, issue.priority.name))
        return History(str(self.world.next_id("history")), by, self.world.ms(), items)

    def change(self, issue: Issue, values: Values, by: User) -> bool:
        """Apply what was read; tells hooks only if something differs."""
        self.remember(issue)
        items = assign(issue, values)
        if not items:
            return False
        self.world.touch(issue)
        line = self.record(issue, by, items, issue.updated)
        only = {one.get("fieldId") for one in items}
        kind = "issue_assigned" if only == {"assignee"} else "issue_updated"
        self.tell_issue("jira:issue_updated", issue, by, kind, line)
        return True

    def go(self, issue: Issue, step: Step, values: Values, by: User) -> None:
        """Carry out a transition, with what was filled into its screen."""
        self.remember(issue)
        if step.to.category.key != "done":
            values = {**values, "resolution": None}
        items = assign(issue, values)
        items.append(self._set_status(issue, step.to))
        self.world.touch(issue)
        line = self.record(issue, by, items, issue.updated)
        self.tell_issue("jira:issue_updated", issue, by, "issue_generic", line)

    def _set_status(self, issue: Issue, status: Status) -> Json:
        before, issue.status = issue.status, status
        now = self.world.ms()
        if before.category is not status.category:
            issue.status_since = now
        issue.resolved = (issue.resolved or now) if issue.resolution is not None else None
        return item("status", before.id, before.name, status.id, status.name)

    @act
    def open(
        self,
        title: str,
        body: str = "",
        labels: list[str] | None = None,
        assignees: list[str] | None = None,
        kind: str = "Task",
        *,
        project: str | None = None,
        by: str | None = None,
    ) -> Issue:
        values: Values = {"summary": title, "description": self.text(body)}
        values["labels"] = list(labels or ())
        values["assignee"] = self.who(assignees[0]) if assignees else None
        home = self._project(project)
        return self.create(home, _named(TYPES, kind), values, self.who(by), {})

    @act
    def edit(
        self,
        issue: str | int,
        title: str | None = None,
        body: str | None = None,
        *,
        fields: Json | None = None,
        by: str | None = None,
    ) -> Issue:
        """`fields` by their ids, with the things themselves as values."""
        found = self.issue(issue)
        values: Values = dict(fields or {})
        if title is not None:
            values["summary"] = title
        if body is not None:
            values["description"] = self.text(body)
        self.change(found, values, self.who(by))
        return found

    @act
    def label(self, issue: str | int, *labels: str, by: str | None = None) -> Issue:
        found = self.issue(issue)
        new = [one for one in labels if one not in found.labels]
        self.change(found, {"labels": [*found.labels, *new]}, self.who(by))
        return found

    @act
    def unlabel(self, issue: str | int, label: str, *, by: str | None = None) -> Issue:
        found = self.issue(issue)
        kept = [one for one in found.labels if one != label]
        self.change(found, {"labels": kept}, self.who(by))
        return found

    @act
    def assign(self, issue: str | int, person: str | None, *, by: str | None = None) -> Issue:
        found = self.issue(issue)
        whom = None if person is None else self.who(person)
        self.change(found, {"assignee": whom}, self.who(by))
        return found

    @act
    def unassign(
        self, issue: str | int, person: str | None = None, *, by: str | None = None
    ) -> Issue:
        found = self.issue(issue)
        self.change(found, {"assignee": None}, self.who(by))
        return found

    @act
    def prioritise(self, issue: str | int, name: str, *, by: str | None = None) -> Issue:
        found = self.issue(issue)
        self.change(found, {"priority": _named(PRIORITIES, name)}, self.who(by))
        return found

    @act
    def estimate(self, issue: str | int, points: float | None, *, by: str | None = None) -> Issue:
        found = self.issue(issue)
        self.change(found, {fields.POINTS: points}, self.who(by))
        return found

    @act
    def transition(
        self, issue: str | int, status: str, resolution: str = "Done", *, by: str | None = None
    ) -> Issue:
        """Straight to a status by its name, as an administrator's board allows."""
        found, target = self.issue(issue), _named(STATUSES, status)
        if found.status is target:
            return found
        values: Values = {}
        if target.category.key == "done":
            values["resolution"] = _named(RESOLUTIONS, resolution)
        self.go(found, Step("0", target.name, target), values, self.who(by))
        return found

    @act
    def close(self, issue: str | int, resolution: str = "Done", *, by: str | None = None) -> Issue:
        target = "Done" if resolution == "Done" else "Won't Do"
        return self.transition(issue, target, resolution, by=by)

    @act
    def reopen(self, issue: str | int, *, by: str | None = None) -> Issue:
        return self.transition(issue, FIRST_STATUS.name, by=by)

    @act
    def delete(self, issue: str | int, *, by: str | None = None) -> None:
        """For good, with all sub-tasks; what hung on the issue is told in the second flow."""
        found, actor = self.issue(issue), self.who(by)
        for child in [one for one in found.children if one.type.subtask and not one.deleted]:
            self.delete(child.id, by=by)
        self.remember(found)
        found.deleted = True
        self.tell_issue("jira:issue_deleted", found, actor)
        for comment in found.comments:
            self.world.comments.pop(comment.id, None)
            self.tell_comment(comment, "comment_deleted", actor, "Secondary")
        for link in list(found.links):
            self.cut(link, flow="Secondary")
        if found.parent is not None and found in found.parent.children:
            found.parent.children.remove(found)

    def cut(self, link: Any, flow: str = "Primary") -> None:
        raise NotImplementedError

    @act
    def move(self, issue: str | int, project: str, *, by: str | None = None) -> Issue:
        """To another project: the id stays, the key changes, components and versions go."""
        found, target, actor = self.issue(issue), self._project(project), self.who(by)
        with self.changing(found):
            old_key, old = found.key, found.project
            found.former_keys.append(old_key)
            found.project, found.key = target, self.world.next_key(target)
            self.world.keys[found.key.upper()] = found
            items = [
                item("project", old.id, old.name, target.id, target.name),
                {**item("Key", None, old_key, None, found.key)},
            ]
            items += assign(found, {"components": [], "fixVersions": [], "versions": []})
        line = self.record(found, actor, items, found.updated)
        self.tell_issue("jira:issue_updated", found, actor, "issue_moved", line)
        return found

    @act
    def archive(self, issue: str | int) -> Issue:
        """Out of search, still to be read by its key; no webhook tells of it."""
        found = self.issue(issue)
        with self.changing(found):
            found.archived = True
        return found

    @act
    def unarchive(self, issue: str | int) -> Issue:
        found = self.issue(issue)
        with self.changing(found):
            found.archived = False
        return found

    @act
    def hide(self, key: str | int) -> Issue:
        """Our account loses the right to see it: 404, and no event any more."""
        found = self.issue(key)
        with self.changing(found, moves=False):
            found.hidden = True
        return found

    @act
    def unhide(self, key: str | int) -> Issue:
        """Our account sees it again; nothing tells so."""
        found = self.issue(key)
        with self.changing(found, moves=False):
            found.hidden = False
        return found

    @act
    def restrict(
        self, issue: str | int, *, staff_only: bool = True, by: str | None = None
    ) -> Issue:
        """A security level: we still see the issue, others no longer do."""
        found = self.issue(issue)
        level = SECURITY_LEVELS[0] if staff_only else None
        self.change(found, {"security": level}, self.who(by))
        return found

    @act
    def rank(self, issue: str | int, rank: str, *, by: str | None = None) -> Issue:
        """A drag on a board: an event, but `updated` stays."""
        found, actor = self.issue(issue), self.who(by)
        found.rank = rank
        change = item(fields.RANK, "", "", "", "Ranked higher")
        line = History(str(self.world.next_id("history")), actor, self.world.ms(), [change])
        self.tell_issue("jira:issue_updated", found, actor, "issue_updated", line)
        return found

    def _project(self, which: str | None) -> Project:
        if which is None:
            return self.project
        found = self.world.project(which)
        if found is None:
            raise NoSuch(f"no project {which}")
        return found

    def tell(self, event: str, **body: object) -> None:
        """An event of no issue."""
        self.mail.tell(News(event, dict(body)))


def _named(many: tuple[Any, ...], name: str) -> Any:
    near = name.casefold()
    for one in many:
        if near in (one.name.casefold(), one.id):
            return one
    raise NoSuch(f"no {name!r}; there are {', '.join(one.name for one in many)}")
