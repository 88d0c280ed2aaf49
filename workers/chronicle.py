"""Chronicle: what an apply learns about how tickets came to be as they are.

Exact changes are recorded whatever became of their delivery: stale for the state is not stale for
the history. Between two full records the rest is inferred, and inferred anew when an exact change
turns up late.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.event import ChangesTold, HistoryListed
from schemas.history import TRACKED, HistoryEntry, HistoryRow, shown
from schemas.model import Json
from schemas.ticket import Ticket, TicketRef
from store import history
from store.database import Connection
from store.history import SAME, Listed, row_of
from store.keys import Key
from store.save import Change, is_whole
from store.whole import whole_tickets
from workers.ingest import Reading
from workers.rules import inference
from workers.work import Work

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Heard:
    """What is to be recorded of one apply: `was` are tickets as they were, before they are saved.

    `told` and `listed` are what its deliveries say, oldest delivery first.
    """

    was: dict[Key, Ticket]
    told: list[tuple[Key, ChangesTold]] = field(default_factory=list)
    listed: list[tuple[Key, HistoryListed, datetime]] = field(default_factory=list)


def look(connection: Connection, changes: Sequence[Change], readings: Iterable[Reading]) -> Heard:
    """To be called before the changes are saved: what they are compared with afterwards."""
    past = Heard(whole_tickets(connection, [one.key for one in changes if _is_seen_twice(one)]))
    held = {one.key for one in changes if one.after.ticket is not None}
    for one in readings:
        key = (one.delivery.source, one.delivery.ticket or "")
        for event in one.past if key in held and one.error is None else ():
            if isinstance(event, ChangesTold):
                past.told.append((key, event))
            else:
                past.listed.append((key, event, one.delivery.observed_at))
    return past


def _is_seen_twice(one: Change) -> bool:
    """Whether two full records are there to be compared."""
    before, after = one.before.ticket, one.after.ticket
    if before is None or after is None or after.ticket is None or after.ticket is before.ticket:
        return False
    return before.fingerprint is not None and after.fingerprint is not None


def note(
    work: Work, connection: Connection, changes: Sequence[Change], past: Heard, now: datetime
) -> set[Key]:
    """Records it all; the tickets whose history changed. Wants changelogs that must have grown."""
    exact = _exact(work, connection, past, now)
    touched = history.note(connection, exact)
    seen = _inferred(changes, past.was, now)
    touched |= _settle(connection, seen, exact)
    for key, event, observed_at in past.listed:
        fields = work.tracker(work.sources[key[0]].tracker).capabilities.history
        listed = Listed(key, event.entries, fields, observed_at, event.complete)
        if history.own(connection, listed, now):
            touched.add(key)
    history.want(connection, [one.key for one in changes if _has_grown(work, one)], now)
    saved = {one.key for one in changes if is_whole(one)}
    history.touch(connection, sorted(touched - saved))
    return touched


def _has_grown(work: Work, one: Change) -> bool:
    """A known ticket whose revision moved or whose links were read, at a tracker that tells why."""
    before, after = one.before.ticket, one.after.ticket
    if before is None or after is None or before.revision is None:
        return False
    if before.revision == after.revision and one.after.relations is None:
        return False
    return bool(work.tracker(work.sources[one.key[0]].tracker).capabilities.history)


def _exact(work: Work, connection: Connection, past: Heard, now: datetime) -> list[HistoryRow]:
    """What webhooks tell, without that which a changelog tells of already."""
    owned = history.owned_to(connection, {key for key, _ in past.told})
    rows = []
    for key, event in past.told:
        fields = work.tracker(work.sources[key[0]].tracker).capabilities.history
        for entry in event.entries:
            if event.identified:
                rows.append(row_of(key[0], entry, "changelog", now))
            elif entry.field not in fields or key not in owned or entry.at > owned[key]:
                rows.append(row_of(key[0], entry, "webhook", now))
    return rows


def _inferred(
    changes: Sequence[Change], was: Mapping[Key, Ticket], now: datetime
) -> list[HistoryRow]:
    """What differs between the two records of each ticket, as if nobody had told of it."""
    found = []
    for one in changes:
        before, held = was.get(one.key), one.after.ticket
        if before is None or held is None or held.ticket is None:
            continue
        for name in TRACKED:
            row = _difference(one.key, name, before, held.ticket, now)
            if row is not None:
                found.append(row)
    return found


def _difference(
    key: Key, name: str, before: Ticket, after: Ticket, now: datetime
) -> HistoryRow | None:
    seen = shown(before, name), shown(after, name)
    if seen[0] == seen[1] or _same_ticket(getattr(before, name), getattr(after, name)):
        return None
    at, since = _span(before.updated_at, after.updated_at, now)
    gone, came = inference.as_change(name, seen)
    entry = HistoryEntry(
        id=f"inferred:{key[1]}:{name}:{at.isoformat()}",
        ticket=key[1],
        at=at,
        native_field=name,
        field=name,
        before=gone,
        after=came,
    )
    return HistoryRow(
        source=key[0], entry=entry, basis="inferred", noted_at=now, since=since, seen=seen
    )


def _same_ticket(before: Json, after: Json) -> bool:
    """One reference knows the other ticket's key, the other its id alone."""
    if not isinstance(before, TicketRef) or not isinstance(after, TicketRef):
        return False
    return before.external_id is not None and before.external_id == after.external_id


