"""Routes of a project: itself, labels, milestones, members, files, hooks."""

from __future__ import annotations

import secrets
from urllib.parse import quote

import orjson

from sandbox.gitlab.ask import Ask
from sandbox.gitlab.refusals import Refused, conflict, invalid, not_found, refused, too_often
from sandbox.gitlab.state import MAINTAINER, Hook, HookEvent, Label, Milestone, Project, Upload
from sandbox.gitlab.views import FLAGS
from sandbox.wire import Json, Reply, reply_json

LARGEST_FILE = 100 * 1024 * 1024


def show_project(ask: Ask) -> Reply:
    level = ask.identity.access
    if any(one.hidden for one in ask.project.issues.values()):
        level = min(level, MAINTAINER)
    mine = {"access_level": level, "notification_level": 3} if level else None
    rights = {"permissions": {"project_access": mine, "group_access": None}}
    return reply_json(ask.views.project(ask.project) | (rights if ask.identity.person else {}))


def list_projects(ask: Ask) -> Reply:
    """Those one is a member of, or all that are public."""
    if ask.flag("membership"):
        ask.need_login()
    found = [
        one
        for one in sorted(ask.site.world.projects.values(), key=lambda one: one.id)
        if ask.identity.member or not one.private
    ]
    if ask.query("pagination") != "keyset":
        return ask.paged(found, ask.views.basic_project)

    def key(one: Project) -> tuple[str, int]:
        return "", one.id

    return ask.keyset(found, key, ask.views.basic_project)


def me(ask: Ask) -> Reply:
    ask.need_login()
    if ask.identity.person is None:
        raise not_found()
    return reply_json(ask.views.person(ask.identity.person))


def version(ask: Ask) -> Reply:
    ask.need_login()
    major, minor = ask.site.world.version
    return reply_json({"version": f"{major}.{minor}.0-ee", "revision": "0000000"})


def members(ask: Ask) -> Reply:
    ask.need(ask.identity.member)
    found = [one for one in ask.site.world.people.values() if one.access]
    return ask.paged(found, ask.views.member)


def list_users(ask: Ask) -> Reply:
    """GitLab docs: Users API; by `username` alone, and for those who signed in."""
    ask.need_login()
    name = ask.query("username").lower()
    people = ask.site.world.people.values()
    found = [one for one in people if not name or one.login.lower() == name]
    return ask.paged(found, ask.views.person)


def list_labels(ask: Ask) -> Reply:
    """Those of the groups above are among them unless told otherwise."""
    own = ask.flag("include_ancestor_groups") is False
    found = [one for one in ask.project.labels.values() if not (own and one.group)]
    return ask.paged(sorted(found, key=lambda one: one.name.lower()), ask.views.label)


