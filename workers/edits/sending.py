"""Sending: edits of files that wait are merged with what the tracker says, and written there.

The tracker is read first. A field that only the file changed is written; what both changed follows
the source's `strategy`, by default a person (law 10). Until an edit is sent, or settled, the file
goes on saying what was typed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from schemas import fingerprint
from schemas.change import CommentChange, TicketChange
from schemas.errors import Permanent, StoreAway, TicketsyncError
from schemas.mirror import Conflict
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Comment, Milestone, Ticket
from store import conflicts, edits, known, people, sources, standing
from store.database import Connection
from store.edits import COMMENT, Edit
from store.keys import Key
from store.whole import whole_tickets
from store.workspace.render import shown
from store.workspace.unsent import with_values
from trackers.base import Client
from workers.edits import announced, words
from workers.failures import described, pause
from workers.mirrors.carry import Errand, carry_out
from workers.refetch import fetch_now
from workers.rules.threeway import Kind, Sided, Verdict, decide
from workers.work import Work

AT_ONCE = 50
LEASE = timedelta(minutes=2)
"""Longer than the longest write: so long an edit is left to whoever began to send it."""
LONGEST_PAUSE = timedelta(hours=1)
WHO = "workspace"
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Sent:
    """What a push of edits did: tickets written, new conflicts, edits that wait; `faults` say why.

    `sources` are those whose files are due by it.
    """

    tickets: int = 0
    comments: int = 0
    conflicts: int = 0
    waiting: int = 0
    faults: list[str] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)


def push_edits(
    work: Work, *, only: Iterable[str] | None = None, session: int | None = None
) -> Sent:
    """Sends all edits that are due now; one ticket's trouble leaves the others alone."""
    sent = Sent()
    chosen = set(work.sources) if only is None else set(only)
    names = [one.name for one in work.sources.values() if one.sends_edits and one.name in chosen]
    with work.store.read() as connection:
        states = sources.states(connection)
        held_up = {name for name in names if name in states and states[name].status == "paused"}
        keys = edits.due(connection, [*{*names} - held_up], work.now(), AT_ONCE)
    clients = dict[str, Client]()
    try:
        for key in keys:
            if key[0] not in clients:
                clients[key[0]] = work.connect(work.sources[key[0]])
            _Push(work, clients[key[0]], work.sources[key[0]], key, sent, session).run()
    finally:
        for client in clients.values():
            client.close()
    return sent


@dataclass(slots=True)
class _Choice:
    """What becomes of one edit: `value` is to be written, unless `writes` is False."""

    edit: Edit
    verdict: Verdict
    theirs: Json
    conflict: Conflict | None = None

    @property
    def writes(self) -> bool:
        return self.verdict.act in ("write_right", "write_both")


