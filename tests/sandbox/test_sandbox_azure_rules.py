"""The rules of the stand-in: patches, queries, refusals, limits, as Azure DevOps has them."""

import httpx
import pytest

from sandbox.azure_devops import app
from sandbox.azure_devops.app import Plan
from sandbox.azure_devops.texts import as_html, as_text, normal
from tests.sandbox.azure_running import PREVIEW, VERSION, api, asked, azure, patched, put

__all__ = ["api", "azure"]

ITEM = "/_apis/wit/workitems/1"
SELECT = "SELECT [System.Id] FROM WorkItems WHERE"


def message(answer) -> str:
    assert answer.status_code >= 400
    return answer.json()["message"]


def test_a_save_raises_the_revision_and_one_that_changes_nothing_does_not(azure, api):
    azure.acts.open("A")
    assert patched(api, ITEM, put("System.Title", "B")).json()["rev"] == 2
    assert patched(api, ITEM, put("System.Title", "B")).json()["rev"] == 2


def test_a_test_of_the_revision_decides_a_race(azure, api):
    azure.acts.open("A")
    test = {"op": "test", "path": "/rev", "value": 1}
    assert patched(api, ITEM, test, put("System.Title", "B")).status_code == 200
    lost = patched(api, ITEM, test, put("System.Title", "C"))
    assert (lost.status_code, lost.json()["typeKey"]) == (412, "TestPatchOperationFailedException")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("Custom.Nothing", 1, "Cannot find field"),
        ("Microsoft.VSTS.Scheduling.StoryPoints", 1, "Cannot find field"),
        ("System.State", "Nowhere", "not in the list"),
        ("Microsoft.VSTS.Common.Priority", 9, "not in the list"),
        ("System.AssignedTo", "nobody", "unknown identity"),
        ("System.AreaPath", "Shop\\Nowhere", "TF401347"),
        ("System.Title", "x" * 256, "InvalidTooLong"),
        ("System.CreatedDate", "2020-01-01", "ReadOnly"),
    ],
)
def test_what_breaks_a_rule_is_refused(azure, api, field, value, told):
    azure.acts.open("A", kind="Task")
    assert told in message(patched(api, ITEM, put(field, value)))


def test_a_new_one_begins_in_the_first_state_with_a_title(api):
    path = "/Shop/_apis/wit/workitems/$Bug"
    state = put("System.State", "Closed")
    assert "State" in message(patched(api, path, put("System.Title", "A"), state, method="POST"))
    assert "Title" in message(patched(api, path, method="POST"))
    made = patched(api, path, put("System.Title", "A"), method="POST").json()
    assert (made["id"], made["fields"]["System.State"]) == (1, "New")


def test_a_link_has_two_ends_and_there_is_one_parent(azure, api):
    ids = [azure.acts.open(name).id for name in "abc"]

    def parent(key):
        url = f"{azure.url}/_apis/wit/workItems/{key}"
        value = {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": url}
        return {"op": "add", "path": "/relations/-", "value": value}

    assert patched(api, ITEM, parent(ids[1])).status_code == 200
    assert "two parents" in message(patched(api, ITEM, parent(ids[2])))
    assert "already exists" in message(patched(api, ITEM, parent(ids[1])))
    other = api.get(f"/_apis/wit/workitems/{ids[1]}", params={**VERSION, "$expand": "relations"})
    assert other.json()["relations"][0]["rel"] == "System.LinkTypes.Hierarchy-Forward"
    assert patched(api, ITEM, {"op": "remove", "path": "/relations/0"}).status_code == 200
    other = api.get(f"/_apis/wit/workitems/{ids[1]}", params={**VERSION, "$expand": "relations"})
    assert "relations" not in other.json()


def test_empty_fields_are_absent_and_tags_are_sorted(azure, api):
    azure.acts.open("A", labels=["vip", "Bug", "VIP"])
    fields = patched(api, ITEM, put("System.Tags", "b, a;b")).json()["fields"]
    assert fields["System.Tags"] == "a; b"
    assert "System.AssignedTo" not in fields
    assert "System.Tags" not in patched(api, ITEM, put("System.Tags", "")).json()["fields"]


def test_text_loses_scripts_handlers_and_comments():
    assert normal("<p onclick='x()'>a</p><script>b</script><!-- c -->\r\n") == "<p>a</p>"
    assert (
        as_text(as_html("One.\nStill one.\n\nTwo & three.")) == "One.\nStill one.\n\nTwo & three."
    )


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("[System.Id] > 1", [2, 3]),
        ("[System.Id] IN (1, 3)", [1, 3]),
        ("[System.Title] = 'b' OR [System.Title] = 'C'", [2, 3]),
        ("NOT ([System.Title] = 'b' OR [System.Title] = 'C')", [1]),
        ("[System.Tags] CONTAINS 'VIP'", [1]),
        ("[System.Tags] NOT CONTAINS 'vip'", [2, 3]),
        ("[System.AreaPath] UNDER 'Shop\\Till'", [2]),
        ("[System.AssignedTo] = 'mara@shop.example'", [3]),
        ("[System.CreatedBy] = @Me", []),
        ("[System.TeamProject] = @project AND [System.State] <> 'New'", [3]),
        ("[System.CreatedDate] >= '2020-01-01'", [1, 2, 3]),
    ],
)
def test_conditions_of_queries(azure, api, where, found):
    azure.acts.open("a", labels=["vip"])
    azure.acts.edit(azure.acts.open("b").id, fields={"System.AreaPath": "Shop\\Till\\Printer"})
    azure.acts.state(azure.acts.open("c", assignee="mara@shop.example").id, "Active")
    query = f"{SELECT} [System.TeamProject] = 'Shop' AND ({where}) ORDER BY [System.Id]"
    told = asked(api, query, timePrecision="true").json()["workItems"]
    assert [one["id"] for one in told] == found


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("nonsense", "TF51006"),
        (f"{SELECT} [No.Field] = 1", "TF51005"),
        (f"{SELECT} [System.Id] = ", "TF51006"),
        (f"{SELECT} [System.ChangedDate] >= '2026-01-01T10:00:00Z'", "time"),
    ],
)
def test_a_query_that_is_wrong_is_refused(api, query, told):
    assert told in message(asked(api, query))


