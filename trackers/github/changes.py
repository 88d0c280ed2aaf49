"""The changes a webhook tells exactly.

https://docs.github.com/webhooks/webhook-events-and-payloads#issues

It names no event of the timeline. A type is told without its values: it is the source's map that
gives it its name, and no payload knows of that. Links and values of issue fields are not told here:
the first move no time of the issue's, and the second have names in the source's map alone.
"""

from collections.abc import Callable

from schemas.event import ChangesTold
from schemas.model import Json
from trackers.fields import Fields
from trackers.github.values import GHOST, markdown, person, someone
from trackers.told import told_change

Told = tuple[str, str, Json, Json]
"""(native field, our field, before, after); both None for what is told without values."""

_Reader = Callable[[Fields, Fields], list[Told]]
"""(issue, body) to changes."""

_GIVES = frozenset({"labeled", "assigned", "milestoned"})
"""What takes a value away comes before what gives one, in the same second."""


def told(action: str, ticket: str, issue: Fields, content: Fields) -> ChangesTold | None:
    """What an `issues` event says beside the issue itself; None when that is nothing."""
    reader = _READERS.get(action)
    at = issue.time("updated_at") if reader else None
    if reader is None or at is None:
        return None
    actor = someone(content, "sender")
    entries = [
        told_change(
            ticket,
            at,
            actor,
            native,
            field,
            before,
            after,
            told=before != after,
            place=int(action in _GIVES),
        )
        for native, field, before, after in reader(issue, content)
    ]
    return ChangesTold(ticket=ticket, entries=tuple(entries)) if entries else None


def _edited(issue: Fields, content: Fields) -> list[Told]:
    """Old values only, and none at all for some edits."""
    changes = content.object("changes")
    title, body = (changes.object(name) if changes else None for name in ("title", "body"))
    found: list[Told] = []
    if title and "from" in title and "title" in issue:
        found.append(("title", "title", title.text("from"), issue.text("title")))
    if body and "from" in body and "body" in issue:
        was, now = markdown(body.text("from")) or None, markdown(issue.text("body")) or None
        found.append(("body", "body", was, now))
    return [one for one in found if one[2] != one[3]]


def _closed(issue: Fields, content: Fields) -> list[Told]:
    reason = issue.text("state_reason")
    found: list[Told] = [("state", "status", "open", "closed")]
    return [*found, ("state_reason", "close_reason", None, reason)] if reason else found


def _reopened(issue: Fields, content: Fields) -> list[Told]:
    """Why it had been closed is told no more."""
    return [("state", "status", "closed", "open"), ("state_reason", "close_reason", None, None)]


def _thing(field: str, inner: str, name: str, *, many: bool, gone: bool = False) -> _Reader:
    """A thing that came or went; the schema does not require it to be there."""

    def read(issue: Fields, content: Fields) -> list[Told]:
        thing = content.object(inner)
        named = thing.text(name) if thing else None
        if not named:
            return []
        value: Json = [named] if many else named
        return [(field, field, value, None) if gone else (field, field, None, value)]

    return read


def _assignee(*, gone: bool = False) -> _Reader:
    def read(issue: Fields, content: Fields) -> list[Told]:
        if "assignee" not in content:
            return []
        user = content.object("assignee")
        value = [(person(user) if user else GHOST).id]
        return [("assignees", "assignees", *((value, None) if gone else (None, value)))]

    return read


def _locked(issue: Fields, content: Fields) -> list[Told]:
    return [("locked", "locked", False, True)]


def _unlocked(issue: Fields, content: Fields) -> list[Told]:
    return [("locked", "locked", True, False)]


def _typed(issue: Fields, content: Fields) -> list[Told]:
    return [("type", "type", None, None)]


_READERS: dict[str, _Reader] = {
    "edited": _edited,
    "closed": _closed,
    "reopened": _reopened,
    "locked": _locked,
    "unlocked": _unlocked,
    "labeled": _thing("labels", "label", "name", many=True),
    "unlabeled": _thing("labels", "label", "name", many=True, gone=True),
    "assigned": _assignee(),
    "unassigned": _assignee(gone=True),
    "milestoned": _thing("milestone", "milestone", "title", many=False),
    "demilestoned": _thing("milestone", "milestone", "title", many=False, gone=True),
    "typed": _typed,
    "untyped": _typed,
}
