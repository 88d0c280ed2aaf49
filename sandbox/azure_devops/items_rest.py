"""Work items, comments, queries, updates: the routes of work item tracking.

Azure DevOps docs: Work Item Tracking REST API 7.1.
"""

from __future__ import annotations

from sandbox.azure_devops import patch, wiql
from sandbox.azure_devops.ask import Ask, collection
from sandbox.azure_devops.desk import known_kind
from sandbox.azure_devops.process import KINDS
from sandbox.azure_devops.refusals import invalid, no_item, not_found, refusal
from sandbox.azure_devops.state import Comment, Item
from sandbox.wire import Json, Reply, reply_json

_BATCH = 200


def read_item(ask: Ask) -> Reply:
    item = ask.item()
    return reply_json(ask.site.views.item(item, ask.param("$expand") or "none", _names(ask)))


def read_items(ask: Ask) -> Reply:
    keys = [int(one) for one in (ask.param("ids") or "").split(",") if one.strip().isdecimal()]
    return _many(ask, keys, _names(ask), ask.param("$expand"), ask.param("errorPolicy"))


def batch(ask: Ask) -> Reply:
    body = ask.body
    fields = body.get("fields")
    if fields and body.get("$expand") not in (None, "none", "links"):
        raise invalid("The expand parameter can not be used with the fields parameter.",
                      "ConflictingParametersException")  # fmt: skip
    keys = [int(one) for one in body.get("ids") or ()]
    return _many(ask, keys, fields, body.get("$expand"), body.get("errorPolicy"))


def create(ask: Ask) -> Reply:
    kind = known_kind(str(ask.call.params["type"]))
    wish = patch.read(ask.site.world, ask.operations, kind, None, ask.home)
    desk = ask.site.desk
    if ask.flag("validateOnly"):
        return reply_json({"fields": {}})
    fields = {name: value for name, value in wish.changes.items() if value is not None}
    item = desk.create(kind, fields, ask.me, project=ask.home, relations=wish.added)
    item.formats |= wish.formats
    patch.mirror(desk, item, wish, ask.me)
    return reply_json(ask.site.views.item(item, ask.param("$expand") or "none"))


def update(ask: Ask) -> Reply:
    item = ask.item()
    wish = patch.read(ask.site.world, ask.operations, item.kind, item, item.project)
    if not ask.flag("validateOnly"):
        patch.carry_out(ask.site.desk, wish, item, ask.me)
    return reply_json(ask.site.views.item(item, ask.param("$expand") or "none"))


def delete(ask: Ask) -> Reply:
    item = ask.item()
    if ask.flag("destroy"):
        ask.site.desk.burn(item)
    else:
        ask.site.desk.trash(item, ask.me)
    return reply_json(ask.site.views.trashed(item))


def updates(ask: Ask) -> Reply:
    item = ask.item()
    skip, top = ask.number("$skip", 0), ask.number("$top", _BATCH)
    last = item.updates[-1]
    chosen = item.updates[skip : skip + min(top, _BATCH)]
    return collection([ask.site.views.update(item, one, newest=one is last) for one in chosen])


def query(ask: Ask) -> Reply:
    text = str(ask.body.get("query") or "")
    precise = ask.flag("timePrecision")
    asker = wiql.Asker(ask.me, ask.project, ask.team, precise)
    raw = ask.param("$top")
    found = wiql.matching(text, ask.site.shelf(), asker, int(raw) if raw else None)
    base = ask.site.world.base
    return reply_json(
        {
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": ask.site.world.moment(),
            "columns": [
                {
                    "referenceName": "System.Id",
                    "name": "ID",
                    "url": f"{base}/_apis/wit/fields/System.Id",
                }
            ],
            "workItems": [
                {"id": item.id, "url": f"{base}/_apis/wit/workItems/{item.id}"} for item in found
            ],
        }
    )


