"""One GitLab's issues in another: each kind of change reaches the twin, and nothing else does."""

from typing import Any

import pytest

from tests.mirroring import Mirroring, mirroring, opened
from workers.mirrors.linking import take_in

ONE_WAY = [{"name": "north-to-south", "source": "north", "target": "south"}]
GITLABS = {"north": "gitlab", "south": "gitlab"}


@pytest.fixture
def scene(tmp_path):
    with mirroring(tmp_path, GITLABS, ONE_WAY) as found:
        found.act("south", "open", title="Somebody's own")
        found.sync()
        found.act(
            "north", "open", title="Login fails", description="It says **no**.", labels=["bug"]
        )
        found.act("north", "comment", number=1, body="Me too")
        found.sync()
        yield found


def twin(scene: Mirroring) -> dict[str, Any]:
    return scene.tickets("south")["2"]


def twin_record(scene: Mirroring):
    return scene.held("south")["2"]


def put_bodies(scene: Mirroring) -> list[str]:
    """What was written to the target, as method and path without the project."""
    return [f"{one['method']} /{one['path'].split('/', 5)[-1]}" for one in scene.writes("south")]


def test_a_new_issue_gets_one_twin_with_all_it_says(scene):
    made = twin(scene)
    assert made["title"] == "Login fails"
    assert made["body"].startswith("It says **no**.\n\n---\n")
    assert "### 📋 Mirror Information" in made["body"]
    assert "🔗 **Source**: [" in made["body"]
    assert "bug" in made["labels"]
    assert any(name.startswith("Mirrored-From::instance-") for name in made["labels"])
    (comment,) = made["comments"]
    assert comment["body"].startswith("Me too\n")
    assert len(scene.tickets("south")) == 2


CHANGES = {
    "label": (("label", {"number": 1, "name": "p1"}), "labels"),
    "state": (("close", {"number": 1}), "state"),
    "weight": (("edit", {"number": 1, "weight": 5}), "weight"),
    "time spent": (("spend", {"number": 1, "seconds": 12_600}), "time_spent"),
    "time estimate": (("edit", {"number": 1, "estimate": 7_200}), "time_estimate"),
    "title": (("edit", {"number": 1, "title": "Login still fails"}), "title"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_one_field_reaches_the_twin_and_only_that_field_is_written(scene, kind):
    (act, args), field = CHANGES[kind]
    before = twin_record(scene)
    scene.read("north")
    scene.act("north", act, **args)
    scene.read("north")
    scene.forget_requests()
    done = scene.push()
    assert done.writes == 1
    assert scene.writes("north") == []
    assert len(put_bodies(scene)) == 1
    own, after = scene.held("north")["1"], twin_record(scene)
    if field == "labels":
        names = {one.name for one in own.labels}
        assert names <= {one.name for one in after.labels}
    else:
        assert getattr(after, field) == getattr(own, field)
    changed = {
        name for name in type(own).model_fields if getattr(before, name) != getattr(after, name)
    }
    moves_with_it = {"state": {"status", "status_category", "closed_at"}}
    always = {"updated_at", "revision", "last_synced_at", "comment_count"}
    assert changed - always - moves_with_it.get(field, set()) == {field}
    scene.forget_requests()
    assert scene.push().writes == 0
    assert scene.requests("north") == scene.requests("south") == []


def test_comments_are_added_edited_and_by_default_not_deleted(scene):
    scene.act("north", "comment", number=1, body="And me")
    assert scene.sync().comments == 1
    first = scene.tickets("north")["1"]["comments"][0]["id"]
    scene.act("north", "edit_comment", note=int(first), body="Me too, twice")
    assert scene.sync().comments == 1
    assert [one["body"].split("\n")[0] for one in twin(scene)["comments"]] == [
        "Me too, twice",
        "And me",
    ]
    scene.act("north", "delete_comment", note=int(first))
    scene.sync()
    assert len(twin(scene)["comments"]) == 2


def test_nothing_new_costs_no_request(scene):
    scene.sync()
    scene.forget_requests()
    done = scene.push()
    assert done.writes == 0
    assert scene.requests("south") == []


def test_an_edit_of_the_twin_is_overwritten_and_the_source_never_written(scene):
    scene.act("south", "edit", number=2, title="Vandalised", weight=9)
    scene.forget_requests()
    scene.sync()
    assert twin(scene)["title"] == "Login fails"
    assert scene.writes("north") == []
    assert scene.sync().writes == 0


def test_what_the_target_adds_beside_the_mirror_stays(scene):
    scene.act("south", "label", number=2, name="triaged-here")
    scene.act("south", "comment", number=2, body="Their own talk")
    scene.sync()
    scene.act("north", "label", number=1, name="p2")
    scene.sync()
    assert {"p2", "bug"} <= set(twin(scene)["labels"])
    assert "Their own talk" in [one["body"] for one in twin(scene)["comments"]]
    assert len(scene.tickets("north")["1"]["comments"]) == 1


def test_an_older_issue_stays_out_even_when_edited_until_it_is_taken_in(tmp_path):
    with mirroring(tmp_path, GITLABS, []) as before:
        before.act("north", "open", title="Old")
        before.sync()
        stands = before.stands
        file = tmp_path / "ticketsync.toml"
        file.write_text(
            file.read_text() + '\n[[mirrors]]\nname = "m"\nsource = "north"\ntarget = "south"\n'
        )
        with opened(tmp_path, file, list(stands.values())) as scene:
            scene.act("north", "edit", number=1, title="Old, edited")
            scene.sync()
            assert scene.tickets("south") == {}
            take_in(scene.work, scene.mirror(), "1")
            assert scene.push().created == 1
            assert scene.tickets("south")["1"]["title"] == "Old, edited"
