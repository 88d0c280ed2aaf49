"""How the API prints things (GitLab docs: Issues API, Notes API, Labels API and so on)."""

from __future__ import annotations

from sandbox.gitlab.printed import exact, human
from sandbox.gitlab.state import (
    Change,
    Hook,
    HookEvent,
    Issue,
    Iteration,
    Label,
    Link,
    MergeRequest,
    Milestone,
    Note,
    Person,
    Project,
    World,
)
from sandbox.wire import Json

FLAGS = (
    "push_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "milestone_events",
    "emoji_events",
    "resource_access_token_events",
    "merge_requests_events",
    "tag_push_events",
)


class Views:
    """Prints for one world; `premium` fields are left out without a licence."""

    def __init__(self, world: World) -> None:
        self.world = world

    def page(self, project: Project) -> str:
        return f"{self.world.base}/{project.path}"

    def api(self, project: Project) -> str:
        return f"{self.world.base}/api/v4/projects/{project.id}"

    def person(self, person: Person) -> Json:
        return {
            "id": person.id,
            "username": person.login,
            "name": person.name,
            "state": "active",
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self.world.base}/{person.login}",
        }

    def member(self, person: Person) -> Json:
        return {
            **self.person(person),
            "access_level": person.access,
            "expires_at": None,
            "membership_state": "active",
        }

    def label(self, label: Label) -> Json:
        return {
            "id": label.id,
            "name": label.name,
            "description": label.description,
            "description_html": label.description,
            "text_color": "#FFFFFF",
            "color": label.color,
            "subscribed": False,
            "priority": None,
            "is_project_label": not label.group,
        }

    def label_detail(self, label: Label) -> Json:
        whole = self.label(label)
        names = ("id", "name", "description", "description_html", "text_color", "color")
        return {name: whole[name] for name in names}

    def milestone(self, project: Project, stone: Milestone) -> Json:
        return {
            "id": stone.id,
            "iid": stone.iid,
            "project_id": project.id,
            "title": stone.title,
            "description": stone.description,
            "state": stone.state,
            "created_at": exact(stone.born),
            "updated_at": exact(stone.updated),
            "due_date": stone.due_date,
            "start_date": stone.start_date,
            "expired": False,
            "web_url": f"{self.page(project)}/-/milestones/{stone.iid}",
        }

    def iteration(self, one: Iteration) -> Json:
        return {
            "id": one.id,
            "iid": one.iid,
            "sequence": one.iid,
            "group_id": 8101,
            "title": one.title,
            "description": None,
            "state": one.state,
            "created_at": exact(one.born),
            "updated_at": exact(one.born),
            "start_date": one.start_date,
            "due_date": one.due_date,
            "web_url": f"{self.world.base}/groups/octo/-/iterations/{one.id}",
        }

    def issue(self, issue: Issue, *, details: bool = False, single: bool = False) -> Json:
        project = issue.project
        page = f"{self.page(project)}/-/issues/{issue.iid}"
        people = [self.person(one) for one in issue.assignees]
        told: Json = {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": project.id,
            "title": issue.title,
            "description": issue.description,
            "state": issue.state,
            "created_at": exact(issue.born),
            "updated_at": exact(issue.updated),
            "closed_at": exact(issue.closed),
            "closed_by": self.person(issue.closed_by) if issue.closed_by else None,
            "labels": [self.label_detail(o) if details else o.name for o in _sorted(issue.labels)],
            "milestone": self.milestone(project, issue.milestone) if issue.milestone else None,
            "assignees": people,
            "author": self.person(issue.author),
            "type": issue.kind.upper(),
            "assignee": people[0] if people else None,
            "user_notes_count": sum(not note.system for note in issue.notes),
            "merge_requests_count": len(issue.closing),
            "upvotes": issue.thumbs("thumbsup"),
            "downvotes": issue.thumbs("thumbsdown"),
            "due_date": issue.due_date,
            "confidential": issue.confidential,
            "discussion_locked": issue.locked,
            "issue_type": issue.kind,
            "web_url": page,
            "time_stats": self.times(issue),
            "task_completion_status": {"count": 0, "completed_count": 0},
            "blocking_issues_count": sum(
                one.kind == "blocks" and one.source.id == issue.id for one in issue.links
            ),
            "has_tasks": False,
            "_links": self._addresses(issue),
            "references": {
                "short": f"#{issue.iid}",
                "relative": f"#{issue.iid}",
                "full": f"{project.path}#{issue.iid}",
            },
            "severity": issue.severity.upper(),
            "moved_to_id": issue.moved_to.id if issue.moved_to else None,
            "imported": False,
            "imported_from": "none",
            "service_desk_reply_to": None,
        }
        if single:
            told["subscribed"] = False
        return {**told, **(self._licensed(issue) if self.world.premium else {})}

    def times(self, issue: Issue) -> Json:
        return {
            "time_estimate": issue.estimate,
            "total_time_spent": issue.spent,
            "human_time_estimate": human(issue.estimate),
            "human_total_time_spent": human(issue.spent),
        }

    def note(self, note: Note) -> Json:
        return {
            "id": note.id,
            "type": None,
            "body": note.body,
            "attachment": None,
            "author": self.person(note.author),
            "created_at": exact(note.born),
            "updated_at": exact(note.updated),
            "system": note.system,
            "noteable_id": note.issue.id,
            "noteable_type": "Issue",
            "project_id": note.issue.project.id,
            "resolvable": False,
            "confidential": note.internal,
            "internal": note.internal,
            "imported": False,
            "imported_from": "none",
            "noteable_iid": note.issue.iid,
            "commands_changes": {},
        }

    def comment_event(self, note: Note) -> Json:
        """The event that a comment leaves in the project's list; it goes with its note."""
        said = self.note(note)
        del said["attachment"]
        return {
            "id": note.id * 3,
            "project_id": note.issue.project.id,
            "action_name": "commented on",
            "target_id": note.id,
            "target_iid": note.id,
            "target_type": "Note",
            "target_title": note.issue.title,
            "author_id": note.author.id,
            "author": self.person(note.author),
            "author_username": note.author.login,
            "created_at": exact(note.born),
            "note": said,
            "imported": False,
            "imported_from": "none",
        }

    def linked(self, issue: Issue, link: Link) -> Json:
        """The other end of a link, with how it stands to `issue`."""
        outgoing = link.source.id == issue.id
        kind = link.kind if outgoing or link.kind == "relates_to" else "is_blocked_by"
        return {
            **self.issue(link.target if outgoing else link.source),
            "issue_link_id": link.id,
            "link_type": kind,
            "link_created_at": exact(link.born),
            "link_updated_at": exact(link.born),
        }

    def merge_request(self, project: Project, one: MergeRequest) -> Json:
        return {
            "id": one.id,
            "iid": one.iid,
            "project_id": project.id,
            "title": one.title,
            "description": None,
            "state": one.state,
            "created_at": exact(one.born),
            "updated_at": exact(one.merged or one.born),
            "merged_at": exact(one.merged),
            "source_branch": one.branch,
            "target_branch": "main",
            "author": self.person(one.author),
            "web_url": f"{self.page(project)}/-/merge_requests/{one.iid}",
            "references": {
                "short": f"!{one.iid}",
                "relative": f"!{one.iid}",
                "full": f"{project.path}!{one.iid}",
            },
        }

    def change(self, issue: Issue, change: Change) -> Json:
        return {
            "id": change.id,
            "user": self.person(change.actor),
            "created_at": exact(change.at),
            "resource_type": "Issue",
            "resource_id": issue.id,
            **change.told,
            **self._named_now(issue, change),
        }

    def _named_now(self, issue: Issue, change: Change) -> Json:
        """Labels and milestones show as they are called today."""
        if change.kind == "label":
            key, labels = change.told["label"]["id"], issue.project.labels.values()
            found = next((one for one in labels if one.id == key), None)
            shown = {"id": found.id, "name": found.name, "color": found.color} if found else None
            return {"label": shown}
        if change.kind == "milestone":
            stone = issue.project.milestones[change.told["milestone"]["id"]]
            return {"milestone": self.milestone(issue.project, stone)}
        return {}

    def project(self, project: Project) -> Json:
        more = {"issues_enabled": True, "issues_access_level": "enabled", "archived": False}
        return self.basic_project(project) | more

    def basic_project(self, project: Project) -> Json:
        """As lists print it."""
        return {
            "id": project.id,
            "name": project.name.capitalize(),
            "name_with_namespace": f"{project.namespace} / {project.name}",
            "path": project.name,
            "path_with_namespace": project.path,
            "created_at": exact(project.born),
            "default_branch": "main",
            "web_url": self.page(project),
            "visibility": "private" if project.private else "public",
        }

    def hook(self, project: Project, hook: Hook) -> Json:
        return {
            "id": hook.id,
            "url": hook.url,
            "name": "",
            "description": "",
            "created_at": exact(hook.born),
            "project_id": project.id,
            **{name: hook.flags.get(name, False) for name in FLAGS},
            "enable_ssl_verification": hook.ssl,
            "alert_status": self.status(hook),
            "disabled_until": exact(hook.disabled_until),
            "url_variables": [],
            "push_events_branch_filter": None,
            "branch_filter_strategy": "wildcard",
            "custom_webhook_template": hook.template,
            "custom_headers": [],
            **self._secrets(hook),
        }

    def _secrets(self, hook: Hook) -> Json:
        """Whether there are secrets, never which (since 19.0)."""
        if self.world.version < (19, 0):
            return {}
        return {
            "token_present": bool(hook.token),
            "signing_token_present": bool(hook.signing_token),
        }

    def status(self, hook: Hook) -> str:
        """GitLab docs: Auto-disabled webhooks; 4 failures in a row, then 40."""
        if hook.failures >= 40:
            return "disabled"
        until = hook.disabled_until
        return "temporarily_disabled" if until and until > self.world.now() else "executable"

    def hook_event(self, hook: Hook, event: HookEvent, body: Json) -> Json:
        shown = {
            name: "[REDACTED]" if name == "X-Gitlab-Token" else text
            for name, text in event.headers.items()
        }
        return {
            "id": event.id,
            "url": hook.url,
            "trigger": event.trigger,
            "request_headers": shown,
            "request_data": body,
            "response_headers": event.response_headers,
            "response_body": event.response_body,
            "execution_duration": event.seconds,
            "response_status": event.status,
        }

    def _addresses(self, issue: Issue) -> Json:
        own = f"{self.api(issue.project)}/issues/{issue.iid}"
        twin = issue.duplicate_of
        return {
            "self": own,
            "notes": f"{own}/notes",
            "award_emoji": f"{own}/award_emoji",
            "project": self.api(issue.project),
            "closed_as_duplicate_of": (
                f"{self.api(twin.project)}/issues/{twin.iid}" if twin else None
            ),
        }

    def _licensed(self, issue: Issue) -> Json:
        epic = issue.epic
        return {
            "weight": issue.weight,
            "epic_iid": epic.iid if epic else None,
            "epic": {
                "id": epic.id,
                "iid": epic.iid,
                "title": epic.title,
                "url": f"/groups/octo/-/epics/{epic.iid}",
                "group_id": 8101,
            }
            if epic
            else None,
            "iteration": self.iteration(issue.iteration) if issue.iteration else None,
            "health_status": issue.health,
        }


def _sorted(labels: list[Label]) -> list[Label]:
    return sorted(labels, key=lambda one: one.name.lower())
