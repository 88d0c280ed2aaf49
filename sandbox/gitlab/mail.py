"""Turns an event into webhook requests, signs them and remembers what came of each.

GitLab docs: Webhooks (headers, secret token, signing token, auto-disabling) and Project webhooks
API (events of a hook). A failed call is not tried again; a hook that fails four times in a row is
switched off for a while and drops what happens meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import timedelta

import orjson

from sandbox.gitlab.hook_views import HookViews
from sandbox.gitlab.printed import coarse
from sandbox.gitlab.state import Hook, HookEvent, Issue, Milestone, Note, Person, Project, World
from sandbox.outbox import Answer, Letter, Outbox
from sandbox.wire import Json

LARGEST = 25 * 1024 * 1024
SOFT_FAILURES, HARD_FAILURES = 4, 40
LONGEST = timedelta(days=1)


class Mail:
    """The sending side of a project's hooks."""

    def __init__(self, world: World, outbox: Outbox) -> None:
        self.world = world
        self.views = HookViews(world)
        self.outbox = outbox

    def issue(self, issue: Issue, action: str, by: Person, changes: Json) -> None:
        """Two flags: a confidential issue tells those hooks alone that asked for such."""
        trigger = "confidential_issues" if issue.confidential else "issues"
        kind = "issue" if issue.kind == "issue" else "work_item"
        body: Json = {
            "object_kind": kind,
            "event_type": f"confidential_{kind}" if issue.confidential else kind,
            "user": self.views.user(by),
            "project": self.views.project(issue.project),
            "object_attributes": {**self.views.issue(issue), "action": action},
            "labels": [self.views.label(issue.project, one) for one in issue.labels],
            "changes": changes,
            "repository": self.views.repository(issue.project),
        }
        if issue.assignees:
            body["assignees"] = [self.views.user(one) for one in issue.assignees]
        name = "Confidential Issue Hook" if issue.confidential else "Issue Hook"
        self._tell(issue.project, trigger, name, body)

    def note(self, note: Note, action: str, by: Person) -> None:
        """System notes tell nothing."""
        issue = note.issue
        private = note.internal or issue.confidential
        body = {
            "object_kind": "note",
            "event_type": "confidential_note" if private else "note",
            "user": self.views.user(by),
            "project_id": issue.project.id,
            "project": self.views.project(issue.project),
            "object_attributes": self.views.note(note, action),
            "repository": self.views.repository(issue.project),
            "issue": self.views.issue(issue, coarse),
        }
        trigger = "confidential_note" if private else "note"
        self._tell(issue.project, trigger, f"{'Confidential ' * private}Note Hook", body)

    def emoji(self, issue: Issue, award: int, name: str, action: str, by: Person) -> None:
        page = f"{self.views.page(issue.project)}/-/issues/{issue.iid}"
        now = coarse(self.world.now())
        body = {
            "object_kind": "emoji",
            "event_type": action,
            "user": self.views.user(by),
            "project_id": issue.project.id,
            "project": self.views.project(issue.project),
            "object_attributes": {
                "user_id": by.id,
                "created_at": now,
                "id": award,
                "name": name,
                "awardable_type": "Issue",
                "awardable_id": issue.id,
                "updated_at": now,
                "action": action,
                "awarded_on_url": page,
            },
            "issue": self.views.issue(issue),
        }
        self._tell(issue.project, "emoji", "Emoji Hook", body)

    def milestone(self, project: Project, stone: Milestone, action: str, by: Person) -> None:
        """Made, closed, opened again; edits tell nothing."""
        body = {
            "object_kind": "milestone",
            "event_type": "milestone",
            "user": self.views.user(by),
            "project": self.views.project(project),
            "object_attributes": self.views.milestone(project, stone),
            "action": action,
        }
        self._tell(project, "milestone", "Milestone Hook", body)

    def resend(self, hook: Hook, first: HookEvent) -> None:
        """The same body under the same key, signed afresh."""
        self._send(hook, first.trigger, first.headers["X-Gitlab-Event"], first.body, first.key)

    def test(self, project: Project, hook: Hook, by: Person) -> bool:
        """The newest issue as if it had just happened; also what revives a disabled hook."""
        alive = [one for one in project.issues.values() if one.alive]
        if not alive:
            return False
        issue = alive[-1]
        body = {
            "object_kind": "issue",
            "event_type": "issue",
            "user": self.views.user(by),
            "project": self.views.project(project),
            "object_attributes": self.views.issue(issue),
            "labels": [self.views.label(project, one) for one in issue.labels],
            "repository": self.views.repository(project),
        }
        hook.failures, hook.disabled_until = 0, None
        self._send(hook, "issue_hooks", "Issue Hook", orjson.dumps(body), str(uuid.uuid4()))
        return True

    def _tell(self, project: Project, flag: str, name: str, body: Json) -> None:
        hooks = [one for one in project.hooks.values() if one.flags.get(f"{flag}_events")]
        content = orjson.dumps(body) if hooks else b""
        if len(content) > LARGEST:
            return
        for hook in hooks:
            if not self._disabled(hook):
                key = str(uuid.uuid4())
                self._send(hook, f"{flag.rstrip('s')}_hooks", name, content, key)

    def _disabled(self, hook: Hook) -> bool:
        until = hook.disabled_until
        return hook.failures >= HARD_FAILURES or bool(until and until > self.world.now())

    def _send(self, hook: Hook, trigger: str, name: str, body: bytes, key: str) -> None:
        headers = self._headers(hook, name, body, key)
        event = HookEvent(
            self.world.next_id("delivery"), trigger, key, body, headers, self.world.now()
        )

        def done(answer: Answer) -> None:
            self._record(hook, event, answer)

        def forged() -> Letter:
            return self._forgery(hook, name, body)

        self.outbox.post(Letter(hook.url, headers, body, _about(body), done, forged))

    def _record(self, hook: Hook, event: HookEvent, answer: Answer) -> None:
        with self.world.lock:
            fine = 200 <= answer.status < 400
            event.status = str(answer.status) if answer.status else "internal error"
            event.seconds = round(answer.seconds, 3)
            event.response_headers = answer.headers
            event.response_body = answer.body
            hook.events.append(event)
            hook.failures = 0 if fine else hook.failures + 1
            if hook.failures >= SOFT_FAILURES:
                pause = timedelta(minutes=2 ** min(hook.failures - SOFT_FAILURES, 12))
                hook.disabled_until = self.world.now() + min(pause, LONGEST)
            if fine:
                hook.disabled_until = None

    def _headers(self, hook: Hook, name: str, body: bytes, key: str) -> dict[str, str]:
        major, minor = self.world.version
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"GitLab/{major}.{minor}.0-ee",
            "X-Gitlab-Event": name,
            "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
            "X-Gitlab-Instance": self.world.base,
            "X-Gitlab-Event-UUID": str(uuid.uuid4()),
        }
        if self.world.version >= (17, 4):
            headers["Idempotency-Key"] = key
        if hook.token:
            headers["X-Gitlab-Token"] = hook.token
        if self.world.version >= (19, 0):
            stamp = str(int(self.world.now().timestamp()))
            headers |= {"webhook-id": key, "webhook-timestamp": stamp}
            if hook.signing_token:
                headers["webhook-signature"] = signature(hook.signing_token, key, stamp, body)
        return headers

    def _forgery(self, hook: Hook, name: str, body: bytes) -> Letter:
        """What somebody without the secret would send: plausible, changed, wrongly proven."""
        told = orjson.loads(body)
        for field in ("title", "note", "description"):
            if field in told.get("object_attributes", {}):
                told["object_attributes"][field] = "FORGED"
        content = orjson.dumps(told)
        key = str(uuid.uuid4())
        other = base64.b64encode(hashlib.sha256(b"not the secret").digest()).decode()
        stranger = Hook(
            hook.id,
            hook.url,
            hook.born,
            hook.flags,
            token="not the secret" if hook.token else None,
            signing_token=f"whsec_{other}" if hook.signing_token else None,
        )
        headers = self._headers(stranger, name, content, key)
        return Letter(hook.url, headers, content, f"forged {_about(body)}")


def signature(secret: str, key: str, stamp: str, body: bytes) -> str:
    """Standard Webhooks: id, timestamp and raw body under the decoded key."""
    own = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(own, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _about(body: bytes) -> str:
    told = orjson.loads(body)
    action = told.get("action") or told["object_attributes"].get("action")
    return f"{told['object_kind']}.{action}" if action else str(told["object_kind"])
