"""Joining: a ticket gets its twin, by being made, or by being found."""

from collections.abc import Callable
from datetime import datetime, timedelta

from schemas.change import Absent, Found, Intent, Marker, Ref, TicketChange, Unsure
from schemas.mirror import Base, Side, View
from schemas.model import Json
from schemas.ticket import Ticket
from store import backup, intents, known, mappings, marks, mirrors, receipts, standing
from store.database import Connection
from store.intents import OpenIntent
from store.marks import Marked
from trackers import markers
from workers.mirrors import leaving
from workers.mirrors.bringing import Brought, bring_files
from workers.mirrors.carry import Errand, Recorded, Values, carry_out
from workers.mirrors.deciding import brought, lacking, mirrored, origin_of, said_by
from workers.mirrors.pairs import Half, Pair, other, words
from workers.mirrors.task import Outside, Parks, Task
from workers.rules import eligibility
from workers.rules.projection import project, wanted
from workers.rules.terms import Terms
from workers.rules.threeway import same
from workers.rules.views import kind_of, view

NOT_READ = 60.0
LISTING = 5.0
CREATING = 5.0
CLOCKS_DIFFER = timedelta(minutes=5)


def bring(task: Task) -> bool:
    """Finds or makes the twin. True when there is one now, that others wrote.

    Raises Outside where there shall be none, Waits, Parks, and the client's errors.
    """
    born = task.mapping.born
    half = _here(task, born)
    reason = eligibility.outside(half.ticket, task.mirror, task.mapping.forced)
    if reason and not _carriers(task, half, born):
        raise Outside(reason)
    _twin_itself(task, half, born)
    if _adopted(task, half, born):
        return True
    _stays(task, half, born)
    if reason:
        raise Outside(reason)
    found = leaving.may_leave(task, half)
    if found.barred:
        raise Outside(found.reason)
    if not found.passes:
        raise task.wait(found.reason, leaving.SOON)
    pair = task.pair()
    _make(task, pair, leaving.carried_from(pair, other(born)), born)
    return False


def _here(task: Task, born: Side) -> Half:
    """The ticket, as far as it takes to say whether it is mirrored at all."""
    half = leaving.held(task, (task.mirror.at(born), task.mapping.on(born) or ""))
    if half is None:
        raise task.wait("its record is not held yet", leaving.SOON)
    if half.fate != "here":
        raise Outside(f"the ticket is {half.fate}")
    return half


def marker_of(task: Task, what: str) -> Marker:
    """The mark of what we make for `what` (`source/id`, or `source/id/comment`)."""
    ours = task.tools.ourselves()
    return markers.minted(
        ours.key, ours.id, task.mirror.pair, what, generation=task.mapping.generation
    )


def _twin_itself(task: Task, half: Half, born: Side) -> None:
    """A ticket that is somebody's twin over there is not sent back."""
    there = task.mirror.at(other(born))
    with task.work.store.read() as connection:
        family = mappings.family(connection, half.key)
        own_marks = marks.on(connection, half.key)
        creating = intents.creating(connection, half.key[0])
    kin = [key for key in family[1:] if key[0] == there]
    if kin:
        raise Outside(f"it is there already, as {kin[0][1]}")
    for _, origin, proven in own_marks:
        if proven and origin.startswith(f"{there}/") and _ours(task, born, half.key[1]):
            raise Outside(f"it is itself the twin of {origin}")
    if creating and not task.mapping.forced and not own_marks:
        raise task.wait("a twin is being made there; this may be it", CREATING)


def _stays(task: Task, half: Half, born: Side) -> None:
    """Raises Outside for what was brought from there."""
    with task.work.store.read() as connection:
        instance = words(task.work, connection, task.mirror.at(other(born))).instance
        if not eligibility.comes_from(half.ticket, instance):
            return
        known_twin = bool(mappings.origins_of(connection, half.key)) or bool(
            marks.on(connection, half.key)
        )
    if not known_twin:
        raise Outside("its label says that it was brought from there")


def _carriers(task: Task, half: Half, born: Side) -> list[Marked]:
    """The tickets there that say they are its twin."""
    there, what = task.mirror.at(other(born)), "/".join(half.key)
    with task.work.store.read() as connection:
        found = marks.carrying(connection, there, task.mirror.pair, what)
    return [one for one in found if one.generation >= task.mapping.generation]


