"""The register: one line a tracker."""

from schemas.errors import ConfigError
from trackers.azure_devops import AZURE_DEVOPS
from trackers.base import Tracker
from trackers.generic import GENERIC
from trackers.github import GITHUB
from trackers.gitlab import GITLAB
from trackers.jira import JIRA
from trackers.linear import LINEAR

REGISTRY: dict[str, Tracker] = {
    tracker.name: tracker
    for tracker in (
        GITHUB,
        GITLAB,
        JIRA,
        LINEAR,
        AZURE_DEVOPS,
        GENERIC,
    )
}


def tracker_named(name: str) -> Tracker:
    """The tracker of that name; raises ConfigError that lists those there are."""
    try:
        return REGISTRY[name.replace("-", "_")]
    except KeyError:
        raise ConfigError(f"tracker {name!r} is unknown; known: {', '.join(REGISTRY)}") from None
