"""Values as GitLab prints them, in webhooks otherwise than in its API."""

import re
from datetime import date, datetime
from urllib.parse import unquote

from schemas import revision
from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import Person
from trackers import markers
from trackers.fields import Fields
from trackers.gitlab import quick

_LARGEST = 2**31 - 1
_UNITS = {"mo": 576_000, "w": 144_000, "d": 28_800, "h": 3_600, "m": 60, "s": 1}
"""A day has eight hours, a week five days, a month four weeks
(https://docs.gitlab.com/user/project/time_tracking/#available-time-units)."""

_PART = re.compile(r"(\d+)\s*(mo|w|d|h|m|s)")
_BOT = re.compile(r"(project|group)_\d+_bot", re.ASCII)
GHOST = "ghost"
"""Who stands in for deleted accounts
(https://docs.gitlab.com/user/profile/account/delete_account/#associated-records)."""


def moment(record: Fields, name: str) -> datetime | None:
    """A time in either of the two forms: `2026-08-19T12:55:23.835Z`, `2026-08-19 12:55:23 UTC`."""
    found = record.text(name)
    if found is None or not found.endswith(" UTC"):
        return record.time(name)
    return Fields({name: f"{found[:-4]}Z"}, record.path).time(name)


def precise(record: Fields, name: str) -> bool:
    """Whether a time is printed with fractions, as the API prints it; an unset one is, too."""
    found = record.text(name)
    return name in record and (found is None or "." in found)


def revision_of(record: Fields, name: str = "updated_at") -> str | None:
    """The record's own revision, in the resolution that was printed."""
    found = moment(record, name)
    return revision.of_time(found, 3 if precise(record, name) else 0) if found else None


def day(record: Fields, name: str) -> date | None:
    """`YYYY-MM-DD` as a day; some versions print a time."""
    found = record.text(name)
    try:
        return date.fromisoformat(found[:10]) if found else None
    except ValueError:
        raise Permanent(f"{record.path}.{name} is a text, not a day") from None


def seconds_of(span: str) -> int | None:
    """`3d 5h` or `-30m` in seconds; None for what is no span of time."""
    bare = span.strip()
    parts = _PART.findall(bare)
    if not parts or _PART.sub("", bare).strip() not in ("", "-"):
        return None
    total = sum(int(number) * _UNITS[unit] for number, unit in parts)
    return -total if bare.startswith("-") else total


def count(record: Fields, name: str) -> int | None:
    """A whole number that some versions print as text; None where it is unset or missing."""
    found = record.value.get(name)
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 11:
        number = int(found)
        return number if number <= _LARGEST else None
    return record.whole(name)


def number_of(issue: Fields) -> str:
    """The drain key: an issue's number inside its project."""
    number = count(issue, "iid")
    if not number:
        raise Permanent(f"{issue.path}.iid is {'missing' if number is None else '0'}")
    return str(number)


def person(user: Fields) -> Person:
    """An account; the bots of project and group tokens are told by their names."""
    login = user.text("username") or ""
    kind = "ghost" if login == GHOST else "bot" if _BOT.match(login) else "user"
    email = user.text("public_email") or user.text("email") or None
    return Person.model_validate(
        {
            "id": user.need_id("id"),
            "login": login,
            "name": user.text("name") or "",
            "email": email if email and "@" in email else None,
            "kind": kind,
        }
    )


def people(record: Fields, name: str) -> tuple[Person, ...]:
    """A list of accounts."""
    return tuple(person(Fields.of(one, f"{record.path}.{name}")) for one in record.items(name))


def text(written: str | None) -> str:
    """LF line ends; null is the empty text."""
    if not written or "\r" not in written:
        return written or ""
    return written.replace("\r\n", "\n").replace("\r", "\n")


def author_of(record: Fields) -> Person | None:
    """Whoever wrote an issue or note; webhooks name the account by number alone."""
    author = record.object("author")
    if author:
        return person(author)
    key = record.id("author_id")
    return Person(id=key) if key else None


def body(written: str | None) -> str:
    """Markdown as people wrote it: our markers and our guard against quick actions are not."""
    plain = text(written)
    marked = "<" in plain and "<!-- ticketsync:" in plain  # the quick look first: texts are long
    return quick.plain(markers.without(plain) if marked else plain)


def file_name(quoted: str) -> str | None:
    """An upload's name out of an address; None for what would lead elsewhere in it: anybody may
    write an address into a text, and we ask for it with our own rights."""
    name = unquote(quoted)
    return None if name in (".", "..") or re.search(r"[/\\\x00-\x1f]", name) else name


def colour(record: Fields) -> str | None:
    """`#d9534f` without its mark."""
    found = record.text("color")
    return found.lstrip("#") if found else found


def named(record: Fields) -> str:
    """A label's name: `name` in the API, `title` in webhooks."""
    return record.text("name") or record.need_text("title")


def absent(record: Fields, name: str) -> bool:
    """Whether a field was said to be empty, rather than not said at all."""
    return name in record and record.value[name] in (None, [], "")


def raw(record: Fields, *names: str) -> Json:
    """What lies at a path of objects; None when a step is missing."""
    found: Json = record.value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
