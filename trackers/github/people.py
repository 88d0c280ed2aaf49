"""Who may work on the repository.

https://docs.github.com/rest/issues/assignees https://docs.github.com/rest/collaborators/collaborators
"""

from collections.abc import Iterator

from schemas.errors import Denied
from schemas.model import Json
from schemas.ticket import Person
from trackers.fields import Fields
from trackers.github.read import everything
from trackers.github.repository import Repository
from trackers.github.values import person


def users(repository: Repository) -> Iterator[Person]:
    """Who can be assigned, then collaborators beyond them, each once, with what is told of them."""
    found = {str(one.get("id")): one for one in _assignees(repository)}
    for one in _collaborators(repository):
        found[str(one.get("id"))] = found.get(str(one.get("id")), {}) | one
    for record in found.values():
        user = Fields.of(record, "user")
        named = {"name": user.text("name") or "", "email": user.text("email")}
        yield person(user).model_copy(update=named)


def _assignees(repository: Repository) -> list[dict[str, Json]]:
    found = everything(repository.session, repository.path("/assignees"))
    if found is None:
        raise Denied(f"repository {repository.name}: its assignees cannot be read")
    return found


def _collaborators(repository: Repository) -> list[dict[str, Json]]:
    """Shown to those with push access only."""
    try:
        return everything(repository.session, repository.path("/collaborators")) or []
    except Denied:
        return []
