"""Eligibility: whether a ticket that has no twin in a mirror shall get one. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime

from schemas.mirror import Mirror
from schemas.ticket import Ticket

MIRRORED_FROM = "Mirrored-From::instance-"


def outside(ticket: Ticket, mirror: Mirror, forced: bool) -> str:
    """Why a ticket stays without a twin; "" when it shall have one.

    `forced`: a person took this very ticket in, so that neither its age nor its state counts.
    """
    options = mirror.options
    if not forced and not options.sync_existing_issues and _older(ticket, mirror.created_at):
        return "older than the mirror (sync_existing_issues is off)"
    if not forced and not options.sync_closed_issues and ticket.state == "closed":
        return "closed (sync_closed_issues is off)"
    return filtered(ticket, mirror)


def filtered(ticket: Ticket, mirror: Mirror) -> str:
    """Why the filters of a mirror leave a ticket out; "" when they do not."""
    options = mirror.options
    labels = [label.name for label in ticket.labels]
    milestones = [ticket.milestone.title] if ticket.milestone else []
    for name, has, included, excluded in (
        ("label", labels, options.include_labels, options.exclude_labels),
        ("type", [ticket.type], options.include_types, options.exclude_types),
        ("milestone", milestones, options.include_milestones, options.exclude_milestones),
    ):
        if included and not _any(has, included):
            return f"no {name} of include_{name}s"
        unwanted = _any(has, excluded)
        if unwanted:
            return f"{name} {unwanted} is in exclude_{name}s"
    return ""


def comes_from(ticket: Ticket, instance: str) -> bool:
    """Whether a label says that the ticket was brought from that site, by whatever tool."""
    return any(label.name == f"{MIRRORED_FROM}{instance}" for label in ticket.labels)


def _older(ticket: Ticket, born: datetime) -> bool:
    """Some trackers tell whole seconds: what was made in the same one is not older."""
    made = ticket.created_at
    if made is None:
        return False
    return made < (born if made.microsecond else born.replace(microsecond=0))


def _any(names: Iterable[str], wanted: Collection[str]) -> str:
    folded = {one.casefold() for one in wanted}
    return next((one for one in names if one.casefold() in folded), "")
