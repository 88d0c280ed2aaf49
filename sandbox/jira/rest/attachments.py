"""Files: handed in as a form, read through a redirect, deleted."""

from __future__ import annotations

import mimetypes
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from sandbox.jira.ask import Ask
from sandbox.jira.refusals import refusal
from sandbox.jira.state import Attachment
from sandbox.wire import Reply, reply_json

NO_CHECK = ("no-check", "nocheck")


def add(ask: Ask) -> Reply:
    """Atlassian docs, Add attachment: the header guards against forged forms."""
    by, issue = ask.user, ask.issue()
    if ask.call.headers.get("x-atlassian-token", "").lower() not in NO_CHECK:
        raise refusal(403, "XSRF check failed")
    files = [part for part in _parts(ask) if part.get_param("name", header=DISPOSITION) == "file"]
    if not files:
        raise refusal(400, "No file was given.")
    made = []
    for part in files:
        name = part.get_filename() or "file"
        content = part.get_payload(decode=True)
        kind = mimetypes.guess_type(name)[0] or part.get_content_type()
        raw = content if isinstance(content, bytes) else b""
        made.append(ask.site.acts.pin(issue, name, kind, raw, by))
    return reply_json([ask.views.attachment(one) for one in made])


DISPOSITION = "content-disposition"


def _parts(ask: Ask) -> list[Message]:
    """The parts of a multipart form, by the standard library's reader of mail."""
    kind = ask.call.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise refusal(415, "Unsupported Media Type")
    head = f"Content-Type: {kind}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=HTTP).parsebytes(head + ask.call.body)
    return [part for part in message.walk() if not part.is_multipart()]


def read(ask: Ask) -> Reply:
    view = ask.views.attachment(_found(ask))
    return reply_json({**view, "id": int(view["id"])} if ask.version == "3" else view)


def delete(ask: Ask) -> Reply:
    by = ask.user
    ask.site.acts.unpin(_found(ask), by)
    return Reply(204)


def content(ask: Ask) -> Reply:
    """Leads on to the media store, unless asked not to."""
    found = _found(ask)
    if ask.query("redirect") == "false":
        return _file(found)
    return Reply(303, b"", {"location": f"{ask.site.world.base}/media/{found.id}"})


def media(ask: Ask) -> Reply:
    """The store's own address needs no login: real ones are signed and short-lived."""
    for issue in ask.site.world.alive():
        for one in issue.attachments:
            if one.id == ask.param("id"):
                return _file(one)
    raise refusal(404, "no such file")


def secure(ask: Ask) -> Reply:
    """Data Center hands the file out at once."""
    return _file(_found(ask))


def _file(found: Attachment) -> Reply:
    return Reply(200, found.content, {"content-type": found.kind})


def _found(ask: Ask) -> Attachment:
    which = ask.param("id")
    for issue in ask.site.world.alive():
        for one in issue.attachments:
            if one.id == which and issue.seen and ask.identity.user is not None:
                return one
    raise refusal(404, f"The attachment with id '{which}' does not exist")
