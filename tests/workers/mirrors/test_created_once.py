"""Created once: wherever a push is cut off, there is one twin after the next ones (law 7)."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from schemas.mirror import Mapping
from store import backup
from store.database import open_store
from tests.mirroring import Mirroring, mirroring, opened
from workers.mirrors.push import push_due

TARGETS = ("github", "gitlab", "jira", "linear", "azure_devops")
every_target = pytest.mark.parametrize("target", TARGETS)


class Killed(BaseException):
    """The process ends here; nothing that would tidy up gets to know."""


class Bomb:
    """Goes off at the n-th step that is passed; lists what it passed."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, list[str]()

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.at:
            raise Killed(name)


@pytest.fixture
def scene(tmp_path, target) -> Iterator[Mirroring]:
    mirrors = [{"name": "m", "source": "north", "target": "there"}]
    with mirroring(tmp_path, {"north": "gitlab", "there": target}, mirrors) as found:
        found.sync()
        found.act("north", "open", title="A twin of mine", description="Text", labels=["bug"])
        found.act("north", "comment", number=1, body="A word of mine")
        found.read()
        yield found


def twins(scene: Mirroring) -> list[dict]:
    return [one for one in scene.tickets("there").values() if "A twin of mine" in one["title"]]


def words(scene: Mirroring) -> int:
    return sum("A word of mine" in one["body"] for it in twins(scene) for one in it["comments"])


def after_the_crash(scene: Mirroring) -> list[Mapping]:
    """Time passes, and another process goes on, as often as it takes."""
    for _ in range(8):
        scene.clock.pass_by(minutes=11)  # the lease of the dead is over, too
        scene.sync()
        if all(one.due == 0 and one.state == "joined" for one in scene.mappings()):
            break
    return scene.mappings()


def push_until(scene: Mirroring, bomb: Bomb) -> bool:
    """Whether it went off."""
    work, scene.work = scene.work, replace(scene.work, passing=bomb)
    try:
        scene.push()
    except Killed:
        return True
    finally:
        scene.work = work
    return False


@every_target
def test_a_kill_at_every_step_leaves_one_twin_with_one_comment(tmp_path, target):
    """One ticket for each step at which the process is killed; then others go on."""
    mirrors = [{"name": "m", "source": "north", "target": "there"}]
    with mirroring(tmp_path, {"north": "gitlab", "there": target}, mirrors) as scene:
        scene.sync()
        went_off, at = True, 0
        while went_off:
            at += 1
            scene.act("north", "open", title=f"A twin of mine {at}.", description="Text")
            scene.act("north", "comment", number=at, body=f"A word of mine {at}.")
            scene.read("north")
            bomb = Bomb(at)
            went_off = push_until(scene, bomb)
        assert {"decided", "announced", "sent", "recorded", "drained"} <= set(bomb.passed)
        assert at > 8
        states = [(one.state, one.reason) for one in after_the_crash(scene)]
        assert states == [("joined", "")] * at
        made = twins(scene)
        for step in range(1, at + 1):
            named = [one for one in made if f"A twin of mine {step}." in one["title"]]
            assert len(named) == 1, step
            bodies = [one["body"] for one in named[0]["comments"]]
            assert sum(f"A word of mine {step}." in body for body in bodies) == 1, step
        assert scene.sync().writes == 0


@every_target
@pytest.mark.parametrize("late", [0, 0.4])
def test_an_answer_that_is_lost_leaves_one_twin(scene, target, late):
    faults = scene.stands["there"].running.faults
    faults.set(answer_lost=1, late_effect=late)
    assert push_due(scene.work).created == 0
    time.sleep(2 * late)
    faults.clear()
    (mapping,) = after_the_crash(scene)
    assert mapping.state == "joined"
    assert len(twins(scene)) == 1
    assert words(scene) == 1


@every_target
def test_a_store_restored_from_yesterdays_backup_makes_no_second_twin(scene, target, tmp_path):
    backup.write(scene.store, tmp_path / "yesterday.db")
    scene.push()
    scene.act("north", "open", title="A twin of mine, later")
    scene.sync()
    assert len(twins(scene)) == 2
    other = tmp_path / "restored"
    other.mkdir()
    for name in ("ticketsync.toml", ".env"):
        (other / name).write_text((tmp_path / name).read_text())
    restored = open_store("sqlite:///ticketsync.db", other)
    backup.restore(restored, tmp_path / "yesterday.db", "test", scene.clock())
    restored.close()
    with opened(other, other / "ticketsync.toml", list(scene.stands.values())) as again:
        again.push()
        assert len(twins(again)) == 2
        again.read(full=True)
        for _ in range(3):
            again.clock.pass_by(minutes=11)
            again.push()
        assert len(twins(again)) == 2
        assert [one.state for one in again.mappings()] == ["joined", "joined"]
        assert words(again) == 1