def _adopted(task: Task, half: Half, born: Side) -> bool:
    """Joins with a ticket that carries our mark: of an earlier life of this store, or of another
    mapping that was lost with a backup."""
    there, found = task.mirror.at(other(born)), _carriers(task, half, born)
    if not found:
        return False
    with task.work.store.read() as connection:
        taken = {
            one.ticket: mappings.at(connection, task.mirror.id, other(born), one.ticket)
            for one in found
        }
    for one in found:
        held = taken[one.ticket]
        if held is not None and held.on(born) is not None:
            continue
        if not _ours(task, other(born), one.ticket):
            continue
        if not one.proven:
            raise Parks(
                f"{one.ticket} at {there} carries a mark of another store for this ticket; "
                f"adopt it with: mirrors link {task.mirror.name} {half.ticket.key} {one.ticket}"
            )
        if not task.planning:
            join(task, one.ticket, held.id if held else None)
        return not task.planning
    return False


def _ours(task: Task, side: Side, ticket: str) -> bool:
    """Whether our own account wrote it: a mark in a text can be copied by anybody."""
    name = task.mirror.at(side)
    with task.work.store.read() as connection:
        record = known.record(connection, (name, ticket))
    tracker = task.work.tracker(task.work.sources[name].tracker)
    author = tracker.author(record) if record is not None else None
    if author is None:
        return True  # the tracker does not tell; the proof has to do
    return task.tools.client(name).identity().wrote(author)


def join(task: Task, twin: str, instead: int | None = None) -> None:
    """The twin is found: an own mapping of it, which was only just born, goes."""
    now = task.work.now()
    with task.work.store.write() as connection:
        if instead is not None:
            mappings.drop(connection, instead)
        columns: dict[str, Json] = {other(task.mapping.born): twin}
        mappings.write(
            connection,
            task.mapping.id,
            state="joined",
            reason="",
            base=None,
            adopted=True,
            joined_at=now,
            **columns,
        )
    update = {**columns, "state": "joined", "base": None, "adopted": True, "joined_at": now}
    task.mapping = task.mapping.model_copy(update=update)


def _make(task: Task, pair: Pair, half: Half, born: Side) -> None:
    side = other(born)
    there = task.mirror.at(side)
    restored = _was_read(task, there)
    mark = marker_of(task, "/".join(half.key))
    if restored and (half.ticket.created_at or restored) <= restored and not task.planning:
        _not_made_before(task, side, mark, half)
    if not task.planning and not task.tools.shadow:
        files = Brought(pair)
        bring_files(task, files, side)
        pair = files.pair
    names = brought(pair)
    said = said_by(pair, born, task.tools.redact(task.mirror), None)
    values = {name: said.view.get(name) for name in names if said.view.get(name) not in _EMPTY}
    task.losses += said.losses
    if task.planning or task.tools.shadow:
        for name, value in values.items():
            task.plan("create", side, half.ticket.title, field=name, after=value)
        return
    ticket, fields = wanted(values, values.keys(), pair.terms[born], None)
    change = TicketChange(wanted=ticket, fields=fields, marker=mark)
    errand = Errand(
        there,
        change,
        mapping=task.mapping.id,
        session=task.session,
        holds=task.hold,
        fields=_said(values, pair.terms[side]),
        origins=_origins(task, half, values),
        recorded=created_hook(task, pair, values, said.view),
        leaves=leaving.last_look(task, half.key),
    )
    done = carry_out(task.work, task.client(side), errand)
    task.done.writes += done.steps
    task.done.created += 1
    task.losses += done.losses
    if done.ref is not None:
        made = {side: done.ref.ticket, "state": "joined"}
        task.mapping = task.mapping.model_copy(update=made)
        _note_lacks(task, values, done.ticket, pair.terms[side])
    if done.ticket is not None:
        own, twin = view(half.ticket, pair.terms[born]), view(done.ticket, pair.terms[side])
        _agreed(task, first_base(pair, own, said.view, twin, done.ticket))


def _agreed(task: Task, base: Base) -> None:
    """All steps were taken: what the target made of any of them is agreed."""
    if base != task.mapping.base:
        with task.work.store.write() as connection:
            mappings.write(connection, task.mapping.id, base=base)
        task.mapping = task.mapping.model_copy(update={"base": base})


def _was_read(task: Task, there: str) -> datetime | None:
    """Raises Waits for a target that is not known whole; when the store was restored, if ever."""
    with task.work.store.read() as connection:
        whole = standing.read_whole(connection, there)
        listed = standing.definitions_known(connection, there)
        restored = backup.restored_at(connection)
    if not whole:
        raise task.wait(f"{there} has not been read fully yet: run sync {there}", NOT_READ)
    if not listed:
        raise task.wait(f"the states and labels of {there} are being read", LISTING)
    return restored


def _note_lacks(task: Task, values: View, ticket: Ticket | None, back: Terms) -> None:
    """Fields that the target did not keep go as labels, or as lines of the footer, since."""
    lost = lacking(values, {}, view(ticket, back)) if ticket else []
    if lost:
        with task.work.store.write() as connection:
            mirrors.lack(connection, task.mirror, lost)
            mappings.wake(connection, [task.mapping.id])


