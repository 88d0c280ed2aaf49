"""Every answer has the shape of Atlassian's own description, and rich text is valid ADF."""

import gzip
import json

import pytest
from jsonschema import Draft4Validator

from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, SEARCH, doc, wish
from tests.trackers.stand_ins import shared

jira = jira_running.jira
jira_api = jira_running.jira_api
jira_line = jira_running.jira_line
jira_seeded = jira_running.jira_seeded
create = jira_running.create

V3 = "/rest/api/3"
READS = (
    "/myself",
    "/serverInfo",
    "/mypermissions?permissions=BROWSE_PROJECTS,ADMINISTER",
    "/field",
    "/field/search?type=custom",
    "/project",
    "/project/search?maxResults=1",
    "/project/PROJ",
    "/project/PROJ/components",
    "/project/PROJ/versions",
    "/project/PROJ/version",
    "/project/PROJ/statuses",
    "/status",
    "/statuses/search",
    "/issuetype",
    "/issuetype/project?projectId=10012",
    "/priority",
    "/priority/search",
    "/resolution",
    "/resolution/search",
    "/label",
    "/issueLinkType",
    "/issueLinkType/10000",
    "/users/search",
    "/user/search?query=ana",
    "/user/assignable/search?project=PROJ",
    "/issue/createmeta?projectKeys=PROJ&expand=projects.issuetypes.fields",
    "/issue/createmeta/PROJ/issuetypes",
    "/issue/createmeta/PROJ/issuetypes/10004",
    "/worklog/updated",
    "/worklog/deleted",
)
ON_ISSUE = (
    "?expand=renderedFields,changelog,names,schema&properties=*all",
    "?fields=summary,-comment",
    "/changelog?maxResults=1",
    "/comment?expand=renderedBody,properties",
    "/transitions?expand=transitions.fields",
    "/editmeta",
    "/worklog",
    "/remotelink",
    "/properties",
    "/properties/mark",
)


@pytest.mark.parametrize("path", READS)
def test_reads_have_the_documented_shape(jira_line, path):
    assert jira_line.get(V3 + path).status_code == 200


def everything_on(jira_line) -> tuple[str, str]:
    """Two issues with all that can hang on one, by the API alone."""
    rich = wish("full", "Bug", description=doc("a", "b"), labels=["x"], customfield_10016=3)
    rich["fields"] |= {"components": [{"name": "Gate"}], "fixVersions": [{"name": "Harbour 1.5"}]}
    rich["fields"] |= {"duedate": "2026-12-24", "timetracking": {"originalEstimate": "1d 2h"}}
    rich |= {"properties": [{"key": "mark", "value": {"by": "us"}}]}
    key = jira_line.post(ISSUE, json=rich).json()["key"]
    other = jira_line.post(ISSUE, json=wish("other")).json()["key"]
    one = f"{ISSUE}/{key}"
    said = {"body": doc("hi"), "properties": [{"key": "m", "value": 1}]}
    comment = jira_line.post(f"{one}/comment", json=said).json()["id"]
    jira_line.put(f"{one}/comment/{comment}", json={"body": doc("hello")})
    log = {"timeSpent": "1h", "comment": doc("work"), "started": "2026-03-04T10:30:00.000+0100"}
    assert jira_line.post(f"{one}/worklog", json=log).status_code == 201
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": other}}
    assert jira_line.post(f"{V3}/issueLink", json=link).status_code == 201
    back = {"globalId": "g=1", "object": {"url": "https://x.example", "title": "there"}}
    assert jira_line.post(f"{one}/remotelink", json=back).status_code == 201
    assert jira_line.post(f"{one}/remotelink", json=back).status_code == 200
    files = {"file": ("a.txt", b"content", "text/plain")}
    headers = {"x-atlassian-token": "no-check"}
    assert jira_line.post(f"{one}/attachments", files=files, headers=headers).status_code == 200
    return key, other


def test_an_issue_with_everything_on_it(jira_line):
    key, other = everything_on(jira_line)
    for tail in ON_ISSUE:
        assert jira_line.get(f"{ISSUE}/{key}{tail}").status_code == 200, tail
    fields = jira_line.get(f"{ISSUE}/{other}").json()["fields"]
    link = fields["issuelinks"][0]
    assert link["inwardIssue"]["key"] == key
    assert jira_line.get(f"{V3}/issueLink/{link['id']}").status_code == 200
    file = jira_line.get(f"{ISSUE}/{key}").json()["fields"]["attachment"][0]
    assert jira_line.get(f"{V3}/attachment/{file['id']}").status_code == 200
    comments = jira_line.get(f"{ISSUE}/{key}/comment").json()["comments"]
    assert jira_line.get(f"{ISSUE}/{key}/comment/{comments[0]['id']}").status_code == 200
    listed = jira_line.post(f"{V3}/comment/list", json={"ids": [int(comments[0]["id"])]})
    assert listed.json()["total"] == 1


