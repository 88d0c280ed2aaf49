"""The ways GitLab says no, in its several shapes (GitLab docs: REST API troubleshooting)."""

from __future__ import annotations

from sandbox.wire import Reply, reply_json


class Refused(Exception):
    """Carries the finished answer out of a route."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def not_found(what: str = "Not found") -> Refused:
    """Also what is said to those who may not see a thing."""
    return Refused(reply_json({"message": f"404 {what}"}, 404))


def unauthorized() -> Refused:
    return Refused(reply_json({"message": "401 Unauthorized"}, 401))


def invalid_token() -> Refused:
    body = {
        "error": "invalid_token",
        "error_description": "Token was revoked. You have to re-authorize from the user.",
    }
    return Refused(reply_json(body, 401))


def forbidden() -> Refused:
    return Refused(reply_json({"message": "403 Forbidden"}, 403))


def invalid(error: str) -> Refused:
    """A parameter that is missing or of a wrong kind."""
    return Refused(reply_json({"error": error}, 400))


def refused(**fields: list[str]) -> Refused:
    """A value that a model does not take."""
    return Refused(reply_json({"message": fields}, 400))


def conflict(message: str) -> Refused:
    return Refused(reply_json({"message": message}, 409))


def throttled(retry_after: int | None) -> Reply:
    """The throttle in front of the application: plain text."""
    headers = {"content-type": "text/plain"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return Reply(429, b"Retry later\n", headers)


def too_often() -> Reply:
    """A limit of the application itself: JSON, and no word of how long."""
    error = "This endpoint has been requested too many times. Try again later."
    return reply_json({"message": {"error": error}}, 429)


def broken(status: int) -> Reply:
    return reply_json({"message": "500 Internal Server Error"}, status)
