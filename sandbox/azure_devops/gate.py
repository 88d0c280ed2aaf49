"""The way every request takes: log, faults, who asks, limits, the route, headers.

Azure DevOps docs: Rate and usage limits; Authentication guidance; REST API versioning.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import threading
import uuid
from email.utils import format_datetime
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from sandbox.azure_devops.ask import Ask, collection
from sandbox.azure_devops.house_rest import routes, team_named
from sandbox.azure_devops.places import locations
from sandbox.azure_devops.refusals import (
    Refused,
    blocked,
    fault,
    invalid,
    no_project,
    not_found,
    sign_in,
)
from sandbox.azure_devops.site import Site
from sandbox.azure_devops.state import Person
from sandbox.control import PREFIX, Control
from sandbox.requests import Asked
from sandbox.wire import Call, Reply, hang_up, read_call, reply_json, write_reply

WRITES = ("POST", "PATCH", "PUT", "DELETE")
_READS = ("/wit/wiql", "/wit/workitemsbatch")
_ADDRESS = re.compile(r"/(?P<org>[^/]+)(?P<places>(?:/[^/]+){0,2})/_apis(?P<tail>/.*)?", re.DOTALL)
_VERSION = re.compile(r"\d+(\.\d+)?(-preview(\.\d+)?)?")
_PREVIEW = re.compile(r"/wit/workitems/\d+/comments")


class Gate:
    """The ASGI application of one stand-in Azure DevOps."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.control = Control(site)
        self._routes = routes()
        self._late: list[threading.Timer] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await read_call(scope, receive)
        if call.path.startswith(PREFIX):
            await write_reply(self.control.answer(call), send)
            return
        await asyncio.sleep(self.site.faults.number("slow"))
        reply = self._answer(call)
        if reply is None:
            await hang_up(receive)
        else:
            await write_reply(reply, send)

    def close(self) -> None:
        for timer in self._late:
            timer.cancel()
        self.site.mail.stop()

    def _answer(self, call: Call) -> Reply | None:
        """The reply, or None when the connection dies instead."""
        with self.site.world.lock:
            moment = self.site.world.moment()
            asked = self.site.log.add(Asked(call.method, call.path, dict(call.query), at=moment))
            if self.site.faults.happens("cut"):
                asked.lost = True
                return None
            if _writes(call) and self.site.faults.happens("answer_lost"):
                asked.lost = True
                self._act_unseen(call)
                return None
            reply = self._dressed(self._attempt(call, asked))
            asked.status = reply.status
            return reply

    def _act_unseen(self, call: Call) -> None:
        def act() -> None:
            with self.site.world.lock:
                self._attempt(call, Asked(call.method, call.path, {}))

        seconds = self.site.faults.number("late_effect")
        if seconds <= 0:
            act()
            return
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def _attempt(self, call: Call, asked: Asked) -> Reply:
        faults = self.site.faults
        try:
            if call.method == "OPTIONS":
                return collection(locations())
            if faults.happens("sign_in_next"):
                return sign_in()
            me = self._recognised(call)
            if me is None:
                return Reply(401) if call.headers.get("authorization") else sign_in()
            if faults.happens("errors"):
                message = "TF400898: An Internal Error Occurred."
                return reply_json(fault(message, "VssServiceException"), 500)
            if faults.happens("rate_limit_next") or self.site.used_up():
                asked.refused = True
                return self._limited(blocked())
            asked.counted = True
            reply = self._route(call, me)
            if faults.happens("secondary_next") or self.site.slowed():
                return self._limited(reply)
            return self._warned(reply)
        except Refused as no:
            return no.reply

    def _recognised(self, call: Call) -> Person | None:
        """A token as the password of any user, or as a bearer."""
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        token = given.strip()
        if scheme.lower() == "basic":
            try:
                token = base64.b64decode(token).decode().partition(":")[2]
            except (binascii.Error, ValueError):
                return None
        return self.site.tokens.get(token)

    def _route(self, call: Call, me: Person) -> Reply:
        found = _ADDRESS.fullmatch(call.path)
        if found is None or found["org"].lower() != self.site.world.organization.lower():
            raise not_found(call.path)
        tail = (found["tail"] or "").lower().rstrip("/")
        if tail == "/resourceareas":
            return collection([])
        _check_version(call, tail)
        ask = Ask(self.site, call, me, reads=not _writes(call))
        self._place(ask, [unquote(one) for one in found["places"].split("/") if one])
        route = self._routes.find(call.method, tail)
        if route is None:
            raise not_found(call.path)
        function, call.params = route
        reply: Reply = function(ask)
        return reply

    def _place(self, ask: Ask, places: list[str]) -> None:
        if not places:
            return
        ask.project = self.site.world.project(places[0])
        if ask.project is None or ask.project.locked:
            raise no_project(places[0])
        if len(places) > 1:
            ask.team = team_named(ask.project, places[1])
            if ask.team is None:
                raise not_found(f"team {places[1]}")

    def _limited(self, reply: Reply) -> Reply:
        """Delayed requests are served, and told to come more slowly."""
        reply.headers |= {
            "retry-after": str(int(self.site.faults.number("retry_after"))),
            "x-ratelimit-delay": "0.000",
            **self._budget(0),
        }
        return reply

    def _warned(self, reply: Reply) -> Reply:
        """Sent before throttling starts, without a delay: when half of the limit is used."""
        if self.site.near():
            reply.headers |= self._budget(self.site.units_left())
        return reply

    def _budget(self, left: int) -> dict[str, str]:
        now = int(self.site.world.now().timestamp())
        reset_in = int(self.site.faults.number("reset_in")) or self.site.rate_seconds
        return {
            "x-ratelimit-resource": "Core/WorkItemTracking",
            "x-ratelimit-limit": str(self.site.units()),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(now + reset_in),
        }

    def _dressed(self, reply: Reply) -> Reply:
        now = self.site.world.now().replace(microsecond=0)
        given = {
            "date": format_datetime(now, usegmt=True),
            "activityid": str(uuid.uuid4()),
            "x-tfs-processid": "sandbox",
        }
        reply.headers = {**given, **reply.headers}
        return reply


def _writes(call: Call) -> bool:
    return call.method in WRITES and not call.path.lower().endswith(_READS)


def _check_version(call: Call, tail: str) -> None:
    """Every request names a version; parts that are preview take no other."""
    given = next((v for name, v in call.query.items() if name.lower() == "api-version"), "")
    accepted = re.search(r"api-version=([^;,\s]+)", call.headers.get("accept", ""))
    version = given or (accepted[1] if accepted else "")
    if not version:
        raise invalid("No api-version was supplied for the request.",
                      "VssVersionNotSpecifiedException")  # fmt: skip
    if not _VERSION.fullmatch(version):
        raise invalid(f"The api-version {version} is not valid.", "VssInvalidVersion")
    if _PREVIEW.match(tail) and "-preview" not in version:
        raise invalid(
            f"The requested version {version} of the resource is under preview. "
            "The -preview flag must be supplied.",
            "VssInvalidPreviewVersionException",
        )
