"""Filters: Linear's comparators over whatever the tables can read.

https://linear.app/developers/filtering
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.linear.refusals import invalid
from sandbox.linear.state import stamp
from sandbox.wire import Json

if TYPE_CHECKING:
    from sandbox.linear.execute import Read

_DURATION = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T.*")
_GROUPS = ("some", "every", "length")


def matches(tables: Mapping[str, Mapping[str, Read]], kind: str, thing: Any, given: Json) -> bool:
    """Whether a thing passes all parts of a filter; an unknown key is refused, not passed over."""
    for key, wanted in given.items():
        if wanted is None:
            continue
        if key in ("and", "or"):
            found = [matches(tables, kind, thing, one) for one in wanted]
            passed = all(found) if key == "and" else any(found) or not found
        elif key == "null":
            passed = (thing is None) == bool(wanted)
        elif thing is None:
            passed = False
        else:
            passed = _field(tables, kind, thing, key, wanted)
        if not passed:
            return False
    return True


def _field(
    tables: Mapping[str, Mapping[str, Read]], kind: str, thing: Any, key: str, wanted: Json
) -> bool:
    told = _ALSO.get((kind, key)) or tables[kind].get(key)
    if told is None:
        raise invalid(f'Field "{key}" is not defined by type "{kind}Filter".')
    value = told if isinstance(told, str) else told.read(thing, {})
    if isinstance(told, str):
        return _field(tables, kind, thing, told, wanted)
    if not told.of:
        return compared(value, wanted)
    if told.shape == "one":
        return matches(tables, told.of, value, wanted)
    return _collection(tables, told.of, list(value), wanted)


def _collection(
    tables: Mapping[str, Mapping[str, Read]], kind: str, items: list[Any], wanted: Json
) -> bool:
    """`some`, `every` and `length`; plain comparators ask for some."""
    plain = {key: value for key, value in wanted.items() if key not in _GROUPS}
    tests = [
        any(matches(tables, kind, one, wanted[key]) for one in items)
        if key == "some"
        else all(matches(tables, kind, one, wanted[key]) for one in items)
        for key in ("some", "every")
        if key in wanted
    ]
    if "length" in wanted:
        tests.append(compared(len(items), wanted["length"]))
    if plain:
        tests.append(any(matches(tables, kind, one, plain) for one in items))
    return all(tests)


_ALSO: dict[tuple[str, str], str] = {("Project", "accessibleTeams"): "teams"}
"""Filter keys that read a field of another name."""


def compared(value: Any, wanted: Json) -> bool:
    """A value against comparators, all of which must hold."""
    return all(_one(value, name, _read(wish)) for name, wish in wanted.items())


def _one(value: Any, name: str, wish: Any) -> bool:
    if name == "null":
        return (value is None) == bool(wish)
    if name in ("eq", "neq"):
        return bool(value == wish) == (name == "eq")
    if name in ("in", "nin"):
        return (value in [_read(one) for one in wish]) == (name == "in")
    if name in ("gt", "gte", "lt", "lte"):
        return value is not None and _ordered(value, name, wish)
    return _text(str(value or ""), name, str(wish))


def _ordered(value: Any, name: str, wish: Any) -> bool:
    return bool(
        {"gt": value > wish, "gte": value >= wish, "lt": value < wish, "lte": value <= wish}[name]
    )


def _text(value: str, name: str, wish: str) -> bool:
    negated = name.startswith(("not", "neq"))
    if name.endswith(("IgnoreCase", "IgnoreCaseAndAccent")):
        value, wish = value.lower(), wish.lower()
    bare = name.removesuffix("AndAccent").removesuffix("IgnoreCase").lower()
    tests = {
        "eq": value == wish,
        "contains": wish in value,
        "startswith": value.startswith(wish),
        "endswith": value.endswith(wish),
    }
    bare = bare.removeprefix("not").removeprefix("n") if negated else bare
    if bare not in tests:
        raise invalid(f'Field "{name}" is not defined by type "StringComparator".')
    return tests[bare] != negated


def _read(wish: Any) -> Any:
    """A time in our form; a duration counts from now."""
    if not isinstance(wish, str):
        return wish
    span = _DURATION.fullmatch(wish)
    if span and len(wish) > 2:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in span.groups()[1:])
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return stamp(datetime.now(UTC) + (-length if span[1] else length))
    if _TIME.fullmatch(wish):
        try:
            moment = datetime.fromisoformat(wish)
        except ValueError:
            return wish
        return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return wish
