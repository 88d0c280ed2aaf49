"""Updating: a pair that is joined is compared, and each side told what it lacks (laws 8 and 10)."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from schemas import notice
from schemas.change import Ref, TicketChange
from schemas.mirror import Base, Conflict, Side, View
from schemas.model import Json
from schemas.ticket import Ticket
from store import conflicts, known, mappings, mirrors, receipts
from store.database import Connection
from workers.mirrors import comments, ending, leaving, retract
from workers.mirrors.bringing import Brought, bring_files, is_due
from workers.mirrors.carry import Errand, Recorded, Values, carry_out
from workers.mirrors.deciding import Clash, Decision, Origins, based, lacking, look, origin_of
from workers.mirrors.overtaken import note_overtaken
from workers.mirrors.pairs import Half, Pair, other
from workers.mirrors.task import Parks, Task
from workers.refetch import fetch_now
from workers.rules import privacy
from workers.rules.comment_plan import CommentStep
from workers.rules.projection import project, wanted
from workers.rules.threeway import same
from workers.rules.views import kind_of, view

_SIDES: tuple[Side, Side] = ("left", "right")
_HOUR = timedelta(hours=1)
_WITH = {"footer": "body", "badges": "labels"}
"""What is written together, since it stands in one field at the tracker."""


def update(task: Task) -> None:
    """Compares and writes. Raises Waits, Parks, and the client's errors.

    What is written is read first, drained, and decided anew: an edit that nobody told us of is
    never overwritten unseen (law 8). Where nothing is to be written, nothing is asked.
    """
    pair = task.pair()
    if ending.ended(task, pair):
        return
    if _withdrawn(task, pair):
        return
    if not (task.planning or task.tools.shadow):
        note_overtaken(task, pair)
    decision = compare(task, pair)
    steps = comments.steps(task, pair)
    files = [side for side in _SIDES if not task.planning and is_due(task, pair, side)]
    if not (decision.writes or comments.writes(steps) or files):
        _agree(task, pair, decision)
        comments.carry(task, pair, steps)
        return
    if task.planning or task.tools.shadow:
        plan(task, pair, decision)
        comments.plan(task, pair, steps)
        return
    _below_ceiling(task)
    pair, decision, steps = _read_first(task, pair, decision, steps, files)
    _carry(task, pair, decision)
    comments.carry(task, task.pair(), steps)


def compare(task: Task, pair: Pair) -> Decision:
    """What each side has to be told."""
    with task.work.store.read() as connection:
        unsettled = conflicts.of_mapping(connection, task.mapping.id)
        origins: Origins = {
            side: receipts.origins(connection, half.key) if (half := pair.half(side)) else {}
            for side in _SIDES
        }
    decision = look(pair, task.tools.redact(task.mirror), unsettled, origins)
    _name_files(pair, decision)
    for side in task.closed:
        decision.values[other(side)] = {}
    return decision


def plan(task: Task, pair: Pair, decision: Decision) -> None:
    """Notes what would be written."""
    for side in _SIDES:
        half = pair.half(side)
        assert half is not None  # noqa: S101 - both are held when they are compared
        for name, value in decision.values[side].items():
            task.plan(
                "update",
                side,
                half.ticket.title,
                half.ticket.key,
                field=name,
                before=decision.now[side].get(name),
                after=value,
            )
    task.losses += decision.losses


def _withdrawn(task: Task, pair: Pair) -> bool:
    """Whether the ticket may not leave any more: then what was published is taken back."""
    half = pair.half(pair.mapping.born)
    assert half is not None  # noqa: S101 - ended() looked
    found = leaving.may_leave(task, half)
    if found.passes:
        retract.returned(task)
        _close(task, pair, other(pair.mapping.born))
        return False
    if not found.barred:
        raise task.wait(found.reason, leaving.SOON)
    retract.retract(task, pair, found.reason)
    return True


def _close(task: Task, pair: Pair, side: Side) -> None:
    """Two ways, the twin has to be allowed to leave as well; else nothing of it goes home."""
    task.closed = set()
    twin = pair.half(side)
    if not task.mirror.two_way or twin is None:
        return
    found = leaving.may_leave(task, twin)
    if found.barred:
        task.closed = {side}
        task.reason = f"nothing of the twin goes home: {found.reason}"
    elif not found.passes:
        raise task.wait(found.reason, leaving.SOON)


def _below_ceiling(task: Task) -> None:
    """Something that writes all the time is a loop, or a person has to know (law 9)."""
    now = task.work.now()
    with task.work.store.read() as connection:
        count = receipts.count_since(connection, task.mapping.id, now - _HOUR)
    most = task.mirror.options.writes_per_hour
    if count >= most and not task.mapping.forced:
        raise Parks(f"{count} writes within an hour (writes_per_hour = {most}); is it a loop?")


def _read_first(
    task: Task, pair: Pair, decision: Decision, steps: list[CommentStep], files: list[Side]
) -> tuple[Pair, Decision, list[CommentStep]]:
    """Files first, since they may change the ticket that they come to; then what is written is
    read, and everything decided anew."""
    brought = Brought(pair)
    for side in _SIDES:
        texts = {"body"} & decision.values[side].keys() or comments.texts_on(steps, side)
        if brought.pair.half(side) is not None and (texts or side in files):
            bring_files(task, brought, side)
    for side in _SIDES:
        half = pair.half(side)
        told = comments.edits_on(steps, side)
        if half is not None and (decision.values[side] or told or side in files):
            aspects = frozenset({"core", "comments"} if told else {"core"})
            fetch_now(task.work, task.client(side), half.key, aspects)  # type: ignore[arg-type]
            task.work.passing("read first")
    pair = task.pair()
    if pair.left is None or pair.right is None:
        raise Parks("one of the two tickets is not held any more")
    return pair, compare(task, pair), comments.steps(task, pair, brought.arrived)


def _name_files(pair: Pair, decision: Decision) -> None:
    """A text that was written before its files came is written once more: nobody edited it."""
    born = pair.mapping.born
    side, base = other(born), pair.mapping.base
    carried = base.there if base and born == "left" else base.here if base else {}
    written = carried.get("body") or ""
    said, clashes = decision.said[side].get("body"), {one.field for one in decision.clashes}
    stale = any(address in written for address in pair.terms[born].files)
    if stale and said != decision.now[side].get("body") and "body" not in clashes:
        decision.values[side].setdefault("body", said)


def _agree(task: Task, pair: Pair, decision: Decision) -> None:
    """Nothing to write; what both say now is noted."""
    if task.planning:
        task.losses += decision.losses
        return
    base = based(pair, decision)
    with task.work.store.write() as connection:
        if base != (pair.mapping.base or Base()):
            mappings.write(connection, task.mapping.id, base=base)
        note_conflicts(task, connection, pair, decision)
        _note(connection, task, decision)


def _carry(task: Task, pair: Pair, decision: Decision) -> None:
    wrote = False
    for side in _SIDES:
        if decision.values[side]:
            ticket = _write(task, pair, decision, side)
            wrote = True
            pair = task.pair()
            _now_says(pair, decision, side, ticket)
    if not wrote:
        _agree(task, pair, decision)


def _now_says(pair: Pair, decision: Decision, side: Side, ticket: Ticket | None) -> None:
    """What was written here is what the other side, if it is told as well, agrees with."""
    after = view(ticket, pair.terms[side]) if ticket else decision.values[side]
    for name in decision.values[side]:
        decision.now[side][name] = after.get(name)
        if name in decision.values[other(side)]:
            decision.said[other(side)][name] = decision.values[other(side)][name]


def _write(task: Task, pair: Pair, decision: Decision, side: Side) -> Ticket | None:
    half, own = pair.half(side), leaving.carried_from(pair, side)
    if half is None:
        raise Parks("the ticket to be written is not held any more")
    values = _together(decision.values[side], decision.now[side])
    terms = pair.terms[other(side)]
    told = decision.now[side] | values
    ticket, names = wanted(told, values.keys(), terms, half.ticket)
    change = TicketChange(
        ticket=half.key[1], wanted=ticket, fields=names, record=_record(task, half)
    )
    errand = Errand(
        half.key[0],
        change,
        mapping=task.mapping.id,
        session=task.session,
        holds=task.hold,
        fields=_receipt(pair, decision, side),
        origins=_origins(task, own, _carried(decision, side), decision.now[other(side)]),
        recorded=_recorder(task, pair, decision, side),
        leaves=leaving.last_look(task, own.key),
        read_at=task.work.now(),
    )
    done = carry_out(task.work, task.client(side), errand)
    task.done.writes += done.steps
    task.losses += done.losses
    _settle(task, pair, decision, side, done.ticket)
    return done.ticket


def _carried(decision: Decision, side: Side) -> View:
    """What stems from the other side alone; what was put together of both stems from neither."""
    both = decision.values[other(side)]
    return {name: value for name, value in decision.values[side].items() if name not in both}


def _together(values: View, now: View) -> View:
    """A description is written with its footer, labels with those that we make."""
    pairs = [*_WITH.items(), *((own, made) for made, own in _WITH.items())]
    beside = {mate: now.get(mate) for name, mate in pairs if name in values}
    return beside | values


def _record(task: Task, half: Half) -> Json:
    with task.work.store.read() as connection:
        return known.record(connection, half.key)


def _receipt(pair: Pair, decision: Decision, side: Side) -> Callable[[Ticket | None], Values]:
    """(before, after) of what is written: after as it was answered, where the answer tells."""
    values, before = decision.values[side], decision.now[side]

    def told(ticket: Ticket | None) -> Values:
        now = view(ticket, pair.terms[side]) if ticket else values
        return {name: (before.get(name), now.get(name)) for name in values}

    return told


def _origins(task: Task, half: Half, values: View, own: View) -> dict[str, str]:
    with task.work.store.read() as connection:
        stems = receipts.origins(connection, half.key)
    return {name: origin_of(half, name, own.get(name), stems) for name in values}


def _recorder(task: Task, pair: Pair, decision: Decision, side: Side) -> Recorded:
    """The base moves in the transaction that knows of the answer: of what this step has changed.

    What it has not, a later step may; nobody knows yet whether there will be one.
    """

    def recorded(connection: Connection, ref: Ref, ticket: Ticket | None) -> None:
        if ticket is not None:
            after, now = view(ticket, pair.terms[side]), decision.now[side]
            took = [
                name
                for name in decision.values[side]
                if not same(kind_of(name), after.get(name), now.get(name))
            ]
            _move(task, connection, _base_after(pair, decision, side, ticket, took))

    return recorded


def _move(task: Task, connection: Connection, base: Base) -> None:
    if base != task.mapping.base:
        mappings.write(connection, task.mapping.id, base=base)
        task.mapping = task.mapping.model_copy(update={"base": base})


def _base_after(
    pair: Pair, decision: Decision, side: Side, ticket: Ticket, written: Iterable[str]
) -> Base:
    """What both say once `side` was written: its own words as they were answered (law 10).

    A field that both are to be told moves when the second one was.
    """
    base, after = based(pair, decision), view(ticket, pair.terms[side])
    left_over = decision.values[other(side)] if side == "left" else {}
    names = [name for name in written if name not in left_over]
    mine = {name: decision.now[other(side)].get(name) for name in names}
    now = {name: after.get(name) for name in names}
    forth = {name: decision.said[side].get(name) for name in names}
    answered = project(ticket, pair.terms[side], decision.now[other(side)]).view
    back = {name: answered.get(name) for name in names}
    if side == "right":
        return base.model_copy(
            update={
                "left": base.left | mine,
                "right": base.right | now,
                "there": base.there | forth,
                "here": base.here | back,
            }
        )
    return base.model_copy(
        update={
            "left": base.left | now,
            "right": base.right | mine,
            "there": base.there | back,
            "here": base.here | forth,
        }
    )


def _settle(task: Task, pair: Pair, decision: Decision, side: Side, ticket: Ticket | None) -> None:
    """What the target made of it: fields it did not keep go as labels since."""
    after = view(ticket, pair.terms[side]) if ticket else None
    lost = lacking(decision.values[side], decision.now[side], after) if after else []
    with task.work.store.write() as connection:
        if ticket is not None:
            base = _base_after(pair, decision, side, ticket, decision.values[side])
            _move(task, connection, base)
        if lost and side == other(task.mapping.born):
            mirrors.lack(connection, task.mirror, lost)
            mappings.wake(connection, [task.mapping.id])
        note_conflicts(task, connection, pair, decision)
        _note(connection, task, decision)


def note_conflicts(task: Task, connection: Connection, pair: Pair, decision: Decision) -> None:
    """Opens what a person has to settle, ends what is settled, and tells of both."""
    now = task.work.now()
    assert pair.left is not None  # noqa: S101 - both are held when they are compared
    assert pair.right is not None  # noqa: S101 - both are held when they are compared
    for one in decision.reopened:
        conflicts.reopen(connection, one)
    new = [one.field for one in decision.clashes if _opened(task, connection, pair, one)]
    if new:
        task.done.conflicts += len(new)
        told = notice.conflict_detected(_marked(task, pair.left), new, now)
        task.work.tell(connection, [told])
    for one in decision.settled:
        _end(task, connection, pair, one)


def _marked(task: Task, half: Half) -> Ticket:
    return privacy.marked(half.ticket, task.work.sources.get(half.key[0]))


def _opened(task: Task, connection: Connection, pair: Pair, clash: Clash) -> bool:
    assert pair.left is not None  # noqa: S101 - callers looked
    assert pair.right is not None  # noqa: S101 - callers looked
    _, new = conflicts.open_one(
        connection,
        key=pair.left.key,
        other=pair.right.key,
        field=clash.field,
        base=clash.base,
        left=clash.left,
        right=clash.right,
        strategy=clash.strategy,
        mapping=task.mapping.id,
        mirror=task.mirror.name,
        now=task.work.now(),
    )
    return new


def _end(task: Task, connection: Connection, pair: Pair, one: Conflict) -> None:
    assert pair.left is not None  # noqa: S101 - callers looked
    now = task.work.now()
    conflicts.close(connection, one, "agreed", "ticketsync", now)
    told = notice.conflict_resolved(_marked(task, pair.left), [one.field], one.how or "agreed", now)
    task.work.tell(connection, [told])


def _note(connection: Connection, task: Task, decision: Decision) -> None:
    lines = tuple(dict.fromkeys([*decision.notes, *task.losses, *decision.losses]))
    if lines != task.mapping.noted:
        mappings.write(connection, task.mapping.id, noted=list(lines))
