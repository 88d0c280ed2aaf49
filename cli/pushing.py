"""Pushing mirrors in this process, each in a session of its own, and telling what came of it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from cli.conflict_screen import short
from cli.given import program
from cli.mirror_screen import receipt_objects
from schemas.errors import ConfigError, StoreAway, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened
    from schemas.mirror import Conflict, Mirror
    from workers.mirrors.task import Pushed

ERRORS = 3
COUNTS = ("created", "comments", "conflicts", "waiting", "parked")


def touching(here: "Opened", sources: Iterable[str]) -> "list[Mirror]":
    """The mirrors that are on and have an end in one of these sources."""
    from store import mirrors

    ends = {*sources}
    with here.store.read() as connection:
        found = mirrors.every(connection)
    return [one for one in found if one.enabled and ends & {one.source, one.target}]


def push_all(here: "Opened", found: "Iterable[Mirror]") -> list[dict[str, Any]]:
    """Pushes what is due of these mirrors, one after the other; files of theirs are written."""
    from workers.mirrors.push import push_due

    def due(mirror: "Mirror", session: int) -> "Pushed":
        return push_due(here.work, mirror=mirror.name, session=session)

    return [
        _noted(here, one, in_session(here, one, partial(due, one))) | {"note": _idle(here, one)}
        for one in found
    ]


def _idle(here: "Opened", mirror: "Mirror") -> str:
    """Why nothing of a mirror can be pushed, whatever is due; empty when it can."""
    from store import mirrors

    with here.store.read() as connection:
        paused = mirrors.idle_sources(connection)
        broken = mirrors.broken_sources(connection)
    for source in (mirror.source, mirror.target):
        if source in paused:
            return f"{source} is paused: `{program()} sources resume {source}` goes on"
        if source in broken:
            return f"{source} is in error: `{program()} sources show {source}` tells why"
        if source not in here.work.sources:
            return f"{source} is no source of the file, or disabled there"
    return ""


def _noted(here: "Opened", mirror: "Mirror", row: dict[str, Any]) -> dict[str, Any]:
    """The mirror was looked over as a whole; one that was asked for has its own session."""
    from runtime.clock import utc_now
    from store import mirrors

    if mirror.session is None:
        now = utc_now()
        again = now + timedelta(minutes=mirror.options.sync_interval_minutes)
        status = "failed" if row["error"] else "success"
        with here.store.write() as connection:
            mirrors.ran(connection, mirror.id, status, row["error"], now, again)  # type: ignore[arg-type]
    return row


def push_keys(here: "Opened", mirror: "Mirror", keys: "Sequence[str]") -> dict[str, Any]:
    """Takes single tickets in and pushes them, whatever their age."""
    from workers.mirrors.linking import take_in
    from workers.mirrors.push import push_these

    ids = [take_in(here.work, mirror, key) for key in keys]
    return in_session(here, mirror, lambda session: push_these(here.work, ids, session=session))


def in_session(here: "Opened", mirror: "Mirror", push: "Callable[[int], Pushed]") -> dict[str, Any]:
    """What a push in a new session came to; what went wrong is told, and ends the session."""
    from runtime.clock import utc_now
    from schemas.session import Report
    from store import receipts, sessions

    began = utc_now()
    with here.store.write() as connection:
        session = sessions.begin(connection, mirror.name, "mirror", began)
    done, error = None, None
    try:
        done = push(session)
        error = _in_short(one.removeprefix(f"{mirror.name}: ") for one in done.errors)
    except (ConfigError, StoreAway):
        raise
    except TicketsyncError as failed:
        error = str(failed)
    seconds = round((utc_now() - began).total_seconds(), 3)
    report = Report(seconds=seconds)
    if done is not None:
        changed = done.writes - done.created
        report = Report(seen=done.looked, new=done.created, changed=changed, seconds=seconds)
    with here.store.write() as connection:
        sessions.end(connection, session, utc_now(), report, error)
    here.touched |= {mirror.source, mirror.target}
    with here.store.read() as connection:
        written = receipt_objects(connection, receipts.of_session(connection, session)[::-1])
    return _row(mirror, session, done, error) | {"receipts": written}


def _in_short(errors: Iterable[str]) -> str | None:
    """What went wrong, each thing once, the first few of many; None when nothing did."""
    found = list(dict.fromkeys(errors))
    more = [f"and {len(found) - ERRORS} more"] if len(found) > ERRORS else []
    return "; ".join([*found[:ERRORS], *more]) or None


def _row(
    mirror: "Mirror", session: int, done: "Pushed | None", error: str | None
) -> dict[str, Any]:
    return {
        "mirror": mirror.name,
        "ends": [mirror.source, mirror.target],
        "session": session,
        "mode": mirror.options.mode,
        "written": done.writes if done else 0,
        **{name: getattr(done, name) if done else 0 for name in COUNTS},
        "note": "",
        "error": error,
    }


def tell(rows: "Sequence[dict[str, Any]]", as_json: bool) -> None:
    """What pushes came to; exit code 1 when one of them failed."""
    from cli.screen import print_json

    if as_json:
        print_json(rows)
    else:
        print_pushed(rows)
    if any(row["error"] for row in rows):
        raise typer.Exit(1)


def print_pushed(rows: "Sequence[dict[str, Any]]", *, each: bool = True) -> None:
    """A line for each mirror; with `each` also what was written where."""
    from cli.screen import line

    for row in rows:
        for one in row["receipts"] if each else ():
            for told in _lines(one):
                print(f"  {line(told)}")
        name, counts = line(row["mirror"]), ", ".join(_counts(row))
        shadow = " (shadow: nothing is written)" if row["mode"] == "shadow" else ""
        print(f"{name}: {counts}{shadow}")
        for told in _remarks(row, name):
            print(f"{name}: {line(told)}")


def _remarks(row: dict[str, Any], name: str) -> Iterable[str]:
    """What of a push a person has to know or look at."""
    yield from (told for told in (row["note"], row["error"]) if told)
    if row["conflicts"]:
        yield f"`{program()} conflicts list` shows what both sides changed"
    if row["parked"]:
        yield f"`{program()} mirrors show {name}` says what waits for you"


def _counts(row: dict[str, Any]) -> Iterable[str]:
    yield f"written {row['written']}"
    yield f"conflicts {row['conflicts']}"
    yield f"waiting {row['waiting']}"
    if row["parked"]:
        yield f"parked {row['parked']}"


def _lines(one: dict[str, Any]) -> Iterable[str]:
    """What a step wrote, a line for each field of it."""
    where = f"{one['source']} {one['key']}"
    step = one["step"].replace("_", " ")
    if not one["fields"]:
        yield f"{where}: {step}"
    for name, pair in one["fields"].items():
        yield f"{where}: {name}: {short(pair['before'])} → {short(pair['after'])}"


def push_after(here: "Opened", conflict: "Conflict") -> list[dict[str, Any]]:
    """Writes what a settlement asks for: the mirror's twin, or the tracker behind a file."""
    from store import mappings, mirrors
    from workers.mirrors.push import push_these

    mapping = conflict.mapping
    if mapping is None:
        return [_files(here, conflict.source)]
    with here.store.read() as connection:
        found = mappings.get(connection, mapping)
        mirror = mirrors.get(connection, found.mirror) if found else None
    if mirror is None or not mirror.enabled:
        return []
    return [
        in_session(here, mirror, lambda session: push_these(here.work, [mapping], session=session))
    ]


def _files(here: "Opened", source: str) -> dict[str, Any]:
    """Sends what was typed into the files of a source."""
    from workers.edits.sending import push_edits

    sent = push_edits(here.work, only=[source])
    here.touched |= {source, *sent.sources}
    return {
        "mirror": f"files of {source}",
        "ends": [source],
        "session": None,
        "mode": "live",
        "written": sent.tickets,
        **dict.fromkeys(COUNTS, 0),
        "note": "",
        "comments": sent.comments,
        "conflicts": sent.conflicts,
        "waiting": sent.waiting,
        "error": "; ".join(sent.faults) or None,
        "receipts": [],
    }
