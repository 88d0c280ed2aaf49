"""The definitions a project is configured with; a plain name is its own id."""

from schemas.event import Definition, DefinitionKind
from schemas.model import Json
from trackers.fields import Fields
from trackers.generic.words import category_of

_KINDS: tuple[tuple[str, DefinitionKind], ...] = (
    ("labels", "label"),
    ("milestones", "milestone"),
    ("sprints", "sprint"),
    ("statuses", "state"),
    ("components", "component"),
)


def listed(project: Fields) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]]:
    """The kinds a project names, with all their definitions."""
    kinds: list[DefinitionKind] = []
    found: list[Definition] = []
    for name, kind in _KINDS:
        if name in project:
            kinds.append(kind)
            found += [
                _definition(kind, named(item, f"data.{name}")) for item in project.items(name)
            ]
    return tuple(kinds), tuple(found)


def named(item: Json, path: str) -> Fields:
    """An object with an id; a text stands for one whose name is its id."""
    record = Fields.of({"id": item, "name": item} if isinstance(item, str) else item, path)
    called = record.text("name") or record.text("title")
    if record.value.get("id") is None and called:
        return Fields({**record.value, "id": called}, path)
    return record


def _definition(kind: DefinitionKind, record: Fields) -> Definition:
    name = record.text("name") or record.text("title") or record.need_id("id")
    state = record.text("category") if kind == "state" else record.text("state")
    if kind == "state" and state is None:
        state = category_of(name)
    return Definition(
        kind=kind,
        id=record.need_id("id"),
        name=name,
        color=record.text("color"),
        description=record.text("description"),
        number=record.whole("number"),
        state=state,
        starts_on=record.text("starts_at"),
        due_on=record.text("due_on") or record.text("ends_at"),
    )
