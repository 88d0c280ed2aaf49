"""The levers of a sandbox over HTTP, under `/_sandbox/`, the same for every tracker.

They answer without authentication and cost no rate limit: they are no part of what is imitated.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Protocol

import orjson

from sandbox.faults import UnknownSwitch
from sandbox.running import Site
from sandbox.wire import Call, Endpoint, Json, Reply, Routes, reply_json

PREFIX = "/_sandbox"


class Stage(Site, Protocol):
    """What a tracker's stand-in offers to be controlled."""

    def perform(self, name: str, args: Json) -> object: ...


class Control:
    """Answers the control endpoints of one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._routes: Routes[Endpoint] = Routes(
            [
                ("GET", f"{PREFIX}/state", lambda _: reply_json(stage.neutral())),
                ("GET", f"{PREFIX}/faults", lambda _: reply_json(stage.faults.as_json())),
                ("POST", f"{PREFIX}/faults", self._set_faults),
                ("DELETE", f"{PREFIX}/faults", self._clear_faults),
                ("GET", f"{PREFIX}/requests", lambda _: reply_json(stage.log.as_json())),
                ("DELETE", f"{PREFIX}/requests", self._clear_log),
                ("GET", f"{PREFIX}/outbox", self._outbox),
                ("GET", f"{PREFIX}/people", lambda _: reply_json(stage.people.as_json())),
                ("POST", f"{PREFIX}/people", self._set_people),
                ("POST", f"{PREFIX}/act", self._act),
            ]
        )

    def answer(self, call: Call) -> Reply:
        found = self._routes.find(call.method, call.path)
        if found is None:
            return reply_json({"error": f"no {call.method} {call.path}"}, 404)
        try:
            return found[0](call)
        except (UnknownSwitch, LookupError, TypeError, ValueError) as wrong:
            return reply_json({"error": str(wrong)}, 422)

    def _set_faults(self, call: Call) -> Reply:
        self.stage.faults.set(**_object(call))
        return reply_json(self.stage.faults.as_json())

    def _clear_faults(self, _: Call) -> Reply:
        self.stage.faults.clear()
        return reply_json(self.stage.faults.as_json())

    def _clear_log(self, _: Call) -> Reply:
        self.stage.log.clear()
        return Reply(204)

    def _outbox(self, _: Call) -> Reply:
        outbox = self.stage.outbox
        attempts = [asdict(one) for one in outbox.attempts]
        return reply_json({**outbox.as_json(), "attempts": attempts})

    def _set_people(self, call: Call) -> Reply:
        wish = _object(call)
        self.stage.people.start(float(wish["rate"]), wish.get("seconds"))
        return reply_json(self.stage.people.as_json())

    def _act(self, call: Call) -> Reply:
        wish = _object(call)
        return reply_json(self.stage.perform(str(wish["act"]), wish.get("args") or {}))


def _object(call: Call) -> Json:
    value = orjson.loads(call.body or b"{}")
    if not isinstance(value, dict):
        raise ValueError("a JSON object is needed")
    return value
