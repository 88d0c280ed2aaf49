"""All that a person can do on the stand-in GitLab: each act changes the state and tells hooks."""

from __future__ import annotations

from dataclasses import replace

from sandbox.backup import Backup
from sandbox.gitlab.desk import NoSuch, act
from sandbox.gitlab.issue_acts import IssueActs
from sandbox.gitlab.plan_acts import PlanActs
from sandbox.gitlab.quick import Quick, read
from sandbox.gitlab.state import Hook, Issue, Link, MergeRequest, Note
from sandbox.gitlab.views import FLAGS

NOT_IN_BACKUPS = (
    *("clock", "base", "lock", "lag", "kept", "people", "_ids"),
    *("last_iid", "revision", "scans", "trails"),
)
"""What belongs to the sandbox itself, and the counters that never go back."""


class Acts(IssueActs, PlanActs):
    """The acts on one project; `on` gives those of another."""

    def on(self, path: str) -> Acts:
        """The same people, at work in another project."""
        found = self.world.find(path)
        if found is None:
            raise NoSuch(f"no project {path}")
        return replace(self, project=found)

    @act
    def comment(
        self, number: int, body: str, *, internal: bool = False, by: str | None = None
    ) -> Note | None:
        """Quick actions in it are carried out and taken away; what is left is the note."""
        issue, actor = self.issue(number), self.who(by)
        text, actions = read(body)
        self.carry_out(issue, actions, by)
        if not text.strip():
            return None
        now = self.world.now()
        key = self.world.next_id("note")
        note = Note(key, issue, actor, text, now, now, internal=internal)
        issue.notes.append(note)
        self.project.notes[key] = note
        self.touch(issue)
        self.mail.note(note, "create", actor)
        return note

    @act
    def edit_comment(self, note: int, body: str, *, by: str | None = None) -> Note:
        found = self.find_note(note)
        if found.body != body:
            found.body, found.updated = body, self.world.now()
            self.touch(found.issue)
            self.mail.note(found, "update", self.who(by))
        return found

    @act
    def delete_comment(self, note: int, *, by: str | None = None) -> None:
        """No hook tells of it, and nothing moves: only the issue's count falls."""
        found = self.find_note(note)
        found.issue.notes.remove(found)
        del self.project.notes[note]

    @act
    def award(self, number: int, name: str = "thumbsup", *, by: str | None = None) -> None:
        """A second time takes it back, as a click does."""
        issue, actor = self.issue(number), self.who(by)
        known = issue.awards.pop((actor.id, name), None)
        if known is None:
            issue.awards[actor.id, name] = self.world.next_id("award")
            known = issue.awards[actor.id, name]
            self.mail.emoji(issue, known, name, "award", actor)
        else:
            self.mail.emoji(issue, known, name, "revoke", actor)

    @act
    def link(
        self, number: int, other: int, kind: str = "relates_to", *, by: str | None = None
    ) -> Link:
        """Touches both ends; no hook tells of it."""
        source, target = self.issue(number), self.issue(other)
        if kind == "is_blocked_by":
            source, target, kind = target, source, "blocks"
        return self.join(source, target, kind)

    def join(self, source: Issue, target: Issue, kind: str) -> Link:
        """The link itself, also between projects."""
        link = Link(self.world.next_id("link"), source, target, kind, self.world.now())
        for issue in (source, target):
            self.remember(issue)
            issue.links.append(link)
            issue.updated = self.world.now()
            issue.project.revision += 1
        return link

    @act
    def unlink(self, number: int, link: int, *, by: str | None = None) -> None:
        found = next((one for one in self.issue(number).links if one.id == link), None)
        if found is None:
            raise NoSuch(f"no link {link} at issue {number}")
        for issue in (found.source, found.target):
            self.remember(issue)
            issue.links.remove(found)
            issue.updated = self.world.now()

    @act
    def merge_request(
        self, number: int, title: str, *, closes: bool = True, by: str | None = None
    ) -> MergeRequest:
        """A merge request that mentions the issue, in whose notes it shows."""
        issue, actor = self.issue(number), self.who(by)
        iid = len(self.project.requests) + 1
        key = self.world.next_id("merge_request")
        born = self.world.now()
        made = MergeRequest(key, iid, title, f"{number}-fix-{iid}", actor, born)
        self.project.requests.append(made)
        issue.related.append(made)
        if closes:
            issue.closing.append(made)
        self.system_note(issue, actor, f"mentioned in merge request !{iid}")
        return made

    @act
    def merge(self, request: int, *, by: str | None = None) -> None:
        """What it closes is closed with it."""
        made = next((one for one in self.project.requests if one.iid == request), None)
        if made is None:
            raise NoSuch(f"no merge request {request}")
        made.state, made.merged = "merged", self.world.now()
        for issue in self.project.issues.values():
            if made in issue.closing and issue.alive and issue.state == "opened":
                self.close(issue.iid, by=by)

    @act
    def rename_project(self, name: str, *, by: str | None = None) -> None:
        """The number stays; the old path keeps leading here."""
        self.project.name = name
        self.world.paths[self.project.path.lower()] = self.project

    @act
    def add_hook(
        self,
        url: str,
        secret: str | None = None,
        flags: dict[str, bool] | None = None,
        *,
        by: str | None = None,
    ) -> Hook:
        """A secret of the form `whsec_…` signs; any other goes along as it is."""
        signs = bool(secret) and str(secret).startswith("whsec_")
        told = dict.fromkeys(FLAGS[1:8], True) if flags is None else flags
        hook = Hook(
            self.world.next_id("hook"),
            url,
            self.world.now(),
            dict(told),
            token=None if signs else secret,
            signing_token=secret if signs else None,
        )
        self.project.hooks[hook.id] = hook
        return hook

    @act
    def remove_hook(self, hook: int, *, by: str | None = None) -> None:
        if self.project.hooks.pop(hook, None) is None:
            raise NoSuch(f"no hook {hook}")

    @act
    def hide(self, key: int | str) -> None:
        """Our tokens cannot read this issue any more: 404, and no list shows it.

        So it is for who has a low role with what turned confidential. From an Owner nothing is
        kept, so that meanwhile no token is told to be one.
        """
        self.issue(int(key)).hidden = True

    @act
    def unhide(self, key: int | str) -> None:
        """It can be read again; nothing tells so."""
        self.issue(int(key)).hidden = False

    @act
    def lock_out(self) -> None:
        """Every token loses its membership: to strangers a private project does not exist."""
        self.project.locked_out = True

    @act
    def let_in(self) -> None:
        """All tokens have their access again."""
        self.project.locked_out = False

    @act
    def backup(self) -> None:
        """Keep the state of all projects as it is now."""
        self.world.kept = Backup(
            [self.world, *self.world.projects.values()],
            leave=NOT_IN_BACKUPS,
            shared=[*self.world.people.values()],
        )

    @act
    def go_back(self) -> None:
        """An instance restored from its backup: later things were never there, and every
        `updated_at` is the old one. Numbers and ids go on where they were."""
        if self.world.kept is None:
            raise NoSuch("there is no backup to go back to")
        self.world.kept.restore()
        for project in self.world.projects.values():
            project.revision += 1

    def carry_out(self, issue: Issue, actions: list[Quick], by: str | None) -> None:
        """The quick actions a text held."""
        for word, rest in actions:
            if word == "close":
                self.close(issue.iid, by=by)
            elif word == "reopen":
                self.reopen(issue.iid, by=by)
            elif word == "confidential":
                self.edit(issue.iid, confidential=True, by=by)
            elif word == "label":
                self.label(issue.iid, rest.strip('~ "'), by=by)
            elif word == "title" and rest:
                self.edit(issue.iid, title=rest, by=by)


def names_of_acts() -> list[str]:
    """What `POST /_sandbox/act` can be asked to do."""
    members = ((name, getattr(Acts, name)) for name in dir(Acts) if not name.startswith("_"))
    return sorted(name for name, member in members if getattr(member, "is_act", False))
