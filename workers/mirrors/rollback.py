"""Rollback: what a session wrote to trackers is planned back, and carried out like any plan.

Only what still stands as it was written goes back: whatever anybody changed since stays, and is
told as a loss. What was created is closed, never deleted; a comment is deleted.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

from schemas.change import CommentChange, TicketChange
from schemas.errors import Permanent
from schemas.mirror import Mapping, Mirror, Plan, PlannedWrite, Receipt, Side
from schemas.ticket import Ticket
from store import known, mapped_comments, mappings, mirrors, plans, receipts, sessions
from store.plans import StoredPlan
from workers.mirrors.carry import Errand, Values, carry_out
from workers.mirrors.ending import closed_as, closing_fields
from workers.mirrors.pairs import Pair, other
from workers.mirrors.task import LEASE_SECONDS, Pushed, Task, Tools, digest_of
from workers.refetch import fetch_now
from workers.rules.projection import wanted
from workers.rules.views import view
from workers.work import Work

UNDONE = "rolled back; mirrors push NAME KEY takes it up again"


def plan_back(work: Work, session: int) -> Plan:
    """The way back of what a mirror's session wrote. Raises Permanent when there is none."""
    with work.store.read() as connection:
        told = sessions.look_up(connection, session)
        found = receipts.of_session(connection, session)
        every = mirrors.every(connection)
    if told is None or told.kind != "mirror":
        raise Permanent(f"session {session} is none of a mirror; see: sessions list")
    mirror = next((one for one in every if one.name == told.source), None)
    if mirror is None:
        raise Permanent(f"session {session} was of mirror {told.source}, which is gone")
    back = _planned(work, mirror, found)
    if not back.writes:
        raise Permanent(f"nothing of session {session} can be taken back")
    with work.store.write() as connection:
        plans.keep(connection, mirror.id, back, work.now(), kind="rollback", session=session)
    return back


def carry(work: Work, mirror: Mirror, stored: StoredPlan, *, session: int | None) -> Pushed:
    """Carries a plan back out; only the very same one that is planned again now."""
    with work.store.read() as connection:
        found = receipts.of_session(connection, stored.session or 0)
    ids = {one.mapping for one in found if one.mapping is not None}
    with closing(Tools(work, session)) as tools:
        for pair_task in _tasks(tools, mirror, ids):
            _read(pair_task)
        again = _planned(work, mirror, found)
        if stored.plan is None or again.digest != stored.plan.digest:
            raise Permanent("reality moved since this plan was made; plan the way back again")
        claim(work, stored, session)
        total = Pushed()
        for task in _tasks(tools, mirror, ids):
            with _alone(task):
                _undo(task, [one for one in again.writes if one.mapping == task.mapping.id])
            total.add(task.done)
    return total


def claim(work: Work, stored: StoredPlan, session: int | None) -> None:
    """A plan is carried out once. Raises Permanent when somebody else began meanwhile."""
    with work.store.write() as connection:
        if not plans.applied(connection, stored.id, work.now(), session):
            raise Permanent(f"plan {stored.digest[:12]} is being applied by somebody else")


@contextmanager
def _alone(task: Task) -> Iterator[None]:
    """No worker looks at the mapping meanwhile: it would write anew what is taken back."""
    with task.work.store.write() as connection:
        taken = mappings.lease(connection, task.mapping.id, task.work.now(), LEASE_SECONDS)
    if taken is None:
        raise Permanent("a worker is writing one of these tickets; plan the way back again")
    task.mapping = taken
    try:
        yield
    finally:
        with task.work.store.write() as connection:
            mappings.release(connection, task.mapping, done=False)


def _tasks(tools: Tools, mirror: Mirror, ids: Iterable[int]) -> Iterable[Task]:
    for id_ in sorted(ids):
        with tools.work.store.read() as connection:
            mapping = mappings.get(connection, id_)
        if mapping is not None:
            yield Task(tools, mirror, mapping)


def _read(task: Task) -> None:
    for side in ("left", "right"):
        ticket = task.mapping.left if side == "left" else task.mapping.right
        source = task.mirror.at(side)
        if ticket and task.work.tracker(task.work.sources[source].tracker).capabilities.polls:
            aspects = frozenset({"core", "comments"})
            fetch_now(task.work, task.tools.client(source), (source, ticket), aspects)  # type: ignore[arg-type]


def _planned(work: Work, mirror: Mirror, found: list[Receipt]) -> Plan:
    """`found` are receipts, newest first."""
    writes: list[PlannedWrite] = []
    losses: list[str] = []
    with closing(Tools(work)) as tools:
        ids = dict.fromkeys(one.mapping for one in found if one.mapping is not None)
        for task in _tasks(tools, mirror, ids):
            ours = [one for one in found if one.mapping == task.mapping.id]
            writes += _back(task, ours, losses)
    return Plan(
        mirror=mirror.name,
        writes=tuple(writes),
        losses=tuple(dict.fromkeys(losses)),
        digest=digest_of(writes),
    )


