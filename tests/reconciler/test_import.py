"""Against the stand-in GitHub over a socket: what an import costs, and that nothing is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from reconciler import session
from reconciler.parts import Parts
from runtime.clock import utc_now
from runtime.credentials import Secrets
from runtime.limits import Limits
from sandbox.github import app as github
from schemas.ports import Lane
from schemas.session import Session
from schemas.settings import Settings
from schemas.source import Source
from store import backup
from store.database import Store, open_store
from store.tables import comments, tickets
from store.validators import StoredValidators
from store.whole import whole_tickets
from tests.builders import SOURCE, a_source, a_work, held, journaled
from tests.reconciler.run import declare
from trackers.github import GITHUB
from workers.drain import drain
from workers.refetch import follow
from workers.render import render
from workers.sweep import sweep
from workers.work import Work


@dataclass
class House:
    """Workers and reconciler of one process beside a running stand-in."""

    running: github.Running
    store: Store
    work: Work
    parts: Parts

    def sync(self, *, full: bool = False) -> Session:
        done = session.run(self.parts, self.parts.sources[SOURCE], full=full)
        assert done.error is None
        return done

    def truth(self) -> dict[str, dict]:
        state = httpx.get(f"{self.running.url}/_sandbox/state", trust_env=False).json()
        return {str(one["number"]): one for one in state["tickets"]}


def house(store: Store, running: github.Running, workspace: Path) -> House:
    source = a_source(url=running.repo_url, api_url=running.url, token_env="TOKEN")
    secrets = Secrets({"TOKEN": running.plan.token})
    validators, limits = StoredValidators(store), Limits().lane("backfill")

    def connect(one: Source, lane: Lane = "webhook"):
        given = {"credentials": secrets, "limiter": limits, "validators": validators}
        return GITHUB.connect(one, **given)

    declare(store, source)
    work = a_work(store, source, connect=connect, now=utc_now, workspace=workspace)
    parts = Parts(
        store=store,
        settings=Settings(),
        sources={SOURCE: source},
        connect=connect,
        credential=secrets.credential_id,
        wake=lambda lanes: follow(work, drain(work, lanes)),
        settle=lambda *_: True,
    )
    return House(running, store, work, parts)


@pytest.fixture
def small(store: Store, tmp_path: Path) -> Iterator[House]:
    with github.start(tickets=12, comments=20, pulls=3) as running:
        yield house(store, running, tmp_path / "tickets")


def count(store: Store, table: sa.Table) -> int:
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def plain(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n")


def assert_equal(house: House) -> None:
    """The store says of every ticket what the tracker says."""
    truth = house.truth()
    with house.store.read() as connection:
        found = whole_tickets(connection, [(SOURCE, number) for number in truth], parts=True)
    for number, told in truth.items():
        ours = found[SOURCE, number]
        assert (ours.title, ours.body) == (told["title"], plain(told["body"]))
        assert ours.state == told["state"]
        assert sorted(one.name for one in ours.labels) == sorted(told["labels"])
        assert sorted(one.login for one in ours.assignees) == sorted(told["assignees"])
        theirs = [(one["author"], plain(one["body"])) for one in told["comments"]]
        assert [(one.author.login, one.body) for one in ours.comments if one.author] == theirs
        assert ours.sync_status == "synced"


def test_a_cold_import_takes_few_requests_and_an_idle_pass_two(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with github.start(tickets=1_000, comments=3_000) as running:
        here = house(sqlite_store, running, tmp_path)
        cold = here.sync()
        assert cold.report.requests <= 42
        assert (count(sqlite_store, tickets), count(sqlite_store, comments)) == (1_000, 3_000)
        assert_equal(here)
        assert journaled(sqlite_store, outcome="dead") == []
        assert journaled(sqlite_store, outcome="pending") == []
        before = count(sqlite_store, tickets)
        here.sync()  # the first pass learns the validators of what it reads each time
        idle = here.sync()
        assert idle.report.requests - idle.report.cached <= 2
        assert idle.report.journaled == 0
        assert count(sqlite_store, tickets) == before


def test_an_import_is_the_trackers_state_without_its_pull_requests(small: House) -> None:
    small.sync()
    assert count(small.store, tickets) == 12
    assert_equal(small)
    assert render(small.work, [SOURCE]) == 12


def test_missed_changes_are_found_by_the_next_pass(small: House) -> None:
    small.sync()
    acts, numbers = small.running.acts, sorted(int(n) for n in small.truth())
    acts.edit(numbers[0], title="Changed while nobody listened")
    acts.close(numbers[1], "not_planned")
    acts.comment(numbers[2], "Said while nobody listened")
    opened = acts.open("New one", "With a body").number
    small.sync()
    assert_equal(small)
    assert held(small.store, opened).title == "New one"


def test_what_moves_no_revision_is_found_by_a_full_pass(small: House) -> None:
    small.sync()
    truth = small.truth()
    number = next(int(n) for n, one in truth.items() if one["comments"])
    comment = truth[str(number)]["comments"][0]
    small.running.acts.delete_comment(comment["id"])
    small.sync(full=True)
    settle(small)
    assert_equal(small)


def settle(house: House) -> None:
    """Sweeps what waits for a grace (a comment may be on its way) as if that were over."""
    with house.store.write() as connection:
        connection.exec_driver_sql(
            "UPDATE tickets SET doubt_due_at = '2020-01-01 00:00:00' WHERE doubt_due_at IS NOT NULL"
        )
    sweep(house.work)


def test_a_deleted_issue_is_known_by_its_proof_and_kept(small: House) -> None:
    small.sync()
    number = min(int(n) for n in small.truth())
    title = held(small.store, number).title
    small.running.acts.delete(number)
    small.sync(full=True)
    assert (held(small.store, number).title, held(small.store, number).sync_status) == (
        title,
        "deleted",
    )


def test_a_renamed_label_is_renamed_here_without_its_hook(small: House) -> None:
    small.sync()
    number, told = next((n, one) for n, one in small.truth().items() if one["labels"])
    before = held(small.store, int(number)).revision
    small.running.acts.rename_label(told["labels"][0], "renamed-label")
    small.sync(full=True)
    ours = held(small.store, int(number))
    assert "renamed-label" in [one.name for one in ours.labels]
    assert ours.revision == before


def test_a_restored_backup_catches_up_with_what_came_after_it(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with github.start(tickets=12, comments=20) as running:
        before = house(sqlite_store, running, tmp_path / "tickets")
        before.sync()
        backup.write(sqlite_store, tmp_path / "yesterday.db")
        running.acts.edit(1, title="Changed after the backup")
        running.acts.comment(2, "Said after the backup")
        opened = running.acts.open("Opened after the backup", "x").number
        before.sync()
        restored = open_store("sqlite:///yesterday.db", tmp_path)
        after = house(restored, running, tmp_path / "other")
        after.sync()
        assert_equal(after)
        assert held(restored, opened).title == "Opened after the backup"
        assert after.sync().report.journaled == 0
        restored.close()
