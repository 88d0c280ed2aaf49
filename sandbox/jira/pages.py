"""Plain pages behind `/browse/…`, so that a click in a demo does not end in a 404."""

from __future__ import annotations

from html import escape

from sandbox.jira.prose import html
from sandbox.jira.site import Site
from sandbox.jira.state import Issue, Project
from sandbox.wire import Call, Reply

PAGE = "<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"
SHOWN = 100


def page_for(site: Site, call: Call) -> Reply | None:
    """The page of a project or an issue, for a browser's GET."""
    head, _, which = call.path.strip("/").partition("/")
    if call.method != "GET" or head not in ("browse", "projects"):
        return None
    issue = site.world.issue(which)
    if issue is not None and issue.seen:
        return _reply(f"{issue.key} {issue.summary}", _issue(issue))
    project = site.world.project(which)
    if project is not None and project.readable:
        return _reply(f"{project.name} ({project.key})", _list(site, project))
    return None


def _list(site: Site, project: Project) -> str:
    latest = [one for one in reversed(list(site.world.alive(project))) if one.seen][:SHOWN]
    rows = (
        f'<li><a href="/browse/{one.key}">{one.key}</a> '
        f"{escape(one.summary)} ({escape(one.status.name)})"
        for one in latest
    )
    return f"<p>A stand-in Jira on this machine.</p><ul>{''.join(rows)}</ul>"


def _issue(issue: Issue) -> str:
    labels = ", ".join(escape(label) for label in issue.labels)
    said = "".join(f"<h3>{escape(c.author.name)}</h3>{html(c.body)}" for c in issue.comments)
    return f"<p>{escape(issue.status.name)}; {labels}</p>{html(issue.description)}{said}"


def _reply(title: str, body: str) -> Reply:
    page = PAGE.format(title=escape(title), body=body).encode()
    return Reply(200, page, {"content-type": "text/html; charset=utf-8"})
