"""`add`: what it asks, what it writes, and what it leaves alone."""

import tomllib

import pytest

from sandbox.github.app import start
from store import audit
from tests.cli.conftest import Shell

URL = "https://github.com/octo/shop"


def tables(shell: Shell) -> list[dict]:
    return tomllib.loads(shell.file.read_text())["sources"]


def test_it_asks_for_the_state_and_the_name(bare: Shell) -> None:
    done = bare.ok("add", "github", f"{URL}.git", answers="\n\n")
    assert "Issue state filter [open]:" in done.out
    assert "Source name [shop]:" in done.out
    assert tables(bare) == [
        {"name": "shop", "tracker": "github", "url": URL, "filter": {"state": "open"}}
    ]


def test_answers_win_over_proposals_and_a_wrong_one_is_asked_again(bare: Shell) -> None:
    bare.ok("add", "github", URL, answers="opne\nall\nMy Project\n")
    assert tables(bare)[0]["name"] == "My Project"
    assert tables(bare)[0]["filter"] == {"state": "all"}


def test_flags_answer_the_questions(bare: Shell) -> None:
    done = bare.ok("add", "github", URL, "--state", "closed", "--name", "Shop 2")
    assert "[" not in done.out
    assert tables(bare)[0] | {"name": "Shop 2", "filter": {"state": "closed"}} == tables(bare)[0]


def test_without_an_answer_nothing_is_written(bare: Shell) -> None:
    done = bare("add", "github", URL, answers="")
    assert done.code == 1
    assert not bare.file.exists()


def test_a_new_file_has_the_form_of_the_example(bare: Shell) -> None:
    bare.ok("add", "github", URL, "--yes")
    text = bare.file.read_text()
    assert "#[store]" in text
    assert text.rstrip().endswith('filter = {state = "open"}')


def test_a_variable_is_named_only_if_it_is_set(bare: Shell) -> None:
    bare.environ |= {"GITHUB_TOKEN": "ghp_something", "GITHUB_WEBHOOK_SECRET": "s3cret-value"}
    done = bare.ok("add", "github", URL, "--yes")
    assert tables(bare)[0]["token_env"] == "GITHUB_TOKEN"
    assert tables(bare)[0]["webhook_secret_env"] == ["GITHUB_WEBHOOK_SECRET"]
    assert "/webhooks/shop" in done.out
    assert "ghp_something" not in done.out + done.err + bare.file.read_text()


def test_a_variable_in_the_env_file_counts_as_set(bare: Shell) -> None:
    (bare.folder / ".env").write_text("GITHUB_TOKEN=ghp_something\n")
    bare.ok("add", "github", URL, "--yes")
    assert tables(bare)[0]["token_env"] == "GITHUB_TOKEN"


def test_a_variable_that_was_named_is_written_and_if_unset_asked_for(bare: Shell) -> None:
    done = bare.ok("add", "github", URL, "--yes", "--token-env", "OTHER_TOKEN")
    assert tables(bare)[0]["token_env"] == "OTHER_TOKEN"
    assert "set OTHER_TOKEN" in done.out
    assert bare("status").code == 2


def test_comments_and_order_of_the_file_stay(bare: Shell) -> None:
    before = (
        "# mine\n[web]\nport = 9000   # because\n\n[[sources]]\nname = 'a'\n"
        "tracker = 'github'\nurl = 'https://github.com/o/a'\n# the end of a\n"
    )
    bare.file.write_text(before)
    bare.ok("add", "github", URL, "--yes")
    assert bare.file.read_text().startswith(before)
    assert [one["name"] for one in tables(bare)] == ["a", "shop"]


def test_sources_written_as_a_list_stay_a_list(bare: Shell) -> None:
    bare.file.write_text(
        'sources = [{ name = "a", tracker = "github", url = "https://github.com/o/a" }]\n'
    )
    bare.ok("add", "github", URL, "--yes")
    assert [one["name"] for one in tables(bare)] == ["a", "shop"]


@pytest.mark.parametrize(
    "again", [URL, f"{URL}.git", f"{URL}/", "https://github.com/OCTO/Shop", f"{URL}/issues"]
)
def test_the_same_repository_twice_changes_nothing(bare: Shell, again: str) -> None:
    bare.ok("add", "github", URL, "--yes", "--name", "first")
    before = bare.file.read_bytes()
    done = bare.ok("add", "github", again)
    assert '"first"' in done.out
    assert "nothing was changed" in done.out
    assert bare.file.read_bytes() == before


def test_a_spelling_by_hand_counts_as_the_same(bare: Shell) -> None:
    bare.file.write_text(
        '[[sources]]\nname = "a"\ntracker = "github"\nurl = "https://www.github.com/Octo/shop.git"\n'
    )
    assert "nothing was changed" in bare.ok("add", "github", URL).out


def test_a_taken_name_is_not_proposed(bare: Shell) -> None:
    bare.ok("add", "github", URL, "--yes")
    done = bare.ok("add", "github", "https://github.com/other/shop", answers="\n\n")
    assert "Source name [other-shop]:" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("github", "https://gitlab.com/o/r"), "no GitHub repository"),
        (("github", "nonsense"), "no GitHub repository"),
        (("gitlub", URL), "gitlub"),
        (("github", URL, "--state", "opne"), "--state"),
        (("github", URL, "--name", "x" * 101), "--name"),
        (("github", URL, "--name", ""), "--name"),
    ],
)
def test_a_wrong_wish_is_one_line_and_writes_nothing(
    bare: Shell, words: tuple[str, ...], said: str
) -> None:
    done = bare("add", *words, "--yes")
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert not bare.file.exists()


def test_a_broken_file_is_one_line_and_stays(bare: Shell) -> None:
    bare.file.write_text("[[sources]\n")
    done = bare("add", "github", URL, "--yes")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert bare.file.read_text() == "[[sources]\n"


def test_adding_is_in_the_audit(bare: Shell) -> None:
    bare.ok("add", "github", URL, "--yes")
    with bare.store() as store, store.read() as connection:
        assert [row["action"] for row in audit.find(connection)] == ["add"]


def test_a_first_reading_that_has_to_wait_for_the_rate_limit_is_no_failure(bare: Shell) -> None:
    with start(tickets=12, comments=20, rate_limit=4, rate_seconds=3600) as running:
        bare.environ["GITHUB_TOKEN"] = running.plan.token
        done = bare.ok("add", "github", running.repo_url, "--yes", "--api-url", running.url)
    assert "later: shop cannot be read now: " in done.out
    assert done.err == ""
