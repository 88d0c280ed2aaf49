"""What every project of the stand-in shares: statuses and workflow, types, priorities, links."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.jira.state import Category, IssueType, LinkType, Option, Status

TODO = Category(2, "new", "To Do", "blue-gray")
DOING = Category(4, "indeterminate", "In Progress", "yellow")
DONE = Category(3, "done", "Done", "green")
NO_CATEGORY = Category(1, "undefined", "No Category", "medium-gray")
CATEGORIES = (TODO, DOING, DONE, NO_CATEGORY)

STATUSES = (
    Status("10000", "To Do", TODO),
    Status("10003", "Selected for Development", TODO),
    Status("3", "In Progress", DOING),
    Status("10004", "In Review", DOING),
    Status("10001", "Done", DONE),
    Status("10005", "Won't Do", DONE),
)
FIRST_STATUS = STATUSES[0]

TYPES = (
    IssueType("10000", "Epic", 1, "A big piece of work"),
    IssueType("10001", "Story", 0, "What a user wants"),
    IssueType("10002", "Task", 0, "A piece of work"),
    IssueType("10004", "Bug", 0, "A problem"),
    IssueType("10003", "Sub-task", -1, "A part of another issue"),
)

PRIORITIES = (
    Option("1", "Highest", "This problem will block progress."),
    Option("2", "High", "Serious problem that could block progress."),
    Option("3", "Medium", "Has the potential to affect progress."),
    Option("4", "Low", "Minor problem or easily worked around."),
    Option("5", "Lowest", "Trivial problem with little or no impact on progress."),
)
USUAL_PRIORITY = PRIORITIES[2]

RESOLUTIONS = (
    Option("10000", "Done", "Work has been completed."),
    Option("10001", "Won't Do", "This will not be done."),
    Option("10002", "Duplicate", "The problem is a duplicate."),
    Option("10003", "Cannot Reproduce", "It could not be seen again."),
)

LINK_TYPES = (
    LinkType("10000", "Blocks", "is blocked by", "blocks"),
    LinkType("10001", "Cloners", "is cloned by", "clones"),
    LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
    LinkType("10003", "Relates", "relates to", "relates to"),
)

SECURITY_LEVELS = (Option("10100", "Staff only", "Nobody else sees it."),)


@dataclass(frozen=True, slots=True)
class Step:
    """A transition: from some statuses (none named: from any) to one, maybe with a screen."""

    id: str
    name: str
    to: Status
    sources: tuple[str, ...] = ()
    needs_resolution: bool = False


def _status(name: str) -> Status:
    return next(one for one in STATUSES if one.name == name)


STEPS = (
    Step("11", "Back to start", _status("To Do"), ("10003", "3")),
    Step("12", "Select", _status("Selected for Development"), ("10000",)),
    Step("21", "Start work", _status("In Progress"), ("10000", "10003", "10004")),
    Step("31", "Ask for review", _status("In Review"), ("3",)),
    Step("41", "Finish", _status("Done"), ("3", "10004", "10000"), needs_resolution=True),
    Step("51", "Reject", _status("Won't Do"), ("10000", "10003"), needs_resolution=True),
    Step("61", "Reopen", _status("To Do"), ("10001", "10005")),
)


def steps_from(status: Status) -> list[Step]:
    return [one for one in STEPS if not one.sources or status.id in one.sources]


def step_between(before: Status, after: Status) -> Step | None:
    return next((one for one in steps_from(before) if one.to.id == after.id), None)
