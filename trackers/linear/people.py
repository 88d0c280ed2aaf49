"""People: users, apps, integrations and outsiders, as webhooks and answers name them."""

from schemas.model import Json
from schemas.ticket import Person
from trackers import tolerant
from trackers.fields import Fields


def user(record: Fields) -> Person:
    """A member or guest; the handle is the last word of the profile's address."""
    address = record.text("url") or ""
    app = bool(record.flag("app"))
    return Person(
        id=record.need_id("id"),
        login=address.rpartition("/profiles/")[2] if "/profiles/" in address else "",
        name=record.text("name") or "",
        email=record.text("email"),
        kind="bot" if app else "user",
    )


def author(record: Fields, user_field: str, outsider_field: str) -> Person | None:
    """Who wrote it: a user, somebody outside Linear, or an integration; None when nobody is told.

    https://linear.app/developers/graphql: `botActor` is an object in answers, but a text of JSON in
    webhooks.
    """
    own = record.object(user_field)
    if own:
        return user(own)
    outsider = record.object(outsider_field)
    if outsider:
        return Person(
            id=outsider.need_id("id"),
            name=outsider.text("name") or "",
            email=outsider.text("email"),
        )
    return _bot(record.value.get("botActor"), record.path)


def author_of(record: Fields) -> Person | None:
    """Whoever made an issue or a comment; some records tell the id alone."""
    issue = "creator" in record or "creatorId" in record
    user_field = "creator" if issue else "user"
    found = author(record, user_field, "externalUserCreator" if issue else "externalUser")
    key = record.id(f"{user_field}Id")
    return found or (Person(id=key) if key else None)


def _bot(raw: Json, path: str) -> Person | None:
    if isinstance(raw, str):
        try:
            raw = tolerant.loads(raw.encode())
        except ValueError:
            raw = {"type": raw[:60]}
    if raw is None:
        return None
    bot = Fields.of(raw, f"{path}.botActor")
    kind = bot.text("type") or "integration"
    name = bot.text("name") or kind
    return Person(id=bot.id("id") or f"integration:{kind}", login=name, name=name, kind="bot")
