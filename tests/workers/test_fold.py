"""One delivery's facts folded: comments, links, counts and what they leave in doubt."""

import pytest

from schemas.delivery import Outcome
from schemas.held import Held
from schemas.ticket import Relation, TicketRef
from tests.builders import at
from tests.workers.folding import (
    FETCH,
    POLL,
    WEBHOOK,
    aspects_of,
    holding,
    said,
    seen,
    ticket_of,
    told,
)
from workers.rules.facts import (
    CommentGoneFact,
    CommentsReadFact,
    DoubtFact,
    GoneFact,
    HiddenFact,
    LinksFact,
    ReturnedFact,
)

ID = "40001"


def test_a_new_comment_is_kept() -> None:
    folded = told(holding(5), said(6, body="Hello"))
    assert folded.outcome is Outcome.applied
    assert folded.held.comments[ID].comment.body == "Hello"


def test_a_comment_of_an_unknown_ticket_is_ignored() -> None:
    folded = told(Held(), said(6))
    assert (folded.outcome, folded.reason) == (Outcome.ignored, "its ticket is not held")
    assert folded.held.comments == {}


def test_a_ticket_and_its_comment_in_one_delivery_are_both_kept() -> None:
    folded = told(Held(), seen(6), said(6))
    assert folded.outcome is Outcome.applied
    assert set(folded.held.comments) == {ID}


def test_comments_are_monotonic_by_their_own_revision() -> None:
    held = told(holding(50), said(6, body="Second")).held
    older = told(held, said(5, body="First"), when=1)
    assert (older.outcome, older.held.comments[ID].comment.body) == (Outcome.stale, "Second")
    newer = told(held, said(7, body="Third"), when=1)
    assert newer.held.comments[ID].comment.body == "Third"


def test_the_same_comment_again_is_unchanged_and_not_written() -> None:
    held = told(holding(5), said(6)).held
    folded = told(held, said(6))
    assert folded.outcome is Outcome.unchanged
    assert folded.held.comments[ID] is held.comments[ID]


@pytest.mark.parametrize("first", ["One", "Other"])
def test_two_states_of_a_comment_with_one_revision_are_settled_and_asked(first: str) -> None:
    second = {"One": "Other", "Other": "One"}[first]
    held = told(holding(5), said(6, body=first)).held
    folded = told(held, said(6, body=second), when=1)
    assert aspects_of(folded) == {"comments"}
    both = {folded.held.comments[ID].fingerprint}
    held = told(holding(5), said(6, body=second)).held
    both.add(told(held, said(6, body=first), when=1).held.comments[ID].fingerprint)
    assert len(both) == 1


def test_a_fetch_settles_two_states_of_a_comment() -> None:
    held = told(told(holding(5), said(6, body="One")).held, said(6, body="Other"), when=1).held
    read = told(held, seen(5), said(6, body="One"), CommentsReadFact(), via=FETCH, when=2)
    assert read.held.comments[ID].comment.body == "One"
    assert aspects_of(read) == set()


def test_a_deletion_before_the_creation_leaves_a_tombstone_that_holds() -> None:
    """cases.md 19: the comment must not rise again."""
    gone = told(holding(5), CommentGoneFact(ID), when=1)
    assert gone.outcome is Outcome.applied
    assert gone.held.comments[ID].deleted
    late = told(gone.held, said(6), when=2)
    assert (late.outcome, late.held.comments[ID].deleted) == (Outcome.stale, True)
    assert aspects_of(late) == set()


def test_a_deleted_comment_that_a_list_still_shows_is_asked_about() -> None:
    gone = told(holding(5), CommentGoneFact(ID), when=1).held
    listed = told(gone, said(6), via=POLL, when=2)
    assert listed.held.comments[ID].deleted
    assert aspects_of(listed) == {"comments"}
    read = told(listed.held, seen(5), said(6), CommentsReadFact(), via=FETCH, when=3)
    assert not read.held.comments[ID].deleted
    assert aspects_of(read) == set()


def test_a_comment_deleted_twice_is_unchanged() -> None:
    held = told(told(holding(5), said(6)).held, CommentGoneFact(ID), when=1).held
    assert told(held, CommentGoneFact(ID), when=2).outcome is Outcome.unchanged


