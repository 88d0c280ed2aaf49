"""The gap meter: whether what a reconcile found should have come by webhook, and did not.

Each change is classed once, however many passes find it:

before    nobody had to tell: it is of a time before the first import, or was not ours then; these
          are not kept
polling   no webhook is meant to come
untold    the tracker's webhooks do not tell of such a part (`Capabilities.tells`)
late      the webhook came, and waits or ended dead with us; or it may still come
missed    a webhook should have told and did not
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from reconciler.parts import Parts
from schemas.source import Source
from schemas.tracker import Part
from store import gaps
from store.database import Connection
from store.gaps import Gap, Heard, Verdict

log = structlog.get_logger("ticketsync")

GRACE = timedelta(seconds=60)
"""How long a webhook may take before its change counts as missed."""
PROMPT = timedelta(seconds=120)
"""A webhook of the lane this soon after a change is about that change, whatever became of it."""
LONGEST = gaps.LATEST
LOOK_BACK = timedelta(days=7)
"""How old a change may be for which webhooks are looked up when it is found."""
CLOCKS_DIFFER = timedelta(seconds=5)
ONE_CHANGE = timedelta(seconds=2)
"""A comment moves its ticket, too: what happens to a ticket in such a span is one change."""
UNTIMED = timedelta(hours=1)
"""A find that names no moment is taken for the same as one so long before, and for as old."""
LISTS_LAG = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Find:
    """What a pass found to differ from what we hold. `changed_at` is the tracker's own time of it.

    None when nothing tells. `ticket` None is the source's own lane (definitions); `known_before`
    whether we held the ticket.
    """

    ticket: str | None
    part: Part
    changed_at: datetime | None = None
    known_before: bool = True


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of earlier verdicts: so many changes proved `missed`, or came `late` after all.

    `silent_since` is set while the hook is silent.
    """

    missed: int = 0
    late: int = 0
    silent_since: datetime | None = None


def note(
    connection: Connection,
    parts: Parts,
    source: Source,
    session: int,
    finds: Iterable[Find],
    now: datetime,
    *,
    backfill: bool = False,
) -> int:
    """Classes the finds of a page, in the transaction that journals it; how many were missed.

    `backfill` is a first import, or the first walk under another filter, project or credential.
    """
    news = [] if backfill else _after_the_beginning(connection, parts, source, finds)
    news = _each_once(connection, source, news, now)
    if not news:
        return 0
    if source.intake == "polling" or not parts.webhook_secrets(source):
        found = [_gap(one, "polling", now) for one in news]
    else:
        tells = parts.tracker(source.tracker).capabilities.tells
        found = [_gap(one, "untold", now) for one in news if one.part not in tells]
        found += _judged(connection, source, [one for one in news if one.part in tells], now)
    gaps.add(connection, source.name, session, found)
    return sum(one.verdict == "missed" for one in found)


def settle(parts: Parts, source: Source, session: int, now: datetime) -> Settled:
    """Looks at open verdicts again, once a session, after its passes; logs a hook that fell silent.

    A change found within the grace is missed once that is over; a webhook that comes within a day
    turns missed into late.
    """
    name = source.name
    with parts.store.read() as connection:
        recent = gaps.judged(connection, name, now - LONGEST)
        lanes = {one.ticket for one in recent if one.told_at is None}
        since = min((_moment(one) for one in recent), default=now) - CLOCKS_DIFFER
        heard = gaps.heard(connection, name, lanes, max(since, now - 2 * LONGEST))
        was_silent = gaps.silent_since(connection, name, but=session)
    turned = _turned(recent, heard, now)
    with parts.store.write() as connection:
        for old, new in turned:
            gaps.judge(connection, old.id, new.verdict, new.told_at)
        silent = gaps.silent_since(connection, name)
    if silent and not was_silent:
        log.warning(
            "hook_silent",
            source=name,
            since=silent.isoformat(),
            do=f"`hooks check {name}` says why",
        )
    return Settled(
        missed=sum(new.verdict == "missed" for _, new in turned),
        late=sum((old.verdict, new.verdict) == ("missed", "late") for old, new in turned),
        silent_since=silent,
    )


def _after_the_beginning(
    connection: Connection, parts: Parts, source: Source, finds: Iterable[Find]
) -> list[Find]:
    """Those that a webhook could have told of.

    A ticket that was unknown although earlier sessions had read beyond its change was not in the
    filter then, or not for our eyes; so was one that only a list of ids shows.
    """
    found = list(finds)
    if not found:
        return []
    first = gaps.first_session(connection, source.name)
    heard = gaps.first_webhook(connection, source.name)
    began = min((one for one in (first, heard) if one is not None), default=None)
    if began is None:
        return []
    began -= CLOCKS_DIFFER  # some trackers tell whole seconds only
    lag = timedelta(minutes=parts.settings.reconciler.wide_overlap_minutes) + LISTS_LAG
    covered = gaps.last_session(connection, source.name)
    read = covered - lag if covered else began
    return [one for one in found if _is_younger(one, began, max(began, read))]