def _back(task: Task, ours: list[Receipt], losses: list[str]) -> list[PlannedWrite]:
    pair = task.pair()
    for one in ours:
        side: Side = "left" if one.source == task.mirror.source else "right"
        half = pair.half(side)
        if half is None or half.fate != "here":
            losses.append(f"{one.source} {one.ticket}: it is not there any more")
        elif one.comment is not None:
            _comment_back(task, side, pair, one, losses)
        elif one.step.startswith("create"):
            task.planned = []
            task.plan("close", side, half.ticket.title, half.ticket.key)
            break
        else:
            _fields_back(task, side, pair, one, losses)
    return task.planned


def _fields_back(task: Task, side: Side, pair: Pair, one: Receipt, losses: list[str]) -> None:
    half = pair.half(side)
    assert half is not None  # noqa: S101 - callers looked
    now = view(half.ticket, pair.terms[side])
    planned = {write.field: write for write in task.planned if write.source == one.source}
    for name, (before, after) in one.fields.items():
        if name in planned and planned[name].after == after:  # an older step of the same field
            task.planned.remove(planned[name])
            task.planned.append(planned[name].model_copy(update={"after": before}))
        elif now.get(name) == after:
            task.plan(
                "update",
                side,
                half.ticket.title,
                half.ticket.key,
                field=name,
                before=after,
                after=before,
            )
        else:
            losses.append(f"{half.ticket.key} {name}: it was changed since, and stays")


def _comment_back(task: Task, side: Side, pair: Pair, one: Receipt, losses: list[str]) -> None:
    half = pair.half(side)
    assert half is not None  # noqa: S101 - callers looked
    held = next((note for note in half.ticket.comments if note.id == one.comment), None)
    if one.step in ("comment", "create_comment") and held is not None:
        task.plan(
            "delete_comment",
            side,
            half.ticket.title,
            half.ticket.key,
            comment=one.comment,
            before=held.body,
        )
    else:
        losses.append(f"{half.ticket.key} comment {one.comment}: its former text is not kept")


def _undo(task: Task, writes: list[PlannedWrite]) -> None:
    """Carries the writes of one mapping out; it is left alone from then on, until a person says
    otherwise: it would only be told the same again."""
    for side in ("left", "right"):
        pair = task.pair()
        here = [one for one in writes if one.source == task.mirror.at(side)]
        half = pair.half(side)
        if half is None or not here:
            continue
        for one in here:
            if one.action == "delete_comment" and one.comment:
                _send(task, half.key[0], CommentChange(ticket=half.key[1], comment=one.comment))
        values = {one.field: one.after for one in here if one.action == "update" and one.field}
        with task.work.store.read() as connection:
            record = known.record(connection, half.key)
        if any(one.action == "close" for one in here):
            closed = half.ticket.model_copy(
                update={"state": "closed", "status": "", "status_id": None}
            )
            fields = closing_fields(task, half)
            change = TicketChange(ticket=half.key[1], wanted=closed, fields=fields, record=record)
            _send(task, half.key[0], change, closed_as(half, pair.terms[side]))
        elif values:
            now = view(half.ticket, pair.terms[side])
            beside = {name: now.get(name) for name in ("body", "footer", "labels", "badges")}
            told = now | beside | values
            mates = {"body": "footer", "footer": "body", "labels": "badges", "badges": "labels"}
            names = {*values, *(mates[name] for name in values if name in mates)}
            ticket, fields = wanted(told, names, pair.terms[other(side)], half.ticket)
            change = TicketChange(ticket=half.key[1], wanted=ticket, fields=fields, record=record)
            _send(task, half.key[0], change)
    _leave(task)


def _send(
    task: Task,
    source: str,
    change: TicketChange | CommentChange,
    fields: Callable[[Ticket | None], Values] = lambda _: {},
) -> None:
    errand = Errand(
        source,
        change,
        mapping=task.mapping.id,
        session=task.session,
        fields=fields,
        holds=task.hold,
    )
    done = carry_out(task.work, task.tools.client(source), errand)
    task.done.writes += done.steps
    task.losses += done.losses


def _leave(task: Task) -> None:
    mapping: Mapping = task.mapping
    with task.work.store.write() as connection:
        mapped_comments.drop_all(connection, mapping.id)
        mappings.write(
            connection,
            mapping.id,
            state="unlinked",
            reason=UNDONE,
            push_due=0,
            base=None,
            adopted=True,  # comments that stay at the twin are known by their marks
        )
