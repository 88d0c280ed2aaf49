"""`people`: who is known, who is matched with whom, and who says so."""

import re
from datetime import UTC, datetime

from schemas.ticket import Person
from store import audit, people
from tests.cli.conftest import Shell

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def elsewhere(shell: Shell, *found: Person) -> None:
    """A second source, in which these accounts were seen."""
    lab = 'name = "lab"\ntracker = "generic"\nurl = "https://tickets.example.com/lab"\n'
    shell.file.write_text(f"{shell.file.read_text()}\n[[sources]]\n{lab}")
    shell.ok("sources", "list")
    with shell.store() as store, store.write() as connection:
        people.remember(connection, [("lab", one, NOW) for one in found])


def listed(shell: Shell, *words: object) -> dict[str, dict]:
    found = shell.ok("people", "list", "--json", *words).json
    return {f"{one['source']}:{one['login']}": one for one in found}


def test_accounts_are_listed_with_what_they_have_to_do(synced: Shell) -> None:
    found = listed(synced)
    assert found
    for one in found.values():
        assert list(one) == [
            "source", "id", "login", "name", "email", "kind", "person", "person_name",
            "matched_by", "assigned", "seen_at",
        ]  # fmt: skip
    tickets = synced.ok("tickets", "list", "--state", "open", "--json").json
    assigned = [login for one in tickets for login in one["assignees"]]
    counted = {key.partition(":")[2]: one["assigned"] for key, one in found.items()}
    assert {login: assigned.count(login) for login in assigned} == {
        login: count for login, count in counted.items() if count
    }
    assert assigned
    assert "assigned" in synced.ok("people", "list").out
    assert len(synced.ok("people", "list", "--json", "--limit", 1).json) == 1
    assert "everybody" in synced.ok("people", "list", "--unmatched").out


def test_a_full_sync_reads_who_may_work_on_the_project(synced: Shell, github) -> None:
    before = listed(synced)
    synced.ok("sync", "--full")
    after = listed(synced)
    assert before.keys() <= after.keys()
    assert {f"shop:{one}" for one in github.state.people} & after.keys()
    assert len(after) >= len(before)


def test_unmatched_accounts_are_matched_by_hand(synced: Shell) -> None:
    first, second = sorted(key for key, one in listed(synced).items() if one["kind"] == "user")[:2]
    login = first.partition(":")[2]
    elsewhere(synced, Person(id="900", login=login.upper()), Person(id="901", login="somebody"))
    unmatched = listed(synced, "--unmatched")
    assert "lab:somebody" in unmatched
    assert second in unmatched
    assert first not in unmatched
    assert listed(synced, "--unmatched", "--source", "lab").keys() == {"lab:somebody"}
    assert listed(synced)[first]["matched_by"] == "login"

    said = synced.ok("people", "match", "lab", "somebody", second).out
    assert f"beside {second}" in said
    assert "matched by hand" in said
    found = listed(synced)
    assert found["lab:somebody"]["person"] == found[second]["person"]
    assert second not in listed(synced, "--unmatched")
    with synced.store() as store, store.read() as connection:
        [line] = audit.find(connection, 1)
    assert (line["action"], line["subject"]) == ("match", "lab:somebody")
    assert line["after"] == {"person": found[second]["person"], "matched_by": "hand"}
    assert line["who"].startswith("cli")

    synced.ok("people", "unmatch", "lab", "somebody")
    assert "lab:somebody" in listed(synced, "--unmatched")
    person = listed(synced)[second]["person"]
    synced.ok("people", "match", "lab", "901", person)
    assert listed(synced)["lab:somebody"]["person"] == person


def test_a_match_that_is_wrong_is_undone_for_good(synced: Shell) -> None:
    first = min(key for key, one in listed(synced).items() if one["kind"] == "user")
    login = first.partition(":")[2]
    elsewhere(synced, Person(id="900", login=login))
    assert listed(synced)[f"lab:{login}"]["person"] == listed(synced)[first]["person"]
    said = synced.ok("people", "unmatch", "lab", login).out
    assert "with no other account" in said
    with synced.store() as store, store.write() as connection:
        people.remember(connection, [("lab", Person(id="900", login=login, name="New"), NOW)])
    assert f"lab:{login}" in listed(synced, "--unmatched")
    again = synced("people", "unmatch", "lab", login)
    assert again.code == 1
    assert f"people match lab {login} --auto" in again.err
    synced.ok("people", "match", "lab", login, "--auto")
    assert listed(synced)[f"lab:{login}"]["matched_by"] == "login"
    assert synced("people", "match", "lab", login, "--auto").code == 1


def test_who_writes_local_tickets_is_matched_like_everybody(synced: Shell) -> None:
    first = min(key for key, one in listed(synced).items() if one["kind"] == "user")
    synced.ok("new", "Fix the harbour lamp")
    # Local tickets are no tracker in which everybody would have an account.
    assert listed(synced, "--unmatched") == {}
    [local] = [key for key in listed(synced) if key.startswith("local:")]
    synced.ok("people", "match", "shop", first.partition(":")[2], local)
    found = listed(synced)
    assert found[first]["person"] == found[local]["person"] is not None
    assert found[local]["person_name"] in (found[first]["name"], found[first]["login"])


def test_mistakes_are_told_in_one_line(synced: Shell) -> None:
    one = min(key for key, one in listed(synced).items() if one["kind"] == "user")
    login, person = one.partition(":")[2], listed(synced)[one]["person"]
    for code, words in (
        (2, ("list", "--source", "nowhere")),
        (2, ("match", "nowhere", login, one)),
        (1, ("match", "shop", "nobody-at-all", one)),
        (1, ("unmatch", "shop", "nobody-at-all")),
        (1, ("match", "shop", login, "99999")),
        (1, ("match", "shop", login, "9" * 30)),
        (1, ("match", "shop", login, person)),
        (2, ("match", "shop", login, one)),
        (2, ("match", "shop", login, "nowhere:x")),
        (2, ("match", "shop", login)),
        (2, ("match", "shop", login, one, "--auto")),
    ):
        done = synced("people", *words)
        assert done.code == code, (words, done.err)
        assert re.fullmatch(r"ticketsync: [^\n]+\n", done.err), words
    elsewhere(synced, Person(id="1", name="Same"), Person(id="2", name="Same"))
    done = synced("people", "match", "lab", "same", one)
    assert done.code == 2
    assert "say the id: 1, 2" in done.err
