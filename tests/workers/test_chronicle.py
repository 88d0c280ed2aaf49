"""The history that applies leave behind: told exactly, inferred, replaced by the changelog."""

from itertools import permutations

import pytest

from schemas.delivery import Via
from schemas.event import TicketSeen
from store.database import Store
from tests.builders import (
    an_issue,
    at,
    issue_webhook,
    journaled,
    keep,
    lanes,
    observed,
    polled,
    row,
)
from tests.workers.draining import drained
from tests.workers.telling import entry, listed, rows, said, telling, told
from workers.drain import drain

LONG_AGO = -3_600


def test_what_differs_between_two_full_records_is_inferred_and_marked_so(store: Store) -> None:
    drained(store, polled(an_issue(title="Old"), when=1))
    drained(store, polled(an_issue(updated=60, title="New"), when=61))
    (found,) = rows(store)
    assert (found.entry.before, found.entry.after) == ("Old", "New")
    assert (found.basis, found.entry.at, found.since) == ("inferred", at(60), at(0))


def test_two_changes_between_records_of_one_second_are_both_in_what_is_inferred(
    store: Store,
) -> None:
    drained(store, polled(an_issue(title="A"), when=1))
    drained(store, polled(an_issue(updated=60, title="B"), when=61))
    drained(store, polled(an_issue(updated=60, title="C"), when=62))
    drained(store, polled(an_issue(updated=60, title="C"), when=900, via=Via.fetch))
    (found,) = rows(store)
    assert (found.entry.before, found.entry.after, found.since) == ("A", "C", at(0))


def test_what_came_back_in_the_same_second_leaves_nothing_inferred(store: Store) -> None:
    drained(store, polled(an_issue(title="A"), when=1))
    drained(store, polled(an_issue(updated=60, title="B"), when=61))
    drained(store, polled(an_issue(updated=60, title="A"), when=62))
    drained(store, polled(an_issue(updated=60, title="A"), when=900, via=Via.fetch))
    assert rows(store) == []


def test_a_first_record_infers_nothing(store: Store) -> None:
    drained(store, polled(an_issue(), when=1))
    assert rows(store) == []


def test_a_partial_record_infers_nothing(store: Store) -> None:
    work = telling(store)
    drained(store, polled(an_issue(title="Old"), when=1), work=work)
    slim = {k: v for k, v in an_issue(updated=60, title="New").items() if k != "body"}
    seen = TicketSeen(ticket="12", record=slim)
    drained(store, observed(seen, when=61), work=work)
    assert rows(store) == []


def test_an_exact_change_is_recorded_though_its_delivery_is_stale(store: Store) -> None:
    work = telling(store)
    drained(store, polled(an_issue(updated=60, title="B"), when=61), work=work)
    stale = observed(
        TicketSeen(ticket="12", record=an_issue(updated=30, title="A")),
        told(entry("w1", 30, "title", "Z", "A")),
        when=90,
    )
    drained(store, stale, work=work)
    assert [one.outcome for one in journaled(store)][-1] == "stale"
    assert said(store) == [("Z", "A", "webhook")]


def test_one_act_told_by_two_hooks_is_counted_once(store: Store) -> None:
    work = telling(store)
    drained(store, polled(an_issue(title="A"), when=1), work=work)
    for _ in range(2):
        record = TicketSeen(ticket="12", record=an_issue(updated=60, title="B"))
        twice = told(entry("told:abc", 60, "title", "A", "B"))
        drained(store, observed(record, twice, when=61), work=work)
    assert said(store) == [("A", "B", "webhook")]


def test_what_an_exact_change_explains_is_not_inferred_as_well(store: Store) -> None:
    work = telling(store)
    drained(store, polled(an_issue(title="A"), when=1), work=work)
    record = TicketSeen(ticket="12", record=an_issue(updated=90, title="C"))
    drained(
        store,
        observed(told(entry("w1", 60, "title", "A", "B")), when=61),
        observed(record, when=91),
        work=work,
    )
    assert said(store) == [("A", "B", "webhook"), ("B", "C", "inferred")]


def test_a_late_exact_change_takes_its_part_from_what_was_inferred(store: Store) -> None:
    work = telling(store)
    drained(store, polled(an_issue(title="A"), when=1), work=work)
    drained(store, polled(an_issue(updated=90, title="C"), when=91), work=work)
    assert said(store) == [("A", "C", "inferred")]
    late = told(entry("w2", 90, "title", "B", "C"))
    drained(store, observed(late, when=99), work=work)
    early = told(entry("w1", 60, "title", "A", "B"))
    drained(store, observed(early, when=99), work=work)
    assert said(store) == [("A", "B", "webhook"), ("B", "C", "webhook")]


