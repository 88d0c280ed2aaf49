"""A tracker's client without a store, for looking at a source rather than reading it."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schemas.errors import ConfigError, Denied
from schemas.ports import Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtime.credentials import Secrets
    from schemas.ports import Grant
    from schemas.settings import Settings
    from schemas.source import Source
    from store.grants import Grants
    from trackers.base import Client


class Forgetful:
    """The port Validators that keeps nothing: every answer comes whole."""

    def get(self, _credential: str, _address: str) -> Validator | None:
        """Nothing is known."""
        return None

    def put(self, _credential: str, _address: str, _validator: Validator) -> None:
        """Nothing is kept."""


class StoredGrants:
    """The grants of a store that is opened for each question: few commands ever ask."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    def find(self, tracker: str, origin: str) -> "Grant | None":
        """The grant for a site."""
        with self._opened() as grants:
            return grants.find(tracker, origin)

    def renew(
        self, tracker: str, origin: str, seen: "Grant", refresh: "Callable[[Grant], Grant]"
    ) -> "Grant":
        """A grant newer than `seen`."""
        with self._opened() as grants:
            return grants.renew(tracker, origin, seen, refresh)

    @contextmanager
    def _opened(self) -> "Iterator[Grants]":
        from runtime import config
        from store.database import open_for
        from store.grants import Grants

        given = self._settings
        store = open_for(given)
        try:
            yield Grants(store, config.sealing(given))
        finally:
            store.close()


def connect(source: "Source", secrets: "Secrets") -> "Client":
    """A client of its own budget. Raises ConfigError, Denied."""
    from runtime import limits
    from runtime.clients import connector
    from trackers.registry import tracker_named

    make = connector(
        tracker_named, credentials=secrets, limits=limits.connect(), validators=Forgetful()
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
