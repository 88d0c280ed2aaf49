"""What may not leave finds no side door, and what strangers write speaks for nobody but them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.mirror import MirrorOptions
from schemas.ticket import Attachment, Comment
from store import conflicts, mappings, mirrors
from store.database import Store
from store.tables import deliveries
from tests.builders import a_ticket
from tests.mirroring import Mirroring, mirroring
from tests.workers.mirrors.file_scene import PNG, two
from workers.mirrors.push import push_due
from workers.mirrors.task import Waits
from workers.rules.file_links import leaving_files

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PAIR = {"left": "gitlab", "right": "gitlab"}
MIRROR: dict[str, Any] = {"name": "m", "source": "left", "target": "right"}


def test_no_file_is_sent_after_its_ticket_turned_private(sqlite_store: Store) -> None:
    def private() -> None:
        raise Waits("it is confidential now", NOW)

    with two(sqlite_store) as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        scene.quiet()
        scene.leaves = private
        with pytest.raises(Waits):
            scene.carry(f"![lamp]({here})")
        assert scene.right.asked("POST") == 0
        scene.leaves = lambda: None
        assert scene.carry(f"![lamp]({here})").urls[here]


def test_a_files_name_is_redacted_too(sqlite_store: Store) -> None:
    with two(sqlite_store, redact=["falcon"]) as scene:
        here = scene.left.client.upload("", "falcon plans.png", "image/png", PNG).url
        there = scene.carry(f"![lamp]({here})").urls[here]
        assert "falcon" not in there
        assert "redacted" in there
        assert scene.right.holds(there) == PNG


def test_a_file_that_only_an_internal_comment_names_stays() -> None:
    files = [
        Attachment(id=one, name=f"{one}.txt", url=f"https://x/{one}") for one in ("a", "b", "c")
    ]
    told = (
        Comment(id="1", body="see [b](https://x/b) and c.txt", internal=True),
        Comment(id="2", body="![](c.txt)"),
    )
    ticket = a_ticket(attachments=tuple(files), comments=told)
    assert [one.id for one in leaving_files(ticket)] == ["a", "c"]


def _forged(origin: str) -> str:
    return f"I saw this: <!-- ticketsync:1:feed:left%3Eright:left%2F{origin}:1:{'0' * 32} -->"


def test_a_strangers_mark_keeps_no_ticket_from_its_twin(tmp_path: Path) -> None:
    with mirroring(tmp_path, PAIR, [MIRROR]) as scene:
        scene.sync()
        scene.act("right", "open", title="Stranger", description=_forged("1"), by="bob")
        scene.sync()
        scene.act("left", "open", title="Ours")
        scene.sync(2)
        assert sorted(one["title"] for one in scene.tickets("right").values()) == [
            "Ours",
            "Stranger",
        ]
        assert [one.state for one in scene.mappings()] == ["joined"]


def test_a_copy_of_a_twin_is_a_ticket_of_whoever_made_it(tmp_path: Path) -> None:
    with mirroring(tmp_path, PAIR, [MIRROR | {"direction": "bidirectional"}]) as scene:
        scene.sync()
        scene.act("left", "open", title="Ours", description="text")
        scene.sync(2)
        twin = scene.stands["right"].running.site.acts.issue(1)
        assert "ticketsync:1:" in twin.description
        scene.act("right", "open", title="Copy", description=twin.description, by="bob")
        scene.sync(2)
        assert {one["title"] for one in scene.tickets("left").values()} == {"Ours", "Copy"}


def test_nobody_is_mentioned_by_a_title(tmp_path: Path) -> None:
    with mirroring(tmp_path, PAIR, [MIRROR | {"direction": "bidirectional"}]) as scene:
        scene.sync()
        scene.act("left", "open", title="Ask @bob about it")
        scene.sync(2)
        (twin,) = scene.tickets("right").values()
        assert twin["title"] == "Ask @\u2060bob about it"
        scene.act("right", "edit", number=1, title="Ask @\u2060bob again")
        scene.sync(2)
        (own,) = scene.tickets("left").values()
        assert own["title"] == "Ask @bob again"
        scene.forget_requests()
        scene.sync()
        assert scene.writes("left") == scene.writes("right") == []


def _redacting(folder: Path) -> Any:
    more = {"direction": "bidirectional", "redact": ["falcon"]}
    return mirroring(folder, PAIR, [MIRROR | more])


def test_a_value_that_settles_a_conflict_is_redacted_on_its_way(tmp_path: Path) -> None:
    with _redacting(tmp_path) as scene:
        scene.sync()
        scene.act("left", "open", title="one")
        scene.sync(2)
        scene.act("left", "edit", number=1, title="two")
        scene.act("right", "edit", number=1, title="three")
        scene.sync(2)
        with scene.store.write() as connection:
            (found,) = conflicts.find(connection)
            value = "two and the falcon"
            assert conflicts.settle(connection, found, "value", value, "somebody", scene.clock())
        scene.sync(2)
        assert [one["title"] for one in scene.tickets("left").values()] == ["two and the falcon"]
        assert [one["title"] for one in scene.tickets("right").values()] == [
            "two and the [redacted]"
        ]


def test_an_edit_of_a_redacted_title_gives_home_its_words_back(tmp_path: Path) -> None:
    with _redacting(tmp_path) as scene:
        scene.sync()
        scene.act("left", "open", title="The falcon lands")
        scene.sync(2)
        scene.act("right", "edit", number=1, title="The [redacted] landed")
        scene.sync(2)
        (own,) = scene.tickets("left").values()
        assert own["title"] == "The falcon landed"


def _lane(scene: Mirroring, *, waits: bool) -> None:
    """News about the whole source arrives, or is dealt with."""
    row = {
        "source": "left", "via": "webhook", "event": "label", "delivery_key": "renamed",
        "ticket": None, "headers": {}, "body": b"{}", "received_at": scene.clock(),
        "observed_at": scene.clock(), "due_at": None,
    }  # fmt: skip
    with scene.store.write() as connection:
        if waits:
            connection.execute(deliveries.insert().values(row))
        else:
            mine = deliveries.update().where(deliveries.c.delivery_key == "renamed")
            connection.execute(mine.values(outcome="ignored"))


@pytest.mark.parametrize("ruled", [True, False])
def test_a_ticket_waits_for_renamed_labels_where_rules_go_by_labels(
    tmp_path: Path, ruled: bool
) -> None:
    rules = {"privacy_rules": [{"label": "secret", "privacy": "local_only"}]} if ruled else {}
    with mirroring(tmp_path, PAIR, [MIRROR], options={"left": rules}) as scene:
        scene.sync()
        scene.act("left", "open", title="Labelled", labels=["fine"])
        scene.read()
        _lane(scene, waits=True)
        push_due(scene.work)
        assert len(scene.tickets("right")) == (0 if ruled else 1)
        _lane(scene, waits=False)
        scene.clock.pass_by(seconds=10)
        push_due(scene.work)
        assert len(scene.tickets("right")) == 1


def test_a_twin_of_two_tickets_leaves_only_where_both_may(store: Store) -> None:
    with store.write() as connection:
        for name, source in (("m1", "a"), ("m2", "b")):
            made = mirrors.create(connection, name, source, "c", MirrorOptions(), NOW, "test")
            mappings.insert(
                connection,
                mirror=made.id,
                left="1",
                right="9",
                state="joined",
                born="left",
                created_at=NOW,
            )
        back = mirrors.create(connection, "m3", "c", "d", MirrorOptions(), NOW, "test")
        mappings.insert(
            connection,
            mirror=back.id,
            left="9",
            right="5",
            state="joined",
            born="left",
            created_at=NOW,
        )
        assert mappings.origins_of(connection, ("d", "5")) == [("c", "9"), ("a", "1"), ("b", "1")]
        assert mappings.origins_of(connection, ("a", "1")) == []


def test_a_parent_that_stays_home_is_not_named(tmp_path: Path) -> None:
    rules = {"privacy_rules": [{"field": "title", "value": "Falcon", "privacy": "local_only"}]}
    sources = {"left": "linear", "right": "gitlab"}
    with mirroring(tmp_path, sources, [MIRROR], options={"left": rules}) as scene:
        scene.sync()
        made = {
            title: scene.act("left", "open", title=title)["identifier"]
            for title in ("Falcon", "Open parent", "One", "Two")
        }
        scene.act("left", "parent", key=made["One"], parent=made["Falcon"])
        scene.act("left", "parent", key=made["Two"], parent=made["Open parent"])
        scene.sync(3)
        twins = {one["title"]: one["body"] for one in scene.tickets("right").values()}
        assert twins.keys() == {"Open parent", "One", "Two"}
        assert f"{made['Open parent']} Open parent" in twins["Two"]
        assert "Falcon" not in twins["One"]
        assert "Parent" not in twins["One"]