def test_lists_of_issues(jira_line):
    key, other = everything_on(jira_line)
    body = {"jql": "project = PROJ", "fields": ["*all"], "expand": "names,changelog"}
    assert len(jira_line.post(SEARCH, json=body).json()["issues"]) == 2
    query = {"jql": f"key = {key}", "fields": "summary,labels", "maxResults": "1"}
    assert jira_line.get(SEARCH, params=query).json()["isLast"] is True
    counted = jira_line.post(f"{V3}/search/approximate-count", json={"jql": "project = PROJ"})
    assert counted.json() == {"count": 2}
    many = {"issueIdsOrKeys": [key, other, "PROJ-99"], "fields": ["*all"]}
    assert len(jira_line.post(f"{V3}/issue/bulkfetch", json=many).json()["issues"]) == 2
    matched = {"jqls": ["labels = x", "nonsense ="], "issueIds": [20001, 20002]}
    assert jira_line.post(f"{V3}/jql/match", json=matched).json()["matches"][0] == {
        "matchedIssues": [20001],
        "errors": [],
    }
    lines = {"issueIdsOrKeys": [key, other], "maxResults": 2}
    assert "nextPageToken" in jira_line.post(f"{V3}/changelog/bulkfetch", json=lines).json()


def test_changes_and_refusals(jira_line):
    key, _ = everything_on(jira_line)
    one = f"{ISSUE}/{key}"
    edit = {"fields": {"summary": "new"}, "update": {"labels": [{"add": "y"}]}}
    assert jira_line.put(one, json=edit).status_code == 204
    back = jira_line.put(one, json=edit, params={"returnIssue": "true"})
    assert back.json()["fields"]["labels"] == ["x", "y"]
    assert jira_line.put(f"{one}/assignee", json={"accountId": None}).status_code == 204
    done = {"transition": {"id": "41"}, "fields": {"resolution": {"name": "Done"}}}
    assert jira_line.post(f"{one}/transitions", json=done).status_code == 204
    assert jira_line.put(f"{one}/properties/other", json=[1]).status_code == 201
    assert jira_line.delete(f"{one}/properties/other").status_code == 204
    assert jira_line.post(ISSUE, json=wish("", labels=["a b"])).status_code == 400
    version = {"name": "Harbour 2", "projectId": 10012}
    made = jira_line.post(f"{V3}/version", json=version).json()
    assert jira_line.put(f"{V3}/version/{made['id']}", json={"released": True}).json()["released"]
    part = {"name": "Pilot", "project": "PROJ"}
    assert jira_line.post(f"{V3}/component", json=part).status_code == 201
    bulk = {"issueUpdates": [wish("a"), wish("")]}
    made = jira_line.post(f"{ISSUE}/bulk", json=bulk)
    assert (len(made.json()["issues"]), len(made.json()["errors"])) == (1, 1)
    archived = jira_line.put(f"{ISSUE}/archive", json={"issueIdsOrKeys": [key, "PROJ-99"]})
    assert archived.json()["numberOfIssuesUpdated"] == 1
    assert jira_line.delete(one).status_code == 204


@pytest.fixture(scope="module")
def adf():
    schema = json.loads(gzip.decompress(shared("specs/adf.schema.json.gz").read_bytes()))
    return Draft4Validator(schema)


def test_what_people_write_is_valid_adf(jira_seeded, adf):
    jira_seeded.people.work(60)
    issues = list(jira_seeded.state.issues.values())
    texts = [one.description for one in issues] + [c.body for one in issues for c in one.comments]
    written = [one for one in texts if one is not None]
    assert len(written) > 60
    for one in written:
        adf.validate(one)


def test_markup_given_to_version_2_becomes_valid_adf(jira_api, create, adf):
    markup = (
        "h2. Steps\n\n# first *bold*\n# second {{code}}\n\n* a\n** b\n\n"
        "{code:python}\nx = 1\n{code}\n\n{quote}\nsaid\n{quote}\n\n----\n\n"
        "[text|https://x.example] and _em_\nnext line"
    )
    key = create()
    body = {"fields": {"description": markup}}
    assert jira_api.put(f"/rest/api/2/issue/{key}", json=body).status_code == 204
    document = jira_api.get(f"{ISSUE}/{key}").json()["fields"]["description"]
    adf.validate(document)
    kinds = [block["type"] for block in document["content"]]
    assert kinds == [
        "heading",
        "orderedList",
        "bulletList",
        "codeBlock",
        "blockquote",
        "rule",
        "paragraph",
    ]
    again = jira_api.get(f"/rest/api/2/issue/{key}").json()["fields"]["description"]
    assert again == markup
