"""What every act needs: the lock, the actor, and the one way in which an issue changes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sandbox.linear.mail import Mail
from sandbox.linear.state import (
    Bot,
    Comment,
    Cycle,
    History,
    Issue,
    Label,
    Person,
    State,
    Team,
    World,
)
from sandbox.linear.views import Views, issue_url
from sandbox.trail import Trail
from sandbox.wire import Json

D = TypeVar("D", bound="Desk")
P = ParamSpec("P")
R = TypeVar("R")
Actor = Person | Bot | None

NAMES = {
    "title": "title",
    "description": "description",
    "state": "stateId",
    "assignee": "assigneeId",
    "delegate": "delegateId",
    "labels": "labelIds",
    "priority": "priority",
    "estimate": "estimate",
    "due": "dueDate",
    "cycle": "cycleId",
    "project": "projectId",
    "milestone": "projectMilestoneId",
    "parent": "parentId",
    "team": "teamId",
    "number": "number",
    "started_at": "startedAt",
    "completed_at": "completedAt",
    "canceled_at": "canceledAt",
    "trashed": "trashed",
    "archived_at": "archivedAt",
    "previous": "previousIdentifiers",
    "sort_order": "sortOrder",
}
"""Our attribute, and what `updatedFrom` calls it."""

_TOLD = {
    "title": "Title",
    "state": "State",
    "assignee": "Assignee",
    "priority": "Priority",
    "estimate": "Estimate",
    "due": "DueDate",
    "cycle": "Cycle",
    "project": "Project",
    "milestone": "ProjectMilestone",
    "parent": "Parent",
    "team": "Team",
}
"""What the history tells under `from…` and `to…`."""

_SINGLE = {"relationChanges", "attachmentId"}
"""What is never joined with anything."""


class NoSuch(LookupError):
    """An act names something that is not there."""


def act(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """Marks what a person can do; an act is one step for everybody who looks."""

    @functools.wraps(method)
    def locked(self: D, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.world.lock:
            try:
                return method(self, *args, **kwargs)
            finally:
                self.world.revision += 1

    locked.is_act = True  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[D, P], R], locked)


@dataclass
class Desk:
    """Where people work; `team` is the one the sandbox is about, `somebody` acts for nobody."""

    world: World
    team: Team
    views: Views
    mail: Mail
    somebody: Person

    def issue(self, key: str) -> Issue:
        """By identifier or id."""
        found = self.world.issue(str(key))
        if found is None:
            raise NoSuch(f"no issue {key}")
        self.remember(found)
        return found

    def remember(self, issue: Issue, *, there: bool = True) -> None:
        """Keep how an issue looks before somebody changes it, while something lags behind."""
        lag, trails = self.world.lag(), self.world.trails
        if lag <= 0:
            trails.pop(issue.id, None)
            return
        look = issue.look() if there else None
        trails.setdefault(issue.id, Trail()).keep(look, self.world.now(), lag)

    def who(self, by: str | None) -> Person:
        return self.somebody if by is None else self.world.person(by)

    def find_label(self, name: str) -> Label:
        for label in self.world.labels:
            if label.name.lower() == name.lower() and not label.is_group:
                return label
        raise NoSuch(f"no label {name!r}")

    def find_state(self, name: str, team: Team | None = None) -> State:
        """A state of a team by its name or type, the first in order."""
        ours = [one for one in self.world.states if one.team is (team or self.team)]
        for state in sorted(ours, key=lambda one: one.position):
            if name.lower() in (state.name.lower(), state.type):
                return state
        raise NoSuch(f"no state {name!r}")

    def find_comment(self, comment: str) -> Comment:
        found = self.world.comments.get(comment)
        if found is None:
            raise NoSuch(f"no comment {comment}")
        self.remember(found.issue)
        return found

    def find_cycle(self, number: int) -> Cycle:
        for cycle in self.world.cycles:
            if cycle.team is self.team and cycle.number == number:
                return cycle
        raise NoSuch(f"no cycle {number}")

    def change(self, issue: Issue, by: Actor, **values: Any) -> bool:
        """Sets attributes, writes history, tells hooks; False when nothing was different.

        The order of issues on a board moves no `updatedAt`, and is told all the same.
        """
        if "state" in values and values["state"] is not issue.state:
            values |= self._times(issue, values["state"])
        changed = {name: new for name, new in values.items() if getattr(issue, name) != new}
        if not changed:
            return False
        self.remember(issue)
        before = {name: getattr(issue, name) for name in changed}
        former, was_updated = issue.team, issue.updated_at
        for name, new in changed.items():
            setattr(issue, name, new)
        self.world.names[issue.identifier.upper()] = issue
        if "parent" in changed:
            self.world.adopt(issue, before["parent"], issue.parent)
        if set(changed) != {"sort_order"}:
            issue.updated_at = self.world.moment()
            self._remember(issue, by, before)
        told = {NAMES[name]: _printed(old) for name, old in before.items()}
        teams = list(dict.fromkeys([former, issue.team]))
        self.tell_issue(issue, "update", by, teams, {"updatedAt": was_updated, **told})
        return True

    def tell_issue(
        self,
        issue: Issue,
        action: str,
        by: Actor,
        teams: list[Team] | None = None,
        before: Json | None = None,
    ) -> None:
        """The whole issue goes along whatever changed."""
        if self.world.webhooks:
            about, url = self.views.issue(issue), issue_url(self.world, issue)
            self.mail.tell(
                "Issue", action, about, by, teams=teams or [issue.team], url=url, before=before
            )

    def note(self, issue: Issue, by: Actor, **told: Any) -> None:
        """A line of history."""
        born = self.world.moment()
        person = by if isinstance(by, Person) else None
        bot = by if isinstance(by, Bot) else None
        last = issue.history[-1] if issue.history else None
        if last and not _SINGLE & {*last.told, *told} and self._joins(last, person, bot):
            last.told, last.updated_at = _joined(last.told, told), born
            return
        entry = History(self.world.next_id(), born, born, issue, person, told, bot)
        self.world.keep(entry)
        issue.history.append(entry)

    def _joins(self, last: History, person: Person | None, bot: Bot | None) -> bool:
        """Whether an edit goes into the line before it: quick ones of one person do."""
        quiet = self.world.now() - datetime.fromisoformat(last.updated_at)
        same = last.actor is person and last.bot is bot
        return same and 0 < self.world.joins() > quiet.total_seconds()

    def _remember(self, issue: Issue, by: Actor, before: Json) -> None:
        told: Json = {}
        for name, word in _TOLD.items():
            if name in before:
                told[f"from{word}"], told[f"to{word}"] = before[name], getattr(issue, name)
        if "labels" in before:
            told["addedLabels"] = [one for one in issue.labels if one not in before["labels"]]
            told["removedLabels"] = [one for one in before["labels"] if one not in issue.labels]
        if "description" in before:
            told["updatedDescription"] = True
        if "trashed" in before:
            told["trashed"] = bool(issue.trashed)
        elif "archived_at" in before:
            told["archived"] = issue.archived_at is not None
        if told:
            self.note(issue, by, **told)

    def _times(self, issue: Issue, state: State) -> Json:
        """When it was begun and ended; going back forgets the end."""
        now = self.world.moment()
        return {
            "started_at": issue.started_at or now if state.type == "started" else issue.started_at,
            "completed_at": now if state.type == "completed" else None,
            "canceled_at": now if state.type in ("canceled", "duplicate") else None,
        }


def _joined(first: Json, second: Json) -> Json:
    """Two lines as one: from where the first began to where the second ended."""
    told = first | {name: new for name, new in second.items() if not name.startswith("from")}
    told |= {name: old for name, old in second.items() if name not in told}
    for verb, back in (("added", "removed"), ("removed", "added")):
        undone = second.get(f"{back}Labels", ())
        kept = [one for one in first.get(f"{verb}Labels", ()) if one not in undone]
        done = first.get(f"{back}Labels", ())
        kept += [one for one in second.get(f"{verb}Labels", ()) if one not in done]
        if kept or f"{verb}Labels" in told:
            told[f"{verb}Labels"] = kept
    return told


def _printed(value: Any) -> Any:
    """A former value as `updatedFrom` holds it: ids, not names."""
    if isinstance(value, list):
        return [getattr(one, "id", one) for one in value]
    return getattr(value, "id", value)
