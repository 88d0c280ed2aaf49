"""A ticket that was published and may not leave any more: its twin is withdrawn (law 12)."""

from pathlib import Path
from typing import Any

import pytest

from store import audit
from store.sources import declare
from tests.mirroring import Mirroring, mirroring

TARGETS = ("gitlab", "github", "jira", "linear", "azure_devops")
SECRET = "Falcon"


def world(folder: Path, target: str = "gitlab", **options: Any) -> Any:
    told = {"source": "left", "target": "right", "sync_existing_issues": True, **options}
    return mirroring(folder, {"left": "gitlab", "right": target}, [told])


def published(scene: Mirroring) -> None:
    scene.act("left", "open", title=f"{SECRET} crashes", description=SECRET, labels=[SECRET])
    scene.act("left", "comment", number=1, body=f"{SECRET} again")
    scene.sync(rounds=2)
    assert shown(scene).count(SECRET) >= 3


def shown(scene: Mirroring) -> str:
    """All that anybody sees at the target now."""
    return repr([one for one in scene.tickets("right").values() if not one.get("deleted")])


def edit(scene: Mirroring, **wishes: Any) -> None:
    scene.act("left", "edit", number=1, **wishes)


@pytest.mark.parametrize("target", TARGETS)
def test_a_twin_says_nothing_any_more_and_is_closed(tmp_path: Path, target: str) -> None:
    with world(tmp_path, target) as scene:
        published(scene)
        edit(scene, confidential=True)
        scene.sync(rounds=2)
        assert SECRET not in shown(scene)
        (twin,) = scene.tickets("right").values()
        assert twin["title"] == "(withdrawn)"
        assert twin["state"] == "closed"
        scene.forget_requests()
        edit(scene, title=f"{SECRET} crashes worse")
        scene.sync()
        assert scene.push().writes == 0
        assert SECRET not in shown(scene)


def test_it_is_deleted_where_the_mirror_says_so(tmp_path: Path) -> None:
    with world(tmp_path, retract="delete") as scene:
        published(scene)
        edit(scene, confidential=True)
        scene.sync(rounds=2)
        assert shown(scene) == "[]"


def test_it_comes_back_whole_and_can_be_withdrawn_again(tmp_path: Path) -> None:
    with world(tmp_path) as scene:
        published(scene)
        for _ in range(2):
            edit(scene, confidential=True)
            scene.sync(rounds=2)
            assert SECRET not in shown(scene)
            edit(scene, confidential=False)
            scene.sync(rounds=2)
            (twin,) = scene.tickets("right").values()
            assert (twin["title"], twin["state"]) == (f"{SECRET} crashes", "open")
            assert len(twin["comments"]) == 1
            assert SECRET in twin["labels"]


def test_people_hear_of_it_in_the_audit(tmp_path: Path) -> None:
    with world(tmp_path) as scene:
        published(scene)
        edit(scene, confidential=True)
        scene.sync(rounds=2)
        with scene.store.read() as connection:
            lines = [one for one in audit.find(connection) if one["action"] == "mirror.withdraw"]
        (line,) = lines
        assert line["after"] == "left 1 is local_only: it is confidential"
        (mapping,) = scene.mappings()
        assert mapping.reason == "withdrawn: left 1 is local_only: it is confidential"


def test_a_source_that_is_declared_more_private_takes_everything_back(tmp_path: Path) -> None:
    with world(tmp_path) as scene:
        published(scene)
        stricter = [
            one.model_copy(update={"privacy": "local_only"}) if one.name == "left" else one
            for one in scene.work.sources.values()
        ]
        with scene.store.write() as connection:
            declare(connection, stricter, scene.clock())
        scene.work.sources.update({one.name: one for one in stricter})  # type: ignore[attr-defined]
        assert scene.push().writes > 0
        assert SECRET not in shown(scene)


def test_what_people_said_at_the_target_stays_theirs(tmp_path: Path) -> None:
    with world(tmp_path, direction="bidirectional") as scene:
        published(scene)
        scene.act("right", "comment", number=1, body="A word from here")
        scene.sync(rounds=2)
        edit(scene, confidential=True)
        scene.sync(rounds=2)
        assert "A word from here" in shown(scene)
        assert SECRET not in shown(scene)
        edit(scene, confidential=False)
        scene.sync(rounds=2)
        assert repr(scene.tickets("left")).count("A word from here") == 1
