"""What a project has: definitions, people, fields, and the projects beside it."""

from collections.abc import Iterator
from urllib.parse import quote

from schemas.event import Definition, DefinitionKind
from schemas.model import Json
from schemas.ticket import Person
from schemas.tracker import FieldInfo, ProjectInfo
from trackers.azure_devops import address, names, queries, read, states, values
from trackers.azure_devops.boards import Boards, listed, project_told, refused
from trackers.azure_devops.people import person
from trackers.fields import Fields

KINDS: tuple[DefinitionKind, ...] = ("label", "sprint", "component", "state")
_DEEPEST = 14
_PAGE = 100
_SAMPLES = 50
_FEW = 40
_SET_BY_TRACKER = {names.AREA_ID, names.ITERATION_ID, names.STATE, names.REASON, names.TYPE}
_FILLS = {
    names.TITLE: "title",
    names.DESCRIPTION: "body",
    names.REPRO_STEPS: "body",
    names.STATE: "status",
    names.TYPE: "type",
    names.TAGS: "labels",
    names.ASSIGNED_TO: "assignees",
    names.CREATED_BY: "reporter",
    names.ITERATION: "sprint",
    names.AREA: "components",
    **{native: ours for ours, natives in values.USUAL.items() for native in natives},
}

_NAMED = {
    "customer": "customer",
    "customer name": "customer",
    "client": "customer",
    "story points": "story_points",
    "due date": "due_date",
    "severity": "severity",
}


def definitions(boards: Boards) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]]:
    """Tags, iterations with their dates, areas, and the states of all types."""
    nodes = boards.values(boards.path("wit/classificationnodes"), {"$depth": _DEEPEST})
    found = [one for node in nodes for one in _below(Fields.of(node, "node"), "")]
    found += [_label(Fields.of(tag, "tag")) for tag in boards.values(boards.path("wit/tags"))]
    return KINDS, (*found, *_states(boards))


def users(boards: Boards) -> Iterator[Person]:
    """The members of the project's teams, each once."""
    project = quote(boards.source.project_id or boards.project().id, safe="")
    seen: set[str] = set()
    for team in _paged(boards, f"/_apis/projects/{project}/teams"):
        key = Fields.of(team, "team").need_id("id")
        path = f"/_apis/projects/{project}/teams/{quote(key, safe='')}/members"
        for member in _paged(boards, path):
            found = person(member.get("identity"), "member.identity")
            if found and found.id not in seen:
                seen.add(found.id)
                yield found


def projects(boards: Boards) -> Iterator[ProjectInfo]:
    """Every project of the organization that the credential can see."""
    for one in _paged(boards, "/_apis/projects"):
        yield project_told(Fields.of(one, "project"), address.site(boards.source))


def fields(boards: Boards) -> list[FieldInfo]:
    """The project's fields with samples from the work items changed last."""
    sampled = _samples(boards)
    rules = _rules(boards)
    configured = {native: ours for ours, native in boards.source.fields.items()}
    free = set(_NAMED.values()) - set(configured.values())
    found = []
    for record in boards.values(boards.path("wit/fields")):
        field = Fields.of(record, "field")
        key = field.need_text("referenceName")
        required, options = rules.get(key, (False, ()))
        found.append(
            FieldInfo(
                id=key,
                name=field.text("name") or key,
                type=field.text("type") or "string",
                custom=_is_custom(key),
                required=required,
                sample=sampled.get(key),
                options=options,
                fills=configured.get(key) or _FILLS.get(key) or _likely(key, field, free),
            )
        )
    return found


def _is_custom(key: str) -> bool:
    return not key.startswith(("System.", "Microsoft."))


def _likely(key: str, field: Fields, free: set[str]) -> str | None:
    """What a field of somebody's own making fills by its name, where nothing is configured."""
    ours = _NAMED.get((field.text("name") or "").casefold()) if _is_custom(key) else None
    return ours if ours in free else None


