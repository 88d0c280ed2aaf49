"""Bringing: the files that a ticket's texts name, before the texts that name them."""

from schemas.mirror import Side
from workers.mirrors import leaving
from workers.mirrors.files import carry_files
from workers.mirrors.pairs import Half, Pair, other
from workers.mirrors.task import Task
from workers.rules.file_links import leaving_files


def bring_files(task: Task, pair: Pair, side: Side) -> Pair:
    """Brings what goes to `side`, as far as that can be now; the pair with what is known since.

    Nothing new costs no request.
    """
    half, twin = pair.half(other(side)), pair.half(side)
    if half is None or not _names_files(half):
        return pair
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
    return task.pair() if found.urls else pair


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
