"""What is parked stays so until a person, or a change, says otherwise; plans are applied once."""

from dataclasses import replace

import pytest

from schemas.errors import Permanent
from store import intents, mappings, mirrors, receipts, sources
from tests.mirroring import mirroring
from workers.mirrors import planning, rollback
from workers.mirrors.linking import take_in
from workers.mirrors.push import push_due

PAIR = {"north": "gitlab", "south": "gitlab"}


def one_way(**more):
    return [{"name": "m", "source": "north", "target": "south"} | more]


def joined(scene):
    scene.sync()
    scene.act("north", "open", title="Login fails", description="Text")
    scene.sync(2)
    return scene


def edit(scene, title):
    scene.act("north", "edit", number=1, title=title)
    scene.read("north")
    return push_due(scene.work)


def test_over_the_ceiling_a_ticket_waits_for_a_person_whatever_happens_to_it(tmp_path):
    with mirroring(tmp_path, PAIR, one_way(writes_per_hour=2)) as scene:
        joined(scene)
        edit(scene, "One")
        for title in ("Two", "Three", "Four"):
            assert edit(scene, title).writes == 0
            (mapping,) = scene.mappings()
            assert (mapping.state, mapping.due) == ("parked", 0)
            assert "writes_per_hour = 2" in mapping.reason
        scene.clock.pass_by(hours=2)
        assert edit(scene, "Five").writes == 0
        take_in(scene.work, scene.mirror(), "1")
        assert scene.push().writes == 1
        assert scene.tickets("south")["1"]["title"] == "Five"
        (mapping,) = scene.mappings()
        assert (mapping.state, mapping.forced) == ("joined", False)


def test_what_failed_for_good_is_tried_once_more_after_a_change(tmp_path):
    with mirroring(tmp_path, PAIR, one_way()) as scene:
        scene.sync()
        scene.act("north", "open", title="L" * 20)
        scene.read()
        with scene.store.write() as connection:
            for mapping in mappings.find(connection, scene.mirror().id):
                mappings.write(
                    connection, mapping.id, state="parked", reason="refused",
                    last_error="refused", attempts=5, push_due=0,
                )  # fmt: skip
        assert push_due(scene.work).looked == 0
        assert edit(scene, "Better").created == 1
        (mapping,) = scene.mappings()
        assert (mapping.state, mapping.last_error) == ("joined", None)


def test_where_twins_are_not_kept_up_to_date_they_are_made_whole_all_the_same(tmp_path):
    with mirroring(tmp_path, PAIR, one_way(update_existing=False)) as scene:
        joined(scene)
        assert scene.tickets("south")["1"]["title"] == "Login fails"
        edit(scene, "Renamed")
        assert scene.tickets("south")["1"]["title"] == "Login fails"
        scene.act("north", "close", number=1)
        scene.sync()
        assert scene.tickets("south")["1"]["state"] == "closed"


def test_a_source_in_error_is_neither_written_nor_told_elsewhere(tmp_path):
    with mirroring(tmp_path, PAIR, one_way()) as scene:
        joined(scene)
        scene.act("north", "edit", number=1, title="From somewhere else")
        scene.read("north")
        with scene.store.write() as connection:
            sources.set_status(connection, "north", "error", "another project")
        scene.forget_requests()
        assert scene.push().writes == 0
        assert scene.requests("south") == []
        with scene.store.write() as connection:
            sources.set_status(connection, "north", "active", "")
        assert scene.push().writes == 1


def test_a_plan_is_applied_once_even_by_two_at_the_same_time(tmp_path):
    with mirroring(tmp_path, PAIR, one_way()) as scene:
        joined(scene)
        scene.act("north", "edit", number=1, title="Planned")
        scene.read("north")
        found = planning.plan(scene.work, scene.mirror())
        told = []

        def passing(step):
            if step == "decided" and not told:
                told.append(step)
                with pytest.raises(Permanent, match="applied"):
                    planning.apply_plan(replace(scene.work, passing=lambda _: None), found.digest)

        assert planning.apply_plan(replace(scene.work, passing=passing), found.digest).writes == 1
        assert told


def test_while_a_session_is_taken_back_no_worker_writes_it_anew(tmp_path):
    with mirroring(tmp_path, PAIR, one_way()) as scene:
        joined(scene)
        edit(scene, "Renamed")
        with scene.store.read() as connection:
            (newest, *_) = receipts.of_mapping(connection, 1)
        back = rollback.plan_back(scene.work, newest.session)
        pushed = []

        def passing(step):
            if step == "drained":
                scene.act("north", "label", number=1, name="meanwhile")
                scene.read("north")
                pushed.append(push_due(replace(scene.work, passing=lambda _: None)).writes)

        planning.apply_plan(replace(scene.work, passing=passing), back.digest)
        assert pushed == [0]
        assert scene.tickets("south")["1"]["title"] == "Login fails"
        assert scene.sync().writes == 0


def test_old_receipts_go_and_the_newest_of_each_ticket_stays(tmp_path):
    with mirroring(tmp_path, PAIR, one_way()) as scene:
        joined(scene)
        edit(scene, "Renamed")
        with scene.store.write() as connection:
            held = len(receipts.of_mapping(connection, 1))
            assert receipts.prune(connection, scene.clock(), 100) == held - 1
            assert [one.step for one in receipts.of_mapping(connection, 1)] == ["update"]
            assert intents.prune(connection, scene.clock(), 100) == held
        assert mirrors_at_rest(scene)


def mirrors_at_rest(scene):
    with scene.store.read() as connection:
        assert mirrors.broken_sources(connection) == set()
    return scene.sync().writes == 0
