"""Registering webhooks: the administrator's, and those of an OAuth app that expire.

Atlassian docs: Webhooks; Register dynamic webhooks (an answer 200 may hold failures).
"""

from __future__ import annotations

from typing import Any

from sandbox.jira.ask import Ask
from sandbox.jira.hooks import (
    ADMIN_EVENTS,
    DYNAMIC_EVENTS,
    LIFETIME_MS,
    MOST_DYNAMIC,
    AdminHook,
    DynamicHook,
)
from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.parse import Clause, Node, parse
from sandbox.jira.jql.terms import plain
from sandbox.jira.refusals import forbidden, missing, refusal
from sandbox.wire import Json, Reply, reply_json

SECTION = "issue-related-events-section"
ADMIN_KEYS = ("name", "url", "events", "filters", "excludeBody", "secret", "description", "enabled")
FILTER_FIELDS = ("issuekey", "project", "issuetype", "status", "assignee", "reporter")
FILTER_OPERATORS = ("=", "!=", "in", "not in")
ONLY_APPS = "Only Connect and OAuth 2.0 apps can use this operation."


def list_admin(ask: Ask) -> Reply:
    ask.need_admin()
    return reply_json([_admin_view(ask, hook) for hook in ask.site.hooks.admin.values()])


def read_admin(ask: Ask) -> Reply:
    ask.need_admin()
    return reply_json(_admin_view(ask, _admin(ask)))


def add_admin(ask: Ask) -> Reply:
    ask.need_admin()
    wish = ask.json()
    for name in ("name", "url", "events"):
        if not wish.get(name):
            raise refusal(400, f"The webhook needs a {name}.")
    hook = make_admin(ask, wish)
    return reply_json(_admin_view(ask, hook), 201)


def make_admin(ask: Ask, wish: Json) -> AdminHook:
    world = ask.site.world
    number = world.next_id("admin_webhook")
    hook = AdminHook(number, "", "", [], "", ask.user, world.ms())
    _fill(hook, wish)
    ask.site.hooks.admin[number] = hook
    return hook


def edit_admin(ask: Ask) -> Reply:
    ask.need_admin()
    hook = _admin(ask)
    _fill(hook, ask.json())
    hook.updated = ask.site.world.ms()
    return reply_json(_admin_view(ask, hook))


def delete_admin(ask: Ask) -> Reply:
    ask.need_admin()
    del ask.site.hooks.admin[_admin(ask).id]
    return Reply(204)


def _fill(hook: AdminHook, wish: Json) -> None:
    events = list(wish.get("events", hook.events))
    unknown = sorted(set(events) - set(ADMIN_EVENTS))
    if unknown:
        raise refusal(400, f"The event {unknown[0]} does not exist.")
    jql = str((wish.get("filters") or {}).get(SECTION, hook.jql) or "")
    try:
        parse(jql)
    except JqlError as wrong:
        raise refusal(400, str(wrong)) from None
    hook.events, hook.jql = events, jql
    hook.name = str(wish.get("name", hook.name))
    hook.url = str(wish.get("url", hook.url))
    hook.exclude_body = bool(wish.get("excludeBody", hook.exclude_body))
    hook.enabled = bool(wish.get("enabled", hook.enabled))
    if "secret" in wish:
        hook.secret = str(wish["secret"]) if wish["secret"] else None


def _admin(ask: Ask) -> AdminHook:
    which = ask.param("hook")
    found = ask.site.hooks.admin.get(int(which)) if which.isdigit() else None
    if found is None:
        raise missing("webhook", which)
    return found


def _admin_view(ask: Ask, hook: AdminHook) -> Json:
    """Never the secret: only whether there is one."""
    return {
        "name": hook.name,
        "url": hook.url,
        "excludeBody": hook.exclude_body,
        "filters": {SECTION: hook.jql},
        "events": hook.events,
        "enabled": hook.enabled,
        "isSigned": hook.secret is not None,
        "self": f"{ask.root}/rest/webhooks/1.0/webhook/{hook.id}",
        "lastUpdatedUser": hook.owner.account_id,
        "lastUpdatedDisplayName": hook.owner.name,
        "lastUpdated": hook.updated,
    }


