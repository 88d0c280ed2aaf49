"""Accounts by their names: system notes say `@username`, everything else an id."""

from schemas.errors import Denied
from schemas.model import Json
from trackers.fields import Fields
from trackers.gitlab.project import Project


class People:
    """The ids of accounts, as far as records or GitLab tell; asked for once each.

    https://docs.gitlab.com/api/users/#list-users
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._ids: dict[str, str | None] = {}

    def learn(self, user: Json) -> None:
        """An account that came along in some record."""
        if isinstance(user, dict) and isinstance(user.get("username"), str):
            self._ids[user["username"].lower()] = Fields.of(user, "user").id("id")

    def id_of(self, login: str) -> str:
        """The id, as tickets have it; `@name` for whom nobody knows any more."""
        known = login.lower()
        if known not in self._ids:
            self._ids[known] = self._asked(login)
        return self._ids[known] or f"@{login}"

    def _asked(self, login: str) -> str | None:
        """Strangers may not ask."""
        try:
            answer = self._project.get("/users", {"username": login})
        except Denied:
            return None
        found = answer.items if answer.ok else []
        return Fields.of(found[0], "user").id("id") if found else None
