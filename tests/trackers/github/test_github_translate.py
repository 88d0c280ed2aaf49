"""Records as tickets: every field, partial records, wrong types, odd text."""

import pytest

from schemas import fingerprint
from schemas.errors import Permanent
from schemas.ticket import Label, Person, StatusCategory
from tests.trackers.github.github_payloads import (
    URL,
    a_comment,
    a_label,
    a_milestone,
    a_user,
    an_issue,
    reactions,
)
from tests.trackers.stand_ins import a_source
from trackers.github.translate import CORE
from trackers.registry import tracker_named

GITHUB = tracker_named("github")
SOURCE = a_source("github", URL)


def ticket(record=None, **over):
    return GITHUB.to_ticket(an_issue(**over) if record is None else record, SOURCE)


@pytest.mark.parametrize(
    ("state", "reason", "category", "close_reason"),
    [
        ("open", None, StatusCategory.todo, None),
        ("open", "reopened", StatusCategory.todo, None),
        ("closed", None, StatusCategory.done, None),
        ("closed", "completed", StatusCategory.done, "completed"),
        ("closed", "not_planned", StatusCategory.canceled, "not_planned"),
        ("closed", "duplicate", StatusCategory.canceled, "duplicate"),
    ],
)
def test_state_and_reason_make_the_status(state, reason, category, close_reason):
    found = ticket(state=state, state_reason=reason)
    assert (found.state, found.status) == (state, state)
    assert (found.status_category, found.close_reason) == (category, close_reason)


def test_a_full_record_is_full_and_has_the_second_as_its_revision():
    found = ticket(updated_at="2026-11-20T10:00:00+01:00")
    assert found.full
    assert found.revision == "2026-11-20T09:00:00Z"


@pytest.mark.parametrize("name", CORE)
def test_a_record_without_a_core_field_is_partial(name):
    record = an_issue()
    del record[name]
    found = ticket(record)
    assert found.present is not None
    assert CORE[name] not in found.present
    assert set(CORE.values()) - {CORE[name]} <= found.present


def test_a_record_of_a_number_alone_speaks_for_nothing_else():
    assert ticket({"number": 4}).present == {"number"}


@pytest.mark.parametrize("name", ["type", "reactions", "state_reason", "issue_field_values"])
def test_what_enterprise_servers_do_not_know_makes_no_partial(name):
    record = an_issue()
    record.pop(name, None)
    assert ticket(record).full


def test_a_deleted_account_is_the_ghost_however_it_is_told():
    ghost = Person(id="ghost", login="ghost", kind="ghost")
    assert ticket(user=None).reporter == ghost
    assert ticket(user=a_user("ghost", 10137)).reporter == ghost


@pytest.mark.parametrize(
    ("kind", "means"), [("Bot", "bot"), ("Organization", "group"), ("X", "user")]
)
def test_accounts_keep_their_kind(kind, means):
    assert ticket(user=a_user(kind=kind)).reporter.kind == means


def test_assignees_may_hold_nulls():
    assert [one.login for one in ticket(assignees=[None, a_user()]).assignees] == ["ines-varga"]


def test_labels_may_be_plain_strings_or_lack_a_colour():
    found = ticket(labels=["urgent", {"id": 4, "name": "late"}, {"name": "odd"}, a_label()])
    assert found.labels[:3] == (
        Label(id="name:urgent", name="urgent"),
        Label(id="4", name="late"),
        Label(id="name:odd", name="odd"),
    )


def test_types_reactions_and_fields_of_the_organisation_are_kept():
    values = [
        {"issue_field_id": 1, "data_type": "text", "value": "wet\u0000"},
        {"issue_field_id": 2, "data_type": "number", "value": 2.5},
        {"issue_field_id": 3, "value": "High", "single_select_option": {"id": 9, "name": "High"}},
        {
            "issue_field_id": 4,
            "value": "a,b",
            "multi_select_options": [{"name": "a"}, {"name": "b"}],
        },
        {"issue_field_id": 5, "value": None},
    ]
    found = ticket(type={"name": "Bug"}, reactions=reactions(heart=2), issue_field_values=values)
    assert found.type == "bug"
    assert found.reactions == {"heart": 2}
    assert found.custom_fields == {"1": "wet", "2": 2.5, "3": "High", "4": ["a", "b"]}


def test_a_milestone_keeps_its_id_and_its_write_key():
    found = ticket(milestone=a_milestone()).milestone
    assert (found.id, found.number, found.title) == ("7003", 3, "Spring")


def test_a_private_repository_makes_no_ticket_confidential():
    assert ticket().confidential is False


def test_text_is_lf_and_can_be_stored():
    found = ticket(title="a\0b\ud83d", body="x\r\ny\rz\0")
    assert (found.title, found.body) == ("ab\ufffd", "x\ny\nz")
    found.model_dump_json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "12"), ("number", None), ("title", None), ("title", 5), ("body", []),
        ("state", "ajar"), ("state", 1), ("labels", {}), ("labels", [5]), ("labels", [{}]),
        ("assignees", "me"), ("assignees", [{}]), ("assignees", ["me"]), ("user", "me"),
        ("user", {"login": "x"}), ("milestone", []), ("milestone", {"title": "x"}),
        ("locked", "yes"), ("comments", -1), ("comments", "1"), ("updated_at", "soon"),
        ("created_at", 5), ("type", "Bug"), ("reactions", []), ("issue_field_values", {}),
        ("id", True),
    ],
)  # fmt: skip
def test_a_wrong_type_ends_with_the_name_of_the_field(field, value):
    with pytest.raises(Permanent, match=rf"issue\.{field}"):
        ticket(an_issue() | {field: value})


@pytest.mark.parametrize("record", [None, [], "x", 5])
def test_a_record_is_an_object(record):
    with pytest.raises(Permanent, match="issue is"):
        GITHUB.to_ticket(record, SOURCE)


def test_fields_that_differ_between_webhook_and_answer_do_not_count():
    rest = an_issue(
        closed_by=a_user(), author_association="NONE", body="Every evening.\nSince Monday."
    )
    assert fingerprint.core(ticket(rest)) == fingerprint.core(ticket())


def test_a_comment_has_its_own_revision():
    found = GITHUB.to_comment(a_comment(updated_at="2026-11-20T09:11:00Z", user=None), SOURCE)
    assert (found.id, found.revision) == ("40001", "2026-11-20T09:11:00Z")
    assert found.author.kind == "ghost"


@pytest.mark.parametrize("over", [{"id": None}, {"body": 5}, {"user": 1}, {"updated_at": ""}])
def test_a_broken_comment_names_its_field(over):
    with pytest.raises(Permanent, match=rf"comment\.{next(iter(over))}"):
        GITHUB.to_comment(a_comment(**over), SOURCE)


def test_links_point_inside_or_outside():
    link = {
        "kind": "parent",
        "number": 4,
        "repository": "a/b",
        "here": True,
        "url": "u",
        "title": "t",
    }
    inside = GITHUB.to_relation(link, SOURCE)
    outside = GITHUB.to_relation(link | {"here": False, "kind": "blocked_by"}, SOURCE)
    assert (inside.kind, inside.target.external_id, inside.target.key) == ("parent", "4", "4")
    assert (outside.target.external_id, outside.target.key) == (None, "a/b#4")


@pytest.mark.parametrize("link", [{}, {"kind": "cousin", "number": 1}, {"kind": "parent"}])
def test_a_broken_link_is_permanent(link):
    with pytest.raises(Permanent):
        GITHUB.to_relation(link, SOURCE)
