"""The changelog, complete and in order."""

from datetime import UTC, datetime

import pytest

from schemas.errors import Permanent
from tests.trackers.jira.jira_payloads import AGILE, TOMASZ, a_change, a_field, a_user, an_issue
from tests.trackers.jira.jira_scene import a_scene, connected


def a_history(number, *items, created="2026-11-20T10:15:00.120+0100"):
    return {"id": str(number), "author": a_user(), "created": created, "items": list(items)}


def bulk(**changes):
    logs = [{"issueId": key[1:], "changeHistories": one} for key, one in changes.items()]
    return {"issueChangeLogs": logs, "nextPageToken": None}


def test_several_tickets_are_one_request():
    status = a_change("status", "10000", "3", fromString="To Do", toString="In Progress")
    one = connected({"POST /changelog/bulkfetch": bulk(_1=[a_history(7, status)], _2=[])})
    [entry] = one.client.history(["1", "2"])
    assert (entry.ticket, entry.field, entry.before, entry.after) == (
        "1", "status", "To Do", "In Progress",
    )  # fmt: skip
    assert entry.id == "7:0"
    assert entry.at == datetime(2026, 11, 20, 9, 15, 0, 120000, tzinfo=UTC)
    assert one.bodies == [{"issueIdsOrKeys": ["1", "2"], "maxResults": 1000}]


@pytest.mark.parametrize("created", [1795166100, 1795166100000, "2026-11-20T09:15:00Z"])
def test_seconds_milliseconds_and_text_are_one_time(created):
    log = [a_history(7, a_change("summary", "a", "b"), created=created)]
    one = connected({"POST /changelog/bulkfetch": bulk(_1=log, _2=[])})
    [entry] = one.client.history(["1", "2"])
    assert entry.at == datetime(2026, 11, 20, 9, 15, tzinfo=UTC)


def test_pages_of_the_bulk_are_read_to_the_end_and_sorted():
    def answer(body):
        if "nextPageToken" not in body:
            later = a_history(9, a_change("summary", "b", "c"), created=1795166200)
            return bulk(_1=[later]) | {"nextPageToken": "more"}
        return bulk(_1=[a_history(8, a_change("summary", "a", "b"), created=1795166100)])

    one = connected({"POST /changelog/bulkfetch": answer})
    assert [entry.id for entry in one.client.history(["1", "2"])] == ["8:0", "9:0"]


def test_one_ticket_is_read_page_by_page_past_a_hundred():
    def answer(params):
        start = int(params["startAt"])
        items = [
            a_history(n, a_change("labels", "", str(n)))
            for n in range(start, min(start + 100, 230))
        ]
        return {"values": items, "total": 230, "isLast": start + 100 >= 230}

    one = connected({"GET /issue/1": an_issue(), "GET /issue/1/changelog": answer})
    assert len(list(one.client.history(["1"]))) == 230


def test_a_ticket_that_cannot_be_read_has_no_history():
    assert list(connected({}).client.history(["1"])) == []


def test_people_are_told_by_id_and_all_else_by_its_words():
    items = (
        a_change("assignee", None, TOMASZ, toString="Tomasz Wrona"),
        a_change("Fix Version", None, "10300", fieldId="fixVersions", toString="Spring"),
        a_change("Sprint", "", "41, 42", fieldId="customfield_10020", toString="A, B"),
        a_change("Colour", "red", "green", fieldId="customfield_99"),
    )
    field = a_field(10020, "Sprint", f"{AGILE}:gh-sprint", "array")
    log = {
        "POST /changelog/bulkfetch": bulk(_1=[a_history(7, *items)], _2=[]),
        "GET /field": [field],
    }
    found = list(connected(log).client.history(["1", "2"]))
    assert [(one.field, one.after) for one in found] == [
        ("assignees", TOMASZ), ("milestone", "Spring"), ("sprint", "A, B"), (None, "green"),
    ]  # fmt: skip
    assert [one.id for one in found] == ["7:0", "7:1", "7:2", "7:3"]


def test_a_change_without_a_time_is_permanent():
    log = [a_history(7, a_change("summary", "a", "b"), created=None)]
    one = connected({"POST /changelog/bulkfetch": bulk(_1=log, _2=[])})
    with pytest.raises(Permanent, match="created"):
        list(one.client.history(["1", "2"]))


def test_the_history_of_the_stand_in_is_complete():
    with a_scene() as scene:
        acts = scene.there.acts
        long, short = acts.open("Long"), acts.open("Short")
        for number in range(130):
            acts.edit(long.key, title=f"Title {number}")
        acts.label(short.key, "quay")
        acts.close(short.key)
        alone = list(scene.client.history([str(long.id)]))
        assert [e.after for e in alone if e.field == "title"] == [f"Title {n}" for n in range(130)]
        both = list(scene.client.history([str(long.id), str(short.id)]))
        assert [e.id for e in both if e.ticket == str(long.id)] == [e.id for e in alone]
        fields = {entry.field for entry in both if entry.ticket == str(short.id)}
        assert {"labels", "status", "close_reason"} <= fields


def test_many_ids_in_one_change_are_kept():
    """Sprints and people of custom fields stand comma by comma in one text."""
    ids = ", ".join(str(40000 + n) for n in range(60))
    told = a_change("customfield_10020", None, ids, toString=None, fieldId="customfield_10020")
    one = connected({"POST /changelog/bulkfetch": bulk(_1=[a_history(7, told)], _2=[])})
    [entry] = one.client.history(["1", "2"])
    assert entry.after == ids


def test_a_time_beyond_all_times_is_refused():
    log = [a_history(7, a_change("summary", "a", "b"), created=10**18)]
    one = connected({"POST /changelog/bulkfetch": bulk(_1=log, _2=[])})
    with pytest.raises(Permanent, match=r"changelog\.created"):
        list(one.client.history(["1", "2"]))


def test_the_history_of_an_issue_that_goes_away_is_none():
    one = connected({"GET /issue/7": an_issue(7)})
    assert list(one.client.history(["7"])) == []
