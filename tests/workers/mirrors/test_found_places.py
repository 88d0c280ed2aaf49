"""What a ticket names and the target did not have at first goes to its own field once it is there;
what the target has no field for goes as a label."""

import pytest

from store import conflicts
from tests.mirroring import configured, mirroring, opened

MIRROR = {"name": "m", "source": "here", "target": "there"}


def twin(scene, title="Till"):
    (found,) = (one for one in scene.held("there").values() if one.title == title)
    return found


def labels(scene) -> set[str]:
    return {one.name for one in twin(scene).labels}


def test_an_assignee_who_is_known_there_since_is_assigned_and_the_label_goes(tmp_path):
    with mirroring(tmp_path, {"here": "linear", "there": "azure_devops"}, [MIRROR]) as scene:
        scene.sync()
        scene.act("here", "open", title="Till", assignees=["mara.lind"])
        scene.sync(2)
        assert "Assignee::@mara.lind" in labels(scene)
        for name in ("here", "there"):
            scene.read(name, full=True)  # people are matched: both sites tell the same name
        (own,) = scene.held("here").values()
        scene.act("here", "comment", key=own.key, body="Whoever looks at it next")
        scene.sync()
        assert [one.name for one in twin(scene).assignees] == ["Mara Lind"]
        assert "Assignee::@mara.lind" not in labels(scene)
        assert scene.sync().writes == 0


@pytest.mark.parametrize("target", ["jira", "linear", "azure_devops"])
def test_a_ticket_is_the_first_to_come_to_a_state_there(tmp_path, target):
    with mirroring(tmp_path, {"here": "gitlab", "there": target}, [MIRROR]) as scene:
        scene.sync()
        scene.act("here", "open", title="Till")
        scene.sync()
        scene.act("here", "close", number=1)
        scene.sync()
        assert twin(scene).state == "closed"


def test_a_mirror_of_sources_that_were_imported_before_knows_their_states(tmp_path):
    sources = {"here": "gitlab", "there": "linear"}
    with configured(tmp_path, sources, []) as (file, stands):
        with opened(tmp_path, file, stands) as scene:
            scene.sync()
        table = "".join(f'{name} = "{value}"\n' for name, value in MIRROR.items())
        file.write_text(f"{file.read_text()}\n[[mirrors]]\n{table}")
        with opened(tmp_path, file, stands) as scene:
            scene.act("here", "open", title="Till")
            scene.read("here")
            assert scene.push().created == 0
            (waiting,) = scene.mappings()
            assert "are being read" in waiting.reason
            scene.clock.pass_by(seconds=6)
            scene.sync()
            scene.act("here", "close", number=1)
            scene.sync()
            assert twin(scene).state == "closed"


def test_what_tickets_there_have_no_field_for_is_told_in_another_way_from_the_start(tmp_path):
    with mirroring(tmp_path, {"here": "gitlab", "there": "azure_devops"}, [MIRROR]) as scene:
        scene.sync()
        scene.act("here", "open", title="Till", estimate=7_200)  # a user story has no such field
        scene.sync()
        assert "**Time estimate**: 2h" in twin(scene).body
        assert scene.mirror().lacks == ("time_estimate",)
        assert scene.sync(2).writes == 0


def test_what_was_made_in_the_second_of_the_mirror_is_not_older(tmp_path):
    with mirroring(tmp_path, {"here": "github", "there": "gitlab"}, [MIRROR]) as scene:
        scene.act("here", "open", title="Till")
        made = scene.stands["here"].running.site.acts.issue(1)
        made.created_at = scene.mirror().created_at.replace(microsecond=0)
        scene.sync(2)
        assert twin(scene).title == "Till"


def test_a_state_that_people_turn_back_is_no_edit_that_our_creation_went_over(tmp_path):
    mirror = MIRROR | {"direction": "bidirectional"}
    with mirroring(tmp_path, {"here": "gitlab", "there": "jira"}, [mirror]) as scene:
        scene.sync()
        scene.act("here", "open", title="Till")
        scene.sync(2)
        scene.act("there", "close", issue=1)
        scene.sync()
        scene.act("there", "reopen", issue=1)
        scene.sync(2)
        assert scene.tickets("here")["1"]["state"] == "open"
        with scene.store.read() as connection:
            assert conflicts.find(connection) == []
