"""What is not known for sure does not leave: news that was given up on may have told of it."""

from pathlib import Path

import sqlalchemy as sa

from store.tables import deliveries, mappings
from tests.mirroring import Mirroring, mirroring

MIRROR = {"source": "left", "target": "right", "sync_existing_issues": True}


def given_up(scene: Mirroring) -> None:
    """News of the ticket came just now, and nobody could read it."""
    now = scene.clock()
    with scene.store.write() as connection:
        row = {
            "source": "left", "via": "webhook", "event": "issue", "delivery_key": "lost",
            "ticket": "1", "headers": {}, "body": b"{}", "received_at": now, "observed_at": now,
            "outcome": "dead",
        }  # fmt: skip
        connection.execute(deliveries.insert().values(row))
        connection.execute(mappings.update().values(push_due=1, due_at=None))


def published(scene: Mirroring) -> None:
    scene.act("left", "open", title="Falcon crashes")
    scene.sync(rounds=2)
    (twin,) = scene.tickets("right").values()
    assert twin["title"] == "Falcon crashes"


def test_a_delivery_that_was_given_up_on_makes_a_push_ask_the_tracker(tmp_path: Path) -> None:
    with mirroring(tmp_path, {"left": "gitlab", "right": "gitlab"}, [MIRROR]) as scene:
        published(scene)
        scene.act("left", "edit", number=1, confidential=True)
        given_up(scene)
        scene.push()
        scene.clock.pass_by(seconds=10)
        scene.push()
        (twin,) = scene.tickets("right").values()
        assert twin["title"] == "(withdrawn)"


def test_once_the_tracker_was_asked_it_goes_on_as_before(tmp_path: Path) -> None:
    with mirroring(tmp_path, {"left": "gitlab", "right": "gitlab"}, [MIRROR]) as scene:
        published(scene)
        given_up(scene)
        scene.forget_requests()
        scene.push()
        assert len(scene.requests("left")) >= 1
        scene.clock.pass_by(seconds=10)
        scene.push()
        scene.forget_requests()
        with scene.store.write() as connection:
            connection.execute(sa.update(mappings).values(push_due=1, due_at=None))
        scene.push()
        assert scene.requests("left") == []
        assert scene.writes("right") == []
