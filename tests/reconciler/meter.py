"""The gap meter on a store, with a clock and webhooks that tests make."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from reconciler import gaps as meter
from reconciler.gaps import Find
from reconciler.parts import Parts
from schemas.delivery import Outcome
from schemas.session import Report
from schemas.tracker import Part
from store import gaps, journal, sessions
from store.database import Store
from store.gaps import Gap
from store.journal import Failed, Finished
from store.tables import gaps as rows
from tests.builders import SOURCE, Clock, a_source, an_issue, at, issue_webhook, journaled, keep
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare
from trackers.base import Capabilities

TELLS: frozenset[Part] = frozenset({"core", "comments", "definitions"})
MINUTES = 60
HOURS = 3600


@dataclass(frozen=True)
class Telling:
    """As much of a tracker as the meter asks for."""

    capabilities: Capabilities = field(default_factory=lambda: Capabilities(tells=TELLS))


@dataclass
class Meter:
    """The meter on a store, with a clock that tests move."""

    parts: Parts
    store: Store
    clock: Clock
    session: int = 0

    @property
    def source(self):
        return self.parts.sources[SOURCE]

    def open(self, kind: str = "incremental") -> int:
        """A session begins."""
        with self.store.write() as connection:
            self.session = sessions.begin(connection, SOURCE, kind, self.clock())
        return self.session

    def close(self, **told: str) -> None:
        """It ends."""
        with self.store.write() as connection:
            sessions.end(connection, self.session, self.clock(), Report(), **told)

    def note(self, *finds: Find, **more: bool) -> int:
        with self.store.write() as connection:
            return meter.note(
                connection, self.parts, self.source, self.session, finds, self.clock(), **more
            )

    def settle(self) -> meter.Settled:
        return meter.settle(self.parts, self.source, self.session, self.clock())

    def kept(self) -> list[Gap]:
        with self.store.read() as connection:
            every = connection.execute(sa.select(rows).order_by(rows.c.id)).all()
        names = ("ticket", "part", "changed_at", "found_at", "verdict", "told_at", "id")
        return [Gap(**{name: getattr(one, name) for name in names}) for one in every]

    def verdicts(self) -> list[str]:
        return [one.verdict for one in self.kept()]

    def coverage(self, window: timedelta = gaps.DAY) -> gaps.Coverage:
        with self.store.read() as connection:
            return gaps.coverage(connection, SOURCE, self.clock(), window)

    def silent_since(self) -> datetime | None:
        with self.store.read() as connection:
            return gaps.silent_since(connection, SOURCE)


def a_find(ticket: str | None = "12", *, changed: float | None = -10 * MINUTES, **over) -> Find:
    """A find; `changed` is in seconds from NOW."""
    plain = {"part": "core", "changed_at": None if changed is None else at(changed)}
    return Find(ticket=ticket, **(plain | over))


def webhook(
    store: Store, when: float, outcome: Outcome | None = None, ticket: str | None = "12"
) -> None:
    """A webhook of a ticket's lane, and what became of it."""
    arrival = replace(issue_webhook(an_issue(12), when=when), ticket=ticket)
    keep(store, arrival)
    [row] = [one for one in journaled(store) if one.delivery_key == arrival.delivery_key]
    with store.write() as connection:
        if outcome is Outcome.dead:
            journal.fail(connection, [Failed(row.id, 3, "broken", "", None)], at(when))
        elif outcome is not None:
            journal.finish(connection, [Finished(row.id, outcome)], at(when))


def a_meter(store: Store) -> Meter:
    """The meter of a source that was never read."""
    clock = Clock(at(0))
    source = a_source(webhook_secret_env=("SECRET",))
    parts = a_parts(
        store, Pretend(), clock=clock, source=source, webhook_secrets=lambda _: ("a secret",)
    )
    declare(store, source)
    return Meter(replace(parts, tracker=lambda _: Telling()), store, clock)


def a_gauge(store: Store) -> Meter:
    """One of a source that was read an hour ago for the first time, and is being read again."""
    made = a_meter(store)
    made.clock.at = at(-HOURS)
    made.open()
    made.close()
    made.clock.at = at(0)
    made.open()
    return made
