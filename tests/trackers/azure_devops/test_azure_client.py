"""Reading and walking over a scripted network: what is asked, how often, and what it comes to."""

import base64
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from schemas.change import Write
from schemas.errors import ConfigError, Denied, Permanent, Transient, Unauthorized
from schemas.ports import Grant
from schemas.record import Cursor, Gone, Hidden
from tests.trackers.azure_devops.azure_payloads import (
    INES,
    URL,
    an_item,
    connected,
    reply,
    the_source,
)
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.azure_devops import AZURE_DEVOPS, AzureDevOps, queries
from trackers.azure_devops.boards import Known

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STATES = {"count": 1, "value": [{"name": "Active", "category": "InProgress"}]}


class Organization:
    """Answers queries by the window of ids they ask for, and refuses more than `most`."""

    def __init__(self, ids, *, most=20_000, top_counts=True) -> None:
        self.ids = list(ids)
        self.most = most
        self.top_counts = top_counts

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/wiql"):
            return self._query(request)
        if path.endswith("/workitemsbatch"):
            asked = orjson.loads(request.content)["ids"]
            assert len(asked) <= 200
            items = [an_item(key, System__CommentCount=0) for key in asked]
            return reply({"count": len(items), "value": items})
        if path.endswith("/states"):
            return reply(STATES)
        if path.endswith("/workitemrevisions"):
            return reply({"values": [], "continuationToken": "5.1", "isLastBatch": True})
        return reply({"message": "no such thing"}, 404)

    def _query(self, request: httpx.Request) -> httpx.Response:
        text = orjson.loads(request.content)["query"]
        low = int(text.partition("[System.Id] > ")[2].split()[0])
        high = text.partition("[System.Id] <= ")[2].split()
        found = [k for k in self.ids if low < k and (not high or k <= int(high[0]))]
        top = int(request.url.params["$top"])
        counted = found[:top] if self.top_counts else found
        if len(counted) > self.most:
            told = {"message": "VS402337: more than 20000", "typeKey": "SomeSizeException"}
            return reply(told, 400)
        return reply({"workItems": [{"id": key} for key in counted[:top]]})


def walked(client, cursor=None):
    pages = list(client.changed_since(cursor or Cursor()))
    return [record.ticket for page in pages for record in page.records], pages


@pytest.mark.parametrize("top_counts", [True, False])
def test_more_than_a_query_may_bring_is_read_in_windows_of_ids(top_counts):
    network = Organization(range(1, 45_001), top_counts=top_counts)
    client, script = connected(network)
    boards = client._boards
    found = [key for page in queries.ids(boards, ()) for key in page]
    assert found == list(range(1, 45_001))
    assert all(line.startswith("POST /lantern/Harbour/_apis/wit/wiql") for line in script.lines)


def test_a_walk_reads_two_hundred_at_a_time_and_ends_with_a_cursor_that_stays():
    client, script = connected(Organization(range(1, 451)))
    tickets, pages = walked(client)
    assert tickets == [str(key) for key in range(1, 451)]
    assert [len(page.records) for page in pages] == [200, 200, 50]
    assert pages[-1].cursor.position is None
    assert pages[-1].cursor.since == pages[0].cursor.watermark
    assert pages[0].total == 450
    assert len([line for line in script.lines if "batch" in line]) == 3


def test_a_walk_that_stopped_goes_on_after_its_last_page():
    client, _ = connected(Organization(range(1, 451)))
    first = next(iter(client.changed_since(Cursor())))
    tickets, _ = walked(client, first.cursor)
    assert tickets[0] == "201"
    assert len(tickets) == 250


@pytest.mark.parametrize("position", ["", "{}", "[]", '{"after": -1, "token": null}', "x"])
def test_a_position_that_is_none_of_ours_begins_again(position):
    client, _ = connected(Organization(range(1, 4)))
    tickets, _ = walked(client, Cursor(position=position, watermark=SINCE))
    assert tickets == ["1", "2", "3"]


def test_when_nothing_changed_one_request_tells():
    client, script = connected(Organization([]))
    tickets, pages = walked(client, Cursor(since=SINCE))
    assert tickets == []
    assert len(script.asked) == client.requests == 1
    assert script.asked[0].url.params["startDateTime"] == "2026-11-20T09:00:00.000000Z"
    assert pages[-1].cursor == Cursor(
        since=datetime(2026, 11, 20, 12, tzinfo=UTC),
        watermark=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )


