"""The repository, its people, and the person behind the token."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.github.ask import Ask
from sandbox.github.refusals import forbidden, needs_login, not_found
from sandbox.github.repo_view import full_person_view
from sandbox.github.state import Person, Repo
from sandbox.wire import Json, Reply, reply_json

REPO = "/repos/{owner}/{repo}"


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", REPO, get_repo),
        ("GET", f"{REPO}/assignees", list_assignees),
        ("GET", f"{REPO}/assignees/{{login}}", check_assignee),
        ("GET", f"{REPO}/collaborators", list_collaborators),
        ("GET", "/user", get_user),
        ("GET", "/user/repos", list_repos),
        ("GET", "/users/{login}", get_person),
        ("GET", "/rate_limit", get_rate_limit),
        ("GET", "/meta", get_meta),
    ]


def get_repo(ask: Ask) -> Reply:
    """GitHub docs: Get a repository; the form that also tells what the asker may do."""
    view = {**_repo_view(ask, ask.repo), "network_count": 0, "subscribers_count": 3}
    organization = ask.repo.owner.kind == "Organization"
    owner = ask.views.person(ask.repo.owner)
    return reply_json({**view, "organization": owner} if organization else view)


def list_assignees(ask: Ask) -> Reply:
    return ask.listed([ask.views.person(one) for one in _team(ask)])


def check_assignee(ask: Ask) -> Reply:
    wanted = str(ask.param("login")).lower()
    if not any(one.login.lower() == wanted for one in _team(ask)):
        raise not_found()
    return Reply(204)


def list_collaborators(ask: Ask) -> Reply:
    """Needs push access (GitHub docs: List repository collaborators)."""
    ask.need_push()
    rights = {"pull": True, "triage": True, "push": True, "maintain": False, "admin": False}
    return ask.listed(
        [
            {**ask.views.person(one), "permissions": rights, "role_name": "write"}
            for one in _team(ask)
        ]
    )


def get_user(ask: Ask) -> Reply:
    person = ask.identity.person
    if person is None:
        raise needs_login()
    if person.kind == "Bot":
        raise forbidden("Resource not accessible by integration")
    private = {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }
    return reply_json({**_full_person(ask, person), **private})


def get_person(ask: Ask) -> Reply:
    person = ask.site.world.people.get(str(ask.param("login")).lower())
    if person is None:
        raise not_found()
    return reply_json(_full_person(ask, person))


def list_repos(ask: Ask) -> Reply:
    ask.need_login()
    seen = [one for one in ask.site.world.repos.values() if _readable(ask, one)]
    views = [_repo_view(ask, one) for one in seen]
    return ask.listed([{k: v for k, v in one.items() if k != "custom_properties"} for one in views])


def get_rate_limit(ask: Ask) -> Reply:
    """Asking costs nothing."""
    limits, who = ask.site.limits, ask.identity
    core, search = (limits.budget(who, name).as_json() for name in ("core", "search"))
    return reply_json({"resources": {"core": core, "search": search}, "rate": core})


def get_meta(ask: Ask) -> Reply:
    """Webhooks of the stand-in come from this machine."""
    return reply_json({"verifiable_password_authentication": False, "hooks": ["127.0.0.1/32"]})


def _repo_view(ask: Ask, repo: Repo) -> Json:
    who = ask.identity
    rights = {
        "admin": who.admin,
        "maintain": who.admin,
        "push": who.push,
        "triage": who.push,
        "pull": True,
    }
    return {**ask.views.repo(repo), "permissions": rights}


def _full_person(ask: Ask, person: Person) -> Json:
    return full_person_view(ask.views.person(person), person, ask.site.home.created_at)


def _team(ask: Ask) -> list[Person]:
    return [one for one in ask.site.world.people.values() if one.assignable]


def _readable(ask: Ask, repo: Repo) -> bool:
    return not repo.locked_out and (not repo.private or ask.identity.reads_private)