def create_label(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    body = ask.body()
    name, color = str(body.get("name") or ""), str(body.get("color") or "")
    if not name or not color:
        raise invalid("name is missing" if not name else "color is missing")
    if "," in name:
        raise refused(title=["is invalid"])
    if name.lower() in ask.project.labels:
        raise conflict("Label already exists")
    label = ask.acts.create_label(name, color, body.get("description"))
    return reply_json(ask.views.label(label), 201)


def edit_label(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    label, body = _label(ask), ask.body()
    if body.get("new_name"):
        ask.acts.rename_label(label.name, str(body["new_name"]))
    label.color = str(body.get("color") or label.color)
    if "description" in body:
        label.description = body["description"]
    return reply_json(ask.views.label(label))


def delete_label(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    ask.acts.delete_label(_label(ask).name)
    return Reply(204)


def list_milestones(ask: Ask) -> Reply:
    found = [
        one
        for one in ask.project.milestones.values()
        if ask.query("state") in ("", one.state) and ask.query("title") in ("", one.title)
    ]
    return ask.paged(found, lambda one: ask.views.milestone(ask.project, one))


def show_milestone(ask: Ask) -> Reply:
    return reply_json(ask.views.milestone(ask.project, _milestone(ask)))


def create_milestone(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    body = ask.body()
    if not body.get("title"):
        raise invalid("title is missing")
    if any(one.title == body["title"] for one in ask.project.milestones.values()):
        raise refused(title=["has already been taken"])
    stone = ask.acts.create_milestone(
        str(body["title"]), body.get("description"), body.get("due_date"), body.get("start_date")
    )
    return reply_json(ask.views.milestone(ask.project, stone), 201)


def edit_milestone(ask: Ask) -> Reply:
    ask.need(ask.identity.reports)
    stone, body = _milestone(ask), ask.body()
    ask.acts.edit_milestone(stone.id, body.get("title"))
    for name in ("description", "due_date", "start_date"):
        if name in body:
            setattr(stone, name, body[name] or None)
    if body.get("state_event") == "close":
        ask.acts.close_milestone(stone.id)
    elif body.get("state_event") == "activate":
        ask.acts.open_milestone(stone.id)
    return reply_json(ask.views.milestone(ask.project, stone))


def list_iterations(ask: Ask) -> Reply:
    if not ask.site.world.premium:
        raise not_found()
    return ask.paged(list(ask.project.iterations.values()), ask.views.iteration)


def create_upload(ask: Ask) -> Reply:
    ask.need(ask.identity.member)
    name, kind, content = ask.file()
    if len(content) > LARGEST_FILE:
        return reply_json({"error": "Request Entity Too Large"}, 413)
    upload = Upload(ask.site.world.next_id("upload"), secrets.token_hex(16), name, kind, content)
    ask.project.uploads[upload.secret] = upload
    url = f"/uploads/{upload.secret}/{quote(name)}"
    mark = "!" if kind.startswith("image/") else ""
    told = {
        "id": upload.id,
        "alt": name.partition(".")[0],
        "url": url,
        "full_path": f"/-/project/{ask.project.id}{url}",
        "markdown": f"{mark}[{name}]({url})",
    }
    return reply_json(told, 201)


def read_upload(ask: Ask) -> Reply:
    upload = ask.project.uploads.get(ask.param("secret"))
    if upload is None or upload.name != ask.param("filename"):
        raise not_found()
    return Reply(200, upload.content, {"content-type": upload.media_type})


def list_hooks(ask: Ask) -> Reply:
    ask.need(ask.identity.maintains)
    found = list(ask.project.hooks.values())
    return ask.paged(found, lambda one: ask.views.hook(ask.project, one))


def show_hook(ask: Ask) -> Reply:
    return reply_json(ask.views.hook(ask.project, _hook(ask)))


def create_hook(ask: Ask) -> Reply:
    ask.need(ask.identity.maintains)
    body = ask.body()
    url = str(body.get("url") or "")
    if not url.startswith(("http://", "https://")):
        raise Refused(reply_json({"error": "Invalid url given"}, 422))
    flags = {name: bool(body.get(name, name == "push_events")) for name in FLAGS}
    hook = ask.acts.add_hook(url, None, flags)
    _take_secrets(ask, hook, body)
    return reply_json(ask.views.hook(ask.project, hook), 201)


def edit_hook(ask: Ask) -> Reply:
    """Another address resets the secret token."""
    hook, body = _hook(ask), ask.body()
    if body.get("url") and body["url"] != hook.url:
        hook.url, hook.token = str(body["url"]), None
    hook.flags |= {name: bool(body[name]) for name in FLAGS if name in body}
    if "custom_webhook_template" in body:
        hook.template = body["custom_webhook_template"] or None
    _take_secrets(ask, hook, body)
    return reply_json(ask.views.hook(ask.project, hook))


def delete_hook(ask: Ask) -> Reply:
    ask.acts.remove_hook(_hook(ask).id)
    return Reply(204)


def test_hook(ask: Ask) -> Reply:
    """Sends a real issue; answers before the call is made, here as there."""
    hook = _hook(ask)
    if ask.site.limits.refuses(ask.identity, "tests"):
        raise Refused(too_often())
    by = ask.identity.person or ask.site.somebody
    if not ask.site.mail.test(ask.project, hook, by):
        body = {"message": "Ensure the project has issues."}
        raise Refused(reply_json(body, 422))
    return reply_json({"message": "201 Created"}, 201)


def list_events(ask: Ask) -> Reply:
    """Newest first; those of the last seven days."""
    if ask.site.world.version < (17, 3):
        raise not_found()
    hook = _hook(ask)

    def show(event: HookEvent) -> Json:
        return ask.views.hook_event(hook, event, orjson.loads(event.body))

    return ask.paged(hook.events[::-1], show)


def resend(ask: Ask) -> Reply:
    hook = _hook(ask)
    event = next((one for one in hook.events if one.id == ask.number("event")), None)
    if event is None:
        raise not_found()
    if ask.site.limits.refuses(ask.identity, "resends"):
        raise Refused(too_often())
    ask.site.mail.resend(hook, event)
    return reply_json({"response_status": 200}, 201)


def _take_secrets(ask: Ask, hook: Hook, body: Json) -> None:
    """Versions before 19.0 ignore a signing token."""
    if "token" in body:
        hook.token = str(body["token"]) or None
    if "signing_token" in body and ask.site.world.version >= (19, 0):
        hook.signing_token = str(body["signing_token"]) or None


def _hook(ask: Ask) -> Hook:
    ask.need(ask.identity.maintains)
    hook = ask.project.hooks.get(ask.number("hook"))
    if hook is None:
        raise not_found()
    return hook


def _label(ask: Ask) -> Label:
    named = ask.param("label")
    for label in ask.project.labels.values():
        if named in (str(label.id), label.name):
            return label
    raise not_found("Label Not Found")


def _milestone(ask: Ask) -> Milestone:
    stone = ask.project.milestones.get(ask.number("milestone"))
    if stone is None:
        raise not_found("Milestone Not Found")
    return stone
