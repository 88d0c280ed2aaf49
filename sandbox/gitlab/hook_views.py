"""How webhooks print things, which is not how the API does (GitLab docs: Webhook events)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from sandbox.gitlab.printed import coarse, exact, human
from sandbox.gitlab.state import Issue, Label, Milestone, Note, Person, Project, World
from sandbox.wire import Json

Print = Callable[[datetime | None], str | None]
KINDS = {"issue": "Issue", "incident": "Incident", "task": "Task", "test_case": "Test Case"}
_IMAGE = re.compile(r"\((/uploads/[0-9a-f]{32}/[^)]+)\)")


class HookViews:
    """Prints for one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def page(self, project: Project) -> str:
        return f"{self.world.base}/{project.path}"

    def user(self, person: Person) -> Json:
        return {
            "id": person.id,
            "name": person.name,
            "username": person.login,
            "avatar_url": None,
            "email": "[REDACTED]",
        }

    def project(self, project: Project) -> Json:
        page = self.page(project)
        return {
            "id": project.id,
            "name": project.name.capitalize(),
            "description": "",
            "web_url": page,
            "avatar_url": None,
            "git_ssh_url": f"git@example.com:{project.path}.git",
            "git_http_url": f"{page}.git",
            "namespace": project.namespace,
            "visibility_level": 0 if project.private else 20,
            "path_with_namespace": project.path,
            "default_branch": "main",
            "ci_config_path": "",
            "homepage": page,
            "url": f"git@example.com:{project.path}.git",
            "ssh_url": f"git@example.com:{project.path}.git",
            "http_url": f"{page}.git",
        }

    def repository(self, project: Project) -> Json:
        return {
            "name": project.name.capitalize(),
            "url": f"git@example.com:{project.path}.git",
            "description": "",
            "homepage": self.page(project),
        }

    def label(self, project: Project, label: Label) -> Json:
        return {
            "id": label.id,
            "title": label.name,
            "color": label.color,
            "project_id": None if label.group else project.id,
            "created_at": coarse(label.born),
            "updated_at": coarse(label.born),
            "template": False,
            "description": label.description,
            "type": "GroupLabel" if label.group else "ProjectLabel",
            "group_id": 8101 if label.group else None,
        }

    def issue(self, issue: Issue, time: Print = exact) -> Json:
        page = self.page(issue.project)
        room = "issues" if issue.kind in ("issue", "incident") else "work_items"
        ids = [one.id for one in issue.assignees]
        told: Json = {
            "author_id": issue.author.id,
            "closed_at": time(issue.closed),
            "confidential": issue.confidential,
            "created_at": time(issue.born),
            "description": self.absolute(issue.project, issue.description),
            "discussion_locked": issue.locked,
            "due_date": issue.due_date,
            "id": issue.id,
            "iid": issue.iid,
            "last_edited_at": None,
            "last_edited_by_id": None,
            "milestone_id": issue.milestone.id if issue.milestone else None,
            "moved_to_id": issue.moved_to.id if issue.moved_to else None,
            "duplicated_to_id": issue.duplicate_of.id if issue.duplicate_of else None,
            "project_id": issue.project.id,
            "relative_position": 513,
            "state_id": 1 if issue.state == "opened" else 2,
            "time_estimate": issue.estimate,
            "title": issue.title,
            "updated_at": time(issue.updated),
            "updated_by_id": None,
            "type": KINDS[issue.kind],
            "url": f"{page}/-/{room}/{issue.iid}",
            "total_time_spent": issue.spent,
            "time_change": 0,
            "human_total_time_spent": human(issue.spent),
            "human_time_change": None,
            "human_time_estimate": human(issue.estimate),
            "assignee_ids": ids,
            "assignee_id": ids[0] if ids else None,
            "labels": [self.label(issue.project, one) for one in issue.labels],
            "state": issue.state,
            "severity": issue.severity,
        }
        if self.world.premium:
            told |= {"weight": issue.weight, "health_status": issue.health}
        return told

    def note(self, note: Note, action: str) -> Json:
        issue = note.issue
        return {
            "attachment": None,
            "author_id": note.author.id,
            "change_position": None,
            "commit_id": None,
            "created_at": coarse(note.born),
            "discussion_id": f"{note.id:040x}",
            "id": note.id,
            "internal": note.internal,
            "line_code": None,
            "note": note.body,
            "noteable_id": issue.id,
            "noteable_type": "Issue",
            "original_position": None,
            "position": None,
            "project_id": issue.project.id,
            "resolved_at": None,
            "resolved_by_id": None,
            "resolved_by_push": None,
            "st_diff": None,
            "system": False,
            "type": None,
            "updated_at": coarse(note.updated),
            "updated_by_id": None,
            "description": self.absolute(issue.project, note.body),
            "url": f"{self.page(issue.project)}/-/issues/{issue.iid}#note_{note.id}",
            "action": action,
        }

    def milestone(self, project: Project, stone: Milestone) -> Json:
        return {
            "id": stone.id,
            "iid": stone.iid,
            "title": stone.title,
            "description": stone.description,
            "state": stone.state,
            "created_at": coarse(stone.born),
            "updated_at": coarse(stone.updated),
            "due_date": stone.due_date,
            "start_date": stone.start_date,
            "group_id": None,
            "project_id": project.id,
        }

    def absolute(self, project: Project, text: str | None) -> str | None:
        """Links to uploaded images are rewritten in what a hook tells."""
        return _IMAGE.sub(rf"({self.page(project)}\1)", text) if text else text
