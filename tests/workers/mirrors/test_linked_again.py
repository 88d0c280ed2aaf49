"""Twins that are parted, linked, or found again: nothing that was carried is carried twice."""

from pathlib import Path

import pytest

from store import mapped_comments, mappings, receipts
from tests.mirroring import Mirroring, configured, mirroring, opened
from workers.mirrors import linking, planning, rollback

PAIR = {"north": "gitlab", "south": "gitlab"}
MIRROR = {"name": "m", "source": "north", "target": "south"}
BOTH = MIRROR | {"direction": "bidirectional"}


def talked(scene: Mirroring) -> Mirroring:
    """A ticket with its twin, and a comment on each side."""
    scene.sync()
    scene.act("north", "open", title="Login fails", description="It does.")
    scene.sync(2)
    scene.act("north", "comment", number=1, body="Me too")
    scene.sync(2)
    return scene


def comments(scene: Mirroring) -> tuple[int, int]:
    found = (scene.tickets(name)["1"]["comments"] for name in PAIR)
    return tuple(len(one) for one in found)


def lose(scene: Mirroring) -> None:
    """The store knows nothing of the pair any more."""
    (one,) = scene.mappings()
    with scene.store.write() as connection:
        mapped_comments.drop_all(connection, one.id)
        mappings.drop(connection, one.id)


@pytest.mark.parametrize("mirror", [MIRROR, BOTH], ids=["one way", "two ways"])
def test_twins_that_were_parted_and_linked_again_go_on_where_they_were(tmp_path, mirror):
    with mirroring(tmp_path, PAIR, [mirror]) as scene:
        talked(scene)
        linking.unlink(scene.work, scene.mirror(), "1")
        scene.act("north", "edit", number=1, title="Login still fails")
        assert scene.sync().writes == 0
        linking.link(scene.work, scene.mirror(), "1", "1")
        assert scene.sync().writes == 1
        assert scene.tickets("south")["1"]["title"] == "Login still fails"
        assert comments(scene) == (1, 1)
        assert scene.sync().writes == 0


@pytest.mark.parametrize("mirror", [MIRROR, BOTH], ids=["one way", "two ways"])
def test_linking_what_the_store_has_forgotten_carries_no_comment_twice(tmp_path, mirror):
    with mirroring(tmp_path, PAIR, [mirror]) as scene:
        talked(scene)
        lose(scene)
        linking.link(scene.work, scene.mirror(), "1", "1")
        scene.sync(2)
        assert comments(scene) == (1, 1)
        scene.act("north", "comment", number=1, body="And on Mondays")
        scene.sync(2)
        assert comments(scene) == (2, 2)


def test_what_was_rolled_back_and_is_taken_up_again_has_each_comment_once(tmp_path: Path):
    with mirroring(tmp_path, PAIR, [MIRROR]) as scene:
        talked(scene)
        (one,) = scene.mappings()
        with scene.store.read() as connection:
            first = receipts.of_mapping(connection, one.id, 50)[-1]
        back = rollback.plan_back(scene.work, first.session)
        planning.apply_plan(scene.work, back.digest)
        assert scene.tickets("south")["1"]["state"] == "closed"
        with scene.store.read() as connection:
            last = receipts.of_mapping(connection, one.id, 50)[0]
        assert last.fields == {"state": ("opened", "closed")}
        linking.take_in(scene.work, scene.mirror(), "1")
        scene.sync(2)
        assert scene.tickets("south")["1"]["state"] == "open"
        assert comments(scene) == (1, 1)


def test_labels_that_stood_for_a_field_go_once_the_field_has_its_own_place(tmp_path: Path):
    with configured(tmp_path, PAIR, [MIRROR]) as (file, stands):
        with opened(tmp_path, file, stands) as scene:
            scene.sync()
            for name in PAIR:
                scene.act(name, "create_milestone", title="Launch")
            scene.act("north", "open", title="Login fails", labels=["bug"])
            scene.act("north", "milestone", number=1, which="Launch")
            scene.sync(2)
            assert "Milestone::Launch" in scene.tickets("south")["1"]["labels"]
        both = 'name = "m"\ndirection = "bidirectional"'
        file.write_text(file.read_text().replace('name = "m"', both))
        with opened(tmp_path, file, stands) as scene:
            scene.sync(2)
            assert scene.tickets("north")["1"]["labels"] == ["bug"]
            twin = scene.tickets("south")["1"]
            assert "Milestone::Launch" not in twin["labels"]
            assert "bug" in twin["labels"]
            assert scene.sync().writes == 0