def test_a_comment_of_a_deleted_ticket_changes_nothing_of_its_fate() -> None:
    gone = told(holding(5), GoneFact("HTTP 410"), when=1).held
    folded = told(gone, said(6), when=2)
    assert ticket_of(folded).fate == "deleted"
    assert aspects_of(folded) == set()


def test_a_comment_restored_by_the_tracker_is_believed_ten_minutes_later() -> None:
    held = told(holding(5), said(50, body="Lost"), when=50).held
    soon = told(held, said(6, body="Restored"), via=POLL, when=100)
    assert ticket_of(soon).doubt.due_at == at(50 + 600)
    early = told(soon.held, said(6, body="Restored"), CommentsReadFact(), via=FETCH, when=200)
    assert ticket_of(early).doubt.due_at == at(50 + 600)
    assert early.held.comments[ID].comment.body == "Lost"
    late = told(held, said(6, body="Restored"), via=POLL, when=700)
    assert ticket_of(late).doubt.due_at == at(700)
    for asked in (early, late):
        restored = said(6, body="Restored"), CommentsReadFact()
        read = told(asked.held, *restored, via=FETCH, when=701)
        assert read.held.comments[ID].comment.body == "Restored"
        assert aspects_of(read) == set()


def test_a_poll_that_counts_other_comments_asks_after_a_grace() -> None:
    folded = told(holding(5), seen(6, comments=1), via=POLL, when=10, counted=True)
    assert aspects_of(folded) == {"count"}
    assert ticket_of(folded).doubt.due_at == at(30)


def test_a_count_settles_without_a_request_when_the_comment_arrives() -> None:
    held = told(holding(5), seen(6, comments=1), via=POLL, when=10, counted=True).held
    folded = told(held, said(6), via=POLL, when=11, counted=True)
    assert aspects_of(folded) == set()


def test_a_count_is_not_compared_during_a_whole_walk_or_by_a_webhook() -> None:
    for via in (POLL, WEBHOOK):
        assert aspects_of(told(holding(5), seen(6, comments=1), via=via)) == set()


def test_a_count_that_agrees_asks_nothing() -> None:
    held = told(holding(5, comments=1), said(5)).held
    assert aspects_of(told(held, seen(6, comments=1), via=POLL, counted=True)) == set()


def test_deleted_comments_do_not_count() -> None:
    held = told(told(holding(5, comments=1), said(5)).held, CommentGoneFact(ID)).held
    assert aspects_of(told(held, seen(6, comments=0), via=POLL, counted=True)) == set()


def test_a_fetch_without_the_comments_asks_for_them_when_the_count_differs() -> None:
    held = told(holding(5), DoubtFact("core", "x"), when=1).held
    folded = told(held, seen(5, comments=2), via=FETCH, when=2, counted=True)
    assert aspects_of(folded) == {"count"}


def test_a_complete_list_ends_the_question_even_if_the_count_still_differs() -> None:
    held = told(holding(5), seen(6, comments=2), via=POLL, when=10, counted=True).held
    read = told(
        held, seen(6, comments=2), said(6), CommentsReadFact(), via=FETCH, when=40, counted=True
    )
    assert aspects_of(read) == set()


def test_a_hint_about_something_else_settles_no_count() -> None:
    """Its ticket's comments are not even loaded, so nothing may be concluded from them."""
    held = told(holding(5, comments=2), seen(6, comments=0), via=POLL, counted=True).held
    held = told(held, said(6), when=1).held
    asked = told(held, DoubtFact("count", "miscounted"), via=POLL, when=2, counted=True).held
    unloaded = Held(asked.ticket)
    folded = told(unloaded, DoubtFact("links", "sub_issues"), via=POLL, when=3, counted=True)
    assert aspects_of(folded) == {"count", "links"}


def test_links_are_replaced_as_a_whole_and_end_their_question() -> None:
    asked = told(holding(5), DoubtFact("links", "sub_issues"), when=1).held
    assert aspects_of(asked) == {"links"}
    link = Relation(kind="child", target=TicketRef(external_id="7"))
    read = told(asked, seen(5), LinksFact((link,)), via=FETCH, when=2)
    assert read.held.relations == (link,)
    assert aspects_of(read) == set()


