"""What an operator at night reads: what is so now, never what was once, and what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github.app import Running, start
from schemas.tracker import HookFault, HookLook
from store import leases, passes
from tests.cli.conftest import SECRET, Shell


def shop(shell: Shell) -> dict:
    [source] = shell.ok("status", "--json").json["sources"]
    return source


def add(shell: Shell, more: str) -> None:
    shell.file.write_text(f"{shell.file.read_text()}\n{more}\n")


@pytest.fixture
def hooked(synced: Shell) -> Shell:
    """It has a secret, and its last look at the webhook found a fault."""
    synced.environ |= {"SHOP_SECRET": SECRET, "PUBLIC_URL": "http://127.0.0.1:9"}
    add(synced, 'webhook_secret_env = "SHOP_SECRET"')
    now = datetime.now(UTC)
    found = HookLook(at=now, faults=(HookFault(hook=None, problem="gone", mended_by="register"),))
    with synced.store() as store, store.write() as connection:
        lease = leases.take(connection, "reconcile:shop", "a test")
        assert lease is not None
        passes.begin(connection, "shop", "hooks", 1, now)
        passes.mark(connection, "shop", "hooks", found.as_json(), lease)
        passes.end(connection, "shop", "hooks", now)
        leases.release(connection, lease)
    return synced


def test_a_session_that_was_refused_has_read_nothing(synced: Shell, github: Running) -> None:
    before = shop(synced)
    github.acts.lock_out()
    assert synced("sync").code == 1
    after = shop(synced)
    assert after["status"] == "disconnected"
    assert after["last_session"] > before["last_session"]
    assert after["last_read"] == before["last_read"]
    github.acts.let_in()
    synced.ok("sync")
    assert (shop(synced)["status"], shop(synced)["last_read"] > before["last_read"]) == (
        "active",
        True,
    )


def test_a_source_never_read_says_never(shell: Shell, github: Running) -> None:
    github.acts.lock_out()
    assert shell("sync").code == 1
    assert shop(shell)["last_read"] is None
    assert "never" in shell.ok("status").out


def test_a_parked_source_says_until_when_and_a_dry_run_how_long(bare: Shell) -> None:
    with start(tickets=12, comments=20, rate_limit=4, rate_seconds=3600) as running:
        bare.environ["SHOP_TOKEN"] = running.plan.token
        bare.configure(running)
        assert bare("sync").code == 1
        looked = bare("sync", "--dry-run")
    found = shop(bare)
    assert found["parked_until"].endswith("Z")
    assert f"; goes on at {found['parked_until'][:10]} " in bare.ok("status").out
    assert "shop: parked: " in bare.ok("status").out
    assert looked.code == 1
    assert "it may be asked again in" in looked.err


def test_a_park_that_is_over_is_not_told(synced: Shell) -> None:
    with synced.store() as store, store.write() as connection:
        ended = datetime.now(UTC) - timedelta(seconds=5)
        connection.exec_driver_sql(
            "UPDATE sessions SET status = 'parked', resumes_at = ?", (ended.isoformat(" "),)
        )
    assert shop(synced)["parked_until"] is None
    assert "parked" not in synced.ok("status").out


def test_a_whole_reading_with_a_wrong_token_is_over_once_the_right_one_is_back(
    synced: Shell,
) -> None:
    right = synced.environ["SHOP_TOKEN"]
    synced.environ["SHOP_TOKEN"] = "wrong"
    assert synced("sync").code == 1
    assert shop(synced)["passes"]["whole"]["status"] == "error"
    synced.environ["SHOP_TOKEN"] = right
    synced.ok("sync")
    whole = shop(synced)["passes"]["whole"]
    assert (whole["status"], whole["error"]) == ("complete", "")


def test_what_a_pass_met_is_a_line_of_its_own(synced: Shell) -> None:
    synced.environ["SHOP_TOKEN"] = "wrong"
    assert synced("sync").code == 1
    out = synced.ok("sessions", "show", "2").out
    assert "\nwhole: GET /repos/octo/shop/issues: HTTP 401" in out
    assert "activity: goes on" not in out


def test_a_source_that_only_polls_has_no_webhook_whatever_was_seen_of_one(hooked: Shell) -> None:
    assert "webhook: gone" in hooked.ok("status").out
    add(hooked, 'intake = "polling"')
    found = shop(hooked)
    assert (found["webhook"], found["hook_faults"]) == ("none: polling only", [])
    finding = hooked.ok("doctor", "--json").json[-1]
    assert (finding["ok"], finding["do"]) == (None, "")
    assert 'intake = "polling"' in finding["detail"]


def test_a_webhook_that_cannot_be_looked_at_has_a_reason(hooked: Shell) -> None:
    hooked.environ["PUBLIC_URL"] = None
    found = shop(hooked)
    assert (found["hook_faults"], found["webhook"]) == ([], "/webhooks/shop")
    assert found["hook_unseen"] == "[web] public_url (PUBLIC_URL) is not set"


def test_a_generic_source_without_a_secret_is_no_polled_one(bare: Shell) -> None:
    table = 'name = "shop"\ntracker = "generic"\nurl = "https://example.org/x"'
    bare.file.write_text(f"[[sources]]\n{table}\n")
    assert shop(bare)["webhook"] == "none: no webhook secret, so nothing comes in"


def test_a_webhook_is_removed_without_a_secret_and_by_hand_without_an_address(
    synced: Shell, github: Running
) -> None:
    by_hand = synced("hooks", "remove", "--yes")
    assert by_hand.code == 1
    assert "remove the webhook whose address ends in /webhooks/shop" in by_hand.out
    assert "add a webhook" not in by_hand.out
    synced.environ["PUBLIC_URL"] = "http://127.0.0.1:9"
    github.add_hook("http://127.0.0.1:9/webhooks/shop", SECRET)
    assert "webhook removed" in synced.ok("hooks", "remove", "--yes").out
    assert github.site.home.hooks == {}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('tracker = "github"\nintake = "webhook"', 'intake is "webhook", but webhook_secret_env'),
        ('tracker = "generic"\nintake = "polling"', 'intake is "polling", but a generic source'),
        ('tracker = "github"\nintake = 5', 'intake must be "hybrid", "polling" or "webhook"'),
    ],
    ids=["no-secret", "never-polled", "wrong-type"],
)
def test_a_source_that_nothing_could_reach_does_not_start(
    bare: Shell, table: str, told: str
) -> None:
    bare.file.write_text(f'[[sources]]\nname = "shop"\nurl = "https://example.org/a/b"\n{table}\n')
    done = bare("status")
    assert done.code == 2
    [line] = done.err.splitlines()
    assert line.startswith(f'ticketsync: [[sources]] "shop": {told}')


def test_a_dry_run_tells_times_as_all_json_does(synced: Shell, github: Running) -> None:
    github.acts.close(3)
    [look] = synced.ok("sync", "--dry-run", "--json").json
    before, after = look["changes"][0]["fields"]["closed_at"]
    assert before is None
    assert "T" in after
    assert after.endswith("Z")
