"""What fails in a drain: tried again in time, dead in the end, and never at a neighbour's cost."""

import pytest

from schemas.delivery import Outcome
from schemas.errors import Permanent, StoreAway, Transient
from schemas.settings import RetrySettings
from store import journal
from store.database import Store
from tests.builders import (
    Clock,
    a_webhook,
    a_work,
    an_issue,
    at,
    held,
    issue_webhook,
    journaled,
    keep,
    lanes,
    outcomes,
    polled,
)
from tests.workers.draining import drained
from trackers.github import GITHUB
from workers.drain import drain


def test_a_delivery_that_cannot_be_read_is_dead_at_once_and_its_neighbours_live(
    store: Store,
) -> None:
    broken = issue_webhook(an_issue(title=7, updated=6))
    drained(
        store,
        issue_webhook(an_issue(title="Before", updated=5)),
        broken,
        issue_webhook(an_issue(title="After", updated=7)),
        issue_webhook(an_issue(13)),
    )
    assert outcomes(store) == ["applied", "dead", "applied", "applied"]
    assert (held(store).title, held(store, 13).key) == ("After", "13")
    dead = journaled(store, outcome="dead")[0]
    assert "title" in dead.reason
    assert dead.attempts == 1


def test_a_body_that_is_no_json_is_a_dead_letter_with_a_cause(store: Store) -> None:
    drained(store, a_webhook("issues", b"{not json"))
    assert outcomes(store) == ["dead"]
    assert "JSON" in journaled(store)[0].reason


class Poisoning:
    """GitHub, but for tickets called "poison": their weight is a number no database takes."""

    def __getattr__(self, name: str):
        return getattr(GITHUB, name)

    def to_ticket(self, record, source):
        ticket = GITHUB.to_ticket(record, source)
        return ticket.model_copy(update={"weight": 2**63} if ticket.title == "poison" else {})


def poisoned_work(store: Store, **over):
    """Work whose database refuses some tickets."""
    return a_work(store, tracker=lambda _: Poisoning(), **over)


def test_a_row_the_database_refuses_takes_no_neighbour_with_it(store: Store) -> None:
    clock = Clock()
    poison = polled(an_issue(13, title="poison"))
    work = poisoned_work(store, now=clock)
    drained(store, polled(an_issue(12)), poison, polled(an_issue(14)), work=work)
    assert (held(store, 12).key, held(store, 14).key) == ("12", "14")
    failed = journaled(store, ticket="13")[0]
    assert (failed.outcome, failed.attempts) == (None, 1)
    assert failed.last_error
    assert failed.due_at > clock()


def test_a_refused_row_beside_good_ones_of_its_own_ticket_waits_alone(store: Store) -> None:
    good = polled(an_issue(updated=5, title="Good"))
    bad = polled(an_issue(updated=6, title="poison"))
    drained(store, good, bad, work=poisoned_work(store))
    assert held(store).title == "Good"
    assert outcomes(store) == ["applied", None]


class Watching:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.bad: list[tuple[str, bool]] = []

    def drained(self, delivery, outcome, reason, seconds) -> None:
        self.done.append(f"{delivery.ticket} {outcome}")

    def failed(self, delivery, error, dead) -> None:
        self.bad.append((delivery.ticket, dead))

    def refetched(self, source, ticket, answer, seconds) -> None:
        self.done.append(f"{ticket} {answer}")

    def rendered(self, source, files) -> None:
        """Not watched here."""


def test_observers_hear_of_every_end_and_every_failure(store: Store) -> None:
    watching = Watching()
    work = poisoned_work(store, observer=watching)
    drained(
        store,
        polled(an_issue(12)),
        polled(an_issue(13, title="poison")),
        issue_webhook(an_issue(14, title=7)),
        work=work,
    )
    assert watching.done == ["12 applied"]
    assert sorted(watching.bad) == [("13", False), ("14", True)]


class Failing:
    """GitHub, but for a translation that fails."""

    def __init__(self, inner, error: BaseException) -> None:
        self._inner, self._error = inner, error

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    def to_ticket(self, record, source):
        raise self._error


def failing_work(store: Store, clock: Clock, error: BaseException):
    """Work whose translator always fails like this."""
    tracker = Failing(a_work(store).tracker("github"), error)
    retry = RetrySettings(attempts=4, delay_seconds=10)
    return a_work(store, now=clock, tracker=lambda _: tracker, retry=retry)


def test_a_failed_delivery_is_tried_again_ever_later_and_then_dead(store: Store) -> None:
    clock = Clock()
    work = failing_work(store, clock, KeyError("a bug of ours"))
    one = issue_webhook(an_issue())
    drained(store, one, work=work)
    pauses = []
    for _ in range(3):
        waiting = journaled(store)[0]
        assert waiting.outcome is None
        pauses.append((waiting.due_at - clock()).total_seconds())
        assert drain(work, lanes([one])).deliveries == 0, "not before its time"
        clock.at = waiting.due_at
        drain(work, lanes([one]))
    dead = journaled(store)[0]
    assert (dead.outcome, dead.attempts) == (Outcome.dead, 4)
    assert dead.reason == "KeyError: 'a bug of ours'"
    for pause, full in zip(pauses, (10, 20, 40), strict=True):
        assert 0.75 * full <= pause <= full
    with store.read() as connection:
        attempts = journal.attempts_of(connection, dead.id)
    assert [one.number for one in attempts] == [1, 2, 3, 4]
    assert all("Traceback" in one.traceback for one in attempts)
    assert attempts[-1].next_at is None


def test_retry_after_wins_over_the_schedule(store: Store) -> None:
    clock = Clock()
    drained(
        store,
        issue_webhook(an_issue()),
        work=failing_work(store, clock, Transient("slow down", retry_after=77)),
    )
    assert journaled(store)[0].due_at == at(77)


def test_a_permanent_error_is_dead_at_the_first_attempt(store: Store) -> None:
    drained(store, issue_webhook(an_issue()), work=failing_work(store, Clock(), Permanent("no")))
    assert outcomes(store) == ["dead"]


class Away:
    """A store that reads and does not write."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read, self.dialect = store.read, store.dialect

    def write(self):
        raise StoreAway("the database does not answer")


def test_a_store_that_is_away_costs_no_attempt(store: Store) -> None:
    one = issue_webhook(an_issue())
    keep(store, one)
    with pytest.raises(StoreAway):
        drain(a_work(Away(store)), lanes([one]))
    waiting = journaled(store)[0]
    assert (waiting.attempts, waiting.due_at, waiting.outcome) == (0, None, None)
