"""Any order, number and delay of deliveries gives the tracker's truth, after the fetches asked for.

Here on the pure rules, with many examples; `test_any_order_stored.py` runs the same worlds through
the store. `reference/cases.md` F lists what has to be in a world: partial snapshots, equal
revisions, A→B→A, deliveries after the last reconcile, replica lag, a tracker that went back.
"""

from dataclasses import dataclass, field
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.delivery import Outcome, Via
from schemas.held import Held
from tests.builders import NOW, a_source, at
from tests.workers.world import LATE, Json, Move, State, Told, World, live, moves
from trackers.github import GITHUB
from workers.rules.facts import (
    CommentFact,
    CommentGoneFact,
    CommentsReadFact,
    DoubtFact,
    Fact,
    GoneFact,
    Sight,
    TicketFact,
)
from workers.rules.fold import fold

QUIET = 4_000.0
"""Long enough for every question to be asked to its end (ten minutes for a tracker gone back)."""


def ticket_fact(record: Json) -> TicketFact:
    return TicketFact(GITHUB.to_ticket(record, a_source()), record)


def comment_fact(record: Json) -> CommentFact:
    return CommentFact(GITHUB.to_comment(record, a_source()))


@dataclass
class Folding:
    """The rules alone, driven like the workers drive them. `lag` is how old a fetch's answer is."""

    world: World
    lag: float = 0.0
    held: Held = field(default_factory=Held)
    fetches: int = 0

    def hear(self, told: Told) -> None:
        """A webhook."""
        self.answer_until(told.arrives)
        if told.what == "gone":
            self._fold([GoneFact("issues.deleted")], Via.webhook, told.arrives)
            return
        record = {k: v for k, v in told.issue.items() if not (told.partial and k == "body")}
        facts: list[Fact] = [ticket_fact(record)]
        if told.comment is not None and told.what == "comment":
            facts.append(comment_fact(told.comment))
        elif told.comment is not None:
            facts.append(CommentGoneFact(str(told.comment["id"])))
        self._fold(facts, Via.webhook, told.arrives)

    def reconcile(self, moment: float) -> None:
        """A whole walk: what differs is folded, what is missing or miscounted is asked about."""
        self.answer_until(moment)
        state = self.world.at(moment)
        record = state.counted()
        if record is None:
            self._fold([DoubtFact("core", "a full list did not show it")], Via.poll, moment)
            return
        if self._differs(record):
            self._fold([ticket_fact(record)], Via.poll, moment)
        for comment in state.comments.values():
            if self._comment_differs(comment):
                self._fold([comment_fact(comment)], Via.poll, moment)
        ours = sum(not one.deleted for one in self.held.comments.values())
        if self.held.ticket and self.held.ticket.comment_count != ours:
            self._fold([DoubtFact("count", "miscounted")], Via.poll, moment)

    def answer_until(self, moment: float) -> None:
        """Asks whatever is due by then, as the workers and the sweep do."""
        while self.held.ticket and self.held.ticket.doubt:
            due = (self.held.ticket.doubt.due_at - NOW).total_seconds()
            if due > moment:
                return
            self._fetch(max(due, 0.0))
            assert self.fetches < 200, "the same question is asked for ever"

    def _fetch(self, now: float) -> None:
        assert self.held.ticket is not None
        assert self.held.ticket.doubt is not None
        self.fetches += 1
        now += 0.01 * self.fetches
        aspects = self.held.ticket.doubt.aspects
        state = self.world.at(now - self.lag)
        record = state.counted()
        if record is None:
            self._fold([GoneFact("HTTP 410")], Via.fetch, now)
            return
        facts: list[Fact] = [ticket_fact(record)]
        if aspects & {"comments", "count"}:
            facts += [comment_fact(one) for one in state.comments.values()]
            facts.append(CommentsReadFact())
            ours = {key for key, one in self.held.comments.items() if not one.deleted}
            gone = ours - {str(key) for key in state.comments}
            facts += [CommentGoneFact(one) for one in sorted(gone)]
        self._fold(facts, Via.fetch, now)

    def _fold(self, facts: list[Fact], via: Via, moment: float) -> None:
        sight = Sight(via, at(moment), counted=via is not Via.webhook)
        folded = fold(self.held, facts, sight, at(moment))
        assert folded.outcome in (
            Outcome.applied,
            Outcome.unchanged,
            Outcome.stale,
            Outcome.ignored,
        )
        self.held = folded.held

    def _differs(self, record: Json) -> bool:
        ticket = GITHUB.to_ticket(record, a_source())
        now = (ticket.revision, fingerprint.core(ticket), ticket.comment_count, "here")
        head = self.held.ticket
        return head is None or now != (
            head.revision,
            head.fingerprint,
            head.comment_count,
            head.fate,
        )

    def _comment_differs(self, record: Json) -> bool:
        comment = GITHUB.to_comment(record, a_source())
        head = self.held.comments.get(comment.id)
        now = (comment.revision, fingerprint.comment(comment), False)
        return head is None or now != (head.revision, head.fingerprint, head.deleted)


