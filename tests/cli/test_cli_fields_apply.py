"""`fields apply`: a changed map makes other tickets of what is held, and asks nobody."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cli.stage import Stand, configure, stands
from sandbox.azure_devops import process
from sandbox.jira import fields
from tests.cli.conftest import Shell
from tests.conftest import Database


@dataclass(frozen=True)
class Case:
    """A tracker, what happens to its first ticket, another map, and what that makes of it."""

    tracker: str
    edit: Callable[[Any], object]
    more: str
    makes: dict[str, Any]


CASES = (
    Case(
        "jira",
        lambda acts: (
            acts.prioritise("PROJ-1", "Lowest"),
            acts.estimate("PROJ-1", 8.0),
            acts.edit("PROJ-1", fields={fields.CUSTOMER: "Till GmbH"}),
        ),
        f"""
[sources.fields]
estimate = "{fields.POINTS}"
story_points = "{fields.START_DATE}"
due_date = "{fields.START_DATE}"
customer = "{fields.START_DATE}"
[sources.severities]
Lowest = "P1"
""",
        {"estimate": 8.0, "story_points": None, "severity": "P1", "customer": None},
    ),
    Case(
        "azure_devops",
        lambda acts: acts.edit(
            1, fields={process.CUSTOMER: "Till GmbH", process.SEVERITY: "4 - Low"}
        ),
        f"""
[sources.fields]
customer = "{process.TILL}"
estimate = "{process.PRIORITY}"
[sources.severities]
"4 - Low" = "P1"
""",
        {"customer": None},
    ),
)


@pytest.fixture(params=CASES, ids=lambda case: case.tracker)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def stand(case: Case) -> Iterator[Stand]:
    with stands([case.tracker], 12, 12) as [one]:
        yield one


@pytest.fixture
def read(bare: Shell, case: Case, stand: Stand) -> Shell:
    """A source, read once; then its map is another one in the file."""
    configure(bare.folder, [stand])
    case.edit(stand.running.acts)
    bare.ok("sync")
    return bare


def remap(shell: Shell, more: str) -> None:
    """The table's last keys are another map."""
    text = shell.file.read_text()
    kept = text.partition("[sources.fields]")[0].replace("fields = {", "# fields = {")
    shell.file.write_text(kept + more)


def deliveries(shell: Shell) -> int:
    """How many were ever about a ticket; a whole reading has two of its own beside them."""
    listed = shell.ok("deliveries", "list", "--json").json
    return len([one for one in listed if one["ticket"]])


def tickets(shell: Shell, stand: Stand) -> list[dict[str, Any]]:
    listed = shell.ok("tickets", "list", "--json").json
    return [
        shell.ok("tickets", "show", one["key"], "--source", stand.source, "--json").json
        for one in listed
    ]


def check(shell: Shell, case: Case, stand: Stand) -> None:
    """Applied without a request; what is read afterwards is no news."""
    asked, kept = stand.running.requests.count(), deliveries(shell)
    remap(shell, case.more)
    [looked] = shell.ok("fields", "apply", "--dry-run", "--json").json
    [done] = shell.ok("fields", "apply", "--json").json
    assert looked == done
    assert done["changed"] >= 1
    assert set(case.makes) <= set(done["fields"])
    assert stand.running.requests.count() == asked
    [one] = [one for one in tickets(shell, stand) if one["number"] == 1]
    assert {name: one.get(name) for name in case.makes} == case.makes
    for words in (("sync",), ("sync", "--full")):
        [report] = shell.ok(*words, "--json").json
        assert (report["new"], report["changed"], report["errors"]) == (0, 0, [])
        assert deliveries(shell) == kept
    assert shell.ok("fields", "apply", "--json").json[0]["tickets"] == 0


def test_a_changed_map_is_applied_to_what_is_held(read: Shell, case: Case, stand: Stand) -> None:
    check(read, case, stand)


def test_and_so_it_is_on_postgresql(
    bare: Shell, case: Case, stand: Stand, postgres_database: Database
) -> None:
    bare.environ["DATABASE_URL"] = postgres_database.url
    configure(bare.folder, [stand])
    case.edit(stand.running.acts)
    bare.ok("sync")
    check(bare, case, stand)


def test_a_sync_after_the_map_was_changed_finds_nothing_new(
    read: Shell, case: Case, stand: Stand
) -> None:
    remap(read, case.more)
    [report] = read.ok("sync", "--json").json
    assert (report["new"], report["changed"]) == (0, 0)
    [one] = [one for one in tickets(read, stand) if one["number"] == 1]
    assert {name: one.get(name) for name in case.makes} == case.makes


def test_people_read_what_became_of_it_and_the_files_follow(
    read: Shell, case: Case, stand: Stand
) -> None:
    assert any("Till GmbH" in one.read_text() for one in read.folder.rglob("ISSUE.md"))
    remap(read, case.more)
    done = read.ok("fields", "apply", "--source", stand.source)
    assert "translated anew" in done.out
    assert f"  {sorted(case.makes)[0]}: " in done.out
    assert "already" in read.ok("fields", "apply").out
    files = [one.read_text() for one in read.folder.rglob("ISSUE.md")]
    assert len(files) == 12
    assert not any("Till GmbH" in one for one in files)


def test_a_source_that_is_none_is_a_mistake_in_one_line(read: Shell) -> None:
    done = read("fields", "apply", "--source", "nobody")
    assert (done.code, done.err.count("\n")) == (2, 1)
