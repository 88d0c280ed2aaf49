"""New comments from files: announced before they are sent, looked up after a crash (law 7)."""

from collections.abc import Sequence
from datetime import datetime

from schemas.change import Absent, CommentChange, Found, Intent, Marker, Ref, Unsure
from schemas.ticket import Comment, Ticket
from store import edits, installation, intents
from store.database import Connection
from store.edits import COMMENT, Edit
from store.intents import OpenIntent
from store.keys import Key
from trackers import markers
from trackers.base import Client
from workers.mirrors.carry import Errand, record_answer
from workers.mirrors.recover import CALL_ENDS, LOOK_AGAIN, LOOKS
from workers.work import Work

_MADE_BY = "workspace"


class NotYet(Exception):
    """The edits of a ticket wait `until`, and why."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.until = until


def name_of(edit: Edit) -> str:
    """How an announcement names the edit it carries."""
    return f"edit-{edit.id}"


def marker_of(work: Work, key: Key, edit: Edit) -> Marker:
    """The mark by which the comment is found again."""
    with work.store.write() as connection:
        ours = installation.of(connection, work.now())
    origin = f"{key[0]}/{key[1]}/{name_of(edit)}"
    return markers.minted(ours.key, ours.id, _MADE_BY, origin)


def recorded(
    work: Work, key: Key, edit: Edit, connection: Connection, ref: Ref, ticket: Ticket | None
) -> None:
    """The edit is done in the transaction that knows of the answer."""
    edits.end(connection, [edit], "done", work.now())
    edits.show(connection, [key])


def settle(work: Work, client: Client, key: Key, mine: Sequence[Edit]) -> None:
    """Settles what was announced for a ticket's edits and never answered. Raises NotYet.

    A change of fields is planned anew from what the tracker says; a comment is looked for.
    """
    with work.store.read() as connection:
        found = intents.of_edits(connection, *key)
    by_name = {name_of(one): one for one in mine if one.field == COMMENT}
    for one in found:
        if one.creates == "comment" and one.marker is not None:
            _look_up(work, client, key, one, by_name.get(one.comment or ""))
        else:
            with work.store.write() as connection:
                intents.end(connection, one.id, "failed", work.now(), "cut off; planned anew")


def _look_up(work: Work, client: Client, key: Key, one: OpenIntent, edit: Edit | None) -> None:
    now, earliest = work.now(), one.sent_at + CALL_ENDS
    if one.looked_at is not None:
        earliest = max(earliest, one.looked_at + LOOK_AGAIN)
    if now < earliest:
        raise NotYet("a comment that was cut off may still be on its way", earliest)
    assert one.marker is not None  # noqa: S101 - callers looked
    intent = Intent(creates="comment", marker=one.marker, ticket=key[1], sent_at=one.sent_at)
    match client.find_marker(intent):
        case Found(ref=ref):
            _found(work, key, one, ref, edit)
        case Absent():
            _absent(work, one, now)
        case Unsure(reason=reason):
            with work.store.write() as connection:
                intents.looked(connection, one.id, now, absent=False)
            raise NotYet(f"nobody can tell whether the comment was made: {reason}", now + CALL_ENDS)


def _found(work: Work, key: Key, one: OpenIntent, ref: Ref, edit: Edit | None) -> None:
    change = CommentChange(ticket=key[1], wanted=Comment(id=""), marker=one.marker)

    def done(connection: Connection, ref: Ref, ticket: Ticket | None) -> None:
        if edit is not None:
            recorded(work, key, edit, connection, ref, ticket)

    errand = Errand(key[0], change, carries=one.comment, recorded=done)
    record_answer(work, errand, one.step, ref, one.id, one.sent_at)


def _absent(work: Work, one: OpenIntent, now: datetime) -> None:
    again = one.looks + 1 < LOOKS
    with work.store.write() as connection:
        intents.looked(connection, one.id, now, absent=True)
        if not again:
            intents.end(connection, one.id, "absent", now)
    if again:
        raise NotYet("a comment that was cut off is looked for once more", now + LOOK_AGAIN)
