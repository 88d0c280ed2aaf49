"""How a door comes by tracker clients: parts of several rooms, joined by argument."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from schemas.ports import Credentials, Limiter, Validators
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


def connector(
    named: Callable[[str], Connects[C]],
    *,
    credentials: Credentials,
    limiter: Limiter,
    validators: Validators,
    transport: Any = None,
) -> Callable[[Source], C]:
    """A function from source to client; `named` is the register of trackers."""

    def connect(source: Source) -> C:
        return named(source.tracker).connect(
            source,
            credentials=credentials,
            limiter=limiter,
            validators=validators,
            transport=transport,
        )

    return connect
