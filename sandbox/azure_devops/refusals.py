"""The ways Azure DevOps says no, in the shape of its errors."""

from __future__ import annotations

from sandbox.wire import Json, Reply, reply_json

_FAULTS = "Microsoft.TeamFoundation.WorkItemTracking.Server"


class Refused(Exception):
    """Carries the finished answer out of a route."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def fault(message: str, key: str) -> Json:
    return {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{_FAULTS}.{key}, {_FAULTS}",
        "typeKey": key,
        "errorCode": 0,
        "eventId": 3200,
    }


def refusal(status: int, message: str, key: str) -> Refused:
    return Refused(reply_json(fault(message, key), status))


def no_item(key: int) -> Refused:
    """The same for what is not there and for what may not be read."""
    message = (
        f"TF401232: Work item {key} does not exist, or you do not have permissions to read it."
    )
    return refusal(404, message, "WorkItemUnauthorizedAccessException")


def invalid(message: str, key: str = "RuleValidationException") -> Refused:
    return refusal(400, message, key)


def raced() -> Refused:
    message = "VS403351: Test Operation for path /rev failed."
    return refusal(412, message, "TestPatchOperationFailedException")


def no_project(name: str) -> Refused:
    message = f"TF200016: The following project does not exist: {name}."
    return refusal(404, message, "ProjectDoesNotExistWithNameException")


def not_found(what: str) -> Refused:
    return refusal(404, f"The resource {what} cannot be found.", "VssServiceException")


def sign_in() -> Reply:
    """What a request without a good credential is led to."""
    page = b"<!DOCTYPE html><html><title>Azure DevOps Services | Sign In</title></html>"
    return Reply(203, page, {"content-type": "text/html; charset=utf-8"})


def blocked() -> Reply:
    message = (
        "TF400733: The request has been canceled: Request was blocked due to exceeding usage of "
        "resource 'Concurrency' in namespace 'User'."
    )
    return reply_json(fault(message, "RequestBlockedException"), 429)
