"""JSON from strangers: whatever the bytes, a plain value that can be stored, or ValueError."""

import json
from typing import NoReturn

import orjson

from schemas.model import Json

_DEEPEST = 200
"""orjson writes at most 254 levels; records travel on inside an envelope of ours."""
_TOWER = 60


def loads(body: bytes) -> Json:
    """The JSON value in `body`, without NUL or lone surrogates; ValueError says what is wrong.

    orjson refuses some texts that trackers do send (a lone surrogate in a title); the standard
    library reads those at a tenth of the speed.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return clean(_slowly(body))
    return clean(value) if b"\\u0000" in body else value


def storable(value: Json) -> Json:
    """`value` itself; ValueError when it is nested too deeply for any writer of JSON."""
    try:
        orjson.dumps(_under_a_tower(value))
        return value
    except orjson.JSONEncodeError:
        pass  # too deep, or a number that only the slow way tells apart
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for item in level for child in _children(item)]
        if not level:
            return value
    raise ValueError(f"nested deeper than {_DEEPEST} levels")


def clean(value: Json) -> Json:
    """The value with every text in it cleaned, keys too."""
    try:
        return _clean(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def clean_text(text: str) -> str:
    """Without NUL (PostgreSQL takes none) and with lone surrogates replaced by U+FFFD."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    whole = text.replace("\0", "").encode("utf-16-le", "surrogatepass")
    return whole.decode("utf-16-le", "replace")


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _slowly(body: bytes) -> Json:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _under_a_tower(value: Json) -> Json:
    """The value so deep inside lists that orjson finds its depth, much faster than we could."""
    for _ in range(_TOWER):
        value = [value]
    return value


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [item for item in value.values() if isinstance(item, (dict, list))]
    return [item for item in value if isinstance(item, (dict, list))] if value else []
