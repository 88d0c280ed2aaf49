"""JSON Patch on a work item: what it may do, and what is refused.

Azure DevOps docs: Work Items - Update (rules of fields, links and `/rev`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.azure_devops.desk import NAMES, Desk, leads_to, opposite
from sandbox.azure_devops.process import (
    ALLOWED,
    AREA,
    ASSIGNED,
    FIELDS,
    ITERATION,
    PROJECT,
    READ_ONLY,
    STATE,
    TITLE,
    TYPE,
    Kind,
)
from sandbox.azure_devops.refusals import invalid, raced
from sandbox.azure_devops.state import Item, Person, Project, World
from sandbox.azure_devops.texts import normal
from sandbox.wire import Json

_LINKS = {name.lower(): name for name in NAMES}
_OTHERS = ("Hyperlink", "AttachedFile", "ArtifactLink")
_PARENT = "System.LinkTypes.Hierarchy-Reverse"
_LONGEST_TITLE = 255


@dataclass
class Wish:
    """What a patch asks for, checked."""

    changes: dict[str, object] = field(default_factory=dict)
    added: list[Json] = field(default_factory=list)
    removed: list[Json] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)


def read(world: World, ops: object, kind: Kind, item: Item | None, home: Project) -> Wish:
    """The wish in a list of operations; Refused when a rule is broken."""
    if not isinstance(ops, list):
        raise invalid("You must pass a valid patch document in the body of the request.")
    wish = Wish()
    for op in ops:
        _operation(world, wish, op, kind, item, home)
    if item is None and not wish.changes.get(TITLE):
        raise invalid("TF401320: Rule Error for field Title. Error code: Required, InvalidEmpty.")
    for name in wish.changes:
        held = item.formats.get(name) if item else None
        if FIELDS[name][1] == "html" and wish.formats.get(name, held) != "Markdown":
            wish.changes[name] = normal(str(wish.changes[name] or ""))
    return wish


def _operation(
    world: World, wish: Wish, op: Json, kind: Kind, item: Item | None, home: Project
) -> None:
    name, path = str(op.get("op")).lower(), str(op.get("path"))
    if path.lower() == "/rev":
        if item is None or op.get("value") != item.rev:
            raise raced()
    elif path.startswith("/fields/"):
        _field(world, wish, kind, home, path.removeprefix("/fields/"), name, op, item)
    elif path.startswith("/relations"):
        _relation(world, wish, item, path, name, op)
    elif path.startswith("/multilineFieldsFormat/"):
        wish.formats[_known(path.rpartition("/")[2])] = str(op.get("value"))
    else:
        raise invalid(f"The path {path} is unknown.", "VssPropertyValidationException")


def carry_out(desk: Desk, wish: Wish, item: Item, by: Person) -> Item:
    """Saves the wish, and the far ends of its links."""
    item.formats |= wish.formats
    remark = wish.changes.pop("System.History", None)
    desk.save(item, wish.changes, by, added=wish.added, removed=wish.removed)
    mirror(desk, item, wish, by)
    if remark:
        desk.remark(item, str(remark), by)
    return item


def mirror(desk: Desk, item: Item, wish: Wish, by: Person) -> None:
    """A link is one thing with two ends."""
    for relations, removed in ((wish.added, False), (wish.removed, True)):
        for one in relations:
            other = desk.world.items.get(leads_to(one) or 0)
            if other is None:
                continue
            rel = opposite(one["rel"])
            if removed:
                gone = [r for r in other.relations if r["rel"] == rel and leads_to(r) == item.id]
                desk.save(other, {}, by, removed=gone)
            else:
                url = f"{desk.world.base}/{item.project.id}/_apis/wit/workItems/{item.id}"
                attributes = {"isLocked": False, "name": NAMES[rel]}
                desk.save(other, {}, by, added=[{"rel": rel, "url": url, "attributes": attributes}])


def _field(
    world: World,
    wish: Wish,
    kind: Kind,
    home: Project,
    name: str,
    op: str,
    told: Json,
    item: Item | None,
) -> None:
    known = _known(name)
    if op == "remove":
        if item is None or item.fields.get(known) in (None, ""):
            raise invalid(f"The field {known} has no value to remove.")
        wish.changes[known] = None
        return
    if op not in ("add", "replace"):
        raise invalid(f"The operation {op} is not supported on fields.")
    goal = str(wish.changes.get(TYPE) or kind.name)
    if known not in kind.fields and goal == kind.name:
        raise invalid(f"TF51535: Cannot find field {known} on work item type {kind.name}.")
    if known in READ_ONLY and known != PROJECT:
        raise invalid(f"TF401320: Rule Error for field {FIELDS[known][0]}. Error code: ReadOnly.")
    wish.changes[known] = _value(world, known, told.get("value"), kind, home, item)


def _value(
    world: World, name: str, value: object, kind: Kind, home: Project, item: Item | None
) -> object:
    if value in (None, ""):
        return None
    if name == ASSIGNED:
        return _somebody(world, value)
    if name == STATE:
        return _state(kind, str(value), item)
    if name in (AREA, ITERATION):
        return _place(home, name, str(value))
    if name in ALLOWED and value not in ALLOWED[name] and str(value) not in map(str, ALLOWED[name]):
        raise invalid(
            f"The field '{FIELDS[name][0]}' contains the value '{value}' that is not in the list "
            "of supported values"
        )
    if name == TITLE and len(str(value)) > _LONGEST_TITLE:
        raise invalid("TF401320: Rule Error for field Title. Error code: InvalidTooLong.")
    if FIELDS[name][1] == "integer":
        return int(str(value))
    return float(str(value)) if FIELDS[name][1] == "double" else value


def _somebody(world: World, value: object) -> Person:
    told = value.get("uniqueName") or value.get("id") if isinstance(value, dict) else value
    found = world.find_person(str(told))
    if found is None:
        raise invalid(f"The identity value '{told}' for field 'Assigned To' is an unknown identity")
    return found


def _state(kind: Kind, state: str, item: Item | None) -> str:
    """A new work item begins in the first state of its type."""
    for name, _ in kind.states:
        if name.lower() == state.lower() and (item is not None or name == kind.first):
            return name
    raise invalid(
        f"The field 'State' contains the value '{state}' that is not in the list of supported "
        "values"
    )


def _place(home: Project, name: str, path: str) -> str:
    structure = "area" if name == AREA else "iteration"
    for known, _ in home.nodes(structure):
        if known.lower() == path.strip("\\").lower():
            return known
    code = "TF401347: Invalid tree name given for work item"
    raise invalid(f"{code}, field '{name}'.", "WorkItemFieldInvalidTreeNameException")


def _relation(world: World, wish: Wish, item: Item | None, path: str, op: str, told: Json) -> None:
    if op == "remove":
        place = path.rpartition("/")[2]
        held = item.relations if item else []
        if not place.isdecimal() or int(place) >= len(held):
            raise invalid(f"The relation {path} does not exist.")
        wish.removed.append(held[int(place)])
        return
    value = told.get("value") or {}
    rel = _LINKS.get(str(value.get("rel")).lower()) or next(
        (one for one in _OTHERS if one.lower() == str(value.get("rel")).lower()), None
    )
    url = str(value.get("url") or "")
    if op != "add" or rel is None or not url:
        raise invalid("VS403316: The relation type is unknown.")
    attributes = dict(value.get("attributes") or {})
    if rel in NAMES:
        _check_link(world, wish, item, rel, value)
        attributes = {"isLocked": False, "name": NAMES[rel], **attributes}
        other = world.items[leads_to(value) or 0]
        url = f"{world.base}/{other.project.id}/_apis/wit/workItems/{other.id}"
    elif rel == "AttachedFile":
        file = world.files.get(url.partition("?")[0].rpartition("/")[2])
        size = len(file.content) if file else 0
        attributes = {"name": file.name if file else "", "resourceSize": size, **attributes}
    wish.added.append({"rel": rel, "url": url, "attributes": attributes})


def _check_link(world: World, wish: Wish, item: Item | None, rel: str, value: Json) -> None:
    other = world.items.get(leads_to(value) or 0)
    if other is None or not other.alive or other is item:
        raise invalid("TF201035: You cannot add a link to a work item that does not exist.")
    held = [one for one in (item.relations if item else []) if one not in wish.removed]
    if any(one["rel"] == rel and leads_to(one) == other.id for one in held):
        raise invalid("VS403317: A relation of this type already exists.")
    if rel == _PARENT and any(one["rel"] == rel for one in held):
        raise invalid("TF201036: A work item cannot have two parents.")


def _known(name: str) -> str:
    for known in FIELDS:
        if known.lower() == name.lower():
            return known
    raise invalid(f"TF51535: Cannot find field {name}.", "WorkItemTrackingFieldDefinitionNotFound")
