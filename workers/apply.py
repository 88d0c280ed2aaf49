"""Apply: readings become rows, all in the one transaction the caller holds.

Everything an apply causes belongs to that transaction: tickets, comments, relations, definitions,
people, outcomes, due marks, and the hints for other tickets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from schemas import revision
from schemas.delivery import Arrival, Delivery, Outcome, Via
from schemas.event import CommentsMiscounted, Definition, DefinitionGone, DefinitionSeen, Doubtful
from schemas.held import Held
from schemas.record import Observation
from schemas.source import SourceState
from schemas.ticket import Person
from store import definitions, edits, journal, known, left_out, people, sources, tickets, undo
from store.database import Connection
from store.journal import Failed, Finished, Lane
from store.keys import Key
from store.notices import change_status
from store.save import Change, save
from workers import chronicle, failures, ingest, mirrored, told
from workers.ingest import Reading
from workers.rules.facts import (
    CommentFact,
    CommentGoneFact,
    CommentsReadFact,
    DoubtFact,
    TicketFact,
)
from workers.rules.fold import fold
from workers.rules.merge import ANOTHER
from workers.work import Work


@dataclass(slots=True)
class Aftermath:
    """What is left to do, and to tell, once the transaction was committed."""

    finished: list[tuple[Delivery, Finished]] = field(default_factory=list)
    failed: list[tuple[Delivery, BaseException, Failed]] = field(default_factory=list)
    doubtful: set[Key] = field(default_factory=set)
    hinted: set[Lane] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    replaced: dict[str, str] = field(default_factory=dict)
    learned: list[tuple[str, Person | Definition]] = field(default_factory=list)


def apply(
    work: Work,
    connection: Connection,
    readings: Sequence[Reading],
    states: Mapping[str, SourceState],
) -> Aftermath:
    """Applies readings whose lanes the caller has locked."""
    now = work.now()
    after = Aftermath()
    ours = [one for one in readings if _is_ours(work, connection, one, states, after)]
    outcomes = _fold_all(work, connection, ours, now, after)
    for one in ours:
        if one.error is None:
            changed = _apply_source_events(connection, one, now)
            changed += _keep_edits(connection, one, now)
            after.hinted |= _journal_hints(connection, one, now)
            _finish(after, one, *_outcome(one, outcomes.get(one.delivery.id), changed))
    for one in readings:
        if one.error is not None:
            note = failures.failed(one.delivery, one.error, work.retry, now)
            after.failed.append((one.delivery, one.error, note))
    journal.finish(connection, [done for _, done in after.finished], now)
    journal.fail(connection, [note for _, _, note in after.failed], now)
    return after


def _is_ours(
    work: Work,
    connection: Connection,
    reading: Reading,
    states: Mapping[str, SourceState],
    after: Aftermath,
) -> bool:
    """Sorts out what belongs to another project; pins a source's project at first contact."""
    if reading.error is not None or reading.project is None:
        return reading.error is None
    name = reading.delivery.source
    source, state = work.sources[name], states.get(name)
    tracker = work.tracker(source.tracker)
    pinned = state.project_id if state else None
    reason = ingest.foreign(reading, source, pinned, tracker)
    if reason:
        _finish(after, reading, Outcome.ignored, reason)
        if pinned and reading.project.name.casefold() == tracker.project_name(source).casefold():
            why = f"another project now: {reason}"
            change_status(connection, work.tell, name, "error", why, work.now())
        return False
    if pinned is None or reading.project.renamed_from:
        sources.pin(connection, name, reading.project.id, reading.project.name)
    return True


