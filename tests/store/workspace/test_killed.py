"""Writers that are killed, and writers that meet: each file is old or new, and written by one."""

import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from store.database import Store
from store.tables import tickets
from store.workspace import index
from store.workspace.read import read
from store.workspace.render import own_render
from store.workspace.write import write_due
from tests.builders import Clock, a_source, an_issue, issue_webhook
from tests.conftest import Database
from tests.workers.draining import drained

ROOT = Path(__file__).parents[3]
MANY = 120
WRITER = """
import sys
from pathlib import Path
import sqlalchemy as sa
from store.database import open_store
from store.workspace.write import write_due
from tests.builders import Clock, a_source
store = open_store(sys.argv[1], Path(sys.argv[2]))
again = sa.text("UPDATE tickets SET render_due = render_due + 1, body = body || :more")
print("ready", flush=True)
for turn in range(int(sys.argv[3])):
    with store.write() as connection:
        connection.execute(again, {"more": f" {turn}" * 400})
    write_due(store, Path(sys.argv[2]) / "tickets", a_source(), Clock())
store.close()
"""


def writer(database: Database, turns: int) -> subprocess.Popen:
    """A process that changes every ticket and writes its file, over and over."""
    command = [sys.executable, "-c", WRITER, database.url, str(database.folder), str(turns)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def filled(store: Store) -> None:
    drained(store, *(issue_webhook(an_issue(n, title=f"t{n}")) for n in range(1, MANY + 1)))


def files(folder: Path) -> list[Path]:
    return sorted((folder / "tickets/shop").glob("*/ISSUE.md"))


def bodies(store: Store) -> dict[str, str]:
    with store.read() as connection:
        query = sa.select(tickets.c.external_id, tickets.c.body)
        return {row.external_id: row.body for row in connection.execute(query)}


def test_a_killed_writer_leaves_whole_files_and_the_next_one_ends_its_work(
    sqlite_database: Database,
) -> None:
    folder, chance = sqlite_database.folder, random.Random(7)
    store = sqlite_database.open()
    filled(store)
    write_due(store, folder / "tickets", a_source(), Clock())
    for _ in range(6):
        running = writer(sqlite_database, 1_000)
        time.sleep(chance.uniform(0.02, 0.6))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert len(files(folder)) == MANY
        for path in files(folder):
            assert own_render(path.read_bytes()) is not None
            read(path)
        assert index.is_ours((folder / "tickets/shop/INDEX.md").read_bytes())
    write_due(store, folder / "tickets", a_source(), Clock())
    held = bodies(store)
    shown = {str(read(path).values["key"]): read(path).body for path in files(folder)}
    assert shown == {key: body.strip() for key, body in held.items()}
    assert not list(folder.rglob("*edited*"))
    assert any(re.search(r" 0 0", body) for body in held.values())
    store.close()


def test_two_processes_write_one_folder_in_turns(database: Database) -> None:
    store = database.open()
    filled(store)
    running = [writer(database, 4) for _ in range(2)]
    assert [one.wait(120) for one in running] == [0, 0]
    for one in running:
        one.communicate()
    write_due(store, database.folder / "tickets", a_source(), Clock())
    shown = {str(read(path).values["key"]): read(path).body for path in files(database.folder)}
    assert shown == {key: body.strip() for key, body in bodies(store).items()}
    left = [one.name for one in (database.folder / "tickets").rglob("*") if one.is_file()]
    assert {*left} == {".lock", "ISSUE.md", "INDEX.md"}
    store.close()
