"""`tickets search` as a person and as a program use it."""

import pytest

from cli.tickets import LISTED
from sandbox.github.app import Running
from tests.cli.conftest import Shell


@pytest.fixture
def library(synced: Shell, github: Running) -> Shell:
    github.acts.edit(3, title="Sign-in is slow", body="Each page waits for the auth token.\n" * 9)
    github.acts.edit(4, title="Auth token", body="Short.")
    github.acts.comment(5, "Maybe the *auth* of the token server?\nOr not.", by="mara-lind")
    github.acts.close(4)
    synced.ok("sync")
    return synced


def numbers(shell: Shell, *words: object) -> list[int]:
    return [one["number"] for one in shell.ok("tickets", "search", *words, "--json").json]


def test_the_best_come_first_with_where_they_say_so(library: Shell) -> None:
    found = library.ok("tickets", "search", "auth", "token", "--json").json
    assert [one["number"] for one in found] == [4, 3, 5]
    assert list(found[0]) == [*LISTED, "found_in", "snippet"]
    assert [one["found_in"] for one in found] == ["", "body", "comment"]
    assert found[1]["snippet"].startswith("Each page waits for the auth token. Each page")
    assert found[1]["snippet"].endswith(" …")
    assert found[2]["snippet"] == "Maybe the *auth* of the token server? Or not."


def test_people_read_a_table(library: Shell) -> None:
    out = library.ok("tickets", "search", '"auth token"').out
    assert "Auth token" in out
    assert "body: " in out
    assert "closed" in out
    assert "Maybe" not in out
    assert library.ok("tickets", "search", "nonesuch").out == "no ticket fits\n"


def test_a_search_is_narrowed(library: Shell) -> None:
    assert numbers(library, "auth", "--state", "closed") == [4]
    assert numbers(library, "auth", "--state", "open", "--source", "shop") == [3, 5]
    assert numbers(library, "auth", "--state", "deleted") == []
    assert numbers(library, "auth", "--limit", 1) == [4]
    assert numbers(library, "#4") == [4]
    assert library("tickets", "search", "auth", "--source", "gone").code == 2
    assert library("tickets", "search", "auth", "--state", "gone").code == 2


def test_words_in_one_argument_or_in_many_are_the_same(library: Shell) -> None:
    assert numbers(library, "token auth") == numbers(library, "token", "auth") == [4, 3, 5]
    assert numbers(library, "tok*", "aut*") == [4, 3, 5]
    assert numbers(library, '"auth token"') == [4, 3]


@pytest.mark.parametrize("words", ["*", '"', "(:", "🚂", "' OR 1=1", "\x1b[31m", "NEAR(a b"])
def test_nothing_that_is_typed_is_an_error(library: Shell, words: str) -> None:
    done = library.ok("tickets", "search", words)
    assert done.out == "no ticket fits\n"
    assert "\x1b" not in done.err


def test_a_word_that_looks_like_an_option_comes_after_two_dashes(library: Shell) -> None:
    found = library.ok("tickets", "search", "--json", "--", "-auth").json
    assert [one["number"] for one in found] == [4, 3, 5]


def test_a_change_is_found_at_once_by_its_new_words(library: Shell, github: Running) -> None:
    github.acts.edit(4, title="Kettle boils")
    library.ok("sync")
    assert numbers(library, "kettle") == [4]
    assert 4 not in numbers(library, "auth")


def test_the_copy_of_a_database_can_be_searched(library: Shell) -> None:
    library.ok("db", "backup", library.folder / "copy.db")
    library.file.write_text(library.file.read_text() + '\n[store]\nurl = "sqlite:///copy.db"\n')
    assert numbers(library, "auth") == [4, 3, 5]
