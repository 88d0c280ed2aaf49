"""Webhooks and their deliveries (GitHub docs: REST API endpoints for repository webhooks)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.github.acts import ALL_EVENTS
from sandbox.github.ask import Ask, names_of, text_of
from sandbox.github.history_views import delivery_view, full_delivery_view, hook_config, hook_view
from sandbox.github.refusals import invalid, not_found, refusal
from sandbox.github.state import Delivery, Hook, stamp
from sandbox.wire import Json, Reply, reply_json

HOOKS = "/repos/{owner}/{repo}/hooks"
RETENTION = timedelta(days=3)
MOST_HOOKS = 20


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    hook = HOOKS + "/{hook:int}"
    return [
        ("GET", HOOKS, list_hooks),
        ("POST", HOOKS, create_hook),
        ("GET", hook, get_hook),
        ("PATCH", hook, update_hook),
        ("DELETE", hook, delete_hook),
        ("GET", f"{hook}/config", get_config),
        ("PATCH", f"{hook}/config", update_config),
        ("POST", f"{hook}/pings", ping_hook),
        ("GET", f"{hook}/deliveries", list_deliveries),
        ("GET", f"{hook}/deliveries/{{delivery:int}}", get_delivery),
        ("POST", f"{hook}/deliveries/{{delivery:int}}/attempts", redeliver),
    ]


def list_hooks(ask: Ask) -> Reply:
    ask.need_admin()
    hooks = ask.repo.hooks.values()
    return ask.listed([hook_view(ask.views, ask.repo, one) for one in hooks])


def create_hook(ask: Ask) -> Reply:
    """The content type is `form` unless asked for otherwise, and events are `push` alone."""
    ask.need_login()
    ask.need_admin()
    body = ask.json()
    config = _checked(body.get("config") or {})
    if "url" not in config:
        raise invalid("Hook", "url", "missing_field")
    events = names_of(body.get("events", ["push"]), "events")
    _refuse_twin(ask, config["url"], events)
    hook = ask.acts.add_hook(
        config["url"],
        config.get("secret"),
        events,
        config.get("content_type", "form"),
        active=bool(body.get("active", True)),
    )
    hook.insecure_ssl = config.get("insecure_ssl", "0")
    view = hook_view(ask.views, ask.repo, hook)
    return reply_json(view, 201, location=view["url"])


def get_hook(ask: Ask) -> Reply:
    return reply_json(hook_view(ask.views, ask.repo, _hook(ask)))


def update_hook(ask: Ask) -> Reply:
    """A config given without a secret takes the secret away."""
    hook, body = _hook(ask), ask.json()
    if "config" in body:
        config = _checked(body["config"])
        hook.secret = None
        _configure(hook, config)
    events = names_of(body.get("events", hook.events), "events")
    events = [*events, *names_of(body.get("add_events", []), "add_events")]
    gone = names_of(body.get("remove_events", []), "remove_events")
    hook.events = [one for one in dict.fromkeys(events) if one not in gone]
    hook.active = bool(body.get("active", hook.active))
    hook.updated_at = ask.site.world.moment()
    return get_hook(ask)


def delete_hook(ask: Ask) -> Reply:
    ask.acts.remove_hook(_hook(ask).id)
    return Reply(204)


def get_config(ask: Ask) -> Reply:
    return reply_json(hook_config(_hook(ask)))


def update_config(ask: Ask) -> Reply:
    """Only what is named changes; the secret stays."""
    hook = _hook(ask)
    _configure(hook, _checked(ask.json()))
    hook.updated_at = ask.site.world.moment()
    return get_config(ask)


def ping_hook(ask: Ask) -> Reply:
    acts = ask.acts
    acts.mail.ping(ask.repo, _hook(ask), acts.somebody)
    return Reply(204)


def list_deliveries(ask: Ask) -> Reply:
    """Newest first, three days back, paged by a cursor that only the Link header tells."""
    kept = _kept(ask, _hook(ask))
    status = ask.query("status")
    if status:
        kept = [one for one in kept if (200 <= one.status_code < 400) == (status == "success")]
    cursor = ask.query("cursor").removeprefix("v1_")
    if cursor:
        if not cursor.isdigit():
            raise refusal(400, "Invalid cursor")
        kept = [one for one in kept if one.id <= int(cursor)]
    size = ask.page().size
    reply = reply_json([delivery_view(one) for one in kept[:size]])
    if len(kept) > size:
        reply.headers["link"] = f'<{ask.here(cursor=f"v1_{kept[size].id}")}>; rel="next"'
    return reply


def get_delivery(ask: Ask) -> Reply:
    hook = _hook(ask)
    return reply_json(full_delivery_view(_delivery(ask, hook), hook))


def redeliver(ask: Ask) -> Reply:
    hook = _hook(ask)
    ask.acts.mail.redeliver(ask.repo, hook, _delivery(ask, hook))
    return reply_json({}, 202)


def _hook(ask: Ask) -> Hook:
    ask.need_admin()
    hook = ask.repo.hooks.get(ask.param("hook"))
    if hook is None:
        raise not_found()
    return hook


def _delivery(ask: Ask, hook: Hook) -> Delivery:
    for delivery in _kept(ask, hook):
        if delivery.id == ask.param("delivery"):
            return delivery
    raise not_found()


def _kept(ask: Ask, hook: Hook) -> list[Delivery]:
    oldest = stamp(ask.site.world.now() - RETENTION)
    kept = [one for one in hook.deliveries if one.delivered_at >= oldest]
    return sorted(kept, key=lambda one: one.id, reverse=True)


def _checked(config: Any) -> Json:
    if not isinstance(config, dict):
        raise refusal(422, "Invalid request.\n\nconfig is not an object.")
    url = text_of(config, "url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise invalid("Hook", "url", "custom", message="url is missing a scheme")
    if config.get("content_type", "json") not in ("json", "form"):
        raise invalid("Hook", "content_type", value=config["content_type"])
    return {**config, "insecure_ssl": str(config.get("insecure_ssl", "0"))}


def _configure(hook: Hook, config: Json) -> None:
    hook.url = config.get("url") or hook.url
    hook.content_type = config.get("content_type", hook.content_type)
    hook.secret = config.get("secret", hook.secret)
    hook.insecure_ssl = config["insecure_ssl"]


def _refuse_twin(ask: Ask, url: str, events: list[str]) -> None:
    """Hooks of one address must not share an event, and there is an end to their number."""
    known = {*ALL_EVENTS, "push", "pull_request", "ping", "*"}
    if not set(events) <= known:
        raise invalid("Hook", "events", "custom", message="Invalid event name")
    twins = [one for one in ask.repo.hooks.values() if one.url == url]
    if any(set(one.events) & set(events) or "*" in (*one.events, *events) for one in twins):
        message = "Hook already exists on this repository"
        raise refusal(
            422,
            "Validation Failed",
            errors=[{"resource": "Hook", "code": "custom", "message": message}],
        )
    if len(ask.repo.hooks) >= MOST_HOOKS:
        message = "The repository has reached the maximum number of hooks"
        raise invalid("Hook", "base", "custom", message=message)
