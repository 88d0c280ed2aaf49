"""Walking a repository: how many requests, in which order, and what moving items do to it."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from schemas.errors import Denied, Permanent
from schemas.record import Cursor
from tests.trackers.github.github_network import Network, api, connected, reply
from tests.trackers.github.github_payloads import URL, a_comment, a_pull_request, an_issue

START = datetime(2026, 11, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = Cursor(since=datetime(2026, 11, 20, 11, tzinfo=UTC))


def at(second):
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def issues(count, first=1):
    return [an_issue(n, created_at=at(n), updated_at=at(n)) for n in range(first, first + count)]


def comments(count):
    return [
        a_comment(n, 1 + n % 9, created_at=at(n), updated_at=at(n)) for n in range(1, count + 1)
    ]


def tickets_of(pages):
    return [
        record.external_id for page in pages if page.kind == "tickets" for record in page.records
    ]


def comments_of(pages):
    return [
        record.external_id for page in pages if page.kind == "comments" for record in page.records
    ]


def test_a_cold_pass_over_1000_issues_and_3000_comments_is_40_requests():
    one = connected(Network(issues(1000), comments(3000)), filter={"state": "all"})
    pages = list(one.client.changed_since(Cursor()))
    assert one.client.requests == 40
    assert len(set(tickets_of(pages))) == len(tickets_of(pages)) == 1000
    assert len(set(comments_of(pages))) == len(comments_of(pages)) == 3000
    assert [page.kind for page in pages] == ["tickets"] * 10 + ["comments"] * 30
    assert pages[0].total == 1000


def test_an_idle_pass_is_two_requests():
    one = connected(Network(issues(300), comments(300)))
    pages = list(one.client.changed_since(SINCE))
    assert one.client.requests == 2
    assert [page.records for page in pages] == [(), ()]


def test_the_last_cursor_is_finished_and_starts_at_the_clock_of_the_first_answer():
    one = connected(Network(issues(150)))
    *before, last = list(one.client.changed_since(Cursor()))
    assert last.cursor == Cursor(since=NOON, watermark=NOON)
    assert all(page.cursor.position for page in before)
    assert {page.cursor.watermark for page in before} == {NOON}
    assert {page.cursor.since for page in before} == {None}


@pytest.mark.parametrize("since", [None, START])
def test_a_walk_goes_on_where_its_cursor_says(since):
    network = Network(issues(250), comments(250))
    whole = list(connected(network).client.changed_since(Cursor(since=since)))
    for place, page in enumerate(whole[:-1]):
        rest = connected(network)
        again = list(rest.client.changed_since(page.cursor))
        found = tickets_of(whole[: place + 1]) + tickets_of(again)
        assert set(found) == {str(n) for n in range(1, 251)}
        assert again[-1].cursor == whole[-1].cursor
        assert rest.client.requests == len(whole) - place - 1


@pytest.mark.parametrize(
    "position",
    [
        "nonsense",
        "[]",
        '{"walk": "tickets"}',
        '{"walk": "sideways", "url": "https://api.github.com/x"}',
        '{"walk": "tickets", "url": "https://evil.test/x"}',
        '{"walk": "tickets", "url": 5}',
    ],
)
def test_a_position_we_would_not_follow_starts_again(position):
    one = connected(Network(issues(3)))
    pages = list(one.client.changed_since(Cursor(position=position, watermark=START)))
    assert tickets_of(pages) == ["1", "2", "3"]
    assert pages[-1].cursor.since == NOON


def test_an_open_filter_asks_for_open_issues_first_and_for_all_later():
    network = Network([*issues(2), an_issue(3, state="closed", created_at=at(3))])
    one = connected(network, filter={"state": "open", "labels": ["bug"]})
    list(one.client.changed_since(Cursor()))
    list(one.client.changed_since(SINCE))
    first, later = one.script.asked[0].url.params, one.script.asked[2].url.params
    assert (first["state"], first["labels"], later["state"]) == ("open", "bug", "all")
    assert "labels" not in later


def test_pull_requests_and_their_comments_are_left_out():
    talk = a_comment(2, 13, html_url=f"{URL}/pull/13#issuecomment-2")
    one = connected(Network([an_issue(), a_pull_request()], [a_comment(1), talk]))
    pages = list(one.client.changed_since(Cursor()))
    assert tickets_of(pages) == ["12"]
    assert comments_of(pages) == ["1"]


def test_comments_carry_the_number_of_their_issue():
    one = connected(Network([], [a_comment(5, 77)]))
    *_, page = one.client.changed_since(Cursor())
    assert [(r.ticket, r.external_id) for r in page.records] == [("77", "5")]


def test_an_issue_touched_during_an_incremental_walk_hides_no_other():
    """With page 2 instead of a new `since`, number 101 would slip to page 1 unseen."""
    network = Network(issues(250))
    one = connected(network)
    walk = one.client.changed_since(Cursor(since=START))
    seen = tickets_of([next(walk)])
    for issue in network.issues[:60]:
        issue["updated_at"] = at(5000)
    seen += tickets_of(walk)
    assert set(seen) == {str(n) for n in range(1, 251)}


def test_a_full_page_of_one_second_goes_on_by_page():
    network = Network([an_issue(n, created_at=at(n), updated_at=at(7)) for n in range(1, 251)])
    one = connected(network)
    pages = list(one.client.changed_since(Cursor(since=START)))
    assert sorted(map(int, tickets_of(pages))) == list(range(1, 251))
    assert one.client.requests <= 6


def test_a_keyset_walk_repeats_nothing():
    pages = list(connected(Network(issues(1000))).client.changed_since(Cursor(since=START)))
    assert len(tickets_of(pages)) == 1000


def test_a_list_that_is_cut_off_goes_on_by_time():
    """https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api"""
    network = Network(issues(250))

    def cut(request):
        if "page=2" in str(request.url) and "since" not in request.url.params:
            message = "In order to keep the API fast, pagination is limited for this resource."
            return reply({"message": message}, 422)
        return network(request)

    pages = list(connected(cut).client.changed_since(Cursor()))
    assert set(tickets_of(pages)) == {str(n) for n in range(1, 251)}
    assert pages[-1].cursor == Cursor(since=NOON, watermark=NOON)


def test_any_other_422_is_an_error():
    broken = {
        f"GET {path}": reply({"message": "Bad since"}, 422)
        for path in ["/repos/lantern/harbour/issues"]
    }
    with pytest.raises(Permanent, match="Bad since"):
        list(connected(Network(fixed=broken)).client.changed_since(Cursor()))


@pytest.mark.parametrize(("status", "cause"), [(404, "Not Found"), (410, "Issues are disabled")])
def test_a_repository_without_readable_issues_is_denied(status, cause):
    gone = {"GET /repos/lantern/harbour/issues": reply({"message": cause}, status)}
    with pytest.raises(Denied, match=cause):
        list(connected(Network(fixed=gone)).client.changed_since(Cursor()))


def test_a_position_is_plain_json_that_names_the_page():
    one = connected(Network(issues(150)))
    page = next(iter(one.client.changed_since(Cursor())))
    found = orjson.loads(page.cursor.position or "")
    assert found["walk"] == "tickets"
    assert found["url"].startswith(api("/issues?"))
