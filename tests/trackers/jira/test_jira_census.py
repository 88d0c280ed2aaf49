"""A census may stop after any page: what goes on later still shows every issue there was."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import Transient
from schemas.record import Cursor
from tests.trackers.jira.jira_scene import a_scene, connected, reply

CREATED = "2026-11-20T10:15:00.120+0100"
MILLIS = 1795166100120


def an_issue(number: int, created: str = CREATED, **fields: object) -> dict:
    told = {"created": created, "updated": created, "comment": {"total": 0}, **fields}
    return {"id": str(number), "key": f"HARB-{number}", "fields": told}


def answered(*pages: dict) -> dict:
    left = list(pages)
    return {
        "POST /search/jql": lambda _: left.pop(0),
        "POST /search/approximate-count": {"count": 7},
    }


def rows(pages) -> list:
    return [row for page in pages for row in page.seen]


@pytest.mark.parametrize("deployment", ["cloud", "server"])
def test_halves_of_a_census_show_all_that_was_there_all_the_while(deployment):
    with a_scene(deployment=deployment, tickets=230, comments=40) as scene:
        acts = scene.there.acts
        scene.there.faults.set(short_pages=1)
        all_before = {one.ticket for one in scene.walk_all()}
        first = []
        for page in scene.client.census():
            first.append(page)
            if len(rows(first)) > 110:
                break
        mark = first[-1].mark
        acts.add_project("OPS", "Operations")
        gone = {str(acts.issue(number).id) for number in (3, 100, 111, 112, 200)}
        for number in (3, 111, 200):
            acts.delete(f"PROJ-{number}")
        for number in (100, 112):
            acts.move(f"PROJ-{number}", "OPS")
        acts.open("Later")
        acts.comment("PROJ-150", "Moved in its update.")
        seen = {one.ticket: one for one in rows([*first, *scene.client.census(mark)])}
        assert all_before - gone <= set(seen)
        told = {record.ticket: record for record in scene.walk_all()}
        for ticket in (*sorted(told)[160:], str(acts.issue(150).id)):
            one = seen[ticket]
            talk = len(told[ticket].comments)
            assert (one.revision, one.comment_count) == (told[ticket].revision, talk)


def test_the_first_page_tells_how_many_there_are():
    with a_scene(tickets=7) as scene:
        assert [page.total for page in scene.client.census()] == [7]


@pytest.mark.parametrize(
    "mark",
    ["", "x", "[]", "{}", "7", '{"project": "HARB"}', '{"after": 12, "project": "HARB"}',
     '{"project": "OPS", "since": 5, "token": "t", "at": 5}',
     '{"project": "HARB", "since": "5", "token": "t", "at": 5}',
     '{"project": "HARB", "since": true, "token": "t", "at": 5}',
     '{"project": "HARB", "since": 5, "token": 7, "at": 5}'],
)  # fmt: skip
def test_a_mark_that_is_none_of_ours_begins_anew(mark):
    one = connected(answered({"issues": [an_issue(1)]}))
    [page] = one.client.census(mark)
    assert (len(page.seen), page.total, page.mark) == (1, 7, None)
    asked = one.bodies[-1]
    assert "nextPageToken" not in asked
    assert asked["jql"] == 'project = "HARB" ORDER BY created ASC, key ASC'


def test_a_token_that_expired_is_done_without():
    first = {"issues": [an_issue(1)], "nextPageToken": "t1"}
    refused = reply({"errorMessages": ["The token is expired."], "errors": {}}, 400)
    one = connected(answered(first, refused, {"issues": [an_issue(1), an_issue(2)]}))
    mark = next(one.client.census()).mark
    [page] = one.client.census(mark)
    assert [row.ticket for row in page.seen] == ["1", "2"]
    assert f"created >= {MILLIS}" in one.bodies[-1]["jql"]
    assert "nextPageToken" not in one.bodies[-1]


def test_a_census_whose_pages_come_again_ends():
    page = {"issues": [an_issue(1)], "nextPageToken": "t1"}
    with pytest.raises(Transient, match="was read"):
        list(connected(answered(page, page)).client.census())


def test_an_empty_page_is_not_the_end_and_its_mark_leads_on():
    one = connected(answered({"issues": [], "nextPageToken": "t1"}, {"issues": [an_issue(2)]}))
    empty, last = one.client.census()
    assert (empty.seen, last.mark) == ((), None)
    assert json.loads(empty.mark)["token"] == "t1"


def test_only_what_the_filter_needs_is_asked_for():
    def fields(filter):
        one = connected(answered({"issues": []}), filter=filter)
        list(one.client.census())
        return one.bodies[-1]["fields"]

    assert fields({"state": "all"}) == ["updated", "created", "comment"]
    assert fields({"labels": ["a"]}) == ["updated", "created", "comment", "status", "labels"]


def test_what_lies_inside_the_filter_is_told_without_another_request():
    with a_scene({"state": "open", "labels": ["quay"]}) as scene:
        acts = scene.there.acts
        wanted = acts.open("In", labels=["quay"])
        acts.open("No label")
        acts.close(acts.open("Closed", labels=["quay"]).key)
        scene.take()
        inside = {row.ticket for row in rows(scene.client.census()) if row.inside}
        assert inside == {str(wanted.id)}
        assert len(scene.take()) == 2  # the count, the page


def test_a_jql_is_asked_of_the_tracker_once_a_page():
    with a_scene({"jql": "labels = quay"}) as scene:
        wanted = scene.there.acts.open("In", labels=["quay"])
        other = scene.there.acts.open("Out")
        found = {row.ticket: row.inside for row in rows(scene.client.census())}
        assert found == {str(wanted.id): True, str(other.id): False}
        assert scene.take()[-1] == "POST /rest/api/3/jql/match"


def test_a_record_that_cannot_be_read_leaves_it_open_whether_it_is_inside():
    broken = an_issue(1, labels="no list", status={"name": "Done"})
    [page] = connected(answered({"issues": [broken]}), filter={"labels": ["a"]}).client.census()
    assert page.seen[0].inside is None


def test_archived_and_hidden_issues_are_in_no_census():
    with a_scene(tickets=3) as scene:
        scene.there.acts.archive("PROJ-1")
        scene.there.acts.hide("PROJ-2")
        assert [row.key for row in rows(scene.client.census())] == ["PROJ-3"]


SERVER = {"url": "https://jira.harbour.example/projects/HARB", "root": "/rest/api/2"}


def paged(body: dict, numbers: list[int]) -> dict:
    found = [an_issue(number) for number in numbers][body["startAt"] :][:2]
    return {"issues": found, "total": len(numbers), "startAt": body["startAt"], "maxResults": 2}


def test_issues_of_one_moment_are_paged_and_read_again_when_they_slide():
    numbers = [1, 2, 3, 4, 5]
    one = connected({"POST /search": lambda body: paged(body, numbers)}, **SERVER)
    walk = one.client.census()
    first, second = next(walk), next(walk)
    assert [row.ticket for row in rows([first, second])] == ["1", "2", "3"]
    numbers.remove(2)  # everything behind it moves up by one
    rest = rows(one.client.census(second.mark))
    assert {row.ticket for row in rest} == {"1", "3", "4", "5"}
    assert first.total == 5


def test_issues_that_slide_all_the_while_end_the_census_for_now():
    counted = iter(range(1, 1000))

    def answer(_):
        number = next(counted)
        return {"issues": [an_issue(number), an_issue(number + 5000)], "total": 10_000}

    with pytest.raises(Transient, match="slide"):
        list(connected({"POST /search": answer}, **SERVER).client.census())


def test_what_an_incremental_pass_sees_a_census_sees_alike():
    with a_scene(tickets=12) as scene:
        scene.there.acts.comment("PROJ-3", "One more.")
        since = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
        [record] = scene.walk(since)
        found = {row.ticket: row for row in rows(scene.client.census())}[record.ticket]
        assert (found.revision, found.comment_count) == (record.revision, len(record.comments))
