"""The fields of the stand-in's site, as `GET /field` lists them and as screens show them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.wire import Json

SPRINT = "customfield_10020"
POINTS = "customfield_10016"
RANK = "customfield_10019"
CUSTOMER = "customfield_10001"
START_DATE = "customfield_10015"
STEPS_TEXT = "customfield_10050"
CUSTOM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"
AGILE_TYPES = "com.pyxis.greenhopper.jira"


@dataclass(frozen=True)
class Field:
    """`on_screen` tells whether a person may set it when creating or editing."""

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    on_screen: bool = True
    navigable: bool = True
    required: bool = False
    operations: tuple[str, ...] = ("set",)
    clauses: tuple[str, ...] = field(default=())

    @property
    def is_custom(self) -> bool:
        return bool(self.custom)

    @property
    def schema(self) -> Json:
        schema: Json = {"type": self.type}
        if self.items:
            schema["items"] = self.items
        if self.custom:
            number = int(self.id.removeprefix("customfield_"))
            return {**schema, "custom": self.custom, "customId": number}
        return {**schema, "system": self.id}

    @property
    def clause_names(self) -> list[str]:
        if self.is_custom:
            return [f"cf[{self.id.removeprefix('customfield_')}]", self.name]
        return list(self.clauses or (self.id,))


MANY = ("add", "set", "remove")
FIELDS = (
    Field("summary", "Summary", "string", required=True),
    Field("issuetype", "Issue Type", "issuetype", required=True, clauses=("issuetype", "type")),
    Field("project", "Project", "project", required=True),
    Field("description", "Description", "string"),
    Field("priority", "Priority", "priority"),
    Field("status", "Status", "status", on_screen=False),
    Field(
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
        on_screen=False,
        clauses=("statusCategoryChangedDate",),
    ),
    Field("assignee", "Assignee", "user"),
    Field("reporter", "Reporter", "user"),
    Field("creator", "Creator", "user", on_screen=False),
    Field("labels", "Labels", "array", "string", operations=MANY),
    Field("components", "Components", "array", "component", operations=MANY),
    Field("fixVersions", "Fix versions", "array", "version", operations=MANY),
    Field("versions", "Affects versions", "array", "version", operations=MANY),
    Field("resolution", "Resolution", "resolution"),
    Field("resolutiondate", "Resolved", "datetime", on_screen=False, clauses=("resolved",)),
    Field("duedate", "Due date", "date", clauses=("due", "duedate")),
    Field("created", "Created", "datetime", on_screen=False),
    Field("updated", "Updated", "datetime", on_screen=False),
    Field("parent", "Parent", "issuelink"),
    Field("issuelinks", "Linked Issues", "array", "issuelinks", operations=("add", "copy")),
    Field("subtasks", "Sub-tasks", "array", "issuelinks", on_screen=False),
    Field("attachment", "Attachment", "array", "attachment", navigable=False),
    Field("comment", "Comment", "comments-page", navigable=False, operations=("add",)),
    Field("worklog", "Log Work", "array", "worklog", navigable=False, operations=("add",)),
    Field("timetracking", "Time tracking", "timetracking", navigable=False),
    Field("timeoriginalestimate", "Original estimate", "number", on_screen=False),
    Field("timeestimate", "Remaining Estimate", "number", on_screen=False),
    Field("timespent", "Time Spent", "number", on_screen=False),
    Field("watches", "Watchers", "watches", on_screen=False),
    Field("votes", "Votes", "votes", on_screen=False),
    Field("security", "Security Level", "securitylevel"),
    Field(CUSTOMER, "Customer", "string", custom=f"{CUSTOM_TYPES}:textfield"),
    Field(START_DATE, "Start date", "date", custom=f"{CUSTOM_TYPES}:datepicker"),
    Field(POINTS, "Story point estimate", "number", custom=f"{AGILE_TYPES}:jsw-story-points"),
    Field(RANK, "Rank", "any", custom=f"{AGILE_TYPES}:gh-lexo-rank", on_screen=False),
    Field(SPRINT, "Sprint", "array", "json", custom=f"{AGILE_TYPES}:gh-sprint"),
    Field(STEPS_TEXT, "Steps to reproduce", "string", custom=f"{CUSTOM_TYPES}:textarea"),
)
BY_ID = {one.id: one for one in FIELDS}
NAVIGABLE = frozenset(one.id for one in FIELDS if one.navigable)
EVERYTHING = frozenset(BY_ID)


@dataclass(frozen=True)
class Choice:
    """Which fields an answer carries; `bare` for the id, or the id and the key, alone."""

    names: frozenset[str]
    bare: str = ""

    @property
    def wide(self) -> bool:
        return not self.bare


def choose(wanted: list[str], usual: str) -> Choice:
    """`*all`, `*navigable`, names, `-name`; what nobody names is taken from `usual`."""
    words = [word.strip() for one in wanted for word in one.split(",") if word.strip()]
    plus = [word for word in words if not word.startswith("-")] or [usual]
    minus = {word[1:] for word in words if word.startswith("-")}
    if set(plus) <= {"id", "key"}:
        return Choice(frozenset(), "key" if "key" in plus else "id")
    names: set[str] = set()
    for word in plus:
        if word == "*all":
            names |= EVERYTHING
        elif word == "*navigable":
            names |= NAVIGABLE
        elif word in BY_ID:
            names.add(word)
    return Choice(frozenset(names - minus))
