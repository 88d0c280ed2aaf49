"""What is known of one credential's rate limit, and what it lets each kind of work do. Pure.

The tracker's headers are the truth, and late: what they say leaves out the requests that were on
their way when it was said. `Budget.left` is therefore a number we can be sure of: it is counted
down with each request, and only ever raised to what a header says less whatever may not be in it.

Times are seconds of one clock, which the caller holds: a process's own, or that of its Redis.
"""

import math
from dataclasses import asdict, dataclass, field

import orjson

from schemas.errors import LONGEST_WAIT_SECONDS
from schemas.ports import Allowance, Lane

QUARTER = 4
"""While nothing is known, a quarter of the limit may be used (`cases.md` 33): others may have used
the rest, and limits on content are in no header."""

RESERVES: dict[Lane, float] = {"webhook": 0.0, "reconcile": 0.1, "backfill": 0.3}
"""The share of a budget that a kind of work leaves to those before it."""

ONE_WINDOW_SECONDS = 5.0
"""Resets closer than this belong to the same window of the tracker."""

LATE_SECONDS = 1.0
"""Added to a reset: trackers tell it in whole seconds."""

FLIGHT_SECONDS = 90.0
"""A request that was not answered for so long is not on its way any more."""

SOON_SECONDS = 1.0
"""When to ask again while an answer is on its way that will tell the budget."""

UNNAMED_SECONDS = 3600.0
"""How long a window lasts when nobody says."""

LONGEST_SECONDS = 7200.0
"""No tracker has a longer window than an hour; a reset told to be further away is a garbled one,
and must not keep everybody waiting."""

SLOTS = 10
"""A window of a tracker that tells nothing slides in so many steps."""


def reserve(lane: Lane, size: int) -> int:
    """What a lane leaves of a budget of so many requests; one at least is for everybody."""
    share = RESERVES[lane]
    return min(max(1, math.ceil(share * size)), max(size - 1, 0)) if share else 0


@dataclass(slots=True)
class Flight:
    """A request on its way: the how-manieth it is, and how many others were when it was sent."""

    number: int
    others: int
    at: float


