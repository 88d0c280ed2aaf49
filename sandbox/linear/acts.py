"""All that a person can do on the stand-in Linear: each act changes the state and tells hooks."""

from __future__ import annotations

from typing import Any

from sandbox.linear.access_acts import AccessActs
from sandbox.linear.desk import Actor, NoSuch, act
from sandbox.linear.refusals import invalid
from sandbox.linear.state import (
    Attachment,
    Bot,
    Comment,
    Issue,
    Label,
    Outsider,
    Reaction,
    Relation,
    Team,
    Webhook,
)
from sandbox.linear.texts import normal
from sandbox.linear.views import issue_url
from sandbox.wire import Json

ALL_EVENTS = (
    "Issue", "Comment", "IssueLabel", "Cycle", "Project", "Reaction", "Attachment", "IssueRelation",
)  # fmt: skip


class Acts(AccessActs):
    """The acts in one workspace; issues are named by identifier or id."""

    @act
    def open(
        self,
        title: str,
        body: str = "",
        labels: list[str] | None = None,
        assignees: list[str] | None = None,
        state: str = "unstarted",
        *,
        by: str | None = None,
    ) -> Issue:
        found = [self.find_label(name) for name in labels or []]
        person = self.world.person(assignees[0]) if assignees else None
        return self.add(
            self.team,
            title,
            body,
            self.who(by),
            labels=found,
            assignee=person,
            state=self.find_state(state),
        )

    def add(self, team: Team, title: str, body: str | None, by: Actor, **values: Any) -> Issue:
        """A new issue, told of to the hooks."""
        team.numbers += 1
        born = values.pop("born", None) or self.world.moment()
        key = values.pop("id", None) or self.world.next_id()
        person = None if isinstance(by, Bot) else by
        state = values.pop("state", None) or self.find_state("backlog", team)
        issue = Issue(
            key, born, born, team, team.numbers, title.strip(), normal(body) or None, state, person
        )
        issue.bot = by if isinstance(by, Bot) else None
        issue.sort_order = -float(team.numbers)
        for name, value in {**self._times(issue, state), **values}.items():
            setattr(issue, name, value)
        self.remember(issue, there=False)
        self.world.issues[key] = self.world.names[issue.identifier.upper()] = issue
        self.world.adopt(issue, None, issue.parent)
        self.world.keep(issue)
        self.tell_issue(issue, "create", by)
        return issue

    @act
    def edit(self, /, key: str, *, by: str | None = None, **values: Any) -> Issue:
        """Title, body, priority, estimate or due date."""
        issue = self.issue(key)
        if "body" in values:
            values["description"] = normal(values.pop("body")) or None
        self.change(issue, self.who(by), **values)
        return issue

    @act
    def label(self, key: str, *names: str, by: str | None = None) -> None:
        """Of a group's labels an issue has one at most."""
        issue = self.issue(key)
        labels = list(issue.labels)
        for name in names:
            labels = with_label(labels, self.find_label(name))
        self.change(issue, self.who(by), labels=labels)

    @act
    def unlabel(self, key: str, *names: str, by: str | None = None) -> None:
        issue = self.issue(key)
        kept = [one for one in issue.labels if one.name not in names]
        self.change(issue, self.who(by), labels=kept)

    @act
    def assign(self, key: str, handle: str | None, *, by: str | None = None) -> None:
        person = self.world.person(handle) if handle else None
        self.change(self.issue(key), self.who(by), assignee=person)

    @act
    def move(self, key: str, state: str, *, by: str | None = None) -> None:
        """To another state, by its name or type."""
        issue = self.issue(key)
        self.change(issue, self.who(by), state=self.find_state(state, issue.team))

    @act
    def close(self, key: str, state: str = "completed", *, by: str | None = None) -> None:
        self.move(key, state, by=by)

    @act
    def reopen(self, key: str, *, by: str | None = None) -> None:
        self.move(key, "unstarted", by=by)

    @act
    def plan(
        self, key: str, cycle: int | None = None, milestone: str | None = None,
        *, by: str | None = None,
    ) -> None:  # fmt: skip
        """Into a cycle, into a milestone and its project, or out of both."""
        stone = self.find_milestone(milestone) if milestone else None
        self.change(
            self.issue(key),
            self.who(by),
            cycle=self.find_cycle(cycle) if cycle else None,
            milestone=stone,
            project=stone.project if stone else None,
        )

    @act
    def parent(self, key: str, parent: str | None, *, by: str | None = None) -> None:
        found = self.issue(parent) if parent else None
        self.change(self.issue(key), self.who(by), parent=found)

    @act
    def relate(self, key: str, kind: str, other: str, *, by: str | None = None) -> Relation:
        """No webhook tells of it, and no `updatedAt` moves; a duplicate changes its state."""
        issue, target, born = self.issue(key), self.issue(other), self.world.moment()
        relation = Relation(self.world.next_id(), born, born, issue, target, kind)
        self.world.relations.append(relation)
        self.world.keep(relation)
        told = {"identifier": target.identifier, "type": f"a{kind[0]}"}
        self.note(issue, self.who(by), relationChanges=[told])
        if kind == "duplicate":
            state = self.find_state("duplicate", issue.team)
            self.change(issue, self.who(by), state=state)
        return relation

    @act
    def unrelate(self, relation: str, *, by: str | None = None) -> None:
        found = self.world.things.pop(relation, None)
        if not isinstance(found, Relation):
            raise NoSuch(f"no relation {relation}")
        self.world.relations.remove(found)

    @act
    def attach(
        self, /, key: str, url: str, title: str, *, by: str | None = None, **values: Any
    ) -> Attachment:
        """The same address on the same issue is the same attachment."""
        issue, born = self.issue(key), self.world.moment()
        known = next((one for one in issue.attachments if one.url == url), None)
        found = known or Attachment(values.pop("id", None) or self.world.next_id(), born, born,
                                    issue, url, title)  # fmt: skip
        for name, value in {"title": title, "updated_at": born, **values}.items():
            setattr(found, name, value)
        if known is None:
            issue.attachments.append(found)
            self.world.keep(found)
            self.note(issue, self.who(by), attachmentId=found.id)
        action = "update" if known else "create"
        self._tell_part("Attachment", action, self.views.attachment(found), issue, by)
        return found

    @act
    def detach(self, attachment: str, *, by: str | None = None) -> None:
        found = self.world.things.pop(attachment, None)
        if not isinstance(found, Attachment):
            raise NoSuch(f"no attachment {attachment}")
        found.issue.attachments.remove(found)
        self._tell_part("Attachment", "remove", self.views.attachment(found), found.issue, by)

    @act
    def react(self, key: str, emoji: str, *, by: str | None = None) -> Reaction:
        issue, born, person = self.issue(key), self.world.moment(), self.who(by)
        reaction = Reaction(self.world.next_id(), born, born, issue, emoji, person)
        issue.reactions.append(reaction)
        self.world.keep(reaction)
        self._tell_part("Reaction", "create", self.views.reaction(reaction), issue, by)
        return reaction

    @act
    def comment(self, /, key: str, body: str, *, by: str | None = None, **values: Any) -> Comment:
        """Does not move the issue's `updatedAt`."""
        issue, born = self.issue(key), values.pop("born", None) or self.world.moment()
        bot, outsider = values.pop("bot", None), values.pop("outsider", None)
        author = None if bot or outsider else self.who(by)
        comment = Comment(
            values.pop("id", None) or self.world.next_id(), born, born, issue, author, normal(body),
            values.pop("parent", None), bot, outsider,
        )  # fmt: skip
        issue.comments.append(comment)
        self.world.comments[comment.id] = comment
        self.world.keep(comment)
        self._tell_part("Comment", "create", self.views.comment(comment), issue, by, bot)
        return comment

    @act
    def comment_from_outside(self, key: str, body: str, name: str) -> Comment:
        """What an integration carries in from somebody without an account."""
        born = self.world.moment()
        outsider = Outsider(self.world.next_id(), born, born, name, f"{name}@outside.example")
        return self.comment(key, body, outsider=outsider)

    @act
    def comment_by_bot(self, key: str, body: str, kind: str = "github") -> Comment:
        return self.comment(key, body, bot=Bot(self.world.next_id(), kind, kind.title()))

    @act
    def edit_comment(self, comment: str, body: str, *, by: str | None = None) -> Comment:
        found, before = self.find_comment(comment), self.find_comment(comment).body
        if normal(body) == before:
            return found
        told: Json = {"updatedAt": found.updated_at, "body": before, "editedAt": found.edited_at}
        found.body = normal(body)
        found.updated_at = found.edited_at = self.world.moment()
        about = self.views.comment(found)
        self._tell_part("Comment", "update", about, found.issue, by, before=told)
        return found

    @act
    def delete_comment(self, comment: str, *, by: str | None = None) -> None:
        """Leaves no trace in lists."""
        found = self.find_comment(comment)
        found.archived_at = self.world.moment()
        found.issue.comments.remove(found)
        del self.world.comments[found.id], self.world.things[found.id]
        self._tell_part("Comment", "remove", self.views.comment(found), found.issue, by)

    @act
    def delete(self, key: str, *, by: str | None = None) -> None:
        """Into the trash, from which it can come back for thirty days."""
        now = self.world.moment()
        self.change(self.issue(key), self.who(by), trashed=True, archived_at=now)

    @act
    def archive(self, key: str, *, by: str | None = None) -> None:
        """Put away; no deletion."""
        self.change(self.issue(key), self.who(by), archived_at=self.world.moment())

    @act
    def restore(self, key: str, *, by: str | None = None) -> None:
        """Out of the trash or the archive."""
        self.change(self.issue(key), self.who(by), trashed=None, archived_at=None)

    @act
    def purge(self, key: str, *, by: str | None = None) -> None:
        """For good: what the end of the thirty days does, or an admin at once."""
        issue = self.issue(key)
        issue.trashed, issue.purged, issue.updated_at = True, True, self.world.moment()
        issue.archived_at = issue.archived_at or issue.updated_at
        for comment in issue.comments:
            self.world.comments.pop(comment.id, None)
            self.world.things.pop(comment.id, None)
        gone = [one for one in self.world.relations if issue in (one.issue, one.other)]
        for relation in gone:
            self.unrelate(relation.id)
        for child in self.views.children(issue):
            self.world.adopt(child, issue, None)
            child.parent = None
        self.world.adopt(issue, issue.parent, None)
        self.tell_issue(issue, "remove", self.who(by))

    @act
    def transfer(self, key: str, team: str, *, by: str | None = None) -> Issue:
        """To another team: a new key, a state of that team, no cycle; the id stays."""
        issue, target = self.issue(key), self.world.team_of(team)
        if target is None:
            raise NoSuch(f"no team {team}")
        self.change(issue, self.who(by), **self.in_team(issue, target))
        return issue

    def in_team(self, issue: Issue, team: Team) -> Json:
        """What an issue becomes in a team; nothing when it is there already."""
        if team is issue.team:
            return {}
        team.numbers += 1
        return {
            "team": team,
            "number": team.numbers,
            "previous": [*issue.previous, issue.identifier],
            "state": self.find_state(issue.state.type, team),
            "cycle": None,
            "labels": [label for label in issue.labels if label.team in (None, team)],
        }

    @act
    def add_hook(
        self,
        url: str,
        secret: str = "",
        events: tuple[str, ...] = ALL_EVENTS,
        *,
        team: str | None = None,
        all_public: bool = False,
    ) -> Webhook:
        """A webhook of one team, or of all public ones."""
        born = self.world.moment()
        found = self.world.team_of(team) if team else self.team
        hook = Webhook(
            self.world.next_id(), born, born, url, secret or self.world.next_id(), list(events),
            None if all_public else found, all_public,
        )  # fmt: skip
        self.world.webhooks.append(hook)
        self.world.keep(hook)
        return hook

    def _tell_part(
        self,
        kind: str,
        action: str,
        about: Json,
        issue: Issue,
        by: str | None,
        bot: Bot | None = None,
        before: Json | None = None,
    ) -> None:
        url = issue_url(self.world, issue)
        if kind == "Comment":
            url = f"{url}#comment-{about['id'][:8]}"
        actor: Actor = bot or self.who(by)
        self.mail.tell(kind, action, about, actor, teams=[issue.team], url=url, before=before)


def with_label(labels: list[Label], label: Label) -> list[Label]:
    """The labels with one more; of its group it takes the place of another."""
    if label.is_group:
        raise invalid(f"The label '{label.name}' is a group and cannot be assigned to issues")
    group = label.parent
    kept = [
        one for one in labels if one is not label and (group is None or one.parent is not group)
    ]
    return [*kept, label]


def names_of_acts() -> list[str]:
    """What `POST /_sandbox/act` can be asked to do."""
    members = ((name, getattr(Acts, name)) for name in dir(Acts) if not name.startswith("_"))
    return sorted(name for name, member in members if getattr(member, "is_act", False))
