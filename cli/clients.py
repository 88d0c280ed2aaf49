"""A tracker's client without a store, for looking at a source rather than reading it."""

from typing import TYPE_CHECKING

from schemas.errors import ConfigError, Denied
from schemas.ports import Validator

if TYPE_CHECKING:
    from runtime.credentials import Secrets
    from schemas.source import Source
    from trackers.base import Client


class Forgetful:
    """The port Validators that keeps nothing: every answer comes whole."""

    def get(self, _credential: str, _address: str) -> Validator | None:
        """Nothing is known."""
        return None

    def put(self, _credential: str, _address: str, _validator: Validator) -> None:
        """Nothing is kept."""


def connect(source: "Source", secrets: "Secrets") -> "Client":
    """A client of its own budget. Raises ConfigError, Denied."""
    from runtime import limits
    from runtime.clients import connector
    from trackers.registry import tracker_named

    make = connector(
        tracker_named, credentials=secrets, limiter=limits.connect(), validators=Forgetful()
    )
    return make(source)


def faults(source: "Source", secrets: "Secrets") -> list[str]:
    """What only the tracker's dialect knows to be wrong with a source: its address, its filter."""
    label = f'[[sources]] "{source.name}"'
    try:
        connect(source, secrets).close()
    except ConfigError as error:
        return [f"{label}: {fault}" for fault in error.faults]
    except Denied:  # a credential that cannot be one: `doctor` and the first sync say so
        return []
    return []
