"""What a ticket's record tells along the way: the definitions it refers to, as it names them."""

from collections.abc import Iterator

from schemas.event import Definition
from schemas.ticket import Label, Milestone, Named, Sprint, Ticket


def definitions(ticket: Ticket) -> Iterator[Definition]:
    """Labels, milestone, sprints, components and the state of a ticket.

    A state is told only where it has an id of its own; what is named by its id alone tells nothing.
    """
    yield from (_label(one) for one in ticket.labels if one.name)
    yield from (_component(one) for one in ticket.components if one.name)
    if ticket.milestone and ticket.milestone.title:
        yield _milestone(ticket.milestone)
    sprints = {one.id: one for one in (*ticket.sprints, ticket.sprint) if one and one.name}
    yield from map(_sprint, sprints.values())
    if ticket.status_id and ticket.status:
        yield Definition(
            kind="state",
            id=ticket.status_id,
            name=ticket.status,
            state=str(ticket.status_category),
        )


def _label(label: Label) -> Definition:
    return Definition(
        kind="label",
        id=label.id,
        name=label.name,
        color=label.color,
        description=label.description,
    )


def _component(component: Named) -> Definition:
    return Definition(kind="component", id=component.id, name=component.name)


def _milestone(milestone: Milestone) -> Definition:
    return Definition(
        kind="milestone",
        id=milestone.id,
        name=milestone.title,
        number=milestone.number,
        state=milestone.state,
        description=milestone.description,
        due_on=milestone.due_on.isoformat() if milestone.due_on else None,
    )


def _sprint(sprint: Sprint) -> Definition:
    return Definition(
        kind="sprint",
        id=sprint.id,
        name=sprint.name,
        state=sprint.state,
        starts_on=sprint.starts_at.isoformat() if sprint.starts_at else None,
        due_on=sprint.ends_at.isoformat() if sprint.ends_at else None,
    )
