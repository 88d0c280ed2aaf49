"""Plain pages behind the `html_url`s, so that a click in a demo does not end in a 404."""

from __future__ import annotations

import re
from html import escape

from sandbox.github.site import Site
from sandbox.github.state import Issue, Repo
from sandbox.wire import Call, Reply

PAGE = "<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"
ISSUE = re.compile(r"/([^/]+)/([^/]+)(?:/(?:issues|pull)/(\d+))?/?$")
SHOWN = 100


def page_for(site: Site, call: Call) -> Reply | None:
    """The page of a repository or an issue, for a browser's GET."""
    found = ISSUE.match(call.path)
    if call.method != "GET" or found is None:
        return None
    repo = site.world.repo_named(found[1], found[2])
    if repo is None or repo.private:
        return None
    if found[3] is None:
        return _reply(repo.full_name, _list(repo))
    issue = repo.issues.get(int(found[3]))
    if issue is None or not issue.alive:
        return None
    return _reply(f"#{issue.number} {issue.title}", _issue(issue))


def _list(repo: Repo) -> str:
    latest = [one for one in reversed(repo.issues.values()) if one.alive][:SHOWN]
    rows = (
        f'<li><a href="/{repo.full_name}/issues/{one.number}">#{one.number}</a> '
        f"{escape(one.title)} ({one.state})"
        for one in latest
    )
    return f"<p>A stand-in GitHub on this machine.</p><ul>{''.join(rows)}</ul>"


def _issue(issue: Issue) -> str:
    labels = ", ".join(escape(label.name) for label in issue.labels)
    said = "".join(
        f"<h3>{escape(one.author.login)}, {one.created_at}</h3><pre>{escape(one.body)}</pre>"
        for one in issue.comments
    )
    return f"<p>{issue.state}; {labels}</p><pre>{escape(issue.body or '')}</pre>{said}"


def _reply(title: str, body: str) -> Reply:
    page = PAGE.format(title=escape(title), body=body).encode()
    return Reply(200, page, {"content-type": "text/html; charset=utf-8"})
