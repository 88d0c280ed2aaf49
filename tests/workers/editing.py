"""A workspace over a stand-in tracker: a person edits files, others edit at the tracker."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runtime import config
from sandbox.register import module_of
from schemas.change import CommentChange, TicketChange
from schemas.source import LOCAL, Source
from schemas.ticket import Comment, Label, Person, Ticket
from store import conflicts, edits
from store.database import Store
from store.whole import whole_tickets
from store.workspace.read import ReadFile, read
from tests.builders import a_work
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.base import Client
from trackers.registry import tracker_named
from workers.drain import drain
from workers.edits.sending import Sent, push_edits
from workers.edits.taking import Taken, take_over
from workers.refetch import fetch_now
from workers.render import render
from workers.work import Work

NAME = "shop"


class Bench:
    """One source, its stand-in, and the files of its tickets."""

    def __init__(self, store: Store, root: Path, tracker: str, running: Any, **source: Any) -> None:
        module = module_of(tracker)
        told = module.announce(running)
        keys = {k: v for k, v in told.get("source", {}).items() if not k.endswith("_env")}
        self.running, self.store, self.root = running, store, root / "tickets"
        self.tracker = tracker_named(tracker)
        self._token = told["token"]
        self._login = next(iter(told.get("environment", {}).values()), None)
        plain = {"direction": "bidirectional", "filter": {"state": "all"}}
        self.source = a_source(
            tracker, told["url"], api_url=told["api_url"], **plain | keys | source
        )
        self.ahead = 2.0
        self.work: Work = a_work(
            store,
            self.source,
            config.local_source(),
            connect=self.client,
            workspace=self.root,
            now=lambda: datetime.now(UTC) + timedelta(seconds=self.ahead),
        )

    def client(self, source: Source | None = None) -> Client:
        """A client as workers open it."""
        return self.tracker.connect(
            source or self.source,
            credentials=Secrets(self._token, login=self._login),
            limiter=Budget(),
            validators=Memory(),
        )

    # At the tracker.

    def make(self, **fields: Any) -> str:
        """A ticket that somebody opened there, and its file here."""
        ticket = self._write(None, {"title": "Fix bug", "body": "Old", **fields})
        self.pull(ticket)
        return ticket

    def change(self, ticket: str, **fields: Any) -> None:
        """Somebody changes it there; nobody tells us."""
        self._write(ticket, fields)

    def remark(self, ticket: str, body: str) -> None:
        """Somebody comments there, and we read it."""
        client = self.client()
        change = CommentChange(ticket=ticket, wanted=Comment(id="", body=body))
        for step in self.tracker.to_writes(change, self.source):
            client.write(step)
        client.close()
        self.pull(ticket)

    def _write(self, ticket: str | None, fields: dict[str, Any]) -> str:
        client = self.client()
        wanted = Ticket(source=NAME, external_id="", key="", **fields)
        change = TicketChange(ticket=ticket, wanted=wanted, fields=frozenset(fields))
        for step in self.tracker.to_writes(change, self.source):
            if step.ticket is None and ticket is not None:
                step = step.model_copy(update={"ticket": ticket})
            ticket = client.write(step).ticket
        client.close()
        assert ticket is not None
        return ticket

    def there(self, ticket: str) -> Ticket:
        """The ticket as the tracker has it."""
        client = self.client()
        found = client.fetch(ticket, frozenset({"core", "comments"}))
        client.close()
        said = self.tracker.to_ticket(found.body, self.source)
        comments = [self.tracker.to_comment(one, self.source) for one in found.comments or ()]
        return said.model_copy(update={"comments": tuple(comments)})

    # Here.

    def pull(self, ticket: str) -> None:
        """Reads a ticket and writes its file."""
        client = self.client()
        fetch_now(self.work, client, (NAME, ticket), frozenset({"core", "comments"}))
        client.close()
        self.settle()

    def settle(self, keys: Any = ()) -> None:
        drain(self.work, keys)
        render(self.work, [NAME, LOCAL])

    def take(self, **how: Any) -> Taken:
        """A look at the files, as one does for a new process."""
        taken = take_over(self.work, {}, **how)
        self.settle(taken.keys)
        return taken

    def push(self) -> Sent:
        """Sends what waits."""
        sent = push_edits(self.work)
        self.settle()
        return sent

    def held(self, ticket: str) -> Ticket:
        with self.store.read() as connection:
            return whole_tickets(connection, [(NAME, ticket)], parts=True)[NAME, ticket]

    def path(self, ticket: str) -> Path:
        key = self.held(ticket).key
        [found] = (self.root / NAME).glob(f"{key}[_]*/ISSUE.md")
        return found

    def file(self, ticket: str) -> ReadFile:
        return read(self.path(ticket))

    def text(self, ticket: str) -> str:
        return self.path(ticket).read_text()

    def edit(self, ticket: str, before: str, after: str) -> None:
        path = self.path(ticket)
        text = path.read_text()
        assert before in text, text
        path.write_text(text.replace(before, after, 1))

    def comment(self, ticket: str, text: str) -> None:
        """Types a new comment above the end mark."""
        self.edit(
            ticket, "<!-- ticketsync end", f"### new comment\n\n{text}\n\n<!-- ticketsync end"
        )

    def waiting(self, ticket: str) -> dict[str, Any]:
        with self.store.read() as connection:
            found = edits.of(connection, [(NAME, ticket)]).get((NAME, ticket), [])
        return {one.field: one.value for one in found}

    def conflicts(self) -> dict[str, tuple[Any, Any]]:
        with self.store.read() as connection:
            return {one.field: (one.left, one.right) for one in conflicts.find(connection)}

    def settle_conflict(self, how: Any, value: Any = None, field: str = "title") -> None:
        with self.store.write() as connection:
            [one] = [c for c in conflicts.find(connection) if c.field == field]
            conflicts.settle(connection, one, how, value, "cli:ines", self.work.now())

    def writes(self) -> list[str]:
        """Requests since the log was cleared that are no reading."""
        return [
            f"{one.method} {one.path}"
            for one in self.running.requests.entries
            if one.method not in ("GET", "HEAD")
        ]


def labels(*names: str) -> tuple[Label, ...]:
    return tuple(Label(id=name, name=name) for name in names)


def people(*logins: str) -> tuple[Person, ...]:
    return tuple(Person(id=login, login=login) for login in logins)


@contextmanager
def bench(store: Store, root: Path, tracker: str = "github", **source: Any) -> Iterator[Bench]:
    """A running stand-in with a workspace over it."""
    with module_of(tracker).start() as running:
        yield Bench(store, root, tracker, running, **source)
