"""Who brings attachments, and when: messages, the bell, what was left, and changed settings."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from dramatiq.brokers.stub import StubBroker

from runtime.bell import Bell
from schemas.messages import Download, Message
from store.database import Store
from store.tables import tickets
from store.workspace import attached
from store.workspace.read import read
from tests.builders import SOURCE, Clock, an_issue, issue_webhook, keep
from tests.workers.bringing import LOG, MB, Files, folder, names, with_files, work_of
from workers import actors
from workers.sweep import Sweeper


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_drain_rings_for_files_and_a_message_brings_them(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=[b"x"]), clock)
    broker, rung = StubBroker(), list[Message]()
    broker.emit_after("process_boot")
    declared = actors.declare(broker, work, rung.append)
    declared["drain"].fn(keys=[[SOURCE, "12"]])
    assert rung == []
    with sqlite_store.write() as connection:
        connection.execute(tickets.update().values(render_due=1))
    keep(sqlite_store, issue_webhook(an_issue(13, title="U")))
    declared["drain"].fn(keys=[[SOURCE, "13"]])
    assert rung == [Download(source=SOURCE)]
    declared["download"].fn(source=SOURCE)
    assert names(tmp_path) == ["boot log.txt"]
    assert "attachments/boot log.txt" in (folder(tmp_path) / "ISSUE.md").read_text()
    broker.close()


def test_the_bell_rings_once_for_many_files_of_a_source() -> None:
    rung: list[Message] = []
    bell = Bell(rung.append)
    bell.ring(Download(source="a"))
    bell.ring(Download(source="b"))
    bell.ring(Download(source="a"))
    bell.start()
    bell.close()
    assert rung == [Download(source="a"), Download(source="b")]


def test_what_was_left_is_carried_without_any_message(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=[b"x"]), clock)
    sweeper = Sweeper(work, every=0.05)
    sweeper.start()
    try:
        shown = folder(tmp_path) / "ISSUE.md"
        until = time.monotonic() + 20
        while time.monotonic() < until and not (
            shown.exists() and "attachments/boot log.txt" in shown.read_text()
        ):
            time.sleep(0.02)
    finally:
        sweeper.stop()
    assert names(tmp_path) == ["boot log.txt"]
    assert read(shown).values["attachments"] == ["attachments/boot log.txt"]


def test_settings_that_changed_are_noticed_once(store: Store, clock: Clock) -> None:
    with_files(store, LOG)

    def marks() -> int:
        with store.write() as connection:
            found = connection.execute(sa.select(tickets.c.render_due)).scalar_one()
            connection.execute(tickets.update().values(render_due=0))
        return found

    marks()
    attached.agree(store, [SOURCE], None, clock())
    assert marks() == 0
    attached.agree(store, [SOURCE], MB, clock())
    assert marks() == 1
    attached.agree(store, [SOURCE], MB, clock())
    assert marks() == 0
    attached.agree(store, [SOURCE], None, clock())
    attached.agree(store, [SOURCE], MB, clock())
    assert marks() == 1
