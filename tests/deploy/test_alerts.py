"""The alerts name what /metrics tells, and nothing else."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.session import Report
from schemas.tracker import HookFault, HookLook
from store import gaps, leases, passes, sessions, sources
from store.database import Store
from store.gaps import Gap
from tests.builders import a_source
from tests.receiver import doors

FILE = Path(__file__).parents[2] / "deploy/prometheus-alerts.yaml"
NAME = re.compile(r"\bticketsync_[a-z_]+")
SHOP = "my-repo"


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(FILE.read_text())["groups"]
    return list(group["rules"])


@pytest.fixture
def told(sqlite_store: Store) -> list[str]:
    """The lines of /metrics of a receiver that has something to tell of everything."""
    now = datetime.now(UTC)
    fault = HookFault(hook=None, problem="no webhook points to us", mended_by="register")
    look = HookLook(at=now, faults=(fault,))
    with doors.running(sqlite_store) as receiver:
        with sqlite_store.write() as connection:
            sources.declare(connection, [a_source(SHOP)], now)
            lease = leases.take(connection, f"reconcile:{SHOP}", "a test")
            assert lease is not None
            sources.set_status(connection, SHOP, "disconnected", "HTTP 404")
            for ticket in ("1", "2", "3"):
                session = sessions.begin(connection, SHOP, "incremental", now)
                sessions.end(connection, session, now, Report(requests=5, cached=2))
                gaps.add(connection, SHOP, session, [Gap(ticket, "core", None, now, "missed")])
            for name in ("tickets", "hooks"):
                passes.begin(connection, SHOP, name, session, now)
                passes.mark(connection, SHOP, "hooks", look.as_json(), lease)
                passes.end(connection, SHOP, name, now)
        return receiver.http.get("/metrics").text.splitlines()


def test_every_metric_of_an_alert_is_told(rules: list[dict[str, Any]], told: list[str]) -> None:
    there = {re.split(r"[{ ]", line)[0] for line in told if not line.startswith("#")}
    wanted = {name for rule in rules for name in NAME.findall(rule["expr"])}
    assert len(wanted) >= 8
    assert wanted <= there


def test_every_alert_says_what_to_do(rules: list[dict[str, Any]]) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 5
    for rule in rules:
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_the_state_of_a_source_in_numbers(told: list[str]) -> None:
    for line in (
        f'ticketsync_source_status{{source="{SHOP}",status="disconnected"}} 1.0',
        f'ticketsync_source_status{{source="{SHOP}",status="active"}} 0.0',
        f'ticketsync_hook_coverage{{source="{SHOP}"}} 0.0',
        f'ticketsync_hook_missed{{source="{SHOP}"}} 3.0',
        f'ticketsync_hook_silent{{source="{SHOP}"}} 1.0',
        f'ticketsync_hook_faults{{source="{SHOP}"}} 1.0',
        f'ticketsync_tracker_requests_cached{{source="{SHOP}"}} 2.0',
        f'ticketsync_pass_interval_seconds{{pass="tickets",source="{SHOP}"}} 900.0',
    ):
        assert line in told
    ages = [line for line in told if line.startswith("ticketsync_pass_age_seconds{")]
    assert len(ages) == 2
    assert all(0 <= float(line.split()[-1]) < 30 for line in ages)


def test_a_share_of_nothing_is_left_out(sqlite_store: Store) -> None:
    with sqlite_store.write() as connection:
        sources.declare(connection, [a_source(SHOP)], datetime.now(UTC))
    with doors.running(sqlite_store) as receiver:
        text = receiver.http.get("/metrics").text
    assert "ticketsync_hook_coverage{" not in text
    assert f'ticketsync_hook_silent{{source="{SHOP}"}} 0.0' in text
