"""One GitLab's issues in another: each kind of change reaches the twin, and nothing else happens."""

import pytest

from tests.mirroring import mirroring

ONE_WAY = [{"name": "north-to-south", "source": "north", "target": "south"}]


@pytest.fixture
def scene(tmp_path):
    with mirroring(tmp_path, {"north": "gitlab", "south": "gitlab"}, ONE_WAY) as found:
        found.sync()
        yield found


def test_a_new_issue_gets_one_twin_with_all_it_says(scene):
    issue = scene.act(
        "north", "open", title="Login fails", description="It says **no**.", labels=["bug"]
    )
    scene.act("north", "comment", number=1, body="Me too")
    done = scene.sync()
    assert (done.created, done.comments) == (1, 1)
    (twin,) = scene.tickets("south").values()
    assert twin["title"] == "Login fails"
    print(twin, issue)
    again = scene.sync()
    assert again.writes == 0