def comments(ask: Ask) -> Reply:
    item = ask.item()
    shown = [one for one in item.comments if ask.flag("includeDeleted") or not one.deleted]
    if (ask.param("order") or "desc").lower() == "desc":
        shown.reverse()
    token = ask.param("continuationToken") or "0"
    start = int(token) if token.isdecimal() else 0
    size = ask.site.faults.page_size(min(ask.number("$top", _BATCH), _BATCH))
    page = shown[start : start + size]
    views = ask.site.views
    told: Json = {
        "totalCount": sum(not one.deleted for one in item.comments),
        "count": len(page),
        "comments": [views.comment(one) for one in page],
    }
    if start + size < len(shown):
        told["continuationToken"] = str(start + size)
        told["nextPage"] = f"{views.item_url(item)}/comments?continuationToken={start + size}"
    return reply_json(told)


def comment(ask: Ask) -> Reply:
    return reply_json(ask.site.views.comment(_comment(ask, ask.flag("includeDeleted"))))


def add_comment(ask: Ask) -> Reply:
    text = str(ask.body.get("text") or "")
    if not text.strip():
        raise invalid("Comment text cannot be empty.", "CommentTextEmptyException")
    markup = (ask.param("format") or "html").lower()
    made = ask.site.desk.remark(ask.item(), text, ask.me, markup)
    return reply_json(ask.site.views.comment(made))


def edit_comment(ask: Ask) -> Reply:
    found, markup = _comment(ask), ask.param("format")
    text = str(ask.body.get("text") or "")
    ask.site.desk.reword(found, text, ask.me, markup.lower() if markup else None)
    return reply_json(ask.site.views.comment(found))


def delete_comment(ask: Ask) -> Reply:
    ask.site.desk.strike(_comment(ask), ask.me)
    return Reply(200)


def bin_item(ask: Ask) -> Reply:
    return reply_json(ask.site.views.trashed(_trashed(ask)))


def bin_list(ask: Ask) -> Reply:
    base = ask.site.world.base
    return collection(
        [
            {"id": item.id, "url": f"{base}/_apis/wit/recyclebin/{item.id}"}
            for item in ask.site.listed()
            if item.deleted and not item.destroyed and ask.project in (None, item.project)
        ]
    )


def restore(ask: Ask) -> Reply:
    item = _trashed(ask)
    asked = {name.lower(): value for name, value in ask.body.items()}
    if asked.get("isdeleted") is not False:
        raise invalid("Only IsDeleted = false is supported.", "VssPropertyValidation")
    ask.site.desk.restore(item, ask.me)
    return reply_json(ask.site.views.trashed(item))


def states(ask: Ask) -> Reply:
    kind = KINDS.get(str(ask.call.params["type"]).lower())
    if kind is None:
        raise not_found(f"type {ask.call.params['type']}")
    return collection(kind.states_json())


def _comment(ask: Ask, deleted: bool = False) -> Comment:
    key = int(ask.call.params["comment"])
    for one in ask.item().comments:
        if one.id == key and (deleted or not one.deleted):
            return one
    raise not_found(f"comment {key}")


def _trashed(ask: Ask) -> Item:
    key = int(ask.call.params["id"])
    found = ask.replica(key)
    if found is None or found.deleted is None or found.destroyed:
        raise no_item(key)
    return found


def _many(
    ask: Ask, keys: list[int], fields: list[str] | None, expand: str | None, policy: str | None
) -> Reply:
    """One that is missing fails all, or leaves a null in its place."""
    if not 0 < len(keys) <= _BATCH:
        raise refusal(400, f"VS403474: Number of items should be between 1 and {_BATCH}.",
                      "VssPropertyValidationException")  # fmt: skip
    found: list[Json | None] = []
    for key in keys:
        item = ask.replica(key)
        if item is not None and item.alive:
            found.append(ask.site.views.item(item, expand or "none", fields))
        elif (policy or "fail").lower() == "omit":
            found.append(None)
        else:
            raise no_item(key)
    return reply_json({"count": len(found), "value": found})


def _names(ask: Ask) -> list[str] | None:
    raw = ask.param("fields")
    return [one.strip() for one in raw.split(",")] if raw else None
