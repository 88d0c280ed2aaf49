"""Folding the facts of one delivery into what is held of its ticket."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from schemas.delivery import Outcome, Via
from schemas.event import Aspect
from schemas.held import Doubt, Fate, Held, HeldComment, HeldTicket
from schemas.revision import compare
from schemas.ticket import TicketRef
from workers.rules import doubt as doubts
from workers.rules.facts import (
    CommentFact,
    CommentGoneFact,
    CommentsReadFact,
    DoubtFact,
    Fact,
    GoneFact,
    HiddenFact,
    LinksFact,
    MovedFact,
    ReturnedFact,
    Sight,
    TicketFact,
)
from workers.rules.merge import see_comment, see_ticket

_WEIGHT = {
    Outcome.ignored: 0,
    Outcome.stale: 1,
    Outcome.unchanged: 2,
    Outcome.applied: 3,
}


LOST: frozenset[Fate] = frozenset({"deleted", "moved", "hidden"})
_PARTS: tuple[Aspect, ...] = ("comments", "links")


@dataclass(frozen=True, slots=True)
class Folded:
    """What is held after a delivery, its outcome and the reason an operator reads."""

    held: Held
    outcome: Outcome
    reason: str = ""


def fold(held: Held, facts: Iterable[Fact], sight: Sight, now: datetime) -> Folded:
    """All facts of one delivery, in order. The outcome is the strongest any of them had."""
    outcome, reason = Outcome.ignored, ""
    for fact in facts:
        step = _fold_one(held, fact, sight, now)
        held = step.held
        if _WEIGHT[step.outcome] > _WEIGHT[outcome] or not reason:
            reason = step.reason
        outcome = max(outcome, step.outcome, key=_WEIGHT.__getitem__)
    held = _recount(held, facts, sight, now)
    return Folded(_look_again(held, facts, sight), outcome, reason)


def _fold_one(held: Held, fact: Fact, sight: Sight, now: datetime) -> Folded:
    match fact:
        case TicketFact():
            verdict = see_ticket(held.ticket, fact, sight, now)
            after = _back(held, replace(held, ticket=verdict.held), sight)
            return Folded(after, verdict.outcome, verdict.reason)
        case GoneFact():
            return _lost(held, "deleted", fact.proof, sight)
        case MovedFact():
            return _lost(held, "moved", "", sight, moved_to=fact.to)
        case ReturnedFact():
            return _returned(held, sight)
        case HiddenFact():
            return _lost(held, "hidden", fact.reason, sight)
        case _:
            return _fold_part(held, fact, sight)


def _fold_part(
    held: Held,
    fact: CommentFact | CommentGoneFact | CommentsReadFact | LinksFact | DoubtFact,
    sight: Sight,
) -> Folded:
    match fact:
        case CommentFact():
            return _comment(held, fact, sight)
        case CommentGoneFact():
            return _comment_gone(held, fact, sight)
        case CommentsReadFact():
            return _comments_read(held, fact, sight)
        case LinksFact():
            read = replace(_settled(held, "links", sight), relations=fact.relations)
            return Folded(read, Outcome.applied)
        case DoubtFact():
            return _doubt(held, fact.aspect, fact.reason, sight.observed_at)


def _comment(held: Held, fact: CommentFact, sight: Sight) -> Folded:
    if held.ticket is None:
        return Folded(held, Outcome.ignored, "its ticket is not held")
    comment = fact.comment
    new, outcome, unsure = see_comment(held.comments.get(comment.id), comment, sight)
    held = replace(held, comments=held.comments | {comment.id: new})
    if unsure:
        reason = f"what we know of comment {comment.id} is unsure"
        asked = _doubt(held, "comments", reason, sight.observed_at)
        held = asked.held
    return Folded(held, outcome, "" if outcome is Outcome.applied else f"comment {comment.id}")


def _look_again(held: Held, facts: Iterable[Fact], sight: Sight) -> Held:
    """A list that shows older comments than ours lags, or the tracker itself went back (restored
    backup): which of them, only looking again after a while can tell."""
    ticket = held.ticket
    if sight.via is Via.webhook or ticket is None or ticket.fate != "here":
        return held
    shown = {f.comment.id: f.comment.revision for f in facts if isinstance(f, CommentFact)}
    newer = [
        ours.observed_at
        for one, ours in held.comments.items()
        if one in shown and not ours.deleted and compare(shown[one], ours.revision) < 0
        if ours.observed_at < sight.observed_at
    ]
    if not newer:
        return held
    grace = max(max(newer) + doubts.WENT_BACK_AFTER - sight.observed_at, timedelta(0))
    reason = "the tracker shows an older comment than it did"
    return _doubt(held, "comments", reason, sight.observed_at, grace=grace).held


def _comments_read(held: Held, fact: CommentsReadFact, sight: Sight) -> Folded:
    """The complete list. One that came with a page of tickets only raises the question of what it
    lacks; a fetch has asked about each of those already."""
    if sight.via is Via.poll:
        before = sight.observed_at
        ours = (i for i, c in held.comments.items() if not c.deleted and c.observed_at < before)
        if any(one not in fact.ids for one in ours):
            return _doubt(held, "comments", "a list lacks comments we hold", before)
    read = _settled(_settled(held, "comments", sight), "count", sight)
    return Folded(read, Outcome.unchanged)


def _comment_gone(held: Held, fact: CommentGoneFact, sight: Sight) -> Folded:
    """A tombstone, also for an unknown id: the comment's creation may come later."""
    before = held.comments.get(fact.comment_id)
    if before is not None and before.deleted:
        return Folded(held, Outcome.unchanged)
    if before is None:
        gone = HeldComment(None, None, True, sight.observed_at)
    else:
        gone = replace(before, deleted=True, observed_at=sight.observed_at, comment=None)
    return Folded(replace(held, comments=held.comments | {fact.comment_id: gone}), Outcome.applied)


