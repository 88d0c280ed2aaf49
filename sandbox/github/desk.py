"""What every act needs: the lock, the actor, the history line, the change of an issue."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

from sandbox.github.mail import Mail
from sandbox.github.state import (
    Event,
    Issue,
    IssueField,
    IssueType,
    Label,
    Milestone,
    Past,
    Person,
    Repo,
    World,
)
from sandbox.github.views import Views

D = TypeVar("D", bound="Desk")
P = ParamSpec("P")
R = TypeVar("R")


class Unset:
    """Told apart from None, which clears a field."""


UNSET: Final = Unset()


class NoSuch(LookupError):
    """An act names an issue, comment, label or milestone that is not there."""


def act(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """Marks what a person can do; an act is one step for everybody who looks."""

    @functools.wraps(method)
    def locked(self: D, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.world.lock:
            return method(self, *args, **kwargs)

    locked.is_act = True  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[D, P], R], locked)


@dataclass
class Desk:
    """Where people work on one repository; `somebody` acts when nobody is named."""

    world: World
    repo: Repo
    views: Views
    mail: Mail
    somebody: Person
    lag: Callable[[], float]

    def issue(self, number: int) -> Issue:
        issue = self.repo.issues.get(number)
        if issue is None or not issue.alive:
            raise NoSuch(f"no issue {number} in {self.repo.full_name}")
        return issue

    def find_label(self, name: str) -> Label:
        label = self.repo.labels.get(name.lower())
        if label is None:
            raise NoSuch(f"no label {name!r} in {self.repo.full_name}")
        return label

    def find_milestone(self, which: int | str) -> Milestone:
        for stone in self.repo.milestones.values():
            if which in (stone.number, stone.title):
                return stone
        raise NoSuch(f"no milestone {which!r} in {self.repo.full_name}")

    def find_type(self, name: str) -> IssueType:
        for kind in self.world.types:
            if kind.name.lower() == name.lower():
                return kind
        raise NoSuch(f"no issue type {name!r}")

    def find_field(self, key: int) -> IssueField:
        for one in self.world.fields:
            if one.id == key:
                return one
        raise NoSuch(f"no issue field {key}")

    def who(self, by: str | None) -> Person:
        return self.somebody if by is None else self.world.person(by)

    def tell_issue(self, issue: Issue, action: str, by: Person, **extra: object) -> None:
        """GitHub docs: issues. The whole issue goes along whatever changed."""
        if issue.is_pull or not issue.repo.hooks:
            return  # A pull request has events of its own, which nobody here listens to.
        body = {"issue": self.views.issue(issue), **extra}
        self.mail.tell(issue.repo, "issues", action, body, by)

    def note(self, issue: Issue, kind: str, by: Person, **extra: object) -> None:
        """Write a line of history (GitHub docs: Issue event types)."""
        event = Event(
            self.world.next_id("event"), kind, by, self.world.moment(), issue, dict(extra)
        )
        issue.events.append(event)
        issue.repo.events.append(event)

    @contextmanager
    def changing(self, issue: Issue, *, moves: bool = True) -> Iterator[None]:
        """Change an issue; `moves` says whether GitHub's `updated_at` follows.

        Comments and field edits move it; sub-issues and comment deletions do not
        (measured: reference page, "What does and does not move updated_at").
        """
        repo = issue.repo
        self._remember(issue)
        repo.tally(issue, -1)
        yield
        if moves:
            issue.updated_at = self.world.moment()
        issue.version += 1
        if issue.parent is not None:
            issue.parent.version += 1
        repo.tally(issue, +1)
        repo.shelve(issue)

    def _remember(self, issue: Issue) -> None:
        lag = self.lag()
        if lag <= 0:
            issue.past.clear()
            return
        now = self.world.now()
        look = Past(now, issue.updated_at, issue.state, self.views.rest_issue(issue))
        issue.past.append(look)
