"""What can go wrong on the way, and what is taken away or given back: under one set of names."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.azure_devops import app
from tests.sandbox import azure_running
from tests.sandbox.azure_running import PREVIEW, VERSION, asked

azure = azure_running.azure
api = azure_running.api
ALL = "SELECT [System.Id] FROM WorkItems ORDER BY [System.Id]"
REVISIONS = "/Shop/_apis/wit/reporting/workitemrevisions"
LINKS = "/Shop/_apis/wit/reporting/workitemlinks"


def ids(client, query: str = ALL) -> list[int]:
    return [one["id"] for one in asked(client, query).json()["workItems"]]


def title(client, key: int) -> str:
    return client.get(f"/_apis/wit/workitems/{key}").json()["fields"]["System.Title"]


@pytest.fixture
def clock():
    return [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]


@pytest.fixture
def timed(clock):
    with app.start(now=lambda: clock[-1]) as running:
        given = {"auth": ("", app.TOKEN), "params": VERSION, "trust_env": False}
        with httpx.Client(base_url=running.url, **given) as client:
            yield running, client


def test_a_connection_that_is_cut_brings_no_answer_and_changes_nothing(azure, api):
    azure.faults.set(cut_next=1)
    with pytest.raises(httpx.TransportError):
        azure_running.patched(api, "/Shop/_apis/wit/workitems/$Bug", method="POST")
    assert azure.neutral()["tickets"] == []
    assert azure.requests.entries[-1].lost is True


def test_short_pages_lead_on(azure, api):
    one = azure.acts.open("One").id
    for number in range(5):
        azure.acts.open(f"More {number}")
        azure.acts.comment(one, f"Comment {number}")
    azure.faults.set(short_pages=1)
    told, query = [], {**PREVIEW, "order": "asc", "$top": 4}
    while True:
        page = api.get(f"/Shop/_apis/wit/workItems/{one}/comments", params=query).json()
        assert len(page["comments"]) < 4
        told += [comment["id"] for comment in page["comments"]]
        if "continuationToken" not in page:
            break
        query["continuationToken"] = page["continuationToken"]
    assert len(told) == 5
    seen, query = set(), {**VERSION, "$maxPageSize": 4}
    while True:
        page = api.get(REVISIONS, params=query).json()
        seen |= {item["id"] for item in page["values"]}
        if page["isLastBatch"]:
            break
        query["continuationToken"] = page["continuationToken"]
    assert len(seen) == 6


def test_lists_lag_while_single_reads_are_fresh(clock, timed):
    azure, api = timed
    old = azure.acts.open("before").id
    clock.append(clock[0] + timedelta(minutes=1))
    azure.faults.set(index_lag=30)
    azure.acts.edit(old, title="after")
    new = azure.acts.open("new").id
    assert ids(api, "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'before'") == [old]
    assert new not in ids(api)
    told = api.get(REVISIONS, params={**VERSION, "fields": "System.Title"}).json()
    assert [(one["id"], one["rev"]) for one in told["values"]] == [(old, 1)]
    assert (title(api, old), title(api, new)) == ("after", "new")
    clock.append(clock[-1] + timedelta(seconds=31))
    later = api.get(REVISIONS, params={**VERSION, "continuationToken": told["continuationToken"]})
    assert {(one["id"], one["rev"]) for one in later.json()["values"]} == {(old, 2), (new, 1)}


def test_a_replica_shows_old_states_of_single_reads_too(clock, timed):
    azure, api = timed
    old, gone = azure.acts.open("before").id, azure.acts.open("gone").id
    comment = azure.acts.comment(old, "first").id
    clock.append(clock[0] + timedelta(minutes=1))
    azure.faults.set(replica_lag=30)
    azure.acts.edit(old, title="after")
    azure.acts.edit_comment(comment, "second")
    azure.acts.delete(gone)
    new = azure.acts.open("new").id
    item = api.get(f"/_apis/wit/workitems/{old}").json()
    assert (item["fields"]["System.Title"], item["rev"]) == ("before", 2)
    path = f"/Shop/_apis/wit/workItems/{old}/comments/{comment}"
    assert "first" in api.get(path, params=PREVIEW).text
    assert title(api, gone) == "gone"
    assert api.get(f"/Shop/_apis/wit/recyclebin/{gone}").status_code == 404
    wish = {"ids": [old, new], "errorPolicy": "omit"}
    first, second = api.post("/_apis/wit/workitemsbatch", json=wish).json()["value"]
    assert (first["rev"], second) == (2, None)
    assert azure_running.patched(
        api, f"/_apis/wit/workitems/{new}", azure_running.put("System.Title", "written")
    ).is_success
    clock.append(clock[-1] + timedelta(seconds=31))
    assert (title(api, old), title(api, new)) == ("after", "written")
    assert api.get(f"/Shop/_apis/wit/recyclebin/{gone}").status_code == 200


def test_a_hidden_work_item_looks_like_none(azure, api):
    key, other = azure.acts.open("Secret").id, azure.acts.open("Seen").id
    azure.acts.hide(str(key))
    refused = api.get(f"/_apis/wit/workitems/{key}")
    assert refused.status_code == 404
    assert "TF401232" in refused.json()["message"]
    assert key not in ids(api)
    assert [one["id"] for one in api.get(REVISIONS).json()["values"]] == [other]
    wish = {"ids": [key, other], "errorPolicy": "omit"}
    assert api.post("/_apis/wit/workitemsbatch", json=wish).json()["value"][0] is None
    hidden = {one["key"]: (one["hidden"], one["deleted"]) for one in azure.neutral()["tickets"]}
    assert hidden == {str(key): (True, False), str(other): (False, False)}
    azure.acts.unhide(str(key))
    assert title(api, key) == "Secret"


def test_a_project_may_lock_us_out_and_let_us_in(azure, api):
    key = azure.acts.open("One").id
    azure.acts.lock_out()
    assert asked(api, ALL).status_code == 404
    assert api.get(f"/_apis/wit/workitems/{key}").status_code == 404
    assert api.get("/_apis/projects/Shop").status_code == 404
    assert [one["name"] for one in api.get("/_apis/projects").json()["value"]] == ["Attic"]
    azure.acts.let_in()
    assert title(api, key) == "One"


def test_an_organization_restored_from_its_backup_goes_back(clock, timed):
    azure, api = timed
    kept, other = azure.acts.open("before").id, azure.acts.open("other").id
    levers = f"{azure.root}/_sandbox/act"
    assert httpx.post(levers, json={"act": "go_back"}).status_code == 422
    assert httpx.post(levers, json={"act": "backup"}).status_code == 200
    for again in range(2):
        clock.append(clock[-1] + timedelta(hours=1))
        azure.acts.edit(kept, title="after")
        azure.acts.parent(kept, other)
        lost = azure.acts.open("lost").id
        assert lost == other + 1 + again  # an id is never given out twice
        assert httpx.post(levers, json={"act": "go_back"}).status_code == 200
        item = api.get(f"/_apis/wit/workitems/{kept}?$expand=all").json()
        assert (item["fields"]["System.Title"], item["rev"]) == ("before", 1)
        assert "relations" not in item
        assert item["fields"]["System.ChangedDate"] == "2026-03-04T09:00:00Z"
        assert api.get(f"/_apis/wit/workitems/{lost}").status_code == 404
        assert api.get(LINKS).json()["values"] == []


def test_links_are_reported_once_in_the_order_of_saving(azure, api):
    one, other = azure.acts.open("One").id, azure.acts.open("Other").id
    azure.acts.parent(one, other)
    first = api.get(LINKS).json()
    told = first["values"][0]
    assert (told["rel"], len(first["values"])) == ("System.LinkTypes.Hierarchy", 1)
    attributes = told["attributes"]
    assert (attributes["sourceId"], attributes["targetId"]) == (other, one)
    azure.acts.parent(one, None)
    on = {**VERSION, "continuationToken": first["continuationToken"]}
    [removed] = api.get(LINKS, params=on).json()["values"]
    assert removed["attributes"]["changedOperation"] == "remove"
    wrong = {**VERSION, "continuationToken": "x"}
    assert api.get(LINKS, params=wrong).status_code == 400


def test_the_limit_is_told_before_it_is_reached_and_refusals_are_counted():
    with app.start(rate_limit=20, rate_seconds=60) as running:
        given = {"auth": ("", app.TOKEN), "params": VERSION, "trust_env": False}
        with httpx.Client(base_url=running.url, **given) as client:
            answers = [client.get("/_apis/projects") for _ in range(33)]
        left = [one.headers.get("x-ratelimit-remaining") for one in answers]
        assert left[0] is None
        assert (left[9], left[19], left[32]) == ("1", "0", "0")
        assert answers[9].headers["x-ratelimit-limit"] == "2"
        assert "retry-after" not in answers[19].headers
        assert "retry-after" in answers[20].headers
        assert [one.status_code for one in answers].count(429) == 2
        assert running.requests.as_json()["refused"] == 2


def test_ids_go_on_over_one_that_is_taken(azure):
    azure.state._ids["item"] = app.OLD_ITEM - 2
    made = [azure.acts.open(name).id for name in "abc"]
    assert made == [app.OLD_ITEM - 1, app.OLD_ITEM + 1, app.OLD_ITEM + 2]
