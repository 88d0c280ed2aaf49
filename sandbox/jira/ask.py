"""One question to the REST API: the call, who asks, in which version, and how to read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.jira.accounts import Identity
from sandbox.jira.readings import Reading
from sandbox.jira.refusals import forbidden, needs_login, no_issue, no_project, refusal
from sandbox.jira.site import Site
from sandbox.jira.state import Comment, Issue, Project, User
from sandbox.jira.views import Views
from sandbox.wire import Call, Json, Reply, reply_json

BAD_BODY = "Invalid request payload. Refer to the REST API documentation and try again."
LISTS = (
    "issueIdsOrKeys",
    "ids",
    "jqls",
    "issueIds",
    "queries",
    "issueUpdates",
    "webhooks",
    "webhookIds",
    "events",
    "changelogIds",
    "issues",
    "properties",
)
OBJECTS = ("update", "transition", "type", "filters")
"""What bodies hold under these names, wherever they occur."""

ADMIN_ONLY = "You must be a Jira administrator to do this."


@dataclass
class Ask:
    """What a route is given. `root` is the site's address, or the gateway's."""

    site: Site
    call: Call
    identity: Identity
    version: str
    root: str
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        self.views = Views(self.site.world, self.version, self.root)

    def param(self, name: str) -> str:
        return str(self.call.params[name])

    def query(self, name: str, usual: str = "") -> str:
        return self.call.query.get(name, usual)

    def words(self, name: str) -> list[str]:
        return [one.strip() for one in self.query(name).split(",") if one.strip()]

    def number(self, name: str, usual: int, most: int | None = None) -> int:
        text = self.query(name)
        if not text:
            return usual
        try:
            value = int(text)
        except ValueError:
            raise refusal(400, f"The value '{text}' of '{name}' is not a number.") from None
        return max(0, value) if most is None else max(0, min(value, most))

    @property
    def user(self) -> User:
        if self.identity.user is None:
            raise needs_login()
        return self.identity.user

    def need_admin(self) -> None:
        if self.user is not self.site.admin:
            raise forbidden(ADMIN_ONLY)

    def need_scope(self, scope: str) -> None:
        """Only an OAuth token has scopes; a person's own token may all that the person may."""
        if self.identity.client_id and scope not in self.identity.scopes:
            raise refusal(403, f"The token lacks the scope {scope}.")

    def any_json(self) -> Any:
        kind = self.call.headers.get("content-type", "application/json").split(";")[0]
        if not kind.strip().endswith("json"):
            raise refusal(415, "Unsupported Media Type")
        try:
            return orjson.loads(self.call.body or b"{}")
        except orjson.JSONDecodeError:
            raise refusal(400, BAD_BODY) from None

    def json(self, *allowed: str) -> Json:
        """An object; with `allowed`, any other key is refused."""
        value = self.any_json()
        if not isinstance(value, dict):
            raise refusal(400, BAD_BODY)
        for names, kind in ((LISTS, list), (OBJECTS, dict)):
            if any(not isinstance(value.get(name) or kind(), kind) for name in names):
                raise refusal(400, BAD_BODY)
        unknown = sorted(set(value) - set(allowed)) if allowed else []
        if unknown:
            raise refusal(400, f"Invalid request payload. Unknown field '{unknown[0]}'.")
        return value

    def objects(self, given: Any) -> list[Json]:
        """A list of objects, or nothing."""
        if not isinstance(given or [], list) or any(
            not isinstance(one, dict) for one in given or ()
        ):
            raise refusal(400, BAD_BODY)
        return list(given or ())

    def issue(self) -> Issue:
        return self.find_issue(self.param("issue"))

    def find_issue(self, which: str | int) -> Issue:
        """404 for what is not there and for what may not be seen. Only writes see the truth."""
        reads = self.call.method == "GET"
        found = self.site.world.replica(which, self.site.read_lag() if reads else 0)
        if found is None or self.identity.user is None:
            raise no_issue()
        return found

    def project(self, which: str | None = None) -> Project:
        name = which if which is not None else self.param("project")
        found = self.site.world.project(name)
        if found is None or not found.readable or self.identity.user is None:
            raise no_project(name)
        return found

    def comment(self, issue: Issue) -> Comment:
        which = self.param("comment")
        for comment in issue.comments:
            if comment.id == which:
                return comment
        raise refusal(404, f"Can not find a comment for the id: {which}.")

    def reading(self, project: Project, issue: Issue | None = None) -> Reading:
        return Reading(self.site.world, project, self.version, issue)

    def values_page(self, name: str, values: list[Any], size: int, most: int) -> Reply:
        """The startAt kind of paging, with the values under `name`."""
        start = self.number("startAt", 0)
        limit = self.site.faults.page_size(self.number("maxResults", size, most) or size)
        page = {"startAt": start, "maxResults": limit, "total": len(values)}
        return reply_json({**page, name: values[start : start + limit]})

    def bean_page(self, values: list[Any], size: int = 50, most: int = 100) -> Reply:
        """The same in its newer form, with `values`, `isLast` and `nextPage`."""
        start = self.number("startAt", 0)
        limit = self.site.faults.page_size(self.number("maxResults", size, most) or size)
        link = self.root + self.call.path.removeprefix(self.site.gateway_path)
        page: Json = {
            "self": f"{link}?startAt={start}&maxResults={limit}",
            "maxResults": limit,
            "startAt": start,
            "total": len(values),
            "isLast": start + limit >= len(values),
            "values": values[start : start + limit],
        }
        if not page["isLast"]:
            page["nextPage"] = f"{link}?startAt={start + limit}&maxResults={limit}"
        return reply_json(page)
