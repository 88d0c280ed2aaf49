"""The GitHub App: who it is and how it gets a token (GitHub docs: endpoints for GitHub Apps)."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.github.ask import Ask
from sandbox.github.refusals import forbidden, needs_login, not_found, refusal
from sandbox.github.state import stamp
from sandbox.github.views import node_id
from sandbox.wire import Json, Reply, reply_json

PERMISSIONS = {"issues": "write", "metadata": "read", "repository_hooks": "write"}
EVENTS = ["issues", "issue_comment", "label", "milestone", "repository"]


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", "/app", get_app),
        ("GET", "/app/installations", list_installations),
        ("GET", "/app/installations/{installation:int}", get_installation),
        ("POST", "/app/installations/{installation:int}/access_tokens", create_token),
        ("GET", "/repos/{owner}/{repo}/installation", repo_installation),
        ("GET", "/installation/repositories", list_repositories),
    ]


def get_app(ask: Ask) -> Reply:
    _need_jwt(ask)
    app, owner = ask.site.accounts.app, ask.site.home.owner
    born = ask.site.home.created_at
    return reply_json(
        {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": node_id("A", app.id),
            "owner": ask.views.person(owner),
            "name": app.slug,
            "description": None,
            "external_url": ask.root,
            "html_url": f"{ask.root}/apps/{app.slug}",
            "created_at": born,
            "updated_at": born,
            "permissions": PERMISSIONS,
            "events": EVENTS,
            "installations_count": 1,
        }
    )


def list_installations(ask: Ask) -> Reply:
    _need_jwt(ask)
    return ask.listed([_installation(ask)])


def get_installation(ask: Ask) -> Reply:
    _need_jwt(ask)
    _known(ask)
    return reply_json(_installation(ask))


def repo_installation(ask: Ask) -> Reply:
    _need_jwt(ask)
    return reply_json(_installation(ask))


def create_token(ask: Ask) -> Reply:
    """Valid for one hour (GitHub docs: Create an installation access token for an app)."""
    _need_jwt(ask)
    _known(ask)
    token, expires = ask.site.accounts.mint()
    answer = {
        "token": token,
        "expires_at": stamp(expires),
        "permissions": PERMISSIONS,
        "repository_selection": "all",
    }
    return reply_json(answer, 201)


def list_repositories(ask: Ask) -> Reply:
    if ask.identity.expires is None:
        raise forbidden("You must authenticate with an installation access token")
    repos = [ask.views.repo(one) for one in ask.site.world.repos.values()]
    return reply_json({"total_count": len(repos), "repositories": repos})


def _need_jwt(ask: Ask) -> None:
    if ask.identity.person is None:
        raise needs_login()
    if not ask.identity.is_app:
        raise refusal(401, "A JSON web token could not be decoded")


def _known(ask: Ask) -> None:
    if ask.param("installation") != ask.site.accounts.app.installation:
        raise not_found()


def _installation(ask: Ask) -> Json:
    app, owner = ask.site.accounts.app, ask.site.home.owner
    url = f"{ask.root}/app/installations/{app.installation}"
    born = ask.site.home.created_at
    return {
        "id": app.installation,
        "account": ask.views.person(owner),
        "repository_selection": "all",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{ask.root}/installation/repositories",
        "html_url": f"{ask.root}/settings/installations/{app.installation}",
        "app_id": app.id,
        "client_id": app.client_id,
        "app_slug": app.slug,
        "target_id": owner.id,
        "target_type": owner.kind,
        "permissions": PERMISSIONS,
        "events": EVENTS,
        "created_at": born,
        "updated_at": born,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }
