"""Which lines of a text an edit kept (E. Myers, An O(ND) Difference Algorithm, 1986).

The work grows with the lines times the edits, and the edits are bounded: a text that somebody sends
us to be compared cannot keep a worker busy, as the standard library's comparison can.
"""

from collections.abc import Sequence

Place = tuple[int, int]
"""A line in the one text and in the other, counted from 0."""


def kept(before: Sequence[str], after: Sequence[str], most: int) -> list[Place]:
    """The lines that stand in both, in order, as many as there can be.

    None is named where more than `most` lines came or went.
    """
    rows = _rows(before, after, most)
    if rows is None:
        return []
    places: list[Place] = []
    at = len(before)
    diagonal = len(before) - len(after)
    for edits in range(len(rows) - 1, -1, -1):
        begin, diagonal_before = _step(rows, edits, (diagonal + edits) // 2)
        places += ((line, line - diagonal) for line in range(at - 1, begin - 1, -1))
        diagonal = diagonal_before
        if edits:
            at = rows[edits - 1][(diagonal + edits - 1) // 2]
    return places[::-1]


def _rows(before: Sequence[str], after: Sequence[str], most: int) -> list[list[int]] | None:
    """How far into `before` one comes with 0, 1, 2 … edits, on each diagonal that they reach.

    Row d holds the diagonals -d, -d + 2 … d; the last row is the one that reaches both ends.
    """
    ends = len(before), len(after)
    rows: list[list[int]] = []
    for edits in range(min(most, sum(ends)) + 1):
        rows.append([])
        for place in range(edits + 1):
            line, _ = _step(rows, edits, place)
            other = line - (2 * place - edits)
            while line < ends[0] and other < ends[1] and before[line] == after[other]:
                line, other = line + 1, other + 1
            rows[-1].append(line)
            if line >= ends[0] and other >= ends[1]:
                return rows
    return None


def _step(rows: list[list[int]], edits: int, place: int) -> Place:
    """Where a row's diagonal begins, one edit after the row before, and on which that one was."""
    diagonal = 2 * place - edits
    if edits == 0:
        return 0, diagonal
    last = rows[edits - 1]
    if place == 0 or (place != edits and last[place - 1] < last[place]):
        return last[place], diagonal + 1
    return last[place - 1] + 1, diagonal - 1
