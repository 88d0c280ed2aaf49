"""Values as GitHub prints them, alike in webhooks and in its API."""

from schemas.errors import Permanent
from schemas.ticket import Person
from trackers import markers
from trackers.fields import Fields

GHOST = Person(id="ghost", login="ghost", kind="ghost")
"""A deleted account: null in webhooks, sometimes the placeholder user `ghost` in REST answers."""

NO_TYPE = "issue"


def number_of(issue: Fields) -> str:
    """The drain key: an issue's number inside its repository (reference/identity.md)."""
    number = issue.need_whole("number")
    if number == 0:
        raise Permanent(f"{issue.path}.number is 0")
    return str(number)


def person(user: Fields) -> Person:
    """A user as GitHub lists them; a deleted one is the ghost."""
    login = user.text("login") or ""
    if login == GHOST.login:
        return GHOST
    kinds = {"Bot": "bot", "Organization": "group"}
    kind = kinds.get(user.text("type") or "", "user")
    return Person.model_validate({"id": user.need_id("id"), "login": login, "kind": kind})


def someone(record: Fields, name: str) -> Person | None:
    """None only when the record does not say; an explicit null is the ghost."""
    if name not in record:
        return None
    user = record.object(name)
    return person(user) if user else GHOST


def author_of(record: Fields) -> Person | None:
    """Whoever opened the issue, or wrote the comment."""
    return someone(record, "user")


def type_named(kind: Fields | None) -> str:
    """An issue type in the words of a ticket, before the source's own map."""
    name = kind.text("name") if kind else None
    return name.lower() if name else NO_TYPE


def markdown(text: str | None) -> str:
    """LF line ends (GitHub's web forms send CRLF), without our markers; null is the empty text."""
    plain = text or ""
    if "\r" in plain:
        plain = plain.replace("\r\n", "\n").replace("\r", "\n")
    return markers.without(plain) if "<!-- ticketsync:" in plain else plain
