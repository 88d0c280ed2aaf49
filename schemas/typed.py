"""What people type into the front matter of a ticket's file, as values; pure.

Each reader takes (key, value as YAML gives it) and raises Permanent that names the key and what it
must be.
"""

from collections.abc import Callable
from datetime import date

from schemas.errors import Permanent
from schemas.model import Json

Reader = Callable[[str, Json], Json]


def text(name: str, value: Json) -> str:
    """A text; nothing is an empty one."""
    if isinstance(value, (list, dict)):
        raise Permanent(f"{name} must be a text")
    return "" if value is None else str(value)


def line(name: str, value: Json) -> str:
    """A text on one line that is not empty."""
    found = " ".join(text(name, value).split())
    if not found:
        raise Permanent(f"{name} must not be empty")
    return found


def optional(name: str, value: Json) -> str | None:
    """A text, or None."""
    return text(name, value).strip() or None


def names(name: str, value: Json) -> list[Json]:
    """A list of names, each once."""
    found = [] if value is None else value
    if not isinstance(found, list):
        raise Permanent(f"{name} must be a list, like [one, two]")
    return [*dict.fromkeys(line(name, one) for one in found)]


def one_of(*known: str) -> Reader:
    """One of these words."""

    def read(name: str, value: Json) -> Json:
        if value not in known:
            raise Permanent(f"{name} must be {', '.join(known[:-1])} or {known[-1]}")
        return value

    return read


def day(name: str, value: Json) -> str | None:
    """A day as ISO 8601 writes it, or None."""
    found = value.isoformat() if isinstance(value, date) else optional(name, value)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[:10]).isoformat()
    except ValueError:
        raise Permanent(f"{name} must be a day like 2027-01-31") from None


def number(name: str, value: Json) -> float | None:
    """A number that is not negative, or None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Permanent(f"{name} must be a number")
    return value


def whole(name: str, value: Json) -> int | None:
    """A whole number that is not negative, or None."""
    found = number(name, value)
    if found is not None and found != int(found):
        raise Permanent(f"{name} must be a whole number")
    return None if found is None else int(found)
