"""Somebody else's client gets along with the stand-in: python-gitlab lists, reads and writes."""

import gitlab
import pytest

from sandbox.gitlab import app


@pytest.fixture(params=[(19, 2), (17, 0)], ids=["new", "old"])
def project(request):
    with app.start(tickets=70, comments=20, version=request.param) as running:
        client = gitlab.Gitlab(running.root, private_token=app.TOKEN)
        client.auth()
        assert client.user.username == "sandbox-user"
        yield client.projects.get("octo/yard/boats")
        client.session.close()


@pytest.mark.filterwarnings("ignore:Calling a `list.* method")
def test_it_lists_all_pages(project):
    issues = project.issues.list(get_all=True, per_page=30)
    assert len(issues) == 70
    assert project.issues.list(iterator=True, per_page=10).total == 70
    walked = project.issues.list(
        iterator=True, order_by="updated_at", sort="asc", pagination="keyset", per_page=30
    )
    assert len({issue.iid for issue in walked}) == 70


def test_it_creates_edits_comments_labels_and_closes(project):
    stone = project.milestones.create({"title": "From python-gitlab"})
    people = {one.username: one.id for one in project.members_all.list(get_all=True)}
    issue = project.issues.create(
        {
            "title": "Hallo ☕",
            "description": "body",
            "labels": ["py", "bug"],
            "milestone_id": stone.id,
            "assignee_ids": [people["ewa.nowak"]],
        }
    )
    issue.title = "Changed"
    issue.labels = ["py"]
    issue.state_event = "close"
    issue.save()
    note = issue.notes.create({"body": "a comment"})
    note.body = "an edited comment"
    note.save()
    project.labels.create({"name": "made", "color": "#00ff00"})
    seen = project.issues.get(issue.iid)
    assert (seen.title, seen.description, seen.state) == ("Changed", "body", "closed")
    assert (seen.labels, seen.milestone["title"]) == (["py"], "From python-gitlab")
    assert [one["username"] for one in seen.assignees] == ["ewa.nowak"]
    words = [one.body for one in seen.notes.list(get_all=True) if not one.system]
    assert words == ["an edited comment"]
    note.delete()
    assert project.issues.get(issue.iid).user_notes_count == 0


def test_it_tracks_time_links_history_and_hooks(project):
    one, other = (project.issues.create({"title": title}) for title in ("A", "B"))
    one.time_estimate("3h30m")
    one.add_spent_time("1h")
    assert project.issues.get(one.iid).time_stats()["total_time_spent"] == 3600
    one.links.create({"target_project_id": project.id, "target_issue_iid": other.iid})
    assert [link.iid for link in other.links.list(get_all=True)] == [one.iid]
    one.state_event = "close"
    one.save()
    assert [e.state for e in one.resourcestateevents.list(get_all=True)] == ["closed"]
    hook = project.hooks.create({"url": "http://127.0.0.1:9/hook", "issues_events": True})
    assert [each.id for each in project.hooks.list(get_all=True)] == [hook.id]
    hook.delete()
    file = project.upload("note.txt", filedata=b"hello")
    assert file["markdown"].startswith("[note.txt](/uploads/")


def test_its_errors_are_what_it_expects_of_gitlab(project):
    with pytest.raises(gitlab.GitlabGetError) as missing:
        project.issues.get(9999)
    assert missing.value.response_code == 404
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.issues.create({"title": "x" * 300})
    assert refused.value.response_code == 400
    assert "too long" in str(refused.value)
