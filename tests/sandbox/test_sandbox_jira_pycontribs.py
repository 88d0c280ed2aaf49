"""Somebody else's client gets along with the stand-in: `jira` lists, reads and writes."""

import jira as pycontribs
import pytest

from sandbox.jira import app
from tests.sandbox.jira_running import doc


@pytest.fixture(params=["2", "3"])
def cloud(request):
    """Version 2 speaks wiki markup, version 3 documents."""
    with app.start(tickets=70, comments=20) as running:
        client = pycontribs.JIRA(
            server=running.url,
            basic_auth=(app.EMAIL, app.TOKEN),
            options={"rest_api_version": request.param},
            max_retries=0,
        )
        client.said = doc if request.param == "3" else lambda *texts: "\n\n".join(texts)
        yield client
        client.close()


@pytest.fixture
def server():
    with app.start(deployment="server", tickets=70) as running:
        client = pycontribs.JIRA(server=running.url, token_auth=app.TOKEN, max_retries=0)
        yield client
        client.close()


def test_it_lists_all_pages(cloud):
    issues = cloud.search_issues("project = PROJ ORDER BY updated", maxResults=False)
    assert len({one.key for one in issues}) == 70
    assert cloud.approximate_issue_count("project = PROJ") == 70
    assert len(cloud.search_issues("project = PROJ", maxResults=7)) == 7


def test_it_creates_edits_comments_labels_and_closes(cloud):
    issue = cloud.create_issue(
        project="PROJ",
        summary="Hallo ☕",
        issuetype={"name": "Bug"},
        description=cloud.said("body"),
    )
    issue.update(summary="Changed", fields={"description": cloud.said("new")})
    issue.add_field_value("labels", "x")
    issue.update(fields={"summary": "Changed", "labels": ["py", "cont"]})
    comment = cloud.add_comment(issue, cloud.said("a comment"))
    comment.update(body=cloud.said("an edited comment"))
    ben = cloud.search_assignable_users_for_issues(query="ben", project="PROJ")[0]
    cloud.assign_issue(issue, ben.displayName)
    cloud.transition_issue(issue, "Finish", fields={"resolution": {"name": "Done"}})
    seen = cloud.issue(issue.key)
    assert (seen.fields.summary, seen.fields.labels) == ("Changed", ["py", "cont"])
    assert seen.fields.status.name == "Done"
    assert seen.fields.assignee.displayName == "Ben Okafor"
    assert [one.id for one in cloud.comments(issue)] == [comment.id]
    if isinstance(seen.fields.description, str):
        assert seen.fields.description == "new"
        assert cloud.comments(issue)[0].body == "an edited comment"
    comment.delete()
    assert cloud.comments(issue.key) == []
    issue.delete()
    with pytest.raises(pycontribs.JIRAError) as caught:
        cloud.issue(issue.key)
    assert caught.value.status_code == 404


def test_it_reads_what_a_site_is_made_of(cloud):
    assert cloud.myself()["displayName"] == "Sandbox User"
    assert [one.key for one in cloud.projects()] == ["PROJ"]
    assert {one.name for one in cloud.project_components("PROJ")} == {"Gate", "Crane", "Billing"}
    assert len(cloud.project_versions("PROJ")) == 3
    assert "Sprint" in {one["name"] for one in cloud.fields()}
    assert {one.name for one in cloud.priorities()} >= {"Highest", "Lowest"}
    assert "Blocks" in {one.name for one in cloud.issue_link_types()}
    assert cloud.boards()[0].id == 12
    assert [one.state for one in cloud.sprints(12)] == ["active", "future"]


def test_it_links_logs_work_and_attaches(cloud, tmp_path):
    cloud.create_issue_link("Blocks", "PROJ-1", "PROJ-2")
    link = cloud.issue("PROJ-1").fields.issuelinks[0]
    assert link.outwardIssue.key == "PROJ-2"
    cloud.add_worklog("PROJ-1", timeSpent="2h")
    assert cloud.worklogs("PROJ-1")[0].timeSpentSeconds == 7200
    file = tmp_path / "a.txt"
    file.write_text("content")
    with file.open("rb") as opened:
        attachment = cloud.add_attachment("PROJ-1", opened)
    assert cloud.attachment(attachment.id).get() == b"content"


def test_its_errors_are_what_it_expects_of_jira(cloud):
    with pytest.raises(pycontribs.JIRAError) as caught:
        cloud.create_issue(project="PROJ", summary="x" * 300, issuetype={"name": "Bug"})
    assert caught.value.status_code == 400
    assert "255" in caught.value.text


def test_data_center_with_a_personal_token(server):
    issues = server.search_issues("project = PROJ ORDER BY key", maxResults=False)
    assert len({one.key for one in issues}) == 70
    issue = server.create_issue(
        project="PROJ", summary="one", issuetype={"name": "Task"}, description="*markup*"
    )
    issue.update(assignee={"name": "ana.ortiz"}, labels=[{"add": "dc"}])
    server.add_comment(issue, "h1. said")
    server.transition_issue(issue, "Start work")
    seen = server.issue(issue.key)
    assert seen.fields.description == "*markup*"
    assert (seen.fields.assignee.name, seen.fields.labels) == ("ana.ortiz", ["dc"])
    assert seen.fields.status.name == "In Progress"
    assert server.comments(issue)[0].body == "h1. said"
