"""All that people can do in the in-house tool; each act is told at once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from sandbox.generic.mail import Hook, Mail
from sandbox.generic.state import PEOPLE, Comment, Ticket, World
from sandbox.generic.views import comment_view, milestone_view, ticket_view
from sandbox.wire import Json


class NoSuch(LookupError):
    """An act names a ticket or comment that is not there."""


ACTS = (
    "create", "edit", "close", "reopen", "label", "unlabel", "assign", "unassign", "milestone",
    "comment", "edit_comment", "delete_comment", "delete", "restore", "move", "configure", "resend",
)  # fmt: skip


class Acts:
    """The acts on one project."""

    def __init__(self, world: World, mail: Mail) -> None:
        self.world = world
        self.mail = mail

    def create(
        self,
        title: str,
        body: str = "",
        labels: Iterable[str] = (),
        assignees: Iterable[str] = (),
        by: str = PEOPLE[0][0],
    ) -> Ticket:
        with self.world.lock:
            ticket = self.enter(title, body, by)
            ticket.labels, ticket.assignees = list(labels), list(assignees)
            self._tell("ticket.created", ticket)
            return ticket

    def enter(self, title: str, body: str, by: str) -> Ticket:
        """A new ticket that nobody is told of."""
        born = self.world.moment()
        ticket = Ticket(len(self.world.tickets) + 1, title, body, by, born, born)
        self.world.tickets[ticket.number] = ticket
        return ticket

    def edit(self, number: int, title: str | None = None, body: str | None = None) -> Ticket:
        return self._change(number, title=title, body=body)

    def close(self, number: int) -> Ticket:
        with self.world.lock:
            ticket = self.find(number)
            if ticket.state == "open":
                ticket.state, ticket.closed_at = "closed", self.world.moment()
                self._told("ticket.closed", ticket)
            return ticket

    def reopen(self, number: int) -> Ticket:
        with self.world.lock:
            ticket = self.find(number)
            if ticket.state == "closed":
                ticket.state, ticket.closed_at = "open", None
                self._told("ticket.reopened", ticket)
            return ticket

    def label(self, number: int, name: str) -> Ticket:
        ticket = self.find(number)
        return self._change(number, labels=list(dict.fromkeys([*ticket.labels, name])))

    def unlabel(self, number: int, name: str) -> Ticket:
        ticket = self.find(number)
        return self._change(number, labels=[one for one in ticket.labels if one != name])

    def assign(self, number: int, login: str) -> Ticket:
        ticket = self.find(number)
        return self._change(number, assignees=list(dict.fromkeys([*ticket.assignees, login])))

    def unassign(self, number: int, login: str) -> Ticket:
        ticket = self.find(number)
        return self._change(number, assignees=[one for one in ticket.assignees if one != login])

    def milestone(self, number: int, title: str | None) -> Ticket:
        with self.world.lock:
            ticket = self.find(number)
            ticket.milestone = title
            self._told("ticket.updated", ticket)
            return ticket

    def comment(self, number: int, body: str, by: str = PEOPLE[0][0]) -> Comment:
        with self.world.lock:
            ticket, born = self.find(number), self.world.moment()
            comment = Comment(self.world.comment_id(), by, body, born, born)
            ticket.comments.append(comment)
            self._tell_comment("comment.created", ticket, comment)
            return comment

    def edit_comment(self, comment: str, body: str) -> Comment:
        with self.world.lock:
            ticket, found = self.find_comment(comment)
            found.body, found.updated_at = body, self.world.moment()
            self._tell_comment("comment.updated", ticket, found)
            return found

    def delete_comment(self, comment: str) -> None:
        with self.world.lock:
            ticket, found = self.find_comment(comment)
            ticket.comments.remove(found)
            self._tell_comment("comment.deleted", ticket, found)

    def delete(self, number: int) -> None:
        """Only the id is told: a thin event."""
        with self.world.lock:
            ticket = self.find(number)
            ticket.deleted = True
            self.mail.tell("ticket.deleted", {"id": ticket.id})

    def restore(self, number: int) -> Ticket:
        with self.world.lock:
            ticket = self.world.tickets[number]
            ticket.deleted = False
            self._told("ticket.restored", ticket)
            return ticket

    def move(self, number: int, key: str) -> None:
        with self.world.lock:
            ticket = self.find(number)
            ticket.moved = True
            to = {"key": key, "url": f"{self.world.base}/elsewhere/{key}", "title": ticket.title}
            self.mail.tell("ticket.moved", {**ticket_view(self.world, ticket), "to": to})

    def configure(self) -> None:
        """What the project knows of labels and milestones, whole."""
        labels = [{"id": f"l-{name}", "name": name} for name in self.world.labels]
        stones = [milestone_view(title) for title in self.world.milestones]
        self.mail.tell("project.configured", {"labels": labels, "milestones": stones})

    def resend(self, only: Hook | None = None) -> None:
        """Every ticket once more, whole: what a new receiver hears first."""
        with self.world.lock:
            for ticket in self.world.tickets.values():
                if ticket.alive:
                    view = ticket_view(self.world, ticket)
                    self.mail.tell("ticket.updated", view, only)

    def find(self, number: int) -> Ticket:
        ticket = self.world.tickets.get(number)
        if ticket is None or not ticket.alive:
            raise NoSuch(f"no ticket {number}")
        return ticket

    def find_comment(self, comment: str) -> tuple[Ticket, Comment]:
        for ticket in self.world.tickets.values():
            for one in ticket.comments if ticket.alive else ():
                if one.id == comment:
                    return ticket, one
        raise NoSuch(f"no comment {comment}")

    def _change(self, number: int, **values: str | list[str] | None) -> Ticket:
        with self.world.lock:
            ticket = self.find(number)
            for name, value in values.items():
                if value is not None:
                    setattr(ticket, name, value)
            self._told("ticket.updated", ticket)
            return ticket

    def _told(self, kind: str, ticket: Ticket) -> None:
        ticket.updated_at = self.world.moment()
        self._tell(kind, ticket)

    def _tell(self, kind: str, ticket: Ticket) -> None:
        self.mail.tell(kind, ticket_view(self.world, ticket))

    def _tell_comment(self, kind: str, ticket: Ticket, comment: Comment) -> None:
        """The ticket comes along whole, so that no order can hurt."""
        ticket.updated_at = self.world.moment()
        view: Json = ticket_view(self.world, ticket)
        self.mail.tell(kind, {"ticket": view, "comment": comment_view(self.world, ticket, comment)})


def perform(acts: Acts, name: str, args: Json) -> Json:
    """Runs one act by its name, as `POST /_sandbox/act` asks."""
    if name not in ACTS:
        raise NoSuch(f"no act {name!r}; there are {', '.join(ACTS)}")
    done = getattr(acts, name)(**args)
    with suppress(AttributeError):
        return {"id": done.id, "number": done.number, "key": done.key}
    return {"id": getattr(done, "id", None)}
