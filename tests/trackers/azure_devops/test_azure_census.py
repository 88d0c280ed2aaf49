"""A census may stop after any page; the list of links tells what moved no revision."""

import json
from datetime import UTC, datetime

import pytest

from sandbox.azure_devops import app
from schemas.errors import Denied, Permanent
from schemas.record import Cursor
from tests.trackers.azure_devops.azure_payloads import an_item, connected, reply
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.azure_devops import AzureDevOps
from trackers.azure_devops.boards import MANNERS

PROJECT = "4d0c2a61-7777-4abc-8def-0123456789ab"


@pytest.fixture
def world():
    with app.start() as running:
        yield running


@pytest.fixture
def a_client():
    """Makes clients of a stand-in, and closes them."""
    made = []

    def connect(world, **over):
        keys = {"api_url": world.url, "filter": {"state": "all"}} | over
        source = a_source("azure_devops", world.project_url, **keys)
        given = {"limiter": Budget(), "validators": Memory()}
        secrets = Secrets(world.plan.token)
        made.append(AzureDevOps().connect(source, credentials=secrets, **given))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def rows(pages):
    return [row for page in pages for row in page.seen]


def test_halves_of_a_census_show_all_that_was_there_all_the_while(a_client):
    with app.start(tickets=450, comments=60) as world:
        client, acts = a_client(world), world.acts
        before = {
            record.ticket for page in client.changed_since(Cursor()) for record in page.records
        }
        first = next(iter(client.census()))
        assert len(first.seen) == 200
        for number in (3, 250):
            acts.delete(number)
        acts.move(260, "Attic")
        acts.open("Later")
        acts.comment(300, "Moved in its update.")
        seen = {row.ticket: row for row in rows([first, *client.census(first.mark)])}
        assert before - {"260"} <= set(seen)
        assert seen["250"].place == "trashed"
        assert "260" not in seen
        pages = list(client.changed_since(Cursor()))
        told = {record.ticket: record for page in pages for record in page.records}
        for ticket in sorted(told.keys() - {"3"}):
            one = seen[ticket]
            talk = len(told[ticket].comments)
            assert (one.revision, one.comment_count) == (told[ticket].revision, talk)


@pytest.mark.parametrize(
    "mark",
    ["", "x", "[]", "{}", "7", '{"project": "Harbour"}', '{"project": "Harbour", "after": "2"}',
     '{"project": "Harbour", "after": -2}', '{"project": "Harbour", "after": true}',
     '{"project": "Attic", "after": 2}', '{"project": "HARB", "since": 5, "token": "t"}'],
)  # fmt: skip
def test_a_mark_that_is_none_of_ours_begins_anew(mark):
    client, script = connected(lambda _: reply({"workItems": [], "value": []}))
    assert rows(client.census(mark)) == []
    assert "[System.Id] > 0" in json.loads(script.asked[0].content)["query"]


def test_what_lies_inside_the_filter_is_told(world, a_client):
    acts = world.acts
    wanted = acts.open("In", labels=["quay"])
    closed = acts.open("Closed", labels=["quay"])
    acts.close(closed.id)
    acts.open("No tag")
    acts.open("No bug", kind="Task", labels=["quay"])
    client = a_client(world, filter={"state": "open", "labels": ["quay"], "types": ["bug"]})
    assert {row.ticket for row in rows(client.census()) if row.inside} == {str(wanted.id)}
    every = a_client(world)
    assert {row.inside for row in rows(every.census())} == {True}
    told = a_client(world, filter={"wiql": "[System.Title] CONTAINS 'No'", "state": "all"})
    assert sum(row.inside is True for row in rows(told.census())) == 2
    assert sum(row.inside is False for row in rows(told.census())) == 2


def test_only_what_the_filter_needs_is_asked_for():
    def fields(**filter):
        def answer(request):
            if request.url.path.endswith("/wiql"):
                return reply({"workItems": [{"id": 12}]})
            return reply({"value": [an_item()] if request.url.path.endswith("batch") else []})

        client, script = connected(answer, filter=filter)
        list(client.census())
        asked = next(one for one in script.asked if one.url.path.endswith("batch"))
        return json.loads(asked.content)["fields"]

    plain = ["System.Id", "System.Rev", "System.CommentCount", "System.TeamProject"]
    assert fields(state="all") == plain
    assert fields(labels=["a"]) == [*plain, "System.State", "System.WorkItemType", "System.Tags"]


def test_a_recycle_bin_that_may_not_be_read_is_no_empty_one():
    def answer(request):
        bin_asked = request.url.path.endswith("/recyclebin")
        return reply({"message": "no"}, 404) if bin_asked else reply({"workItems": []})

    with pytest.raises(Denied):
        list(connected(answer)[0].census())


