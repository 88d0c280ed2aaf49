"""Comments of a pair, carried one by one; see `workers/rules/comment_plan`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from schemas.change import CommentChange, Found, Intent, Ref, Unsure
from schemas.mirror import Conflict, Side, Strategy
from schemas.ticket import Comment, Ticket
from store import conflicts, mapped_comments
from store.database import Connection
from store.intents import OpenIntent
from store.keys import Key
from workers.mirrors import leaving
from workers.mirrors.carry import Errand, Recorded, carry_out
from workers.mirrors.joining import CLOCKS_DIFFER, marker_of
from workers.mirrors.pairs import Pair, other
from workers.mirrors.recover import side_of
from workers.mirrors.task import Parks, Task
from workers.rules import redacting
from workers.rules.comment_plan import CommentStep as Step
from workers.rules.comment_plan import plan_comments, step_text
from workers.rules.comment_text import seen

_SIDES: tuple[Side, Side] = ("left", "right")
_SENT = {"create": "comment", "edit": "edit_comment", "delete": "delete_comment"}


def steps(
    task: Task, pair: Pair, arrived: Mapping[Side, Collection[str]] | None = None
) -> list[Step]:
    """What there is to do about the comments of a pair; `arrived` are addresses in texts, by the
    side they are written to, whose files came just now."""
    left, right = pair.left, pair.right
    if left is None or right is None or not task.mirror.options.sync_comments:
        return []
    if not task.mirror.options.update_existing and pair.mapping.base is not None:
        return []
    gone: list[tuple[Side, str]] = []
    origins: dict[tuple[Side, str], str] = {}
    for side in _SIDES:
        half = pair.half(side)
        assert half is not None  # noqa: S101 - looked above
        gone += [(side, one) for one in half.gone_comments]
        with task.work.store.read() as connection:
            born = mapped_comments.born(connection, half.key, but=task.mapping.id)
        origins |= {(side, comment): where for comment, where in born.items()}
    with task.work.store.read() as connection:
        unsettled = conflicts.of_mapping(connection, task.mapping.id)
    found = plan_comments(
        task.mirror,
        left.ticket.comments,
        right.ticket.comments,
        pair.comments,
        gone,
        task.mirror.options.strategies.get("comments", task.mirror.options.strategy),
        origins,
        _once_more(pair, arrived or {}),
    )
    told = [_by_person(task, pair, one, unsettled, gone, origins) for one in found]
    return [one for one in told if other(one.side) not in task.closed]


def _once_more(pair: Pair, arrived: Mapping[Side, Collection[str]]) -> set[tuple[Side, str]]:
    """The comments that name files which came only after they were carried."""
    return {
        (other(side), one.id)
        for side, addresses in arrived.items()
        if (half := pair.half(other(side))) is not None
        for one in half.ticket.comments
        if any(address in one.body for address in addresses)
    }


def writes(found: Sequence[Step]) -> bool:
    """Whether anything is written."""
    return any(one.act in _SENT for one in found)


def edits_on(found: Sequence[Step], side: Side) -> bool:
    """Whether a comment that is there already is written."""
    return any(one.act in ("edit", "delete") and one.side == side for one in found)


def texts_on(found: Sequence[Step], side: Side) -> bool:
    """Whether any text is written."""
    return any(one.act in ("edit", "create") and one.side == side for one in found)


def plan(task: Task, pair: Pair, found: Sequence[Step]) -> None:
    """Notes what would be written."""
    for one in found:
        half = pair.half(one.side)
        if one.act in _SENT and half is not None:
            task.plan(
                _SENT[one.act],
                one.side,
                half.ticket.title,
                half.ticket.key,
                comment=one.twin,
                before=one.there.body if one.there else None,
                after=_text(task, pair, one) if one.act != "delete" else None,
            )


def carry(task: Task, pair: Pair, found: Sequence[Step]) -> None:
    """Writes the comments, oldest first."""
    if task.planning or task.tools.shadow:
        return
    for one in _missing(task, pair, found) if task.mapping.adopted else found:
        if one.act in _SENT:
            _send(task, pair, one)
        else:
            _note(task, pair, one)


def _send(task: Task, pair: Pair, one: Step) -> None:
    half, own = pair.half(one.side), pair.half(other(one.side))
    if half is None or own is None:
        return
    text = _text(task, pair, one)
    creates = one.act == "create"
    wanted = None if one.act == "delete" else Comment(id=one.twin or "", body=text)
    origin = one.origin.id if one.origin else ""
    change = CommentChange(
        ticket=half.key[1],
        comment=one.twin,
        wanted=wanted,
        marker=marker_of(task, "/".join((*own.key, origin))) if creates else None,
    )
    errand = Errand(
        half.key[0],
        change,
        mapping=task.mapping.id,
        session=task.session,
        holds=task.hold,
        carries=origin,
        recorded=_recorder(task, one),
        leaves=None if one.act == "delete" else leaving.last_look(task, own.key),
    )
    done = carry_out(task.work, task.client(one.side), errand)
    task.done.writes += done.steps
    task.done.comments += 1
    if one.mapped is not None:
        _close(task, one)


def _missing(task: Task, pair: Pair, found: Sequence[Step]) -> list[Step]:
    """The steps without those that an earlier life of this store has done.

    A comment that it carried is joined with its twin; neither is carried then, also not the twin
    back to where it came from.
    """
    left, done = list[Step](), set[tuple[Side, str]]()
    for one in found:
        half, own = pair.half(one.side), pair.half(other(one.side))
        twin = None
        if one.act == "create" and one.origin and half is not None and own is not None:
            twin = _carried_before(task, one, own.key, half.key)
        if twin is None:
            left.append(one)
        else:
            done.add((one.side, twin))
    return [one for one in left if not one.origin or (other(one.side), one.origin.id) not in done]


def _carried_before(task: Task, one: Step, own: Key, there: Key) -> str | None:
    """The twin of a comment that was carried before; the two are joined."""
    if one.origin is None:
        return None
    since = (one.origin.created_at or task.mirror.created_at) - CLOCKS_DIFFER
    mark = marker_of(task, "/".join((*own, one.origin.id)))
    intent = Intent(creates="comment", marker=mark, ticket=there[1], sent_at=since)
    found = task.client(one.side).find_marker(intent)
    if isinstance(found, Unsure):
        raise Parks(f"nobody can tell whether a comment was carried: {found.reason}")
    if not isinstance(found, Found):
        return None
    with task.work.store.write() as connection:
        _recorder(task, one)(connection, found.ref, None)
    return found.ref.comment


def _text(task: Task, pair: Pair, one: Step) -> str:
    terms = replace(pair.terms[other(one.side)], born=_born(pair, one))
    text = step_text(one, terms)
    if not task.mirror.options.redact:
        return text
    bare = redacting.redacted_comment(Comment(id="", body=text), task.tools.redact(task.mirror))
    return bare.body


def _born(pair: Pair, one: Step) -> Side:
    """Where the comment was written: its twin alone bears what we add."""
    row = next((row for row in pair.comments if row.id == one.mapped), None)
    return row.born if row else other(one.side)


def _recorder(task: Task, one: Step) -> Recorded:
    """The two are joined, or agree, in the transaction that knows of the answer."""

    def recorded(connection: Connection, ref: Ref, _: Ticket | None) -> None:
        if one.act == "delete":
            if one.mapped is not None:
                mapped_comments.forget(connection, one.mapped)
            return
        twin = _answered(task, one.side, ref)
        columns = {
            one.side: ref.comment,
            f"{other(one.side)}_seen": seen(one.origin) if one.origin else None,
            f"{one.side}_seen": seen(twin) if twin else None,
        }
        if one.mapped is not None:
            mapped_comments.agree(connection, one.mapped, **columns)
        elif one.origin is not None:
            born = other(one.side)
            columns |= {born: one.origin.id}
            mapped_comments.join(connection, mapping=task.mapping.id, born=born, **columns)

    return recorded


def found_hook(task: Task, intent: OpenIntent) -> Recorded:
    """Joins a comment whose answer was lost and that was found again."""
    side = side_of(task, intent)

    def recorded(connection: Connection, ref: Ref, _: Ticket | None) -> None:
        twin = _answered(task, side, ref)
        held = next(
            (
                row
                for row in mapped_comments.of(connection, task.mapping.id)
                if (row.left if side == "right" else row.right) == intent.comment
            ),
            None,
        )
        columns = {side: ref.comment, f"{side}_seen": seen(twin) if twin else None}
        if held is not None:
            mapped_comments.agree(connection, held.id, **columns)
        else:
            born = other(side)
            columns |= {born: intent.comment, "born": born}
            mapped_comments.join(connection, mapping=task.mapping.id, **columns)

    return recorded


def _answered(task: Task, side: Side, ref: Ref) -> Comment | None:
    if ref.record is None:
        return None
    source = task.work.sources[task.mirror.at(side)]
    return task.work.tracker(source.tracker).to_comment(ref.record, source)


def _note(task: Task, pair: Pair, one: Step) -> None:
    with task.work.store.write() as connection:
        if one.act == "forget" and one.mapped is not None:
            mapped_comments.forget(connection, one.mapped)
        elif one.act == "conflict":
            _clash(task, connection, pair, one)
        elif one.act == "agree":
            _agree(task, connection, one)
    if one.act in ("agree", "forget"):
        _close(task, one)


def _agree(task: Task, connection: Connection, one: Step) -> None:
    own, there = other(one.side), one.side
    columns = {
        f"{own}_seen": seen(one.origin) if one.origin else None,
        f"{there}_seen": seen(one.there) if one.there else None,
    }
    if one.mapped is not None:
        mapped_comments.agree(connection, one.mapped, **columns)
    elif one.origin is not None and one.there is not None:
        columns |= {own: one.origin.id, there: one.there.id}
        mapped_comments.join(connection, mapping=task.mapping.id, born=own, **columns)


def _clash(task: Task, connection: Connection, pair: Pair, one: Step) -> None:
    if pair.left is None or pair.right is None:
        return
    texts = {one.side: one.there, other(one.side): one.origin}
    left, right = texts["left"], texts["right"]
    _, new = conflicts.open_one(
        connection,
        key=pair.left.key,
        other=pair.right.key,
        field=_field(one),
        left=left.body if left else None,
        right=right.body if right else None,
        kind="comment",
        strategy=task.mirror.options.strategy,
        mapping=task.mapping.id,
        mirror=task.mirror.name,
        now=task.work.now(),
    )
    task.done.conflicts += new


def _field(one: Step) -> str:
    return f"comment {one.mapped}"


def _by_person(
    task: Task,
    pair: Pair,
    one: Step,
    unsettled: Sequence[Conflict],
    gone: Collection[tuple[Side, str]],
    origins: Mapping[tuple[Side, str], str],
) -> Step:
    """A conflict that a person settled is carried out."""
    told = next((c for c in unsettled if c.field == _field(one) and c.settled_at), None)
    if one.act != "conflict" or told is None or told.how == "value":
        return one
    strategy: Strategy = "local_wins" if told.how == "left" else "external_wins"
    found = plan_comments(
        pair.mirror,
        pair.left.ticket.comments if pair.left else (),
        pair.right.ticket.comments if pair.right else (),
        [row for row in pair.comments if row.id == one.mapped],
        gone,
        strategy,
        origins,
    )
    return next((step for step in found if step.mapped == one.mapped), one)


def _close(task: Task, one: Step) -> None:
    with task.work.store.write() as connection:
        for conflict in conflicts.of_mapping(connection, task.mapping.id):
            if conflict.field == _field(one):
                conflicts.close(connection, conflict, "agreed", "ticketsync", task.work.now())
