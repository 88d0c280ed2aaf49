"""Overtaken: an edit that came between our reading of a ticket and our writing it (law 8).

Most trackers cannot refuse such a write. Their history tells afterwards: our own step then did not
follow on what we had read. The other's value is kept in a conflict, so that nothing is lost.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from schemas import notice
from schemas.history import HistoryRow
from schemas.mirror import Receipt, Side
from schemas.model import Json
from store import conflicts, history, receipts
from store.keys import Key
from workers.mirrors.pairs import Half, Pair, other
from workers.mirrors.task import Task
from workers.rules import privacy
from workers.rules.meanwhile import Step, comparable, history_name, meanwhile
from workers.rules.views import view

RECENT = timedelta(hours=1)
"""So long a history is looked at after a write; one that comes later tells nobody."""
AROUND = timedelta(minutes=2)
"""The clocks of two machines, and the time between reading and writing."""
_SIDES: tuple[Side, Side] = ("left", "right")


def note_overtaken(task: Task, pair: Pair) -> None:
    """Opens a conflict for every edit that our recent writes went over. No request."""
    since = task.work.now() - RECENT
    with task.work.store.read() as connection:
        ours = receipts.since(connection, task.mapping.id, since)
    if not ours:
        return
    for side in _SIDES:
        half = pair.half(side)
        written = [one for one in ours if half and (one.source, one.ticket) == half.key]
        if half is not None and written:
            _look(task, pair, side, half, written)


def _look(task: Task, pair: Pair, side: Side, half: Half, written: Sequence[Receipt]) -> None:
    with task.work.store.read() as connection:
        after = min(one.at for one in written) - AROUND
        told = [
            row
            for row in history.of(connection, [half.key], after=after).get(half.key, [])
            if row.basis != "inferred" and row.entry.told
        ]
    if not told:
        return
    tracker = task.work.sources[half.key[0]].tracker
    now = view(half.ticket, pair.terms[side])
    for one in written:
        if _made_it(one):
            continue
        for name, (before, wrote) in one.fields.items():
            steps = _steps(told, one, name, tracker)
            found = meanwhile(steps, comparable(name, before), comparable(name, wrote))
            if found is not None and comparable(name, now.get(name)) != found.value:
                _open(task, pair, side, name, one, found.value)


def _made_it(receipt: Receipt) -> bool:
    """Whether the ticket was only just made: before it had a title, nobody can have edited it."""
    title = receipt.fields.get("title")
    return title is not None and title[0] is None


def _steps(told: Iterable[HistoryRow], receipt: Receipt, name: str, tracker: str) -> list[Step]:
    field = history_name(name, tracker)
    return [
        Step(comparable(name, row.entry.before), comparable(name, row.entry.after))
        for row in told
        if field is not None
        and row.entry.field == field
        and abs(row.entry.at - receipt.at) <= AROUND
    ]


def _open(task: Task, pair: Pair, side: Side, name: str, one: Receipt, theirs: Json) -> None:
    """Their value stands on their side of the conflict, beside what the other side says."""
    across = pair.half(other(side))
    if across is None or pair.left is None or pair.right is None:
        return
    said = {side: theirs, other(side): view(across.ticket, pair.terms[other(side)]).get(name)}
    keys: tuple[Key, Key] = (pair.left.key, pair.right.key)
    now = task.work.now()
    with task.work.store.write() as connection:
        if conflicts.was_overtaken(connection, task.mapping.id, name, one.at):
            return
        _, new = conflicts.open_one(
            connection,
            key=keys[0],
            other=keys[1],
            field=name,
            base=one.fields[name][0],
            left=said["left"],
            right=said["right"],
            kind="overtaken",
            strategy="manual",
            mapping=task.mapping.id,
            mirror=task.mirror.name,
            now=now,
        )
        if new:
            shown = privacy.marked(pair.left.ticket, task.work.sources.get(keys[0][0]))
            told = notice.conflict_detected(shown, [name], now)
            task.work.tell(connection, [told])
    task.done.conflicts += new
