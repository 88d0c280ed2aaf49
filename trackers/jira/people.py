"""People by the id that does not change: the account id, at Data Center the user key."""

from schemas.ticket import Person
from trackers.fields import Fields

_KINDS = {"app": "bot"}
_GONE = "unknown"
"""The account that stands for deleted ones."""


def person(user: Fields | None) -> Person | None:
    """A user as it stands in a field; None for nobody."""
    if user is None:
        return None
    key = user.id("accountId") or user.id("key") or user.need_id("name")
    name = user.text("displayName") or ""
    kind = "ghost" if key == _GONE else _KINDS.get(user.text("accountType") or "", "user")
    return Person.model_validate(
        {
            "id": key,
            "login": "" if "accountId" in user else user.text("name") or "",
            "name": name,
            "email": user.text("emailAddress") or None,
            "kind": kind,
        }
    )


def author_of(record: Fields) -> Person | None:
    """The creator of an issue, whom nobody can change, or the author of a comment."""
    issue = record.object("fields")
    return person(issue.object("creator") if issue else record.object("author"))


def reference(person: Person, *, cloud: bool) -> dict[str, str]:
    """How a write names somebody."""
    return {"accountId": person.id} if cloud else {"name": person.login or person.id}
