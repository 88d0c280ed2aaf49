"""Withdrawal: what a twin still says once its ticket may not leave any more."""

import json

from schemas.mirror import MappedComment
from schemas.ticket import Comment, Person
from workers.rules.withdrawal import (
    blank,
    comment_act,
    emptied,
    twins_of_comments,
    withdrawn,
)

VIEW = {
    "title": "Falcon crashes",
    "body": "Falcon",
    "footer": "🔗 Falcon",
    "state": "opened",
    "labels": ["Falcon", "ours", "theirs"],
    "badges": ["Epic::Falcon"],
    "assignees": ["falcon", "bob"],
    "milestone": "Falcon 1",
    "parent": "Falcon",
    "weight": 8,
    "time_spent": 3600,
    "due_date": "2026-12-01",
    "customer": "Falcon",
    "type": "issue",
}


def test_nothing_of_the_ticket_is_left_but_that_there_was_one() -> None:
    found = withdrawn(VIEW, "closed")
    assert "falcon" not in json.dumps(found).casefold()
    assert found["title"] == "(withdrawn)"
    assert (found["state"], found["type"]) == ("closed", "issue")
    assert found["labels"] == found["badges"] == found["assignees"] == []
    assert found.keys() == VIEW.keys()


def test_what_people_added_at_the_target_since_stays() -> None:
    agreed = VIEW | {"labels": ["Falcon", "ours"], "assignees": ["falcon"]}
    found = withdrawn(VIEW, "closed", agreed)
    assert (found["labels"], found["assignees"]) == (["theirs"], ["bob"])


def test_it_is_done_once() -> None:
    once = withdrawn(VIEW, "closed")
    assert withdrawn(once, "closed") == once


def test_a_ticket_that_may_leave_again_has_changed_in_every_field() -> None:
    before = blank(VIEW)
    assert all(before[field] != value for field, value in VIEW.items())


def test_only_comments_that_we_carried_there_are_taken_back() -> None:
    mapped = [
        MappedComment(id=1, mapping=1, born="left", left="a", right="b"),
        MappedComment(id=2, mapping=1, born="right", left="c", right="d"),
        MappedComment(id=3, mapping=1, born="left", left="e", right="f", deleted=True),
        MappedComment(id=4, mapping=1, born="left", left="g"),
    ]
    assert twins_of_comments(mapped, "right") == [(1, "b")]
    assert twins_of_comments(mapped, "left") == [(2, "c")]


def test_a_comment_is_deleted_where_that_can_be_done_and_emptied_elsewhere() -> None:
    assert comment_act(frozenset({"create", "update", "delete"})) == "delete"
    assert comment_act(frozenset({"create", "update"})) == "edit"
    assert comment_act(frozenset({"create"})) == "none"
    left = emptied(Comment(id="1", body="Falcon", author=Person(id="1", name="Falcon")))
    assert "Falcon" not in left.model_dump_json()
