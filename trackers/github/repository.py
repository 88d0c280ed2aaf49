"""The source's repository at its API; its name follows a rename."""

import re

from schemas import revision
from schemas.errors import Denied, Permanent
from schemas.model import Json
from schemas.record import Record
from schemas.tracker import ProjectInfo
from trackers.fields import Fields
from trackers.http import Session
from trackers.kept import Kept

FULL_PAGE = 100
_ISSUE_URL = re.compile(r".*/issues/(\d{1,10})")
_REPOSITORY_URL = re.compile(r".*/repos/([^/]+/[^/]+)")


class Repository:
    """Where requests for one source go: `name` is `owner/repo` as last told."""

    def __init__(self, session: Session, name: str, kept: Kept | None = None) -> None:
        self.session = session
        self.name = name
        self._kept = kept or Kept()
        self._types: tuple[str, ...] | None = None

    def path(self, tail: str = "") -> str:
        """The API path of something in the repository."""
        return f"/repos/{self.name}{tail}"

    def type_names(self) -> tuple[str, ...]:
        """The issue types of the owner; none for a person's repositories and for strangers
        (https://docs.github.com/rest/orgs/issue-types#list-issue-types-for-an-organization)."""
        if self._types is None:
            try:
                answer = self.session.get(f"/orgs/{self.name.partition('/')[0]}/issue-types")
                items = answer.items if answer.ok else []
            except Denied:  # the token may not see them: then it cannot set one either
                items = []
            enabled = [item for item in items if item.get("is_enabled") is not False]
            self._types = tuple(Fields.of(item, "issue_type").need_text("name") for item in enabled)
        return self._types

    def label_names(self) -> frozenset[str]:
        """The names of all labels in lower case: GitHub tells no two apart by it."""
        found: frozenset[str] | None = self._kept.known(self._question)
        if found is None:
            pages = self.session.pages(self.path("/labels"), {"per_page": FULL_PAGE})
            found = frozenset(str(one.get("name")).lower() for page in pages for one in page.items)
            self._kept.keep(self._question, found)
        return found

    def note_label(self, name: str) -> None:
        """One more that is there."""
        self._kept.keep(self._question, self.label_names() | {name.lower()})

    @property
    def _question(self) -> tuple[str, str, str]:
        return self.session.credential, self.session.base, self.name

    def project(self) -> ProjectInfo:
        """The repository as it is now. An old name answers 301 after a rename."""
        answer = self.session.get(self.path())
        if not answer.ok:
            refusal = f"HTTP {answer.status}: there is none, or the credential may not see it"
            raise Denied(f"repository {self.name}: {refusal}")
        found = Fields.of(answer.object, "repository")
        self.name = found.need_text("full_name")
        return project_told(found)


def project_told(found: Fields) -> ProjectInfo:
    """A repository record as a project."""
    issues = found.flag("has_issues")
    return ProjectInfo(
        id=found.need_id("id"),
        name=found.need_text("full_name"),
        url=found.text("html_url") or "",
        private=found.flag("private"),
        tickets_enabled=True if issues is None else issues,
    )


def repository_named(record: dict[str, Json]) -> str | None:
    """`owner/repo` of an issue record, from its `repository_url`."""
    found = _REPOSITORY_URL.fullmatch(str(record.get("repository_url") or ""))
    return found[1] if found else None


def is_pull_request(issue: dict[str, Json]) -> bool:
    """The key alone tells (https://docs.github.com/rest/issues/issues#list-repository-issues)."""
    return issue.get("pull_request") is not None


def ticket_record(body: dict[str, Json]) -> Record:
    """An issue as a record; Permanent when it has no number."""
    number = str(Fields.of(body, "issue").need_whole("number"))
    return Record(
        kind="ticket",
        ticket=number,
        external_id=number,
        revision=revision_of(body),
        body=body,
        linked=_linked(body),
    )


def _linked(issue: dict[str, Json]) -> dict[str, int]:
    """How many links of each kind an issue says it has: its lists say no more of them, and a link
    moves no `updated_at` (https://docs.github.com/rest/issues/issues#list-repository-issues)."""
    found: dict[str, int] = {}
    for kind, summary, name in _COUNTED:
        told = issue.get(summary)
        count = told.get(name) if isinstance(told, dict) else None
        if isinstance(count, int) and not isinstance(count, bool):
            found[kind] = count
    if found:  # a GitHub that counts names the parent, too
        found["parent"] = 1 if issue.get("parent_issue_url") else 0
    return found


_COUNTED = (
    ("child", "sub_issues_summary", "total"),
    ("blocked_by", "issue_dependencies_summary", "total_blocked_by"),
    ("blocks", "issue_dependencies_summary", "total_blocking"),
)


def comment_record(body: dict[str, Json]) -> Record | None:
    """A comment as a record; None when it belongs to a pull request.

    Repository-wide lists name the issue by address only and hold the conversation of pull requests
    too (https://docs.github.com/rest/issues/comments#list-issue-comments-for-a-repository).
    """
    if "/pull/" in str(body.get("html_url") or ""):
        return None
    issue = _ISSUE_URL.fullmatch(str(body.get("issue_url") or ""))
    if issue is None:
        raise Permanent("comment.issue_url names no issue")
    return Record(
        kind="comment",
        ticket=issue[1],
        external_id=Fields.of(body, "comment").need_id("id"),
        revision=revision_of(body),
        body=body,
    )


def revision_of(body: dict[str, Json]) -> str | None:
    """The record's own revision: `updated_at`, whole seconds."""
    updated = Fields.of(body, "record").time("updated_at")
    return revision.of_time(updated) if updated else None
