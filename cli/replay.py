"""Replay: kept deliveries run again, to one of three depths, in this process.

`verify` proves the kept body once more against the secrets of today, then applies it; `apply`
makes the row pending again and drains it; `fetch` asks the tracker for the ticket as it is now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from cli.given import who
from schemas.delivery import Delivery, Outcome, Via
from schemas.errors import ConfigError, Rejected, StoreAway, TicketsyncError
from schemas.event import Aspect

if TYPE_CHECKING:
    from cli.context import Opened

DEPTHS = ("verify", "apply", "fetch")
AT_ONCE = 200
EVERYTHING: frozenset[Aspect] = frozenset({"core", "comments", "links"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to; `failed` also when the row was left as it was, `note` says why."""

    id: int
    outcome: str
    note: str = ""
    failed: bool = False


def run(here: "Opened", ids: Sequence[int], depth: str) -> list[Replayed]:
    """Runs deliveries again, in the order of their arrival."""
    if depth not in DEPTHS:
        raise ConfigError(f'--depth must be {", ".join(DEPTHS)}, not "{depth}"')
    results: list[Replayed] = []
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), AT_ONCE):
        results += _some(here, ordered[start : start + AT_ONCE], depth)
    return results


def report(results: Sequence[Replayed], as_json: bool) -> None:
    """Says what became of each; ends the command with 1 if any failed."""
    from cli.screen import print_json, print_table

    if as_json:
        print_json([{"id": r.id, "outcome": r.outcome, "note": r.note} for r in results])
    else:
        rows = [(r.id, r.outcome, r.note) for r in results]
        print_table((">ID", "outcome", "note"), rows, empty="nothing to replay")
    if any(result.failed for result in results):
        raise typer.Exit(1)


def _some(here: "Opened", ids: list[int], depth: str) -> list[Replayed]:
    from store import journal

    refused: dict[int, str] = {}
    rows: list[Delivery] = []
    with here.store.read() as connection:
        for one in ids:
            row = journal.get(connection, one)
            fault = "there is no such delivery" if row is None else _fault(here, row, depth)
            if fault:
                refused[one] = fault
            elif row is not None:
                rows.append(row)
    if depth == "fetch":
        refused |= _fetch(here, rows)
    else:
        _apply(here, rows, depth)
    return [_result(here, one, refused.get(one)) for one in ids]


def _fault(here: "Opened", row: Delivery, depth: str) -> str | None:
    """Why a row cannot be run again to this depth; None when it can."""
    if row.source not in here.work.sources:
        return f"its source {row.source} is not configured, or disabled"
    if here.paused(row.source):
        return f"its source is paused: `sources resume {row.source}` first"
    if depth == "fetch":
        return None if row.ticket else "it names no ticket: `sync --full` reads all of them"
    if row.body is None:
        return "its body was dropped: use --depth fetch"
    return _unproven(here, row) if depth == "verify" else None


def _unproven(here: "Opened", row: Delivery) -> str | None:
    """The proof of a kept webhook, once more."""
    source = here.work.sources[row.source]
    tracker = here.work.tracker(source.tracker)
    if row.via is not Via.webhook:
        return f"it came by {row.via} and carries no proof: use --depth apply"
    if not tracker.capabilities.verify_again:
        return f"{source.tracker} deliveries cannot prove themselves twice: use --depth apply"
    try:
        secrets = here.secrets.webhook_secrets(source)
        tracker.verify(row.headers, row.body or b"", secrets, row.received_at)
    except Rejected as error:
        return f"the proof fails: {error}"
    return None


def _apply(here: "Opened", rows: list[Delivery], depth: str) -> None:
    from store import journal

    with here.store.write() as connection:
        journal.reopen(connection, [row.id for row in rows])
        _note(connection, rows, depth)
    here.drain(list(dict.fromkeys((row.source, row.ticket) for row in rows)))


def _fetch(here: "Opened", rows: list[Delivery]) -> dict[int, str]:
    """Asks for each ticket once; its dead letters have nothing more to tell then."""
    from workers.refetch import fetch_now

    failures: dict[int, str] = {}
    keys: dict[tuple[str, str], list[Delivery]] = {}
    for row in rows:
        keys.setdefault((row.source, str(row.ticket)), []).append(row)
    for key, same in keys.items():
        client = here.work.connect(here.work.sources[key[0]])
        try:
            fetch_now(here.work, client, key, EVERYTHING)
        except (ConfigError, StoreAway):
            raise
        except TicketsyncError as error:
            failures |= {row.id: str(error) for row in same}
        else:
            _settle(here, same)
        finally:
            client.close()
        here.touched.add(key[0])
    return failures


def _settle(here: "Opened", rows: list[Delivery]) -> None:
    from runtime.clock import utc_now
    from store import journal
    from store.journal import Finished

    dead = [row for row in rows if row.outcome is Outcome.dead]
    reason = f"the ticket was fetched instead, by {who()}"
    with here.store.write() as connection:
        done = [Finished(row.id, Outcome.ignored, reason) for row in dead]
        journal.finish(connection, done, utc_now())
        _note(connection, rows, "fetch")


def _note(connection: Any, rows: list[Delivery], depth: str) -> None:
    from runtime.clock import utc_now
    from store import audit

    for row in rows:
        before = {"outcome": row.outcome and str(row.outcome), "reason": row.reason}
        subject = f"delivery {row.id}"
        audit.note(connection, utc_now(), who(), "replay", subject, before, {"depth": depth})


def _result(here: "Opened", one: int, refused: str | None) -> Replayed:
    from store import journal

    with here.store.read() as connection:
        row = journal.get(connection, one)
    if row is None:
        return Replayed(one, "unknown", refused or "", failed=True)
    outcome = str(row.outcome) if row.outcome else "pending"
    if refused:
        return Replayed(one, outcome, refused, failed=True)
    note = row.reason or (row.last_error or "" if row.outcome is None else "")
    return Replayed(one, outcome, note, failed=row.outcome in (None, Outcome.dead))
