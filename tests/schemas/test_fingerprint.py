"""Fingerprints: equal for equal content, whatever way it was said; different for all else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.ticket import Milestone, Named, Relation, Sprint, TicketRef
from tests.builders import a_comment, a_label, a_person, a_ticket

BUG, UI = a_label("bug", 1), a_label("ui", 2)
INES, TOM = a_person("ines", 1), a_person("tom", 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"body": "a\r\nb\rc"}, {"body": "a\nb\nc"}),
        ({"body": "a  \nb\n\n"}, {"body": "a\nb"}),
        ({"priority": None}, {"priority": ""}),
        ({"labels": (BUG, UI)}, {"labels": (UI, BUG)}),
        ({"labels": (BUG, BUG)}, {"labels": (BUG,)}),
        ({"labels": (BUG,)}, {"labels": (a_label("renamed", 1),)}),
        ({"assignees": (INES,)}, {"assignees": (a_person("ines-new", 1),)}),
        ({"reporter": INES}, {"reporter": a_person("ines-new", 1)}),
        ({"milestone": Milestone(id="3", title="a")}, {"milestone": Milestone(id="3", title="b")}),
        ({"sprint": Sprint(id="3", name="a")}, {"sprint": Sprint(id="3", name="b", state="done")}),
        ({"project": Named(id="3", name="a")}, {"project": Named(id="3", name="b")}),
        (
            {"parent": TicketRef(external_id="3", title="a")},
            {"parent": TicketRef(external_id="3", title="b", key="K-3")},
        ),
        ({"reactions": {}}, {"reactions": {"+1": 0}}),
        ({"reactions": {"+1": 1, "eyes": 2}}, {"reactions": {"eyes": 2, "+1": 1}}),
        ({"custom_fields": {"a": None}}, {"custom_fields": {}}),
        ({"estimate": 3}, {"estimate": 3.0}),
        ({"comment_count": 1}, {"comment_count": 7}),
        ({"url": "https://a"}, {"url": "https://b"}),
    ],
)
def test_what_means_the_same_has_the_same_fingerprint(one: dict, other: dict) -> None:
    assert fingerprint.core(a_ticket(**one)) == fingerprint.core(a_ticket(**other))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"body": "other"},
        {"state": "closed"},
        {"status": "in review"},
        {"close_reason": "duplicate"},
        {"labels": (BUG,)},
        {"assignees": (INES,)},
        {"reporter": TOM},
        {"milestone": Milestone(id="3", title="a")},
        {"sprint": Sprint(id="3", name="a")},
        {"priority": "high"},
        {"due_date": date(2026, 12, 1)},
        {"story_points": 3.0},
        {"reactions": {"+1": 1}},
        {"custom_fields": {"a": 1}},
        {"locked": True},
        {"confidential": True},
        {"parent": TicketRef(external_id="3")},
        {"type": "bug"},
    ],
)
def test_a_change_of_content_changes_the_fingerprint(change: dict) -> None:
    assert fingerprint.core(a_ticket(**change)) != fingerprint.core(a_ticket())


@pytest.mark.parametrize(
    ("name", "one", "other"), [("confidential", None, False), ("locked", False, True)]
)
def test_unknown_is_not_no(name: str, one: object, other: object) -> None:
    """A privacy field that was not said is not one that says "public" (cases.md 7)."""
    assert fingerprint.core(a_ticket(**{name: one})) != fingerprint.core(a_ticket(**{name: other}))


def test_a_comment_counts_by_author_body_and_visibility_alone() -> None:
    plain = fingerprint.comment(a_comment())
    assert fingerprint.comment(a_comment(url="https://b", revision="x", updated_at=None)) == plain
    for change in ({"body": "other"}, {"internal": True}, {"author": INES}, {"author": None}):
        assert fingerprint.comment(a_comment(**change)) != plain


def test_links_count_by_kind_and_target_in_any_order() -> None:
    one = Relation(kind="blocks", target=TicketRef(external_id="1", title="a"))
    two = Relation(kind="child", target=TicketRef(external_id="2"))
    renamed = Relation(kind="blocks", target=TicketRef(external_id="1", title="b"))
    assert fingerprint.links([one, two]) == fingerprint.links([two, renamed])
    assert fingerprint.links([one]) != fingerprint.links([two])
    assert fingerprint.links([]) != fingerprint.links([one])


@given(st.text())
def test_text_in_comparable_form_stays_as_it_is(raw: str) -> None:
    once = fingerprint.text(raw)
    assert fingerprint.text(once) == once
    assert "\r" not in once


@given(st.text(), st.text())
def test_different_titles_are_told_apart(one: str, other: str) -> None:
    same = fingerprint.text(one) == fingerprint.text(other)
    prints = [fingerprint.core(a_ticket(title=title)) for title in (one, other)]
    assert (prints[0] == prints[1]) is same
