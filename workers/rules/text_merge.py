"""Two edits of one text, joined line by line (the diff3 of Khanna, Kunal and Pierce, 2007).

Hunks of both edits that overlap are one region. A region that one side alone changed, or both
alike, has an answer; any other has none, and then the whole merge has none: nobody's lines are
chosen here. Hunks that only touch are one region too, unless both replace a single line by a single
line, as two people do who tick neighbouring boxes of a list.

What is claimed: the answer is made of lines of the two edits; an edit that only one side made is in
it; swapping the sides changes nothing. Lines end with LF; an empty text is one empty line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workers.rules import line_diff

MOST_EDITS = 500
"""Lines that an edit may take and add. Beyond, what lies between its first and its last is compared
line for line where it is as long as before, and else is one hunk."""

Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines `start` to `end` (exclusive) of the base, replaced by `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]
    by: int

    @property
    def one_for_one(self) -> bool:
        return self.end - self.start == 1 == len(self.lines)


def merged(base: str, one: str, other: str) -> str | None:
    """Both edits of the base in one text; None when they meet."""
    if one == other or other == base:
        return one
    if one == base:
        return other
    lines = base.split("\n")
    regions = _regions(lines, one.split("\n"), other.split("\n"), _touches)
    made: list[str] = []
    at = 0
    for region in regions:
        start, end = region[0].start, max(hunk.end for hunk in region)
        settled = _settled(lines, region, start, end)
        if settled is None:
            return None
        made += [*lines[at:start], *settled]
        at = end
    return "\n".join([*made, *lines[at:]])


def carried(base: str, edited: str, held: str) -> str:
    """The text `held`, which a tracker made of `base`, with the edit of `base` made in it.

    A tracker gives a text back in its own form. So that an edit of one line does not look like an
    edit of all, lines that the edit left alone are taken as they are held; where the edit meets a
    line that the tracker had changed, the edit stands.
    """
    if held == base:
        return edited
    lines = base.split("\n")
    made: list[str] = []
    at = 0
    for region in _regions(lines, edited.split("\n"), held.split("\n"), _overlaps):
        start, end = region[0].start, max(hunk.end for hunk in region)
        by = 0 if any(hunk.by == 0 for hunk in region) else 1
        made += [*lines[at:start], *_replaced(lines, region, start, end, by)]
        at = end
    return "\n".join([*made, *lines[at:]])


def _regions(
    base: Lines, one: Lines, other: Lines, meets: Callable[[list[_Hunk], int, _Hunk], bool]
) -> list[list[_Hunk]]:
    """The hunks of both in the order of the base; those that meet lie together."""
    hunks = sorted(
        [*_hunks(base, one, 0), *_hunks(base, other, 1)],
        key=lambda hunk: (hunk.start, hunk.end),
    )
    regions: list[list[_Hunk]] = []
    end = 0
    for hunk in hunks:
        if regions and meets(regions[-1], end, hunk):
            regions[-1].append(hunk)
            end = max(end, hunk.end)
        else:
            regions.append([hunk])
            end = hunk.end
    return regions


def _touches(region: list[_Hunk], end: int, hunk: _Hunk) -> bool:
    """Of edits that both count: neighbours meet, for one may rest on the other."""
    if hunk.start != end:
        return hunk.start < end
    return not (hunk.one_for_one and all(each.one_for_one for each in region))


def _overlaps(region: list[_Hunk], end: int, hunk: _Hunk) -> bool:
    """Of an edit and another form: only what is about the same lines, or the same gap, meets."""
    return hunk.start < end or hunk.start == hunk.end == region[0].start


def _settled(base: Lines, region: list[_Hunk], start: int, end: int) -> Lines | None:
    one, other = (_replaced(base, region, start, end, by) for by in (0, 1))
    before = list(base[start:end])
    if one == other or other == before:
        return one
    return other if one == before else None


def _replaced(base: Lines, region: list[_Hunk], start: int, end: int, by: int) -> list[str]:
    """The base's lines from start to end as that edit has them."""
    made: list[str] = []
    for hunk in region:
        if hunk.by == by:
            made += [*base[start : hunk.start], *hunk.lines]
            start = hunk.end
    return [*made, *base[start:end]]


def _hunks(base: Lines, edited: Lines, by: int) -> list[_Hunk]:
    """What an edit replaced, in order. Equally long replacements are taken line for line."""
    head, tail = _alike(base, edited)
    before, after = base[head : len(base) - tail], edited[head : len(edited) - tail]
    hunks: list[_Hunk] = []
    start = first = 0
    for end, last in [*line_diff.kept(before, after, MOST_EDITS), (len(before), len(after))]:
        if end - start == last - first:
            hunks += [
                _Hunk(head + start + step, head + start + step + 1, (after[first + step],), by)
                for step in range(end - start)
                if before[start + step] != after[first + step]
            ]
        else:
            hunks.append(_Hunk(head + start, head + end, tuple(after[first:last]), by))
        start, first = end + 1, last + 1
    return hunks


def _alike(one: Lines, other: Lines) -> tuple[int, int]:
    """How many lines are equal at the beginning, and after those at the end."""
    most = min(len(one), len(other))
    head = next((place for place in range(most) if one[place] != other[place]), most)
    most -= head
    tail = next((back for back in range(most) if one[-1 - back] != other[-1 - back]), most)
    return head, tail
