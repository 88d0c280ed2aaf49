"""Linear's errors, in its own form: `errors` with extensions, under a status that says little.

https://linear.app/developers/graphql#errors
"""

from __future__ import annotations

from sandbox.wire import Json, Reply, reply_json


class Refused(Exception):
    """A request that Linear refuses; `path` is the field that could not be answered."""

    def __init__(self, status: int, message: str, kind: str, code: str, shown: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.shown = shown or message
        self.path: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """One entry of `errors`."""
        told: Json = {
            "message": str(self),
            "extensions": {
                "type": self.kind,
                "code": self.code,
                "statusCode": self.status,
                "userError": True,
                "userPresentableMessage": self.shown,
            },
        }
        return {**told, "path": list(self.path)} if self.path else told

    def reply(self) -> Reply:
        """The whole answer, when nothing else is in it."""
        status = 400 if self.kind == "ratelimited" else self.status
        return reply_json({"errors": [self.as_json()]}, status)


def invalid(message: str, shown: str = "") -> Refused:
    return Refused(400, message, "invalid input", "INPUT_ERROR", shown)


def unknown_field(name: str, kind: str) -> Refused:
    message = f'Cannot query field "{name}" on type "{kind}".'
    return Refused(400, message, "graphql error", "GRAPHQL_VALIDATION_FAILED")


def not_found(kind: str) -> Refused:
    """What does not exist and what may not be seen are answered alike."""
    return invalid(f"Entity not found: {kind}", f"Could not find referenced {kind}.")


def unauthenticated() -> Refused:
    return Refused(
        401,
        "Authentication required, not authenticated",
        "authentication error",
        "AUTHENTICATION_ERROR",
        "You need to authenticate to access this operation.",
    )


def forbidden(what: str) -> Refused:
    return Refused(403, f"Forbidden: {what}", "forbidden", "FORBIDDEN")


def rate_limited(limit: int, unit: str) -> Refused:
    """HTTP 400, not 429 (https://linear.app/developers/rate-limiting)."""
    shown = f"Rate limit exceeded. Only {limit} {unit} are allowed per 1 hour."
    return Refused(429, "Rate limit exceeded", "ratelimited", "RATELIMITED", shown)


def too_complex(limit: int) -> Refused:
    shown = f"The query is too complex. Maximum is {limit}."
    return invalid("Query too complex", shown)


def broken() -> Refused:
    return Refused(500, "Internal server error", "internal error", "INTERNAL_SERVER_ERROR")
