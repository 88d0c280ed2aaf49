"""`notices` as an operator uses it, against a receiver on a real socket."""

from collections.abc import Iterator

import pytest

from sandbox.github.app import Running
from tests.cli.conftest import Shell
from tests.listening import SECRET, Listener, listening
from tests.servers import free_port


@pytest.fixture
def receiver() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def tell(shell: Shell, url: str, more: str = "allow_private = true") -> Shell:
    """A [notices] section in front of the sources."""
    text = shell.file.read_text()
    shell.file.write_text(f'[notices]\nurl = "{url}"\n{more}\n{text}')
    shell.environ["TICKETSYNC_NOTICES_SECRET"] = SECRET
    return shell


@pytest.fixture
def telling(shell: Shell, receiver: Listener) -> Shell:
    """One source, not read yet, and somebody who listens."""
    return tell(shell, receiver.url)


def test_sync_tells_what_it_caused_before_it_ends(telling: Shell, receiver: Listener) -> None:
    telling.ok("sync")
    types = receiver.types()
    assert types.count("ExternalTicketCreated") == 12
    assert types.count("SyncStarted") == types.count("SyncCompleted") == 1
    assert types.count("SyncStatusChanged") == 1
    assert all(got.is_signed() for got in receiver.got)
    assert len({got.key for got in receiver.got}) == len(receiver.got)
    found = telling.ok("notices", "list", "--json").json
    assert {one["state"] for one in found} == {"sent"}
    assert len(found) == len(receiver.got)


def test_a_command_that_only_looks_sends_nothing(telling: Shell, receiver: Listener) -> None:
    telling.ok("sync")
    before = len(receiver.got)
    telling.ok("tickets", "list")
    telling.ok("notices", "list")
    assert len(receiver.got) == before


def test_pause_and_resume_are_told_with_their_reason(telling: Shell, receiver: Listener) -> None:
    telling.ok("sync")
    receiver.got.clear()
    telling.ok("sources", "pause", "shop")
    telling.ok("sources", "pause", "shop")
    telling.ok("sources", "resume", "shop")
    paused, resumed = [got.content for got in receiver.got]
    assert (paused["from"], paused["to"]) == ("active", "paused")
    assert paused["reason"].startswith("paused by cli")
    assert (resumed["from"], resumed["to"]) == ("paused", "active")


def test_what_nobody_took_waits_is_listed_and_can_be_sent_again(shell: Shell) -> None:
    port = free_port()
    tell(shell, f"http://127.0.0.1:{port}/in", 'allow_private = true\ntypes = ["SyncCompleted"]')
    shell.ok("sync")
    (one,) = shell.ok("notices", "list", "--json", "--state", "waiting").json
    assert (one["type"], one["attempts"]) == ("SyncCompleted", 1)
    assert f"http://127.0.0.1:{port}: " in one["last_error"]
    assert shell.ok("status", "--json").json["notices"]["waiting"] == 1
    assert "SyncCompleted" in shell.ok("notices", "list").out
    with listening(port) as receiver:
        assert shell.ok("notices", "retry", one["id"], "--json").json == {"due": 1, "sent": 1}
    assert receiver.types() == ["SyncCompleted"]
    assert receiver.got[0].key == one["key"]
    shown = shell.ok("notices", "show", one["id"], "--json").json
    assert shown["state"] == "sent"
    assert receiver.got[0].content == shown["content"] | {"sequence": one["id"]}
    assert "was sent already" in shell("notices", "retry", one["id"]).err


def test_a_410_is_said_by_status_and_list_and_ends_with_a_test_that_gets_through(
    telling: Shell, receiver: Listener
) -> None:
    receiver.status = 410
    telling.ok("sync")
    said = "answered 410 and is switched off"
    assert said in telling.ok("status").out
    assert said in telling.ok("notices", "list").err
    assert telling.ok("status", "--json").json["notices"]["off_since"]
    assert telling("notices", "test").code == 1
    receiver.status = 200
    assert telling.ok("notices", "test", "--json").json["taken"] is True
    assert receiver.got[-1].type == "Test"
    assert said not in telling.ok("status").out
    given_up = telling.ok("notices", "list", "--state", "given-up", "--json").json
    done = telling.ok("notices", "retry", "--all", "--yes", "--json").json
    assert done == {"due": len(given_up), "sent": len(given_up)}


def test_a_receiver_on_this_machine_needs_consent_and_is_told_so(
    shell: Shell, receiver: Listener
) -> None:
    tell(shell, receiver.url, "")
    done = shell("notices", "test")
    assert done.code == 1
    assert "set allow_private = true in [notices]" in done.err
    assert receiver.got == []


@pytest.mark.parametrize("words", [("test",), ("retry", "1"), ("retry", "--all")], ids=str)
def test_without_an_address_there_is_nobody_to_tell(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell("notices", *words)
    assert (done.code, "[notices] url (NOTICES_URL) is not set" in done.err) == (2, True)


def test_nothing_is_recorded_while_there_is_no_address(synced: Shell) -> None:
    assert synced.ok("notices", "list", "--json").json == []
    assert "none are recorded" in synced.ok("notices", "list").err
    assert synced.ok("status", "--json").json["notices"] is None


def test_a_number_that_is_none_is_one_line(telling: Shell) -> None:
    for words in (("show", "99"), ("retry", "99")):
        done = telling("notices", *words)
        assert (done.code, done.err) == (1, "ticketsync: there is no notice 99\n")
    assert telling("notices", "retry").code == 2


@pytest.mark.parametrize("consent", [True, False], ids=["asked for", "by default"])
def test_a_ticket_s_text_goes_out_only_by_consent(
    shell: Shell, receiver: Listener, github: Running, consent: bool
) -> None:
    # Who may read a GitHub repository may read all its tickets: none is secret (docs/notices.md).
    tell(shell, receiver.url, f"allow_private = true\ninclude_body = {str(consent).lower()}")
    github.acts.open("The till", "jams every morning")
    shell.ok("sync")
    assert any(b"The till" in got.raw for got in receiver.got)
    assert any(b"every morning" in got.raw for got in receiver.got) == consent
