"""All that people do on the stand-in Jira: each act changes the state and tells hooks."""

from __future__ import annotations

from sandbox.jira.desk import NoSuch, act
from sandbox.jira.edits import item
from sandbox.jira.mail import News
from sandbox.jira.project_acts import ProjectActs
from sandbox.jira.scheme import LINK_TYPES
from sandbox.jira.state import (
    Attachment,
    Comment,
    Issue,
    Link,
    LinkType,
    Rich,
    User,
    Worklog,
)
from sandbox.wire import Json


class Acts(ProjectActs):
    """Comments, work, links and attachments, beside the acts on issues and projects."""

    def say(
        self,
        issue: Issue,
        body: Rich,
        by: User,
        properties: Json | None = None,
        visibility: Json | None = None,
        *,
        internal: bool = False,
    ) -> Comment:
        """The way of every new comment."""
        now, number = self.world.ms(), str(self.world.next_id("comment"))
        comment = Comment(number, issue, by, body, now, now, by, dict(properties or {}), visibility)
        comment.internal = internal
        with self.changing(issue):
            issue.comments.append(comment)
            self.world.comments[number] = comment
        self.tell_comment(comment, "comment_created", by)
        return comment

    def rewrite(self, comment: Comment, body: Rich, by: User) -> None:
        if comment.body == body:
            return
        with self.changing(comment.issue):
            comment.body, comment.editor = body, by
            comment.updated = self.world.ms()
        self.tell_comment(comment, "comment_updated", by)

    def unsay(self, comment: Comment, by: User) -> None:
        with self.changing(comment.issue):
            comment.issue.comments.remove(comment)
            self.world.comments.pop(comment.id, None)
        self.tell_comment(comment, "comment_deleted", by)

    @act
    def comment(
        self,
        issue: str | int,
        body: str,
        *,
        by: str | None = None,
        internal: bool = False,
        role: str | None = None,
    ) -> Comment:
        """`internal` is a note that customers do not see; `role` restricts who reads it."""
        seen_by = {"type": "role", "value": role, "identifier": role} if role else None
        text, who = self.text(body), self.who(by)
        return self.say(self.issue(issue), text, who, visibility=seen_by, internal=internal)

    @act
    def edit_comment(self, comment: str | int, body: str, *, by: str | None = None) -> Comment:
        found = self.find_comment(comment)
        self.rewrite(found, self.text(body), self.who(by))
        return found

    @act
    def delete_comment(self, comment: str | int, *, by: str | None = None) -> None:
        self.unsay(self.find_comment(comment), self.who(by))

    def find_comment(self, comment: str | int) -> Comment:
        found = self.world.comments.get(str(comment))
        if found is None:
            raise NoSuch(f"no comment {comment}")
        return found

    def tie(self, kind: LinkType, source: Issue, target: Issue, by: User) -> Link:
        """Both issues move and get a line each; the event itself names no person."""
        same = [one for one in source.links if one.type is kind and one.target is target]
        if same:
            return same[0]
        link = Link(str(self.world.next_id("link")), kind, source, target)
        self.world.links[link.id] = link
        for end, other, words in ((source, target, kind.outward), (target, source, kind.inward)):
            with self.changing(end, moves=self._links_move()):
                end.links.append(link)
            said = f"This issue {words} {other.key}"
            self.record(end, by, [item("Link", None, None, other.key, said)])
        self.mail.tell(News("issuelink_created", self._link_body(link)))
        return link

    def cut(self, link: Link, flow: str = "Primary") -> None:
        self.world.links.pop(link.id, None)
        for end in (link.source, link.target):
            with self.changing(end, moves=self._links_move()):
                if link in end.links:
                    end.links.remove(link)
        self.mail.tell(News("issuelink_deleted", self._link_body(link), flow=flow))

    def _links_move(self) -> bool:
        """Whether a link moves `updated`: nobody promises it, so a switch decides."""
        return self.mail.outbox.faults.number("links_move") > 0

    def _link_body(self, link: Link) -> Json:
        kind = {
            "id": int(link.type.id),
            "name": link.type.name,
            "outwardName": link.type.outward,
            "inwardName": link.type.inward,
            "isSubTaskLinkType": False,
            "isSystemLinkType": False,
        }
        ends = {"sourceIssueId": link.source.id, "destinationIssueId": link.target.id}
        more = {"issueLinkType": kind, "sequence": len(link.source.links), "systemLink": False}
        return {"issueLink": {"id": int(link.id), **ends, **more}}

    @act
    def link(
        self, source: str | int, target: str | int, kind: str = "Blocks", *, by: str | None = None
    ) -> Link:
        """`source` blocks `target`."""
        found = next((one for one in LINK_TYPES if one.name == kind), None)
        if found is None:
            raise NoSuch(f"no link type {kind}")
        return self.tie(found, self.issue(source), self.issue(target), self.who(by))

    @act
    def unlink(self, link: str | int) -> None:
        found = self.world.links.get(str(link))
        if found is None:
            raise NoSuch(f"no link {link}")
        self.cut(found)

    def note_work(
        self, issue: Issue, seconds: int, comment: Rich, by: User, started: int | None = None
    ) -> Worklog:
        now = self.world.ms()
        number = str(self.world.next_id("worklog"))
        log = Worklog(number, issue, by, comment, started or now, seconds, now, now, by)
        with self.changing(issue):
            issue.worklogs.append(log)
        self._retally(issue, by)
        self.mail.tell(News("worklog_created", self._worklog_body(log), issue))
        return log

    def change_work(self, log: Worklog, seconds: int, comment: Rich, by: User) -> None:
        with self.changing(log.issue):
            log.seconds, log.comment, log.editor = seconds, comment, by
            log.updated = self.world.ms()
        self._retally(log.issue, by)
        self.mail.tell(News("worklog_updated", self._worklog_body(log), log.issue))

    def drop_work(self, log: Worklog, by: User) -> None:
        with self.changing(log.issue):
            log.issue.worklogs.remove(log)
        self.world.deleted_worklogs[log.id] = self.world.ms()
        self._retally(log.issue, by)
        self.mail.tell(News("worklog_deleted", self._worklog_body(log), log.issue))

    def _worklog_body(self, log: Worklog) -> Json:
        return {"worklog": self.mail.views.worklog(log)}

    def _retally(self, issue: Issue, by: User) -> None:
        """The time spent follows the worklogs; that change is told as one of the issue."""
        before = issue.spent
        total = sum(log.seconds for log in issue.worklogs)
        issue.spent = total or None
        if before != issue.spent:
            old, new = (None if one is None else str(one) for one in (before, issue.spent))
            change = item("timespent", old, old, new, new)
            line = self.record(issue, by, [change], issue.updated)
            self.tell_issue("jira:issue_updated", issue, by, "issue_work_logged", line)

    @act
    def log_work(
        self, issue: str | int, seconds: int, text: str = "", *, by: str | None = None
    ) -> Worklog:
        return self.note_work(self.issue(issue), seconds, self.text(text), self.who(by))

    @act
    def attach(
        self,
        issue: str | int,
        name: str,
        content: str | bytes,
        kind: str = "text/plain",
        *,
        by: str | None = None,
    ) -> Attachment:
        raw = content.encode() if isinstance(content, str) else content
        return self.pin(self.issue(issue), name, kind, raw, self.who(by))

    def pin(self, issue: Issue, name: str, kind: str, content: bytes, by: User) -> Attachment:
        number = str(self.world.next_id("attachment"))
        found = Attachment(number, issue, by, name, kind, content, self.world.ms())
        with self.changing(issue):
            issue.attachments.append(found)
        told = item("Attachment", None, None, number, name)
        line = self.record(issue, by, [told], issue.updated)
        body = {"attachment": self.mail.views.attachment(found)}
        self.mail.tell(News("attachment_created", body, issue))
        self.tell_issue("jira:issue_updated", issue, by, "issue_updated", line)
        return found

    def unpin(self, found: Attachment, by: User) -> None:
        issue = found.issue
        with self.changing(issue):
            issue.attachments.remove(found)
        told = item("Attachment", found.id, found.name, None, None)
        line = self.record(issue, by, [told], issue.updated)
        body = {"attachment": self.mail.views.attachment(found)}
        self.mail.tell(News("attachment_deleted", body, issue))
        self.tell_issue("jira:issue_updated", issue, by, "issue_updated", line)

    @act
    def detach(self, issue: str | int, name: str, *, by: str | None = None) -> None:
        found = [one for one in self.issue(issue).attachments if one.name == name]
        if not found:
            raise NoSuch(f"no attachment {name!r}")
        self.unpin(found[0], self.who(by))


def names_of_acts() -> list[str]:
    """What `POST /_sandbox/act` can be asked to do."""
    members = ((name, getattr(Acts, name)) for name in dir(Acts) if not name.startswith("_"))
    return sorted(name for name, member in members if getattr(member, "is_act", False))
