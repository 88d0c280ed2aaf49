"""Every tracker: a ticket lives through thirty changes, heard of by webhook, by poll, twice or not
at all; its history is the tracker's changelog in the end, and takes it back to what it was."""

import random
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cli.stage import TRACKERS
from runtime.clock import utc_now
from schemas.history import TRACKED, HistoryEntry, shown
from schemas.model import Json
from store import as_of, categories, history, known
from store.keys import Key
from store.whole import whole_tickets
from tests.chaos.converge_acts import ACTS, EVERYWHERE, VANISHING, Pick, perform
from tests.journeys.any_tracker import Journey, at_work

pytestmark = pytest.mark.timeout(240)
CHANGES, AT_ONCE = 30, 5
CALM = 1.2
"""Seconds between what was seen and the next change: trackers count in seconds."""

OTHER = {
    "hide", "unhide", "lock_out", "let_in", "backup", "go_back", "bring_back", "rename_word",
    "drop_word", "rename_stone", "drop_stone", "rename_state", *VANISHING,
}  # fmt: skip
"""Not about one ticket, or about whether there is one; a label has its present name in the past."""


def _label(pick: Pick) -> None:
    pick.acts.label(pick.ticket(), pick.word())


def _unlabel(pick: Pick) -> None:
    chosen = pick.random.choice([one for one in pick.tickets() if one["labels"]])
    pick.acts.unlabel(pick.name(chosen), pick.random.choice(chosen["labels"]))


LABELS = {"label": _label, "unlabel": _unlabel}


@pytest.fixture(params=TRACKERS)
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    """A tracker with few tickets, read once and listening."""
    with at_work(tmp_path, request.param, tickets=3, comments=2) as made:
        made.reconcile()
        made.listen()
        made.rest()
        yield made


def act(tracker: str, running: Any, chosen: random.Random) -> bool:
    """One change at random, and whether there was anything to change."""
    name = chosen.choice(sorted({*EVERYWHERE, *ACTS[tracker], *LABELS} - OTHER))
    if name not in LABELS:
        return perform(name, tracker, running, chosen.randrange(10**9))
    with running.state.lock:
        try:
            LABELS[name](Pick(tracker, running, chosen))
        except (LookupError, ValueError):
            return False
    return True


def keys(journey: Journey) -> list[Key]:
    source = journey.stand.source
    with journey.together.store.read() as connection:
        return [(source, one) for one in sorted(known.ids_here(connection, source))]


def seen(journey: Journey) -> dict[Key, dict[str, Json]]:
    """Every tracked field of every ticket, as it is now."""
    with journey.together.store.read() as connection:
        found = whole_tickets(connection, keys(journey))
    return {key: {name: shown(ticket, name) for name in TRACKED} for key, ticket in found.items()}


def then(journey: Journey, at: datetime) -> dict[Key, tuple[dict[str, Json], frozenset[str]]]:
    """The same of a moment that has passed, and what nobody can tell any more."""
    parts = journey.together.parts
    assert parts is not None
    with journey.together.store.read() as connection:
        meant = categories.load(connection, parts.sources.values())
        found = as_of.as_of(connection, keys(journey), at, meant)
    return {
        key: ({name: shown(past.ticket, name) for name in TRACKED}, past.unknown)
        for key, past in found.items()
    }


def told(entries: Any) -> list[tuple[Any, ...]]:
    return sorted(
        (one.id, one.at, one.field, repr(one.before), repr(one.after), one.told) for one in entries
    )


def changelog(journey: Journey) -> list[HistoryEntry]:
    """What the tracker itself tells now, asked afresh."""
    parts = journey.together.parts
    assert parts is not None
    client = parts.connect(parts.sources[journey.stand.source])
    found = list(client.history([key[1] for key in keys(journey)]))
    client.close()
    assert {one.ticket for one in found} == {key[1] for key in keys(journey)}
    return [entry for one in found for entry in one.entries]


def live(journey: Journey, seed: int) -> list[tuple[datetime, dict[Key, dict[str, Json]]]]:
    """Thirty changes under loss and doubling, with a poll now and then; what was seen when."""
    running, tracker = journey.stand.running, journey.stand.told["tracker"]
    chosen = random.Random(seed)
    moments = []
    done = 0
    while done < CHANGES:
        running.faults.set(drop=0.3, double=0.3)
        for _ in range(AT_ONCE):
            done += act(tracker, running, chosen)
        journey.rest()
        running.faults.clear()
        journey.reconcile()
        moments.append((utc_now(), seen(journey)))
        time.sleep(CALM)
    return moments


@pytest.mark.parametrize("seed", [1])
def test_the_history_is_the_tracker_s_changelog_and_leads_back(alone: Journey, seed: int) -> None:
    moments = live(alone, seed)
    alone.reconcile()
    fields = capabilities(alone).history
    with alone.together.store.read() as connection:
        rows = [one for past in history.of(connection, keys(alone)).values() for one in past]
    ours = [one.entry for one in rows if one.basis == "changelog"]
    assert len(told(ours)) > 5
    assert told(ours) == told(changelog(alone))
    assert {one.entry.field for one in rows if one.basis != "changelog"}.isdisjoint(fields)
    for at, state in moments:
        past = then(alone, at)
        for key, values in state.items():
            found, unknown = past[key]
            assert unknown == frozenset()
            for name, value in values.items():
                assert found[name] == value, (at, key, name)


def capabilities(journey: Journey) -> Any:
    parts = journey.together.parts
    assert parts is not None
    return parts.tracker(parts.sources[journey.stand.source].tracker).capabilities
