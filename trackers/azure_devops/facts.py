"""What a delivery says: that a work item is to be read, and never what it holds.

Nothing of a service hook is signed, and the values in it differ from those of the record
(https://learn.microsoft.com/azure/devops/service-hooks/events), so every fact is a hint. Changes it
tells from what to what are told as such, for the history alone.
"""

from schemas.delivery import Delivery
from schemas.errors import Permanent
from schemas.event import Aspect, Doubtful, Event, Ignored, Ping, ProjectSeen
from schemas.model import Json
from trackers import tolerant
from trackers.azure_devops import names
from trackers.azure_devops.told import told
from trackers.azure_devops.webhook import container, is_test, work_item
from trackers.fields import Fields

_TALK = {names.HISTORY, names.COMMENT_COUNT}
_BOOKS = {
    "System.Rev", "System.Watermark", "System.AuthorizedDate", "System.AuthorizedAs",
    "System.RevisedDate", "System.PersonId", "System.ChangedBy", names.CHANGED,
}  # fmt: skip
"""What every save changes."""


def parse(delivery: Delivery) -> list[Event]:
    """[ProjectSeen, hints…]; Permanent with the cause when the body is broken."""
    content = Fields.of(_content(delivery), "the body")
    event = content.need_text("eventType")
    if event not in names.EVENTS:
        return [Ignored(reason=f"{event[:60]} holds nothing we keep")]
    if is_test(content.value):
        return [Ping(), Ignored(reason="a test notification with sample values")]
    resource = content.value.get("resource")
    ticket = work_item(event, resource)
    if ticket is None:
        return [Ignored(reason=f"{event} names no work item: its details are switched off")]
    found = Fields.of(resource, "resource")
    hints: list[Event] = [
        Doubtful(tickets=(ticket,), aspect=aspect, reason=event)
        for aspect in _aspects(event, found)
    ]
    changes = told(ticket, found) if event == "workitem.updated" else None
    return [*_project(content, found), *hints, *([changes] if changes else [])]


def _content(delivery: Delivery) -> Json:
    if delivery.body is None:
        raise Permanent("the body of this delivery was dropped; nothing is left to read")
    try:
        return tolerant.storable(tolerant.loads(delivery.body))
    except ValueError as error:
        raise Permanent(f"the body is no JSON we can read: {error}") from None


def _project(content: Fields, resource: Fields) -> list[Event]:
    """The id alone is always told; without a name the id stands for it, since ids are pinned."""
    found = Fields(container(content.value, "project"), "resourceContainers.project")
    key = found.id("id")
    if key is None:
        return []
    return [ProjectSeen(id=key, name=_project_name(resource) or found.text("name") or key)]


def _project_name(resource: Fields) -> str | None:
    revision = resource.value.get("revision")
    for holder in (resource.value, revision):
        fields = holder.get("fields") if isinstance(holder, dict) else None
        name = fields.get(names.PROJECT) if isinstance(fields, dict) else None
        if isinstance(name, dict):
            name = name.get("oldValue")  # the project the item has left is the hook's own
        if isinstance(name, str) and name:
            return name
    return None


def _aspects(event: str, resource: Fields) -> list[Aspect]:
    """Links come along with the record; comments cost a request and are read when they moved.

    An edited comment shows as an update that changed nothing else.
    """
    if event in ("workitem.commented", "workitem.restored"):
        return ["core", "comments"]
    fields = resource.value.get("fields")
    if event != "workitem.updated":
        return ["core"]
    changed = set(fields) - _BOOKS if isinstance(fields, dict) else set()
    silent = not changed and not resource.value.get("relations")
    return ["core", "comments"] if silent or changed & _TALK else ["core"]
