"""Nothing that may not leave is in any byte that a tracker received (law 12).

The suite looks at some hundred tickets, `./run test tests/chaos/test_canaries.py --canaries 10000`
at ten thousand.
"""

from pathlib import Path

import pytest

from tests.chaos.canaries import PLACES, World, darken, grow, world
from tests.conftest import Database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def test_no_secret_is_in_any_byte_that_a_tracker_received(
    sqlite_database: Database, tmp_path: Path, canaries: int
) -> None:
    with world(tmp_path, sqlite_database.url, seed=canaries) as found:
        grow(found, canaries)
        found.reconcile(full=True)
        found.push()
        found.reconcile()
        found.push()
        _nothing_leaked(found)
        # What was meant to arrive did: or nothing would be proven by what did not.
        missing = [
            (place, word)
            for place, word in sorted(found.words.to_arrive)
            if word not in found.heard(place)
        ]
        assert missing == []


def _nothing_leaked(found: World) -> None:
    kept = {place: {"cnry", "mask"} for place in PLACES}
    kept["D"].add("open")  # A's tickets reach D's mirror only as twins, and it does not name A
    for place, forbidden in kept.items():
        leaked = {word for word in found.heard(place) if word[:4] in forbidden}
        assert leaked == set(), f"{place} was sent {sorted(leaked)[:10]}"
    asked = found.running["A"].requests.entries
    assert {one.method for one in asked}.isdisjoint(WRITES)
