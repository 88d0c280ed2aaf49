"""Where a field of a ticket lives at the other side: in its own field, in a label or in the footer.

The native field where the other side writes it and what is said there has the same meaning; a label
(`Milestone::v1.0`) or a line of the footer where it does not. Between two GitLabs the people of a
one-way mirror have asked for labels: the target is often another team's, with other milestones.
"""

from typing import Literal

from schemas.mirror import Mirror
from workers.rules.terms import OTHER, SideWords, Terms

Home = Literal["native", "label", "footer", "none"]

ORDER = (
    "title", "body", "footer", "type", "labels", "badges", "assignees", "milestone", "sprint",
    "epic", "parent", "components", "priority", "severity", "weight", "estimate", "story_points",
    "due_date", "time_estimate", "time_spent", "state",
)  # fmt: skip
"""Every field of a view, in writing order: the state comes last, since a closed ticket may refuse
other edits."""

LABELS = {
    "milestone": "Milestone",
    "sprint": "Iteration",
    "epic": "Epic",
    "assignees": "Assignee",
    "priority": "Priority",
    "severity": "Severity",
    "type": "Type",
    "state": "Status",
    "components": "Component",
    "weight": "Weight",
    "story_points": "Story-Points",
}
"""The first part of the label that stands for a field."""

LINES = {
    "milestone": "Milestone",
    "sprint": "Iteration",
    "epic": "Epic",
    "assignees": "Assignees",
    "parent": "Parent",
    "components": "Components",
    "due_date": "Due date",
    "time_estimate": "Time estimate",
    "time_spent": "Time spent",
    "estimate": "Estimate",
}
"""The footer's line of a field, for those that are too long for a label or would make too many."""

ORIGIN = "Mirrored-From"

_TOLD = frozenset({"title", "body", "state", "labels", "assignees"})
_HELD = {
    "github": {"type", "milestone"},
    "gitlab": {
        "type", "milestone", "sprint", "epic", "weight", "due_date", "time_estimate", "time_spent",
    },
    "jira": {
        "type", "milestone", "sprint", "epic", "parent", "components", "priority", "weight",
        "estimate", "story_points", "due_date", "time_estimate", "time_spent",
    },
    "linear": {"milestone", "sprint", "parent", "priority", "story_points", "due_date"},
    "azure_devops": {
        "type", "sprint", "parent", "components", "priority", "severity", "weight", "estimate",
        "story_points", "due_date", "time_estimate", "time_spent",
    },
    "generic": {"type", "priority", "due_date"},
    "local": {"type", "priority", "severity", "due_date"},
}  # fmt: skip
"""What a tracker's tickets have of their own. Left out is what a source derives from another field
(a severity from a priority, points from a weight): it would be carried twice."""

_SEVERE = ("azure_devops", "local")
_SWITCHES = {
    "labels": "sync_labels",
    "weight": "sync_weight",
    "time_estimate": "sync_time_estimate",
    "time_spent": "sync_time_spent",
}
_SHOWN_AT_GITLAB = frozenset({"assignees", "milestone", "sprint", "epic"})
_STATELESS = ("github", "gitlab")
_PLACED = {
    "linear": {"milestone", "sprint"},
    "jira": {"milestone", "sprint", "components"},
    "azure_devops": {"sprint", "components"},
}
"""What has to exist there before a ticket can be in it: naming another one would be refused."""


def fields(mirror: Mirror, left: SideWords, right: SideWords) -> tuple[str, ...]:
    """The fields a mirror compares and writes, in writing order.

    `footer` and `badges` (the labels we make) are derived from the ticket, never carried back.
    """
    carried = {name for name in ORDER if name in ("footer", "badges") or _is_carried(
        name, mirror, left, right
    )}  # fmt: skip
    if mirror.options.fields.get("body") == "off":
        carried.discard("footer")
    return tuple(name for name in ORDER if name in carried)


def _is_carried(name: str, mirror: Mirror, left: SideWords, right: SideWords) -> bool:
    return home(name, Terms(mirror, "left", left, right)) == "native"


def has(name: str, side: SideWords) -> bool:
    """Whether tickets of that side have the field."""
    if name == "severity":
        return side.tracker in _SEVERE
    if side.tracker == "linear" and name == "estimate":
        return False  # it is the same number as the points
    if side.tracker == "gitlab" and name == "story_points":
        return False  # it is the weight
    held = _HELD.get(side.tracker, set())
    return name in _TOLD or name in held or name in side.writes


def wanted(name: str, mirror: Mirror) -> bool:
    """Whether the mirror's options let the field leave."""
    options = mirror.options
    if options.fields.get(name) == "off":
        return False
    switch = _SWITCHES.get(name)
    return bool(getattr(options, switch)) if switch else True


def home(name: str, terms: Terms) -> Home:
    """Where a field that is said here lives there."""
    if not has(name, terms.own) or not wanted(name, terms.mirror):
        return "none"
    if _native(name, terms):
        return "native"
    if not terms.outward or name == "title":
        return "none"
    if name in LABELS:
        return "none" if name == "state" and terms.own.tracker in _STATELESS else "label"
    return "footer" if name in LINES else "none"


def _native(name: str, terms: Terms) -> bool:
    mirror, own, other = terms.mirror, terms.own, terms.other
    if name in mirror.lacks or name not in other.writes or not has(name, other):
        return False
    if mirror.two_way and name not in own.writes:
        return False
    if name == "epic":
        return mirror.options.sync_epics and own.tracker == other.tracker
    if both_gitlab_one_way(terms) and name in _SHOWN_AT_GITLAB:
        return name in mirror.options.native
    return True


def both_gitlab_one_way(terms: Terms) -> bool:
    """Whether this is a one-way mirror between two GitLabs."""
    return terms.own.tracker == terms.other.tracker == "gitlab" and not terms.mirror.two_way


def needs_place(name: str, side: SideWords) -> bool:
    """Whether the value has to exist at that side already."""
    return name in _PLACED.get(side.tracker, ())


def shows_status(terms: Terms) -> bool:
    """Whether the status has to be said beside the state: there it is only open or closed."""
    told = wanted("state", terms.mirror) and terms.own.tracker not in _STATELESS
    return told and terms.other.tracker in _STATELESS


def shows_line(name: str, terms: Terms) -> bool:
    """Whether the footer tells the field though a label does; a GitLab's shows all four."""
    return name in LINES and name in _SHOWN_AT_GITLAB and wanted(name, terms.mirror)


def prefixes(terms: Terms) -> frozenset[str]:
    """First parts, in small letters, of the labels that we make at the other side."""
    found = {ORIGIN.lower()}
    for name, prefix in LABELS.items():
        is_made = home(name, terms) == "label" or (name == "state" and shows_status(terms))
        may_fall = home(name, terms) == "native" and _may_fall(name, terms)
        if is_made or may_fall:
            found.add(prefix.lower())
    return frozenset(found)


def _may_fall(name: str, terms: Terms) -> bool:
    if name == "type":
        return terms.other.tracker == "gitlab" and terms.own.tracker != "gitlab"
    if name == "priority":
        return terms.own.tracker != terms.other.tracker
    if name == "story_points":
        return terms.other.tracker == "linear"
    return name == "assignees" or needs_place(name, terms.other)


def across(terms: Terms) -> Terms:
    """The same mirror read from the other side, as far as homes go."""
    side = OTHER[terms.side]
    return Terms(terms.mirror, side, terms.other, terms.own, born=terms.born)
