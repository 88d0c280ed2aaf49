"""What can be counted, in one line each, and by what."""

from dataclasses import dataclass

DIMENSIONS = ("source", "team", "type", "priority", "assignee", "customer", "component")
"""What a figure can be split by. A ticket with two assignees counts for both of them."""

KEPT = ("type", "priority", "assignee", "customer", "component", "status")
"""The dimensions of a daily snapshot; it is of one source, and so of one team."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that can be asked for.

    `unit` of its value: seconds, tickets, ratio or points. `at_end`: of how things stand at the end
    of the period, not of what happened in it. `daily`: a snapshot of each day keeps it.
    """

    name: str
    told: str
    unit: str
    at_end: bool = False
    daily: bool = True


METRICS = {
    one.name: one
    for one in (
        Metric("lead-time", "from creation to the last time done", "seconds"),
        Metric("cycle-time", "from the beginning of the work to the last time done", "seconds"),
        Metric("throughput", "tickets that were done, and are", "tickets"),
        Metric("created", "tickets that were created", "tickets"),
        Metric("canceled", "tickets that were closed without being done", "tickets"),
        Metric("open", "tickets neither done nor canceled", "tickets", at_end=True),
        Metric("wip", "open tickets that somebody began to work on", "tickets", at_end=True),
        Metric("age", "how long the work in progress has been so", "seconds", at_end=True),
        Metric("reopened", "times a ticket that was done was opened again", "tickets"),
        Metric("reopen-rate", "reopened for each time a ticket was done", "ratio", daily=False),
        Metric("time-in-status", "of tickets done: the time in each status", "seconds",
               daily=False),
        Metric("resolution", "created, done and canceled, and what stayed open", "tickets",
               daily=False),
        Metric("velocity", "story points of each sprint: committed and done", "points",
               daily=False),
    )
}  # fmt: skip
