"""Fifty thousand tickets of five sources over two years, written straight into the tables.

Only the way is shorter: the rows are what drains leave behind, and what is derived from them is
derived by the code that always does it.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.source import Source
from store import derived, rows, sources
from store.database import Store
from store.tables import comments, definitions, history, people, tickets

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 730
PROJECTS = ("shop", "desk", "core", "apps", "site")
TRACKERS = {"shop": "github", "desk": "gitlab", "core": "jira", "apps": "linear", "site": "github"}
LABELS, PEOPLE, SPRINTS = 40, 60, 52
STATES = {"To Do": "todo", "In Progress": "in_progress", "Review": "in_progress", "Done": "done"}
CHUNK = 1_000
WORDS = """
login page error after update the user cannot open order list because server answers slow when cache
is full and export of report fails with timeout on mobile device after deploy token session expired
payment invoice address search filter button menu dialog image upload please check again with latest
version it works for me but not for them since last week
"""


def declared() -> dict[str, Source]:
    """The five sources."""
    return {
        name: Source(
            name=name,
            slug=name,
            tracker=TRACKERS[name],
            url=f"https://example.org/acme/{name}",
            filter={"state": "all"},
        )
        for name in PROJECTS
    }


def build(store: Store, count: int, changes: int) -> None:
    """Writes so many tickets with so many changes each, and derives what is derived."""
    dice = random.Random(7)
    with store.write() as connection:
        sources.declare(connection, list(declared().values()), NOW)
        connection.execute(
            people.insert(), [_person(p, n) for p in PROJECTS for n in range(PEOPLE)]
        )
        connection.execute(definitions.insert(), [*_definitions()])
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        made = [_ticket(dice, number, changes) for number in numbers]
        with store.write() as connection:
            connection.execute(tickets.insert(), [ticket for ticket, _, _ in made])
            connection.execute(comments.insert(), [one for _, notes, _ in made for one in notes])
            if changes:
                connection.execute(history.insert(), [one for _, _, past in made for one in past])


def derive(store: Store) -> int:
    """Brings all that is derived up to date."""
    return derived.bring_up(store, declared(), NOW)


def settle(store: Store) -> None:
    """What PostgreSQL does by itself in the minute after so many rows have come."""
    if store.dialect == "postgresql":
        with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def _person(source: str, number: int) -> dict[str, Any]:
    return {
        "source": source,
        "external_id": f"u{number}",
        "login": f"person-{number}",
        "name": f"Person {number}",
        "email": f"person-{number}@example.org",
        "kind": "user",
        "seen_at": NOW,
    }


def _definitions() -> Iterator[dict[str, Any]]:
    for source in PROJECTS:
        for kind, count in (("label", LABELS), ("sprint", SPRINTS), ("component", 12)):
            for number in range(count):
                first = NOW - timedelta(days=DAYS - 14 * number)
                yield {
                    "source": source,
                    "kind": kind,
                    "external_id": f"{kind[0]}{number}",
                    "name": f"{kind}-{number}",
                    "starts_on": first.isoformat() if kind == "sprint" else None,
                    "due_on": (first + timedelta(days=14)).isoformat()
                    if kind == "sprint"
                    else None,
                    "seen_at": NOW,
                }


def _text(dice: random.Random, length: int) -> str:
    """Words of a few hundred, and here and there one of many thousand."""
    known = WORDS.split()
    words = dice.choices(known, k=length // 6)
    words[::12] = [f"{dice.choice(known)}{dice.randrange(20_000)}" for _ in words[::12]]
    return " ".join(words)


def _ticket(
    dice: random.Random, number: int, changes: int
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    source, name = PROJECTS[number % len(PROJECTS)], f"i{number}"
    created = NOW - timedelta(seconds=dice.randrange(DAYS * 86_400))
    past = list(_past(dice, source, name, created, changes))
    statuses = [one["after"] for one in past if one["field"] == "status"]
    status = statuses[-1] if statuses else "To Do"
    updated = past[-1]["at"] if past else created
    labels = sorted({f"l{int(dice.random() ** 2 * LABELS)}" for _ in range(dice.randrange(4))})
    row = {
        **dict.fromkeys(("native_id", "close_reason", "severity", "time_spent", "milestone_id")),
        "source": source,
        "external_id": name,
        "key": f"{source.upper()}-{number}",
        "number": number,
        "url": f"https://example.org/acme/{source}/{number}",
        "title": _text(dice, 50),
        "body": _text(dice, 600),
        "type": dice.choice(("bug", "task", "story")),
        "state": "closed" if status == "Done" else "open",
        "status": status,
        "status_category": STATES[status],
        "priority": dice.choice(("low", "medium", "high", None)),
        "label_ids": labels,
        "assignee_ids": _holders(past),
        "reporter_id": f"u{dice.randrange(PEOPLE)}",
        "sprint_id": f"s{dice.randrange(SPRINTS)}",
        "sprint_ids": [],
        "component_ids": [f"c{dice.randrange(12)}"],
        "story_points": float(dice.choice((1, 2, 3, 5, 8))),
        "customer": dice.choice(("Acme", "Globex", None, None)),
        "reactions": {},
        "custom_fields": {},
        "external_fields": {},
        "locked": False,
        "created_at": created,
        "updated_at": updated,
        "closed_at": updated if status == "Done" else None,
        "comment_count": 2,
        "attachments": [],
        "revision": updated.isoformat(),
        "observed_at": updated,
        "last_synced_at": updated,
        "fate": "deleted" if number % 500 == 0 else "here",
        "record": rows.pack({"id": name, "text": _text(dice, 900)}),
    }
    return row, list(_notes(dice, source, name, created)), past


def _notes(
    dice: random.Random, source: str, ticket: str, created: datetime
) -> Iterator[dict[str, Any]]:
    for place in range(2):
        at = created + timedelta(hours=place + 1)
        yield {
            "source": source,
            "external_id": f"{ticket}-{place}",
            "ticket": ticket,
            "author_id": f"u{dice.randrange(PEOPLE)}",
            "body": _text(dice, 200),
            "internal": False,
            "created_at": at,
            "observed_at": at,
        }


def _holders(past: list[dict[str, Any]]) -> list[str]:
    held: set[str] = set()
    for one in past:
        if one["field"] == "assignees":
            held = (held - set(one["before"] or ())) | set(one["after"] or ())
    return sorted(held)


def _past(
    dice: random.Random, source: str, ticket: str, created: datetime, changes: int
) -> Iterator[dict[str, Any]]:
    """Somebody takes it, it goes through its statuses, some come back, the rest is titles."""
    at, status, holder = created, "To Do", None
    ways = {
        "To Do": ("In Progress",),
        "In Progress": ("Review", "To Do"),
        "Review": ("Done", "Done", "In Progress"),
        "Done": ("In Progress", "Done"),
    }
    for place in range(changes):
        at = min(at + timedelta(hours=dice.expovariate(1 / 40)), NOW)
        field, before, after = "title", "an older title", "a newer title"
        if place == 0 or dice.random() < 0.1:
            taker = f"u{dice.randrange(PEOPLE)}"
            field, before, after = "assignees", [holder] if holder else None, [taker]
            holder = taker
        elif dice.random() < 0.7:
            nxt = dice.choice(ways[status])
            if nxt != status:
                field, before, after = "status", status, nxt
                status = nxt
        yield {
            "source": source,
            "ticket": ticket,
            "entry": f"{ticket}:{place}",
            "at": at,
            "actor_id": f"u{dice.randrange(PEOPLE)}",
            "native_field": field,
            "field": field,
            "before": before,
            "after": after,
            "basis": "changelog",
            "noted_at": at,
        }
