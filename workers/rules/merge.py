"""The merge: what an observation makes of what we hold. Monotonic, whatever the order (law 4).

Older never overwrites newer. Equal revisions with different content are settled by a fixed
tie-break and leave the ticket in doubt, which a fetch ends. Only a full record raises the revision.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from schemas import fingerprint
from schemas.delivery import Outcome, Via
from schemas.held import Doubt, HeldComment, HeldTicket
from schemas.revision import compare
from schemas.ticket import Comment
from workers.rules import doubt as doubts
from workers.rules.facts import Sight, TicketFact

_TOLD_US = (Via.fetch, Via.write)
"""What the tracker answered to us alone: to a question, or to a write of ours."""
ANOTHER = "another ticket stands under this key now: the tracker's id is"
"""How the outcome of a record begins that cannot be of the ticket we hold."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The new head of the ticket (the very same object when nothing changed), and the outcome."""

    held: HeldTicket | None
    outcome: Outcome
    reason: str = ""


def see_ticket(held: HeldTicket | None, fact: TicketFact, sight: Sight, now: datetime) -> Verdict:
    """A snapshot of the ticket, full or partial."""
    if not fact.inside and (held is None or held.fate == "unread"):
        left = None if held is None else replace(held, doubt=None)
        return Verdict(left, Outcome.ignored, "outside the source's filter")
    if held is not None and _is_another(held, fact):
        return Verdict(held, Outcome.ignored, f"{ANOTHER} {fact.ticket.native_id}")
    if not fact.ticket.full:
        return _see_partial(held, fact, sight)
    if held is None:
        return _take(None, fact, sight, _belated(None, fact, sight))
    if held.fate != "here" and not _returns(held, sight):
        return Verdict(held, Outcome.stale, f"the ticket is {held.fate}")
    return _see_full(held, fact, sight, now)


def _belated(old: Doubt | None, fact: TicketFact, sight: Sight) -> Doubt | None:
    """The doubt about news that a reading, which is as new, did not show."""
    if not sight.belated(fact.ticket.updated_at):
        return old
    return doubts.raise_doubt(old, "core", "a reading did not show it", sight.observed_at)


def _is_another(held: HeldTicket, fact: TicketFact) -> bool:
    """Another project may come to live at the same address, with a ticket 1 of its own."""
    return None not in (held.native_id, fact.ticket.native_id) and (
        held.native_id != fact.ticket.native_id
    )


def _see_full(held: HeldTicket, fact: TicketFact, sight: Sight, now: datetime) -> Verdict:
    order = compare(fact.ticket.revision, held.revision)
    if order > 0 or held.revision is None:
        doubt = _doubt_after(held, fact, sight, now)
        return _take(held, fact, sight, _belated(doubt, fact, sight))
    seen = fingerprint.core(fact.ticket)
    if order < 0:
        return _see_older(held, fact, sight, seen, now)
    if seen == held.fingerprint and held.fate == "here":
        settled = replace(
            held,
            doubt=_doubt_after(held, fact, sight, now),
            confirmed_at=_confirmed(held, sight),
            comment_count=_counted(held, fact),
        )
        return Verdict(held if settled == held else settled, Outcome.unchanged)
    if sight.via in _TOLD_US and sight.observed_at >= held.observed_at:
        return _take(held, fact, sight, _doubt_after(held, fact, sight, now))
    if _answered(held, sight):
        return Verdict(held, Outcome.stale, "the tracker was asked after this arrived")
    return _tie(held, fact, sight, seen)


def _answered(held: HeldTicket, sight: Sight) -> bool:
    """Whether a fetch that began after this observation has already told (`cases.md` 18)."""
    return held.confirmed_at is not None and sight.observed_at <= held.confirmed_at


def _counted(held: HeldTicket | None, fact: TicketFact) -> int | None:
    said = fact.ticket.comment_count
    return said if said is not None or held is None else held.comment_count


def _confirmed(held: HeldTicket | None, sight: Sight) -> datetime | None:
    before = held.confirmed_at if held else None
    if sight.via is not Via.fetch:
        return before
    return max(before, sight.observed_at) if before else sight.observed_at


def _tie(held: HeldTicket, fact: TicketFact, sight: Sight, seen: str) -> Verdict:
    """Equal revision, other content: the larger fingerprint stands until a fetch tells."""
    doubt = doubts.raise_doubt(
        held.doubt,
        "core",
        "two states with one revision",
        max(sight.observed_at, held.observed_at),
        wanted=fact.ticket.revision,
    )
    if held.fingerprint is None or seen > held.fingerprint:
        return _take(held, fact, sight, doubt)
    reason = "another state with the same revision stands until the tracker is asked"
    return Verdict(replace(held, doubt=doubt), Outcome.stale, reason)


def _see_older(
    held: HeldTicket, fact: TicketFact, sight: Sight, seen: str, now: datetime
) -> Verdict:
    """Older than what we hold: stale, unless the tracker itself went back (restored backup)."""
    told = f"older than revision {held.revision}"
    if sight.via is Via.webhook or sight.observed_at < held.observed_at:
        return Verdict(held, Outcome.stale, told)
    doubt = doubts.raise_doubt(held.doubt, "core", "revision went back", sight.observed_at)
    if sight.via is not Via.fetch:
        # Lists may lag, so one only raises the question; nothing else shows a restored backup.
        known = held.doubt is not None and "core" in held.doubt.aspects
        return Verdict(held if known else replace(held, doubt=doubt), Outcome.stale, told)
    tries = held.doubt.tries if held.doubt else 0
    if doubt.candidate == seen and doubt.candidate_at is not None:
        if sight.observed_at - doubt.candidate_at >= doubts.WENT_BACK_AFTER:
            return _take(held, fact, sight, doubts.settle(doubt, "core"), "revision went back")
    else:
        doubt = replace(doubt, candidate=seen, candidate_at=sight.observed_at)
    asking = doubts.ask_older_again(replace(doubt, tries=tries), now)
    reason = "the tracker shows an older revision than it did; it is asked again"
    return Verdict(replace(held, doubt=asking), Outcome.stale, reason)