@dataclass(slots=True)
class _Push:
    """One ticket's edits on their way."""

    work: Work
    client: Client
    source: Source
    key: Key
    sent: Sent
    session: int | None

    def run(self) -> None:
        now = self.work.now()
        with self.work.store.write() as connection:
            mine = edits.claim(connection, self.key, now, now + LEASE)
        if not mine:
            return
        self.sent.sources.add(self.key[0])
        try:
            announced.settle(self.work, self.client, self.key, mine)
            with self.work.store.read() as connection:
                left = {one.id for one in edits.of(connection, [self.key]).get(self.key, [])}
            self._send([one for one in mine if one.id in left])
        except announced.NotYet as waits:
            self._put_off(mine, waits.until, str(waits), tried=0)
        except StoreAway:
            raise
        except Exception as error:  # one ticket's trouble must not keep the others from their way
            if not isinstance(error, TicketsyncError):
                log.exception("edit_failed", source=self.key[0], ticket=self.key[1])
            self._failed(mine, error)

    def _send(self, mine: list[Edit]) -> None:
        if not mine:
            return
        fetch_now(self.work, self.client, self.key, frozenset({"core"}))
        with self.work.store.read() as connection:
            ticket = whole_tickets(connection, [self.key]).get(self.key)
            fate, _ = standing.of(connection, self.key)
            settled = {one.field: one for one in conflicts.of_edits(connection, self.key)}
            changed_at = standing.changed_at(connection, self.key)
        if ticket is None or fate != "here":
            self._lost(mine, str(fate))
            return
        theirs = dict(shown(ticket)) | {"body": ticket.body}
        choices = [
            self._choose(one, _comparable(one.field, theirs), settled.get(one.field), changed_at)
            for one in mine
            if one.field != COMMENT
        ]
        self._write(ticket, [one for one in choices if one.writes])
        self._note([one for one in choices if not one.writes])
        for one in mine:
            if one.field == COMMENT:
                self._comment(one)

    def _choose(
        self,
        edit: Edit,
        theirs: Json,
        conflict: Conflict | None,
        changed_at: Mapping[str, datetime],
    ) -> _Choice:
        verdict = self._told(edit, theirs, conflict) if conflict else None
        if verdict is None:
            verdict = decide(
                Sided(
                    field=edit.field,
                    kind=_kind(edit.field),
                    base_left=edit.base,
                    base_right=edit.base,
                    left=edit.value,
                    right=theirs,
                    left_there=edit.value,
                    right_here=theirs,
                    strategy=self.source.strategy,
                    left_at=edit.at,
                    right_at=changed_at.get("status" if edit.field == "state" else edit.field),
                    base_left_there=edit.base,
                    base_right_here=edit.base,
                )
            )
        return _Choice(edit, verdict, theirs, conflict)

    def _told(self, edit: Edit, theirs: Json, conflict: Conflict) -> Verdict | None:
        """What a person decided, unless it would overwrite what that person never saw."""
        if conflict.settled_at is None:
            return None
        if (conflict.how != "right" and theirs != conflict.right) or (
            conflict.how != "left" and edit.value != conflict.left
        ):
            with self.work.store.write() as connection:
                conflicts.reopen(connection, conflict)
            return None
        if conflict.how == "right":
            return Verdict("agree")
        value = edit.value if conflict.how == "left" else conflict.value
        return Verdict("agree") if value == theirs else Verdict("write_right", right=value)

    def _write(self, ticket: Ticket, some: list[_Choice]) -> None:
        """Writes fields in one change, and looks at what the tracker made of them."""
        if not some:
            return
        values = {one.edit.field: one.verdict.right for one in some}
        with self.work.store.read() as connection:
            wanted = _known_there(connection, self.key[0], with_values(ticket, values))
            record = known.record(connection, self.key)
        change = TicketChange(
            ticket=self.key[1], wanted=wanted, fields=frozenset(values), record=record
        )
        errand = Errand(
            self.key[0],
            change,
            session=self.session,
            fields=lambda _: {one.edit.field: (one.theirs, one.verdict.right) for one in some},
            origins={name: _origin(self.key, name, value) for name, value in values.items()},
            read_at=self.work.now(),
        )
        done = carry_out(self.work, self.client, errand)
        self.sent.tickets += 1
        with self.work.store.read() as connection:
            after = whole_tickets(connection, [self.key])[self.key]
        said = dict(shown(after)) | {"body": after.body}
        refused = [
            one
            for one in some
            if done.losses
            and _same(one.edit.field, said, one.theirs)
            and _told_of(done.losses, one)
        ]
        if refused:
            later = self.work.now() + LONGEST_PAUSE
            self._put_off([one.edit for one in refused], later, "; ".join(done.losses))
        self._done([one for one in some if one not in refused])

    def _comment(self, edit: Edit) -> None:
        marker = announced.marker_of(self.work, self.key, edit)
        change = CommentChange(
            ticket=self.key[1], wanted=Comment(id="", body=str(edit.value)), marker=marker
        )
        errand = Errand(
            self.key[0],
            change,
            session=self.session,
            carries=announced.name_of(edit),
            recorded=partial(announced.recorded, self.work, self.key, edit),
        )
        carry_out(self.work, self.client, errand)
        self.sent.comments += 1

    def _note(self, some: list[_Choice]) -> None:
        """What is not written: both say the same, or both changed it."""
        clashes = [one for one in some if one.verdict.act == "conflict"]
        self._done([one for one in some if one.verdict.act != "conflict"])
        with self.work.store.write() as connection:
            for one in clashes:
                self._open(connection, one.edit, one.theirs)

    def _open(self, connection: Connection, edit: Edit, theirs: Json) -> None:
        _, new = conflicts.open_one(
            connection,
            key=self.key,
            field=edit.field,
            base=edit.base,
            left=edit.value,
            right=theirs,
            strategy=self.source.strategy,
            now=self.work.now(),
        )
        edits.park(connection, edit)
        edits.show(connection, [self.key])
        self.sent.conflicts += new

    def _lost(self, mine: list[Edit], fate: str) -> None:
        """There is no ticket to write to any more: a person decides what becomes of the text."""
        with self.work.store.write() as connection:
            for one in mine:
                _, new = conflicts.open_one(
                    connection,
                    key=self.key,
                    field=one.field,
                    base=one.base,
                    left=one.value,
                    right=None,
                    kind="delete",
                    strategy=self.source.strategy,
                    now=self.work.now(),
                )
                edits.park(connection, one)
                self.sent.conflicts += new
            edits.show(connection, [self.key])
        self.sent.faults.append(
            f"{self.key[0]} {self.key[1]}: the ticket is {fate}; its edits wait"
        )

    def _done(self, some: list[_Choice]) -> None:
        now = self.work.now()
        with self.work.store.write() as connection:
            for one in some:
                edits.end(connection, [one.edit], "done", now)
                if one.conflict is not None:
                    how = "left" if one.writes else "right"
                    conflicts.close(connection, one.conflict, how, WHO, now)
            edits.show(connection, [self.key])

    def _failed(self, mine: list[Edit], error: Exception) -> None:
        tries = max(one.attempts for one in mine) + 1
        wait = LONGEST_PAUSE if isinstance(error, Permanent) else LEASE
        if not isinstance(error, Permanent):
            wait = min(pause(tries, error, self.work.retry), LONGEST_PAUSE)
        self._put_off(mine, self.work.now() + wait, described(error))

    def _put_off(self, mine: list[Edit], until: datetime, reason: str, tried: int = 1) -> None:
        with self.work.store.write() as connection:
            edits.put_off(connection, mine, until, reason, tried)
            edits.show(connection, [self.key])
        self.sent.waiting += len(mine)
        self.sent.faults.append(f"{self.key[0]} {self.key[1]}: an edit waits: {reason}")


