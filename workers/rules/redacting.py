"""Redaction: which words of a ticket are read by a mirror's patterns, and their way back.

Everything of a ticket that people type and that may leave is read: title, body, comments, and the
names of labels, milestones, sprints, components, people, files, other tickets and custom fields'
values. Ids and addresses are not words. A name's pattern that would hide the whole project is
better put into `privacy`.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from pydantic import BaseModel

from schemas.mirror import View
from schemas.model import Json
from schemas.ticket import Comment, Relation, Ticket, TicketRef

REDACTED = "[redacted]"

Redact = Callable[[Sequence[str]], list[str]]
"""Texts without what may not be told, in their order; see `workers.redaction.Redactor`."""

_WORDS = frozenset({"title", "body", "name", "login", "description", "branch", "customer"})
"""Fields of texts wherever they stand in a ticket."""
_VALUES = frozenset({"custom_fields", "external_fields"})
"""Fields whose every text is read."""
_VIEWED = frozenset(
    {"title", "body", "footer", "labels", "badges", "milestone", "sprint", "epic", "parent",
     "components", "assignees"}
)  # fmt: skip


def redacted_ticket(ticket: Ticket, redact: Redact) -> Ticket:
    """The ticket as the patterns leave it, with comments, links and files."""
    found: Ticket = _replaced(ticket, redact)
    return found.model_copy(update={"labels": _once(found.labels)})


def redacted_comment(comment: Comment, redact: Redact) -> Comment:
    """The comment as the patterns leave it."""
    found: Comment = _replaced(comment, redact)
    return found


def redacted_view(view: View, redact: Redact) -> View:
    """What is to be written, read once more: also the texts that were made for the target."""
    told = {name: value for name, value in view.items() if name in _VIEWED}
    return {**view, **_replaced(told, redact, every=True)}


def without(ticket: Ticket, withheld: Collection[str]) -> Ticket:
    """The ticket without what it tells of tickets of its source that may not leave.

    `withheld` are their ids or keys. They are neither named as parent or epic, nor linked.
    """

    def barred(ref: TicketRef | None) -> bool:
        return ref is not None and not {ref.external_id, ref.key}.isdisjoint(withheld)

    links: tuple[Relation, ...] = tuple(one for one in ticket.relations if not barred(one.target))
    parent = None if barred(ticket.parent) else ticket.parent
    epic = None if barred(ticket.epic) else ticket.epic
    return ticket.model_copy(update={"relations": links, "parent": parent, "epic": epic})


def restored(value: Json, ours: Json, redact: Redact) -> Json:
    """A value that comes back from the other side, with what was hidden there in its place again.

    `ours` is what this side says now. Returns None when nobody can tell what belongs where (a
    hidden place was taken away, doubled or typed): then a person has to settle it. Members of a
    list that stand for hidden ones come back as those.
    """
    if isinstance(value, str) and isinstance(ours, str):
        return _restored_text(value, ours, redact)
    if isinstance(value, (list, tuple)) and isinstance(ours, (list, tuple)):
        known = dict(zip(redact([str(one) for one in ours]), ours, strict=True))
        found = [known.get(str(one), one) for one in value]
        return None if any(REDACTED in str(one) and one not in ours for one in found) else found
    return value if REDACTED not in str(value) else None


def _restored_text(text: str, ours: str, redact: Redact) -> str | None:
    shown = redact([ours])[0]
    hidden = _between(ours, shown.split(REDACTED))
    parts = text.split(REDACTED)
    if hidden is None or len(parts) != len(hidden) + 1:
        return None
    found = parts[0] + "".join(a + b for a, b in zip(hidden, parts[1:], strict=True))
    return found if redact([found])[0] == text else None


def _between(ours: str, kept: list[str]) -> list[str] | None:
    """What of a text stands between the pieces that were kept; None if that is not clear."""
    if not ours.startswith(kept[0]) or not ours.endswith(kept[-1]):
        return None
    first, last = [0], [len(ours) - len(kept[-1])]
    for number, piece in enumerate(kept[1:-1]):
        first.append(ours.find(piece, first[-1] + len(kept[number]) + 1))
    for piece in kept[-2:0:-1]:
        last.insert(0, ours.rfind(piece, 0, max(last[0] - 1, 0)))
    if len(kept) > 1:
        first.append(len(ours) - len(kept[-1]))
        last.insert(0, 0)
    if first != last or first != sorted(first) or -1 in first:
        return None
    ends = [at + len(piece) for at, piece in zip(first, kept, strict=True)]
    found = [ours[end:start] for end, start in zip(ends, first[1:], strict=False)]
    return found if all(found) else None


def _replaced(value: Any, redact: Redact, *, every: bool = False) -> Any:
    """The value with all its texts read at once: one text, one answer."""
    texts: dict[str, None] = {}
    _walk(value, lambda text: texts.setdefault(text) or text, every)
    if not texts:
        return value
    told = dict(zip(texts, redact(list(texts)), strict=True))
    return _walk(value, told.__getitem__, every)


def _walk(value: Any, put: Callable[[str], str], every: bool) -> Any:
    """The value with its texts put anew; of shapes the fields that hold words, else all."""
    if isinstance(value, str):
        return put(value) if every and value else value
    if isinstance(value, BaseModel):
        changed = {
            name: _walk(getattr(value, name), put, name in _WORDS | _VALUES)
            for name in type(value).model_fields
        }
        return value.model_copy(update=changed)
    if isinstance(value, dict):
        return {name: _walk(one, put, every) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_walk(one, put, every) for one in value)
    return value


def _once(labels: Sequence[Any]) -> tuple[Any, ...]:
    """Two labels may have become one."""
    found: dict[str, Any] = {}
    for one in labels:
        found.setdefault(one.name, one)
    return tuple(found.values())
