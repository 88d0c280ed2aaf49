"""Walking a project: by keyset where there is one, by time where there is none, safely."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from schemas.errors import Denied, Transient
from schemas.record import Cursor
from tests.trackers.gitlab.gitlab_payloads import API, a_client, a_note, an_issue, the_source
from tests.trackers.stand_ins import Script
from trackers.gitlab import GITLAB

LIST = "/api/v4/projects/77001/issues"
DATE = {"date": "Fri, 20 Nov 2026 12:00:00 GMT"}
SINCE = datetime(2026, 11, 20, 11, tzinfo=UTC)


def pages_of(*answers: tuple[list, str | None]):
    """A network whose list of issues answers page by page; (items, next query or None)."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != LIST:
            return httpx.Response(200, json=[], headers=DATE)
        items, following = left.pop(0) if len(left) > 1 else left[0]
        link = {"link": f'<{API}/projects/77001/issues?{following}>; rel="next"'}
        return httpx.Response(200, json=items, headers=DATE | (link if following else {}))

    return Script(answer)


def asked(script) -> list[dict[str, str]]:
    """The queries of the list, in order."""
    return [
        {name: found[0] for name, found in parse_qs(urlsplit(str(one.url)).query).items()}
        for one in script.asked
        if one.url.path == LIST
    ]


def walked(script, cursor=None, **over):
    return list(a_client(script, **over).changed_since(cursor or Cursor()))


def test_a_pass_that_finds_nothing_is_one_request():
    script = pages_of(([], None))
    [page] = walked(script, Cursor(since=SINCE))
    assert len(script.asked) == 1
    assert page.cursor.position is None
    assert page.cursor.since == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_pass_asks_for_every_state_and_from_the_moment_given():
    script = pages_of(([], None))
    walked(script, Cursor(since=SINCE), filter={"state": "open", "labels": ["bug"]})
    [query] = asked(script)
    assert query["updated_after"] == "2026-11-20T11:00:00.000Z"
    assert (query["state"], query["order_by"], query["sort"]) == ("all", "updated_at", "asc")
    assert query["pagination"] == "keyset"
    assert "labels" not in query


def test_a_whole_walk_asks_for_the_filter():
    script = pages_of(([], None))
    walked(script, filter={"labels": ["bug", "wish"], "milestone": "v2", "types": ["task"]})
    [query] = asked(script)
    assert (query["state"], query["labels"]) == ("opened", "bug,wish")
    assert (query["milestone"], query["issue_type"]) == ("v2", "task")


def test_a_keyset_cursor_is_followed():
    script = pages_of(([an_issue(1)], "cursor=abc"), ([an_issue(2)], None))
    found = walked(script)
    assert [[one.ticket for one in page.records] for page in found] == [["1"], ["2"]]
    assert asked(script)[1] == {"cursor": "abc"}


def test_without_a_keyset_the_next_question_is_by_time():
    script = pages_of(
        ([an_issue(1), an_issue(2, updated_at="2026-11-20T09:40:00.000Z")], "page=2"),
        ([an_issue(2, updated_at="2026-11-20T09:40:00.000Z"), an_issue(3)], None),
    )
    found = walked(script)
    assert asked(script)[1]["updated_after"] == "2026-11-20T09:40:00.000Z"
    assert "page" not in asked(script)[1]
    assert [[one.ticket for one in page.records] for page in found] == [["1", "2"], ["3"]]


def test_a_page_full_of_one_moment_goes_on_by_number():
    cursor = Cursor(since=datetime(2026, 11, 20, 9, 30, 0, 2000, tzinfo=UTC))
    script = pages_of(([an_issue(1)], "page=2"), ([an_issue(2)], None))
    walked(script, cursor)
    assert asked(script)[1] == {"page": "2"}


def test_a_page_that_leads_to_itself_is_transient():
    script = pages_of(([an_issue(1)], "cursor=abc"))
    with pytest.raises(Transient, match="same page"):
        walked(script)


def test_a_walk_goes_on_from_where_it_stopped_with_the_clock_of_its_first_answer():
    script = pages_of(([an_issue(1)], "cursor=abc"), ([an_issue(2)], None))
    first = next(iter(a_client(script).changed_since(Cursor())))
    assert json.loads(first.cursor.position)["url"].endswith("cursor=abc")
    again = pages_of(([an_issue(2)], None))
    [rest] = walked(again, first.cursor)
    assert asked(again) == [{"cursor": "abc"}]
    assert rest.cursor.since == first.cursor.watermark


@pytest.mark.parametrize(
    "position", ["nonsense", '{"url": 7}', '{"url": "https://elsewhere.example/issues"}', "[]"]
)
def test_a_position_that_is_none_of_ours_begins_anew(position):
    script = pages_of(([], None))
    walked(script, Cursor(position=position, watermark=SINCE))
    assert asked(script)[0]["order_by"] == "updated_at"


def test_each_issue_comes_with_its_notes_and_links():
    def answer(request: httpx.Request) -> httpx.Response:
        tail = request.url.path.removeprefix(LIST)
        found = {
            "": [an_issue(1, user_notes_count=1), an_issue(2)],
            "/1/notes": [a_note(1), a_note(2, system=True)],
        }
        return httpx.Response(200, json=found.get(tail, []), headers=DATE)

    script = Script(answer)
    [page] = walked(script)
    assert [len(one.comments) for one in page.records] == [1, 0]
    assert [one.links for one in page.records] == [(), ()]
    assert not any("/2/notes" in line for line in script.lines)


def test_an_issue_that_is_deleted_while_its_page_is_read_stops_no_walk():
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == LIST:
            found = [an_issue(1, user_notes_count=3), an_issue(2)]
            return httpx.Response(200, json=found, headers=DATE)
        gone = request.url.path.startswith(f"{LIST}/1/")
        return httpx.Response(404 if gone else 200, json={} if gone else [], headers=DATE)

    [page] = walked(Script(answer))
    assert [one.comments for one in page.records] == [None, ()]


def test_moved_issues_are_no_part_of_a_whole_walk_but_of_changes():
    moved = an_issue(1, state="closed", moved_to_id=5)
    assert walked(pages_of(([moved], None)))[0].records == ()
    [record] = walked(pages_of(([moved], None)), Cursor(since=SINCE))[0].records
    assert GITLAB.to_ticket(record.body, the_source()).close_reason == "moved"


def test_a_project_that_cannot_be_read_is_denied():
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"message": "404 Project Not Found"})

    with pytest.raises(Denied, match="404"):
        walked(Script(answer))