def test_told_without_values_the_records_tell_them(store: Store) -> None:
    work = telling(store)
    drained(store, polled(an_issue(body="A"), when=1), work=work)
    silent = told(entry("w1", 60, "body", told=False))
    record = TicketSeen(ticket="12", record=an_issue(updated=60, body="B"))
    drained(store, observed(record, silent, when=61), work=work)
    assert said(store, "body") == [("A", "B", "webhook")]


def test_a_changelog_replaces_what_was_told_and_inferred_before_its_end(store: Store) -> None:
    work = telling(store, "title")
    drained(store, polled(an_issue(title="A", body="x"), when=LONG_AGO), work=work)
    later = polled(an_issue(updated=30, title="C", body="y"), when=31)
    drained(store, observed(told(entry("w1", 10, "title", "A", "B")), when=11), work=work)
    drained(store, later, work=work)
    entries = [entry("1", 10, "title", "A", "B"), entry("2", 20, "title", "B", "C")]
    drained(store, observed(listed(*entries), when=600), work=work)
    assert said(store, "title") == [("A", "B", "changelog"), ("B", "C", "changelog")]
    assert said(store, "body") == [("x", "y", "inferred")]  # of this the changelog does not tell


@pytest.mark.parametrize(("number", "basis"), [("w1", "webhook"), ("1", "changelog")])
def test_a_changelog_that_lags_behind_a_webhook_is_wanted_again(
    store: Store, number: str, basis: str
) -> None:
    """Also where the webhook tells the change under the changelog's own id."""
    work = telling(store, "title")
    work.now.forward(seconds=65)  # type: ignore[attr-defined]
    drained(store, polled(an_issue(title="A"), when=1), work=work)
    record = TicketSeen(ticket="12", record=an_issue(updated=60, title="B"))
    fresh = told(entry(number, 60, "title", "A", "B"), identified=basis == "changelog")
    drained(store, observed(record, fresh, when=61), work=work)
    drained(store, observed(listed(), when=70), work=work)
    assert said(store) == [("A", "B", basis)]
    assert row(store).history_wanted_at is not None
    drained(store, observed(listed(entry("1", 60, "title", "A", "B")), when=300), work=work)
    assert said(store) == [("A", "B", "changelog")]
    assert row(store).history_wanted_at is None


def test_a_webhook_that_comes_after_the_changelog_counts_nothing_twice(store: Store) -> None:
    work = telling(store, "title")
    drained(store, polled(an_issue(title="B", updated=60), when=61), work=work)
    drained(store, observed(listed(entry("1", 60, "title", "A", "B")), when=70), work=work)
    late = told(entry("w1", 60, "title", "A", "B"))
    drained(store, observed(late, when=99), work=work)
    assert said(store) == [("A", "B", "changelog")]


def test_what_left_the_changelog_leaves_the_history(store: Store) -> None:
    """Linear joins quick edits: what one entry told is another change under the same id then."""
    work = telling(store, "title", "labels")
    drained(store, polled(an_issue(), when=1), work=work)
    half = [entry("n:title", 10, "title", "A", "B"), entry("n:labels", 10, "labels", None, ["x"])]
    drained(store, observed(listed(*half), when=20), work=work)
    work.now.forward(seconds=30)  # type: ignore[attr-defined]
    drained(store, observed(listed(entry("n:title", 12, "title", "A", "C")), when=60), work=work)
    assert said(store) == [("A", "C", "changelog")]


def test_an_incomplete_changelog_takes_nothing_away(store: Store) -> None:
    work = telling(store, "title")
    drained(store, polled(an_issue(), when=1), work=work)
    drained(store, observed(listed(entry("1", 10, "title", "A", "B")), when=20), work=work)
    newer = listed(entry("2", 30, "title", "B", "C"), complete=False)
    drained(store, observed(newer, when=60), work=work)
    assert said(store) == [("A", "B", "changelog"), ("B", "C", "changelog")]


def test_an_incomplete_changelog_replaces_only_what_it_tells_itself(store: Store) -> None:
    """A list that is kept from us tells nothing of its field, and what others told stays."""
    work = telling(store, "title", "milestone")
    drained(store, polled(an_issue(), when=1), work=work)
    by_webhook = told(entry("w1", 10, "milestone", None, "One"), entry("w2", 10, "title", "A", "B"))
    drained(store, observed(by_webhook, when=11), work=work)
    without = listed(entry("1", 10, "title", "A", "B"), complete=False)
    drained(store, observed(without, when=600), work=work)
    assert said(store, "milestone") == [(None, "One", "webhook")]
    assert said(store, "title") == [("A", "B", "changelog")]


