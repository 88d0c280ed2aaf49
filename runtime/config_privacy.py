"""What no single key can tell of privacy: rules that are about nothing, patterns that cannot be
run, sources that a mirror names and that are not there.

Works on the raw table, so that these faults are told together with the others.
"""

import difflib
from collections.abc import Iterator
from typing import Any

from runtime.config_faults import source_label
from runtime.config_mirrors import label as mirror_label
from schemas import patterns
from schemas.source import LOCAL
from schemas.ticket import Ticket

Table = dict[str, Any]

STRICT = ("local_only", "shareable", "public")
"""From the strictest on."""
UNRULED = frozenset(
    {"source", "present", "comments", "relations", "attachments", "revision", "last_synced_at",
     "sync_status", "comment_count", "privacy", "body", "external_fields", "custom_fields"}
)  # fmt: skip
"""Fields of a ticket that say nothing of who may see it."""
FIELDS = sorted(set(Ticket.model_fields) - UNRULED)
WITH_FIELDS_OF_ITS_OWN = ("jira", "azure_devops", "github", "generic")
"""Trackers whose tickets have custom fields: a name we do not know may be one of those."""


def check(table: Table) -> list[str]:
    """All faults, one line each, naming table and key."""
    sources, mirrors = _tables(table, "sources"), _tables(table, "mirrors")
    names = {name for one in sources if isinstance(name := one.get("name"), str)} | {LOCAL}
    return [
        *(
            fault
            for index, source in enumerate(sources)
            for fault in _rules(source_label(sources, index), source)
        ),
        *(
            fault
            for index, mirror in enumerate(mirrors)
            for fault in _mirror(mirror_label(mirrors, index), mirror, names)
        ),
    ]


def pattern_faults(given: Any) -> list[str]:
    """What is wrong with a mirror's `redact`, one line each, beginning with its number."""
    found = [given] if isinstance(given, str) else given
    return [
        f"redact #{number} {told}"
        for number, one in enumerate(found if isinstance(found, (list, tuple)) else (), 1)
        if isinstance(one, str) and (told := patterns.fault(one))
    ]


def _tables(table: Table, key: str) -> list[Table]:
    found = table.get(key, [])
    # What is no table is a fault of its own; its place keeps the numbers right.
    return [one if isinstance(one, dict) else {} for one in found if isinstance(found, list)]


def _mirror(label: str, mirror: Table, names: set[str]) -> Iterator[str]:
    yield from (f"{label}: {fault}" for fault in mirror_faults(mirror, names))


def mirror_faults(mirror: Table, names: set[str]) -> Iterator[str]:
    """What is wrong with a mirror's `redact` and `origins`; `names` are those of all sources."""
    yield from pattern_faults(mirror.get("redact"))
    given = mirror.get("origins", [])
    for name in [given] if isinstance(given, str) else given if isinstance(given, list) else ():
        if isinstance(name, str) and name not in names:
            known = _close(name, names)
            yield f'origins names "{name}", which is no source{known}'


def _rules(label: str, source: Table) -> Iterator[str]:
    rules = source.get("privacy_rules", [])
    for number, rule in enumerate(rules if isinstance(rules, list) else (), 1):
        if isinstance(rule, dict):
            yield from _rule(f"{label}: privacy_rules #{number}", rule, source)


def _rule(label: str, rule: Table, source: Table) -> Iterator[str]:
    given = [key for key in ("label", "field") if key in rule]
    if len(given) != 1:
        told = "both" if given else "neither"
        yield f"{label} must name a label or a field, and names {told}"
    yield from (
        f"{label}: {key} must not be empty" for key in (*given, "value") if rule.get(key) == ""
    )
    if "value" in rule and "field" not in rule:
        yield f"{label}: value belongs to a field, and there is none"
    field = rule.get("field")
    if isinstance(field, str) and field:
        yield from _field(label, field, source)
    own, usual = rule.get("privacy"), source.get("privacy", "shareable")
    if own in STRICT and usual in STRICT and STRICT.index(own) > STRICT.index(usual):
        yield (
            f'{label}: "{own}" is less strict than the source\'s own privacy "{usual}", so it '
            "would never count; the strictest always does"
        )


def _field(label: str, field: str, source: Table) -> Iterator[str]:
    name = field.casefold()
    if name in FIELDS:
        return
    if name in UNRULED:
        yield f"{label}: field {field} says nothing of privacy; known: {', '.join(FIELDS)}"
    elif source.get("tracker") not in WITH_FIELDS_OF_ITS_OWN:
        yield f"{label}: field {field} is no field of a ticket{_close(name, FIELDS)}"
    elif meant := difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.85):
        yield (
            f"{label}: field {field} is no field of ours; did you mean {meant[0]}? "
            f"(custom_fields.{field} names the tracker's own)"
        )


def _close(name: str, known: Any) -> str:
    meant = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {meant[0]}?" if meant else f"; known: {', '.join(sorted(known))}"
