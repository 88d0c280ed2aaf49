"""What every act needs: the lock, the actor, the changelog line, the telling of hooks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar, cast

from sandbox.jira.adf import paragraphs
from sandbox.jira.fields import EVERYTHING, Choice
from sandbox.jira.issue_view import issue_fields
from sandbox.jira.mail import Mail, News
from sandbox.jira.state import Comment, History, Issue, Project, Rich, User
from sandbox.jira.world import World
from sandbox.wire import Json

D = TypeVar("D", bound="Desk")
P = ParamSpec("P")
R = TypeVar("R")

MAILED = Choice(EVERYTHING - {"comment", "worklog", "timeestimate"})
SLIM = Choice(frozenset({"summary", "issuetype", "project", "assignee", "priority", "status"}))


class NoSuch(LookupError):
    """An act names an issue, comment or sprint that is not there."""


def act(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """Marks what a person can do; an act is one step for everybody who looks."""

    @functools.wraps(method)
    def locked(self: D, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.world.lock:
            self.world.changes += 1
            return method(self, *args, **kwargs)

    locked.is_act = True  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[D, P], R], locked)


@dataclass
class Desk:
    """Where people work on a site; `project` is the one that is meant when none is named."""

    world: World
    project: Project
    mail: Mail
    somebody: User
    lag: Callable[[], float]

    def issue(self, which: str | int) -> Issue:
        """By key or id; a small number is a number in the home project."""
        number = str(which).isdigit() and self.world.issue(which) is None
        found = self.world.issue(f"{self.project.key}-{which}" if number else which)
        if found is None:
            raise NoSuch(f"no issue {which}")
        return found

    def who(self, by: str | None) -> User:
        if by is None:
            return self.somebody
        user = self.world.user(by)
        if user is None:
            raise NoSuch(f"no user {by!r}")
        return user

    def text(self, body: str | None) -> Rich:
        """What a person types: a document on Cloud, markup on Data Center."""
        if not body:
            return None
        return paragraphs(body) if self.world.cloud else body

    @contextmanager
    def changing(self, issue: Issue, *, moves: bool = True) -> Iterator[None]:
        """Change an issue; `moves` says whether Jira's `updated` follows."""
        self.remember(issue)
        yield
        if moves:
            self.world.touch(issue)

    def remember(self, issue: Issue) -> None:
        """Keep how it looks before it changes, while something lags behind."""
        lag = self.lag()
        if lag <= 0:
            issue.past.clear()
            return
        issue.past.keep(issue.as_it_is(), self.world.now(), lag)

    def record(self, issue: Issue, by: User, items: list[Json], at: int | None = None) -> History:
        """Write a line into the issue's changelog; `at` is the moment of the change it tells."""
        moment = self.world.ms() if at is None else at
        line = History(str(self.world.next_id("history")), by, moment, items)
        issue.history.append(line)
        return line

    def tell_issue(
        self, event: str, issue: Issue, by: User, kind: str = "", line: History | None = None
    ) -> None:
        views = self.mail.views
        body: Json = {"user": views.person(by), "issue": self._mailed(issue)}
        if kind:
            body = {"issue_event_type_name": kind, **body}
        if line is not None:
            body["changelog"] = {"id": line.id, "items": line.items}
        items: Sequence[Json] = line.items if line is not None else ()
        self.mail.tell(News(event, body, issue, items=items))

    def tell_comment(self, comment: Comment, event: str, by: User, flow: str = "Primary") -> None:
        """Cloud adds a slim issue; Data Center sends none, and a second event with the issue."""
        views, issue = self.mail.views, comment.issue
        body: Json = {"comment": views.comment(comment)}
        if self.world.cloud:
            fields = issue_fields(views, issue, SLIM)
            body["issue"] = {**views.head(issue), "fields": fields}
            self.mail.tell(News(event, body, issue, flow))
            return
        self.mail.tell(News(event, body, issue, flow))
        if flow == "Primary":
            kinds = {
                "comment_created": "issue_commented",
                "comment_updated": "issue_comment_edited",
            }
            again = {
                "issue_event_type_name": kinds.get(event, "issue_comment_deleted"),
                "user": views.person(by),
                "issue": self._mailed(issue),
                "comment": body["comment"],
            }
            self.mail.tell(News("jira:issue_updated", again, issue))

    def _mailed(self, issue: Issue) -> Json:
        views = self.mail.views
        return {**views.head(issue), "fields": issue_fields(views, issue, MAILED)}
