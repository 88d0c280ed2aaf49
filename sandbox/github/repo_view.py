"""The long objects: a repository and a person with all the URLs GitHub puts into them."""

from __future__ import annotations

from sandbox.github.state import Person, Repo
from sandbox.wire import Json

REPO_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}

PERSON_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}

REPO_CONSTANTS: Json = {
    "fork": False,
    "homepage": None,
    "size": 120,
    "stargazers_count": 3,
    "watchers_count": 3,
    "language": "Python",
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
    "forks_count": 0,
    "mirror_url": None,
    "archived": False,
    "disabled": False,
    "license": None,
    "allow_forking": True,
    "is_template": False,
    "web_commit_signoff_required": False,
    "topics": [],
    "forks": 0,
    "watchers": 3,
    "default_branch": "main",
    "custom_properties": {},
}


def person_view(base: str, person: Person, node: str) -> Json:
    """GitHub docs: Get a user; the short form that stands in issues and webhooks."""
    url = f"{base}/users/{person.login}"
    slug = person.login.removesuffix("[bot]")
    html = f"{base}/apps/{slug}" if person.kind == "Bot" else f"{base}/{person.login}"
    return {
        "login": person.login,
        "id": person.id,
        "node_id": node,
        "avatar_url": f"{base}/avatars/u/{person.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": html,
        **{name: url + tail for name, tail in PERSON_LINKS.items()},
        "type": person.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def full_person_view(short: Json, person: Person, born: str) -> Json:
    """GitHub docs: Get a user; what one sees of a person by asking for that person."""
    nothing = ("company", "blog", "location", "email", "hireable", "bio", "twitter_username")
    counts = ("public_repos", "public_gists", "followers", "following")
    return {
        **short,
        "name": person.name,
        **dict.fromkeys(nothing),
        **dict.fromkeys(counts, 0),
        "created_at": born,
        "updated_at": born,
    }


def organization_view(base: str, owner: Person, node: str) -> Json:
    url = f"{base}/orgs/{owner.login}"
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": node,
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": url + "/members{/member}",
        "public_members_url": url + "/public_members{/member}",
        "avatar_url": f"{base}/avatars/u/{owner.id}",
        "description": None,
    }


def simple_repo_view(whole: Json) -> Json:
    """The short form that stands where a repository is only referred to."""
    names = ("id", "node_id", "name", "full_name", "private", "owner", "html_url", "description")
    return {name: whole[name] for name in (*names, "fork", "url", *REPO_LINKS)}


def repo_view(base: str, repo: Repo, owner: Json, node: str) -> Json:
    url = f"{base}/repos/{repo.full_name}"
    html = f"{base}/{repo.full_name}"
    count = len(repo.shelves["open"])
    host = base.split("://", 1)[-1]
    return {
        "id": repo.id,
        "node_id": node,
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": owner,
        "html_url": html,
        "description": repo.description,
        "url": url,
        **{name: url + tail for name, tail in REPO_LINKS.items()},
        "created_at": repo.created_at,
        "updated_at": repo.updated_at,
        "pushed_at": repo.updated_at,
        "git_url": f"git://{host}/{repo.full_name}.git",
        "ssh_url": f"git@{host}:{repo.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        **REPO_CONSTANTS,
        "archived": repo.archived,
        "open_issues_count": count,
        "open_issues": count,
        "visibility": "private" if repo.private else "public",
    }
