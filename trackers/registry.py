"""The register: one line a tracker. A dialect is imported when it is asked for the first time.

Most installations speak one or two; the libraries of the others would cost every start of a
command some tenths of a second.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

from schemas.errors import ConfigError
from trackers.base import Tracker

_VALUES = {
    "github": "GITHUB",
    "gitlab": "GITLAB",
    "jira": "JIRA",
    "linear": "LINEAR",
    "azure_devops": "AZURE_DEVOPS",
    "generic": "GENERIC",
}
"""Folder under trackers/, and the name of the one value in it."""
_OURS = {"local": "LOCAL"}
"""Not for configuration: what people keep here and in no tracker."""


class _Register(Mapping[str, Tracker]):
    """Trackers by name."""

    def __getitem__(self, name: str) -> Tracker:
        value = (_VALUES | _OURS)[name]
        found: Tracker = getattr(import_module(f"trackers.{name}"), value)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_VALUES)

    def __len__(self) -> int:
        return len(_VALUES)

    def __contains__(self, name: object) -> bool:
        return name in _VALUES


REGISTRY: Mapping[str, Tracker] = _Register()


def tracker_named(name: str) -> Tracker:
    """The tracker of that name; raises ConfigError that lists those there are."""
    folder = name.replace("-", "_")
    if folder not in REGISTRY and folder not in _OURS:
        raise ConfigError(f"tracker {name!r} is unknown; known: {', '.join(REGISTRY)}")
    return REGISTRY[folder]


def ready(names: Iterable[str]) -> None:
    """Imports these now: a door must not stand still at its first delivery."""
    for name in names:
        tracker_named(name)
