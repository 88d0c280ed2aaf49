"""What `status` and `hooks` say of webhooks: coverage, silence, faults, and who may mend them."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github.app import Running
from schemas.session import Report
from schemas.tracker import HookFault, HookLook
from store import gaps, leases, passes, sessions, sources
from store.gaps import Gap
from store.status import overview
from tests.cli.conftest import SECRET, Shell

GONE = HookFault(hook=None, problem="no webhook points to us", mended_by="register")


@pytest.fixture
def hooked(shell: Shell, github: Running) -> Shell:
    """The source takes webhooks at a public address, where nobody listens."""
    shell.environ |= {"SHOP_SECRET": SECRET, "PUBLIC_URL": "http://127.0.0.1:9"}
    text = shell.file.read_text()
    shell.file.write_text(f'{text}\nwebhook_secret_env = "SHOP_SECRET"\n')
    shell.ok("sync")
    return shell


def now(minutes: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def missed(shell: Shell, *tickets: str) -> None:
    """A session that found changes nobody had told of."""
    with shell.store() as store, store.write() as connection:
        session = sessions.begin(connection, "shop", "incremental", now())
        found = [Gap(one, "core", now(-5), now(), "missed") for one in tickets]
        gaps.add(connection, "shop", session, found)
        sessions.end(connection, session, now(), Report(requests=4, cached=3))


def looked(shell: Shell, found: HookLook) -> None:
    with shell.store() as store, store.write() as connection:
        lease = leases.take(connection, "reconcile:shop", "a test")
        assert lease is not None
        passes.begin(connection, "shop", "hooks", 1, found.at)
        passes.mark(connection, "shop", "hooks", found.as_json(), lease)
        passes.end(connection, "shop", "hooks", found.at)


def shop(shell: Shell) -> dict:
    [source] = shell.ok("status", "--json").json["sources"]
    return source


def test_before_anything_happened_there_is_no_coverage(hooked: Shell) -> None:
    found = shop(hooked)
    assert (found["coverage"], found["missed"], found["silent_since"]) == (None, 0, None)
    assert found["hook_faults"] == ["no webhook points to http://127.0.0.1:9/webhooks/shop"]
    assert found["passes"]["whole"]["status"] == "complete"
    assert found["passes"]["whole"]["ended_at"].endswith("Z")
    assert "told in 24 h" not in hooked.ok("status").out


def test_coverage_and_misses_are_shown(hooked: Shell, payload) -> None:
    for number in (1, 2, 3):
        body = payload(number, title="Other", updated_at=f"{now():%Y-%m-%dT%H:%M:%SZ}")
        hooked.keep(body, ticket=str(number), received_at=now(-9))
    hooked.ok("sync")
    missed(hooked, "4")
    found = shop(hooked)
    assert (found["coverage"], found["missed"], found["coverage_week"]) == (0.75, 1, 0.75)
    assert "75 % told in 24 h (1 missed), 75 % told in 7 d (1 missed)" in hooked.ok("status").out


def test_a_silent_hook_is_shown_with_what_to_do(hooked: Shell) -> None:
    missed(hooked, "4", "5")
    assert shop(hooked)["silent_since"] is None
    missed(hooked, "6")
    assert shop(hooked)["silent_since"].endswith("Z")
    shown = hooked.ok("status").out
    assert "shop: webhook silent since" in shown
    assert "hooks check shop" in shown
    assert "0 % told in 24 h (3 missed)" in shown


def test_faults_of_the_last_look_are_shown(hooked: Shell) -> None:
    looked(hooked, HookLook(at=now(), faults=(GONE,), expires_at=now(60)))
    found = shop(hooked)
    assert found["hook_faults"] == ["no webhook points to us"]
    assert found["hook_expires_at"] is not None
    assert "no webhook points to us: `hooks check shop`" in hooked.ok("status").out


def test_a_look_that_was_refused_says_why(hooked: Shell) -> None:
    looked(hooked, HookLook(at=now(), unseen="HTTP 403; webhooks need admin rights"))
    assert shop(hooked)["hook_unseen"] == "HTTP 403; webhooks need admin rights"
    assert "shop: webhook not looked at: HTTP 403" in hooked.ok("status").out


def test_a_mark_that_nobody_understands_shows_nothing(hooked: Shell) -> None:
    with hooked.store() as store, store.write() as connection:
        passes.begin(connection, "shop", "hooks", 1, now())
        connection.exec_driver_sql("""UPDATE passes SET mark = '{"of": "version 9"}'""")
    assert shop(hooked)["hook_faults"] == []


def test_a_disconnected_source_says_when_it_is_asked_again(hooked: Shell) -> None:
    with hooked.store() as store, store.write() as connection:
        sources.set_status(connection, "shop", "disconnected", "HTTP 404")
        sources.note(connection, "shop", next_session_at=now(40))
    assert "shop: disconnected: HTTP 404; asked again in 40 min" in hooked.ok("status").out


def test_without_webhooks_nothing_is_said_of_coverage(synced: Shell) -> None:
    missed(synced, "4")
    assert "shop: webhook none: polling only\n" in synced.ok("status").out


def test_the_overview_holds_the_last_session_s_requests(hooked: Shell) -> None:
    missed(hooked, "4")
    with hooked.store() as store, store.read() as connection:
        [one] = overview(connection, now()).sources
    assert one.watch.report is not None
    assert (one.watch.report.requests, one.watch.report.cached) == (4, 3)


def test_hooks_check_names_each_fault_and_the_consent(hooked: Shell, github: Running) -> None:
    done = hooked("hooks", "check")
    assert done.code == 1
    assert "`hooks register shop` mends it" in done.out
    assert "mend_hooks = true" in done.out
    hooked.file.write_text(hooked.file.read_text() + "mend_hooks = true\n")
    done = hooked("hooks", "check")
    assert done.code == 1
    assert "mend_hooks" not in done.out
    assert "mend_hooks" not in hooked.ok("hooks", "register").out


def test_what_was_registered_since_the_last_look_is_no_fault_any_more(hooked: Shell) -> None:
    assert shop(hooked)["hook_faults"]
    hooked.ok("hooks", "register")
    assert shop(hooked)["hook_faults"] == []
    looked(hooked, HookLook(at=now(), faults=(GONE,)))
    assert shop(hooked)["hook_faults"]


def test_registering_says_that_it_stays_a_person_s_work(hooked: Shell) -> None:
    assert "mend_hooks = true" in hooked.ok("hooks", "register").out


def test_a_source_that_only_polls_needs_no_webhook(hooked: Shell, github: Running) -> None:
    hooked.file.write_text(hooked.file.read_text() + 'intake = "polling"\n')
    assert "no webhook is meant to come" in hooked.ok("hooks", "check").out
    assert hooked("hooks", "register").code == 1
    assert github.acts.repo.hooks == {}
