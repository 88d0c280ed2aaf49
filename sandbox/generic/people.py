"""The people at work: a seeded source of acts."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.generic.acts import Acts, NoSuch
from sandbox.generic.state import PEOPLE, Ticket

THINGS = ("scanner", "basket page", "invoice", "stock counter", "café till", "return form")
TROUBLES = ("is slow on Mondays", "counts twice", "forgets what was typed", "cannot be closed")
BODIES = (
    "It was fine last week. Since the update it is not.",
    "A customer called about it.\n\nThe second till shows it, too. 日本語の注文だけ失敗します。",
    "",
)
REMARKS = (
    "Same here.",
    "I will look at it tomorrow.",
    "Könnte am neuen Drucker liegen 🤔",
    "Done.",
)


class Staff:
    """Each `step` is one act of one of them."""

    def __init__(self, acts: Acts, seed: int = 1) -> None:
        self.acts = acts
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._repertoire: dict[Callable[[], None], float] = {
            self.comment: 26, self.create: 14, self.edit: 12, self.label: 9, self.unlabel: 4,
            self.assign: 7, self.unassign: 3, self.close: 8, self.reopen: 4, self.milestone: 4,
            self.edit_comment: 6, self.delete_comment: 3, self.delete: 1, self.configure: 0.5,
        }  # fmt: skip

    def step(self) -> str:
        """Do something; when there is nothing to do it to, write a ticket."""
        choices, weights = list(self._repertoire), list(self._repertoire.values())
        chosen = self.random.choices(choices, weights)[0]
        with self.acts.world.lock:
            try:
                chosen()
            except (NoSuch, IndexError):
                self.create()
                return "create"
        return chosen.__name__

    def fill(self, tickets: int, comments: int) -> None:
        """A past that nobody was told of."""
        acts = self.acts
        for _ in range(tickets):
            ticket = acts.enter(self._title(), self.random.choice(BODIES), self._login())
            ticket.labels = self.random.sample(acts.world.labels, self.random.randint(0, 2))
            ticket.assignees = [self._login()] if self.random.random() < 0.5 else []
            if self.random.random() < 0.3:
                ticket.state, ticket.closed_at = "closed", ticket.updated_at
        for _ in range(comments if tickets else 0):
            acts.comment(self._ticket().number, self.random.choice(REMARKS), self._login())

    def create(self) -> None:
        labels = self.random.sample(self.acts.world.labels, self.random.randint(0, 2))
        who = [self._login()] if self.random.random() < 0.4 else []
        body = self.random.choice(BODIES)
        self.acts.create(self._title(), body, labels, who, by=self._login())

    def edit(self) -> None:
        if self.random.random() < 0.5:
            self.acts.edit(self._ticket().number, title=self._title())
        body = f"{self.random.choice(BODIES)}\n\nEdited by {self._login()}."
        self.acts.edit(self._ticket().number, body=body.strip())

    def comment(self) -> None:
        remark = self.random.choice(REMARKS)
        self.acts.comment(self._ticket().number, remark, by=self._login())

    def edit_comment(self) -> None:
        comment = self.random.choice(self._ticket().comments)
        self.acts.edit_comment(comment.id, f"{self.random.choice(REMARKS)} (edited)")

    def delete_comment(self) -> None:
        self.acts.delete_comment(self.random.choice(self._ticket().comments).id)

    def label(self) -> None:
        self.acts.label(self._ticket().number, self.random.choice(self.acts.world.labels))

    def unlabel(self) -> None:
        ticket = self._ticket()
        self.acts.unlabel(ticket.number, self.random.choice(ticket.labels))

    def assign(self) -> None:
        self.acts.assign(self._ticket().number, self._login())

    def unassign(self) -> None:
        ticket = self._ticket()
        self.acts.unassign(ticket.number, self.random.choice(ticket.assignees))

    def close(self) -> None:
        self.acts.close(self._ticket("open").number)

    def reopen(self) -> None:
        self.acts.reopen(self._ticket("closed").number)

    def milestone(self) -> None:
        titles = [*self.acts.world.milestones, None]
        self.acts.milestone(self._ticket().number, self.random.choice(titles))

    def delete(self) -> None:
        self.acts.delete(self._ticket().number)

    def configure(self) -> None:
        self.acts.configure()

    def _ticket(self, state: str = "") -> Ticket:
        found = [t for t in self.acts.world.tickets.values() if t.alive and state in ("", t.state)]
        return self.random.choice(found)

    def _login(self) -> str:
        return self.random.choice(PEOPLE)[0]

    def _title(self) -> str:
        return f"The {self.random.choice(THINGS)} {self.random.choice(TROUBLES)}"