def test_links_that_moved_no_revision_are_listed(a_client):
    with app.start(silent_links=True) as world:
        client, acts = a_client(world), world.acts
        one, other, third = (acts.open(name).id for name in "abc")
        acts.relate(one, "System.LinkTypes.Related", other)  # before the beginning
        begin = client.activity(None)
        assert begin.touched == ()
        sent = client.requests
        assert client.activity(begin.mark) is None
        assert client.requests == sent + 1
        rev = acts.item(one).rev
        acts.parent(one, third)
        acts.unrelate(one, "System.LinkTypes.Related", other)
        assert acts.item(one).rev == rev
        found = client.activity(begin.mark)
        told = {(row.ticket, row.aspect, row.reason) for row in found.touched}
        assert told == {
            (str(one), "links", "a link was removed"),
            (str(other), "links", "a link was removed"),
            (str(third), "links", "a link was added"),
        }
        assert all(row.at.tzinfo for row in found.touched)
        assert client.activity(found.mark) is None


def a_link(source=1, target=2, **over):
    attributes = {"sourceId": source, "targetId": target, "changedOperation": "create",
                  "changedDate": "2026-11-20T11:00:00Z"} | over  # fmt: skip
    return {"rel": "System.LinkTypes.Hierarchy", "attributes": attributes}


def listing(*batches):
    left = list(batches)

    def answer(request):
        return left.pop(0) if len(left) > 1 else left[0]

    return connected(answer, project_id=PROJECT)


def batch(*links, token="5.1", last=True):
    return reply({"values": list(links), "continuationToken": token, "isLastBatch": last})


def mark(token: str | None = "4.1", **over) -> str:
    return json.dumps({"project": PROJECT, "token": token, "since": None} | over)


def test_ten_pages_at_most_are_read_and_the_rest_next_time():
    batches = [batch(a_link(n, n + 100), token=f"{n + 10}.1", last=False) for n in range(1, 15)]
    client, script = listing(*batches)
    found = client.activity(mark())
    assert len(script.asked) == 10
    assert len(found.touched) == 20
    assert json.loads(found.mark)["token"] == "20.1"


@pytest.mark.parametrize(
    "told",
    [None, "", "x", "[]", "{}", mark(None), mark(7), mark(project="other"), mark(since=5)],
)
def test_without_a_mark_of_ours_only_the_beginning_is_found(told):
    client, script = listing(batch(a_link()))
    found = client.activity(told)
    assert (found.touched, json.loads(found.mark)["token"]) == ((), "5.1")
    assert "startDateTime" in script.asked[0].url.params


def test_a_token_that_is_refused_begins_anew():
    client, script = listing(reply({"message": "The token is not valid."}, 400), batch())
    assert json.loads(client.activity(mark()).mark)["token"] == "5.1"
    assert "startDateTime" in script.asked[1].url.params


def test_a_list_without_a_token_goes_on_by_the_time():
    client, script = listing(reply({"values": [], "isLastBatch": True}))
    begin = client.activity(None)
    assert json.loads(begin.mark)["since"] == "2026-11-20T12:00:00.000000Z"
    client.activity(begin.mark)
    assert script.asked[1].url.params["startDateTime"] == "2026-11-20T12:00:00.000000Z"


def test_ends_in_other_projects_are_left_out_and_odd_times_count():
    foreign = a_link(7, 8, targetProjectId="another", sourceProjectId=PROJECT.upper())
    odd = a_link(9, None, changedDate="soon", changedOperation="swap")
    found = listing(batch(foreign, odd))[0].activity(mark())
    assert [(row.ticket, row.at, row.reason) for row in found.touched] == [
        ("7", datetime(2026, 11, 20, 11, tzinfo=UTC), "a link was added"),
        ("9", None, "a link was changed"),
    ]


@pytest.mark.parametrize("values", ["x", [7], [{"rel": "x"}], [a_link("one")]])
def test_a_list_that_makes_no_sense_is_refused(values):
    client, _ = listing(reply({"values": values, "continuationToken": "5.1"}))
    with pytest.raises(Permanent):
        client.activity(mark())


def test_the_limit_is_told_in_units_and_taken_for_requests():
    budget = Budget()
    headers = {"x_ratelimit_limit": "200", "x_ratelimit_remaining": "37.5",
               "x_ratelimit_reset": "1795176030"}  # fmt: skip
    client, _ = connected(lambda _: reply({"values": []}, **headers), budget=budget)
    client.activity(None)
    [rate] = budget.rates
    assert (rate.limit, rate.remaining) == (2000, 370)
    assert (MANNERS.usual.requests, MANNERS.usual.seconds) == (2000, 300)
