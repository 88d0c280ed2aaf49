"""Updates that are cut off: what was not written yet is written by the next push (laws 7 and 8)."""

from dataclasses import replace

import pytest

from tests.mirroring import Mirroring, mirroring
from tests.workers.mirrors.test_created_once import TARGETS, Bomb, after_the_crash, push_until

EDIT = {"title": "Login still fails", "description": "And this is new", "weight": 5}


def edited(scene: Mirroring) -> None:
    scene.act("north", "edit", number=1, **EDIT)
    scene.act("north", "label", number=1, name="p1")
    scene.act("north", "close", number=1)
    scene.read("north")


@pytest.mark.parametrize(
    ("target", "direction"),
    [("github", "push"), ("jira", "bidirectional"), ("linear", "bidirectional")],
)
def test_a_kill_at_every_step_of_an_update_loses_no_field(tmp_path, target, direction):
    pair = [{"name": "m", "source": "north", "target": "there", "direction": direction}]
    at = 1
    while True:
        folder = tmp_path / str(at)
        folder.mkdir()
        with mirroring(folder, {"north": "gitlab", "there": target}, pair) as scene:
            scene.sync()
            scene.act("north", "open", title="Login fails", description="Text")
            scene.sync(2)
            edited(scene)
            bomb = Bomb(at)
            if not push_until(scene, bomb):
                break
            (mapping,) = after_the_crash(scene)
            assert (mapping.state, mapping.reason) == ("joined", ""), bomb.passed
            own = scene.held("north")["1"]
            (twin,) = scene.held("there").values()
            assert twin.title == own.title == EDIT["title"], bomb.passed
            assert twin.state == own.state == "closed", bomb.passed
            assert "And this is new" in twin.body, bomb.passed
            assert "p1" in {one.name for one in twin.labels}, bomb.passed
            assert scene.sync().writes == 0, bomb.passed
        at += 1
    assert at > 5


@pytest.mark.parametrize("target", ["github", "jira"])
def test_a_kill_while_a_closed_ticket_is_brought_leaves_a_closed_twin(tmp_path, target):
    pair = [{"name": "m", "source": "north", "target": "there", "sync_closed_issues": True}]
    at = 1
    while True:
        folder = tmp_path / str(at)
        folder.mkdir()
        with mirroring(folder, {"north": "gitlab", "there": target}, pair) as scene:
            scene.sync()
            scene.act("north", "open", title="Over already", description="Text")
            scene.act("north", "close", number=1)
            scene.read()
            bomb = Bomb(at)
            if not push_until(scene, bomb):
                break
            after_the_crash(scene)
            (twin,) = scene.held("there").values()
            assert twin.state == "closed", bomb.passed
            assert scene.sync().writes == 0, bomb.passed
        at += 1
    assert at > 3


@pytest.mark.parametrize("target", TARGETS)
def test_a_twin_that_comes_back_before_its_answer_is_joined_all_the_same(tmp_path, target):
    pair = [{"name": "m", "source": "north", "target": "there", "direction": "bidirectional"}]
    with mirroring(tmp_path, {"north": "gitlab", "there": target}, pair) as scene:
        scene.sync()
        scene.act("north", "open", title="Faster than its answer")
        scene.read("north")
        seen = []

        def passing(name: str) -> None:
            if name == "sent" and not seen:
                seen.append(name)
                scene.read("there")

        scene.work = replace(scene.work, passing=passing)
        scene.push()
        scene.sync(2)
        assert [one.state for one in scene.mappings()] == ["joined"]
        assert len(scene.tickets("north")) == len(scene.tickets("there")) == 1
        scene.act("north", "edit", number=1, title="Renamed")
        scene.sync()
        (twin,) = scene.tickets("there").values()
        assert twin["title"] == "Renamed"