def assert_core(held: Held, truth: State) -> None:
    """The ticket is what the tracker says it is, and nothing is in doubt."""
    head = held.ticket
    if truth.issue is None:
        assert head is None or head.fate == "deleted"
        return
    assert head is not None
    assert head.doubt is None
    ticket = GITHUB.to_ticket(truth.issue, a_source())
    assert (head.fate, head.revision) == ("here", ticket.revision)
    assert head.fingerprint == fingerprint.core(ticket)
    assert head.ticket is not None
    assert (head.ticket.title, head.ticket.state) == (ticket.title, ticket.state)


def assert_comments(held: Held, truth: State) -> None:
    """So are its comments; a deleted ticket keeps those it had."""
    if truth.issue is not None:
        ours = {key: one.fingerprint for key, one in held.comments.items() if not one.deleted}
        notes = [GITHUB.to_comment(one, a_source()) for one in truth.comments.values()]
        assert ours == {one.id: fingerprint.comment(one) for one in notes}


@settings(max_examples=250)
@given(moves, st.randoms(use_true_random=False), st.sampled_from((0.0, 0.3, 5.0)))
@example(  # cases.md 13: A, B, A; a poll reads A; B comes late and is newer than what we held
    [
        Move(0.0, "title", 0, (0.0,), False),
        Move(1.0, "title", 1, (LATE,), False),
        Move(1.0, "title", 0, (), False),
    ],
    Random(0),
    0.0,
)
@example(  # cases.md 19: a comment's deletion comes before its creation, both of one second
    [Move(0.0, "say", 0, (2.0,), False), Move(0.0, "unsay", 0, (0.5,), False)],
    Random(0),
    0.0,
)
def test_any_order_gives_the_trackers_row(script: list[Move], shuffle, lag: float) -> None:
    world = live(script)
    folding = Folding(world, lag)
    told = sorted(world.told, key=lambda one: (one.arrives, shuffle.random()))
    for one in (one for one in told if one.arrives - one.sent < LATE):
        folding.hear(one)
    folding.reconcile(world.last_change + 900)
    folding.answer_until(world.last_change + 900 + QUIET)
    assert_core(folding.held, world.truth)
    assert_comments(folding.held, world.truth)

    for one in (one for one in told if one.arrives - one.sent >= LATE):
        folding.hear(one)
    last = world.last_change + 2 * LATE
    folding.answer_until(last)
    if not world.went_back and world.truth.issue is not None:
        assert_core(folding.held, world.truth)
    folding.reconcile(last)
    folding.answer_until(last + QUIET)
    assert_core(folding.held, world.truth)
    assert_comments(folding.held, world.truth)


@settings(max_examples=100)
@given(moves, st.randoms(use_true_random=False))
def test_what_was_heard_before_changes_nothing(script: list[Move], shuffle) -> None:
    """Every delivery again, in any order, after all is settled: not one row changes."""
    world = live(script)
    if world.went_back:
        return
    folding = Folding(world)
    for one in sorted(world.told, key=lambda one: one.arrives):
        folding.hear(one)
    folding.reconcile(world.last_change + LATE + 500)
    folding.answer_until(world.last_change + LATE + 500 + QUIET)
    settled = folding.held
    again = sorted(world.told, key=lambda _: shuffle.random())
    later = world.last_change + 3 * LATE
    for number, one in enumerate(again):
        folding.hear(Told(later + number * 700, one.sent, one.what, one.issue, one.comment))
    folding.answer_until(later + LATE * 20)
    assert_core(folding.held, world.truth)
    head, before = folding.held.ticket, settled.ticket
    if head is not None and before is not None:
        assert (head.revision, head.fingerprint) == (before.revision, before.fingerprint)
