"""Retract: a ticket that was published may not leave any more; its twin is withdrawn (law 12)."""

from schemas.change import CommentChange, DeleteChange, TicketChange
from schemas.mirror import Base, Side
from store import audit, known, mapped_comments, mappings
from workers.mirrors.carry import Errand, carry_out
from workers.mirrors.pairs import Half, Pair, other
from workers.mirrors.task import Task
from workers.refetch import fetch_now
from workers.rules import withdrawal
from workers.rules.projection import wanted
from workers.rules.views import view
from workers.rules.withdrawal import comment_act, emptied, withdrawn

WITHDRAWN = "withdrawn: "
"""How the reason of a mapping begins whose twin was withdrawn."""


def retract(task: Task, pair: Pair, reason: str) -> None:
    """Takes back what was published, once; says so in the audit.

    Should the ticket be allowed to leave again, all of it is a change.
    """
    side = other(pair.mapping.born)
    half = pair.half(side)
    if pair.mapping.reason.startswith(WITHDRAWN):
        task.reason = pair.mapping.reason
        return
    if half is None:
        return
    if task.planning or task.tools.shadow:
        task.plan("withdraw", side, half.ticket.title, half.ticket.key)
        return
    if task.mirror.options.retract == "delete":
        _send(task, half, DeleteChange(ticket=half.key[1], record=_record(task, half)))
        _note(task, half, reason, state="retired")
        return
    fetch_now(task.work, task.client(side), half.key, frozenset({"core", "comments"}))
    pair = task.pair()
    half = pair.half(side)
    if half is None:
        return
    # The ticket first: a comment that is taken away may move its revision.
    _empty(task, pair, half, side)
    _comments(task, pair, half, side)
    _note(task, half, reason)


def returned(task: Task) -> None:
    """The ticket may leave again: what is published from now on can be taken back once more."""
    if task.planning or not task.mapping.reason.startswith(WITHDRAWN):
        return
    with task.work.store.write() as connection:
        mappings.write(connection, task.mapping.id, reason="")
    task.mapping = task.mapping.model_copy(update={"reason": ""})


def _empty(task: Task, pair: Pair, half: Half, side: Side) -> None:
    base = pair.mapping.base or Base()
    agreed = base.left if side == "left" else base.right
    now = view(half.ticket, pair.terms[side])
    bare = withdrawn(now, _closed(pair, side, now), agreed or None)
    values = {name: value for name, value in bare.items() if now.get(name) != value}
    if "body" in values or "footer" in values:
        values |= {"body": bare["body"], "footer": bare["footer"]}
    if "labels" in values or "badges" in values:
        values |= {"labels": bare["labels"], "badges": bare["badges"]}
    if not values:
        return
    ticket, fields = wanted(now | values, values.keys(), pair.terms[other(side)], half.ticket)
    change = TicketChange(
        ticket=half.key[1], wanted=ticket, fields=fields, record=_record(task, half)
    )
    _send(task, half, change)
    after = task.pair()
    twin = after.half(side)
    own = after.half(other(side))
    if twin is None or own is None:
        return
    said = {
        side: view(twin.ticket, after.terms[side]),
        other(side): withdrawal.blank(view(own.ticket, after.terms[other(side)])),
    }
    with task.work.store.write() as connection:
        there, here = said["right"], said["left"]
        new = Base(left=said["left"], right=said["right"], there=there, here=here)
        mappings.write(connection, task.mapping.id, base=new)


def _closed(pair: Pair, side: Side, now: dict[str, object]) -> object:
    """The word of that side for a ticket that is over."""
    for one in pair.terms[other(side)].states:
        if one.state in ("canceled", "done"):
            return one.name
    return "closed" if "state" in now else None


def _comments(task: Task, pair: Pair, half: Half, side: Side) -> None:
    tracker = task.work.tracker(task.work.sources[half.key[0]].tracker)
    act = comment_act(tracker.capabilities.comments)
    held = {one.id: one for one in half.ticket.comments}
    for row, one in withdrawal.twins_of_comments(pair.comments, side):
        if one in held and act != "none":
            empty = emptied(held[one]) if act == "edit" else None
            _send(task, half, CommentChange(ticket=half.key[1], comment=one, wanted=empty))
        elif one in held:
            task.losses.append(f"comment {one} stays: {half.key[0]} lets nobody take it back")
        with task.work.store.write() as connection:
            mapped_comments.drop(connection, row)


def _send(task: Task, half: Half, change: TicketChange | CommentChange | DeleteChange) -> None:
    errand = Errand(
        half.key[0], change, mapping=task.mapping.id, session=task.session, holds=task.hold
    )
    done = carry_out(task.work, task.tools.client(half.key[0]), errand)
    task.done.writes += done.steps
    task.losses += done.losses


def _record(task: Task, half: Half) -> object:
    with task.work.store.read() as connection:
        return known.record(connection, half.key)


def _note(task: Task, half: Half, reason: str, state: str = "joined") -> None:
    now = task.work.now()
    task.reason = f"{WITHDRAWN}{reason}"
    with task.work.store.write() as connection:
        mappings.write(connection, task.mapping.id, state=state, reason=f"{WITHDRAWN}{reason}")
        subject = f"{half.key[0]} {half.ticket.key}"
        audit.note(connection, now, "ticketsync", "mirror.withdraw", subject, after=reason)
