"""What every act needs: the lock, the actor, the history line, the change of an issue."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

import orjson

from sandbox.github.mail import Mail
from sandbox.github.state import (
    TIMELINE_ONLY,
    Comment,
    Event,
    Issue,
    IssueField,
    IssueType,
    Label,
    Look,
    Milestone,
    Person,
    Repo,
    World,
)
from sandbox.github.views import Views
from sandbox.trail import Trail

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
        if kind not in TIMELINE_ONLY:
            issue.repo.events.append(event)

    @contextmanager
    def changing(self, issue: Issue, *, moves: bool = True) -> Iterator[None]:
        """Change an issue; `moves` says whether GitHub's `updated_at` follows.

        Comments and field edits move it; sub-issues and comment deletions do not
        (measured: reference page, "What does and does not move updated_at").
        """
        repo = issue.repo
        self.remember(issue)
        repo.tally(issue, -1)
        yield
        if moves:
            issue.updated_at = self.world.moment()
        issue.version += 1
        if issue.parent is not None:
            issue.parent.version += 1
        repo.tally(issue, +1)
        repo.shelve(issue)

    def remember(self, issue: Issue, *, there: bool = True) -> None:
        """Keep how it looks before it changes, while something lags behind."""
        lag, trails = self.lag(), issue.repo.issue_trails
        if lag <= 0:
            trails.pop(issue.number, None)
            return
        look = self.views.look(issue) if there and issue.shown else None
        trails.setdefault(issue.number, Trail()).keep(look, self.world.now(), lag)

    def remember_comment(self, comment: Comment, *, there: bool = True) -> None:
        """The same for a comment; deleted ones are still to be found for a while."""
        lag, repo = self.lag(), comment.issue.repo
        if lag <= 0:
            repo.comment_trails.pop(comment.id, None)
            repo.trailed.pop(comment.id, None)
            return
        rendered = orjson.dumps(self.views.comment(comment))
        look = Look(comment.updated_at, "", rendered) if there else None
        repo.comment_trails.setdefault(comment.id, Trail()).keep(look, self.world.now(), lag)
        repo.trailed[comment.id] = comment
