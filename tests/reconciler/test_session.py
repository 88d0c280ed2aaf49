"""A session: everything through the journal, the cursor only behind it, and only with the lease."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from reconciler import session
from reconciler.parts import Parts
from schemas.errors import ConfigError, Denied, Transient, Unauthorized
from schemas.event import Definition
from schemas.source import SourceState
from store import leases, passes, sessions, sources
from store.database import Store
from tests.builders import (
    SOURCE,
    a_comment_record,
    a_source,
    an_issue,
    at,
    held,
    issue_webhook,
    journaled,
    keep,
    row,
)
from tests.reconciler.run import a_parts, declare
from tests.trackers.github import github_payloads as payloads
from trackers.github import GITHUB


def run(parts: Parts, *, full: bool = False):
    """One session, a minute after the last."""
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE], full=full)


def state(store: Store) -> SourceState:
    with store.read() as connection:
        found = sources.state(connection, SOURCE)
    assert found is not None
    return found


def test_a_first_session_takes_everything_in(store, parts, tracker) -> None:
    tracker.put(an_issue(1, title="One", comments=1), an_issue(2, title="Two"))
    tracker.say(a_comment_record(50, 1, body="Said"))
    done = run(parts)
    assert (done.status, done.error, done.kind) == ("complete", None, "incremental")
    assert (done.report.seen, done.report.new, done.report.journaled) == (3, 3, 3)
    assert (held(store, 1).title, held(store, 2).title) == ("One", "Two")
    assert [one.body for one in held(store, 1).comments] == ["Said"]
    assert (state(store).status, state(store).project_id) == ("active", "660001")
    with store.read() as connection:
        assert passes.find(connection, SOURCE, "whole").ended_at is not None
    assert row(store, 1).doubt is None


def test_an_idle_pass_journals_nothing(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=999))
    run(parts)
    before = len(journaled(store))
    done = run(parts)
    assert len(journaled(store)) == before
    assert (done.report.unchanged, done.report.journaled) == (1, 0)
    assert done.report.requests - done.report.cached == 2


def test_what_a_webhook_already_told_is_not_journaled_again(store, parts, tracker) -> None:
    run(parts)
    keep(store, issue_webhook(an_issue(1, updated=1_100, title="Told")))
    parts.wake([(SOURCE, "1")])
    tracker.put(an_issue(1, updated=1_100, title="Told"))
    assert run(parts).report.journaled == 0


def test_a_missed_change_is_found(store, parts, tracker) -> None:
    tracker.put(an_issue(1, title="Old"))
    run(parts)
    tracker.put(an_issue(1, updated=1_010, title="New"))
    done = run(parts)
    assert (done.report.changed, held(store, 1).title) == (1, "New")


def test_a_state_that_comes_back_is_polled_each_time(store, parts, tracker) -> None:
    """cases.md 14: A, B, A under one revision; the third is no duplicate of the first."""
    for title in ("A", "B", "A"):
        tracker.put(an_issue(1, updated=1_000, title=title))
        run(parts)
        assert held(store, 1).title == title
        assert row(store, 1).doubt is None


def test_equal_content_at_a_newer_revision_advances_the_revision(store, parts, tracker) -> None:
    """cases.md 13: else a late delivery in between would win for ever."""
    tracker.put(an_issue(1, updated=900, title="A"))
    run(parts)
    tracker.put(an_issue(1, updated=1_030, title="A"))
    run(parts)
    keep(store, issue_webhook(an_issue(1, updated=1_020, title="B"), when=1_100))
    parts.wake([(SOURCE, "1")])
    assert held(store, 1).title == "A"


def test_the_cursor_starts_a_little_before_the_last_walk_began(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=1_000))
    run(parts)
    began = state(store).cursor.since
    late = an_issue(2, updated=1_060 - 200)  # a list showed it too late
    tracker.put(late)
    assert began - timedelta(seconds=300) < at(860) < began
    run(parts)
    assert held(store, 2).key == "2"


def test_a_walk_that_was_killed_goes_on_behind_its_last_page(store, parts, tracker) -> None:
    tracker.page_size = 2
    tracker.put(*(an_issue(n, updated=n) for n in range(1, 7)))
    tracker.page_error = (3, Transient("HTTP 502"))
    done = run(parts)
    assert (done.status, done.error) == ("error", "HTTP 502")
    assert state(store).cursor.position == "2"
    assert sorted(held(store, n).number for n in range(1, 5)) == [1, 2, 3, 4]
    tracker.page_error = None
    tracker.asked.clear()
    assert run(parts).status == "complete"
    assert [one for one in tracker.asked if one.startswith("page")] == ["page 3", "page 4"]
    assert held(store, 6).number == 6
    assert state(store).cursor.position is None


def test_the_cursor_does_not_move_when_the_page_could_not_be_journaled(
    store, parts, tracker
) -> None:
    tracker.put(an_issue(1))
    broken = an_issue(2)
    del broken["number"]
    tracker.page_size = 1
    run(parts)
    before = state(store).cursor

    def refuse(_: object) -> None:
        raise Transient("the workers are away")

    tracker.put(an_issue(3, updated=1_080))
    bad = a_parts(store, tracker, clock=parts.now, progress=lambda *_: refuse(None))
    assert run(bad).status == "error"
    assert state(store).cursor != before
    pending = journaled(store, ticket="3")
    assert len(pending) == 1, "the page was journaled before its cursor moved"


def test_a_reconcile_whose_lease_was_taken_moves_nothing(store, parts, tracker) -> None:
    tracker.page_size = 1
    tracker.put(an_issue(1, updated=1), an_issue(2, updated=2))

    def steal(number: int) -> None:
        if number == 1:
            with store.write() as connection:
                connection.execute(sa.text("UPDATE leases SET fence = fence + 1, holder = 'b'"))

    tracker.between_pages = steal
    done = run(parts)
    assert (done.status, "took this reconcile over" in done.error) == ("error", True)
    assert state(store).cursor.position == "1"
    assert journaled(store, ticket="2") == []


def test_a_busy_source_names_who_has_it(store, parts) -> None:
    with store.write() as connection:
        assert leases.take(connection, f"reconcile:{SOURCE}", "host-b:4711")
    with pytest.raises(Transient, match=f"{SOURCE} is being reconciled by host-b:4711"):
        run(parts)


def test_the_lease_is_given_back_at_the_end(store, parts) -> None:
    run(parts)
    with store.write() as connection:
        assert leases.take(connection, f"reconcile:{SOURCE}", "somebody else")


def test_a_walk_ends_after_its_page_when_it_is_stopped(store, parts, tracker) -> None:
    tracker.page_size = 1
    tracker.put(an_issue(1, updated=1), an_issue(2, updated=2))
    tracker.between_pages = lambda _: parts.stop.set()
    done = run(parts)
    assert done.error.startswith("stopped")
    assert (done.status, done.resumes_at) == ("parked", done.ended_at)
    assert held(store, 1).number == 1
    assert state(store).cursor.position == "1"


def test_a_refused_list_puts_the_source_to_error_and_a_good_run_ends_it(
    store, parts, tracker
) -> None:
    tracker.page_error = (1, Denied("HTTP 403: issues are off"))
    assert run(parts).error == "HTTP 403: issues are off"
    assert (state(store).status, state(store).status_reason) == (
        "error",
        "HTTP 403: issues are off",
    )
    tracker.page_error = None
    run(parts)
    assert (state(store).status, state(store).status_reason) == ("active", "")


def test_a_refused_credential_is_an_error_with_its_remedy(store, parts, tracker) -> None:
    tracker.error = Unauthorized("HTTP 401: bad credentials")
    assert run(parts).error == "HTTP 401: bad credentials; look at its credential"
    assert state(store).status == "error"
    tracker.error = None
    run(parts)
    assert (state(store).status, state(store).status_reason) == ("active", "")


def test_a_client_that_cannot_be_made_ends_the_session_with_its_reason(
    store, tracker, clock
) -> None:
    declare(store)

    def connect(_: object, lane: str = "") -> object:
        raise ConfigError("filter of source 'shop': 'x' is unknown")

    done = run(a_parts(store, tracker, clock=clock, connect=connect))
    assert (done.status, done.error) == ("error", "filter of source 'shop': 'x' is unknown")


def test_a_bug_of_ours_ends_the_session_too(store, parts, tracker) -> None:
    tracker.error = KeyError("a bug")
    with pytest.raises(KeyError):
        run(parts)
    with store.read() as connection:
        [done] = sessions.find(connection)
    assert (done.status, done.error) == ("error", "'a bug'")


def test_a_paused_source_stays_paused_after_a_run(store, parts) -> None:
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "paused")
    run(parts)
    assert state(store).status == "paused"


@pytest.mark.parametrize("full", [False, True])
def test_another_project_behind_the_address_is_an_error(store, parts, tracker, full) -> None:
    tracker.put(an_issue(1, title="Ours"))
    run(parts)
    tracker.project_id = "999"
    tracker.put(an_issue(1, updated=1_100, title="Theirs"))
    if not full:
        with store.write() as connection:  # a delivery of the other one told us
            sources.set_status(connection, SOURCE, "error", "another project now")
    done = run(parts, full=full)
    assert "is another project now (id 999, it was 660001)" in done.error
    assert held(store, 1).title == "Ours"
    assert state(store).status == "error"


def test_another_filter_or_credential_starts_from_the_beginning(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=-90_000), an_issue(2, updated=900))
    run(parts)
    tracker.put(an_issue(3, updated=-80_000))  # older than any cursor
    run(parts)
    assert row(store, 3) is None
    other = a_parts(store, tracker, clock=parts.now, credential=lambda _: "another credential")
    run(other)
    assert held(store, 3).number == 3


class CountsAll:
    """GitHub, if an answer "not modified" counted against its limit, and without activity list."""

    capabilities = GITHUB.capabilities.model_copy(update={"conditional": False, "activity": False})

    def __getattr__(self, name: str):
        return getattr(GITHUB, name)


def test_definitions_that_cost_are_read_once_an_hour(store, parts, tracker) -> None:
    parts = replace(parts, tracker=lambda _: CountsAll())
    tracker.put(an_issue(1, labels=[payloads.a_label("bug", 9)]))
    run(parts)
    assert "definitions" not in " ".join(tracker.asked), "a first import carries those in use"
    run(parts)
    assert "definitions" not in " ".join(tracker.asked)
    parts.now.forward(hours=1)
    renamed = Definition(kind="label", id="9", name="defect", color="d73a4a")
    tracker.definitions = [(("label",), (renamed,))]
    run(parts)
    assert tracker.asked.count("definitions") == 1
    assert [one.name for one in held(store, 1).labels] == ["defect"]


def test_definitions_that_are_free_are_read_in_each_pass(store, parts, tracker) -> None:
    tracker.put(an_issue(1, labels=[payloads.a_label("bug", 9)]))
    run(parts)
    renamed = Definition(kind="label", id="9", name="defect", color="d73a4a")
    tracker.definitions = [(("label",), (renamed,))]
    run(parts)
    assert [one.name for one in held(store, 1).labels] == ["defect"]


def test_a_definition_missing_in_the_list_is_on_no_ticket_any_more(store, parts, tracker) -> None:
    tracker.put(an_issue(1, labels=[payloads.a_label("bug", 9)]))
    run(parts)
    tracker.definitions = [(("label",), ())]
    run(parts, full=True)
    assert held(store, 1).labels == ()


def test_comments_of_what_is_not_held_are_not_kept(store, parts, tracker) -> None:
    """Pull requests, and tickets outside the filter: their comments come in the same list."""
    tracker.put(an_issue(1))
    pull = a_comment_record(60, 5, html_url="https://github.com/lantern/harbour/pull/5#c")
    tracker.say(pull, a_comment_record(61, 9), a_comment_record(62, 1))
    run(parts)
    assert {one.ticket for one in journaled(store)} == {"1", None}
    assert [one.id for one in held(store, 1).comments] == ["62"]


def test_a_comment_whose_ticket_waits_in_the_journal_is_kept(store, tracker, clock) -> None:
    """The workers are behind: ticket and comment of one walk are drained together, later."""
    declare(store)
    parts = a_parts(store, tracker, clock=clock, wake=lambda _: None)
    tracker.put(an_issue(1, updated=900, comments=1))
    tracker.say(a_comment_record(60, 1, updated=100))
    run(parts)
    assert len(journaled(store, outcome="pending")) >= 2
    a_parts(store, tracker, clock=clock).wake([(SOURCE, "1")])
    assert [one.id for one in held(store, 1).comments] == ["60"]


def test_a_record_that_cannot_be_read_is_one_dead_letter_however_often_it_is_polled(
    store, parts, tracker
) -> None:
    tracker.put(an_issue(1), an_issue(2, title=7, updated=1_000), an_issue(3))
    for _ in range(3):
        assert run(parts).status == "complete"
    assert [one.ticket for one in journaled(store, outcome="dead")] == ["2"]
    assert (held(store, 1).number, held(store, 3).number) == (1, 3)


def test_a_source_that_starts_now_leaves_older_tickets_out(store, tracker, clock) -> None:
    source = a_source(start="now")
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    tracker.put(an_issue(1, updated=-5_000))
    run(parts)
    assert row(store, 1) is None
    tracker.put(an_issue(2, updated=1_100), an_issue(1, updated=1_110))
    parts.now.forward(minutes=1)
    run(parts)
    assert (held(store, 1).number, held(store, 2).number) == (1, 2)
