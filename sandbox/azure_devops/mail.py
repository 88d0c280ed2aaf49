"""Service hooks: which subscription hears what, and what befalls one that does not answer.

Azure DevOps docs: Troubleshoot service hooks and subscriptions. Delays are seconds of this
machine, as the switches `resend` and `probation` say.
"""

from __future__ import annotations

import base64
import threading
import uuid

import orjson

from sandbox.azure_devops.state import Item, Subscription, World
from sandbox.azure_devops.views import Views
from sandbox.faults import Switchboard
from sandbox.outbox import Answer, Letter, Outbox
from sandbox.wire import Json

EVENTS = (
    "workitem.created",
    "workitem.updated",
    "workitem.deleted",
    "workitem.restored",
    "workitem.commented",
)
_TRANSIENT = (0, 408, 502, 503, 504)
_RESENDS = 8
_PROBATION_RESENDS = 7
_SENDER = "VSServices/19.250.0 (W3WP.EXE)"


class Mail:
    """Sends events to subscriptions and keeps their standing."""

    def __init__(self, world: World, views: Views, outbox: Outbox, faults: Switchboard) -> None:
        self.world = world
        self.views = views
        self.outbox = outbox
        self.faults = faults
        self._timers: list[threading.Timer] = []

    def tell(self, item: Item, event: str) -> None:
        """One event, the same id for every subscription that wants it."""
        key = str(uuid.uuid4())
        body: Json | None = None
        for one in self.world.subscriptions.values():
            if not _wants(one, item, event):
                continue
            if one.status == "onProbation":
                continue  # new events are lost until a notification gets through
            body = body or self._body(item, event, key)
            self._notify(one, body)

    def test(self, subscription: Subscription) -> None:
        """The button "Test": sample values of a project that is nobody's."""
        sample = {"System.State": {"oldValue": "New", "newValue": "Approved"}}
        url = "http://fabrikam.example/DefaultCollection/_apis/wit/workItems/5/updates/2"
        body = {
            "id": str(uuid.uuid4()),
            "eventType": subscription.body.get("eventType"),
            "publisherId": "tfs",
            "resource": {"id": 2, "workItemId": 0, "rev": 2, "revisedBy": None, "url": url,
                         "fields": sample, "revision": {"id": 5, "rev": 2, "fields": {}}},
            "resourceVersion": "1.0",
            "resourceContainers": self._containers(str(uuid.uuid4())),
            "createdDate": "2016-09-19T13:03:30.6438544Z",
        }  # fmt: skip
        self._notify(subscription, body)

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _body(self, item: Item, event: str, key: str) -> Json:
        by = item.fields["System.ChangedBy"].name  # type: ignore[attr-defined]
        verb = event.partition(".")[2]
        text = f"{item.kind.name} #{item.id} ({item.fields['System.Title']}) {verb} by {by}."
        words = {"text": text, "html": text, "markdown": text}
        return {
            "id": key,
            "eventType": event,
            "publisherId": "tfs",
            "message": words,
            "detailedMessage": words,
            "resource": self.views.hook_resource(item, event),
            "resourceVersion": "1.0",
            "resourceContainers": self._containers(item.project.id),
            "createdDate": self.world.now().strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        }

    def _containers(self, project: str) -> Json:
        base = f"{self.world.base}/"
        collection = str(uuid.uuid5(uuid.NAMESPACE_URL, base))
        return {
            "collection": {"id": collection, "baseUrl": base},
            "account": {"id": collection, "baseUrl": base},
            "project": {"id": project, "baseUrl": base},
        }

    def _notify(self, subscription: Subscription, body: Json) -> None:
        subscription.last += 1
        inputs = subscription.body.get("consumerInputs") or {}
        told: Json = {"subscriptionId": subscription.id, "notificationId": subscription.last}
        if inputs.get("resourceDetailsToSend") == "minimal" and body.get("resource"):
            small = {name: body["resource"].get(name) for name in ("id", "url")}
            body = {**body, "resource": small}
        elif inputs.get("resourceDetailsToSend") == "none":
            body = {**body, "resource": None}
        note: Json = {
            "id": subscription.last,
            "subscriptionId": subscription.id,
            "eventId": body["id"],
            "status": "processing",
            "result": "pending",
            "createdDate": self.world.moment(),
            "modifiedDate": self.world.moment(),
            "details": {"eventType": body["eventType"], "requestAttempts": 0},
        }
        subscription.notes.append(note)
        self._send(subscription, note, orjson.dumps({**told, **body}))

    def _send(self, subscription: Subscription, note: Json, body: bytes) -> None:
        inputs = subscription.body.get("consumerInputs") or {}
        url, about = str(inputs.get("url") or ""), str(note["details"]["eventType"])
        headers = _headers(inputs)

        def done(answer: Answer) -> None:
            self._took(subscription, note, body, answer)

        def forged() -> Letter:
            return _forgery(url, body, about)

        self.outbox.post(Letter(url, headers, body, about, done, forged))

    def _took(self, one: Subscription, note: Json, body: bytes, answer: Answer) -> None:
        with self.world.lock:
            details = note["details"]
            details["requestAttempts"] += 1
            note["modifiedDate"] = self.world.moment()
            if 200 <= answer.status < 300:
                note.update(status="completed", result="succeeded")
                if one.status == "onProbation":
                    one.status, one.retries = "enabled", 0
                return
            details["errorMessage"] = f"{answer.reason} ({answer.status})"
            if answer.status == 410:
                self._give_up(one, note)
            elif one.status == "onProbation" or answer.status not in _TRANSIENT:
                self._on_probation(one, note, body)
            elif details["requestAttempts"] <= _RESENDS:
                wait = self.faults.number("resend") * min(2 ** details["requestAttempts"], 60)
                self._later(wait, one, note, body)
            else:
                self._on_probation(one, note, body)

    def _on_probation(self, one: Subscription, note: Json, body: bytes) -> None:
        """Only this notification is tried again, seven times, ever more rarely."""
        note.update(status="completed", result="failed")
        if one.status not in ("enabled", "onProbation"):
            return
        if one.status == "onProbation":
            one.retries += 1
        one.status = "onProbation"
        if one.retries >= _PROBATION_RESENDS:
            self._give_up(one, note)
            return
        self._later(self.faults.number("probation") * 2**one.retries, one, note, body)

    def _give_up(self, one: Subscription, note: Json) -> None:
        note.update(status="completed", result="failed")
        one.status = "disabledBySystem"

    def _later(self, seconds: float, one: Subscription, note: Json, body: bytes) -> None:
        def again() -> None:
            alive = self.world.subscriptions.get(one.id) is one
            if alive and one.status in ("enabled", "onProbation"):
                self._send(one, note, body)

        timer = threading.Timer(seconds, again)
        timer.daemon = True
        self._timers = [old for old in self._timers if old.is_alive()]
        self._timers.append(timer)
        timer.start()


