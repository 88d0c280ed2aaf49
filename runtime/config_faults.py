"""What pydantic found wrong, said in the words of the configuration file."""

import difflib
import json
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from runtime.config_mirrors import label as mirror_label
from schemas.settings import MirrorSettings, Settings, SourceSettings
from schemas.source import PrivacyRule

INTERNAL = {"file", "folder", "metrics_port"}
"""Fields of Settings that no file may set."""

NUMBER = "must be a whole number"
WORDS = {
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "bool_type": "must be true or false",
    "int_type": NUMBER,
    "int_from_float": NUMBER,
    "float_type": "must be a number",
    "tuple_type": 'must be a list, like ["NAME"]',
    "dict_type": 'must be a table, like { state = "all" }',
    "missing": "is missing",
}
LIMITS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}

Table = dict[str, Any]


def validated(table: Table) -> Settings:
    """Settings of a TOML table, taken literally: "8000" is no number. Raises ValidationError."""
    # JSON is how pydantic is strict about types and still takes a list for a tuple.
    return Settings.model_validate_json(json.dumps(table, default=str), strict=True)


def in_words(error: ValidationError, table: Table) -> list[str]:
    """One line per fault, naming table and key; values are shown only where no secret can be."""
    return [_line(fault, table) for fault in error.errors(include_url=False)]


def _line(fault: Any, table: Table) -> str:
    place, model, key = _where(tuple(fault["loc"]), table)
    kind = fault["type"]
    if kind == "extra_forbidden":
        return f"{place}{key} is unknown{_meant(key, model)}"
    if kind == "model_type":
        return f"{place or key} must be a table"
    return f"{place}{key} {_problem(fault)}"


def _problem(fault: Any) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in LIMITS:
        words, name = LIMITS[kind]
        return f"must be {words} {context[name]:g}, not {fault['input']}"
    if kind == "literal_error":
        given = fault["input"] if isinstance(fault["input"], str) else json.dumps(fault["input"])
        choices = context["expected"].replace("'", '"')
        return f'must be {choices}, not "{given[:40]}"'
    return WORDS.get(kind, "is not valid")


def _where(loc: tuple[Any, ...], table: Table) -> tuple[str, type[BaseModel], str]:
    """(where, the model whose fields are allowed there, the key)."""
    head = str(loc[0])
    if head == "sources" and len(loc) > 4 and loc[2] == "privacy_rules":
        rule = f"{source_label(table['sources'], loc[1])}: privacy_rules #{loc[3] + 1}: "
        return rule, PrivacyRule, str(loc[4])
    if head == "sources" and len(loc) > 1 and isinstance(loc[1], int):
        key = str(loc[2]) if len(loc) > 2 else ""
        return f"{source_label(table['sources'], loc[1])}: ", SourceSettings, key
    if head == "mirrors" and len(loc) > 1 and isinstance(loc[1], int):
        key = ".".join(map(str, loc[2:4]))
        return f"{mirror_label(table['mirrors'], loc[1])}: ", MirrorSettings, key
    if len(loc) > 1:
        return f"[{head}] ", _section(head), str(loc[1])
    return "", Settings, f"[{head}]" if isinstance(table.get(head), dict) else head


def _section(head: str) -> type[BaseModel]:
    found = Settings.model_fields[head].annotation
    return found if isinstance(found, type) and issubclass(found, BaseModel) else Settings


def source_label(tables: Any, index: int) -> str:
    """How a `[[sources]]` table is named in a fault: by its name, else by its place."""
    table = tables[index] if isinstance(tables, list) and index < len(tables) else {}
    name = table.get("name") if isinstance(table, dict) else None
    return (
        f'[[sources]] "{name}"' if isinstance(name, str) and name else f"[[sources]] #{index + 1}"
    )


def _meant(key: str, model: type[BaseModel]) -> str:
    known = [name for name in model.model_fields if name not in INTERNAL]
    close = difflib.get_close_matches(key.strip("[]"), known, n=1)
    if not close:
        return f"; known: {', '.join(known)}"
    return f"; did you mean {_spelt(close[0], model)}?"


def _spelt(name: str, model: type[BaseModel]) -> str:
    if model is not Settings:
        return name
    listed = get_origin(Settings.model_fields[name].annotation) is tuple
    return (
        f"[[{name}]]"
        if listed and get_args(Settings.model_fields[name].annotation)
        else f"[{name}]"
    )
