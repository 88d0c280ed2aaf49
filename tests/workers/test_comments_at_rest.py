"""However comments are edited and deleted: once the plan is carried out, nothing is left to do."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mirror import MappedComment
from schemas.ticket import Comment
from tests.workers.commenting import BOT, a_mirror, a_row, said, told
from workers.rules.comment_plan import CommentStep, plan_comments
from workers.rules.comment_text import author_line, signed

BODIES = st.sampled_from(["Hello", "Hello again", "Theirs", ""])
EDITS = st.lists(st.tuples(st.sampled_from(["left", "right"]), BODIES), max_size=6)


@settings(max_examples=150, deadline=None)
@given(EDITS, st.sampled_from(["push", "bidirectional"]), st.booleans())
def test_carried_out_it_comes_to_rest_and_the_second_look_writes_nothing(
    edits: list[tuple[str, str]], direction: str, follows: bool
) -> None:
    mirror = a_mirror(direction, delete_comments=follows)
    sides = {"left": [said("l0", "Hello")], "right": list[Comment]()}
    rows: list[MappedComment] = []
    gone: set[tuple[str, str]] = set()
    for side, body in [("left", "Hello"), *edits]:
        if body and sides[side]:
            line = author_line(sides["left"][0]) if side == "right" and sides["left"] else ""
            sides[side][0] = sides[side][0].model_copy(update={"body": signed(body, line)})
        elif sides[side]:
            gone.add((side, sides[side].pop(0).id))
        for step in _planned(mirror, sides, rows, gone):
            rows = _carried_out(step, sides, rows, gone)
        assert _planned(mirror, sides, rows, gone) == []
        if direction == "push" and side == "left":
            assert len(sides["right"]) <= 1


def _planned(mirror, sides, rows, gone) -> list[CommentStep]:
    return plan_comments(mirror, sides["left"], sides["right"], rows, gone, strategy="local_wins")


def _carried_out(step, sides, rows, gone) -> list[MappedComment]:
    """A perfect tracker on each side, and the rows as the engine keeps them."""
    there = sides[step.side]
    if step.act == "create":
        made = said(f"{step.side}-{len(rows)}", told(step), author=BOT)
        there.append(made)
        pair = (step.origin, made) if step.side == "right" else (made, step.origin)
        born = "left" if step.side == "right" else "right"
        return [*rows, a_row(*pair, id=len(rows) + 1, born=born)]
    row = next(one for one in rows if one.id == step.mapped)
    rest = [one for one in rows if one.id != step.mapped]
    if step.act in ("delete", "forget"):
        if step.act == "delete":
            gone.add((step.side, step.twin))
            there[:] = [one for one in there if one.id != step.twin]
        return [*rest, row.model_copy(update={"deleted": True})]
    if step.act == "edit":
        place = next(n for n, one in enumerate(there) if one.id == step.twin)
        there[place] = there[place].model_copy(update={"body": told(step)})
    now = {side: {one.id: one for one in sides[side]} for side in ("left", "right")}
    kept = a_row(now["left"][row.left], now["right"][row.right], id=row.id, born=row.born)
    return [*rest, kept]
