"""The merge of snapshots: monotonic, whatever the order; what is unsure is asked, not guessed."""

from dataclasses import replace

import pytest

from schemas.delivery import Outcome
from schemas.held import Held
from tests.builders import a_label, at, rev
from tests.pretend import elsewhere
from tests.workers.folding import (
    FETCH,
    POLL,
    WEBHOOK,
    aspects_of,
    holding,
    larger_first,
    part,
    seen,
    ticket_of,
    title_of,
    told,
)
from workers.rules.facts import DoubtFact, GoneFact, HiddenFact, MovedFact


@pytest.mark.parametrize("via", [WEBHOOK, POLL, FETCH])
def test_the_first_full_record_is_taken(via) -> None:
    folded = told(Held(), seen(5, title="First"), via=via)
    assert folded.outcome is Outcome.applied
    assert (ticket_of(folded).revision, title_of(folded)) == (rev(5), "First")
    assert aspects_of(folded) == set()


def test_an_unknown_ticket_outside_the_filter_is_ignored() -> None:
    folded = told(Held(), seen(5, inside=False))
    assert folded.held.ticket is None
    assert (folded.outcome, folded.reason) == (Outcome.ignored, "outside the source's filter")


def test_a_held_ticket_that_leaves_the_filter_is_followed() -> None:
    folded = told(holding(5), seen(6, inside=False, state="closed"))
    assert folded.outcome is Outcome.applied
    assert ticket_of(folded).ticket.state == "closed"


@pytest.mark.parametrize("via", [WEBHOOK, POLL, FETCH])
def test_newer_wins(via) -> None:
    folded = told(holding(5, title="Old"), seen(6, title="New"), via=via, when=10)
    assert (folded.outcome, title_of(folded)) == (Outcome.applied, "New")
    assert ticket_of(folded).revision == rev(6)


def test_a_newer_revision_of_the_same_content_is_unchanged_but_raises_the_revision() -> None:
    folded = told(holding(5), seen(6))
    assert folded.outcome is Outcome.unchanged
    assert ticket_of(folded).revision == rev(6)


def test_older_never_overwrites_newer() -> None:
    before = holding(6, title="New")
    folded = told(before, seen(5, title="Old"), when=10)
    assert folded.outcome is Outcome.stale
    assert folded.held is before or folded.held == before


def test_the_same_again_is_unchanged_and_touches_nothing() -> None:
    before = holding(5)
    folded = told(before, seen(5))
    assert folded.outcome is Outcome.unchanged
    assert folded.held.ticket is before.ticket


def test_a_label_renamed_elsewhere_is_the_same_content() -> None:
    before = holding(5, labels=[{"id": 1, "name": "bug", "color": "f00"}])
    folded = told(before, seen(5, labels=[{"id": 1, "name": "defect", "color": "0f0"}]))
    assert folded.outcome is Outcome.unchanged
    assert a_label("bug", 1).id in [label.id for label in ticket_of(before).ticket.labels]


@pytest.mark.parametrize("larger_comes_first", [True, False])
def test_a_tie_is_settled_the_same_way_in_both_orders_and_asked(larger_comes_first: bool) -> None:
    larger, smaller = larger_first(seen(5, title="One"), seen(5, title="Other"))
    first, second = (larger, smaller) if larger_comes_first else (smaller, larger)
    held = told(Held(), first).held
    folded = told(held, second, when=1)
    assert title_of(folded) == larger.ticket.title
    assert aspects_of(folded) == {"core"}
    assert ticket_of(folded).doubt.wanted == rev(5)
    assert folded.outcome is (Outcome.stale if larger_comes_first else Outcome.applied)


@pytest.mark.parametrize("answer", ["One", "Other", "Third"])
def test_a_fetch_ends_a_tie_with_what_it_read(answer: str) -> None:
    tie = told(holding(5, title="One"), seen(5, title="Other"), when=1).held
    folded = told(tie, seen(5, title=answer), via=FETCH, when=2)
    assert title_of(folded) == answer
    assert aspects_of(folded) == set()


def test_a_fetch_that_began_before_the_question_does_not_end_it() -> None:
    tie = told(holding(5, title="One"), seen(5, title="Other"), when=3).held
    folded = told(tie, seen(5, title="One"), via=FETCH, when=2)
    assert aspects_of(folded) == {"core"}


def test_a_delivery_that_a_later_fetch_answered_asks_nothing() -> None:
    """cases.md 18: a fetch begun after a delivery arrived supersedes it."""
    fetched = told(holding(5, title="One"), seen(5, title="Truth"), via=FETCH, when=9).held
    folded = told(fetched, seen(5, title="Late"), when=4)
    assert (folded.outcome, title_of(folded)) == (Outcome.stale, "Truth")
    assert aspects_of(folded) == set()


def test_a_delivery_after_the_fetch_is_a_tie_again() -> None:
    fetched = holding(5, via=FETCH, when=1, title="Truth")
    assert aspects_of(told(fetched, seen(5, title="Later"), when=4)) == {"core"}


