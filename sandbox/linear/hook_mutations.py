"""Mutations for admins: webhooks; and for everybody: uploads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.linear.accounts import Identity, sees
from sandbox.linear.acts import Acts
from sandbox.linear.refusals import forbidden, invalid, not_found
from sandbox.linear.state import Team, Upload, Webhook
from sandbox.wire import Json

RESOURCE_TYPES = frozenset(
    {
        "AgentSessionEvent", "AppUserNotification", "Attachment", "Comment", "Customer",
        "CustomerNeed", "Cycle", "Document", "Initiative", "InitiativeUpdate", "Issue",
        "IssueLabel", "IssueSLA", "OAuthAuthorization", "PermissionChange", "Project",
        "ProjectLabel", "ProjectUpdate", "Reaction", "Release", "ReleaseNote", "User",
    }
)  # fmt: skip
LARGEST_UPLOAD = 50 * 1024 * 1024
Row = tuple[str, Callable[[Json], Any], str, tuple[str, ...]]


class HookMutations:
    """Webhooks and files."""

    def __init__(self, acts: Acts, identity: Identity) -> None:
        self.acts = acts
        self.world = acts.world
        self.identity = identity

    def hook_rows(self) -> list[Row]:
        """As `Mutations.table` wants them."""
        file = ("contentType", "filename", "size", "metaData", "makePublic")
        return [
            ("webhookCreate", self.webhook_create, "WebhookPayload", ("input",)),
            ("webhookUpdate", self.webhook_update, "WebhookPayload", ("id", "input")),
            ("webhookDelete", self.webhook_delete, "DeletePayload", ("id",)),
            ("fileUpload", self.file_upload, "UploadPayload", file),
        ]

    def webhook_create(self, given: Json) -> Json:
        self._need_admin("webhooks")
        wanted: Json = given.get("input") or {}
        if not re.match(r"https?://", str(wanted.get("url"))):
            raise invalid("url must be a URL address")
        if not wanted.get("teamId") and not wanted.get("allPublicTeams"):
            raise invalid("Either teamId or allPublicTeams must be given")
        hook = self.acts.add_hook(
            wanted["url"],
            wanted.get("secret") or "",
            tuple(_types(wanted)),
            team=self._team(wanted["teamId"]).id if wanted.get("teamId") else None,
            all_public=bool(wanted.get("allPublicTeams")),
        )
        hook.label = wanted.get("label")
        hook.enabled = wanted.get("enabled") is not False
        return self._done(webhook=hook)

    def webhook_update(self, given: Json) -> Json:
        self._need_admin("webhooks")
        hook, wanted = self._hook(given["id"]), given.get("input") or {}
        if "resourceTypes" in wanted:
            hook.resource_types = _types(wanted)
        for name in ("url", "secret", "label", "enabled"):
            if name in wanted:
                setattr(hook, name, wanted[name])
        if wanted.get("enabled"):
            hook.failed_in_a_row = 0
        hook.updated_at = self.world.moment()
        return self._done(webhook=hook)

    def webhook_delete(self, given: Json) -> Json:
        self._need_admin("webhooks")
        hook = self._hook(given["id"])
        self.world.webhooks.remove(hook)
        del self.world.things[hook.id]
        return self._done(entityId=hook.id)

    def file_upload(self, given: Json) -> Json:
        """Two addresses: one signed, to put the file at, and one to name in texts."""
        size = given.get("size")
        if not isinstance(size, int) or not 0 < size <= LARGEST_UPLOAD:
            raise invalid("size must be between one byte and fifty megabytes")
        key = self.world.next_id()
        upload = Upload(str(given.get("filename")), str(given.get("contentType")), size)
        self.world.uploads[key] = upload
        place = f"{self.world.base}/storage/{key}?signature={self.world.next_id()}"
        asset = f"{self.world.base}/uploads/{self.world.organization}/{key}"
        headers = [{"key": "x-goog-content-length-range", "value": f"{size},{size}"}]
        told = {
            "uploadUrl": place,
            "assetUrl": asset,
            "filename": upload.name,
            "contentType": upload.media_type,
            "size": size,
            "headers": headers,
        }
        return self._done(uploadFile=told)

    def _need_admin(self, what: str) -> None:
        if not self.identity.admin:
            raise forbidden(f"{what} are for admins")

    def _hook(self, key: Any) -> Webhook:
        found = self.world.things.get(str(key))
        if not isinstance(found, Webhook):
            raise not_found("Webhook")
        return found

    def _team(self, key: Any) -> Team:
        found = self.world.team_of(str(key or ""))
        if found is None or not sees(self.identity, found):
            raise not_found("Team")
        return found

    def _done(self, **values: Any) -> Json:
        return {"success": True, "lastSyncId": len(self.world.things), **values}


def _types(wanted: Json) -> list[str]:
    found = [str(one) for one in wanted.get("resourceTypes") or ()]
    unknown = sorted(set(found) - RESOURCE_TYPES)
    if unknown or not found:
        raise invalid(f"resourceTypes: {unknown[0] if unknown else 'none'} is not known")
    return found
