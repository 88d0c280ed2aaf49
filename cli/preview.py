"""`sync --dry-run`: asks and compares like a sync, and keeps nothing: no delivery, no cursor."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from cli.clients import Forgetful
from schemas.errors import ConfigError, StoreAway, TicketsyncError, Transient
from schemas.model import Json

if TYPE_CHECKING:
    from cli.context import Opened
    from reconciler.parts import Parts
    from schemas.record import Page, Record
    from schemas.source import Source
    from schemas.ticket import Ticket
    from store.database import Connection
    from trackers.base import Client

LINES = 50
SHORT = 40
AT_ONCE = 500
NOT_LISTED = "not listed any more; a sync would ask about it"
COUNTED = ("new", "changed", "unchanged", "gone")


@dataclass(slots=True)
class Change:
    """What a sync would do to one ticket; `fields` hold (before, after), `why` is for gone ones."""

    kind: Literal["new", "changed", "gone"]
    key: str
    title: str
    fields: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    comments: Counter[str] = field(default_factory=Counter)
    why: str = ""

    def as_object(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "ticket": self.key,
            "change": self.kind,
            "title": self.title,
            "fields": {name: list(values) for name, values in self.fields.items()},
            "comments": {"new": self.comments["new"], "changed": self.comments["changed"]},
        }

    def told(self) -> str:
        """What of it, in one line."""
        said = [
            f"{name}: {_short(before)} → {_short(after)}"
            for name, (before, after) in self.fields.items()
            if not (name == "comment_count" and self.comments)
        ]
        said += [
            f"{count} {word} comment{'s' * (count > 1)}"
            for word, count in sorted(self.comments.items())
        ]
        if self.kind == "changed" and not said:
            said = ["touched, with no field of ours changed"]
        return "; ".join([*said, *([self.why] if self.why else [])])


@dataclass(slots=True)
class Look:
    """One source, looked through: `changes` by drain key."""

    source: str
    counts: Counter[str] = field(default_factory=Counter)
    changes: dict[str, Change] = field(default_factory=dict)
    error: str | None = None

    def as_object(self) -> dict[str, Any]:
        """As programs read it."""
        counts = {name: self.counts[name] for name in COUNTED}
        changes = [one.as_object() for one in self.changes.values()]
        found = {"source": self.source, **counts, "changes": changes}
        return found | {"dry_run": True, "error": self.error}


def preview(
    here: "Opened", wanted: "list[Source]", *, full: bool, as_json: bool, all_of_it: bool
) -> int:
    """Shows what a sync would bring from each source; 1 if any could not be asked."""
    from cli.screen import print_json

    results = []
    parts = here.parts(lambda _source, _page, _seen: None)
    for source in wanted:
        look = Look(source.name)
        results.append(look)
        try:
            _look(here, parts, source, full, look)
        except (ConfigError, StoreAway):
            raise
        except TicketsyncError as failure:
            look.error = _why(failure)
    if as_json:
        print_json([one.as_object() for one in results])
    else:
        _show(results, None if all_of_it else LINES)
    return int(any(one.error for one in results))


def _why(failure: TicketsyncError) -> str:
    """What went wrong, with the time to come back where the tracker or our budget names one."""
    from cli.screen import span

    wait = failure.retry_after if isinstance(failure, Transient) else None
    return str(failure) if wait is None else f"{failure}; it may be asked again in {span(wait)}"


def _show(results: list[Look], most: int | None) -> None:
    from cli.progress import say
    from cli.screen import print_table

    for one in results:
        _show_changes(one, most)
    print_table(
        ("source", *(f">{name}" for name in COUNTED)),
        [(one.source, *(one.counts[name] for name in COUNTED)) for one in results],
        empty="nothing was read",
    )
    for one in results:
        if one.error:
            say(f"{one.source}: {one.error}")
    print("dry run: tickets and comments as counted here were read, nothing was kept")


def _show_changes(look: Look, most: int | None) -> None:
    """The changes of a source, a line each, new ones first."""
    order = ("new", "changed", "gone")
    found = sorted(look.changes.values(), key=lambda one: order.index(one.kind))
    if found:
        print(f"{look.source}:")
    for one in found[:most]:
        told = one.told()
        print(
            f"  {one.kind:<7}  {_short(one.key):<8}  {_short(one.title)}"
            + f"  [{told}]" * bool(told)
        )
    if most is not None and len(found) > most:
        print(f"  … and {len(found) - most:,} more (--verbose shows all)")


def _look(here: "Opened", parts: "Parts", source: "Source", full: bool, look: Look) -> None:
    from datetime import timedelta

    from reconciler.walk import scope_of, start_cursor
    from schemas.record import Cursor
    from schemas.source import SourceState
    from store import sources

    with parts.store.read() as connection:
        state = sources.state(connection, source.name) or SourceState(name=source.name)
    overlap = timedelta(seconds=parts.settings.reconciler.overlap_seconds)
    with closing(_client(here, source)) as client:
        scope = scope_of(parts, source, client.project().id)
        cursor = Cursor() if full else start_cursor(state, scope, overlap)
        shown: set[str] = set()
        for page in client.changed_since(cursor):
            if page.kind == "tickets":
                shown |= {record.ticket for record in page.records}
            with parts.store.read() as connection:
                _compare(connection, parts, source, page, shown, look)
        if full:
            _missing(parts, source, client, look)


def _client(here: "Opened", source: "Source") -> "Client":
    """A client of the same budget that remembers no answer: the next real sync has to see it."""
    from runtime.clients import connector
    from trackers.registry import tracker_named

    connect = connector(
        tracker_named,
        credentials=here.secrets,
        limits=here.budgets,
        validators=Forgetful(),
        lane="reconcile",
    )
    return connect(source)


def _compare(
    connection: "Connection",
    parts: "Parts",
    source: "Source",
    page: "Page",
    shown: set[str],
    look: Look,
) -> None:
    """One page: sifted as a sync would, and each news named by its ticket."""
    from reconciler import news
    from store import known, left_out

    now, names = parts.now(), sorted({record.ticket for record in page.records})
    held = set(known.known(connection, source.name, names))
    sifted = news.sift(
        connection,
        page,
        source,
        parts.tracker(source.tracker),
        lambda record: news.arrival(source, record, 0, 0, "dry-run", now),
        lambda gone: news.loss(source, gone, 0, 0, now),
        lambda ticket: ticket in held or ticket in shown,
        left_out.of(connection, source.name, names) if source.start == "now" else {},
    )
    look.counts.update(new=sifted.new, changed=sifted.changed, unchanged=sifted.unchanged)
    keys = {one.delivery_key for one in sifted.arrivals}
    brought = [one for one in page.records if _key(one) in keys]
    if page.kind == "tickets":
        proven = {one.ticket: f"deleted ({one.proof})" for one in page.gone}
        _note_tickets(connection, parts, source, brought, look)
        _note_gone(connection, source, proven, look)
    else:
        _note_comments(connection, source, brought, look)


def _key(record: "Record") -> str:
    return f"poll:0:0:{record.kind}:{record.external_id}"


def _note_tickets(
    connection: "Connection",
    parts: "Parts",
    source: "Source",
    records: "list[Record]",
    look: Look,
) -> None:
    from schemas.errors import Permanent
    from store.whole import whole_tickets

    tracker = parts.tracker(source.tracker)
    ours = whole_tickets(connection, [(source.name, one.ticket) for one in records])
    for record in records:
        before = ours.get((source.name, record.ticket))
        try:
            after = tracker.to_ticket(record.body, source)
        except Permanent as error:
            why = f"cannot be read: {error}"
            look.changes[record.ticket] = Change("changed", record.ticket, "", why=why)
            continue
        kind: Literal["new", "changed"] = "changed" if before else "new"
        fields = dict(_differences(before, after)) if before else {}
        look.changes[record.ticket] = Change(kind, after.key, after.title, fields)


def _differences(before: "Ticket", after: "Ticket") -> Iterator[tuple[str, tuple[Json, Json]]]:
    """The fields that a record would change, by the measure that a drain takes."""
    from schemas import fingerprint

    for name in fingerprint.CORE:
        if fingerprint.value(before, name) != fingerprint.value(after, name):
            yield name, (_said(getattr(before, name)), _said(getattr(after, name)))
    if before.comment_count != after.comment_count:
        yield "comment_count", (before.comment_count, after.comment_count)


def _note_comments(
    connection: "Connection", source: "Source", records: "list[Record]", look: Look
) -> None:
    from store import known
    from store.whole import whole_tickets

    ours = known.known_comments(connection, source.name, [one.external_id for one in records])
    unnamed = [(source.name, one.ticket) for one in records if one.ticket not in look.changes]
    held = whole_tickets(connection, unnamed)
    for record in records:
        ticket = held.get((source.name, record.ticket))
        key, title = (ticket.key, ticket.title) if ticket else (record.ticket, "")
        change = look.changes.setdefault(record.ticket, Change("changed", key, title))
        change.comments["changed" if record.external_id in ours else "new"] += 1


def _missing(parts: "Parts", source: "Source", client: "Client", look: Look) -> None:
    """Tickets we hold as existing that a census does not show."""
    from store import known

    there = {one.ticket for page in client.census() for one in page.seen if one.place == "here"}
    with parts.store.read() as connection:
        missing = sorted(known.ids_here(connection, source.name) - there)
        for first in range(0, len(missing), AT_ONCE):
            some = missing[first : first + AT_ONCE]
            _note_gone(connection, source, dict.fromkeys(some, NOT_LISTED), look)


def _note_gone(
    connection: "Connection", source: "Source", gone: dict[str, str], look: Look
) -> None:
    from store.whole import whole_tickets

    held = whole_tickets(connection, [(source.name, ticket) for ticket in gone])
    for (_, ticket), ours in held.items():
        if ours.sync_status not in ("deleted", "moved", "hidden"):
            look.counts["gone"] += 1
            look.changes[ticket] = Change("gone", ours.key, ours.title, why=gone[ticket])


def _said(value: Any) -> Json:
    """A field's value in words: names rather than ids."""
    if isinstance(value, tuple):
        return [_said(one) for one in value]
    if value is None or isinstance(value, (str, int, float, bool, dict)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    for name in ("login", "title", "name", "key", "id"):
        found = getattr(value, name, None)
        if found:
            return str(found)
    return str(value)


def _short(value: Json) -> str:
    """A value as it fits a line."""
    from cli.screen import line

    if value in (None, "", [], {}):
        return "(none)"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = line(text)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