def _wants(one: Subscription, item: Item, event: str) -> bool:
    """An empty project means all of them."""
    silent = item.hidden or item.project.locked  # its creator may not see them
    if silent or one.body.get("eventType") != event or one.status.startswith("disabled"):
        return False
    inputs = one.body.get("publisherInputs") or {}
    area = str(inputs.get("areaPath") or "").lower()
    kind = str(inputs.get("workItemType") or "").lower()
    place = str(item.fields["System.AreaPath"]).lower()
    return (
        inputs.get("projectId") in (None, "", item.project.id)
        and (not area or place == area or place.startswith(f"{area}\\"))
        and (not kind or kind == item.kind.name.lower())
    )


def _headers(inputs: Json) -> dict[str, str]:
    """No signature exists: only what the subscription was told to send."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": _SENDER}
    user, password = inputs.get("basicAuthUsername") or "", inputs.get("basicAuthPassword") or ""
    if user or password:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    for line in str(inputs.get("httpHeaders") or "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip()] = value.strip()
    return headers


def _forgery(url: str, body: bytes, about: str) -> Letter:
    """What somebody without the credential would send."""
    told = orjson.loads(body)
    told["id"] = str(uuid.uuid4())
    pair = base64.b64encode(b"ticketsync:not the secret").decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {pair}"}
    return Letter(url, headers, orjson.dumps(told), f"forged {about}")