def test_an_older_reading_of_the_changelog_changes_nothing(store: Store) -> None:
    work = telling(store, "title")
    drained(store, polled(an_issue(), when=1), work=work)
    drained(store, observed(listed(entry("1", 10, "title", "A", "B")), when=60), work=work)
    drained(store, observed(listed(), when=20), work=work)
    assert said(store) == [("A", "B", "changelog")]
    assert [str(one.outcome) for one in journaled(store)] == ["applied", "applied", "unchanged"]


def test_a_change_of_text_told_without_values_keeps_those_of_the_records_aside(
    store: Store,
) -> None:
    work = telling(store, "body")
    drained(store, polled(an_issue(body="A"), when=1), work=work)
    drained(store, polled(an_issue(updated=60, body="B"), when=61), work=work)
    drained(store, observed(listed(entry("1", 59, "body", told=False)), when=600), work=work)
    assert [one.entry.id for one in rows(store)] == ["1"]
    aside = [one for one in rows(store, covered=True) if one.covered]
    assert [(one.entry.before, one.entry.after) for one in aside] == [("A", "B")]


def test_a_known_ticket_whose_revision_moved_wants_its_changelog(store: Store) -> None:
    work = telling(store, "title")
    drained(store, polled(an_issue(), when=1), work=work)
    assert row(store).history_wanted_at is None
    drained(store, polled(an_issue(updated=60), when=61), work=work)
    assert row(store).history_wanted_at is not None


def test_without_a_changelog_none_is_wanted(store: Store) -> None:
    drained(store, polled(an_issue(), when=1), work=telling(store))
    drained(store, polled(an_issue(updated=60, title="B"), when=61), work=telling(store))
    assert row(store).history_wanted_at is None


def test_history_of_a_ticket_nobody_holds_is_not_kept(store: Store) -> None:
    work = telling(store, "title")
    drained(store, observed(listed(entry("1", 10, "title", "A", "B")), when=20), work=work)
    assert rows(store) == []


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_any_order_of_arrival_tells_the_same_in_the_end(
    store: Store, order: tuple[int, ...]
) -> None:
    """Two webhooks, a poll between them that missed one, and the changelog at last."""
    work = telling(store, "title")
    drained(store, polled(an_issue(title="A"), when=LONG_AGO), work=work)
    deliveries = [
        observed(
            TicketSeen(ticket="12", record=an_issue(updated=10, title="B")),
            told(entry("w1", 10, "title", "A", "B")),
            when=11,
        ),
        polled(an_issue(updated=20, title="C"), when=21),
        observed(
            TicketSeen(ticket="12", record=an_issue(updated=30, title="D")),
            told(entry("w3", 30, "title", "C", "D")),
            when=31,
        ),
        observed(
            listed(
                entry("1", 10, "title", "A", "B"),
                entry("2", 20, "title", "B", "C"),
                entry("3", 30, "title", "C", "D"),
            ),
            when=600,
        ),
    ]
    for place in order:
        drained(store, deliveries[place], work=work)
    wanted = [("A", "B", "changelog"), ("B", "C", "changelog"), ("C", "D", "changelog")]
    assert said(store) == wanted


def test_a_batch_of_all_of_them_is_the_same(store: Store) -> None:
    work = telling(store, "title")
    first = polled(an_issue(title="A"), when=LONG_AGO)
    second = issue_webhook(an_issue(updated=10, title="B"), when=11)
    third = observed(listed(entry("1", 10, "title", "A", "B")), when=600)
    keep(store, first, second, third)
    drain(work, lanes([first]))
    assert said(store, "title") == [("A", "B", "changelog")]


def test_a_changelog_told_in_part_does_not_keep_a_late_webhook_out(store: Store) -> None:
    work = telling(store, "title")
    drained(store, polled(an_issue(title="B", updated=60), when=61), work=work)
    part = listed(entry("2", 60, "title", "A", "B"), complete=False)
    drained(store, observed(part, when=600), work=work)
    late = told(entry("w1", 30, "title", "Z", "A"))
    drained(store, observed(late, when=700), work=work)
    assert said(store) == [("Z", "A", "webhook"), ("A", "B", "changelog")]
