"""Comments and their twins, as tests of what travels need them."""

from datetime import UTC, datetime, timedelta

from schemas.mirror import MappedComment, Mirror, MirrorOptions
from schemas.ticket import Comment, Person
from workers.rules.comment_plan import CommentStep, seen
from workers.rules.comment_text import author_line, signed

AT = datetime(2026, 11, 20, 9, 31, tzinfo=UTC)
ALICE = Person(id="1", login="alice", name="Alice Smith")
BOT = Person(id="9", login="sync-bot", name="Sync")


def a_mirror(direction: str = "push", **options: object) -> Mirror:
    return Mirror(
        id=1,
        name="m",
        source="here",
        target="there",
        options=MirrorOptions.model_validate({"direction": direction} | options),
        created_at=AT,
    )


def said(id_: str, body: str = "Hello", minutes: float = 0, **over: object) -> Comment:
    at = AT + timedelta(minutes=minutes)
    given = {"id": id_, "author": ALICE, "body": body, "created_at": at, "updated_at": at}
    return Comment.model_validate(given | over)


def twin_of(origin: Comment, id_: str, body: str | None = None, **over: object) -> Comment:
    """As our account wrote it, with the text of `origin` or, edited, another one."""
    text = signed(origin.body if body is None else body, author_line(origin))
    return said(id_, text, author=BOT, created_at=origin.created_at, **over)


def a_row(left: Comment | None, right: Comment | None, **over: object) -> MappedComment:
    given = {
        "id": 7,
        "mapping": 1,
        "born": "left",
        "left": left.id if left else None,
        "right": right.id if right else None,
        "left_seen": seen(left) if left else None,
        "right_seen": seen(right) if right else None,
    }
    return MappedComment.model_validate(given | over)


def acts(steps: list[CommentStep]) -> list[tuple[str, str]]:
    return [(step.act, step.side) for step in steps]


def told(step: CommentStep) -> str:
    return signed(step.text, step.line)