def _app(ask: Ask) -> str:
    if not ask.identity.client_id:
        raise forbidden(ONLY_APPS)
    return ask.identity.client_id


def _mine(ask: Ask) -> list[DynamicHook]:
    return ask.site.hooks.of_app(_app(ask), ask.user, ask.site.world.ms())


def register(ask: Ask) -> Reply:
    client = _app(ask)
    wish = ask.json("url", "webhooks")
    url = str(wish.get("url") or "")
    others = {hook.url for hook in _mine(ask)} - {url}
    if not url or others:
        why = "Only a single URL per app is allowed to be registered via REST API."
        raise refusal(400, why if others else "The url must be given.")
    results = [_register(ask, client, url, one) for one in ask.objects(wish.get("webhooks"))]
    return reply_json({"webhookRegistrationResult": results})


def _register(ask: Ask, client: str, url: str, wish: Json) -> Json:
    faults = _faults(wish)
    if len(_mine(ask)) >= MOST_DYNAMIC:
        faults.append(f"No more than {MOST_DYNAMIC} webhooks can be registered.")
    if faults:
        return {"errors": faults}
    world = ask.site.world
    number = world.next_id("webhook")
    ask.site.hooks.dynamic[number] = DynamicHook(
        number,
        url,
        list(wish["events"]),
        str(wish["jqlFilter"]),
        client,
        ask.user,
        world.ms() + LIFETIME_MS,
        tuple(wish.get("fieldIdsFilter") or ()),
        tuple(wish.get("issuePropertyKeysFilter") or ()),
    )
    return {"createdWebhookId": number}


def _faults(wish: Json) -> list[str]:
    unknown = [one for one in wish.get("events") or [""] if one not in DYNAMIC_EVENTS]
    faults = [f"The event '{one}' cannot be subscribed to." for one in unknown]
    try:
        where = parse(str(wish.get("jqlFilter") or "")).where
    except JqlError as wrong:
        return [*faults, str(wrong)]
    return faults + (["The jqlFilter must not be empty."] if where is None else _filter(where))


def _filter(node: Node) -> list[str]:
    """Atlassian docs: only some fields and four operators are supported here."""
    if not isinstance(node, Clause):
        return [fault for part in node.parts for fault in _filter(part)]
    if node.operator not in FILTER_OPERATORS:
        return [f"The clause operator '{node.operator}' is not supported in webhook filters."]
    if plain(node.field) not in FILTER_FIELDS:
        return [f"The field '{node.field}' is not supported in webhook filters."]
    return []


def list_dynamic(ask: Ask) -> Reply:
    return ask.bean_page([_dynamic_view(hook) for hook in _mine(ask)])


def _dynamic_view(hook: DynamicHook) -> Json:
    view: Json = {
        "id": hook.id,
        "url": hook.url,
        "jqlFilter": hook.jql,
        "events": hook.events,
        "expirationDate": hook.expires,
    }
    if hook.field_ids:
        view["fieldIdsFilter"] = list(hook.field_ids)
    if hook.property_keys:
        view["issuePropertyKeysFilter"] = list(hook.property_keys)
    return view


def _named(ask: Ask) -> list[DynamicHook]:
    """Those of the asker among the ids given; unknown ones are passed over."""
    wanted: list[Any] = ask.json("webhookIds").get("webhookIds") or []
    return [hook for hook in _mine(ask) if hook.id in wanted]


def refresh(ask: Ask) -> Reply:
    expires = ask.site.world.ms() + LIFETIME_MS
    for hook in _named(ask):
        hook.expires = expires
    return reply_json({"expirationDate": expires})


def delete_dynamic(ask: Ask) -> Reply:
    for hook in _named(ask):
        del ask.site.hooks.dynamic[hook.id]
    return Reply(202)


def failed(ask: Ask) -> Reply:
    """Atlassian docs: for Connect apps only."""
    raise forbidden("Only Connect apps can use this operation.")
