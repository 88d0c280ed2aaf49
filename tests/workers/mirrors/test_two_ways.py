"""Two ways: each side's edits reach the other, and what both edited waits for a person."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from schemas.errors import Transient
from store import conflicts
from tests.mirroring import Mirroring, mirroring
from workers.mirrors.push import push_due

PAIR = {"north": "gitlab", "south": "gitlab"}


def two_way(**more) -> list[dict]:
    return [
        {"name": "m", "source": "north", "target": "south", "direction": "bidirectional"} | more
    ]


@pytest.fixture
def scene(tmp_path) -> Iterator[Mirroring]:
    with mirroring(tmp_path, PAIR, two_way()) as found:
        yield joined(found)


def joined(scene: Mirroring) -> Mirroring:
    scene.sync()
    scene.act("north", "open", title="Login fails", description="one\n\ntwo\n\nthree")
    scene.sync(2)
    return scene


def open_conflicts(scene: Mirroring):
    with scene.store.read() as connection:
        return conflicts.find(connection)


def test_edits_of_either_side_reach_the_other_and_come_to_rest(scene):
    scene.act("south", "edit", number=1, title="Login fails on Mondays")
    scene.act("north", "label", number=1, name="bug")
    scene.sync()
    assert scene.tickets("north")["1"]["title"] == "Login fails on Mondays"
    assert "bug" in scene.tickets("south")["1"]["labels"]
    scene.act("south", "unlabel", number=1, name="bug")
    scene.act("south", "close", number=1)
    scene.act("south", "comment", number=1, body="Done")
    scene.sync()
    north = scene.tickets("north")["1"]
    assert (north["labels"], north["state"]) == ([], "closed")
    assert north["comments"][0]["body"].startswith("Done\n")
    assert scene.sync().writes == 0
    assert open_conflicts(scene) == []


def test_an_edit_of_the_text_comes_back_without_the_footer(scene):
    body = scene.tickets("south")["1"]["body"]
    scene.act("south", "edit", number=1, description=body.replace("two", "zwei"))
    scene.sync()
    assert scene.tickets("north")["1"]["body"] == "one\n\nzwei\n\nthree"
    assert scene.sync().writes == 0


def test_a_ticket_born_on_the_target_gets_a_twin_at_the_source(scene):
    scene.act("south", "open", title="Made in the south")
    scene.sync()
    titles = {one["title"] for one in scene.tickets("north").values()}
    assert titles == {"Login fails", "Made in the south"}
    assert len(scene.tickets("south")) == 2
    assert scene.sync(2).writes == 0


def test_what_both_edited_is_a_conflict_that_holds_both_values(scene):
    scene.act("north", "edit", number=1, title="North says")
    scene.act("south", "edit", number=1, title="South says", weight=3)
    done = scene.sync()
    assert done.conflicts == 1
    (one,) = open_conflicts(scene)
    assert (one.field, one.base, one.left, one.right) == (
        "title", "Login fails", "North says", "South says",
    )  # fmt: skip
    assert scene.tickets("north")["1"]["title"] == "North says"
    assert scene.tickets("south")["1"]["title"] == "South says"
    assert scene.held("north")["1"].weight == 3
    assert scene.sync().writes == 0


@pytest.mark.parametrize(
    ("how", "value", "title"),
    [("left", None, "North says"), ("right", None, "South says"), ("value", "Both", "Both")],
)
def test_a_settled_conflict_is_carried_out(scene, how, value, title):
    scene.act("north", "edit", number=1, title="North says")
    scene.act("south", "edit", number=1, title="South says")
    scene.sync()
    (one,) = open_conflicts(scene)
    with scene.store.write() as connection:
        assert conflicts.settle(connection, one, how, value, "me", scene.clock())
    scene.push()
    assert scene.tickets("north")["1"]["title"] == title
    assert scene.tickets("south")["1"]["title"] == title
    assert open_conflicts(scene) == []
    assert scene.sync().writes == 0


def test_a_settlement_never_overwrites_what_nobody_saw(scene):
    scene.act("north", "edit", number=1, title="North says")
    scene.act("south", "edit", number=1, title="South says")
    scene.sync()
    (one,) = open_conflicts(scene)
    scene.act("south", "edit", number=1, title="South says more")
    with scene.store.write() as connection:
        conflicts.settle(connection, one, "left", None, "me", scene.clock())
    scene.push()
    assert scene.tickets("south")["1"]["title"] == "South says more"
    (again,) = open_conflicts(scene)
    assert again.right == "South says more"


@pytest.mark.parametrize(
    ("strategy", "north", "south"),
    [
        ("local_wins", "North says", "North says"),
        ("external_wins", "South says", "South says"),
    ],
)
def test_a_strategy_settles_by_itself(tmp_path, strategy, north, south):
    with mirroring(tmp_path, PAIR, two_way(strategy=strategy)) as scene:
        joined(scene)
        scene.act("north", "edit", number=1, title="North says")
        scene.act("south", "edit", number=1, title="South says")
        scene.sync()
        assert scene.tickets("north")["1"]["title"] == north
        assert scene.tickets("south")["1"]["title"] == south
        assert scene.sync().writes == 0


def test_texts_merge_by_lines_where_that_is_the_strategy(tmp_path):
    with mirroring(tmp_path, PAIR, two_way(strategies={"body": "merge"})) as scene:
        joined(scene)
        body = scene.tickets("south")["1"]["body"]
        scene.act("north", "edit", number=1, description="eins\n\ntwo\n\nthree")
        scene.act("south", "edit", number=1, description=body.replace("three", "drei"))
        scene.sync()
        assert scene.tickets("north")["1"]["body"] == "eins\n\ntwo\n\ndrei"
        assert scene.tickets("south")["1"]["body"].startswith("eins\n\ntwo\n\ndrei\n")
        assert scene.sync().writes == 0


def test_an_edit_that_no_webhook_told_is_not_overwritten(scene):
    scene.act("north", "edit", number=1, title="North says")
    scene.read("north")
    scene.act("south", "edit", number=1, title="South says")  # nobody reads the south
    done = scene.push()
    assert (done.conflicts, done.writes) == (1, 0)
    assert scene.tickets("south")["1"]["title"] == "South says"


def test_three_in_a_ring_come_to_rest(tmp_path):
    ring = [
        {"name": f"{a}{b}", "source": a, "target": b, "direction": "bidirectional"}
        for a, b in (("a", "b"), ("b", "c"), ("c", "a"))
    ]
    with mirroring(tmp_path, dict.fromkeys("abc", "gitlab"), ring) as scene:
        scene.sync()
        scene.act("a", "open", title="Round and round", description="Text")
        scene.sync(3)
        assert [len(scene.tickets(name)) for name in "abc"] == [1, 1, 1]
        scene.act("c", "edit", number=1, title="From c")
        scene.sync(3)
        assert {scene.tickets(name)["1"]["title"] for name in "abc"} == {"From c"}
        assert scene.sync().writes == 0
        assert open_conflicts(scene) == []


def test_two_opposite_pushes_each_carry_what_was_born_at_home(tmp_path):
    both = [
        {"name": "there", "source": "north", "target": "south"},
        {"name": "back", "source": "south", "target": "north"},
    ]
    with mirroring(tmp_path, PAIR, both) as scene:
        scene.sync()
        scene.act("north", "open", title="From the north")
        scene.act("south", "open", title="From the south")
        scene.sync(3)
        for name in PAIR:
            titles = sorted(one["title"] for one in scene.tickets(name).values())
            assert titles == ["From the north", "From the south"]
        assert scene.sync().writes == 0


def test_what_was_put_together_reaches_both_sides_though_it_is_cut_off_between(scene):
    scene.act("north", "label", number=1, name="n1")
    scene.act("south", "label", number=1, name="s1")
    scene.read()
    work = scene.work

    def cut_off(step: str) -> None:
        if step == "drained":
            raise Transient("the tracker is away")

    scene.work = replace(work, passing=cut_off)
    push_due(scene.work)
    scene.work = work
    scene.clock.pass_by(minutes=11)
    scene.sync(2)
    for name in PAIR:
        assert {"n1", "s1"} <= set(scene.tickets(name)["1"]["labels"])


def test_nothing_of_a_twin_that_became_confidential_goes_home(scene):
    scene.act("south", "edit", number=1, confidential=True)
    scene.act("south", "edit", number=1, title="A secret of the south")
    scene.act("south", "comment", number=1, body="Not for the north")
    scene.act("north", "label", number=1, name="bug")
    scene.sync(2)
    north = scene.tickets("north")["1"]
    assert (north["title"], north["comments"]) == ("Login fails", [])
    assert "bug" in scene.tickets("south")["1"]["labels"]
    (mapping,) = scene.mappings()
    assert mapping.reason.startswith("nothing of the twin goes home: south 1 is local_only")
    assert scene.sync().writes == 0


def test_who_interrupts_a_push_can_go_on_at_once(scene):
    scene.act("north", "edit", number=1, title="Interrupted")
    scene.read()
    work = scene.work

    def interrupted(step: str) -> None:
        if step == "decided":
            raise KeyboardInterrupt

    scene.work = replace(work, passing=interrupted)
    with pytest.raises(KeyboardInterrupt):
        push_due(scene.work)
    scene.work = work
    assert scene.push().writes == 1
    assert scene.tickets("south")["1"]["title"] == "Interrupted"