def _fold_all(
    work: Work,
    connection: Connection,
    readings: Sequence[Reading],
    now: datetime,
    after: Aftermath,
) -> dict[int, tuple[Outcome, str]]:
    """Folds each ticket's deliveries in the tracker's order and saves what came of it."""
    lanes: dict[Key, list[Reading]] = {}
    for one in readings:
        if one.delivery.ticket is not None and (one.facts or one.past):
            lanes.setdefault((one.delivery.source, one.delivery.ticket), []).append(one)
    before = tickets.load(connection, {key: _need(ones) for key, ones in lanes.items()})
    outcomes: dict[int, tuple[Outcome, str]] = {}
    changes = []
    old = _left_out(work, connection, before)
    for key, ones in lanes.items():
        if key in old:
            reason = "older than the source's start"
            outcomes |= {one.delivery.id: (Outcome.ignored, reason) for one in ones}
            continue
        held = before[key]
        for one in sorted(ones, key=_in_order):
            held = _fold_one(held, one, now, outcomes, after)
        version = work.tracker(work.sources[key[0]].tracker).capabilities.translator_version
        by = work.sources[key[0]].translation(version)
        changes.append(Change(key, before[key], held, version, by))
        _watch_doubt(after, key, before[key], held, now)
    _remember(work, connection, [one for one in readings if one.error is None], after)
    work.tell(connection, told.of_changes(connection, work.tell, changes, now, work.sources))
    past = chronicle.look(connection, changes, [one for one in readings if one.error is None])
    undo.keep(connection, changes, [one.delivery for one in readings], now)
    save(connection, changes, now)
    grown = chronicle.note(work, connection, changes, past, now)
    outcomes |= {
        one.delivery.id: _of_past(one, grown)
        for ones in lanes.values()
        for one in ones
        if not one.facts
    }
    mirrored.notice(work, connection, changes, readings, outcomes, now)
    mirrored.look_back(connection, grown, now)
    for name, reason in after.replaced.items():
        why = f"another project at its address? {reason}"
        change_status(connection, work.tell, name, "error", why, now)
    after.touched |= {one.key[0] for one in changes if one.after != one.before}
    return outcomes


def _left_out(work: Work, connection: Connection, before: Mapping[Key, Held]) -> set[Key]:
    """Tickets that a source which starts "now" leaves out for good, by its `baseline`."""
    strangers: dict[str, list[str]] = {}
    for (name, ticket), held in before.items():
        source = work.sources[name]
        if held.ticket is None and (source.start, source.baseline) == ("now", "leave"):
            strangers.setdefault(name, []).append(ticket)
    return {
        (name, ticket)
        for name, tickets_of in strangers.items()
        for ticket, (_, reason) in left_out.of(connection, name, tickets_of).items()
        if reason == "baseline"
    }


def _in_order(reading: Reading) -> tuple[int, int, int]:
    """The tracker's order: records of the ticket, then of its comments, whose revisions are their
    own (mostly older than the ticket's); what carries none (a deletion, a doubt) comes last.
    """
    seen = reading.revision
    about_ticket = any(isinstance(fact, TicketFact) for fact in reading.facts)
    rank = 0 if about_ticket else 1 if seen is not None else 2
    return rank, revision.order(seen), reading.delivery.id


def _fold_one(
    held: Held,
    reading: Reading,
    now: datetime,
    outcomes: dict[int, tuple[Outcome, str]],
    after: Aftermath,
) -> Held:
    """A delivery that breaks the rules waits; newer ones of its ticket still apply (law 4)."""
    try:
        folded = fold(held, reading.facts, reading.sight, now)
    except Exception as error:
        reading.error = error
        return held
    outcomes[reading.delivery.id] = (folded.outcome, folded.reason)
    if folded.reason.startswith(ANOTHER):
        after.replaced[reading.delivery.source] = folded.reason
    return folded.held


def _need(readings: Iterable[Reading]) -> tickets.Need:
    facts = [(fact, one.sight) for one in readings for fact in one.facts]
    named = {f.comment.id for f, _ in facts if isinstance(f, CommentFact)}
    named |= {f.comment_id for f, _ in facts if isinstance(f, CommentGoneFact)}
    counted = any(
        isinstance(f, CommentsReadFact)
        or (isinstance(f, TicketFact | CommentFact) and sight.counted)
        for f, sight in facts
    )
    partial = any(isinstance(f, TicketFact) and not f.ticket.full for f, _ in facts)
    return tickets.Need(whole=partial, comments=frozenset(named), all_comments=counted)


