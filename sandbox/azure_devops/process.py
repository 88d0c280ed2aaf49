"""The process of the stand-in: types, their states with categories, their fields.

Azure DevOps docs: Agile process work item types and workflow; Workflow states and categories.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.wire import Json

TITLE, STATE, TYPE = "System.Title", "System.State", "System.WorkItemType"
REASON, TAGS = "System.Reason", "System.Tags"
AREA, ITERATION = "System.AreaPath", "System.IterationPath"
ASSIGNED, PROJECT = "System.AssignedTo", "System.TeamProject"
DESCRIPTION, STEPS = "System.Description", "Microsoft.VSTS.TCM.ReproSteps"
PRIORITY, SEVERITY = "Microsoft.VSTS.Common.Priority", "Microsoft.VSTS.Common.Severity"
POINTS = "Microsoft.VSTS.Scheduling.StoryPoints"
CUSTOMER = "Custom.Customer"
TILL = "Custom.Till"

_COLORS = {
    "Proposed": "b2b2b2", "InProgress": "007acc", "Resolved": "ff9d00", "Completed": "339933",
    "Removed": "ffffff",
}  # fmt: skip
_FULL = (
    ("New", "Proposed"),
    ("Active", "InProgress"),
    ("Resolved", "Resolved"),
    ("Closed", "Completed"),
    ("Removed", "Removed"),
)

SYSTEM_FIELDS: dict[str, tuple[str, str]] = {
    TITLE: ("Title", "string"),
    STATE: ("State", "string"),
    TYPE: ("Work Item Type", "string"),
    REASON: ("Reason", "string"),
    TAGS: ("Tags", "plainText"),
    AREA: ("Area Path", "treePath"),
    ITERATION: ("Iteration Path", "treePath"),
    ASSIGNED: ("Assigned To", "string"),
    PROJECT: ("Team Project", "string"),
    DESCRIPTION: ("Description", "html"),
    "System.History": ("History", "history"),
    "System.Id": ("ID", "integer"),
    "System.Rev": ("Rev", "integer"),
    "System.CreatedBy": ("Created By", "string"),
    "System.CreatedDate": ("Created Date", "dateTime"),
    "System.ChangedBy": ("Changed By", "string"),
    "System.ChangedDate": ("Changed Date", "dateTime"),
    "System.CommentCount": ("Comment Count", "integer"),
    "System.AreaId": ("Area ID", "integer"),
    "System.IterationId": ("Iteration ID", "integer"),
    "Microsoft.VSTS.Common.ClosedDate": ("Closed Date", "dateTime"),
    "Microsoft.VSTS.Common.StateChangeDate": ("State Change Date", "dateTime"),
    PRIORITY: ("Priority", "integer"),
    "Microsoft.VSTS.Common.StackRank": ("Stack Rank", "double"),
}
"""What every type has: reference name to (name, type)."""

_MORE: dict[str, tuple[str, str]] = {
    STEPS: ("Repro Steps", "html"),
    SEVERITY: ("Severity", "string"),
    POINTS: ("Story Points", "double"),
    "Microsoft.VSTS.Scheduling.OriginalEstimate": ("Original Estimate", "double"),
    "Microsoft.VSTS.Scheduling.RemainingWork": ("Remaining Work", "double"),
    "Microsoft.VSTS.Scheduling.CompletedWork": ("Completed Work", "double"),
    "Microsoft.VSTS.Scheduling.DueDate": ("Due Date", "dateTime"),
    "Microsoft.VSTS.Common.AcceptanceCriteria": ("Acceptance Criteria", "html"),
    CUSTOMER: ("Customer", "string"),
    TILL: ("Till", "string"),
}
FIELDS = SYSTEM_FIELDS | _MORE
_WORK = tuple(name for name in _MORE if name.startswith("Microsoft.VSTS.Scheduling."))

READ_ONLY = {
    "System.Id", "System.Rev", "System.CommentCount", "System.AreaId", "System.IterationId",
    "System.CreatedBy", "System.CreatedDate", "System.ChangedBy", "System.ChangedDate", PROJECT,
}  # fmt: skip
"""Set by the tracker; writing them needs rights the sandbox gives nobody."""

ALLOWED: dict[str, tuple[object, ...]] = {
    PRIORITY: (1, 2, 3, 4),
    SEVERITY: ("1 - Critical", "2 - High", "3 - Medium", "4 - Low"),
}


@dataclass(frozen=True)
class Kind:
    """One work item type."""

    name: str
    category: str
    states: tuple[tuple[str, str], ...]
    more: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        return self.states[0][0]

    @property
    def fields(self) -> tuple[str, ...]:
        return (*SYSTEM_FIELDS, *self.more)

    def category_of(self, state: str) -> str:
        return next((native for name, native in self.states if name == state), "Proposed")

    def states_json(self) -> list[Json]:
        return [
            {"name": name, "color": _COLORS[native], "category": native}
            for name, native in self.states
        ]


KINDS = {
    kind.name.lower(): kind
    for kind in (
        Kind("Bug", "Microsoft.BugCategory", _FULL[:4], (STEPS, SEVERITY, *_WORK, CUSTOMER, TILL)),
        Kind(
            "User Story",
            "Microsoft.RequirementCategory",
            _FULL,
            (POINTS, "Microsoft.VSTS.Scheduling.DueDate",
             "Microsoft.VSTS.Common.AcceptanceCriteria", CUSTOMER),
        ),
        Kind(
            "Task",
            "Microsoft.TaskCategory",
            (_FULL[0], _FULL[1], _FULL[3], _FULL[4]),
            tuple(name for name in _WORK if name != POINTS),
        ),
        Kind("Feature", "Microsoft.FeatureCategory", _FULL),
        Kind("Epic", "Microsoft.EpicCategory", _FULL),
        Kind(
            "Change Wish",
            "Custom.WishCategory",
            (("Idea", "Proposed"), ("Trial", "InProgress"), ("Shipped", "Completed"),
             ("Dropped", "Removed")),
            (CUSTOMER,),
        ),
    )
}  # fmt: skip
"""By lower-case name; the last one is of somebody's own making."""


def categories() -> list[Json]:
    """GET workitemtypecategories."""
    found: dict[str, list[Kind]] = {}
    for kind in KINDS.values():
        found.setdefault(kind.category, []).append(kind)
    return [
        {
            "name": name.rpartition(".")[2],
            "referenceName": name,
            "defaultWorkItemType": {"name": kinds[0].name},
            "workItemTypes": [{"name": kind.name} for kind in kinds],
        }
        for name, kinds in found.items()
    ]


def field_json(name: str) -> Json:
    """GET fields."""
    shown, kind = FIELDS[name]
    return {
        "name": shown,
        "referenceName": name,
        "type": kind,
        "usage": "workItem",
        "readOnly": name in READ_ONLY,
        "isIdentity": name in (ASSIGNED, "System.CreatedBy", "System.ChangedBy"),
    }


def rule_json(kind: Kind, name: str) -> Json:
    """GET workitemtypes/{type}/fields."""
    found: Json = {
        "name": FIELDS[name][0],
        "referenceName": name,
        "alwaysRequired": name in (TITLE, STATE, "System.AreaId", "System.IterationId"),
    }
    if name == STATE:
        found["allowedValues"] = [state for state, _ in kind.states]
    elif name in ALLOWED:
        found["allowedValues"] = [str(one) for one in ALLOWED[name]]
    return found
