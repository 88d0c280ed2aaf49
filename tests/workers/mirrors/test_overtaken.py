"""Our own writes come back as webhooks; an edit that came between reading and writing is kept."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cli.stage import SECRET, Stand
from reconciler import session
from runtime import config
from schemas.delivery import Outcome
from schemas.mirror import Conflict
from store import conflicts, journal
from tests.journeys.any_tracker import served
from tests.mirroring import configured
from workers.mirrors.push import push_due
from workers.mirrors.task import Pushed
from workers.work import Work


@dataclass
class Hooked:
    """Two stand-ins that send real webhooks to a whole ticketsync."""

    stands: dict[str, Stand]
    work: Work

    def act(self, source: str, name: str, /, **args: Any) -> Any:
        return self.stands[source].running.site.perform(name, args)

    def push(self) -> Pushed:
        done = push_due(self.work)
        assert not done.errors, done.errors
        return done

    def twin(self) -> dict[str, Any]:
        (found,) = self.stands["south"].tickets
        return found

    def source(self) -> dict[str, Any]:
        (found,) = self.stands["north"].tickets
        return found

    def webhooks(self) -> list[Any]:
        with self.work.store.read() as connection:
            found = journal.find(connection, source="south", limit=200)
        return [one for one in found if str(one.via) == "webhook"]

    def conflicts(self, settled: bool = False) -> list[Conflict]:
        with self.work.store.read() as connection:
            return conflicts.find(connection, settled=settled)

    def until(self, holds: Callable[[], object]) -> None:
        """Pushes, while webhooks arrive, until that holds."""
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, [(one.event, one.outcome) for one in self.webhooks()]
            self.push()
            time.sleep(0.05)

    def quiet(self) -> None:
        """Webhooks have arrived and were applied."""
        for stand in self.stands.values():
            assert stand.running.outbox.idle(10)
        self.until(lambda: all(one.outcome is not None for one in self.webhooks()))
        self.push()


@contextmanager
def hooked(folder: Path, **more: Any) -> Iterator[Hooked]:
    mirrors = [{"name": "m", "source": "north", "target": "south"} | more]
    sources = dict.fromkeys(("north", "south"), "gitlab")
    with ExitStack() as stack:
        file, stands = stack.enter_context(configured(folder, sources, mirrors))
        together, address = stack.enter_context(served(config.load(file, {})))
        found = Hooked({one.source: one for one in stands}, together.work)
        for name in sources:
            assert session.run(together.parts, together.parts.sources[name]).error is None
            client = together.parts.connect(together.parts.sources[name])
            client.ensure_hook(f"{address}/webhooks/{name}", SECRET)
            client.close()
        found.act("north", "open", title="Login fails", description="Text")
        found.until(lambda: found.stands["south"].tickets)
        found.quiet()
        yield found


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path) as found:
        yield found


def between(scene: Hooked, act: Callable[[], object]) -> None:
    """Somebody acts after our next reading, and before our writing."""
    waiting = [act]

    def passing(step: str) -> None:
        if step == "announced" and waiting:
            waiting.pop()()

    scene.work = replace(scene.work, passing=passing)


def test_a_webhook_of_our_own_write_is_an_echo_and_writes_nothing(scene):
    before = {one.id for one in scene.webhooks()}
    outbox = scene.stands["south"].running.outbox
    outbox.hold()  # one that is faster than the answer is what tells us, and no echo
    scene.act("north", "edit", number=1, title="Again")
    scene.until(lambda: scene.twin()["title"] == "Again")
    outbox.release()
    scene.quiet()
    ours = [one for one in scene.webhooks() if one.id not in before]
    assert [one.outcome for one in ours] == [Outcome.echo]
    assert scene.push().writes == 0


def test_a_person_who_takes_our_write_back_at_once_is_no_echo(tmp_path):
    with hooked(tmp_path, direction="bidirectional") as scene:
        scene.act("north", "edit", number=1, title="Again")
        scene.until(lambda: scene.twin()["title"] == "Again")
        scene.act("south", "edit", number=1, title="Login fails")
        scene.until(lambda: scene.source()["title"] == "Login fails")
        scene.quiet()
        assert scene.twin()["title"] == "Login fails"
        assert Outcome.applied in [one.outcome for one in scene.webhooks()]


def test_a_person_with_our_own_account_is_heard(tmp_path):
    with hooked(tmp_path, direction="bidirectional") as scene:
        client = scene.work.connect(scene.work.sources["south"])
        login = client.identity().login
        client.close()
        scene.act("south", "edit", number=1, title="By the bot's hand", by=login)
        scene.until(lambda: scene.source()["title"] == "By the bot's hand")
        scene.quiet()
        assert scene.conflicts() == []


@pytest.mark.parametrize(("how", "title"), [("left", "North says"), ("right", "South says")])
def test_an_edit_between_reading_and_writing_is_kept_in_a_conflict(tmp_path, how, title):
    with hooked(tmp_path, direction="bidirectional") as scene:
        between(scene, lambda: scene.act("south", "edit", number=1, title="South says"))
        scene.act("north", "edit", number=1, title="North says")
        scene.until(scene.conflicts)
        (one,) = scene.conflicts()
        assert (one.kind, one.field, one.base, one.left, one.right) == (
            "overtaken", "title", "Login fails", "North says", "South says",
        )  # fmt: skip
        with scene.work.store.write() as connection:
            assert conflicts.settle(connection, one, how, None, "me", scene.work.now())
        scene.until(lambda: scene.conflicts(settled=True)[0].applied_at)
        scene.until(lambda: {scene.twin()["title"], scene.source()["title"]} == {title})
        scene.quiet()
        assert scene.conflicts() == []
        assert scene.push().writes == 0


def test_a_write_that_follows_on_what_was_read_is_no_conflict(scene):
    scene.act("north", "edit", number=1, title="One", weight=1)
    scene.until(lambda: scene.twin()["title"] == "One")
    scene.act("south", "edit", number=1, title="Theirs")
    scene.until(lambda: scene.twin()["title"] == "One")
    scene.act("north", "edit", number=1, title="Two")
    scene.until(lambda: scene.twin()["title"] == "Two")
    scene.quiet()
    assert scene.conflicts() == []
