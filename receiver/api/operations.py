"""An operation of the API: one method at one address, with all that its document says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.convertors import Convertor
from starlette.routing import compile_path

from receiver.api import problems
from receiver.api.desk import Desk
from schemas.api import LARGEST, Nothing
from schemas.model import Json
from schemas.token import TokenScope

Content = BaseModel | Sequence[BaseModel] | Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in; `who` stands in the audit. `query` and `body` are of the models
    that the operation names."""

    who: str
    path: Mapping[str, Any]
    query: Any
    body: Any


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to something that was made, with its address."""

    content: BaseModel
    location: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`scope` None needs no token. `answers` is the model of the content (`listed`: of each of a
    list), None for no content; `refusals` are statuses beside those that any operation has."""

    method: str
    path: str
    scope: TokenScope | None
    run: Callable[[Desk, Call], Content | Created]
    answers: type[BaseModel] | None = None
    body: type[BaseModel] = Nothing
    query: type[BaseModel] = Nothing
    status: int = 200
    listed: bool = False
    refusals: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of what carries it out."""
        return (self.run.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    @property
    def name(self) -> str:
        """What programs call it."""
        return self.run.__name__


@dataclass(frozen=True, slots=True)
class Routes:
    """All operations, found by path and method."""

    operations: tuple[Operation, ...]
    _compiled: list[tuple[Any, dict[str, Convertor[Any]], Operation]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.operations:
            pattern, _, convertors = compile_path(one.path)
            self._compiled.append((pattern, convertors, one))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, Any]]:
        """The operation of a request, and what its path names. Raises Problem 404 or 405."""
        fitting = [
            (
                one,
                {name: convertors[name].convert(text) for name, text in found.groupdict().items()},
            )
            for pattern, convertors, one in self._compiled
            if (found := pattern.match(path))
        ]
        if not fitting or any(_beyond(named) for _, named in fitting):
            raise problems.Problem(404, "there is nothing at this address")
        wanted = "GET" if method == "HEAD" else method
        for one, named in fitting:
            if one.method == wanted:
                return one, named
        allowed = {one.method for one, _ in fitting}
        allow = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
        raise problems.Problem(405, f"use {allow} here", headers={"Allow": allow})


def _beyond(named: Mapping[str, Any]) -> bool:
    return any(isinstance(one, int) and one > LARGEST for one in named.values())


def read_query(operation: Operation, pairs: Sequence[tuple[str, str]]) -> BaseModel:
    """The query of an operation. Raises Problem 422 for a key that is unknown or comes twice."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise problems.unfit(*((name[:100], "is given twice") for name in twice))
    unstorable = [name for name, value in pairs if "\0" in value]
    if unstorable:
        raise problems.unfit(*((name[:100], "holds a NUL") for name in unstorable))
    try:
        return operation.query.model_validate(dict(pairs))
    except ValidationError as error:
        raise problems.of_validation(error, operation.query) from None


def read_body(operation: Operation, body: bytes) -> BaseModel:
    """The body of an operation, taken literally: "15" is no number. Raises Problem 400 or 422."""
    if not body and operation.body is Nothing:
        return Nothing()
    try:
        read = operation.body.model_validate_json(body or b"{}", strict=True)
    except ValidationError as error:
        raise problems.of_validation(error, operation.body) from None
    faults = [(at, fault) for at, value in read if (fault := _unstorable(value))]
    if faults:
        raise problems.unfit(*faults)
    return read


def _unstorable(value: Json) -> str | None:
    """What no database could hold, somewhere in a value."""
    if isinstance(value, str):
        return "holds a NUL" if "\0" in value else None
    if isinstance(value, int | float):
        return None if -LARGEST <= value <= LARGEST else "holds a number that is too large"
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    several = value if isinstance(value, list | tuple) else ()
    return next((fault for one in several if (fault := _unstorable(one))), None)