def test_more_than_twenty_thousand_are_refused_as_a_whole(azure, api):
    item = azure.acts.open("A")
    azure.state.items.update((key, item) for key in range(1_000_000, 1_020_001))
    query = f"{SELECT} [System.TeamProject] = 'Shop'"
    assert "VS402337" in message(asked(api, query))
    assert len(asked(api, query, **{"$top": 19_999}).json()["workItems"]) == 19_999


def test_a_batch_takes_two_hundred_and_may_hold_nulls(azure, api):
    azure.acts.open("A")
    path = "/_apis/wit/workitemsbatch"
    assert "VS403474" in message(api.post(path, json={"ids": list(range(201))}))
    assert message(api.post(path, json={"ids": [1, 2]}))
    found = api.post(path, json={"ids": [2, 1], "errorPolicy": "omit"}).json()["value"]
    assert [one and one["id"] for one in found] == [None, 1]


def test_every_request_names_a_version_and_comments_a_preview(azure, api):
    azure.acts.open("A")
    assert "api-version" in message(api.get(ITEM, params={"api-version": ""}))
    path = "/Shop/_apis/wit/workItems/1/comments"
    assert "preview" in message(api.get(path, params=VERSION))
    assert api.get(path, params=PREVIEW).status_code == 200


def test_a_deleted_one_is_in_the_recycle_bin_and_comes_back(azure, api):
    azure.acts.open("A")
    assert api.delete(ITEM).status_code == 200
    assert "TF401232" in message(api.get(ITEM))
    assert api.get("/Shop/_apis/wit/recyclebin/1").json()["name"] == "A"
    assert api.get("/Shop/_apis/wit/recyclebin").json()["count"] == 1
    back = api.patch("/Shop/_apis/wit/recyclebin/1", json={"IsDeleted": False})
    assert back.status_code == 200
    assert api.get(ITEM).json()["rev"] == 3


def test_without_a_good_token_there_is_a_page_or_a_refusal(api):
    path = "/_apis/projects"
    assert api.get(path, auth=("", "wrong")).status_code == 401
    page = api.get(path, auth=None)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (203, "text/html")


def test_above_the_limit_requests_are_slowed_and_then_refused():
    with app.start(rate_limit=2, units_per_request=1.0) as running:
        given = {"auth": ("", app.TOKEN), "params": VERSION, "trust_env": False}
        with httpx.Client(base_url=running.url, **given) as client:
            answers = [client.get("/_apis/projects") for _ in range(6)]
    assert [one.status_code for one in answers] == [200, 200, 200, 200, 429, 429]
    waits = ["retry-after" in one.headers for one in answers]
    assert waits == [False, False, True, True, True, True]
    assert answers[2].json()["count"] == 2


def test_a_seed_gives_the_same_past():
    def titles():
        with app.start(tickets=20, comments=10, seed=7) as running:
            return [(one["title"], len(one["comments"])) for one in running.neutral()["tickets"]]

    assert titles() == titles()
    assert Plan().organization == "octo"


def test_people_at_work_leave_a_state_that_can_be_told(azure):
    azure.people.work(300)
    told = azure.neutral()["tickets"]
    assert {"open", "closed"} == {one["state"] for one in told}
    assert any(one["comments"] for one in told)
    assert len(azure.people.as_json()["acts"]) > 10
