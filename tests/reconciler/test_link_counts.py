"""A list that only counts links: where its counts are not ours, the links are asked about."""

from typing import Any

import pytest

from reconciler import news
from schemas.event import Doubtful, LinksListed
from schemas.record import Cursor, Observation, Page
from store.database import Store
from tests.builders import NOW, a_source, an_issue, observed, polled
from tests.workers.draining import drained
from trackers.github import GITHUB
from trackers.github.repository import ticket_record

CHILD = {"kind": "child", "number": 9, "repository": "o/r", "here": True, "url": "u", "title": "t"}
PARENT = CHILD | {"kind": "parent", "number": 3}


def counted(
    children: object = 0, blockers: object = 0, parent: str | None = None
) -> dict[str, Any]:
    """The issue as GitHub's lists count its links."""
    return an_issue(12) | {
        "sub_issues_summary": {"total": children},
        "issue_dependencies_summary": {"total_blocked_by": blockers, "total_blocking": 0},
        "parent_issue_url": parent,
    }


def asked(store: Store, issue: dict[str, Any]) -> bool:
    """Whether a list that shows this has the links read."""
    page = Page(kind="tickets", records=(ticket_record(issue),), cursor=Cursor())
    with store.read() as connection:
        found = news.sift(
            connection,
            page,
            a_source(),
            GITHUB,
            lambda record: news.arrival(a_source(), record, 1, 1, "poll.changed", NOW),
            lambda gone: news.loss(a_source(), gone, 1, 1, NOW),
            lambda ticket: True,
        )
    events = [
        event
        for arrival in found.arrivals
        for event in Observation.model_validate_json(arrival.body).events
    ]
    links = [e for e in events if isinstance(e, Doubtful) and e.aspect == "links"]
    assert all(one.tickets == ("12",) for one in links)
    assert bool(links) == (found.unchanged == 0)
    return bool(links)


def holding(store: Store, *links: dict[str, Any]) -> Store:
    """A store that holds the ticket with these links."""
    drained(store, polled(counted()))
    drained(store, observed(LinksListed(ticket="12", records=links), when=1))
    return store


@pytest.mark.parametrize(
    ("issue", "news_to_us"),
    [
        (counted(), False),
        (counted(children=1), True),
        (counted(blockers=2), True),
        (counted(parent="https://api.github.com/repos/o/r/issues/3"), True),
        (an_issue(12), False),
        (counted(children="many"), False),
    ],
    ids=["none", "a child", "blockers", "a parent", "not told", "nonsense"],
)
def test_links_we_do_not_hold_are_asked_about(
    store: Store, issue: dict[str, Any], news_to_us: bool
) -> None:
    assert asked(holding(store), issue) is news_to_us


@pytest.mark.parametrize(
    ("issue", "news_to_us"),
    [
        (counted(children=1, parent="https://api.github.com/repos/o/r/issues/3"), False),
        (counted(parent="https://api.github.com/repos/o/r/issues/3"), True),
        (counted(children=1), True),
    ],
    ids=["both", "no child", "no parent"],
)
def test_links_we_hold_and_a_list_does_not_count_are_asked_about(
    store: Store, issue: dict[str, Any], news_to_us: bool
) -> None:
    assert asked(holding(store, CHILD, PARENT), issue) is news_to_us
