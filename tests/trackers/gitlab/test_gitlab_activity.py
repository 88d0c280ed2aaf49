"""The list of events tells of comments that move no issue; once, and for one request."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.gitlab import app
from schemas.errors import Denied, Permanent, Transient
from schemas.ports import Allowance
from schemas.record import Cursor
from tests.trackers.gitlab.gitlab_payloads import API, a_client, a_note
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.gitlab import GITLAB

EVENTS = "/api/v4/projects/77001/events"


def an_event(number, ticket=12, **note):
    told = a_note(number, noteable_iid=ticket, **note)
    return {
        "id": number,
        "action_name": "commented on",
        "target_type": "Note",
        "created_at": "2026-11-20T09:05:00.000Z",
        "note": told,
    }


def network(*pages, status=200):
    """The list page by page, newest first."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == EVENTS
        number = int(request.url.params.get("page", 1))
        more = f'<{API}/projects/77001/events?page={number + 1}>; rel="next"'
        link = {"link": more} if number < len(pages) else {}
        found = pages[number - 1] if pages else []
        return httpx.Response(status, json=found, headers=link)

    return Script(answer)


def told(mark, *pages):
    return a_client(network(*pages)).activity(mark)


def test_the_first_call_only_finds_the_beginning():
    script = network([an_event(9), an_event(8)], [an_event(7)])
    found = a_client(script).activity(None)
    assert (found.touched, found.mark) == ((), "[9, 8]")
    assert len(script.asked) == 1
    assert "target_type" not in script.lines[0]


def test_nothing_new_is_nothing_for_one_request():
    script = network([an_event(9), an_event(8)], [an_event(7)])
    assert a_client(script).activity("[9, 8]") is None
    assert len(script.asked) == 1


def test_new_comments_touch_their_tickets_with_their_time():
    found = told("[8]", [an_event(10, 3), an_event(9, 4, created_at="2026-11-20T10:00:00Z")])
    assert [(one.ticket, one.aspect) for one in found.touched] == [
        ("3", "comments"),
        ("4", "comments"),
    ]
    assert found.touched[1].at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert json.loads(found.mark) == [10, 9]


def test_a_project_that_had_no_events_tells_its_first():
    assert told("[]", [an_event(1)]).touched[0].ticket == "12"


def test_an_event_that_was_written_after_one_with_a_higher_id_is_not_lost():
    found = told("[9, 7]", [an_event(9), an_event(8, 5), an_event(7)])
    assert [one.ticket for one in found.touched] == ["5"]


def test_the_ground_below_a_full_mark_is_old():
    mark = json.dumps(list(range(200, 100, -1)))
    page = [an_event(number) for number in range(200, 100, -1) if number != 150]
    assert told(mark, [*page, an_event(100)]) is None


def test_pages_are_read_back_to_what_is_known_and_never_more_than_ten():
    script = network(*([an_event(100 - page)] for page in range(30)))
    found = a_client(script).activity("[1]")
    assert len(script.asked) == 10
    assert len(found.touched) == 10
    script = network(*([an_event(100 - page)] for page in range(30)))
    assert len(a_client(script).activity("[98]").touched) == 2
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    "event",
    [
        an_event(9, noteable_type="MergeRequest"),
        an_event(9, None),
        {"id": 9, "action_name": "opened", "note": None},
        {"id": 9},
    ],
)
def test_events_of_no_issue_touch_nothing_and_move_the_mark(event):
    found = told("[8]", [event])
    assert (found.touched, found.mark) == ((), "[9]")


@pytest.mark.parametrize("mark", ["nonsense", "{}", '["9"]', "[true]", "7", "null"])
def test_a_mark_that_is_none_of_ours_begins_anew(mark):
    found = told(mark, [an_event(9)])
    assert (found.touched, found.mark) == ((), "[9]")


@pytest.mark.parametrize("page", [[{"no": "id"}], [7], {"message": "?"}])
def test_an_answer_that_is_no_list_of_events_is_an_error(page):
    with pytest.raises((Permanent, Transient)):
        told("[1]", page)


def test_a_version_without_the_list_tells_nothing():
    assert a_client(network([], status=404)).activity("[1]") is None
    with pytest.raises(Denied):
        a_client(network([], status=403)).activity("[1]")


@pytest.fixture
def world():
    with app.start(tickets=5, comments=4) as running:
        yield running


def test_a_late_comment_that_no_walk_shows_is_told(world):
    source = a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"})
    client = GITLAB.connect(
        source, credentials=Secrets(world.plan.token), limiter=Budget(), validators=Memory()
    )
    world.acts.edit(2, title="Just edited")
    begun = client.activity(None).mark
    [walked] = client.changed_since(Cursor(since=datetime.now(UTC)))
    note = world.acts.comment(2, "Within the minute")
    [page] = client.changed_since(walked.cursor.model_copy(update={"since": datetime.now(UTC)}))
    assert page.records == ()
    found = client.activity(begun)
    assert [one.ticket for one in found.touched] == ["2"]
    assert client.activity(found.mark) is None
    world.acts.delete_comment(note.id)
    assert client.activity(found.mark) is None
    client.close()


@pytest.mark.parametrize(
    ("token", "over", "usual"),
    [
        ("glpat-invented", {}, Allowance(requests=2000, seconds=60)),
        (None, {}, Allowance(requests=500, seconds=60)),
        ("glpat-invented", {"api_url": "https://git.example.org/api/v4"}, None),
    ],
)
def test_the_documented_limit_is_known_where_there_is_one(token, over, usual):
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[])

    class Heard(Budget):
        def wait(self, credential, usual=None):
            self.waits.append(usual)

    heard = Heard()
    url = "https://git.example.org/a/b" if over else "https://gitlab.com/a/b"
    client = GITLAB.connect(
        a_source("gitlab", url, project_id="1", **over),
        credentials=Secrets(token),
        limiter=heard,
        validators=Memory(),
        transport=Script(answer).transport,
    )
    client.activity(None)
    assert heard.waits == [usual]
    assert (client.requests, client.cached) == (1, 0)


def test_what_webhooks_tell_whole_is_only_what_they_can():
    told = GITLAB.capabilities.tells
    assert told == {"core", "comments"}
    assert GITLAB.capabilities.activity
