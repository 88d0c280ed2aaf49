"""What the API lets a client write, and with which words it refuses."""

import pytest

from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, doc, open_client, wish

jira = jira_running.jira
jira_api = jira_running.jira_api
create = jira_running.create


def fields_of(api, key, **query):
    return api.get(f"{ISSUE}/{key}", params=query).json()["fields"]


REFUSED = {
    "no summary": ({"summary": " "}, "summary", "You must specify a summary"),
    "two lines": ({"summary": "a\nb"}, "summary", "newline"),
    "too long": ({"summary": "x" * 256}, "summary", "255"),
    "markup for a document": ({"description": "h1. no"}, "description", "Atlassian Document"),
    "an empty text": (
        {"description": {"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]}},
        "description",
        "INVALID_INPUT",
    ),
    "too much": ({"description": doc("x" * 32768)}, "description", "32767"),
    "a space": ({"labels": ["a b"]}, "labels", "contains spaces"),
    "no such component": ({"components": [{"name": "Nope"}]}, "components", "'Nope' is not valid"),
    "no such version": ({"fixVersions": [{"name": "9"}]}, "fixVersions", "is not valid"),
    "no such person": ({"assignee": {"accountId": "x"}}, "assignee", "does not exist"),
    "no such priority": ({"priority": {"name": "Urgent"}}, "priority", "priority selected"),
    "no such parent": ({"parent": {"key": "PROJ-99"}}, "parent", "PROJ-99"),
    "no date": ({"duedate": "tomorrow"}, "duedate", "Error parsing date"),
    "no number": ({"customfield_10016": "3"}, "customfield_10016", "number"),
    "not on the screen": ({"customfield_99999": 1}, "customfield_99999", "appropriate screen"),
    "a resolution": ({"resolution": {"name": "Done"}}, "resolution", "appropriate screen"),
    "no type": ({"issuetype": {"name": "Wish"}}, "issuetype", "valid issue type"),
    "no project": ({"project": {"key": "NOPE"}}, "project", "valid project"),
    "a lonely sub-task": ({"issuetype": {"name": "Sub-task"}}, "issuetype", "parent issue key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_field_is_refused_by_name_and_nothing_is_made(jira, jira_api, name):
    fields, field, words = REFUSED[name]
    body = wish()
    body["fields"] |= fields
    answer = jira_api.post(ISSUE, json=body)
    assert answer.status_code == 400
    assert words in answer.json()["errors"][field]
    assert not jira.state.issues


def test_all_faults_come_at_once(jira_api):
    answer = jira_api.post(ISSUE, json=wish("", labels=["a b"], duedate="x"))
    assert set(answer.json()["errors"]) == {"summary", "labels", "duedate"}


def test_an_edit_changes_what_it_names_and_writes_one_line_of_history(jira, jira_api, create):
    key = create("one", description=doc("old"), labels=["keep"])
    person = jira.state.user("ben.okafor").account_id
    edit = {
        "fields": {"summary": "two", "assignee": {"accountId": person}, "priority": {"id": "1"}},
        "update": {"labels": [{"add": "x"}, {"add": "x"}, {"remove": "keep"}]},
    }
    assert jira_api.put(f"{ISSUE}/{key}", json=edit).status_code == 204
    fields = fields_of(jira_api, key)
    assert (fields["summary"], fields["labels"]) == ("two", ["x"])
    assert fields["assignee"]["displayName"] == "Ben Okafor"
    lines = jira_api.get(f"{ISSUE}/{key}/changelog").json()["values"]
    assert len(lines) == 1
    items = {one["fieldId"]: one for one in lines[0]["items"]}
    assert items["summary"]["fromString"] == "one"
    assert (items["assignee"]["from"], items["assignee"]["to"]) == (None, person)
    assert (items["labels"]["from"], items["labels"]["toString"]) == (None, "x")
    assert (items["priority"]["from"], items["priority"]["to"]) == ("3", "1")


def test_an_edit_that_changes_nothing_moves_nothing(jira_api, create):
    key = create("one", labels=["a"])
    before = fields_of(jira_api, key)["updated"]
    same = {"fields": {"summary": "one", "labels": ["a"], "description": None}}
    assert jira_api.put(f"{ISSUE}/{key}", json=same).status_code == 204
    assert fields_of(jira_api, key)["updated"] == before
    assert jira_api.get(f"{ISSUE}/{key}/changelog").json()["total"] == 0


def test_a_status_in_an_edit_is_ignored(jira_api, create):
    key = create()
    edit = {"fields": {"status": {"name": "Done"}, "summary": "new"}}
    assert jira_api.put(f"{ISSUE}/{key}", json=edit).status_code == 204
    assert fields_of(jira_api, key)["status"]["name"] == "To Do"


def test_a_sprint_is_written_as_a_number_and_closed_ones_stay(jira, jira_api, create):
    key = create()
    first, second = jira.state.sprints
    edit = {"fields": {"customfield_10020": first}}
    jira_api.put(f"{ISSUE}/{key}", json=edit)
    jira.acts.close_sprint(first)
    jira_api.put(f"{ISSUE}/{key}", json={"fields": {"customfield_10020": second}})
    sprints = fields_of(jira_api, key)["customfield_10020"]
    assert [(one["id"], one["state"]) for one in sprints] == [(first, "closed"), (second, "future")]
    jira_api.put(f"{ISSUE}/{key}", json={"fields": {"customfield_10020": None}})
    assert [one["id"] for one in fields_of(jira_api, key)["customfield_10020"]] == [first]


def test_parents_hold_their_children_and_sub_tasks_guard_a_delete(jira_api, create):
    epic = create("epic", "Epic")
    story = create("story", "Story", parent={"key": epic})
    part = create("part", "Sub-task", parent={"key": story})
    assert fields_of(jira_api, story)["parent"]["key"] == epic
    assert [one["key"] for one in fields_of(jira_api, story)["subtasks"]] == [part]
    assert jira_api.delete(f"{ISSUE}/{story}").status_code == 400
    answer = jira_api.delete(f"{ISSUE}/{story}", params={"deleteSubtasks": "true"})
    assert answer.status_code == 204
    assert jira_api.get(f"{ISSUE}/{part}").status_code == 404
    wrong = wish("x", "Epic", parent={"key": epic})
    assert "hierarchy" in jira_api.post(ISSUE, json=wrong).json()["errors"]["parentId"]
    lone = create("lone", parent={"key": epic})
    gone = {"update": {"parent": [{"set": {"none": True}}]}}
    assert jira_api.put(f"{ISSUE}/{lone}", json=gone).status_code == 204
    assert "parent" not in fields_of(jira_api, lone)


def test_a_transition_needs_its_screen_and_its_place(jira_api, create):
    key = create()
    url = f"{ISSUE}/{key}/transitions"
    shown = jira_api.get(url, params={"expand": "transitions.fields"}).json()["transitions"]
    finish = next(one for one in shown if one["to"]["statusCategory"]["key"] == "done")
    assert finish["fields"]["resolution"]["required"] is True
    assert {one["name"] for one in finish["fields"]["resolution"]["allowedValues"]} > {"Won't Do"}
    bare = {"transition": {"id": finish["id"]}}
    assert "resolution" in jira_api.post(url, json=bare).json()["errors"]
    assert jira_api.post(url, json={"transition": {"id": "61"}}).status_code == 400
    said = {"comment": [{"add": {"body": doc("done")}}]}
    full = {**bare, "fields": {"resolution": {"name": "Won't Do"}}, "update": said}
    assert jira_api.post(url, json=full).status_code == 204
    fields = fields_of(jira_api, key)
    assert fields["resolution"]["name"] == "Won't Do"
    assert fields["resolutiondate"] == fields["statuscategorychangedate"]
    assert fields["comment"]["total"] == 1
    line = jira_api.get(f"{ISSUE}/{key}/changelog").json()["values"][0]
    assert [one["fieldId"] for one in line["items"]] == ["resolution", "status"]
    assert jira_api.post(url, json={"transition": {"id": "61"}}).status_code == 204
    again = fields_of(jira_api, key)
    assert (again["resolution"], again["resolutiondate"]) == (None, None)


def test_comments_move_the_issue_and_carry_hidden_properties(jira_api, create):
    key = create()
    url = f"{ISSUE}/{key}/comment"
    before = fields_of(jira_api, key)["updated"]
    mark = [{"key": "mark", "value": {"us": 1}}]
    made = jira_api.post(url, json={"body": doc("hi"), "properties": mark}).json()
    assert fields_of(jira_api, key)["updated"] > before
    shown = jira_api.get(url, params={"expand": "properties"}).json()["comments"][0]
    assert shown["properties"] == mark
    assert "properties" not in jira_api.get(url).json()["comments"][0]
    own = f"/rest/api/3/comment/{made['id']}/properties/mark"
    assert jira_api.get(own).json()["value"] == {"us": 1}
    assert jira_api.put(own, json=2).status_code == 200
    jira_api.put(f"{url}/{made['id']}", json={"body": doc("ho")})
    edited = jira_api.get(f"{url}/{made['id']}").json()
    assert edited["body"] == doc("ho")
    assert edited["updated"] >= edited["created"] == made["created"]
    assert jira_api.post(url, json={"body": ""}).status_code == 400
    assert jira_api.delete(f"{url}/{made['id']}").status_code == 204
    assert jira_api.get(url).json()["total"] == 0


def test_comments_come_in_pages_and_lists_show_but_the_last_twenty(jira, jira_api, create):
    key = create()
    for number in range(130):
        jira.acts.comment(key, f"comment {number}")
    page = jira_api.get(f"{ISSUE}/{key}/comment").json()
    assert (len(page["comments"]), page["total"], page["maxResults"]) == (100, 130, 100)
    rest = jira_api.get(f"{ISSUE}/{key}/comment", params={"startAt": 100}).json()
    assert len(rest["comments"]) == 30
    body = {"jql": "project = PROJ", "fields": ["comment"]}
    issue = jira_api.post("/rest/api/3/search/jql", json=body).json()["issues"][0]
    embedded = issue["fields"]["comment"]
    assert (len(embedded["comments"]), embedded["total"]) == (20, 130)


def test_the_changelog_goes_past_a_hundred(jira, jira_api, create):
    key = create()
    for number in range(230):
        jira.acts.edit(key, title=f"title {number}")
    url, seen = f"{ISSUE}/{key}/changelog", []
    while url:
        page = jira_api.get(url).json()
        assert len(page["values"]) <= 100
        seen += [one["id"] for one in page["values"]]
        url = page.get("nextPage")
    assert len(set(seen)) == 230
    assert seen == sorted(seen, key=int)
    whole = jira_api.get(f"{ISSUE}/{key}", params={"expand": "changelog"}).json()
    assert (len(whole["changelog"]["histories"]), whole["changelog"]["total"]) == (40, 230)
    body, lines = {"issueIdsOrKeys": [key], "fieldIds": ["summary"], "maxResults": 100}, []
    while True:
        page = jira_api.post("/rest/api/3/changelog/bulkfetch", json=body).json()
        lines += page["issueChangeLogs"][0]["changeHistories"]
        if "nextPageToken" not in page:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert [one["id"] for one in lines] == seen
    jira.faults.set(epoch_created=1)
    page = jira_api.post("/rest/api/3/changelog/bulkfetch", json=body).json()
    assert isinstance(page["issueChangeLogs"][0]["changeHistories"][0]["created"], int)


def test_a_link_reads_the_same_from_both_ends(jira_api, create):
    one, two = create("one"), create("two")
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": one}, "outwardIssue": {"key": two}}
    for _ in range(2):
        answer = jira_api.post("/rest/api/3/issueLink", json=link)
        assert (answer.status_code, answer.content) == (201, b"")
    (here,) = fields_of(jira_api, one)["issuelinks"]
    (there,) = fields_of(jira_api, two)["issuelinks"]
    assert (here["id"], here["outwardIssue"]["key"]) == (there["id"], two)
    assert there["inwardIssue"]["key"] == one
    assert "inwardIssue" not in here
    assert here["type"]["outward"] == "blocks"
    assert jira_api.delete(f"/rest/api/3/issueLink/{here['id']}").status_code == 204
    assert fields_of(jira_api, two)["issuelinks"] == []


def test_files_are_stored_and_read_through_a_redirect(jira, jira_api, create):
    key = create()
    url = f"{ISSUE}/{key}/attachments"
    files = {"file": ("bild ä.bin", bytes(range(256)), "application/octet-stream")}
    assert jira_api.post(url, files=files).status_code == 403
    made = jira_api.post(url, files=files, headers={"x-atlassian-token": "no-check"}).json()
    assert made[0]["filename"] == "bild ä.bin"
    answer = jira_api.get(made[0]["content"])
    assert answer.status_code == 303
    with open_client(jira, auth=None) as stranger:
        assert stranger.get(answer.headers["location"]).content == bytes(range(256))
        assert stranger.get(made[0]["content"]).status_code == 404
    assert jira_api.delete(f"/rest/api/3/attachment/{made[0]['id']}").status_code == 204
    assert fields_of(jira_api, key)["attachment"] == []


def test_text_is_tidied_the_way_jira_does(jira_api, create):
    text = {"type": "text", "text": "a"}
    node = {"type": "paragraph", "content": [text, {**text, "marks": []}, {**text, "text": "b"}]}
    item = {"type": "listItem", "content": [node]}
    content = [node, {"type": "orderedList", "content": [item]}]
    key = create(description={"type": "doc", "version": 1, "content": content})
    stored = fields_of(jira_api, key)["description"]["content"]
    assert stored[0]["content"] == [{"type": "text", "text": "aab"}]
    assert stored[1]["attrs"] == {"order": 1}
    empty = {"type": "doc", "version": 1, "content": []}
    jira_api.put(f"{ISSUE}/{key}", json={"fields": {"description": empty}})
    assert fields_of(jira_api, key)["description"] is None


def test_quiet_edits_and_archiving_need_an_administrator(jira, jira_api, create):
    key = create()
    quiet = {"notifyUsers": "false"}
    edit = {"fields": {"summary": "x"}}
    assert jira_api.put(f"{ISSUE}/{key}", json=edit, params=quiet).status_code == 204
    ben = jira.state.user("ben.okafor")
    jira.accounts.add_token(ben, "bens")
    with open_client(jira, auth=(ben.email, "bens")) as api:
        assert api.put(f"{ISSUE}/{key}", json=edit, params=quiet).status_code == 403
        body = {"issueIdsOrKeys": [key]}
        assert api.put("/rest/api/3/issue/archive", json=body).status_code == 403


def test_properties_are_kept_from_the_create_on_and_move_nothing(jira_api):
    body = wish() | {"properties": [{"key": "mark", "value": [1, 2]}]}
    key = jira_api.post(ISSUE, json=body).json()["key"]
    before = fields_of(jira_api, key)["updated"]
    assert jira_api.get(f"{ISSUE}/{key}/properties/mark").json()["value"] == [1, 2]
    assert jira_api.put(f"{ISSUE}/{key}/properties/mark", json={"a": 1}).status_code == 200
    read = jira_api.get(f"{ISSUE}/{key}", params={"properties": "mark", "fields": "summary"})
    assert read.json()["properties"] == {"mark": {"a": 1}}
    assert fields_of(jira_api, key)["updated"] == before
    many = {"issueIdsOrKeys": [key], "fields": ["summary"], "properties": ["mark"]}
    found = jira_api.post(f"{ISSUE}/bulkfetch", json=many).json()["issues"]
    assert found[0]["properties"] == {"mark": {"a": 1}}
    assert jira_api.get(f"{ISSUE}/{key}/properties/none").status_code == 404


def test_worklogs_add_up_and_tell_what_changed_but_not_of_the_last_minute(jira_api, create):
    key = create(timetracking={"originalEstimate": "2h"})
    url = f"{ISSUE}/{key}/worklog"
    first = jira_api.post(url, json={"timeSpent": "1h 30m"}).json()
    jira_api.post(url, json={"timeSpentSeconds": 600})
    tracking = fields_of(jira_api, key)["timetracking"]
    assert tracking["timeSpentSeconds"] == 6000
    assert tracking["remainingEstimate"] == "20m"
    jira_api.delete(f"{url}/{first['id']}")
    assert fields_of(jira_api, key)["timespent"] == 600
    assert jira_api.post(url, json={"timeSpent": "soon"}).status_code == 400
    told = jira_api.get("/rest/api/3/worklog/updated").json()
    assert (told["values"], told["lastPage"]) == ([], True)
