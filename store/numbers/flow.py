"""How a ticket flowed: its stays in each status, when work began and ended, how long it took.

Pure. Lead time is from creation to the last time done, for tickets that are done. Cycle time is
from the first entry into a status in progress until then; at a source whose statuses know no
"in progress", work begins with the first assignment. Times that run backwards count as zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from schemas.ticket import StatusCategory
from store.numbers.story import CLOSED, Moment, Story


@dataclass(frozen=True, slots=True)
class Span:
    """A stay in one status; `left_at` None is still there, `came_from` None began there."""

    status: str
    category: StatusCategory
    came_from: StatusCategory | None
    entered_at: datetime
    left_at: datetime | None

    @property
    def seconds(self) -> int | None:
        """How long it was; None until it is over."""
        return None if self.left_at is None else seconds(self.entered_at, self.left_at)


@dataclass(frozen=True, slots=True)
class Flow:
    """A ticket's flow as of a moment.

    `working`: work on it was begun and is not over. `done_at` is the last time it became done, if
    it is; `ended_at` since when it is done or canceled; `reopened` when it stopped being done.
    `inferred`: its beginning or end is the difference of two records, and may have been earlier.
    """

    now: Moment
    created_at: datetime | None
    working: bool
    started_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
    done_count: int
    reopened: tuple[datetime, ...]
    inferred: bool

    @property
    def lead_seconds(self) -> int | None:
        """From creation until done."""
        if self.created_at is None or self.done_at is None:
            return None
        return seconds(self.created_at, self.done_at)

    @property
    def cycle_seconds(self) -> int | None:
        """From the beginning of the work until done; None when it was done without any."""
        if self.started_at is None or self.done_at is None or self.started_at > self.done_at:
            return None
        return seconds(self.started_at, self.done_at)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a sprint with unchanged story points; `done_at` if it was done in it."""

    sprint: str
    points: float | None
    done_at: datetime | None
    entered_at: datetime
    left_at: datetime | None


def seconds(since: datetime, until: datetime) -> int:
    """Whole seconds between two moments, none when they run backwards."""
    return max(0, int((until - since).total_seconds()))


def spans(story: Story) -> list[Span]:
    """The stays in each status, oldest first; a change of anything else ends none."""
    found: list[Span] = []
    ends = [one.at for one in story.moments[1:]] + [story.gone_at]
    for moment, left_at in zip(story.moments, ends, strict=True):
        status = moment.values["status"] or ""
        last = found[-1] if found else None
        if last and (last.status, last.category) == (status, moment.category):
            found[-1] = Span(status, last.category, last.came_from, last.entered_at, left_at)
        else:
            came_from = last.category if last else None
            found.append(Span(status, moment.category, came_from, moment.at, left_at))
    return found


def flow(story: Story, at: datetime | None = None, *, by_assignment: bool = False) -> Flow | None:
    """The flow as of a moment, or of all that is told; None while there was no ticket."""
    moments = story.moments if at is None else story.by(at)
    if not moments:
        return None
    ended = _ended(moments)
    done = ended if ended and ended.category is StatusCategory.done else None
    started = _started(moments, by_assignment)
    now = moments[-1]
    return Flow(
        now=now,
        created_at=story.created_at,
        working=now.category not in CLOSED and _at_work(now, by_assignment),
        started_at=started.at if started else None,
        done_at=done.at if done else None,
        ended_at=ended.at if ended else None,
        done_count=_done(moments),
        reopened=_reopened(moments),
        inferred=any(one.inferred for one in (started, ended) if one),
    )


def _at_work(moment: Moment, by_assignment: bool) -> bool:
    if moment.category is StatusCategory.in_progress:
        return True
    assigned = by_assignment and moment.category is StatusCategory.todo
    return bool(assigned and moment.values["assignees"])


def _started(moments: Sequence[Moment], by_assignment: bool) -> Moment | None:
    return next((one for one in moments if _at_work(one, by_assignment)), None)


def _ended(moments: Sequence[Moment]) -> Moment | None:
    """The moment since which it is what it is now, if that is done or canceled."""
    last = moments[-1]
    if last.category not in CLOSED:
        return None
    for one in reversed(moments):
        if one.category is not moments[-1].category:
            break
        last = one
    return last


def _done(moments: Sequence[Moment]) -> int:
    """How often it became done."""
    before = (None, *(one.category for one in moments))
    done = StatusCategory.done
    return sum(
        one.category is done and last is not done
        for last, one in zip(before, moments, strict=False)
    )


def _reopened(moments: Sequence[Moment]) -> tuple[datetime, ...]:
    """When it was opened again after it was done."""
    return tuple(
        one.at
        for last, one in pairwise(moments)
        if last.category is StatusCategory.done and one.category not in CLOSED
    )


def stays(story: Story) -> list[Stay]:
    """The stays in sprints, oldest first, a new one for each change of sprint, points or being
    done. What was done in no sprint or in another one is not done in this one."""
    found: list[Stay] = []
    ends = [one.at for one in story.moments[1:]] + [story.gone_at]
    done: tuple[str | None, datetime] | None = None
    for moment, left_at in zip(story.moments, ends, strict=True):
        sprint = moment.values["sprint"]
        if moment.category is not StatusCategory.done:
            done = None
        elif done is None:
            done = (sprint, moment.at)
        if sprint is None:
            continue
        points = moment.values["story_points"]
        done_at = done[1] if done and done[0] == sprint else None
        stay = Stay(str(sprint), points, done_at, moment.at, left_at)
        last = found[-1] if found else None
        if last and last.left_at == stay.entered_at and _same(last, stay):
            found[-1] = Stay(last.sprint, points, done_at, last.entered_at, left_at)
        else:
            found.append(stay)
    return found


def _same(one: Stay, other: Stay) -> bool:
    return (one.sprint, one.points, one.done_at) == (other.sprint, other.points, other.done_at)
