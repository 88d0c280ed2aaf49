"""Bringing: the files that a ticket's texts name, before the texts that name them."""

from dataclasses import dataclass, field

from schemas.mirror import Side
from workers.mirrors import leaving
from workers.mirrors.files import carry_files, look_at_files
from workers.mirrors.pairs import Half, Pair, other
from workers.mirrors.task import Task
from workers.rules.file_links import leaving_files


@dataclass(slots=True)
class Brought:
    """The pair with what is known since, and by side the addresses in texts whose files came now:
    what names them and was written before has to be written once more."""

    pair: Pair
    arrived: dict[Side, frozenset[str]] = field(default_factory=dict)


def is_due(task: Task, pair: Pair, side: Side) -> bool:
    """Whether a file could be brought to `side` now, though no text is to be written there."""
    half, twin = pair.half(other(side)), pair.half(side)
    towards = task.mirror.two_way or side == "right"
    if half is None or twin is None or not towards or not _names_files(half):
        return False
    texts, files = texts_of(half), leaving_files(half.ticket)
    found = look_at_files(
        task.work, task.mirror, other(side), half.key[1], twin.key[1], texts, files
    )
    return found.pending


def bring_files(task: Task, brought: Brought, side: Side) -> None:
    """Brings what goes to `side`, as far as that can be now. Nothing new costs no request."""
    pair = brought.pair
    half, twin = pair.half(other(side)), pair.half(side)
    if half is None or not _names_files(half):
        return
    found = carry_files(
        task.work,
        task.mirror,
        other(side),
        half.key[1],
        twin.key[1] if twin else pair.mapping.on(side) or "",
        texts_of(half),
        leaving_files(half.ticket),
        task.client(other(side)),
        task.client(side),
        leaves=leaving.last_look(task, half.key),
        redact=task.tools.redact(task.mirror),
    )
    task.losses += found.losses
    if found.again is not None:
        task.again = min(found.again, task.again or found.again)
    brought.arrived[side] = found.arrived
    if found.urls or found.unnamed:
        brought.pair = task.pair()


def texts_of(half: Half) -> list[str]:
    """The texts that may leave."""
    comments = [one.body for one in half.ticket.comments if not one.internal]
    return [half.ticket.body, *comments]


def _names_files(half: Half) -> bool:
    """Most tickets name none: nothing has to be opened for them."""
    return bool(leaving_files(half.ticket)) or any(
        "](" in text or "<img" in text or "/uploads/" in text or "http" in text
        for text in texts_of(half)
    )