@dataclass(slots=True)
class Budget:
    """The budget of one credential.

    `left` and `reset` are of the tracker's window, None while nothing is known of it; `answer` is
    the number of the request whose answer told it last. `limit` and `seconds` are the size of the
    window as last told, `usual` the documented one. Until something is known, `sent` counts
    requests by slot of time, since `since`.
    """

    limit: int | None = None
    seconds: float | None = None
    usual: tuple[int, int] | None = None
    left: int | None = None
    reset: float = 0.0
    answer: int = 0
    number: int = 0
    flights: dict[str, Flight] = field(default_factory=dict)
    since: float | None = None
    sent: dict[int, int] = field(default_factory=dict)
    blocked: float = 0.0

    def ask(self, lane: Lane, who: str, usual: Allowance | None, now: float) -> float:
        """Counts one request of `who`, who sends one at a time; the seconds to wait if it may not.

        What `who` sent before counts as answered.
        """
        self._age(now)
        self.flights.pop(who, None)
        self._take(usual)
        wait = self._wait(lane, now)
        if wait <= 0:
            self._send(who, now)
        return wait

    def answered(
        self,
        who: str,
        now: float,
        *,
        limit: int | None = None,
        remaining: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """An answer came to `who`; the tracker may have told its limit, what remains of it and in
        how many seconds there is a new one."""
        self._age(now)
        mine = self.flights.pop(who, None)
        if limit is not None and limit > 0:
            self.limit = limit
            remaining = None if remaining is None else min(remaining, limit)
        if remaining is None or (seconds is not None and seconds <= 0):
            return
        if self._size() is None:  # what was left when it was first told stands for the limit
            self.limit = remaining if remaining > 0 else None
        self._learn(mine, max(remaining, 0), self._reset(now, seconds))

    def block(self, seconds: float, now: float) -> None:
        """Nothing may be sent for so many seconds, a day at most; a longer block stays."""
        self.blocked = max(self.blocked, now + min(seconds, LONGEST_WAIT_SECONDS))

    def humble(self, other: "Budget", now: float) -> None:
        """Takes the worse of what two knew: this one was lost, or not kept, for a while."""
        self.block(other.blocked - now, now)
        self.limit, self.usual = self.limit or other.limit, self.usual or other.usual
        self.seconds = self.seconds or other.seconds
        other._age(now)
        if other.left is None or self._size() is None:
            return
        if self.left is None and self.since is None and other.left <= self._quarter():
            self.left, self.reset = other.left, other.reset
        elif self.left is not None and abs(self.reset - other.reset) < ONE_WINDOW_SECONDS:
            self.left = min(self.left, other.left)

    def pack(self) -> bytes:
        """As bytes, to be kept."""
        return orjson.dumps(asdict(self), option=orjson.OPT_NON_STR_KEYS)

    @classmethod
    def unpack(cls, kept: bytes) -> "Budget":
        """From `pack`; what another version kept is nothing known."""
        try:
            found = orjson.loads(kept) if kept else {}
            usual, sent = found.pop("usual", None), found.pop("sent", {})
            flights = found.pop("flights", {})
            return cls(
                **found,
                usual=(int(usual[0]), int(usual[1])) if usual else None,
                sent={int(slot): int(count) for slot, count in sent.items()},
                flights={who: Flight(**one) for who, one in flights.items()},
            )
        except (orjson.JSONDecodeError, TypeError, ValueError, AttributeError, IndexError):
            return cls()

    def _take(self, usual: Allowance | None) -> None:
        """Another documented limit has slots of another length."""
        named = (usual.requests, usual.seconds) if usual else self.usual
        if named != self.usual:
            self.usual, self.since, self.sent = named, None, {}

    def _age(self, now: float) -> None:
        """Forgets requests that will not be answered any more, and a window that is over."""
        self.flights = {
            who: one for who, one in self.flights.items() if now - one.at < FLIGHT_SECONDS
        }
        if self.left is not None and now >= self.reset:
            self.left, self.since, self.sent = None, None, {}

    def _wait(self, lane: Lane, now: float) -> float:
        if now < self.blocked:
            return self.blocked - now
        size = self._size()
        if self.left is not None:
            kept = reserve(lane, self.left if size is None else size)
            return 0.0 if self.left > kept else self.reset - now
        if size is None or self._room(lane, now) > 0:
            return 0.0
        wait = self._until_room(lane, now)
        return min(wait, SOON_SECONDS) if self.flights else wait

    def _send(self, who: str, now: float) -> None:
        self.number += 1
        self.flights[who] = Flight(self.number, len(self.flights), now)
        if self.left is not None:
            self.left -= 1
        elif self._size() is not None:
            self.since = now if self.since is None else self.since
            slot = self._slot(now)
            self.sent = {at: n for at, n in self.sent.items() if at >= slot - SLOTS}
            self.sent[slot] = self.sent.get(slot, 0) + 1

    def _learn(self, mine: Flight | None, remaining: int, reset: float) -> None:
        """What was on its way with the request, or sent since, may not be in what it was told."""
        behind = mine.others + self.number - mine.number if mine else len(self.flights)
        sure = max(remaining - behind, 0)
        if self.left is None or reset > self.reset + ONE_WINDOW_SECONDS:
            self.left = sure
        elif reset < self.reset - ONE_WINDOW_SECONDS:
            return  # an answer from the window before
        elif mine and mine.number >= self.answer:
            # Less than we counted: others use the same credential, and our count is worth nothing.
            self.left = max(sure, self.left) if self.left <= remaining else sure
        else:
            self.left = min(self.left, remaining)
        self.reset, self.answer = reset, max(self.answer, mine.number if mine else 0)
        self.since, self.sent = None, {}

    def _reset(self, now: float, seconds: float | None) -> float:
        """When the window ends; one that is never named ends as the documented one does."""
        if seconds is not None:
            seconds = min(seconds, LONGEST_SECONDS)
            self.seconds = max(self.seconds or 0.0, seconds)
            return now + seconds + LATE_SECONDS
        return self.reset if self.left is not None else now + self._span()

    def _room(self, lane: Lane, at: float) -> int:
        """How many more requests may be sent at a moment while nothing is known: a quarter of the
        limit at first; a tracker that tells nothing for a whole window has its documented limit.
        """
        new = self.since is None or at - self.since < self._span()
        size = self._quarter() if new else self._usual_size()
        oldest = self._slot(at) - SLOTS
        used = sum(count for slot, count in self.sent.items() if slot >= oldest)
        return size - used - reserve(lane, size)

    def _until_room(self, lane: Lane, now: float) -> float:
        """Seconds until there is room: the first window ends, or a slot leaves the window."""
        length = self._span() / SLOTS
        ends = [(slot + SLOTS + 1) * length for slot in self.sent]
        moments = sorted(end for end in [*ends, (self.since or now) + self._span()] if end > now)
        free = (at for at in moments if self._room(lane, at + 0.001) > 0)
        return next(free, now + self._span()) + 0.001 - now

    def _slot(self, at: float) -> int:
        return math.floor(at / (self._span() / SLOTS))

    def _size(self) -> int | None:
        return self.limit or (self.usual[0] if self.usual else None)

    def _usual_size(self) -> int:
        """The smaller one where the tracker tells of units that are more than requests."""
        return min(size for size in (self.limit, self.usual and self.usual[0]) if size)

    def _quarter(self) -> int:
        return max(1, self._usual_size() // QUARTER)

    def _span(self) -> float:
        return float(self.usual[1]) if self.usual else self.seconds or UNNAMED_SECONDS