def _lost(
    held: Held, fate: Fate, reason: str, sight: Sight, moved_to: TicketRef | None = None
) -> Folded:
    """Deleted, moved or hidden. Only a proof leaves a tombstone for a ticket never seen."""
    before = held.ticket
    if before is None:
        if fate == "hidden":
            return Folded(held, Outcome.ignored, reason)
        new = HeldTicket(None, None, fate, sight.observed_at, reason=reason, moved_to=moved_to)
        return Folded(replace(held, ticket=new), Outcome.applied, reason)
    if fate == "hidden" and sight.observed_at < before.observed_at:
        return Folded(held, Outcome.stale, "it was seen after that answer")
    if (before.fate, fate) == ("unread", "hidden"):
        # Heard of, and not for our eyes: nothing was ever shown, so nothing is hidden now.
        return Folded(replace(held, ticket=replace(before, doubt=None)), Outcome.ignored, reason)
    if before.fate in (fate, "deleted") or (before.fate, fate) == ("moved", "hidden"):
        settled = replace(before, doubt=None)
        return Folded(replace(held, ticket=settled), Outcome.unchanged, reason)
    new = replace(
        before,
        fate=fate,
        reason=reason,
        moved_to=moved_to,
        doubt=None,
        observed_at=sight.observed_at,
    )
    return Folded(replace(held, ticket=new), Outcome.applied, reason)


def _returned(held: Held, sight: Sight) -> Folded:
    """Back where it was; the next full record says what it is now."""
    ticket = held.ticket
    if ticket is None or ticket.fate == "here":
        return Folded(held, Outcome.unchanged)
    if sight.observed_at <= ticket.observed_at:
        return Folded(held, Outcome.stale, f"the ticket was {ticket.fate} after that")
    back = replace(
        ticket,
        fate="here",
        reason="",
        moved_to=None,
        revision=None,
        fingerprint=None,
        confirmed_at=None,
        observed_at=sight.observed_at,
    )
    after = _back(held, replace(held, ticket=back), sight)
    return Folded(after, Outcome.applied, "back again")


def _back(before: Held, after: Held, sight: Sight) -> Held:
    """Of a ticket that was lost nobody asked: what became of its parts has to be read."""
    lost = before.ticket is not None and before.ticket.fate in LOST
    if not lost or after.ticket is None or after.ticket.fate != "here":
        return after
    for aspect in _PARTS:
        after = _doubt(after, aspect, "the ticket is back", sight.observed_at).held
    return after


def _doubt(
    held: Held,
    aspect: Aspect,
    reason: str,
    asked_at: datetime,
    grace: timedelta = timedelta(0),
) -> Folded:
    if held.ticket is None and aspect == "core":
        held = replace(held, ticket=HeldTicket(None, None, "unread", asked_at))
    if held.ticket is None:
        return Folded(held, Outcome.ignored, "its ticket is not held")
    if not _may_be_asked(held.ticket, aspect, asked_at):
        return Folded(held, Outcome.ignored, f"the ticket is {held.ticket.fate}")
    doubt = doubts.raise_doubt(held.ticket.doubt, aspect, reason, asked_at, grace=grace)
    return Folded(replace(held, ticket=replace(held.ticket, doubt=doubt)), Outcome.applied, reason)


def _may_be_asked(ticket: HeldTicket, aspect: Aspect, asked_at: datetime) -> bool:
    """A ticket that is here, one only heard of, or a lost one that may have come back since."""
    if ticket.fate == "here":
        return True
    return aspect == "core" and (ticket.fate == "unread" or asked_at > ticket.observed_at)


def _settled(held: Held, aspect: Aspect, sight: Sight) -> Held:
    ticket = held.ticket
    if ticket is None or ticket.doubt is None or sight.observed_at < ticket.doubt.asked_at:
        return held
    left: Doubt | None = doubts.settle(ticket.doubt, aspect)
    return replace(held, ticket=replace(ticket, doubt=left))


def _recount(held: Held, facts: Iterable[Fact], sight: Sight, now: datetime) -> Held:
    """A record whose comment count differs from ours puts the comments in doubt.

    This is how a deleted comment shows: it moves no revision and leaves no trace in comment lists
    (GitHub REST: list issue comments). The grace lets comments arrive that are on their way.
    """
    ticket = held.ticket
    if not sight.counted or ticket is None or ticket.fate != "here":
        return held
    if not any(isinstance(f, TicketFact | CommentFact | CommentsReadFact) for f in facts):
        return held  # the ticket's comments were not loaded for this
    ours = sum(not comment.deleted for comment in held.comments.values())
    if ticket.comment_count in (None, ours):
        settled = doubts.settle(ticket.doubt, "count")
        return (
            replace(held, ticket=replace(ticket, doubt=settled))
            if settled != ticket.doubt
            else held
        )
    if not any(isinstance(f, TicketFact) and f.ticket.revision == ticket.revision for f in facts):
        return held
    if any(isinstance(f, CommentsReadFact) for f in facts):
        return held
    reason = f"the tracker counts {ticket.comment_count} comments, we hold {ours}"
    return _doubt(held, "count", reason, now, grace=doubts.COUNT_GRACE).held
