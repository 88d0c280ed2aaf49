"""Ending: one of the two tickets is gone, and what becomes of the other (law 13)."""

from collections.abc import Callable

from schemas.change import DeleteChange, TicketChange
from schemas.mirror import Base, Side
from schemas.ticket import Label, Ticket
from store import conflicts, known, mappings
from workers.mirrors.carry import Errand, Values, carry_out
from workers.mirrors.pairs import Half, Pair, other
from workers.mirrors.task import Task
from workers.refetch import fetch_now
from workers.rules import delete_edit
from workers.rules.delete_edit import Ending
from workers.rules.terms import Terms
from workers.rules.views import view

LABEL = "Mirror::source-deleted"
_SIDES: tuple[Side, Side] = ("left", "right")
_AWAY = ("moved", "hidden", "unread")


def ended(task: Task, pair: Pair) -> bool:
    """Whether there are no longer two tickets to compare; then what follows was done.

    Only a proof of deletion is one: what moved or cannot be read stays as it is.
    """
    missing = [side for side in _SIDES if pair.half(side) is None]
    if missing:
        raise task.wait("one of the two tickets is not held yet", 30)
    fates = {side: half.fate for side in _SIDES if (half := pair.half(side))}
    gone = [side for side in _SIDES if fates[side] == "deleted"]
    if not gone:
        away = [f"{task.mirror.at(side)}: {fates[side]}" for side in _SIDES if fates[side] in _AWAY]
        task.reason = "; ".join(away)
        return bool(away)
    _follow(task, pair, _what_follows(task, pair, gone), gone)
    return True


def _what_follows(task: Task, pair: Pair, gone: list[Side]) -> Ending:
    left_over = pair.half(other(gone[0]))
    edited = left_over is not None and _edited(pair, other(gone[0]), left_over)
    with task.work.store.read() as connection:
        unsettled = conflicts.of_mapping(connection, task.mapping.id)
    told = next((one for one in unsettled if one.kind == "delete" and one.settled_at), None)
    if told is None or len(gone) != 1:
        return delete_edit.deleted(gone, edited, task.mirror.options)
    living = other(gone[0])
    taken: Side = living if told.how == "value" else "left" if told.how == "left" else "right"
    with task.work.store.write() as connection:
        conflicts.close(connection, told, taken, "ticketsync", task.work.now())
    return delete_edit.settled(gone[0], taken, task.mirror.options)


def _edited(pair: Pair, side: Side, half: Half) -> bool:
    base = pair.mapping.base or Base()
    said = base.left if side == "left" else base.right
    now = view(half.ticket, pair.terms[side])
    return any(now.get(name) != value for name, value in said.items())


def _follow(task: Task, pair: Pair, what: Ending, gone: list[Side]) -> None:
    half = pair.half(what.side) if what.side else None
    if task.planning or task.tools.shadow:
        if what.act in ("close", "label", "delete") and what.side and half is not None:
            task.plan(what.act, what.side, half.ticket.title, half.ticket.key)
        return
    if what.act == "conflict":
        _open(task, pair, gone[0])
        return
    if what.side is not None and half is not None and half.fate == "here":
        fetch_now(task.work, task.client(what.side), half.key, frozenset({"core"}))
        _write(task, half, what, pair.terms[what.side])
    task.reason = what.why
    with task.work.store.write() as connection:
        mappings.write(connection, task.mapping.id, state="retired")


def _write(task: Task, half: Half, what: Ending, terms: Terms) -> None:
    with task.work.store.read() as connection:
        record = known.record(connection, half.key)
    ticket = half.key[1]
    change: TicketChange | DeleteChange
    if what.act == "delete":
        change = DeleteChange(ticket=ticket)
    elif what.act == "close":
        closed = half.ticket.model_copy(update={"state": "closed", "status": "", "status_id": None})
        fields = closing_fields(task, half)
        change = TicketChange(ticket=ticket, wanted=closed, fields=fields, record=record)
    else:
        labels = (*half.ticket.labels, Label(id="", name=LABEL))
        labelled: Ticket = half.ticket.model_copy(update={"labels": labels})
        change = TicketChange(
            ticket=ticket, wanted=labelled, fields=frozenset({"labels"}), record=record
        )
    errand = Errand(
        half.key[0], change, mapping=task.mapping.id, session=task.session, holds=task.hold
    )
    if what.act == "close":
        errand.fields = closed_as(half, terms)
    done = carry_out(task.work, task.tools.client(half.key[0]), errand)
    task.done.writes += done.steps
    task.losses += done.losses


def closing_fields(task: Task, half: Half) -> frozenset[str]:
    """What closes a ticket at its tracker."""
    tracker = task.work.tracker(task.work.sources[half.key[0]].tracker)
    return frozenset({"state", "status_category", "close_reason"}) & tracker.capabilities.writes


def closed_as(half: Half, terms: Terms) -> Callable[[Ticket | None], Values]:
    """The receipt of closing: the state before and after."""

    def told(answer: Ticket | None) -> Values:
        now = view(answer, terms).get("state") if answer else "closed"
        return {"state": (view(half.ticket, terms).get("state"), now)}

    return told


def _open(task: Task, pair: Pair, gone: Side) -> None:
    """One side is deleted, the other was edited: both are shown, and nothing happens to either."""
    left, right = pair.left, pair.right
    if left is None or right is None:
        return
    said = {side: "deleted" if side == gone else _title(pair.half(side)) for side in _SIDES}
    with task.work.store.write() as connection:
        _, new = conflicts.open_one(
            connection,
            key=left.key,
            other=right.key,
            field="ticket",
            left=said["left"],
            right=said["right"],
            kind="delete",
            strategy=task.mirror.options.strategy,
            mapping=task.mapping.id,
            mirror=task.mirror.name,
            now=task.work.now(),
        )
    task.done.conflicts += new


def _title(half: Half | None) -> str:
    return half.ticket.title if half else ""
