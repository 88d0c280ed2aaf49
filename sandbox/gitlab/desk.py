"""What every act needs: the lock, the actor, the change of an issue and who is told of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

from sandbox.gitlab.hook_views import HookViews
from sandbox.gitlab.mail import Mail
from sandbox.gitlab.printed import exact
from sandbox.gitlab.state import (
    TOUCH_INTERVAL,
    Change,
    Issue,
    Label,
    Milestone,
    Note,
    Person,
    Project,
    World,
)
from sandbox.trail import Trail
from sandbox.wire import Json

D = TypeVar("D", bound="Desk")
P = ParamSpec("P")
R = TypeVar("R")


class Unset:
    """Told apart from None, which clears a field."""


UNSET: Final = Unset()


class NoSuch(LookupError):
    """An act names an issue, note, label or milestone that is not there."""


def act(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """Marks what a person can do; an act is one step for everybody who looks."""

    @functools.wraps(method)
    def locked(self: D, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.world.lock:
            done = method(self, *args, **kwargs)
            self.project.revision += 1
            return done

    locked.is_act = True  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[D, P], R], locked)


@dataclass
class Desk:
    """Where people work on one project; `somebody` acts when nobody is named."""

    world: World
    project: Project
    mail: Mail
    somebody: Person

    @property
    def views(self) -> HookViews:
        return self.mail.views

    def issue(self, number: int) -> Issue:
        issue = self.project.issues.get(number)
        if issue is None or issue.deleted:
            raise NoSuch(f"no issue {number} in {self.project.path}")
        self.remember(issue)
        return issue

    def find_note(self, note: int) -> Note:
        found = self.project.notes.get(note)
        if found is None or found.issue.deleted:
            raise NoSuch(f"no note {note} in {self.project.path}")
        self.remember(found.issue)
        return found

    def remember(self, issue: Issue, *, there: bool = True) -> None:
        """Keep how an issue looks before somebody changes it, while something lags behind."""
        lag, trails = self.world.lag(), issue.project.trails
        if lag <= 0:
            trails.pop(issue.iid, None)
            return
        look = issue.look() if there else None
        trails.setdefault(issue.iid, Trail()).keep(look, self.world.now(), lag)

    def find_label(self, name: str) -> Label:
        label = self.project.labels.get(name.lower())
        if label is None:
            raise NoSuch(f"no label {name!r} in {self.project.path}")
        return label

    def find_milestone(self, which: int | str) -> Milestone:
        for stone in self.project.milestones.values():
            if which in (stone.id, stone.title):
                return stone
        raise NoSuch(f"no milestone {which!r} in {self.project.path}")

    def who(self, by: str | None) -> Person:
        return self.somebody if by is None else self.world.person(by)

    @contextmanager
    def changing(self, issue: Issue, by: Person, *, moves: bool = True) -> Iterator[None]:
        """Change an issue: `updated_at` follows, and hooks are told what became of it."""
        before = self._told(issue)
        yield
        after = self._told(issue)
        changes = {
            name: {"previous": before[name], "current": after[name]}
            for name in after
            if before[name] != after[name]
        }
        if not changes and moves:
            return
        if moves:
            previous, issue.updated = issue.updated, self.world.now()
            changes["updated_at"] = {"previous": exact(previous), "current": exact(issue.updated)}
        self.mail.issue(issue, _action(changes), by, changes)

    def touch(self, issue: Issue) -> None:
        """Notes and links move an issue, but not within a minute of its last change."""
        now = self.world.now()
        if now - issue.updated >= TOUCH_INTERVAL:
            issue.updated = now

    def record(self, issue: Issue, kind: str, by: Person, **told: object) -> None:
        """A resource event (GitLab docs: Resource label events and so on)."""
        key = self.world.next_id("event")
        issue.changes.append(Change(key, kind, by, self.world.now(), told))

    def system_note(self, issue: Issue, by: Person, text: str) -> None:
        """What the page shows between the notes of people."""
        now = self.world.now()
        note = Note(self.world.next_id("note"), issue, by, text, now, now, system=True)
        issue.notes.append(note)
        self.project.notes[note.id] = note

    def _told(self, issue: Issue) -> Json:
        """The fields whose changes a hook lists."""
        shown = self.views.issue(issue)
        names = (
            "title",
            "description",
            "state_id",
            "closed_at",
            "confidential",
            "discussion_locked",
            "due_date",
            "milestone_id",
            "labels",
            "time_estimate",
            "total_time_spent",
            "type",
            "severity",
        )
        told = {name: shown[name] for name in names}
        told["assignees"] = [self.views.user(one) for one in issue.assignees]
        told["iteration"] = issue.iteration.id if issue.iteration else None
        told["weight"] = issue.weight
        return told


def _action(changes: Json) -> str:
    state = changes.get("state_id")
    if state is None:
        return "update"
    return "close" if state["current"] == 2 else "reopen"
