"""Nothing that may not leave is in any byte that a tracker received (law 12).

The suite looks at some hundred tickets, `./run test tests/chaos/test_canaries.py --canaries 10000`
at ten thousand.
"""

from pathlib import Path

import pytest

from tests.chaos.canaries import PLACES, World, darken, grow, world
from tests.conftest import Database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]

WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def test_no_secret_is_in_any_byte_that_a_tracker_received(
    sqlite_database: Database, tmp_path: Path, canaries: int
) -> None:
    with world(tmp_path, sqlite_database.url, seed=canaries) as found:
        grow(found, canaries)
        found.reconcile(full=True)
        found.push()
        found.rest()
        _nothing_leaked(found)
        _all_arrived(found)


def test_a_ticket_that_turns_private_is_taken_back_and_told_no_more(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with world(tmp_path, sqlite_database.url, seed=7) as found:
        grow(found, 40)
        found.reconcile(full=True)
        found.push()
        found.rest()
        before = found.said("B")
        dark = darken(found)
        gone = words_of(found, dark)
        assert len(gone) >= len(dark) > 3
        assert gone <= before
        found.rest()
        _nothing_leaked(found)
        for place in PLACES:
            if place != "A":
                assert found.said(place) & gone == set(), place


def words_of(found: World, numbers: set[int]) -> set[str]:
    """What was published of these tickets: the words that A showed before they turned private."""
    return {word for number in numbers for word in found.texts[number]}


def _nothing_leaked(found: World) -> None:
    kept = {place: {"cnry", "mask"} for place in PLACES}
    kept["D"].add("open")  # A's tickets stand at B as twins; the mirror from B to D names no A
    for place, forbidden in kept.items():
        leaked = {word for word in found.heard(place) if word[:4] in forbidden}
        assert leaked == set(), f"{place} was sent {sorted(leaked)[:10]}"
    asked = found.running["A"].requests.entries
    assert {one.method for one in asked}.isdisjoint(WRITES)


def _all_arrived(found: World) -> None:
    """What was meant to arrive did: or nothing would be proven by what did not."""
    heard = {place: found.heard(place) for place in PLACES}
    missing = [pair for pair in sorted(found.words.to_arrive) if pair[1] not in heard[pair[0]]]
    assert missing == []
    assert len(found.words.to_arrive) > len(found.published)