def test_each_question_is_answered_by_its_own_part_alone() -> None:
    held = holding(5)
    for aspect in ("core", "comments", "links"):
        held = told(held, DoubtFact(aspect, "a hint"), when=1).held
    held = told(held, seen(5), via=FETCH, when=2).held
    assert aspects_of(held) == {"comments", "links"}
    held = told(held, CommentsReadFact(), via=FETCH, when=2).held
    assert aspects_of(held) == {"links"}


def test_a_hint_about_a_part_of_an_unknown_or_lost_ticket_is_ignored() -> None:
    assert told(Held(), DoubtFact("links", "x")).outcome is Outcome.ignored
    gone = told(holding(5), GoneFact("HTTP 410"), when=1).held
    folded = told(gone, DoubtFact("links", "x"), when=2)
    assert (folded.outcome, folded.reason) == (Outcome.ignored, "the ticket is deleted")


def test_a_ticket_only_heard_of_is_asked_about_and_taken_as_it_comes() -> None:
    heard = told(Held(), DoubtFact("core", "x"), when=1).held
    assert (ticket_of(heard).fate, aspects_of(heard)) == ("unread", {"core"})
    read = told(heard, seen(0), via=FETCH, when=2).held
    assert (ticket_of(read).fate, ticket_of(read).doubt) == ("here", None)


def test_a_ticket_only_heard_of_that_is_not_ours_to_see_is_never_shown() -> None:
    heard = told(Held(), DoubtFact("core", "x"), when=1).held
    hidden = told(heard, HiddenFact("HTTP 404"), via=FETCH, when=2)
    outside = told(heard, seen(0, inside=False), via=FETCH, when=2)
    for folded in (hidden, outside):
        assert folded.outcome is Outcome.ignored
        assert (ticket_of(folded.held).fate, ticket_of(folded.held).doubt) == ("unread", None)


def test_a_lost_ticket_is_asked_about_when_something_happened_to_it_later() -> None:
    gone = told(holding(5), GoneFact("bin"), when=3).held
    assert told(gone, DoubtFact("core", "late"), when=2).outcome is Outcome.ignored
    asked = told(gone, DoubtFact("core", "restored"), when=4).held
    back = told(asked, seen(9), via=FETCH, when=5).held
    assert ticket_of(back).fate == "here"
    assert aspects_of(back) == {"comments", "links"}


def test_a_lost_ticket_is_back_by_the_word_of_a_tracker_that_cannot_be_asked() -> None:
    gone = told(holding(5), GoneFact("ticket.deleted"), when=3).held
    assert told(gone, ReturnedFact(), seen(9), when=2).outcome is Outcome.stale
    back = told(gone, ReturnedFact(), seen(5, title="As before"), when=4).held
    assert (ticket_of(back).fate, ticket_of(back).ticket.title) == ("here", "As before")


def test_a_list_that_lacks_comments_we_hold_asks_for_them_and_deletes_none() -> None:
    held = told(holding(5), said(1), when=1).held
    listed = told(held, CommentsReadFact(frozenset()), via=POLL, when=2).held
    assert aspects_of(listed) == {"comments"}
    assert not listed.comments[ID].deleted


def test_a_question_asked_twice_keeps_its_first_reason_and_its_age() -> None:
    held = told(holding(5), DoubtFact("core", "first"), when=1).held
    doubt = ticket_of(told(held, DoubtFact("links", "second"), when=9)).doubt
    assert (doubt.reason, doubt.since, doubt.asked_at) == ("first", at(1), at(9))
    assert doubt.due_at == at(1)


def test_the_outcome_of_a_delivery_is_the_strongest_of_its_facts() -> None:
    held = told(holding(50), said(6, body="Known")).held
    folded = told(held, seen(5), said(7, body="News"), when=1)
    assert folded.outcome is Outcome.applied
    stale = told(held, seen(5), said(5, body="Old"), when=1)
    assert stale.outcome is Outcome.stale


def test_what_became_of_a_lost_ticket_s_parts_is_read_when_it_is_back() -> None:
    gone = told(told(holding(5), said(6)).held, GoneFact("trashed"), when=7).held
    back = told(gone, seen(8), via=FETCH, when=9)
    assert ticket_of(back).fate == "here"
    assert aspects_of(back) == {"comments", "links"}
    whole = seen(8), said(6), CommentsReadFact(), LinksFact(())
    assert aspects_of(told(gone, *whole, via=FETCH, when=9)) == set()
