"""The state of the whole at a glance: what `status`, /metrics and the dashboard show."""

from datetime import datetime

import sqlalchemy as sa
from pydantic import Field

from schemas.model import Model
from schemas.session import Pass, Report
from schemas.tracker import HookLook
from store import gaps, passes
from store.tables import audit, deliveries, sessions, sources, tickets


class Watch(Model):
    """How well a source is watched: its webhook's coverage, its passes, its last session.

    `day` and `week` are the coverage over such a time; `silent_since` is set while the webhook is
    silent; `look` is the last look at the webhook.
    """

    day: gaps.Coverage
    week: gaps.Coverage
    silent_since: datetime | None = None
    look: HookLook | None = None
    passes: dict[str, Pass] = Field(default_factory=dict)
    report: Report | None = None


class SourceOverview(Model):
    """One source. `behind_seconds` is the age of the oldest delivery not yet applied, 0 if none."""

    name: str
    tracker: str
    status: str
    status_reason: str = ""
    behind_seconds: float = 0.0
    open: int = 0
    dead: int = 0
    tickets: int = 0
    in_doubt: int = 0
    oldest_doubt_seconds: float = 0.0
    last_session: datetime | None = None
    next_session: datetime | None = None
    watch: Watch


class Overview(Model):
    """All sources and the journal's counts."""

    total: int
    open: int
    dead: int
    sources: tuple[SourceOverview, ...]


def overview(connection: sa.Connection, now: datetime) -> Overview:
    """Reads the state; a few indexed counts."""
    waiting = _counts(connection, deliveries.c.outcome.is_(None))
    dead = _counts(connection, deliveries.c.outcome == sa.literal_column("'dead'"))
    held = _tickets(connection)
    query = sa.select(sources).where(sources.c.removed_at.is_(None)).order_by(sources.c.name)
    rows = [
        SourceOverview(
            name=row.name,
            tracker=row.tracker,
            status=row.status,
            status_reason=row.status_reason,
            open=waiting.get(row.name, (0, None))[0],
            behind_seconds=_age(waiting.get(row.name, (0, None))[1], now),
            dead=dead.get(row.name, (0, None))[0],
            tickets=held.get(row.name, (0, 0, None))[0],
            in_doubt=held.get(row.name, (0, 0, None))[1],
            oldest_doubt_seconds=_age(held.get(row.name, (0, 0, None))[2], now),
            last_session=row.last_session_at,
            next_session=row.next_session_at,
            watch=_watch(connection, row.name, now),
        )
        for row in connection.execute(query)
    ]
    total = connection.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
    return Overview(
        total=total,
        open=sum(count for count, _ in waiting.values()),
        dead=sum(count for count, _ in dead.values()),
        sources=tuple(rows),
    )


def _watch(connection: sa.Connection, source: str, now: datetime) -> Watch:
    made = passes.of(connection, source)
    ended = sa.select(sessions.c.report).where(
        sessions.c.source == source, sessions.c.status != "running"
    )
    report = connection.execute(ended.order_by(sessions.c.id.desc()).limit(1)).scalar()
    return Watch(
        day=gaps.coverage(connection, source, now, gaps.DAY),
        week=gaps.coverage(connection, source, now, gaps.WEEK),
        silent_since=gaps.silent_since(connection, source),
        look=_look(connection, source, made),
        passes=made,
        report=None if report is None else Report(**report),
    )


def _look(connection: sa.Connection, source: str, made: dict[str, Pass]) -> HookLook | None:
    """The last look; what a person has registered since then is taken for mended."""
    look = HookLook.kept(made["hooks"].mark) if "hooks" in made else None
    if look is None or not look.faults:
        return look
    since = sa.select(audit.c.id).where(
        audit.c.at > look.at,
        audit.c.action == "register hook",
        audit.c.subject == f"source {source}",
    )
    mended = connection.execute(since.limit(1)).first()
    left = [one for one in look.faults if one.mended_by != "register"]
    return look.model_copy(update={"faults": tuple(left)}) if mended else look


def _counts(
    connection: sa.Connection, condition: sa.ColumnElement[bool]
) -> dict[str, tuple[int, datetime | None]]:
    # Grouped by the column itself, SQLite would read all rows by source instead of these few.
    name = deliveries.c.source.concat(sa.literal_column("''"))
    query = (
        sa.select(
            sa.func.min(deliveries.c.source), sa.func.count(), sa.func.min(deliveries.c.received_at)
        )
        .where(condition)
        .group_by(name)
    )
    return {source: (count, oldest) for source, count, oldest in connection.execute(query)}


def _tickets(connection: sa.Connection) -> dict[str, tuple[int, int, datetime | None]]:
    doubt = tickets.c.doubt_due_at.is_not(None)
    query = sa.select(
        tickets.c.source,
        sa.func.count(),
        sa.func.count(tickets.c.doubt_due_at),
        sa.func.min(sa.case((doubt, tickets.c.last_synced_at))),
    ).group_by(tickets.c.source)
    return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
