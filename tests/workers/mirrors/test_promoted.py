"""Local tickets that a mirror makes at a tracker live there from then on."""

import pytest

from schemas.source import LOCAL
from store import mappings
from store.whole import whole_tickets
from store.workspace.read import read
from tests.mirroring import mirroring
from workers.drain import drain
from workers.edits.taking import take_over
from workers.local import Wish, create
from workers.mirrors.promote import promote_joined
from workers.render import render
from workers.rules.naming import renamed

TO_SHOP = [{"name": "ideas", "source": "local", "target": "shop"}]


@pytest.fixture(params=["github", "gitlab"])
def scene(request, tmp_path):
    with mirroring(tmp_path, {"shop": request.param}, TO_SHOP) as found:
        found.sync()
        yield found


def new(scene, title, **wish):
    place, key = create(scene.work, Wish(title, **wish))
    drain(scene.work, [place])
    render(scene.work, [LOCAL])
    return key


def local_file(scene, key):
    [path] = (scene.work.workspace / LOCAL).glob(f"{key}*/ISSUE.md")
    return path


def test_a_shareable_ticket_is_made_once_and_lives_there(scene):
    key = new(scene, "An idea", body="Its text", labels=("bug",), privacy="shareable")
    other = new(scene, "Another", body=f"See {key} and #{key}, not `{key}`.")
    assert scene.sync().created == 1
    (there,) = scene.tickets("shop").values()
    assert there["title"] == "An idea"
    assert there["body"].startswith("Its text")
    assert "bug" in there["labels"]
    with scene.store.read() as connection:
        here = whole_tickets(connection, [(LOCAL, "1")])[LOCAL, "1"]
    assert here.sync_status == "moved"
    (mapping,) = [one for one in scene.mappings() if one.right]
    assert mapping.state == "retired"
    assert "lives on as shop" in mapping.reason
    render(scene.work, [LOCAL, "shop"])
    shown = local_file(scene, key).read_text()
    assert "sync_status: moved" in shown
    assert "Moved to [shop " in shown
    named = read(local_file(scene, other)).body
    assert named.startswith("See [shop ")
    assert named.endswith(f"not `{key}`.")
    with scene.store.read() as connection:
        found = mappings.twins(connection, [(LOCAL, "1")])
    assert [one[0][0] for one in found[LOCAL, "1"]] == ["shop"]
    assert scene.sync().writes == 0
    assert len(scene.tickets("shop")) == 1


def test_a_ticket_that_does_not_say_so_stays_here(scene):
    new(scene, "Secret plan")
    assert scene.sync().created == 0
    assert scene.tickets("shop") == {}
    assert scene.held(LOCAL)["1"].sync_status == "synced"
    path = local_file(scene, "000001")
    path.write_text(path.read_text().replace("privacy: local_only", "privacy: shareable"))
    scene.clock.pass_by(seconds=3)
    drain(scene.work, take_over(scene.work, {}).keys)
    assert scene.sync().created == 1


def test_an_edit_of_a_promoted_ticket_is_told_and_goes_nowhere(scene):
    key = new(scene, "An idea", privacy="shareable")
    scene.sync()
    render(scene.work, [LOCAL])
    path = local_file(scene, key)
    path.write_text(path.read_text().replace("title: An idea", "title: Another"))
    scene.clock.pass_by(seconds=3)
    [fault] = take_over(scene.work, {}).faults
    assert "is moved; an edit of it goes nowhere" in fault
    assert scene.sync().writes == 0


def test_promoting_goes_on_where_it_was_killed(scene):
    new(scene, "An idea", privacy="shareable")
    scene.sync()
    (mapping,) = [one for one in scene.mappings() if one.right]
    with scene.store.write() as connection:
        mappings.write(connection, mapping.id, state="joined")
    assert promote_joined(scene.work) == [(LOCAL, "1")]
    assert promote_joined(scene.work) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see 000012.", "see [shop 7](<https://x/7>)."),
        ("see #000012 and LOCAL-12", "see [shop 7](<https://x/7>) and [shop 7](<https://x/7>)"),
        ("local/000012", "[shop 7](<https://x/7>)"),
        ("[000012](../000012_an_idea/ISSUE.md)", "[shop 7](<https://x/7>)"),
        ("[this](../000012_an_idea/)", "[this](<https://x/7>)"),
        ("`000012` stays", "`000012` stays"),
        ("1000012, 0000123, a000012, v0.000012.3", "1000012, 0000123, a000012, v0.000012.3"),
        ("[x](https://y/1234)", "[x](https://y/1234)"),
    ],
)
def test_references_are_renamed_and_nothing_else(text, expected):
    assert renamed(text, "000012", "shop 7", "https://x/7") == expected
