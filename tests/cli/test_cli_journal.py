"""`deliveries` and `dead-letters`: looking, and running again to three depths."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sandbox.github.app import Running
from schemas.delivery import Outcome, Via
from store import audit, journal
from store.journal import Finished
from tests.cli.conftest import SECRET, Shell

Payload = Callable[..., bytes]
KEYS = {
    "id", "source", "via", "event", "delivery_key", "ticket", "outcome", "attempts",
    "received_at", "reason", "due_at",
}  # fmt: skip


@pytest.fixture
def hooked(synced: Shell) -> Shell:
    """The source takes webhooks, too."""
    synced.environ["SHOP_SECRET"] = SECRET
    text = synced.file.read_text()
    synced.file.write_text(text.replace("filter", 'webhook_secret_env = ["SHOP_SECRET"]\nfilter'))
    return synced


def outcome(shell: Shell, one: int) -> str | None:
    return shell.ok("deliveries", "show", one, "--json").json["outcome"]


def dead(shell: Shell, body: bytes = b"{", **named: object) -> int:
    """A delivery that nobody can read, tried and given up on."""
    one = shell.keep(body, **named)
    assert shell("deliveries", "replay", one).code == 1
    assert outcome(shell, one) == "dead"
    return one


def audited(shell: Shell) -> list[str]:
    with shell.store() as store, store.read() as connection:
        return [f"{row['action']} {row['subject']}" for row in audit.find(connection)]


def test_the_list_has_its_keys_newest_first(synced: Shell) -> None:
    found = synced.ok("deliveries", "list", "--json").json
    assert all(one.keys() == KEYS for one in found)
    assert [one["id"] for one in found] == sorted((one["id"] for one in found), reverse=True)
    assert len(synced.ok("deliveries", "list", "--json", "--limit", 3).json) == 3


def test_the_list_filters(hooked: Shell, payload: Payload) -> None:
    one = hooked.keep(payload(2), ticket="2")
    pending = hooked.ok("deliveries", "list", "--outcome", "pending", "--json").json
    assert [(row["id"], row["outcome"]) for row in pending] == [(one, None)]
    of = hooked.ok("deliveries", "list", "--ticket", 2, "--event", "issues.edited", "--json").json
    assert [row["id"] for row in of] == [one]
    assert hooked.ok("deliveries", "list", "--source", "else", "--json").json == []
    assert hooked("deliveries", "list", "--outcome", "good").code == 2


def test_the_table_fits_80_columns(synced: Shell) -> None:
    lines = synced.ok("deliveries", "list").out.splitlines()
    assert max(map(len, lines)) <= 80


def test_show_has_headers_body_and_every_attempt(hooked: Shell) -> None:
    one = dead(hooked)
    shown = hooked.ok("deliveries", "show", one, "--json").json
    assert shown["body"] == "{"
    assert shown["headers"]["x-github-event"] == "issues"
    assert [tried["number"] for tried in shown["failures"]] == [1]
    assert "Traceback" in shown["failures"][0]["traceback"]
    text = hooked.ok("deliveries", "show", one).out
    assert "attempt 1" in text
    assert "not tried again" in text


def test_show_makes_json_readable_and_keeps_secrets(hooked: Shell) -> None:
    one = hooked.keep(b'{"a":{"b":"c ' + SECRET.encode() + b' \\u001b[2J"}}')
    for words in (("show", one), ("show", one, "--json")):
        done = hooked.ok("deliveries", *words)
        assert SECRET not in done.out
        assert "sha256=" not in done.out
        assert "\x1b" not in done.out
    assert '  "a": {\n' in hooked.ok("deliveries", "show", one).out


def test_an_unknown_number_is_one_line(synced: Shell) -> None:
    done = synced("deliveries", "show", 99999)
    assert (done.code, done.err) == (1, "ticketsync: there is no delivery 99999\n")
    assert synced("deliveries", "replay", 99999).code == 1


def test_replay_applies_what_is_kept(hooked: Shell, payload: Payload) -> None:
    body = payload(1, title="From the webhook", updated_at="2031-01-01T00:00:00Z")
    one = hooked.keep(body)
    result = hooked.ok("deliveries", "replay", one, "--json").json
    assert result[0]["outcome"] in ("applied", "unchanged")
    assert outcome(hooked, one) == result[0]["outcome"]
    assert f"replay delivery {one}" in audited(hooked)


def test_replay_verifies_against_the_secrets_of_today(hooked: Shell, payload: Payload) -> None:
    one = hooked.keep(payload(1))
    hooked.ok("deliveries", "replay", one, "--depth", "verify")
    hooked.environ["SHOP_SECRET"] = "another-secret"
    done = hooked("deliveries", "replay", one, "--depth", "verify")
    assert done.code == 1
    assert "the proof fails" in done.out
    polled = hooked.ok("deliveries", "list", "--event", "poll.import", "--json").json[0]["id"]
    assert hooked("deliveries", "replay", polled, "--depth", "verify").code == 1


def test_replay_fetches_the_ticket_as_it_is_now(hooked: Shell, github: Running) -> None:
    one = dead(hooked)
    github.acts.edit(1, title="As it is now")
    hooked.ok("deliveries", "replay", one, "--depth", "fetch")
    assert hooked.ok("tickets", "show", 1, "--json").json["title"] == "As it is now"
    assert outcome(hooked, one) == "ignored"
    assert "As it is now" in next((hooked.folder / "tickets/shop").glob("1_*/ISSUE.md")).read_text()


def test_a_row_without_body_is_not_spoilt_by_a_replay(synced: Shell) -> None:
    one = synced.ok("deliveries", "list", "--event", "poll.import", "--json").json[0]
    done = synced("deliveries", "replay", one["id"])
    assert done.code == 1
    assert "--depth fetch" in done.out
    assert outcome(synced, one["id"]) == one["outcome"]
    synced.ok("deliveries", "replay", one["id"], "--depth", "fetch")


def test_a_row_without_ticket_cannot_be_fetched(hooked: Shell) -> None:
    one = dead(hooked, ticket=None)
    done = hooked("deliveries", "replay", one, "--depth", "fetch")
    assert done.code == 1
    assert "names no ticket" in " ".join(done.out.split())


def test_a_row_of_a_removed_source_is_left_alone(hooked: Shell) -> None:
    one = dead(hooked)
    hooked.file.write_text("")
    assert hooked("deliveries", "replay", one).code == 1
    assert outcome(hooked, one) == "dead"


def test_a_row_of_a_paused_source_waits_for_it(hooked: Shell) -> None:
    one = dead(hooked)
    hooked.ok("sources", "pause", "shop")
    done = hooked("deliveries", "replay", one)
    assert done.code == 1
    assert "sources resume shop" in " ".join(done.out.split())


def test_an_unknown_depth_is_a_usage_error(hooked: Shell) -> None:
    assert hooked("deliveries", "replay", 1, "--depth", "deep").code == 2


def test_dead_letters_have_age_and_cause(hooked: Shell) -> None:
    one = dead(hooked)
    found = hooked.ok("dead-letters", "list", "--json").json
    assert [row["id"] for row in found] == [one]
    assert found[0].keys() == KEYS | {"cause", "age_seconds"}
    assert found[0]["cause"]
    assert found[0]["age_seconds"] >= 0
    assert hooked.ok("status", "--json").json["deliveries"]["dead"] == 1
    hooked.ok("dead-letters", "show", one)


def test_dead_letters_are_found_by_filter(hooked: Shell) -> None:
    first = dead(hooked, event="issues.opened")
    second = dead(hooked, b"[]", event="issues.closed", ticket="2")

    def ids(*words: str) -> list[int]:
        return [row["id"] for row in hooked.ok("dead-letters", "list", *words, "--json").json]

    assert ids() == [first, second]
    assert ids("--event", "issues.closed") == [second]
    assert ids("--source", "shop") == [first, second]
    assert ids("--source", "else") == []
    cause = hooked.ok("dead-letters", "list", "--json").json[1]["cause"]
    assert ids("--cause", cause) == [second]


def test_replay_by_filter_shows_the_count_and_asks(hooked: Shell) -> None:
    dead(hooked)
    done = hooked("dead-letters", "replay", "--source", "shop", answers="n\n")
    assert done.code == 1
    assert "replay 1 dead letters?" in done.out
    assert len(audited(hooked)) == 1  # that of `dead`
    assert hooked("dead-letters", "replay").code == 2
    assert hooked.ok("dead-letters", "replay", "--event", "none", "--yes").code == 0


def test_a_dead_letter_whose_cause_is_gone_is_applied(hooked: Shell, payload: Payload) -> None:
    one = hooked.keep(payload(1))
    with hooked.store() as store, store.write() as connection:
        now = datetime.now(UTC)
        journal.finish(connection, [Finished(one, Outcome.dead, "a bug of yesterday")], now)
    hooked.ok("dead-letters", "replay", "--cause", "yesterday", "--yes")
    assert outcome(hooked, one) in ("applied", "unchanged")
    assert hooked.ok("dead-letters", "list", "--json").json == []


def test_drop_gives_up_with_a_name_in_the_audit(hooked: Shell) -> None:
    one, other = dead(hooked), dead(hooked, b"[]")
    hooked.ok("dead-letters", "drop", one)
    assert outcome(hooked, one) == "ignored"
    assert f"drop delivery {one}" in audited(hooked)
    assert hooked("dead-letters", "drop", one).code == 1
    assert hooked.ok("dead-letters", "drop", "--all", "--yes", "--json").json == {"dropped": 1}
    assert outcome(hooked, other) == "ignored"


def test_polls_in_the_journal_name_how_they_came(synced: Shell) -> None:
    assert {one["via"] for one in synced.ok("deliveries", "list", "--json").json} == {Via.poll}