def _span(
    first: datetime | None, last: datetime | None, now: datetime
) -> tuple[datetime, datetime | None]:
    """When it had happened, and after when. Trackers count in seconds, and one may go back."""
    if first is None or last is None:
        return last or now, first
    if last < first:
        return now, first
    return last, first if first < last else first - SAME


def _settle(
    connection: Connection, new: Sequence[HistoryRow], told: Sequence[HistoryRow]
) -> set[Key]:
    """Takes from inferred changes what exact ones explain; tickets where something changed."""
    open_rows = [*_opened(connection, new, told), *new]
    if not open_rows:
        return set()
    begin = min((one.since or _BEGINNING for one in open_rows), default=_BEGINNING)
    keys = {(one.source, one.entry.ticket) for one in open_rows}
    held = history.of(connection, keys, after=begin, covered=True)
    fresh = {one.entry.id for one in new}
    touched: set[Key] = set()
    for row in open_rows:
        key = (row.source, row.entry.ticket)
        known = held.get(key, ())
        exact = [one for one in known if one.basis != "inferred"]
        is_new = row.entry.id in fresh
        all_seen = _with_earlier(connection, row, known) if is_new else row
        if _settle_one(connection, all_seen, exact, is_new=is_new):
            touched.add(key)
    return touched


def _with_earlier(
    connection: Connection, row: HistoryRow, known: Sequence[HistoryRow]
) -> HistoryRow:
    """A third record may bear the same time of change as the second: what the first two left to be
    inferred stands under the same id, and becomes a part of this."""
    same = (one for one in known if one.entry.id == row.entry.id and not one.covered)
    earlier = next(same, None)
    if earlier is None or earlier.seen is None or row.seen is None:
        return row
    history.drop(connection, [earlier])
    seen = earlier.seen[0], row.seen[1]
    return row.model_copy(update={"seen": seen, "since": earlier.since})


def _opened(
    connection: Connection, new: Sequence[HistoryRow], told: Sequence[HistoryRow]
) -> list[HistoryRow]:
    """Inferred changes of before, of which an exact one that was told now may be a part."""
    if not told:
        return []
    fresh = {one.entry.id for one in new}
    keys = {(one.source, one.entry.ticket) for one in told}
    return [
        row
        for rows in history.of(connection, keys, basis="inferred").values()
        for row in rows
        if row.entry.id not in fresh
        and any(
            one.entry.field == row.entry.field
            and (one.source, one.entry.ticket) == (row.source, row.entry.ticket)
            and _lies_in(one.entry.at, row)
            for one in told
        )
    ]


def _settle_one(
    connection: Connection, row: HistoryRow, exact: Sequence[HistoryRow], *, is_new: bool
) -> bool:
    name, seen = row.entry.field, row.seen
    if name is None or seen is None or row.covered:
        return False
    between = [one for one in exact if one.entry.field == name and _lies_in(one.entry.at, row)]
    entries = [one.entry for one in between]
    untold = inference.only_untold(entries)
    if untold is not None:
        _fill(connection, between[0], inference.as_change(name, seen))
    left = inference.residual(name, seen, entries)
    if left is None:
        if not is_new:
            history.drop(connection, [row])
        return not is_new or untold is not None
    if not is_new and left == (row.entry.before, row.entry.after):
        return False
    entry = row.entry.model_copy(update={"before": left[0], "after": left[1]})
    history.note(connection, [row.model_copy(update={"entry": entry})])
    return True


def _lies_in(at: datetime, row: HistoryRow) -> bool:
    return (row.since is None or at > row.since) and at <= row.entry.at


def _fill(connection: Connection, row: HistoryRow, values: inference.Values) -> None:
    """A webhook told that something changed, the records tell from what to what."""
    if row.basis != "webhook":
        return
    entry = row.entry.model_copy(update={"before": values[0], "after": values[1], "told": True})
    history.note(connection, [row.model_copy(update={"entry": entry})])
