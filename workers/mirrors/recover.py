"""Recover: what was announced and may or may not have happened is looked up (law 7)."""

from collections.abc import Callable
from datetime import timedelta

from schemas.change import Absent, CommentChange, Found, Intent, Ref, TicketChange, Unsure
from schemas.mirror import Side
from schemas.ticket import Comment, Ticket
from store import intents
from store.intents import OpenIntent
from workers.mirrors.carry import Errand, Recorded, record_answer
from workers.mirrors.task import Parks, Task, Waits

CALL_ENDS = timedelta(seconds=90)
"""The longest a call may still be carried out at the tracker: our timeout, and a minute."""
LOOK_AGAIN = timedelta(seconds=60)
LOOKS = 2
"""So often a creation has to be absent before it is made again: a tracker may be slow to show."""


def settle_open(task: Task, hook: Callable[[OpenIntent], Recorded]) -> None:
    """Settles every open announcement of a mapping. Raises Waits, Parks, and the client's errors.

    A step that creates nothing is planned anew from what the tracker says now.
    """
    with task.work.store.read() as connection:
        found = intents.opened(connection, task.mapping.id)
    for one in found:
        if one.creates is None or one.marker is None:
            with task.work.store.write() as connection:
                intents.end(connection, one.id, "failed", task.work.now(), "cut off; planned anew")
        else:
            _look_up(task, one, hook(one))


def _look_up(task: Task, one: OpenIntent, recorded: Recorded) -> None:
    now = task.work.now()
    earliest = one.sent_at + CALL_ENDS
    if one.looked_at is not None:
        earliest = max(earliest, one.looked_at + LOOK_AGAIN)
    if now < earliest:
        raise Waits("a write that was cut off may still be carried out", earliest)
    assert one.creates is not None  # noqa: S101 - callers looked
    assert one.marker is not None  # noqa: S101 - callers looked
    intent = Intent(creates=one.creates, marker=one.marker, ticket=one.ticket, sent_at=one.sent_at)
    found = task.tools.client(one.source).find_marker(intent)
    match found:
        case Found():
            _found(task, one, found.ref, recorded)
        case Absent():
            _absent(task, one)
        case Unsure():
            with task.work.store.write() as connection:
                intents.looked(connection, one.id, now, absent=False)
            raise Parks(f"nobody can tell whether the {one.creates} was made: {found.reason}")


def _found(task: Task, one: OpenIntent, ref: Ref, recorded: Recorded) -> None:
    """It happened: its answer is taken as if it had come."""
    assert one.marker is not None  # noqa: S101 - callers looked
    change: TicketChange | CommentChange
    if one.creates == "ticket":
        bare = Ticket(source=one.source, external_id="", key="")
        change = TicketChange(wanted=bare, fields=frozenset(), marker=one.marker)
    else:
        ticket = one.ticket or ref.ticket
        change = CommentChange(ticket=ticket, wanted=Comment(id=""), marker=one.marker)
    errand = Errand(
        one.source,
        change,
        mapping=task.mapping.id,
        session=task.session,
        carries=one.comment,
        recorded=recorded,
    )
    record_answer(task.work, errand, one.step, ref, one.id, one.sent_at)


def _absent(task: Task, one: OpenIntent) -> None:
    now = task.work.now()
    again = one.looks + 1 < LOOKS
    with task.work.store.write() as connection:
        intents.looked(connection, one.id, now, absent=True)
        if not again:
            intents.end(connection, one.id, "absent", now)
    if again:
        raise Waits("a creation that was cut off is looked for once more", now + LOOK_AGAIN)


def side_of(task: Task, one: OpenIntent) -> Side:
    """The side an announcement was for."""
    return "left" if one.source == task.mirror.source else "right"