def test_news_of_several_batches_go_on_by_the_token():
    reports = [
        {"values": [{"id": 3}, {"id": 1}], "continuationToken": "7.1", "isLastBatch": False},
        {"values": [{"id": 3}], "continuationToken": "9.1", "isLastBatch": True},
    ]
    organization = Organization([])

    def answer(request):
        if request.url.path.endswith("/workitemrevisions"):
            return reply(reports.pop(0))
        return organization(request)

    client, script = connected(answer)
    tickets, pages = walked(client, Cursor(since=SINCE))
    assert tickets == ["1", "3", "3"]
    assert '"token": "7.1"' in pages[0].cursor.position
    tokens = [one.url.params.get("continuationToken") for one in script.asked]
    assert [token for token in tokens if token] == ["7.1"]


def test_what_the_report_calls_deleted_is_gone_and_not_read():
    flags = [{"System.IsDeleted": True}, {"System.IsDeleted": "True"}, {"System.IsDeleted": False}]
    values = [{"id": key, "fields": fields} for key, fields in enumerate(flags, start=1)]
    organization = Organization([])

    def answer(request):
        if request.url.path.endswith("/workitemrevisions"):
            return reply({"values": values, "continuationToken": "7.1", "isLastBatch": True})
        return organization(request)

    client, script = connected(answer)
    tickets, pages = walked(client, Cursor(since=SINCE))
    assert tickets == ["3"]
    gone = [one for page in pages for one in page.gone]
    assert gone == [Gone(ticket=key, proof="System.IsDeleted") for key in ("1", "2")]
    assert script.asked[0].url.params["includeDeleted"] == "true"


def test_comments_that_name_the_same_page_again_do_not_go_on_for_ever():
    pages = [{"comments": [{"id": 1}], "continuationToken": "same"} for _ in range(4)]

    def answer(request):
        last = {"comments": []}
        asked = request.url.path.endswith("/comments")
        return reply((pages.pop() if pages else last) if asked else an_item(12))

    client, script = connected(answer)
    with pytest.raises(Transient, match="same page"):
        client.fetch("12", frozenset({"core", "comments"}))
    assert len([line for line in script.lines if "/comments" in line]) == 2


def test_a_page_to_sign_in_is_never_taken_for_a_file():
    def answer(request):
        if request.url.host == "login.example":
            return httpx.Response(200, content=b"<html>Sign in")
        if request.headers.get("x-tfs-fedauthredirect") == "Suppress":
            return httpx.Response(401)
        return httpx.Response(302, headers={"location": "https://login.example/"})

    client, _ = connected(answer)
    file = f"{URL}/_apis/wit/attachments/7c1e0000-0000-4000-8000-000000000501"
    with pytest.raises(Unauthorized):
        list(client.download(file))


def test_a_null_in_a_batch_is_passed_over():
    organization = Organization([1, 2])

    def answer(request):
        if request.url.path.endswith("/workitemsbatch"):
            return reply({"count": 2, "value": [None, an_item(2, System__CommentCount=0)]})
        return organization(request)

    assert walked(connected(answer)[0])[0] == ["2"]


def test_a_filter_of_the_trackers_goes_into_the_query():
    over = {
        "filter": {"types": ["Bug"], "labels": ["it's"], "wiql": "[a] = 1 OR [b] = 2"},
        "team": "Till Team",
    }
    client, script = connected(Organization([]), **over)
    walked(client)
    asked = script.asked[-1]
    assert asked.url.path == "/lantern/Harbour/Till Team/_apis/wit/wiql"
    query = orjson.loads(asked.content)["query"]
    assert "[System.WorkItemType] IN ('Bug')" in query
    assert "[System.Tags] CONTAINS 'it''s'" in query
    assert "([a] = 1 OR [b] = 2)" in query
    assert "@TeamAreas" in query


def test_a_query_that_is_refused_says_so():
    client, _ = connected(lambda _: reply({"message": "TF51005: no such field"}, 400))
    with pytest.raises(Permanent, match="TF51005"):
        walked(client)


def test_the_pinned_project_is_asked_by_its_id():
    client, script = connected(Organization([]), project_id="p-1")
    walked(client)
    assert {one.url.path.split("/")[2] for one in script.asked} == {"p-1"}


def test_what_a_process_says_is_asked_once_in_ten_minutes():
    clock = [0.0]
    known = Known(now=lambda: clock[0])
    script = Script(Organization([1, 2, 3]))

    def walk() -> int:
        client = AzureDevOps(known=known).connect(
            the_source(filter={"state": "all"}),
            credentials=Secrets(),
            limiter=Budget(),
            validators=Memory(),
            transport=script.transport,
        )
        walked(client)
        return sum(line.partition("?")[0].endswith("/states") for line in script.lines)

    assert [walk(), walk()] == [1, 1]
    clock[0] = 601.0
    assert walk() == 2


