"""The way every request takes: log, faults, who asks, limits, the question, headers.

https://linear.app/developers/graphql: one address for everything; files lie beside it.
"""

from __future__ import annotations

import asyncio
import threading
from email.utils import format_datetime

import orjson
from starlette.types import Receive, Scope, Send

from sandbox.control import PREFIX, Control
from sandbox.linear import schema
from sandbox.linear.accounts import Identity
from sandbox.linear.execute import Question
from sandbox.linear.language import Document, Operation, Unreadable, parse
from sandbox.linear.limits import MOST_COMPLEX
from sandbox.linear.oauth import OAuth
from sandbox.linear.refusals import (
    Refused,
    broken,
    invalid,
    rate_limited,
    too_complex,
    unauthenticated,
)
from sandbox.linear.site import Site
from sandbox.requests import Asked
from sandbox.wire import Call, Json, Reply, hang_up, read_call, reply_json, write_reply


class Gate:
    """The ASGI application of one stand-in Linear."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.control = Control(site)
        self.oauth = OAuth(site.accounts)
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
        self.site.mail.stop()
        for timer in self._late:
            timer.cancel()

    def _answer(self, call: Call) -> Reply | None:
        """The reply, or None when the connection dies instead."""
        with self.site.world.lock:
            told = self.site.world.now().isoformat()
            asked = self.site.log.add(Asked(call.method, call.path, _named(call), at=told))
            if self.site.faults.happens("cut"):
                asked.lost = True
                return None
            writes = call.method == "PUT" or asked.query.get("kind") == "mutation"
            if writes and self.site.faults.happens("answer_lost"):
                asked.lost = True
                self._act_unseen(call, asked)
                return None
            reply = self._attempt(call, asked)
            asked.status = reply.status
            return reply

    def _act_unseen(self, call: Call, asked: Asked) -> None:
        seconds = self.site.faults.number("late_effect")
        if seconds <= 0:
            self._attempt(call, asked)
            return
        timer = threading.Timer(seconds, self._act_late, (call, asked))
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def _act_late(self, call: Call, asked: Asked) -> None:
        with self.site.world.lock:
            self._attempt(call, asked)

    def _attempt(self, call: Call, asked: Asked) -> Reply:
        headers: dict[str, str] = {}
        try:
            reply = self._route(call, asked, headers)
        except Refused as refused:
            reply = refused.reply()
        given = {"date": format_datetime(self.site.world.now(), usegmt=True), **headers}
        reply.headers = {**given, **reply.headers}
        return reply

    def _route(self, call: Call, asked: Asked, headers: dict[str, str]) -> Reply:
        parts = call.path.strip("/").split("/")
        if parts[0] == "oauth":
            return self.oauth.answer(call)
        if call.method == "PUT" and parts[0] == "storage" and len(parts) == 2:
            return self._put(call, parts[1])
        identity = self.site.accounts.recognise(call.headers)
        if call.method == "GET" and parts[0] == "uploads":
            return self._file(parts[-1])
        if (call.method, call.path) != ("POST", "/graphql"):
            return Reply(404, b"Not Found", {"content-type": "text/plain"})
        return self._graphql(call, asked, identity, headers)

    def _graphql(
        self, call: Call, asked: Asked, identity: Identity, headers: dict[str, str]
    ) -> Reply:
        faults, limits = self.site.faults, self.site.limits
        if faults.happens("errors"):
            raise broken()
        buckets = limits.of(identity.key)
        if faults.happens("rate_limit_next"):
            headers.update(buckets["requests"].spent(faults.number("reset_in")))
            headers.update(buckets["complexity"].headers())
            asked.refused = True
            raise rate_limited(buckets["requests"].limit, "requests")
        try:
            question = self._question(call, identity)
            cost = question.complexity()
            headers["x-complexity"] = str(cost)
            if cost > MOST_COMPLEX:
                raise too_complex(MOST_COMPLEX)
            refused = limits.spend(identity.key, cost)
            if refused:
                asked.refused = True
                raise refused
            asked.counted = True
        finally:
            for bucket in buckets.values():
                headers.update(bucket.headers())
        reply = self._carried_out(question)
        self.site.world.revision += question.root == "Mutation"
        return reply

    def _carried_out(self, question: Question) -> Reply:
        """An error while answering leaves HTTP 200 behind, and no data."""
        if self.site.faults.happens("partial"):
            told = broken().as_json()
            return reply_json({"data": None, "errors": [told]})
        try:
            return reply_json({"data": question.answer()})
        except Refused as refused:
            if refused.kind == "forbidden":
                return reply_json({"data": None, "errors": [refused.as_json()]}, 403)
            return reply_json({"data": None, "errors": [refused.as_json()]})

    def _question(self, call: Call, identity: Identity) -> Question:
        try:
            body = orjson.loads(call.body)
            document = parse(str(body.get("query") or ""))
        except (orjson.JSONDecodeError, AttributeError):
            raise invalid("The body is no JSON object with a query.") from None
        except Unreadable as error:
            raise invalid(str(error)) from None
        operation = _chosen(document, body.get("operationName"))
        types = schema.tables(self.site, identity)
        given = body.get("variables") or {}
        question = Question(types, document, operation, given, self.site.faults.page_size)
        question.check()
        return question

    def _put(self, call: Call, key: str) -> Reply:
        """The signed address wants exactly the type that was announced."""
        upload = self.site.world.uploads.get(key)
        if upload is None or not call.query.get("signature"):
            raise unauthenticated()
        exact = len(call.body) == upload.size
        if not exact or call.headers.get("content-type") != upload.media_type:
            return Reply(403, b"<Error>SignatureDoesNotMatch</Error>")
        upload.content = call.body
        return Reply(200)

    def _file(self, key: str) -> Reply:
        upload = self.site.world.uploads.get(key)
        if upload is None or upload.content is None:
            return Reply(404, b"Not Found", {"content-type": "text/plain"})
        return Reply(200, upload.content, {"content-type": upload.media_type})


def _chosen(document: Document, name: object) -> Operation:
    if name is None and len(document.operations) == 1:
        return document.operations[0]
    found = next((one for one in document.operations if one.name == name), None)
    if found is None:
        raise invalid("Must provide operation name if query contains multiple operations.")
    return found


def _named(call: Call) -> Json:
    """What the log shows of a question: its kind and name; a path tells nothing here."""
    if call.path != "/graphql":
        return dict(call.query)
    try:
        body = orjson.loads(call.body)
        operation = _chosen(parse(str(body.get("query") or "")), body.get("operationName"))
    except (orjson.JSONDecodeError, AttributeError, Unreadable, Refused):
        return {"kind": "unreadable"}
    first = operation.selections[0] if operation.selections else None
    return {"kind": operation.kind, "name": operation.name or getattr(first, "name", "") or ""}
