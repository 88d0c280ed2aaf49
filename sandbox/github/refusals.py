"""The ways GitHub says no, in its documented shapes (GitHub docs: Troubleshooting the REST API)."""

from __future__ import annotations

from sandbox.wire import Reply, reply_json

DOCS = "https://docs.github.com/rest"
LIMIT_DOCS = f"{DOCS}/overview/rate-limits-for-the-rest-api"
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)


class Refused(Exception):
    """Carries the finished answer out of a route."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, message: str, **more: object) -> Refused:
    body = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}
    return Refused(reply_json(body, status))


def not_found() -> Refused:
    """Also what a token without access is told: GitHub does not confirm that a thing exists."""
    return refusal(404, "Not Found")


def bad_credentials() -> Refused:
    return refusal(401, "Bad credentials")


def needs_login() -> Refused:
    return refusal(401, "Requires authentication")


def forbidden(message: str = "Must have push access to Repository") -> Refused:
    return refusal(403, message)


def invalid(resource: str, field: str, code: str = "invalid", **more: object) -> Refused:
    """GitHub docs: Validation failed. One error naming resource, field and code."""
    error = {"resource": resource, "field": field, "code": code, **more}
    return refusal(422, "Validation Failed", errors=[error])


def wrong_type(name: str, value: object, wanted: str) -> Refused:
    shown = "nil" if value is None else repr(value)
    text = f"Invalid request.\n\nFor 'properties/{name}', {shown} is not {wanted}."
    return refusal(422, text)


def too_long(resource: str, field: str, most: int) -> Refused:
    message = f"{field} is too long (maximum is {most} characters)"
    return invalid(resource, field, "custom", message=message)


def moved(url: str, *, safe: bool) -> Refused:
    """301 for reads; 307 for writes, which must be repeated as they are."""
    status, message = (301, "Moved Permanently") if safe else (307, "Temporary Redirect")
    body = {"message": message, "url": url, "documentation_url": DOCS}
    return Refused(reply_json(body, status, location=url))


def limit_reached(whose: str, status: int = 403) -> Reply:
    message = f"API rate limit exceeded for {whose}."
    body = {"message": message, "documentation_url": LIMIT_DOCS, "status": str(status)}
    return reply_json(body, status)


def secondary_limit(seconds: int, status: int = 403) -> Reply:
    """GitHub docs: About secondary rate limits. The message is what tells it from a 403."""
    url = f"{LIMIT_DOCS}#about-secondary-rate-limits"
    body = {"message": SECONDARY, "documentation_url": url}
    return reply_json(body, status, retry_after=str(seconds))


def broken(status: int) -> Reply:
    """What the edge says when the house behind it does not answer: not even JSON."""
    if status == 500:
        return reply_json({"message": "Server Error"}, 500)
    page = b"<html><body><h1>502 Bad Gateway</h1>Unicorn!</body></html>"
    return Reply(status, page, {"content-type": "text/html; charset=utf-8"})