def test_a_personal_access_token_is_the_password_of_nobody():
    client, script = connected(Organization([]))
    walked(client)
    pair = base64.b64encode(b":invented-token").decode()
    assert script.asked[0].headers["authorization"] == f"Basic {pair}"


def test_an_entra_token_is_a_bearer_and_without_a_token_nobody_asks():
    client, script = connected(Organization([]), token="eyJ0.eyJh.c2ln")
    walked(client)
    assert script.asked[0].headers["authorization"] == "Bearer eyJ0.eyJh.c2ln"
    client, script = connected(Organization([]), token=None)
    walked(client)
    assert "authorization" not in script.asked[0].headers


def test_a_grant_is_a_bearer_too():
    script = Script(Organization([]))
    client = AZURE_DEVOPS.connect(
        the_source(auth="oauth"),
        credentials=Secrets(granted=Grant(access_token="granted")),
        limiter=Budget(),
        validators=Memory(),
        transport=script.transport,
    )
    walked(client)
    assert script.asked[0].headers["authorization"] == "Bearer granted"


def test_an_answer_that_asks_for_slowness_is_used_and_obeyed():
    budget = Budget()
    headers = {"retry_after": "28", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "1795176030"}
    report = {"values": [], "continuationToken": "5", "isLastBatch": True}
    client, _ = connected(lambda _: reply(report, **headers), budget=budget)
    walked(client, Cursor(since=SINCE))
    assert budget.blocks == [28.0]
    assert budget.rates == []


def test_an_empty_budget_without_a_wait_is_known_until_its_reset():
    budget = Budget()
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1795176030"}
    report = {"values": [], "continuationToken": "5", "isLastBatch": True}
    client, _ = connected(lambda _: reply(report, **headers), budget=budget)
    walked(client, Cursor(since=SINCE))
    assert [(one.remaining, one.reset_at.timestamp()) for one in budget.rates] == [(0, 1795176030)]


def test_every_request_names_a_version_and_comments_a_preview():
    def answer(request):
        if "/comments/" in request.url.path:
            return reply({"id": 9001, "version": 1, "createdBy": INES, "text": "x"})
        return reply(an_item())

    client, script = connected(answer)
    client.fetch_comment("12", "9001")
    assert script.asked[-1].url.params["api-version"] == "7.1-preview.4"
    client.fetch("12")
    assert script.asked[-1].url.params["api-version"] == "7.1"


def test_a_comment_that_is_gone_is_proven_only_while_its_work_item_is_there():
    there = {"/lantern/_apis/wit/workitems/12": reply(an_item())}
    client, _ = connected(lambda r: there.get(r.url.path) or reply({}, 404))
    assert isinstance(client.fetch_comment("12", "1"), Gone)
    there.clear()
    assert isinstance(client.fetch_comment("12", "1"), Hidden)


def test_a_site_alone_can_list_its_projects_but_nothing_else():
    source = a_source("azure_devops", URL.rpartition("/")[0])
    project = {"id": "p", "name": "Old Harbour", "state": "wellFormed", "visibility": "public"}
    script = Script(lambda _: reply({"count": 1, "value": [project]}))
    client = AZURE_DEVOPS.connect(
        source,
        credentials=Secrets(),
        limiter=Budget(),
        validators=Memory(),
        transport=script.transport,
    )
    [found] = client.projects()
    assert (found.url, found.private) == ("https://dev.azure.com/lantern/Old%20Harbour", False)
    with pytest.raises(Denied, match="only a site"):
        client.project()


@pytest.mark.parametrize("key", ["", "1/2", "x", "١"])
def test_only_numbers_become_part_of_an_address(key):
    client, script = connected(Organization([]))
    with pytest.raises(Permanent, match="no id"):
        client.fetch(key)
    assert script.asked == []


def test_an_attachment_is_asked_of_our_own_api_whatever_host_it_names():
    guid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
    client, script = connected(lambda _: httpx.Response(200, content=b"lamp"))
    old = f"https://lantern.visualstudio.com/_apis/wit/attachments/{guid}?fileName=a.png"
    assert b"".join(client.download(old)) == b"lamp"
    assert script.asked[0].url.host == "dev.azure.com"
    with pytest.raises(Permanent, match="no address of an attachment"):
        client.download("https://evil.example/x")


def test_a_lost_race_is_worth_another_try():
    told = {"message": "VS403351: Test Operation for path /rev failed."}
    client, _ = connected(lambda _: reply(told, 412))
    with pytest.raises(Transient, match="in between"):
        client.write(
            Write(step="update", ticket="12", body={"ops": [{"op": "test", "path": "/rev"}]})
        )


def test_a_filter_that_is_none_is_refused_when_connecting():
    with pytest.raises(ConfigError):
        connected(Organization([]), filter={"jql": "x"})
