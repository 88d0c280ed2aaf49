"""Refetch: what the tracker answers about a ticket in doubt, and what its silence means."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from schemas.delivery import Outcome
from schemas.errors import ConfigError, Denied, Spent, StoreAway, Transient
from schemas.event import Doubtful
from schemas.record import Gone, Moved
from store import sources
from store.database import Store
from tests.builders import (
    SOURCE,
    Clock,
    a_comment_record,
    a_work,
    an_issue,
    at,
    comment_rows,
    held,
    issue_webhook,
    journaled,
    observed,
    partial,
    polled,
    polled_comment,
    rev,
    row,
)
from tests.pretend import Pretend, elsewhere
from tests.reconciler.run import declare
from tests.workers.draining import drained
from workers.refetch import refetch
from workers.work import Work


def doubting(store: Store, tracker: Pretend, clock: Clock, aspect: str = "core") -> Work:
    """Work with ticket 12 held, as the tracker has it, and in doubt; time moves on a second."""
    work = a_work(store, connect=tracker.connect, now=clock)
    tracker.put(an_issue())
    hint = observed(Doubtful(tickets=("12",), aspect=aspect, reason="a hint"), ticket="12")
    drained(store, polled(an_issue()), hint, work=work)
    assert row(store).doubt_due_at is not None
    clock.forward(seconds=1)
    return work


def ask(work: Work, ticket: str = "12") -> None:
    refetch(work, SOURCE, [ticket])


def test_a_record_is_journaled_applied_and_ends_the_doubt(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock)
    tracker.put(an_issue(updated=30, title="News"))
    ask(work)
    assert (held(store).title, held(store).sync_status) == ("News", "synced")
    fetched = journaled(store)[-1]
    assert (str(fetched.via), fetched.event) == ("fetch", "fetch.record")
    assert fetched.outcome is Outcome.applied
    assert fetched.observed_at == clock()


def test_only_what_is_in_doubt_is_asked_for(store: Store) -> None:
    tracker = Pretend()
    work = doubting(store, tracker, Clock(), "links")
    tracker.links["12"] = (
        {"kind": "child", "number": 7, "repository": "lantern/harbour", "here": True},
    )
    ask(work)
    assert tracker.asked == ["fetch 12 links"]
    assert [one.target.external_id for one in held(store).relations] == ["7"]


def test_links_that_are_gone_are_gone_here(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock, "links")
    tracker.links["12"] = ({"kind": "child", "number": 7, "here": True},)
    ask(work)
    drained(
        store,
        observed(Doubtful(tickets=("12",), aspect="links", reason="x"), ticket="12", when=2),
        work=work,
    )
    tracker.links.clear()
    clock.forward(seconds=5)
    ask(work)
    assert held(store).relations == ()


def test_a_ticket_without_doubt_is_not_asked_about(store: Store) -> None:
    tracker = Pretend()
    work = a_work(store, connect=tracker.connect)
    drained(store, polled(an_issue()), work=work)
    ask(work)
    assert tracker.asked == []


def test_a_ticket_somebody_asks_about_is_left_to_them_for_a_minute(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock)
    tracker.before_fetch = lambda ticket: refetch(work, SOURCE, [ticket])
    ask(work)
    assert tracker.asked == ["fetch 12 core"]


def test_one_who_died_while_asking_is_relieved_after_a_minute(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock)

    def die(_: str) -> None:
        raise KeyboardInterrupt

    tracker.before_fetch = die
    with pytest.raises(KeyboardInterrupt):
        ask(work)
    tracker.before_fetch = None
    ask(work)
    assert len(tracker.asked) == 1
    clock.forward(seconds=61)
    ask(work)
    assert held(store).sync_status == "synced"


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (Gone(ticket="12", proof="HTTP 410"), "deleted"),
        (Moved(ticket="12", to=elsewhere()), "moved"),
        (None, "hidden"),
    ],
)
def test_an_absence_is_kept_as_what_it_is(store: Store, answer, fate: str) -> None:
    tracker = Pretend()
    work = doubting(store, tracker, Clock())
    tracker.issues.clear()
    if answer is not None:
        tracker.answers["12"] = answer
    ask(work)
    assert (row(store).fate, held(store).sync_status) == (fate, fate)
    assert held(store).title == "The beacon flickers at dusk"
    assert row(store).doubt_due_at is None
    if fate == "moved":
        assert row(store).moved_to["key"] == "other/repo#7"


def test_a_hidden_ticket_is_not_believed_when_the_whole_project_is_locked(store: Store) -> None:
    declare(store)
    tracker = Pretend(project_error=Denied("repository lantern/harbour: HTTP 404"))
    work = doubting(store, tracker, Clock())
    tracker.issues.clear()
    ask(work)
    assert row(store).fate == "here"
    assert row(store).doubt_due_at is not None
    assert status(store) == (
        "error",
        "tickets cannot be fetched: repository lantern/harbour: HTTP 404",
    )


def status(store: Store) -> tuple[str, str]:
    with store.read() as connection:
        state = sources.state(connection, SOURCE)
    assert state is not None
    return state.status, state.status_reason


def test_a_tracker_that_is_away_leaves_the_doubt_and_journals_nothing(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock)
    before = len(journaled(store))
    tracker.error = Transient("HTTP 502")
    ask(work)
    assert len(journaled(store)) == before
    assert row(store).doubt_due_at == at(31)
    assert held(store).sync_status == "in_doubt"


def test_a_tracker_that_says_when_is_asked_then(store: Store) -> None:
    tracker = Pretend()
    work = doubting(store, tracker, Clock())
    tracker.error = Transient("HTTP 429", retry_after=300)
    ask(work)
    assert row(store).doubt_due_at == at(301)


def test_a_budget_that_is_used_up_parks_all_doubts_and_blames_nobody(store: Store) -> None:
    declare(store)
    tracker = Pretend()
    work = doubting(store, tracker, Clock())
    for ticket in (13, 14):
        tracker.put(an_issue(ticket))
        hint = Doubtful(tickets=(str(ticket),), aspect="core", reason="a hint")
        polls = polled(an_issue(ticket)), observed(hint, ticket=str(ticket))
        drained(store, *polls, work=work)
    before, now = len(journaled(store)), work.now()
    tracker.error = Spent("the tracker's rate limit is used up", retry_after=1200)
    refetch(work, SOURCE, ["12", "13", "14"])
    assert len(tracker.asked) == 1
    assert len(journaled(store)) == before
    due = {row(store, ticket).doubt_due_at for ticket in ("12", "13", "14")}
    assert due == {now + timedelta(seconds=1200)}
    assert {row(store, ticket).doubt["tries"] for ticket in ("12", "13", "14")} == {0}
    assert status(store)[0] != "error"


def test_parked_doubts_are_asked_about_once_there_is_budget_again(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock)
    tracker.error = Spent("the tracker's rate limit is used up", retry_after=1200)
    ask(work)
    tracker.error = None
    clock.forward(seconds=1199)
    ask(work)
    assert held(store).sync_status == "in_doubt"
    clock.forward(seconds=1)
    ask(work)
    assert held(store).sync_status == "synced"


def test_a_denial_puts_the_source_to_error_and_an_answer_brings_it_back(store: Store) -> None:
    declare(store)
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock)
    tracker.error = Denied("HTTP 401: bad credentials")
    ask(work)
    assert status(store) == ("error", "tickets cannot be fetched: HTTP 401: bad credentials")
    tracker.error = None
    clock.forward(minutes=5)
    ask(work)
    assert status(store) == ("active", "")


def test_an_answer_does_not_end_an_error_that_is_not_about_answers(store: Store) -> None:
    """Half the tickets vanished from the lists; that one can be fetched proves nothing."""
    declare(store)
    work = doubting(store, Pretend(), Clock())
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "error", "400 of 900 tickets are not listed")
    ask(work)
    assert status(store) == ("error", "400 of 900 tickets are not listed")


def test_an_answer_does_not_resume_a_paused_source(store: Store) -> None:
    declare(store)
    work = doubting(store, Pretend(), Clock())
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "paused")
    ask(work)
    assert status(store)[0] == "paused"


@pytest.mark.parametrize("error", [ConfigError("filter: unknown"), KeyError("a bug of ours")])
def test_a_client_that_cannot_be_made_or_breaks_is_asked_again_later(
    store: Store, error: Exception
) -> None:
    def connect(_: object) -> object:
        raise error

    work = doubting(store, Pretend(), Clock())
    broken = a_work(store, connect=connect, now=work.now)
    ask(broken)
    assert row(store).doubt_due_at == at(31)


def test_a_store_that_goes_away_is_not_taken_for_an_answer(store: Store) -> None:
    tracker = Pretend()
    work = doubting(store, tracker, Clock())

    def away(_: str) -> None:
        raise StoreAway("gone")

    tracker.before_fetch = away
    with pytest.raises(StoreAway):
        ask(work)


def with_two_comments(
    store: Store, aspect: str = "comments"
) -> tuple[Pretend, Work, Callable[[], None]]:
    """Ticket 12 with two comments held; the tracker still has them."""
    tracker, clock = Pretend(), Clock()
    work = doubting(store, tracker, clock, aspect)
    both = [a_comment_record(40_001), a_comment_record(40_002, body="Second")]
    tracker.say(*both)
    drained(store, *(polled_comment(one) for one in both), work=work)
    hint = observed(Doubtful(tickets=("12",), aspect="comments", reason="x"), ticket="12")
    drained(store, hint, work=work)
    return tracker, work, lambda: ask(work)


def test_comments_missing_in_the_list_are_confirmed_one_by_one(store: Store) -> None:
    tracker, _, again = with_two_comments(store)
    del tracker.comments["40001"]
    again()
    assert tracker.asked == ["fetch 12 comments", "fetch_comment 40001"]
    assert [one.id for one in held(store).comments] == ["40002"]
    assert comment_rows(store)["40001"].deleted is True


def test_a_comment_that_slipped_between_two_pages_is_no_deletion(store: Store) -> None:
    """cases.md 19: the list lacks it, its own address has it."""
    tracker, _, again = with_two_comments(store)
    full = tracker.of
    tracker.of = lambda ticket: full(ticket)[:1]  # the state's own list, read while items moved
    again()
    assert tracker.asked == ["fetch 12 comments", "fetch_comment 40002"]
    assert [one.id for one in held(store).comments] == ["40001", "40002"]


def test_a_miscount_reads_all_comments_and_asks_no_more(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = a_work(store, connect=tracker.connect, now=clock)
    drained(store, polled(an_issue(comments=2)), work=work)
    assert row(store).doubt_due_at == at(20)
    tracker.put(an_issue(comments=2))
    tracker.say(a_comment_record(40_001), a_comment_record(40_002))
    clock.forward(seconds=21)
    ask(work)
    assert tracker.asked == ["fetch 12 comments"]
    assert len(held(store).comments) == 2
    assert row(store).doubt is None


def test_a_comment_that_arrives_in_time_saves_the_request(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = a_work(store, connect=tracker.connect, now=clock)
    drained(store, polled(an_issue(comments=1)), work=work)
    drained(store, polled_comment(a_comment_record()), work=work)
    assert row(store).doubt is None
    clock.forward(minutes=5)
    ask(work)
    assert tracker.asked == []


def test_a_replica_that_lags_is_asked_three_times_more_and_then_believed(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = a_work(store, connect=tracker.connect, now=clock)
    drained(store, polled(an_issue(updated=1, title="Old")), work=work)
    drained(store, issue_webhook(partial(an_issue(updated=9, title="New"), "body")), work=work)
    tracker.put(an_issue(updated=1, title="Old"))
    for _ in range(10):
        due = row(store).doubt_due_at
        if due is None:
            break
        clock.at = max(clock(), due)
        clock.forward(milliseconds=10)
        ask(work)
    assert tracker.asked == ["fetch 12 core"] * 4
    assert (clock() - at()).total_seconds() == pytest.approx(300, abs=1)
    assert (held(store).title, row(store).revision) == ("Old", rev(1))


def test_an_unknown_source_is_nothing_to_ask_about(store: Store) -> None:
    refetch(a_work(store), "elsewhere", ["12"])