def _watch_doubt(after: Aftermath, key: Key, before: Held, held: Held, now: datetime) -> None:
    doubt = held.ticket.doubt if held.ticket else None
    old = before.ticket.doubt if before.ticket else None
    if doubt is not None and doubt != old and doubt.due_at <= now:
        after.doubtful.add(key)


def _remember(
    work: Work, connection: Connection, readings: Sequence[Reading], after: Aftermath
) -> None:
    """Stores the people and definitions that records carried along and this process never saw."""
    persons = {(r.delivery.source, p): ingest.seen_at(r) for r in readings for p in r.people}
    defined = {(r.delivery.source, d): ingest.seen_at(r) for r in readings for d in r.definitions}
    new_people = [key for key in persons if work.remembered.is_new(key)]
    new_defined = [key for key in defined if work.remembered.is_new(key)]
    people.remember(connection, [(*key, persons[key]) for key in new_people])
    definitions.remember(connection, [(*key, defined[key]) for key in new_defined])
    after.learned += [*new_people, *new_defined]


def _apply_source_events(connection: Connection, reading: Reading, now: datetime) -> int:
    """Definitions that changed, in set-based statements; how many did."""
    name, at = reading.delivery.source, reading.delivery.observed_at
    changed = 0
    for event in reading.for_source:
        if isinstance(event, DefinitionSeen):
            changed += definitions.define(connection, name, [event.definition], at)
        elif isinstance(event, DefinitionGone):
            changed += definitions.forget(connection, name, event.kind, [event.id], at)
        elif isinstance(event, CommentsMiscounted):
            reason = "the tracker counts other comments than we hold"
            found = known.miscounted(connection, name)
            reading.hints += [(ticket, DoubtFact("count", reason)) for ticket in found]
            changed += len(found)
        else:
            changed += definitions.listed(connection, name, event.kinds, event.definitions, at)
    return changed


def _keep_edits(connection: Connection, reading: Reading, now: datetime) -> int:
    """What people changed in the ticket's file waits to be sent; how many fields."""
    source, ticket = reading.delivery.source, reading.delivery.ticket
    if ticket is None:
        return 0
    return sum(edits.keep(connection, (source, ticket), one, now) for one in reading.edits)


def _journal_hints(connection: Connection, reading: Reading, now: datetime) -> set[Lane]:
    """A drain writes one ticket: what concerns others goes to them as deliveries of their own."""
    origin = reading.delivery
    arrivals = [
        Arrival(
            source=origin.source,
            via=Via.poll,
            event=f"hint.{hint.aspect}",
            delivery_key=f"hint:{origin.id}:{ticket}:{hint.aspect}",
            ticket=ticket,
            body=orjson.dumps(
                Observation(
                    events=(Doubtful(tickets=(ticket,), aspect=hint.aspect, reason=hint.reason),)
                ).model_dump(mode="json")
            ),
            received_at=now,
            observed_at=origin.observed_at,
            session=origin.session,
        )
        for ticket, hint in reading.hints
    ]
    if arrivals:
        journal.keep(connection, arrivals)
    return {(one.source, one.ticket) for one in arrivals}


def _outcome(
    reading: Reading, folded: tuple[Outcome, str] | None, changed: int
) -> tuple[Outcome, str]:
    if folded is not None:
        return folded
    if changed or reading.hints or (reading.project and reading.project.renamed_from):
        return Outcome.applied, ""
    if reading.for_source:
        return Outcome.unchanged, ""
    return Outcome.ignored, "; ".join(reading.ignored) or "nothing in it concerns us"


def _of_past(reading: Reading, grown: set[Key]) -> tuple[Outcome, str]:
    """What became of a delivery that only tells of the past."""
    known = (reading.delivery.source, reading.delivery.ticket) in grown
    return (Outcome.applied if known else Outcome.unchanged), ""


def _finish(after: Aftermath, reading: Reading, outcome: Outcome, reason: str) -> None:
    keep = reading.delivery.via in (Via.webhook, Via.workspace)
    done = Finished(reading.delivery.id, outcome, reason, keep_body=keep)
    after.finished.append((reading.delivery, done))
