"""Records as tickets: every field, partial ones, and types that are wrong."""

from datetime import UTC, date, datetime

import pytest

from schemas.errors import Permanent
from schemas.revision import compare
from tests.trackers.generic.generic_payloads import URL, a_comment, a_ticket
from tests.trackers.stand_ins import a_source
from trackers import markers
from trackers.generic import GENERIC

AT = "2026-11-20T12:00:00.250000Z"


def read(source=None, kind="ticket.updated", **over):
    record = a_ticket(**over) | {"webhook_type": kind, "timestamp": AT}
    record = {name: one for name, one in record.items() if one != "left out"}
    return GENERIC.to_ticket(record, a_source("generic", URL, **(source or {})))


def test_the_less_usual_fields_are_read():
    ticket = read(
        parent="T-1", epic={"id": 2, "key": "HARBOUR-2"}, project={"id": 5, "name": "Pier"},
        estimate=1.5, weight=3, time_estimate=3600, time_spent=60, customer="Harbour Ltd.",
        reactions={"+1": 2, "heart": 0}, locked=True, confidential=True, privacy="public",
        close_reason="x", status_id="s1", sprint=None, sprints=["Week 46", {"id": 9}],
        attachments=[{"url": "https://files.example.com/a.png", "size": 12}],
    )  # fmt: skip
    assert (ticket.parent.key, ticket.epic.key, ticket.project.name) == ("T-1", "HARBOUR-2", "Pier")
    assert (ticket.estimate, ticket.weight, ticket.time_estimate) == (1.5, 3, 3600)
    assert (ticket.time_spent, ticket.customer, ticket.reactions) == (60, "Harbour Ltd.", {"+1": 2})
    assert (ticket.locked, ticket.confidential, ticket.privacy) == (True, True, "public")
    assert (ticket.sprint, [one.id for one in ticket.sprints]) == (None, ["Week 46", "9"])
    assert (ticket.attachments[0].name, ticket.due_date) == ("a.png", date(2026, 12, 1))


@pytest.mark.parametrize(
    ("status", "state", "found"),
    [
        ("In Progress", "left out", ("open", "in_progress")),
        ("resolved", "left out", ("closed", "done")),
        ("Won't fix", "left out", ("closed", "canceled")),
        ("Shelved", "left out", ("open", "todo")),
        ("Shelved", "closed", ("closed", "done")),
        ("Done", "open", ("open", "todo")),
        ("left out", "closed", ("closed", "done")),
    ],
)
def test_state_and_category_follow_from_each_other(status, state, found):
    ticket = read(status=status, state=state)
    assert (ticket.state, ticket.status_category) == found


def test_the_maps_of_the_source_win_over_usual_words():
    source = {
        "statuses": {"shelved": "canceled", "done": "in_progress"},
        "severities": {"high": "P1"},
        "types": {"incident": "bug"},
        "fields": {"customer": "client", "weight": "floor", "title": "ignored"},
    }
    ticket = read(source, status="Shelved")
    assert (ticket.status_category, ticket.state) == ("canceled", "closed")
    assert read(source, status="Done").status_category == "in_progress"
    assert (ticket.severity, ticket.type, ticket.customer) == ("P1", "bug", "Harbour Ltd.")
    assert ticket.weight == 2


def test_an_explicit_severity_wins_over_the_priority():
    assert read(severity="P1", priority="Low").severity == "P1"
    assert read(severity="left out", priority="Blocker").severity == "P1"
    assert read(severity="left out", priority="odd").severity is None


@pytest.mark.parametrize(
    ("kind", "left_out", "full"),
    [
        ("ticket.updated", (), True),
        ("ticket.updated", ("body",), False),
        ("ticket.updated", ("title",), False),
        ("ticket.updated", ("status",), False),
        ("ticket.created", ("body", "status"), True),
        ("ticket.created", ("title",), False),
        ("ticket.restored", ("body",), True),
    ],
)
def test_a_record_is_whole_when_it_names_what_every_ticket_has(kind, left_out, full):
    assert read(kind=kind, **dict.fromkeys(left_out, "left out")).full is full


def test_a_partial_record_speaks_for_what_it_names_only():
    record = {"id": "T-318", "priority": "Low", "partial": True, "timestamp": AT}
    ticket = GENERIC.to_ticket(record, a_source("generic", URL))
    assert ticket.present == {"priority", "severity", "updated_at", "revision"}
    whole = read(partial=True)
    assert not whole.full
    assert {"title", "body", "labels"} <= whole.present


def test_the_revision_is_the_counter_or_the_time_of_the_change():
    assert read(revision=17).revision == "17"
    assert read().revision == "2026-11-20T11:59:58.100000Z"
    late = read(updated_at="left out")
    assert late.updated_at == datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
    assert compare(late.revision, read().revision) > 0


def test_a_person_is_an_id_an_address_or_an_account():
    people = [
        "ines", "tom@example.com", {"email": "a@example.com", "name": "A"}, {"id": 5},
        {"login": "bot", "kind": "bot"},
    ]  # fmt: skip
    found = read(assignees=people).assignees
    assert [one.id for one in found] == ["ines", "tom@example.com", "a@example.com", "5", "bot"]
    assert [one.email for one in found[:3]] == [None, "tom@example.com", "a@example.com"]
    assert found[4].kind == "bot"


def test_our_own_marker_is_no_part_of_a_text():
    mark = markers.hidden(markers.minted(b"key", "here", "mirror", "jira/1"))
    assert read(body=f"Text.\r\n\r\n{mark}").body == "Text."
    source = a_source("generic", URL)
    assert GENERIC.to_comment(a_comment(body=f"Text.\n\n{mark}"), source).body == "Text."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", 5), ("body", []), ("number", "x"), ("labels", "bug"), ("labels", [5]),
        ("labels", [{}]), ("assignees", [{}]), ("assignees", [5]), ("reporter", {"kind": "cat"}),
        ("milestone", 5), ("milestone", {}), ("state", "half"), ("status_category", "half"),
        ("story_points", "3"), ("story_points", True), ("due_date", "soon"), ("privacy", "odd"),
        ("created_at", "yesterday"), ("reactions", {"+1": "x"}), ("custom_fields", []),
        ("attachments", [{}]), ("parent", []), ("revision", -1), ("locked", "yes"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_permanent_and_names_the_field(name, value):
    with pytest.raises(Permanent) as refused:
        read(**{name: value})
    assert name.rstrip("s") in str(refused.value) or "kind" in str(refused.value)


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "likes", "id": 1},
        {"id": 1},
        {"kind": "pull_request", "url": "https://x"},
        {"kind": "pull_request", "pull_request": {"repository": "r", "state": "odd"}},
    ],
)
def test_a_link_that_is_none_is_permanent(record):
    with pytest.raises(Permanent, match="relation"):
        GENERIC.to_relation(record, a_source("generic", URL))


@pytest.mark.parametrize(
    ("scope", "over", "inside"),
    [
        ({}, {"state": "open"}, True),
        ({}, {"state": "closed"}, False),
        ({"state": "all"}, {"state": "closed"}, True),
        ({"labels": ["Night"]}, {}, True),
        ({"labels": ["day"]}, {}, False),
        ({"labels": ["day"]}, {"partial": True, "labels": "left out"}, True),
        ({"state": "closed"}, {"partial": True, "status": "left out"}, True),
    ],
)
def test_the_filter_holds_what_it_names(scope, over, inside):
    source = {"filter": scope}
    ticket = read(source, **over)
    assert GENERIC.holds(ticket, a_source("generic", URL, **source)) is inside