def test_a_partial_is_shown_but_raises_no_revision_and_asks_for_the_record() -> None:
    folded = told(holding(5, title="Old", body="kept"), part(7, title="New"), when=1)
    assert folded.outcome is Outcome.applied
    assert (title_of(folded), ticket_of(folded).ticket.body) == ("New", "kept")
    assert ticket_of(folded).revision == rev(5)
    assert ticket_of(folded).doubt.wanted == rev(7)


def test_a_partial_of_an_unknown_ticket_is_shown_without_a_revision() -> None:
    folded = told(Held(), part(7, title="New"))
    assert ticket_of(folded).revision is None
    assert ticket_of(folded).fingerprint is None
    assert aspects_of(folded) == {"core"}


def test_a_partial_older_than_the_record_is_stale() -> None:
    before = holding(5)
    folded = told(before, part(4, title="Old"))
    assert folded.outcome is Outcome.stale
    assert folded.held.ticket is before.ticket


def test_a_partial_that_says_nothing_new_is_unchanged_and_asks_all_the_same() -> None:
    folded = told(holding(5), part(5))
    assert folded.outcome is Outcome.unchanged
    assert aspects_of(folded) == {"core"}


def test_a_partial_without_a_revision_is_not_taken_for_an_old_one() -> None:
    """It cannot be ordered, so the record is asked for."""
    assert aspects_of(told(holding(5), part(0, "updated_at", title="New"))) == {"core"}


def test_a_late_partial_between_two_revisions_does_not_hide_a_change() -> None:
    """cases.md 16: delta 7 {title} came first, the late delta 6 {state} counts until asked."""
    held = told(holding(5, title="Old"), part(7, "state", title="New"), when=1).held
    folded = told(held, part(6, "title", state="closed"), when=2)
    assert (title_of(folded), ticket_of(folded).ticket.state) == ("New", "closed")
    assert ticket_of(folded).doubt.wanted == rev(7)


def test_the_record_after_a_partial_ends_its_doubt_when_it_is_fetched() -> None:
    held = told(holding(5), part(7, title="New"), when=1).held
    by_webhook = told(held, seen(7, title="New"), when=2)
    assert aspects_of(by_webhook) == {"core"}
    assert aspects_of(told(by_webhook.held, seen(7, title="New"), via=FETCH, when=3)) == set()


def test_a_newer_full_record_supersedes_the_question_of_a_partial() -> None:
    held = told(holding(5), part(7, title="New"), when=1).held
    assert aspects_of(told(held, seen(8), when=2)) == set()


def test_an_answer_older_than_wanted_is_asked_again_three_times_and_then_accepted() -> None:
    held = told(holding(5), part(7, title="New"), when=0).held
    pauses = []
    for number in range(1, 4):
        folded = told(held, seen(5, title="Lagging"), via=FETCH, when=number)
        held = folded.held
        pauses.append((ticket_of(held).doubt.due_at - at(number)).total_seconds())
    assert pauses == [30, 90, 180]
    accepted = told(held, seen(5, title="Lagging"), via=FETCH, when=10)
    assert aspects_of(accepted) == set()
    assert title_of(accepted) == "Lagging"


def test_an_older_record_is_believed_only_when_read_again_ten_minutes_later() -> None:
    """cases.md 18 c: the tracker was restored from a backup."""
    held = holding(50, title="Lost")
    first = told(held, seen(5, title="Restored"), via=FETCH, when=100)
    assert (first.outcome, title_of(first)) == (Outcome.stale, "Lost")
    assert aspects_of(first) == {"core"}
    soon = told(first.held, seen(5, title="Restored"), via=FETCH, when=400)
    assert title_of(soon) == "Lost"
    late = told(soon.held, seen(5, title="Restored"), via=FETCH, when=701)
    assert (title_of(late), late.reason) == ("Restored", "revision went back")
    assert ticket_of(late).revision == rev(5)
    assert aspects_of(late) == set()


def test_an_older_record_that_changed_in_between_waits_another_ten_minutes() -> None:
    first = told(holding(50), seen(5, title="A"), via=FETCH, when=100).held
    other = told(first, seen(6, title="B"), via=FETCH, when=800)
    assert other.outcome is Outcome.stale
    assert title_of(told(other.held, seen(6, title="B"), via=FETCH, when=1401)) == "B"


def test_a_lagging_replica_is_asked_again_within_the_minute() -> None:
    """An older answer is mostly a replica's lag; ten minutes are for a tracker that went back."""
    held = told(holding(5), part(7, title="New"), when=0).held
    folded = told(held, seen(4, title="Ancient"), via=FETCH, when=1)
    assert ticket_of(folded).doubt.due_at <= at(61)


@pytest.mark.parametrize("aspect", ["comments", "links", "count"])
def test_a_tracker_that_went_back_is_noticed_while_something_else_is_asked(aspect) -> None:
    held = told(holding(50, title="Lost"), DoubtFact(aspect, "a hint"), when=60).held
    first = told(held, seen(5, title="Restored"), via=FETCH, when=100)
    assert "core" in aspects_of(first)
    late = told(first.held, seen(5, title="Restored"), via=FETCH, when=701)
    assert title_of(late) == "Restored"


