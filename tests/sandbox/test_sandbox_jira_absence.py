"""Deleted, moved, hidden, archived: what a reader is told of each, and what not."""

import pytest

from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, found

jira = jira_running.jira
jira_api = jira_running.jira_api
create = jira_running.create
jira_line = jira_running.jira_line


@pytest.fixture
def two(jira, create):
    return create("one"), create("two")


def bulk(api, *keys):
    body = {"issueIdsOrKeys": list(keys), "fields": ["summary"]}
    return [one["key"] for one in api.post(f"{ISSUE}/bulkfetch", json=body).json()["issues"]]


def test_deleted_and_hidden_look_the_same(jira, jira_api, two):
    deleted, hidden = two
    jira.acts.delete(deleted)
    jira.acts.hide(hidden)
    answers = [jira_api.get(f"{ISSUE}/{key}") for key in two]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    assert found(jira_api, "project = PROJ") == []
    assert bulk(jira_api, *two) == []
    jira.acts.unhide(hidden)
    assert jira_api.get(f"{ISSUE}/{hidden}").status_code == 200


def test_a_hidden_issue_is_told_of_by_no_webhook(jira, two, receiver):
    jira.add_hook(receiver.url)
    jira.acts.hide(two[0])
    jira.acts.edit(two[0], title="secret")
    jira.acts.comment(two[0], "secret")
    assert jira.outbox.idle(5)
    assert receiver.got == []


def test_a_move_keeps_the_id_and_the_old_key_leads_on(jira, jira_api, two):
    before = jira_api.get(f"{ISSUE}/{two[0]}").json()
    jira.acts.sort_into(two[0], "Gate")
    jira.acts.add_project("OPS", "Operations")
    jira.acts.move(two[0], "OPS")
    after = jira_api.get(f"{ISSUE}/{two[0]}")
    assert after.status_code == 200
    assert (after.json()["id"], after.json()["key"]) == (before["id"], "OPS-1")
    assert after.json()["fields"]["components"] == []
    assert after.json()["fields"]["updated"] > before["fields"]["updated"]
    assert bulk(jira_api, two[0]) == ["OPS-1"]
    assert found(jira_api, "project = PROJ") == [two[1]]
    assert found(jira_api, f"key = {two[0]}") == ["OPS-1"]
    jira.acts.move("OPS-1", "PROJ")
    assert jira_api.get(f"{ISSUE}/{two[0]}").json()["key"] == "PROJ-3"


def test_a_new_project_key_renames_every_issue(jira, jira_api, two):
    jira.acts.rename_key("SHIP")
    assert jira_api.get(f"{ISSUE}/{two[1]}").json()["key"] == "SHIP-2"
    assert jira_api.get("/rest/api/3/project/PROJ").json()["key"] == "SHIP"
    assert found(jira_api, "project = SHIP ORDER BY key") == ["SHIP-1", "SHIP-2"]


def test_an_archived_issue_leaves_search_and_stays_readable(jira, jira_api, two):
    jira.acts.archive(two[0])
    assert found(jira_api, "project = PROJ") == [two[1]]
    assert jira_api.get(f"{ISSUE}/{two[0]}").status_code == 200
    edit = {"fields": {"summary": "x"}}
    assert jira_api.put(f"{ISSUE}/{two[0]}", json=edit).status_code == 400
    jira.acts.unarchive(two[0])
    assert len(found(jira_api, "project = PROJ")) == 2


def test_a_lost_project_takes_its_issues_with_it_until_it_is_back(jira, jira_api, two):
    for lose, regain in (
        (jira.acts.delete_project, jira.acts.restore_project),
        (jira.acts.lock_out, jira.acts.let_in),
    ):
        lose()
        assert jira_api.get("/rest/api/3/project/PROJ").status_code == 404
        assert jira_api.get(f"{ISSUE}/{two[0]}").status_code == 404
        assert jira_api.get("/rest/api/3/project/search").json()["total"] == 0
        answer = jira_api.post("/rest/api/3/search/jql", json={"jql": "project = PROJ"})
        assert "does not exist for the field 'project'" in answer.json()["errorMessages"][0]
        regain()
        assert len(found(jira_api, "project = PROJ")) == 2


def test_what_moves_no_revision(jira, jira_api, two):
    jira.acts.plan(two[0], "Harbour Sprint 7")
    before = jira_api.get(f"{ISSUE}/{two[0]}").json()["fields"]
    jira.acts.rank(two[0], "0|zzz:")
    jira.acts.edit_sprint("Harbour Sprint 7", name="Renamed")
    jira.acts.rename_component("Gate", "Port")
    jira.faults.set(links_move=0)
    jira.acts.link(*two)
    after = jira_api.get(f"{ISSUE}/{two[0]}").json()["fields"]
    assert after["updated"] == before["updated"]
    assert after["customfield_10020"][0]["name"] == "Renamed"
    assert len(after["issuelinks"]) == 1
    jira.faults.set(links_move=1)
    jira.acts.link(two[1], two[0])
    assert jira_api.get(f"{ISSUE}/{two[0]}").json()["fields"]["updated"] > before["updated"]


def test_a_security_level_and_a_closed_account_are_to_be_seen(jira, jira_api, two):
    jira.acts.assign(two[0], "ben.okafor")
    jira.acts.restrict(two[0])
    jira.acts.leave("ben.okafor")
    fields = jira_api.get(f"{ISSUE}/{two[0]}").json()["fields"]
    assert fields["security"]["name"] == "Staff only"
    assert (fields["assignee"]["displayName"], fields["assignee"]["active"]) == (
        "Former user",
        False,
    )
    known = jira_api.get("/rest/api/3/user/assignable/search", params={"project": "PROJ"}).json()
    assert fields["assignee"]["accountId"] not in {one["accountId"] for one in known}


def test_what_moved_away_counts_as_gone_in_the_neutral_state(jira, two):
    jira.acts.add_project("OPS", "Operations")
    jira.acts.move(two[0], "OPS")
    states = {one["key"]: one["deleted"] for one in jira.neutral()["tickets"]}
    assert states == {two[0]: True, two[1]: False}


def test_permissions_tell_an_administrator_from_others(jira, jira_line):
    query = {"permissions": "ADMINISTER,BROWSE_PROJECTS", "projectKey": "PROJ"}
    told = jira_line.get("/rest/api/3/mypermissions", params=query).json()["permissions"]
    assert [one["havePermission"] for one in told.values()] == [True, True]
    jira.acts.lock_out()
    assert jira_line.get("/rest/api/3/mypermissions", params=query).status_code == 404
