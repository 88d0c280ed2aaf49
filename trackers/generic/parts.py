"""The things a ticket refers to, as messages name them: objects, or plain texts. Pure."""

from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import (
    Attachment,
    Label,
    Milestone,
    Named,
    Person,
    PullRequest,
    Sprint,
    TicketRef,
)
from trackers.fields import Fields
from trackers.generic.definitions import named


def label(item: Json) -> Label:
    """A label; a plain text is both its id and its name."""
    told = named(item, "ticket.labels")
    return Label(
        id=told.need_id("id"),
        name=told.text("name") or told.need_id("id"),
        color=told.text("color"),
        description=told.text("description"),
    )


def person(item: Json, path: str) -> Person:
    """An account; a text is its id, and its address when there is an @ in it."""
    if isinstance(item, str):
        return Person(id=item, login=item, email=item if "@" in item else None)
    told = Fields.of(item, path)
    login, name = told.text("login") or "", told.text("name") or ""
    key = told.id("id") or told.text("email") or login or told.need_id("id")
    kind = told.text("kind") or "user"
    if kind not in ("user", "bot", "group", "ghost"):
        raise Permanent(f"{path}.kind is {kind[:40]!r}, not one of user, bot, group, ghost")
    shown = {"id": key, "login": login or ("" if name else key), "name": name, "kind": kind}
    return Person.model_validate({**shown, "email": told.text("email")})


def optional_person(told: Fields, name: str) -> Person | None:
    """An account, or None where none is told."""
    found = told.value.get(name)
    return None if found is None else person(found, f"{told.path}.{name}")


def milestone(told: Fields) -> Milestone | None:
    """The milestone of a ticket."""
    if told.value.get("milestone") is None:
        return None
    stone = named(told.value["milestone"], f"{told.path}.milestone")
    title = stone.text("title") or stone.text("name") or ""
    return Milestone(
        id=stone.id("id") or title or stone.need_id("id"),
        title=title,
        number=stone.whole("number"),
        state=stone.text("state"),
        due_on=stone.time("due_on"),
        description=stone.text("description"),
    )


def sprint(item: Json) -> Sprint:
    """A sprint, iteration or cycle."""
    told = named(item, "ticket.sprint")
    return Sprint(
        id=told.need_id("id"),
        name=told.text("name") or told.need_id("id"),
        state=told.text("state"),
        starts_at=told.time("starts_at"),
        ends_at=told.time("ends_at"),
    )


def thing(item: Json, path: str) -> Named:
    """A component, project or team."""
    told = named(item, path)
    return Named(id=told.need_id("id"), name=told.text("name") or "")


def optional_thing(told: Fields, name: str) -> Named | None:
    """A thing with an id of its own, or None where none is told."""
    found = told.value.get(name)
    return None if found is None else thing(found, f"{told.path}.{name}")


def reference(told: Fields, name: str) -> TicketRef | None:
    """Another ticket, as an object or by its id alone."""
    found = told.value.get(name)
    if found is None:
        return None
    other = Fields.of({"id": found} if isinstance(found, (str, int)) else found, f"ticket.{name}")
    key = other.id("id")
    return TicketRef(
        external_id=key,
        key=other.text("key") or key,
        url=other.text("url"),
        title=other.text("title"),
    )


def attachment(item: Json) -> Attachment:
    """A file, by its address."""
    told = Fields.of(item, "ticket.attachments")
    url = told.need_text("url")
    return Attachment(
        id=told.id("id") or url,
        name=told.text("name") or url.rpartition("/")[2],
        url=url,
        media_type=told.text("media_type"),
        size=told.whole("size"),
    )


def pull_request(told: Fields) -> PullRequest:
    """A pull or merge request of a link."""
    state = told.text("state")
    if state not in (None, "open", "closed", "merged"):
        raise Permanent("relation.pull_request.state is not one of open, closed, merged")
    return PullRequest.model_validate(
        {
            "repository": told.need_text("repository"),
            "number": told.whole("number"),
            "title": told.text("title") or "",
            "branch": told.text("branch"),
            "state": state,
            "merged_at": told.time("merged_at"),
        }
    )
