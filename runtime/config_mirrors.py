"""What no single key of a `[[mirrors]]` table can tell: unknown sources, pairs twice, odd options.

Works on the raw table, so that these faults are told together with the others.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from runtime.usual_names import TOKENS
from schemas.mirror import MirrorOptions
from schemas.source import LOCAL

Environ = Mapping[str, str]
Table = dict[str, Any]

FIELDS = (
    "title", "body", "state", "labels", "assignees", "milestone", "sprint", "epic", "parent",
    "weight", "time_estimate", "time_spent", "due_date", "priority", "severity", "type", "estimate",
    "story_points", "components",
)  # fmt: skip
"""The fields that `fields`, `strategies` and `native` may name."""

UNWRITABLE = (LOCAL, "generic")
"""Trackers that no mirror can write to."""

SWITCHES = {
    "labels": "sync_labels",
    "weight": "sync_weight",
    "time_estimate": "sync_time_estimate",
    "time_spent": "sync_time_spent",
    "epic": "sync_epics",
}
"""Fields with an option of their own beside `fields`."""

CHOSEN = ("labels", "types", "milestones")


def check(table: Mapping[str, Any], environ: Environ) -> Iterator[str]:
    """All faults, one line each."""
    mirrors, sources = _tables(table, "mirrors"), dict(_named(_tables(table, "sources")))
    named = [(label(mirrors, index), one) for index, one in enumerate(mirrors)]
    yield from _twice(named, sources)
    for name, one in named:
        yield from _ends(name, one, sources, environ)
        yield from _fields(name, one)
        yield from _options(name, one)


def label(tables: Any, index: int) -> str:
    """How a `[[mirrors]]` table is named in a fault: by its name, its pair, else by its place."""
    table = tables[index] if isinstance(tables, list) and index < len(tables) else {}
    name = called(table) if isinstance(table, dict) else ""
    return f'[[mirrors]] "{name}"' if name else f"[[mirrors]] #{index + 1}"


def called(one: Table) -> str:
    """What the mirror of a table is called; empty when it names no pair either."""
    name, source, target = (one.get(key) for key in ("name", "source", "target"))
    if isinstance(name, str) and name:
        return name
    pair = isinstance(source, str) and isinstance(target, str) and source and target
    return f"{source}-to-{target}" if pair else ""


def _tables(table: Mapping[str, Any], key: str) -> list[Table]:
    found = table.get(key, [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _named(sources: list[Table]) -> Iterator[tuple[str, Table]]:
    for one in sources:
        if isinstance(one.get("name"), str):
            yield one["name"], one


def _twice(named: list[tuple[str, Table]], sources: Mapping[str, Table]) -> Iterator[str]:
    names: set[str] = set()
    pairs: dict[tuple[str, str], tuple[str, Table]] = {}
    for where, one in named:
        name, source, target = called(one), one.get("source"), one.get("target")
        if name and name in names:
            yield f"{where}: the name is used twice; give one of them another name"
        elif name and name in sources:
            yield f"{where}: the name is that of a source; choose another"
        names.add(name)
        if not isinstance(source, str) or not isinstance(target, str):
            continue
        if (source, target) in pairs:
            yield f"{where}: {pairs[source, target][0]} has the same source and target"
        elif (target, source) in pairs and source != target:
            other, twin = pairs[target, source]
            if "bidirectional" in (one.get("direction"), twin.get("direction")):
                yield (
                    f"{where}: {other} is the same pair the other way round; one "
                    'bidirectional mirror, or two with direction = "push"'
                )
        pairs.setdefault((source, target), (where, one))


def _ends(where: str, one: Table, sources: Mapping[str, Table], environ: Environ) -> Iterator[str]:
    source, target = one.get("source"), one.get("target")
    if isinstance(source, str) and source == target:
        yield f"{where}: source and target are both {source!r}; a mirror joins two sources"
        return
    written = {"target"} | ({"source"} if one.get("direction") == "bidirectional" else set())
    for key, name in (("source", source), ("target", target)):
        if not isinstance(name, str) or (name == LOCAL and key == "source"):
            continue  # absent and misspelt types are told by the model
        fault = _end(key, name, sources)
        if fault:
            yield f"{where}: {fault}"
        elif key in written:
            yield from (f"{where}: {key} {fault}" for fault in _unwritable(name, sources, environ))


def _end(key: str, name: str, sources: Mapping[str, Table]) -> str | None:
    """What is wrong with one end, whichever way the mirror goes."""
    if name == LOCAL:
        return "target: local tickets cannot be a target; a mirror may have them as its source"
    if name not in sources:
        return f"{key} {name!r} is no source{_meant(name, sources)}"
    if sources[name].get("direction") == "disabled":
        return f'{key} {name!r} is disabled (direction = "disabled")'
    return None


def _unwritable(name: str, sources: Mapping[str, Table], environ: Environ) -> Iterator[str]:
    found = sources[name]
    tracker = found.get("tracker")
    if not isinstance(tracker, str):
        return
    tracker = tracker.replace("-", "_")
    if tracker in UNWRITABLE:
        yield f"{name!r} is a {tracker} source: nothing can be written there"
    elif tracker in TOKENS and not _proves(found, tracker, environ):
        usual = " or ".join(TOKENS[tracker])
        yield f"{name!r} has no token to write with: set {usual}, or name its variable in token_env"


def _proves(source: Table, tracker: str, environ: Environ) -> bool:
    """Whether anything of a source could prove us; a variable that is not set is told anyway."""
    named = source.get("token_env") or source.get("app_id_env") or source.get("auth") == "oauth"
    return bool(named) or any(environ.get(one, "").strip() for one in TOKENS[tracker])


def _fields(where: str, one: Table) -> Iterator[str]:
    for key in ("fields", "strategies", "native"):
        for name in _names(one.get(key)):
            if name not in FIELDS:
                yield f"{where}: {key}: {name!r} is no mirrored field{_meant(name, FIELDS)}"


def _names(given: Any) -> list[str]:
    """The fields that a table, a list or a single word names."""
    found = [given] if isinstance(given, str) else given
    return (
        [name for name in found if isinstance(name, str)] if isinstance(found, list | dict) else []
    )


def _options(where: str, one: Table) -> Iterator[str]:
    """Options that contradict one another."""
    given = one.get("fields")
    fields: Table = given if isinstance(given, dict) else {}
    yield from _switched(where, one, fields)
    yield from _directed(where, one, fields)
    for kind in CHOSEN:
        both = {*_names(one.get(f"include_{kind}"))} & {*_names(one.get(f"exclude_{kind}"))}
        if both:
            names = ", ".join(sorted(both))
            yield f"{where}: include_{kind} and exclude_{kind} both name {names}"


def _switched(where: str, one: Table, fields: Table) -> Iterator[str]:
    """Fields that one option switches off and another speaks of."""
    off = {name for name, way in fields.items() if way == "off"}
    for name, switch in SWITCHES.items():
        on = one.get(switch, MirrorOptions.model_fields[switch].default)
        if on is False and name in fields and name not in off:
            yield f"{where}: fields.{name} is {fields[name]!r}, but {switch} is false"
        if one.get(switch) is True and name in off:
            yield f"{where}: fields.{name} is 'off', but {switch} is true"
        if on is False:
            off.add(name)
    for key in ("native", "strategies"):
        for name in _names(one.get(key)):
            if name in off:
                why = f"{SWITCHES[name]} is" if name in SWITCHES else "fields says it is"
                yield f"{where}: {key} names {name!r}, but {why} off"


def _directed(where: str, one: Table, fields: Table) -> Iterator[str]:
    """Options for mirrors of the other direction."""
    if one.get("direction") == "bidirectional":
        if one.get("source") == LOCAL:
            yield (
                f'{where}: direction "bidirectional" is not for local tickets: one that was made '
                "at its target goes on there; leave direction out"
            )
        if one.get("target_edits", "overwrite") != "overwrite":
            yield f"{where}: target_edits is for one-way mirrors; set strategy instead"
        return
    for name, way in fields.items():
        if way in ("pull", "both"):
            yield (
                f"{where}: fields.{name} is {way!r}, but a mirror with direction "
                '"push" never writes to its source'
            )


def _meant(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are: {', '.join(map(str, known)) or 'none'}"
