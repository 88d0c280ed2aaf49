"""The basics of mirrors on both databases, and two workers that push at once."""

import threading
from contextlib import ExitStack
from pathlib import Path

from store import conflicts
from tests.conftest import Database
from tests.mirroring import configured, mirroring, opened
from workers.mirrors.push import push_due

PAIR = {"north": "gitlab", "south": "gitlab"}
TWO_WAY = [{"name": "m", "source": "north", "target": "south", "direction": "bidirectional"}]
TICKETS = 12


def test_both_ways_and_a_conflict(database: Database, tmp_path: Path) -> None:
    with mirroring(tmp_path, PAIR, TWO_WAY, store=database.url) as scene:
        scene.sync()
        scene.act("north", "open", title="Login fails", description="one\n\ntwo")
        scene.act("north", "comment", number=1, body="A word")
        scene.sync(2)
        assert scene.store.dialect == database.dialect
        scene.act("south", "edit", number=1, title="On Mondays")
        scene.act("north", "label", number=1, name="bug")
        scene.sync()
        assert scene.tickets("north")["1"]["title"] == "On Mondays"
        assert "bug" in scene.tickets("south")["1"]["labels"]
        scene.act("north", "edit", number=1, title="North says")
        scene.act("south", "edit", number=1, title="South says")
        assert scene.sync().conflicts == 1
        with scene.store.read() as connection:
            (one,) = conflicts.find(connection)
        assert (one.left, one.right) == ("North says", "South says")
        with scene.store.write() as connection:
            conflicts.settle(connection, one, "right", None, "me", scene.clock())
        scene.push()
        assert scene.tickets("north")["1"]["title"] == "South says"
        assert scene.sync().writes == 0


def test_two_workers_at_once_make_each_twin_once(database: Database, tmp_path: Path) -> None:
    with ExitStack() as stack:
        file, found = stack.enter_context(configured(tmp_path, PAIR, TWO_WAY, store=database.url))
        one, other = (stack.enter_context(opened(tmp_path, file, found)) for _ in range(2))
        one.sync()
        for number in range(TICKETS):
            one.act("north", "open", title=f"Ticket {number}", description="Text")
        one.read("north")
        done = [[], []]
        threads = [
            threading.Thread(target=lambda w=scene.work, d=told: d.append(push_due(w)))
            for scene, told in zip((one, other), done, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        ((first,), (second,)) = done
        assert first.errors + second.errors == []
        assert first.created + second.created == TICKETS
        one.sync(2)
        titles = [ticket["title"] for ticket in one.tickets("south").values()]
        assert sorted(titles) == sorted({*titles})
        assert len(titles) == TICKETS == len(one.tickets("north"))
        assert one.sync().writes == 0