def _take(
    held: HeldTicket | None,
    fact: TicketFact,
    sight: Sight,
    doubt: Doubt | None,
    reason: str = "",
) -> Verdict:
    """The snapshot becomes what we hold."""
    seen = fingerprint.core(fact.ticket)
    new = HeldTicket(
        revision=fact.ticket.revision,
        fingerprint=seen,
        fate="here",
        observed_at=sight.observed_at,
        confirmed_at=sight.observed_at if sight.via is Via.fetch else None,
        comment_count=_counted(held, fact),
        native_id=fact.ticket.native_id or (held.native_id if held else None),
        ticket=fact.ticket,
        record=fact.record,
        doubt=doubt,
    )
    same = held is not None and held.fate == "here" and seen == held.fingerprint
    return Verdict(new, Outcome.unchanged if same else Outcome.applied, reason)


def _doubt_after(held: HeldTicket, fact: TicketFact, sight: Sight, now: datetime) -> Doubt | None:
    """What a full record that stands leaves of the doubt about the core."""
    old = held.doubt
    if old is None or "core" not in old.aspects:
        return old
    tells = doubts.concerns(old, sight) and not sight.belated(fact.ticket.updated_at)
    if tells and compare(fact.ticket.revision, old.wanted) > 0:
        return doubts.settle(old, "core")
    if sight.via is not Via.fetch:
        return old
    if doubts.answers(old, fact.ticket.revision, sight):
        return doubts.settle(old, "core")
    return doubts.ask_again(old, now)


def _see_partial(held: HeldTicket | None, fact: TicketFact, sight: Sight) -> Verdict:
    """Shown at once when it is not older, but it raises no revision and asks for the record."""
    seen = fact.ticket
    if held is not None and held.fate == "unread":
        held = None  # nothing of it is shown yet, so there is nothing to lay this over
    if held is not None and held.fate != "here":
        return Verdict(held, Outcome.stale, f"the ticket is {held.fate}")
    older = seen.revision is not None and held is not None
    if held is not None and older and compare(seen.revision, held.revision) < 0:
        return Verdict(held, Outcome.stale, f"older than revision {held.revision}")
    if held is not None and held.revision == seen.revision and _answered(held, sight):
        return Verdict(held, Outcome.stale, "the tracker was asked after this arrived")
    doubt = doubts.raise_doubt(
        held.doubt if held else None,
        "core",
        "only a part of the record is known",
        sight.observed_at,
        wanted=seen.revision,
    )
    if held is None:
        first = HeldTicket(None, None, "here", sight.observed_at, ticket=seen, doubt=doubt)
        return Verdict(first, Outcome.applied, "partial")
    shown = held.ticket
    if shown is None:
        raise ValueError("a partial snapshot needs the stored ticket to be laid over")
    laid = shown.model_copy(update={name: getattr(seen, name) for name in seen.present or ()})
    if all(
        fingerprint.value(laid, name) == fingerprint.value(shown, name) for name in fingerprint.CORE
    ):
        return Verdict(replace(held, doubt=doubt), Outcome.unchanged, "partial")
    # The fingerprint no longer says what is shown; the next full record must be written.
    new = replace(held, ticket=laid, fingerprint=None, confirmed_at=None, doubt=doubt)
    return Verdict(new, Outcome.applied, "partial")


def _returns(held: HeldTicket, sight: Sight) -> bool:
    """Whether a record may bring a lost ticket back: only what was observed later may.

    A hidden one is back once it is seen; against a proof only the tracker's own answer counts. One
    that was only heard of takes whatever comes.
    """
    if held.fate == "unread":
        return True
    later = sight.observed_at > held.observed_at
    return later and (held.fate == "hidden" or sight.via is Via.fetch)


def see_comment(
    held: HeldComment | None, comment: Comment, sight: Sight
) -> tuple[HeldComment, Outcome, bool]:
    """A snapshot of a comment: its new head, the outcome, and whether the list must be read."""
    seen = fingerprint.comment(comment)
    new = HeldComment(comment.revision, seen, False, sight.observed_at, comment)
    if held is None:
        return new, Outcome.applied, sight.belated(comment.updated_at)
    fetched_later = sight.via in _TOLD_US and sight.observed_at >= held.observed_at
    if held.deleted:
        if fetched_later:
            return new, Outcome.applied, False
        return held, Outcome.stale, sight.via is Via.poll
    order = compare(comment.revision, held.revision)
    if order == 0 and seen == held.fingerprint:
        return held, Outcome.unchanged, False
    if order > 0 or (order == 0 and fetched_later):
        same = seen == held.fingerprint
        return (
            new,
            Outcome.unchanged if same else Outcome.applied,
            sight.belated(comment.updated_at),
        )
    if order < 0:
        return _see_older_comment(held, new, sight)
    if seen > (held.fingerprint or ""):
        return new, Outcome.applied, True
    return held, Outcome.stale, True


def _see_older_comment(
    held: HeldComment, new: HeldComment, sight: Sight
) -> tuple[HeldComment, Outcome, bool]:
    """Stale, unless the tracker shows it long after the newer one: then it went back itself."""
    long_after = sight.observed_at - held.observed_at >= doubts.WENT_BACK_AFTER
    if long_after and sight.via is Via.fetch:
        return new, Outcome.applied, False
    return held, Outcome.stale, False
