"""What people do to one issue."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.gitlab.desk import UNSET, Desk, Unset, act
from sandbox.gitlab.quick import read
from sandbox.gitlab.remarks import assigned, remark
from sandbox.gitlab.state import Issue, Label, Person

Wish = str | int | bool | None | Unset
"""A value for a field of the same name; UNSET leaves it as it is."""


class IssueActs(Desk):
    """Opening, editing, closing, moving."""

    @act
    def open(
        self,
        /,
        title: str,
        description: str | None = None,
        labels: Iterable[str] = (),
        assignees: Iterable[str] = (),
        *,
        kind: str = "issue",
        confidential: bool = False,
        by: str | None = None,
        iid: int | None = None,
        **more: Wish,
    ) -> Issue:
        """A new issue; quick actions in its description are carried out right away."""
        actor, now = self.who(by), self.world.now()
        text, actions = read(description) if description else (description, [])
        number = iid or self.project.next_iid()
        issue = Issue(
            self.world.next_id("issue"), number, self.project, title.strip(), text, actor, now, now
        )
        issue.kind, issue.confidential = kind, confidential
        issue.labels = self._labels(labels)
        issue.assignees = [self.world.person(login) for login in assignees]
        self.project.issues[number] = issue
        self.remember(issue, there=False)
        self._assign_fields(issue, actor, more, opened=True)
        for label in issue.labels:
            self._label_event(issue, actor, label, "add")
        self.mail.issue(issue, "open", actor, {})
        carry_out = getattr(self, "carry_out", None)
        if carry_out:
            carry_out(issue, actions, by)
        return issue

    @act
    def edit(
        self,
        /,
        number: int,
        *,
        labels: Iterable[str] | Unset = UNSET,
        assignees: Iterable[str] | Unset = UNSET,
        state: str | Unset = UNSET,
        by: str | None = None,
        **wishes: Wish,
    ) -> Issue:
        """Any fields at once, told as one change."""
        issue, actor = self.issue(number), self.who(by)
        carried: list[tuple[str, str]] = []
        text = wishes.get("description")
        if isinstance(text, str):
            wishes["description"], carried = read(text)
        with self.changing(issue, actor):
            self._assign_fields(issue, actor, wishes)
            if not isinstance(labels, Unset):
                self._relabel(issue, actor, self._labels(labels))
            if not isinstance(assignees, Unset):
                self._reassign(issue, actor, [self.world.person(one) for one in assignees])
            if not isinstance(state, Unset):
                self._turn(issue, actor, state)
        carry_out = getattr(self, "carry_out", None)
        if carry_out:
            carry_out(issue, carried, by)
        return issue

    @act
    def label(self, number: int, name: str, *, by: str | None = None) -> Issue:
        """A scoped label takes the place of another one of its scope."""
        names = [one.name for one in self.issue(number).labels]
        scope = name.rpartition("::")[0].lower()
        kept = [one for one in names if not scope or one.rpartition("::")[0].lower() != scope]
        return self.edit(number, labels=[*kept, name], by=by)

    @act
    def unlabel(self, number: int, name: str, *, by: str | None = None) -> Issue:
        names = [one.name for one in self.issue(number).labels if one.name.lower() != name.lower()]
        return self.edit(number, labels=names, by=by)

    @act
    def assign(self, number: int, login: str, *, by: str | None = None) -> Issue:
        names = [one.login for one in self.issue(number).assignees if one.login != login]
        return self.edit(number, assignees=[*names, login], by=by)

    @act
    def unassign(self, number: int, login: str, *, by: str | None = None) -> Issue:
        names = [one.login for one in self.issue(number).assignees if one.login != login]
        return self.edit(number, assignees=names, by=by)

    @act
    def close(self, number: int, *, by: str | None = None) -> Issue:
        return self.edit(number, state="closed", by=by)

    @act
    def reopen(self, number: int, *, by: str | None = None) -> Issue:
        return self.edit(number, state="opened", by=by)

    @act
    def mark_duplicate(self, number: int, of: int, *, by: str | None = None) -> Issue:
        """Closes it with a link to the other one."""
        issue = self.issue(number)
        issue.duplicate_of = self.issue(of)
        self.system_note(issue, self.who(by), f"marked this issue as a duplicate of #{of}")
        return self.close(number, by=by)

    @act
    def milestone(self, number: int, which: int | str | None, *, by: str | None = None) -> Issue:
        """By id or title; None takes it away."""
        found = None if which is None else self.find_milestone(which).id
        return self.edit(number, milestone_id=found, by=by)

    @act
    def spend(self, number: int, seconds: int, *, by: str | None = None) -> Issue:
        """Time only adds up; no total is below nothing."""
        issue = self.issue(number)
        return self.edit(number, spent=max(issue.spent + seconds, 0), by=by)

    @act
    def delete(self, number: int, *, by: str | None = None) -> None:
        """No hook tells of it; from now on it answers 404."""
        self.issue(number).deleted = True

    @act
    def move(self, number: int, to: str, *, by: str | None = None) -> Issue:
        """A new issue elsewhere; the old one stays, closed, and points there.

        The close is told before the place is known (GitLab docs: Move an issue).
        """
        issue, actor = self.issue(number), self.who(by)
        place = self.world.find(to)
        if place is None:
            namespace, _, name = to.rpartition("/")
            place = self.world.add_project(namespace or self.project.namespace, name)
        now = self.world.now()
        iid = place.next_iid()
        new = Issue(
            self.world.next_id("issue"),
            iid,
            place,
            issue.title,
            issue.description,
            issue.author,
            now,
            now,
        )
        place.issues[iid] = new
        place.revision += 1
        self.edit(number, state="closed", by=by)
        issue.moved_to = new
        issue.updated = self.world.now()
        self.system_note(issue, actor, f"moved to {place.path}#{iid}")
        return new

    def _assign_fields(
        self, issue: Issue, actor: Person, wishes: dict[str, Wish], *, opened: bool = False
    ) -> None:
        for name, value in wishes.items():
            if isinstance(value, Unset):
                continue
            if name == "milestone_id":
                self._milestone(issue, actor, value)
            elif name == "weight":
                self._weigh(issue, actor, value)
            elif name == "iteration_id":
                self._iteration(issue, actor, value)
            else:
                if not opened or name == "due_date":
                    self._note_change(issue, actor, name, value)
                setattr(issue, name, value.strip() if name == "title" else value)  # type: ignore[union-attr]

    def _note_change(self, issue: Issue, actor: Person, name: str, value: Wish) -> None:
        before = getattr(issue, name)
        words = None if before == value else remark(issue, name, before, value)
        if words:
            self.system_note(issue, actor, words)

    def _milestone(self, issue: Issue, actor: Person, value: Wish) -> None:
        new = self.find_milestone(int(str(value))) if value else None
        if new is issue.milestone:
            return
        named = new or issue.milestone
        if named:
            shown = self.views.milestone(issue.project, named)
            action = "add" if new else "remove"
            self.record(issue, "milestone", actor, milestone=shown, action=action)
        issue.milestone = new

    def _weigh(self, issue: Issue, actor: Person, value: Wish) -> None:
        """Without a licence the weight is ignored, and nobody is told."""
        if not self.world.premium or value == issue.weight:
            return
        before, issue.weight = issue.weight, None if value is None else int(str(value))
        self.record(issue, "weight", actor, previous_weight=before, weight=issue.weight)

    def _iteration(self, issue: Issue, actor: Person, value: Wish) -> None:
        if not self.world.premium:
            return
        new = self.project.iterations.get(int(str(value))) if value else None
        old = issue.iteration
        issue.iteration = new
        named = new or old
        if named and new is not old:
            days = {"start_date": named.start_date, "due_date": named.due_date}
            told = {"id": named.id, "iid": named.iid, "title": named.title, **days}
            self.record(
                issue, "iteration", actor, iteration=told, action="add" if new else "remove"
            )

    def _labels(self, names: Iterable[str]) -> list[Label]:
        """Unknown names become labels of the project (GitLab docs: Issues API, labels)."""
        found: dict[str, Label] = {}
        for name in names:
            known = self.project.labels.get(name.strip().lower())
            if known is None and name.strip():
                key = self.world.next_id("label")
                known = Label(key, name.strip(), "#6699cc", None, self.world.now())
                self.project.labels[name.strip().lower()] = known
            if known:
                found[known.name] = known
        return self._scoped(list(found.values()))

    def _scoped(self, labels: list[Label]) -> list[Label]:
        """With a licence an issue has one label of a scope, the last that was given
        (GitLab docs: Scoped labels)."""
        if not self.world.premium:
            return labels
        last: dict[str, Label] = {}
        for label in labels:
            last[label.name.rpartition("::")[0].lower() or f" {label.id}"] = label
        return [one for one in labels if one in last.values()]

    def _relabel(self, issue: Issue, actor: Person, wanted: list[Label]) -> None:
        for label in wanted:
            if label not in issue.labels:
                self._label_event(issue, actor, label, "add")
        for label in issue.labels:
            if label not in wanted:
                self._label_event(issue, actor, label, "remove")
        issue.labels = wanted

    def _label_event(self, issue: Issue, actor: Person, label: Label, action: str) -> None:
        told = {"id": label.id, "name": label.name, "color": label.color}
        self.record(issue, "label", actor, label=told, action=action)

    def _reassign(self, issue: Issue, actor: Person, wanted: list[Person]) -> None:
        """Several only with a licence."""
        kept = wanted if self.world.premium else wanted[:1]
        came = [one for one in kept if one not in issue.assignees]
        gone = [one for one in issue.assignees if one not in kept]
        if came or gone:
            self.system_note(issue, actor, assigned(came, gone))
        issue.assignees = kept

    def _turn(self, issue: Issue, actor: Person, state: str) -> None:
        if issue.state == state:
            return
        issue.state = state
        issue.closed = self.world.now() if state == "closed" else None
        issue.closed_by = actor if state == "closed" else None
        if state == "opened":  # what it was closed for counts no more
            issue.moved_to = issue.duplicate_of = None
        told = "closed" if state == "closed" else "reopened"
        self.record(issue, "state", actor, state=told)
