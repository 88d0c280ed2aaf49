"""The ways Jira says no: `errorMessages` for the request, `errors` for its fields."""

from __future__ import annotations

from sandbox.wire import Json, Reply, reply_json

NO_ISSUE = "Issue does not exist or you do not have permission to see it."
NO_LOGIN = "Client must be authenticated to access this resource."
TOO_MANY = "Rate limit exceeded."


class Refused(Exception):
    """Carries the finished answer out of a route."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, *messages: str, errors: Json | None = None) -> Refused:
    return Refused(reply_json({"errorMessages": list(messages), "errors": errors or {}}, status))


def wrong(**errors: str) -> Refused:
    """400 about named fields."""
    return refusal(400, errors=errors)


def no_issue() -> Refused:
    """The same for a deleted issue and for one the asker may not see."""
    return refusal(404, NO_ISSUE)


def no_project(which: str) -> Refused:
    return refusal(404, f"No project could be found with key '{which}'.")


def missing(what: str, which: str) -> Refused:
    return refusal(404, f"The {what} with id '{which}' does not exist")


def needs_login() -> Refused:
    refused = refusal(401, NO_LOGIN)
    refused.reply.headers["www-authenticate"] = 'OAuth realm="jira"'
    return refused


def unauthorized(message: str = "Unauthorized") -> Refused:
    """What the gateway of api.atlassian.com answers to a token it does not take."""
    return Refused(reply_json({"code": 401, "message": message}, 401))


def forbidden(message: str) -> Refused:
    return refusal(403, message)


def no_route(path: str) -> Refused:
    body = {"message": f"null for uri: {path}", "status-code": 404}
    return Refused(reply_json(body, 404))


def search_removed() -> Refused:
    """Atlassian docs: Changelog, CHANGE-2046."""
    return refusal(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
        "A full migration guideline is available at "
        "https://developer.atlassian.com/changelog/#CHANGE-2046",
    )
