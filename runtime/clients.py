"""How a door comes by tracker clients: parts of several rooms, joined by argument."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from schemas.ports import Credentials, Lane, Limiter, Validators
from schemas.source import Source

C = TypeVar("C", covariant=True)


class Connects(Protocol[C]):
    """The one verb of a tracker that is needed here."""

    def connect(
        self,
        source: Source,
        *,
        credentials: Credentials,
        limiter: Limiter,
        validators: Validators,
        transport: Any = None,
    ) -> C:
        """A client for one source."""


class Lanes(Protocol):
    """A rate budget that several kinds of work share."""

    def lane(self, name: Lane) -> Limiter:
        """The budget as one of them may use it."""


class Connect(Protocol[C]):
    """A function from source to client; the lane says whose work it is."""

    def __call__(self, source: Source, lane: Lane = ...) -> C:
        """A client for one source."""


def connector(
    named: Callable[[str], Connects[C]],
    *,
    credentials: Credentials,
    limits: Lanes,
    validators: Validators,
    lane: Lane = "webhook",
    transport: Any = None,
) -> Connect[C]:
    """How to connect; `named` is the register of trackers, `lane` the one used if none is named."""
    usual = lane

    def connect(source: Source, lane: Lane = usual) -> C:
        return named(source.tracker).connect(
            source,
            credentials=credentials,
            limiter=limits.lane(lane),
            validators=validators,
            transport=transport,
        )

    return connect
