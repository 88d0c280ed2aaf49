"""Typed reading of a tracker's JSON object: a wrong type ends in a Permanent naming the field."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from schemas.errors import Permanent
from schemas.model import Json
from trackers.tolerant import clean_text

_Told = TypeVar("_Told")
_LARGEST = 2**31 - 1
"""Numbers and counts fit the store's integer columns; ids are text and may be larger."""


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object with the path that names it in errors (`issue.milestone`).

    Readers answer None for a missing or null field; `need_…` refuse those too.
    """

    value: dict[str, Json]
    path: str

    @staticmethod
    def of(value: Json, path: str) -> "Fields":
        """The object itself; Permanent when the value is something else."""
        if not isinstance(value, dict):
            raise Permanent(f"{path} is {_kind(value)}, not an object")
        return Fields(value, path)

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def text(self, name: str) -> str | None:
        """A text, cleaned of what no store takes."""
        found = self.value.get(name)
        if found is None:
            return None
        if not isinstance(found, str):
            self._refuse(name, "text")
        return clean_text(found)

    def whole(self, name: str) -> int | None:
        """A count or number of 0 to 2^31-1."""
        found = self.value.get(name)
        if found is None:
            return None
        if type(found) is not int or not 0 <= found <= _LARGEST:
            self._refuse(name, "a whole number")
        return int(found)

    def id(self, name: str) -> str | None:
        """A stable id as text; trackers print it as a number or as text."""
        found = self.value.get(name)
        if found is None:
            return None
        if type(found) is int and abs(found) < 2**63:
            return str(found)
        if not isinstance(found, str) or not found or len(found) > 200:
            self._refuse(name, "an id")
        return clean_text(found)

    def flag(self, name: str) -> bool | None:
        """True or false."""
        found = self.value.get(name)
        if found is not None and not isinstance(found, bool):
            self._refuse(name, "true or false")
        return found

    def time(self, name: str) -> datetime | None:
        """An RFC 3339 time, as aware UTC."""
        found = self.text(name)
        if found is None:
            return None
        try:
            moment = datetime.fromisoformat(found)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self._refuse(name, "a time")

    def object(self, name: str) -> "Fields | None":
        """An object inside."""
        found = self.value.get(name)
        return None if found is None else Fields.of(found, f"{self.path}.{name}")

    def items(self, name: str) -> list[Json]:
        """A list without its nulls; empty when missing."""
        found = self.value.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            self._refuse(name, "a list")
        return [item for item in found if item is not None]

    def need_text(self, name: str) -> str:
        """A text that must be there."""
        found = self.text(name)
        return found if found is not None else self._refuse(name, "text")

    def need_whole(self, name: str) -> int:
        """A number that must be there."""
        found = self.whole(name)
        return found if found is not None else self._refuse(name, "a whole number")

    def need_id(self, name: str) -> str:
        """An id that must be there."""
        found = self.id(name)
        return found if found is not None else self._refuse(name, "an id")

    def need_object(self, name: str) -> "Fields":
        """An object that must be there."""
        found = self.object(name)
        return found if found is not None else self._refuse(name, "an object")

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        if self.value.get(name) is None:
            raise Permanent(f"{self.path}.{name} is missing")
        raise Permanent(f"{self.path}.{name} is {_kind(self.value[name])}, not {wanted}")


def if_told(record: Json, read: Callable[[Fields], _Told | None]) -> _Told | None:
    """What `read` finds in a record; None when it is not there, or is not what it should be."""
    try:
        return read(Fields.of(record, "record"))
    except Permanent:
        return None


def _kind(value: Json) -> str:
    """What a value is, in words; never the value itself, which may be private."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    names = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")
