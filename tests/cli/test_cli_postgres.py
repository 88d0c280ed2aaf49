"""The same commands on PostgreSQL."""

import pytest

from sandbox.github.app import Running
from tests.cli.conftest import Shell
from tests.cli.test_cli_sync import compare
from tests.conftest import Database


@pytest.fixture
def grown(shell: Shell, postgres_database: Database) -> Shell:
    shell.environ["DATABASE_URL"] = postgres_database.url
    return shell


def test_everything_equals_the_tracker(grown: Shell, github: Running) -> None:
    grown.ok("sync")
    compare(grown, github)
    assert not (grown.folder / "tickets").exists()
    github.acts.set_labels(2, ["bug"])
    github.acts.set_assignees(2, ["mara-lind"])
    grown.ok("sync")
    words = ("tickets", "list", "--label", "Bug", "--assignee", "mara-lind", "--json")
    assert 2 in {one["number"] for one in grown.ok(*words).json}
    assert grown.ok("sources", "show", "shop", "--json").json["folder"] is None
    grown.ok("status")
    one = grown.ok("deliveries", "list", "--ticket", 2, "--json").json[0]["id"]
    grown.ok("deliveries", "replay", one, "--depth", "fetch")
    assert grown.ok("db", "backup", grown.folder / "x.db", "--json").json["tables"]["tickets"] == 12