def _kind(name: str) -> Kind:
    return "set" if name in words.SETS else "text" if name == "body" else "plain"


def _comparable(name: str, said: Mapping[str, Json]) -> Json:
    """What a ticket says, in the words an edit is kept in."""
    value = said.get(name)
    return words.READ[name](name, value) if value not in (None, "") else value


def _same(name: str, said: Mapping[str, Json], value: Json) -> bool:
    return bool(_comparable(name, said) == value)


def _told_of(losses: Iterable[str], one: _Choice) -> bool:
    """Whether the tracker's dialect says that it took nothing of this field."""
    stem = one.edit.field.rstrip("s").partition("_")[0]
    return any(stem in loss for loss in losses)


def _origin(key: Key, name: str, value: Json) -> str:
    return f"{key[0]}/{key[1]}/{name}/{fingerprint.digest(value)}"


def _known_there(connection: Connection, source: str, ticket: Ticket) -> Ticket:
    """The ticket with the accounts and the milestone that the tracker knows by these names."""
    unknown = [one.login or "" for one in ticket.assignees if one.id == one.login]
    accounts = people.named(connection, source, unknown)
    update: dict[str, object] = {
        "assignees": tuple(accounts.get(one.login or "", one) for one in ticket.assignees)
    }
    stone = ticket.milestone
    if stone is not None and stone.id == stone.title:
        stones = known.defined(connection, source, ("milestone",))
        same = next((one for one in stones if one.name == stone.title), None)
        if same is not None:
            update["milestone"] = Milestone(id=same.id, title=same.name, number=same.number)
    return ticket.model_copy(update=update)
