"""People as Azure DevOps names them: an object, or `Display Name <unique@name>` in old versions."""

import re

from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import Person
from trackers.azure_devops import names
from trackers.fields import Fields

_TEXT = re.compile(r"\s*(.*?)\s*<([^<>]*)>\s*", re.DOTALL)


def person(value: Json, path: str) -> Person | None:
    """Somebody, or None for nobody; Permanent for what is no identity."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, dict):
        return _of_object(Fields(value, path))
    raise Permanent(f"{path} is no identity")


def author_of(record: Fields) -> Person | None:
    """Whoever created a work item or a comment."""
    item = record.object("fields")
    if item:
        return person(item.value.get(names.CREATED_BY), names.CREATED_BY)
    return person(record.value.get("createdBy"), "comment.createdBy")


def unique(found: Person) -> str:
    """What a field of an identity takes: the unique name, else the display name."""
    return found.login or found.email or found.name


def _of_object(found: Fields) -> Person | None:
    login, name = found.text("uniqueName") or "", found.text("displayName") or ""
    key = found.id("id") or found.id("descriptor") or login.casefold() or name
    if not key:
        return None
    descriptor = found.text("descriptor") or ""
    kind = "group" if found.flag("isContainer") else "user"
    if descriptor.startswith("svc.") or login.startswith("Build\\"):
        kind = "bot"
    return Person.model_validate(
        {"id": key, "login": login or name, "name": name, "email": _mail(login), "kind": kind}
    )


def _of_text(value: str) -> Person:
    parts = _TEXT.fullmatch(value)
    name, login = (parts[1], parts[2].strip()) if parts else (value.strip(), value.strip())
    return Person(id=login.casefold() or name, login=login or name, name=name, email=_mail(login))


def _mail(login: str) -> str | None:
    return login if "@" in login and "\\" not in login else None