_EMPTY: tuple[Json, ...] = (None, "", [], ())


def _said(values: dict[str, Json], back: Terms) -> Callable[[Ticket | None], Values]:
    """The receipt: values as they were answered where the answer tells, else as they were sent."""

    def told(ticket: Ticket | None) -> Values:
        now = view(ticket, back) if ticket else values
        return {name: (None, now.get(name)) for name in values}

    return told


def _origins(task: Task, half: Half, values: dict[str, Json]) -> dict[str, str]:
    with task.work.store.read() as connection:
        stems = receipts.origins(connection, half.key)
    return {name: origin_of(half, name, value, stems) for name, value in values.items()}


def created_hook(
    task: Task, pair: Pair, values: dict[str, Json], said: dict[str, Json]
) -> Recorded:
    """Joins the two in the transaction that learns of the new ticket.

    Should nobody get to the steps that are left, what they would have said is a change since.
    """
    born = task.mapping.born
    half = pair.half(born)
    assert half is not None  # noqa: S101 - callers looked
    own = view(half.ticket, pair.terms[born])

    def recorded(connection: Connection, ref: Ref, ticket: Ticket | None) -> None:
        columns: dict[str, Json] = {other(born): ref.ticket}
        base = None
        if ticket is not None:
            twin = view(ticket, pair.terms[other(born)])
            base = first_base(pair, own, said, twin, ticket, whole=False)
        _only_one(connection, task, ref.ticket)
        mappings.write(
            connection,
            task.mapping.id,
            state="joined",
            reason="",
            joined_at=task.work.now(),
            base=base,
            **columns,
        )
        task.mapping = task.mapping.model_copy(
            update={**columns, "state": "joined", "base": base, "joined_at": task.work.now()}
        )

    return recorded


def found_hook(task: Task, intent: OpenIntent) -> Recorded:
    """Joins the two when the answer was lost and the ticket found again."""
    born = task.mapping.born

    def recorded(connection: Connection, ref: Ref, ticket: Ticket | None) -> None:
        columns: dict[str, Json] = {other(born): ref.ticket}
        now = task.work.now()
        _only_one(connection, task, ref.ticket)
        mappings.write(
            connection, task.mapping.id, state="joined", reason="", joined_at=now, **columns
        )
        task.mapping = task.mapping.model_copy(
            update={**columns, "state": "joined", "joined_at": now}
        )

    return recorded


def _only_one(connection: Connection, task: Task, twin: str) -> None:
    """A webhook may tell of a twin before its answer does: two ways, it was mapped by then."""
    held = mappings.at(connection, task.mirror.id, other(task.mapping.born), twin)
    if held is not None and held.id != task.mapping.id and held.on(task.mapping.born) is None:
        mappings.drop(connection, held.id)


def first_base(
    pair: Pair,
    own: dict[str, Json],
    said: dict[str, Json],
    twin: dict[str, Json],
    ticket: Ticket,
    *,
    whole: bool = True,
) -> Base:
    """What both say right after the twin was made.

    Not `whole`: steps are left. What the twin does not say as it is to be said counts as if its
    origin had said the same until now, and changed since.
    """
    born = pair.mapping.born
    names = mirrored(pair)
    half = pair.half(born)
    assert half is not None  # noqa: S101 - callers looked
    back = project(ticket, pair.terms[other(born)], own).view
    mine = {name: own.get(name) for name in names}
    theirs = {name: twin.get(name) for name in names}
    forth = {name: said.get(name) for name in names}
    home = {name: back.get(name) for name in names}
    for name in () if whole else names:
        if not same(kind_of(name), twin.get(name), said.get(name)):
            mine[name], forth[name] = home[name], theirs[name]
    if born == "left":
        return Base(left=mine, right=theirs, there=forth, here=home)
    return Base(left=theirs, right=mine, there=home, here=forth)


def _not_made_before(task: Task, side: Side, mark: Marker, half: Half) -> None:
    """After a restore the store lacks what was made since the backup: the tracker is asked."""
    since = (half.ticket.created_at or task.mirror.created_at) - CLOCKS_DIFFER
    intent = Intent(creates="ticket", marker=mark, sent_at=since)
    found = task.client(side).find_marker(intent)
    match found:
        case Found():
            with task.work.store.read() as connection:
                held = mappings.at(connection, task.mirror.id, side, found.ref.ticket)
            join(task, found.ref.ticket, held.id if held else None)
            raise task.wait("its twin was found", 0)
        case Unsure():
            raise Parks(f"nobody can tell whether it has a twin: {found.reason}")
        case Absent():
            return
