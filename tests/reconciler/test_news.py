"""What of a page has to be journaled, when lists bring comments, links and proofs along."""

from collections.abc import Sequence

import pytest

from reconciler import news
from schemas.event import CommentsListed, LinksListed, TicketGone
from schemas.record import Cursor, Gone, Observation, Page, Record
from store.database import Store
from tests.builders import (
    NOW,
    SOURCE,
    a_comment_record,
    a_source,
    an_issue,
    polled,
    polled_comment,
)
from tests.workers.draining import drained
from trackers.github import GITHUB
from trackers.github.repository import ticket_record

LINK = {"kind": "child", "number": 9, "repository": "o/r", "here": True, "url": "u", "title": "t"}


@pytest.fixture
def stored(store: Store) -> Store:
    """Ticket 12 with one comment and no links."""
    drained(store, polled(an_issue(12)), polled_comment(a_comment_record(40_001)))
    return store


def sifted(store: Store, *records: Record, gone: Sequence[Gone] = ()) -> news.Sifted:
    page = Page(kind="tickets", records=records, cursor=Cursor(), gone=tuple(gone))
    with store.read() as connection:
        return news.sift(
            connection,
            page,
            a_source(),
            GITHUB,
            lambda record: news.arrival(a_source(), record, 1, 1, "poll.changed", NOW),
            lambda one: news.loss(a_source(), one, 1, 1, NOW),
            lambda ticket: True,
        )


def brought(comments: Sequence[dict] | None, links: Sequence[dict] | None = None) -> Record:
    parts = {
        "comments": None if comments is None else tuple(comments),
        "links": None if links is None else tuple(links),
    }
    return ticket_record(an_issue(12)).model_copy(update=parts)


def events(found: news.Sifted) -> list[str]:
    [arrival] = found.arrivals
    return [one.fact for one in Observation.model_validate_json(arrival.body).events]


def test_a_list_that_brings_the_parts_we_hold_is_no_news(stored: Store) -> None:
    found = sifted(stored, brought([a_comment_record(40_001)], []))
    assert (found.unchanged, found.arrivals) == (1, [])


@pytest.mark.parametrize(
    "comments",
    [
        [],
        [a_comment_record(40_001, body="Edited")],
        [a_comment_record(n) for n in (40_001, 40_002)],
    ],
    ids=["fewer", "edited", "more"],
)
def test_other_comments_than_ours_are_news_though_the_ticket_did_not_move(
    stored: Store, comments: list[dict]
) -> None:
    found = sifted(stored, brought(comments))
    assert events(found) == ["ticket_seen", CommentsListed(ticket="1", records=()).fact]


def test_other_links_than_ours_are_news(stored: Store) -> None:
    found = sifted(stored, brought(None, [LINK]))
    assert events(found) == ["ticket_seen", LinksListed(ticket="1", records=()).fact]


def test_a_proof_of_deletion_is_journaled_for_what_we_hold_alone(stored: Store) -> None:
    found = sifted(stored, gone=[Gone(ticket=n, proof="in the trash") for n in ("12", "99")])
    assert [one.ticket for one in found.arrivals] == ["12"]
    assert events(found) == [TicketGone(ticket="1", proof="").fact]
    assert found.arrivals[0].source == SOURCE


def test_a_list_without_parts_speaks_of_none(stored: Store) -> None:
    assert sifted(stored, brought(None)).arrivals == []
