"""The stand-in's things in the shapes the API and the service hooks have for them."""

from __future__ import annotations

from urllib.parse import quote

from sandbox.azure_devops.process import AREA, ITERATION, PROJECT
from sandbox.azure_devops.state import (
    Comment,
    Item,
    Linked,
    Node,
    Person,
    Project,
    Subscription,
    Update,
    World,
    guid,
)
from sandbox.wire import Json

NEVER = "9999-01-01T00:00:00Z"
_MASK = "********"


class Views:
    """Shapes of one organization."""

    def __init__(self, world: World) -> None:
        self.world = world

    def person(self, one: Person) -> Json:
        return {
            "displayName": one.name,
            "url": f"{self.world.base}/_apis/Identities/{one.id}",
            "id": one.id,
            "uniqueName": one.unique,
            "imageUrl": f"{self.world.base}/_api/_common/identityImage?id={one.id}",
            "descriptor": f"aad.{one.id.replace('-', '')}",
        }

    def value(self, value: object) -> object:
        return self.person(value) if isinstance(value, Person) else value

    def item_url(self, item: Item) -> str:
        return f"{self.world.base}/{item.project.id}/_apis/wit/workItems/{item.id}"

    def item(self, item: Item, expand: str = "all", fields: list[str] | None = None) -> Json:
        """Empty fields are absent; ids of area and iteration come with everything only."""
        held = {name: self.value(one) for name, one in item.fields.items() if one not in (None, "")}
        held |= {"System.CommentCount": sum(not one.deleted for one in item.comments)}
        if expand in ("all", "fields") or fields:
            held |= {
                "System.Id": item.id,
                "System.Rev": item.rev,
                "System.AreaId": self.node_id(item, AREA),
                "System.IterationId": self.node_id(item, ITERATION),
            }
        if fields:
            wanted = {name.lower() for name in fields}
            held = {name: one for name, one in held.items() if name.lower() in wanted}
        shown: Json = {"id": item.id, "rev": item.rev, "fields": held, "url": self.item_url(item)}
        if expand in ("all", "relations") and item.relations:
            shown["relations"] = [dict(one) for one in item.relations]
        if expand in ("all", "links"):
            shown["_links"] = self.links(item)
        if item.formats and expand in ("all", "fields"):
            shown["multilineFieldsFormat"] = dict(item.formats)
        return shown

    def node_id(self, item: Item, field: str) -> int | None:
        structure = "area" if field == AREA else "iteration"
        path = str(item.fields[field]).lower()
        for one, node in item.project.nodes(structure):
            if one.lower() == path:
                return node.id
        return None

    def links(self, item: Item) -> Json:
        page = f"{self.world.base}/{quote(item.project.name)}/_workitems/edit/{item.id}"
        return {"self": {"href": self.item_url(item)}, "html": {"href": page}}

    def update(self, item: Item, update: Update, *, newest: bool) -> Json:
        shown: Json = {
            "id": update.id,
            "workItemId": item.id,
            "rev": update.rev,
            "revisedBy": {**self.person(update.by), "name": update.by.text},
            "revisedDate": NEVER if newest else update.at,
            "url": f"{self.item_url(item)}/updates/{update.id}",
        }
        if update.fields:
            shown["fields"] = {
                name: _delta(self.value(old), self.value(new))
                for name, (old, new) in update.fields.items()
            }
        relations = {"added": update.added, "removed": update.removed}
        if any(relations.values()):
            shown["relations"] = {name: list(one) for name, one in relations.items() if one}
        return shown

    def comment(self, one: Comment) -> Json:
        shown = {
            "workItemId": one.item.id,
            "id": one.id,
            "version": one.version,
            "text": one.text,
            "format": one.format,
            "createdBy": self.person(one.by),
            "createdDate": one.created,
            "modifiedBy": self.person(one.modified_by),
            "modifiedDate": one.modified,
            "url": f"{self.item_url(one.item)}/comments/{one.id}",
        }
        return {**shown, "isDeleted": True} if one.deleted else shown

    def reported(self, one: Linked) -> Json:
        """A link as reports tell it: once, from its forward end."""
        return {
            "rel": one.rel.removesuffix("-Forward"),
            "attributes": {
                "linkType": one.rel,
                "sourceId": one.source.id,
                "targetId": one.target.id,
                "isActive": one.added,
                "changedDate": one.at,
                "changedBy": self.person(one.by),
                "comment": "",
                "changedOperation": "create" if one.added else "remove",
                "sourceProjectId": one.source.project.id,
                "targetProjectId": one.target.project.id,
            },
        }

    def trashed(self, item: Item) -> Json:
        by = item.deleted_by.text if item.deleted_by else ""
        return {
            "id": item.id,
            "type": item.kind.name,
            "name": item.fields["System.Title"],
            "project": item.project.name,
            "deletedDate": item.deleted,
            "deletedBy": by,
            "code": 200,
            "url": f"{self.world.base}/{item.project.id}/_apis/wit/recyclebin/{item.id}",
            "resource": self.item(item),
        }

    def project(self, one: Project) -> Json:
        return {
            "id": one.id,
            "name": one.name,
            "url": f"{self.world.base}/_apis/projects/{one.id}",
            "state": "wellFormed",
            "revision": 1,
            "visibility": "private",
            "lastUpdateTime": self.world.moment(),
        }

    def node(self, one: Node, project: Project, depth: int, above: str = "") -> Json:
        path = f"{above}\\{one.name}"
        shown: Json = {
            "id": one.id,
            "identifier": guid("node", project.id, one.id),
            "name": one.name,
            "structureType": one.structure,
            "hasChildren": bool(one.children),
            "path": path,
            "url": f"{self.world.base}/{project.id}/_apis/wit/classificationNodes?ids={one.id}",
        }
        if one.start or one.finish:
            shown["attributes"] = {"startDate": one.start, "finishDate": one.finish}
        if depth > 0 and one.children:
            shown["children"] = [self.node(c, project, depth - 1, path) for c in one.children]
        return shown

    def subscription(self, one: Subscription) -> Json:
        """Confidential inputs are read back masked."""
        inputs = dict(one.body.get("consumerInputs") or {})
        for name in ("basicAuthPassword", "httpHeaders"):
            if inputs.get(name):
                inputs[name] = _MASK
        return {
            "id": one.id,
            "url": f"{self.world.base}/_apis/hooks/subscriptions/{one.id}",
            "status": one.status,
            "publisherId": one.body.get("publisherId"),
            "eventType": one.body.get("eventType"),
            "resourceVersion": one.body.get("resourceVersion") or "1.0",
            "consumerId": one.body.get("consumerId"),
            "consumerActionId": one.body.get("consumerActionId"),
            "publisherInputs": one.body.get("publisherInputs") or {},
            "consumerInputs": inputs,
            "probationRetries": str(one.retries),
            "createdBy": self.person(one.by),
            "createdDate": one.created,
            "modifiedDate": one.created,
        }

    def hook_fields(self, item: Item) -> Json:
        """Resource version 1.0: people as text."""
        shown = self.item(item, "none")["fields"]
        return {
            name: item.fields[name].text  # type: ignore[attr-defined]
            if isinstance(item.fields.get(name), Person)
            else value
            for name, value in shown.items()
        }

    def hook_resource(self, item: Item, event: str) -> Json:
        """What an event tells of a work item; an update tells its delta."""
        if event != "workitem.updated":
            return self._hook_item(item, event)
        newest = item.updates[-1]
        shown = self.update(item, newest, newest=True)
        shown["fields"] = {
            name: _delta(_text(old), _text(new)) for name, (old, new) in newest.fields.items()
        }
        shown["_links"] = {"parent": {"href": self.item_url(item)}}
        url = f"{self.item_url(item)}/revisions/{item.rev}"
        fields = self.hook_fields(item)
        shown["revision"] = {"id": item.id, "rev": item.rev, "fields": fields, "url": url}
        return shown

    def _hook_item(self, item: Item, event: str) -> Json:
        fields = self.hook_fields(item)
        shown = {"id": item.id, "rev": item.rev, "fields": fields, "url": self.item_url(item)}
        if event == "workitem.deleted":
            shown["url"] = f"{self.world.base}/{item.project.id}/_apis/wit/recyclebin/{item.id}"
        if event == "workitem.commented" and item.comments:
            newest = item.comments[-1]
            fields["System.History"] = newest.text
            url = f"{self.item_url(item)}/comments/{newest.id}/versions/{newest.version}"
            shown["commentVersionRef"] = {
                "commentId": newest.id,
                "version": newest.version,
                "url": url,
            }
        fields[PROJECT] = item.project.name
        return shown


def _delta(old: object, new: object) -> Json:
    """An unset side is absent."""
    both = {"oldValue": old, "newValue": new}
    return {name: value for name, value in both.items() if value not in (None, "")}


def _text(value: object) -> object:
    return value.text if isinstance(value, Person) else value