def _is_younger(find: Find, began: datetime, read: datetime) -> bool:
    if find.changed_at is None:
        return find.known_before
    return find.changed_at >= (began if find.known_before else read)


def _each_once(
    connection: Connection, source: Source, finds: Sequence[Find], now: datetime
) -> list[Find]:
    """Those of no change that was found before; a ticket and its new comment are one change."""
    if not finds:
        return []
    lanes = {one.ticket for one in finds}
    known: dict[str | None, list[Find | Gap]] = {lane: [] for lane in lanes}
    for gap in gaps.of_lanes(connection, source.name, lanes, now - LONGEST):
        known[gap.ticket].append(gap)
    news = []
    for find in finds:
        if not any(_is_same(find, other, now) for other in known[find.ticket]):
            known[find.ticket].append(find)
            news.append(find)
    return news


def _is_same(find: Find, other: Find | Gap, now: datetime) -> bool:
    if find.changed_at is not None and other.changed_at is not None:
        return abs(find.changed_at - other.changed_at) <= ONE_CHANGE
    found_at = other.found_at if isinstance(other, Gap) else now
    return find.part == other.part and now - found_at < UNTIMED


def _judged(
    connection: Connection, source: Source, finds: Sequence[Find], now: datetime
) -> list[Gap]:
    """Finds that a webhook should have told."""
    if not finds:
        return []
    lanes = {one.ticket for one in finds}
    since = min(_since(one, now) for one in finds)
    heard = gaps.heard(connection, source.name, lanes, max(since, now - LOOK_BACK))
    doubtful = gaps.in_doubt(connection, source.name, lanes)
    found = []
    for find in finds:
        told = [
            one
            for one in heard
            if one.ticket == find.ticket
            and one.at >= _since(find, now)
            and _told_already(find, one, doubtful)
        ]
        young = find.changed_at is not None and now - find.changed_at < GRACE
        told_at = told[0].at if told else None
        found.append(_gap(find, "late" if told or young else "missed", now, told_at))
    return found


def _since(find: Find, now: datetime) -> datetime:
    return (find.changed_at or now - UNTIMED) - CLOCKS_DIFFER


def _told_already(find: Find, heard: Heard, doubtful: set[str | None]) -> bool:
    """Whether a webhook that came before told of a change that we nevertheless do not hold.

    One that waits, or ended dead or ignored, did: that is our fault. One that was applied told of
    something else, unless it left the ticket to be read. Definitions are listed as a whole, so that
    one that was applied is in the list.
    """
    if heard.outcome == "applied":
        return find.ticket in doubtful or find.part == "definitions"
    return heard.outcome not in ("unchanged", "stale")


def _turned(recent: Sequence[Gap], heard: Sequence[Heard], now: datetime) -> list[tuple[Gap, Gap]]:
    """(old, new) of the gaps that get another verdict; each webhook told of one of them."""
    used = {(one.ticket, one.told_at) for one in recent if one.told_at is not None}
    by_lane: dict[str | None, list[Heard]] = {}
    for one in heard:
        by_lane.setdefault(one.ticket, []).append(one)
    turned = []
    for gap in recent:
        if gap.told_at is not None:
            continue
        about = [one for one in by_lane.get(gap.ticket, ()) if _may_tell(gap, one)]
        free = [one for one in about if (one.ticket, one.at) not in used]
        told = next((one for one in free if _tells(gap, one)), None)
        if told is not None:
            used.add((told.ticket, told.at))
            turned.append((gap, replace(gap, verdict="late", told_at=told.at)))
        elif gap.verdict == "late" and now - _moment(gap) >= GRACE and not _waits(free):
            turned.append((gap, replace(gap, verdict="missed")))
    return turned


def _may_tell(gap: Gap, heard: Heard) -> bool:
    return _moment(gap) - CLOCKS_DIFFER <= heard.at <= gap.found_at + LONGEST


def _tells(gap: Gap, heard: Heard) -> bool:
    """Whether a webhook that came after a find told of it.

    What told nothing new told what the poll had brought. What was applied is about a later change,
    unless it came at once: some webhooks are hints, and these are always applied.
    """
    if heard.outcome is None:
        return False
    if heard.outcome in ("unchanged", "stale"):
        return heard.at >= gap.found_at - CLOCKS_DIFFER
    after = heard.at > gap.found_at or heard.outcome != "applied"
    return after and heard.at <= _moment(gap) + PROMPT


def _waits(heard: Sequence[Heard]) -> bool:
    return any(one.outcome is None for one in heard)


def _moment(gap: Gap) -> datetime:
    return gap.changed_at or gap.found_at


def _gap(find: Find, verdict: Verdict, now: datetime, told_at: datetime | None = None) -> Gap:
    return Gap(find.ticket, find.part, find.changed_at, now, verdict, told_at)
