"""All that a person can do on the stand-in GitHub: each act changes the state and tells hooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sandbox.backup import Backup
from sandbox.github.desk import NoSuch, act
from sandbox.github.pull_acts import PullActs
from sandbox.github.state import Comment, Hook, Issue, Person

ALL_EVENTS = (
    "issues",
    "issue_comment",
    "label",
    "milestone",
    "sub_issues",
    "issue_dependencies",
    "repository",
    "meta",
    "pull_request",
)

NOT_IN_BACKUPS = (
    *("now", "base", "lock", "people", "types", "fields", "kept", "_ids"),
    *("last_number", "scans", "issue_trails", "comment_trails", "trailed", "revision"),
)
"""What belongs to the sandbox itself, and the counters that never go back."""


class Acts(PullActs):
    """The acts on one repository; `on` gives those of another."""

    def on(self, repo: str) -> Acts:
        """The same people, at work in the repository `owner/name`."""
        owner, _, name = repo.rpartition("/")
        found = self.world.repo_named(owner or self.repo.owner.login, name)
        if found is None:
            raise NoSuch(f"no repository {repo}")
        return replace(self, repo=found)

    @act
    def comment(self, number: int, body: str, *, by: str | None = None) -> Comment:
        issue, actor = self.issue(number), self.who(by)
        born = self.world.moment()
        comment = Comment(self.world.next_id("comment"), issue, actor, body, born, born)
        self.remember_comment(comment, there=False)
        with self.changing(issue):
            issue.comments.append(comment)
            self.repo.comments[comment.id] = comment
            self.repo.shelve_comment(comment)
        self._tell_comment(issue, comment, "created", actor)
        return comment

    @act
    def edit_comment(self, comment: int, body: str, *, by: str | None = None) -> Comment:
        """Moves the comment's `updated_at`, not the issue's."""
        found, actor = self.find_comment(comment), self.who(by)
        before = found.body
        if before == body:
            return found
        self.remember_comment(found)
        found.body, found.updated_at = body, self.world.moment()
        self.repo.shelve_comment(found)
        changes = {"body": {"from": before}}
        self._tell_comment(found.issue, found, "edited", actor, changes=changes)
        return found

    @act
    def delete_comment(self, comment: int, *, by: str | None = None) -> None:
        """Leaves no trace in lists: only the issue's comment count falls."""
        found, actor = self.find_comment(comment), self.who(by)
        issue = found.issue
        self.remember_comment(found)
        with self.changing(issue, moves=False):
            issue.comments.remove(found)
            del self.repo.comments[found.id]
            self.repo.shelve_comment(found)
        self.note(issue, "comment_deleted", actor)
        self._tell_comment(issue, found, "deleted", actor)

    @act
    def hide(self, key: int | str) -> None:
        """Our tokens cannot read this issue any more: 404, and no list shows it.

        No such right exists at GitHub for one issue; what is imitated is how the loss of one looks.
        """
        self._show(key, hidden=True)

    @act
    def unhide(self, key: int | str) -> None:
        """It can be read again; nothing tells so."""
        self._show(key, hidden=False)

    @act
    def lock_out(self) -> None:
        """Every token loses its access: GitHub does not even confirm that the repository exists."""
        self.repo.locked_out = True

    @act
    def let_in(self) -> None:
        """All tokens have their access again."""
        self.repo.locked_out = False

    @act
    def backup(self) -> None:
        """Keep the state of all repositories as it is now."""
        self.world.kept = Backup(
            [self.world, *self.world.repos.values()],
            leave=NOT_IN_BACKUPS,
            shared=[*self.world.people.values()],
        )

    @act
    def go_back(self) -> None:
        """An Enterprise Server restored from its backup: later things were never there, and every
        `updated_at` is the old one. Numbers and ids go on where they were."""
        if self.world.kept is None:
            raise NoSuch("there is no backup to go back to")
        self.world.kept.restore()
        for repo in self.world.repos.values():
            repo.revision += 1

    def _show(self, key: int | str, *, hidden: bool) -> None:
        issue = self.issue(int(key))
        self.remember(issue)
        issue.hidden = hidden
        self.repo.hidden = {one.number for one in self.repo.issues.values() if one.hidden}
        self.repo.shelve(issue)
        for comment in issue.comments:
            self.repo.shelve_comment(comment)

    @act
    def rename_repo(self, name: str, *, by: str | None = None) -> None:
        """The id stays; the old name keeps leading here (GitHub docs: Renaming a repository)."""
        repo = self.repo
        before, repo.name = repo.name, name
        repo.updated_at = self.world.moment()
        self.world.names[repo.full_name.lower()] = repo
        repo.looks += 1
        repo.revision += 1
        changes = {"repository": {"name": {"from": before}}}
        body = {"changes": changes}
        self.mail.tell(repo, "repository", "renamed", body, self.who(by))

    @act
    def archive_repo(self, *, by: str | None = None) -> None:
        """Nothing can be written any more (GitHub docs: Archiving repositories)."""
        self._turn_repo("archived", by)

    @act
    def unarchive_repo(self, *, by: str | None = None) -> None:
        self._turn_repo("unarchived", by)

    @act
    def privatize_repo(self, *, by: str | None = None) -> None:
        self._turn_repo("privatized", by)

    @act
    def publicize_repo(self, *, by: str | None = None) -> None:
        self._turn_repo("publicized", by)

    def _turn_repo(self, action: str, by: str | None) -> None:
        repo = self.repo
        if action.endswith("archived"):
            repo.archived = action == "archived"
        else:
            repo.private = action == "privatized"
        repo.updated_at = self.world.moment()
        repo.looks += 1
        self.mail.tell(repo, "repository", action, {}, self.who(by))

    @act
    def add_hook(
        self,
        url: str,
        secret: str | None = None,
        events: Iterable[str] = ALL_EVENTS,
        content_type: str = "json",
        *,
        active: bool = True,
        by: str | None = None,
    ) -> Hook:
        """A new hook hears a ping first (GitHub docs: Creating webhooks)."""
        born = self.world.moment()
        key = self.world.next_id("hook")
        hook = Hook(key, url, list(events), born, born, content_type, secret, active=active)
        self.repo.hooks[key] = hook
        if active:
            self.mail.ping(self.repo, hook, self.who(by))
        return hook

    @act
    def remove_hook(self, hook: int, *, by: str | None = None) -> None:
        gone = self.repo.hooks.pop(hook, None)
        if gone is None:
            raise NoSuch(f"no hook {hook}")
        self.mail.hook_deleted(self.repo, gone, self.who(by))

    def find_comment(self, comment: int) -> Comment:
        found = self.repo.comments.get(comment)
        if found is None:
            raise NoSuch(f"no comment {comment} in {self.repo.full_name}")
        return found

    def _tell_comment(
        self, issue: Issue, comment: Comment, action: str, by: Person, **extra: object
    ) -> None:
        """GitHub docs: issue_comment. Fires for pull request conversations too."""
        if not self.repo.hooks:
            return
        views = self.views
        body = {"issue": views.issue(issue), "comment": views.comment(comment), **extra}
        self.mail.tell(self.repo, "issue_comment", action, body, by)


def names_of_acts() -> list[str]:
    """What `POST /_sandbox/act` can be asked to do."""
    members = ((name, getattr(Acts, name)) for name in dir(Acts) if not name.startswith("_"))
    return sorted(name for name, member in members if getattr(member, "is_act", False))
