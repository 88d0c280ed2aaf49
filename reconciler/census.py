"""The census: every ticket by id, revision and comment count, in slices spread over a day.

It finds what moves no revision, what left without a word, and what came into our sight; nothing of
that is believed, all of it is asked about (law 13).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from reconciler import hints, missing
from reconciler.gaps import Find
from reconciler.run import Run
from schemas.event import Aspect
from schemas.model import Json, Model
from schemas.revision import compare
from schemas.session import Pass
from schemas.tracker import CensusPage, Part, Seen
from store import census, journal, known, left_out
from store.database import Connection

AT_LEAST = 1_000
"""Tickets of a slice: a smaller source is counted at once."""

Question = tuple[str, Aspect, str]


class Round(Model):
    """A census under way: since when, where it goes on, how many tickets there may be.

    A `baseline` is only to note what there is.
    """

    number: int
    began_at: datetime
    at: str | None = None
    total: int | None = None
    baseline: bool = False


def look(run: Run) -> None:
    """One slice when a round is under way or due."""
    before = run.last("census")
    if not (before.mark or _is_due(run, before)):
        return
    # What this session has just journaled would be asked about as if nobody had found it.
    run.parts.settle(run.source.name, run.session)
    with run.making("census") as made:
        this = begun(run, before.mark)
        made.over = _slice(run, this, _share(run, this))


def whole(run: Run) -> None:
    """A round from the beginning to the end, now."""
    with run.making("census"):
        _slice(run, _fresh(run), None)


def goes_on(run: Run) -> bool:
    """Ends the round that the same run began before it was parked; whether there was one."""
    this = _kept(run.last("census").mark)
    if this is None or this.baseline or this.number < run.first:
        return False
    with run.making("census"):
        _slice(run, this, None)
    return True


def taken(run: Run) -> None:
    """A whole walk has just shown every ticket: the next round is due a round's time from now."""
    with run.making("census"):
        pass


def _is_due(run: Run, before: Pass) -> bool:
    every = timedelta(hours=run.parts.settings.reconciler.census_hours)
    return before.ended_at is None or run.parts.now() - before.ended_at >= every


def begun(run: Run, mark: Json, *, baseline: bool = False) -> Round:
    """The round a mark tells of; a fresh one where it tells of none, or of one of another kind."""
    found = _kept(mark)
    return found if found and found.baseline == baseline else _fresh(run, baseline=baseline)


def _kept(mark: Json) -> Round | None:
    try:
        return Round.model_validate(mark) if mark else None
    except ValidationError:  # a mark of another version
        return None


def keep(run: Run, connection: Connection, this: Round | None) -> None:
    """Notes where the round goes on; None when it is over. Raises TakenOver."""
    run.mark(connection, "census", this.model_dump(mode="json") if this else None)


def _fresh(run: Run, *, baseline: bool = False) -> Round:
    """A round from the beginning. A mark of the one before would go on without what that saw."""
    this = Round(number=run.session, began_at=run.parts.now(), baseline=baseline)
    with run.parts.store.write() as connection:
        keep(run, connection, this)
        census.forget(connection, run.source.name)
    return this


def _slice(run: Run, this: Round, wanted: int | None) -> bool:
    """Reads pages until the slice is full or the round over; whether it is over."""
    got = 0
    for page in run.asking.client("backfill").census(this.at):
        run.check_stop()
        this = _take(run, this, page)
        got += len(page.seen)
        if page.mark is None:
            break
        if wanted is not None and got >= wanted:
            return False
    _close(run, this)
    return True