def test_a_list_that_shows_an_older_record_than_we_hold_is_looked_into() -> None:
    """After a restore of the tracker nothing but a full walk could show it."""
    folded = told(holding(50, when=50), seen(5, title="Restored"), via=POLL, when=100)
    assert folded.outcome is Outcome.stale
    assert aspects_of(folded) == {"core"}


def test_a_list_read_before_the_news_came_is_just_old() -> None:
    folded = told(holding(50, when=50), seen(5), via=POLL, when=40)
    assert folded.outcome is Outcome.stale
    assert aspects_of(folded) == set()


def test_late_news_from_before_a_question_does_not_answer_it() -> None:
    """A walk did not show the ticket at 20; a delivery of 10, drained later, proves nothing."""
    missing = told(holding(5), DoubtFact("core", "a full list did not show it"), when=20).held
    assert aspects_of(told(missing, seen(6), when=10)) == {"core"}
    assert aspects_of(told(missing, seen(6), when=30)) == set()


@pytest.mark.parametrize(
    ("fact", "fate"),
    [
        (GoneFact("HTTP 410"), "deleted"),
        (MovedFact(elsewhere()), "moved"),
        (HiddenFact("HTTP 404"), "hidden"),
    ],
)
def test_a_lost_ticket_keeps_its_content_and_asks_nothing_more(fact, fate: str) -> None:
    held = told(holding(5, title="Kept"), part(7, title="Shown"), when=1).held
    folded = told(held, fact, via=FETCH, when=2)
    assert ticket_of(folded).fate == fate
    assert ticket_of(folded).doubt is None
    assert folded.outcome is Outcome.applied
    again = told(folded.held, fact, via=FETCH, when=3)
    assert again.outcome is Outcome.unchanged


@pytest.mark.parametrize("fact", [GoneFact("HTTP 410"), MovedFact(elsewhere())])
def test_a_proof_leaves_a_tombstone_for_a_ticket_never_seen(fact) -> None:
    folded = told(Held(), fact)
    assert folded.outcome is Outcome.applied
    late = told(folded.held, seen(5), when=-10)
    assert late.outcome is Outcome.stale
    assert ticket_of(late).fate in ("deleted", "moved")


def test_no_tombstone_is_left_by_a_mere_absence() -> None:
    assert told(Held(), HiddenFact("HTTP 404")).held == Held()


def test_late_deliveries_do_not_bring_a_deleted_ticket_back() -> None:
    gone = told(holding(5), GoneFact("issues.deleted"), when=10).held
    for via in (WEBHOOK, POLL):
        folded = told(gone, seen(9), via=via, when=20)
        assert (folded.outcome, ticket_of(folded).fate) == (Outcome.stale, "deleted")
    assert told(gone, part(9), when=20).outcome is Outcome.stale


def test_only_the_trackers_own_later_answer_brings_a_deleted_ticket_back() -> None:
    gone = told(holding(5), GoneFact("issues.deleted"), when=10).held
    assert ticket_of(told(gone, seen(5), via=FETCH, when=9)).fate == "deleted"
    assert ticket_of(told(gone, seen(5), via=FETCH, when=11)).fate == "here"


@pytest.mark.parametrize("via", [WEBHOOK, POLL, FETCH])
@pytest.mark.parametrize("updated", [5, 6])
def test_a_hidden_ticket_comes_back_when_it_is_seen_again(via, updated: int) -> None:
    """At an unchanged revision a webhook or a list may only raise the question."""
    hidden = told(holding(5), HiddenFact("HTTP 404"), via=FETCH, when=10).held
    folded = told(hidden, seen(updated), via=via, when=20)
    if ticket_of(folded).fate != "here":
        assert aspects_of(folded) == {"core"}
        folded = told(folded.held, seen(updated), via=FETCH, when=21)
    assert ticket_of(folded).fate == "here"
    assert aspects_of(folded) == {"comments", "links"}


def test_an_absence_seen_before_the_ticket_was_seen_hides_nothing() -> None:
    """A fetch began, a replica did not know the new ticket yet, and meanwhile its news came."""
    folded = told(holding(5, when=10), HiddenFact("HTTP 404"), via=FETCH, when=9)
    assert ticket_of(folded).fate == "here"


def test_a_later_proof_outdoes_hidden_and_nothing_outdoes_a_deletion() -> None:
    hidden = told(holding(5), HiddenFact("HTTP 404"), via=FETCH, when=1).held
    deleted = told(hidden, GoneFact("HTTP 410"), via=FETCH, when=2).held
    assert ticket_of(deleted).fate == "deleted"
    again = told(deleted, HiddenFact("HTTP 404"), via=FETCH, when=3)
    assert ticket_of(again).fate == "deleted"


def test_the_trackers_comment_count_is_kept_when_a_partial_does_not_say_it() -> None:
    held = holding(5, comments=3)
    assert ticket_of(told(held, part(6, "comments"))).comment_count == 3


def test_a_partial_without_the_stored_ticket_fails_instead_of_guessing() -> None:
    held = holding(5)
    headless = replace(held, ticket=replace(held.ticket, ticket=None))
    with pytest.raises(ValueError, match="stored ticket"):
        told(headless, part(7, title="New"))
