"""The addresses of the API."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gitlab import rest_issues as issues
from sandbox.gitlab import rest_notes as notes
from sandbox.gitlab import rest_project as project
from sandbox.gitlab.ask import Ask
from sandbox.wire import Reply, Routes

API = "/api/v4"
Route = Callable[[Ask], Reply]


def routes() -> Routes[Route]:
    """Every route; `{id}` is a project's number or its path with encoded slashes."""
    own = f"{API}/projects/{{id}}"
    issue = f"{own}/issues/{{iid}}"
    note = f"{issue}/notes/{{note}}"
    hook = f"{own}/hooks/{{hook}}"
    return Routes[Route](
        [
            ("GET", f"{API}/user", project.me),
            ("GET", f"{API}/users", project.list_users),
            ("GET", f"{API}/version", project.version),
            ("GET", f"{API}/projects", project.list_projects),
            ("GET", own, project.show_project),
            ("GET", f"{own}/members/all", project.members),
            ("GET", f"{own}/issues", issues.list_issues),
            ("POST", f"{own}/issues", issues.create_issue),
            ("GET", f"{own}/issues_statistics", issues.statistics),
            ("GET", f"{own}/events", notes.list_events),
            ("GET", issue, issues.show_issue),
            ("PUT", issue, issues.edit_issue),
            ("DELETE", issue, issues.delete_issue),
            ("POST", f"{issue}/move", issues.move_issue),
            ("POST", f"{issue}/time_estimate", issues.set_estimate),
            ("POST", f"{issue}/reset_time_estimate", issues.reset_estimate),
            ("POST", f"{issue}/add_spent_time", issues.add_spent),
            ("POST", f"{issue}/reset_spent_time", issues.reset_spent),
            ("GET", f"{issue}/time_stats", issues.time_stats),
            ("GET", f"{issue}/links", issues.list_links),
            ("POST", f"{issue}/links", issues.create_link),
            ("DELETE", f"{issue}/links/{{link}}", issues.delete_link),
            ("GET", f"{issue}/related_merge_requests", issues.related),
            ("GET", f"{issue}/closed_by", issues.closed_by),
            ("GET", f"{issue}/resource_{{kind}}_events", issues.changes),
            ("GET", f"{issue}/award_emoji", notes.list_emoji),
            ("GET", f"{issue}/notes", notes.list_notes),
            ("POST", f"{issue}/notes", notes.create_note),
            ("GET", note, notes.show_note),
            ("PUT", note, notes.edit_note),
            ("DELETE", note, notes.delete_note),
            ("GET", f"{own}/labels", project.list_labels),
            ("POST", f"{own}/labels", project.create_label),
            ("PUT", f"{own}/labels/{{label}}", project.edit_label),
            ("DELETE", f"{own}/labels/{{label}}", project.delete_label),
            ("GET", f"{own}/milestones", project.list_milestones),
            ("POST", f"{own}/milestones", project.create_milestone),
            ("GET", f"{own}/milestones/{{milestone}}", project.show_milestone),
            ("PUT", f"{own}/milestones/{{milestone}}", project.edit_milestone),
            ("GET", f"{own}/iterations", project.list_iterations),
            ("POST", f"{own}/uploads", project.create_upload),
            ("GET", f"{own}/uploads/{{secret}}/{{filename}}", project.read_upload),
            ("GET", f"{own}/hooks", project.list_hooks),
            ("POST", f"{own}/hooks", project.create_hook),
            ("GET", hook, project.show_hook),
            ("PUT", hook, project.edit_hook),
            ("DELETE", hook, project.delete_hook),
            ("POST", f"{hook}/test/{{trigger}}", project.test_hook),
            ("GET", f"{hook}/events", project.list_events),
            ("POST", f"{hook}/events/{{event}}/resend", project.resend),
        ]
    )