def sprint_path(boards: Boards, wanted: str) -> str | None:
    """The full path of an iteration, by id or by its path below the root."""
    return _node_path(boards, "iteration", wanted)


def area_path(boards: Boards, wanted: str) -> str | None:
    """The full path of an area, by id or by its path below the root."""
    return _node_path(boards, "area", wanted)


def _node_path(boards: Boards, structure: str, wanted: str) -> str | None:
    nodes = boards.values(boards.path("wit/classificationnodes"), {"$depth": _DEEPEST})
    for root in (Fields.of(node, "node") for node in nodes):
        if root.text("structureType") != structure:
            continue
        for one in _below(root, ""):
            if wanted in (one.id, one.name) or wanted == f"path:{one.name}":
                return f"{root.text('name')}\\{one.name}"
    return None


def _below(node: Fields, above: str) -> Iterator[Definition]:
    """The nodes under a root, by their paths below it (what a work item's path tells)."""
    kind: DefinitionKind = "sprint" if node.text("structureType") == "iteration" else "component"
    for item in node.items("children"):
        child = Fields.of(item, "node")
        path = f"{above}\\{child.need_text('name')}" if above else child.need_text("name")
        dates = child.object("attributes")
        yield Definition(
            kind=kind,
            id=child.need_id("id"),
            name=path,
            starts_on=dates.text("startDate") if dates else None,
            due_on=dates.text("finishDate") if dates else None,
        )
        yield from _below(child, path)


def _label(tag: Fields) -> Definition:
    """Work items carry tags by name, so the name is the id here, too."""
    name = tag.need_text("name")
    return Definition(kind="label", id=name, name=name)


def _states(boards: Boards) -> tuple[Definition, ...]:
    """States of the same name in several types are one; the first type that has it tells."""
    found: dict[str, Definition] = {}
    for kind in boards.type_names():
        for one in boards.states(kind):
            state = Fields.of(one, "state")
            name = state.need_text("name")
            category = states.category(boards.source, name, state.text("category"), "")
            found.setdefault(
                name.casefold(),
                Definition(
                    kind="state",
                    id=name,
                    name=name,
                    color=state.text("color"),
                    state=category.value,
                ),
            )
    return tuple(found.values())


def _samples(boards: Boards) -> dict[str, Json]:
    """A value of each field, from the newest work item that has one."""
    latest = queries.latest(boards, _SAMPLES)
    found: dict[str, Json] = {}
    for item in read.batch(boards, latest) if latest else ():
        for name, value in (
            Fields.of(item, "workItem").object("fields") or Fields({}, "")
        ).value.items():
            found.setdefault(name, value)
    return found


def _rules(boards: Boards) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """(whether a new work item must name it, its few values) by reference name.

    What every type requires and nothing fills by itself.
    """
    found: dict[str, tuple[bool, tuple[str, ...]]] = {}
    for kind in boards.type_names():
        path = boards.path(f"wit/workitemtypes/{quote(kind, safe='')}/fields")
        for item in boards.values(path, {"$expand": "allowedValues"}):
            rule = Fields.of(item, "rule")
            key = rule.need_text("referenceName")
            filled = rule.value.get("defaultValue") not in (None, "") or key in _SET_BY_TRACKER
            required = bool(rule.flag("alwaysRequired")) and not filled
            options = tuple(str(one) for one in rule.items("allowedValues"))
            before = found.get(key, (False, ()))
            few = options if len(options) <= _FEW else ()
            found[key] = (before[0] or required, before[1] or few)
    return found


def _paged(boards: Boards, path: str) -> Iterator[dict[str, Json]]:
    skip = 0
    while True:
        answer = boards.get(path, {"$top": _PAGE, "$skip": skip})
        if not answer.ok:
            raise refused(answer)
        items = listed(answer)
        yield from items
        skip += len(items)
        if len(items) < _PAGE:
            return