def _share(run: Run, this: Round) -> int:
    """How many tickets a slice holds, so that a round takes its time and no longer."""
    with run.parts.store.read() as connection:
        held = known.count_here(connection, run.source.name)
    minutes = run.parts.settings.reconciler.census_hours * 60
    slices = max(1, minutes // run.source.interval_minutes)
    return max(AT_LEAST, math.ceil(max(this.total or 0, held) / slices))


def _take(run: Run, this: Round, page: CensusPage) -> Round:
    """One page: questions journaled and the mark moved in one transaction, then workers woken."""
    name = run.source.name
    after = this.model_copy(update={"at": page.mark, "total": page.total or this.total})
    compared = _compare(run, page.seen)
    asked = hints.about(run, dict.fromkeys(compared.questions))
    with run.parts.store.write() as connection:
        keep(run, connection, after)
        here = [one.ticket for one in page.seen if one.place != "trashed"]
        census.show(connection, name, here, this.number)
        left_out.put(connection, name, dict(compared.unsure).items(), "filter")
        journal.keep(connection, asked)
        run.found(connection, compared.finds)
    run.tally.journaled += len(asked)
    run.parts.wake([(one.source, one.ticket) for one in asked])
    return after


@dataclass(slots=True)
class _Compared:
    """What a page of the census leaves to ask. `unsure` are ids that only a fetch can place."""

    questions: list[Question]
    finds: list[Find]
    unsure: list[tuple[str, str | None]]


def _compare(run: Run, seen: Sequence[Seen]) -> _Compared:
    name, ids = run.source.name, [one.ticket for one in seen]
    with run.parts.store.read() as connection:
        ours = known.known(connection, name, ids)
        counts = known.live_counts(connection, name, ids)
        out = left_out.of(connection, name, ids)
    found = _Compared([], [], [])
    for one in seen:
        held = ours.get(one.ticket)
        if held is None or held[3] == "unread":
            _stranger(run, one, out.get(one.ticket), found)
            continue
        for aspect, reason in _differs(one, held[0], held[3], counts.get(one.ticket, 0)):
            found.questions.append((one.ticket, aspect, reason))
            part: Part = "comments" if aspect == "comments" else "core"
            part = "gone" if one.place == "trashed" else part
            found.finds.append(Find(one.ticket, part, _moment(one), known_before=True))
    return found


def _stranger(
    run: Run, one: Seen, out: tuple[str | None, left_out.Reason] | None, found: _Compared
) -> None:
    """A ticket we do not hold: outside our filter, left out before, or missed so far."""
    if one.place == "trashed" or one.inside is False:
        return
    if out is not None and (out[1] == "filter" or run.source.start == "now"):
        settled = out[1] == "baseline" and run.source.baseline == "leave"
        if settled or out[0] == one.revision:
            return
    if one.inside is None:
        found.unsure.append((one.ticket, one.revision))
    found.questions.append((one.ticket, "core", "a census shows it, we do not hold it"))
    found.finds.append(Find(one.ticket, "core", _moment(one), known_before=False))


def _moment(one: Seen) -> datetime | None:
    """When a ticket changed, where its revision is a time."""
    try:
        found = datetime.fromisoformat(one.revision or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def _differs(
    one: Seen, revision: str | None, fate: str, comments: int
) -> Iterator[tuple[Aspect, str]]:
    if one.place == "trashed":
        if fate == "here":
            yield "core", "a census shows it in the trash"
        return
    if fate != "here":
        yield "core", f"a census shows it, we hold it as {fate}"
    elif one.revision is not None and compare(one.revision, revision) != 0:
        yield "core", "a census shows another revision than ours"
    elif one.comment_count is not None and one.comment_count != comments:
        yield "comments", "a census counts other comments than we hold"


def _close(run: Run, this: Round) -> None:
    """The round is over: what it was not shown is asked about, unless that is far too much."""
    name = run.source.name
    with run.parts.store.read() as connection:
        lost = census.unshown(connection, name, this.number, this.began_at)
        held = known.count_here(connection, name)
    try:
        missing.check_share(len(lost), held)
        missing.ask(run, lost)
        run.counted = True
    finally:
        with run.parts.store.write() as connection:
            keep(run, connection, None)
            census.forget(connection, name)
