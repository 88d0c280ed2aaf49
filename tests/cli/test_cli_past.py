"""Tickets as they were, on the command line."""

from datetime import UTC, datetime

import pytest

from cli.past import moment_of
from schemas.errors import ConfigError
from tests.cli.conftest import Shell
from tests.store.numbers.lives import START, Life, board, hold, hour

SOURCE = '[[sources]]\nname = "board"\ntracker = "generic"\nurl = "https://board.test"\n'


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-11-20T14:30+01:00", datetime(2026, 11, 20, 13, 30, tzinfo=UTC)),
        ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_a_moment_is_one_of_utc(told: str, meant: datetime) -> None:
    assert moment_of(told) == meant


@pytest.mark.parametrize("told", ["noon", "2026-13-01", "0001-01-01T00:00+14:00"])
def test_what_is_no_moment_is_named(told: str) -> None:
    with pytest.raises(ConfigError, match="--at"):
        moment_of(told)


def test_a_ticket_deleted_since_was_open_before_and_is_not_open_after(bare: Shell) -> None:
    bare.file.write_text(SOURCE)
    with bare.store() as store:
        hold(store, Life(1), Life(2), sources=[board()], gone_at=hour(48))

    def listed(day: str, state: str) -> int:
        return len(bare.ok("tickets", "list", "--at", day, "--state", state, "--json").json)

    gone = hour(48).date().isoformat()
    assert (listed(START.date().isoformat(), "open"), listed(gone, "open")) == (2, 0)
    assert (listed(START.date().isoformat(), "deleted"), listed(gone, "deleted")) == (0, 2)
