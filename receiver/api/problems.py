"""Problems: every answer under /api that is no success (RFC 9457, `application/problem+json`)."""

import difflib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ValidationError

from schemas.api import Fault, ProblemShown

MEDIA_TYPE = "application/problem+json"
LONGEST = 200


class Problem(Exception):
    """A request that is not done: its status, one line for people, and what of it was wrong."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def shown(self) -> ProblemShown:
        """As it is answered; the type says no more than the status does (RFC 9457, 4.2.1)."""
        return ProblemShown(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            errors=self.errors,
        )


def missing(what: str, number: object) -> Problem:
    """404 for one thing."""
    return Problem(404, f"there is no {what} {number}")


def unfit(*faults: tuple[str, str]) -> Problem:
    """422 for values that are well-formed and cannot be: (key, what is wrong) for each."""
    errors = [Fault(at=at, detail=detail) for at, detail in faults]
    return Problem(422, _line(errors), errors=errors)


def of_validation(error: ValidationError, model: type[BaseModel]) -> Problem:
    """What pydantic found: 400 when it is no JSON, else 422 naming each key; never a value."""
    found = error.errors(include_url=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Problem(400, "the body is not valid JSON")
    errors = [_fault(one, model) for one in found]
    return Problem(422, _line(errors), errors=errors)


def _fault(found: Any, model: type[BaseModel]) -> Fault:
    at = ".".join(str(part) for part in found["loc"])[:LONGEST] or "body"
    if found["type"] == "extra_forbidden":
        return Fault(at=at, detail=f"is unknown{_meant(str(found['loc'][-1]), model)}")
    if found["type"] == "missing":
        return Fault(at=at, detail="is missing")
    said = str(found["msg"])
    return Fault(at=at, detail=said[:1].lower() + said[1:])


def _meant(name: str, model: type[BaseModel]) -> str:
    close = difflib.get_close_matches(name, model.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _line(errors: Sequence[Fault]) -> str:
    return "; ".join(f"{one.at}: {one.detail}" for one in errors[:5])
