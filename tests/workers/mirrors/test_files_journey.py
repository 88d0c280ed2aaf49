"""Images and comments through the whole engine: from one tracker's page to the other's."""

import pytest

from tests.mirroring import Mirroring, mirroring
from tests.workers.mirrors.file_scene import PNG

ONE_WAY = [{"name": "m", "source": "north", "target": "south"}]
TWO_WAY = [{"name": "m", "source": "north", "target": "south", "direction": "bidirectional"}]


def uploaded(scene: Mirroring, name: str = "lamp.png", content: bytes = PNG) -> str:
    """A file at the north, as a person puts it there: its address in texts."""
    client = scene.work.connect(scene.work.sources["north"])
    try:
        return client.upload("", name, "image/png", content).url
    finally:
        client.close()


def downloaded(scene: Mirroring, url: str) -> bytes:
    client = scene.work.connect(scene.work.sources["south"])
    try:
        return b"".join(client.download(url))
    finally:
        client.close()


def posts(scene: Mirroring, source: str, part: str) -> int:
    return sum(one["method"] == "POST" and part in one["path"] for one in scene.requests(source))


def link_in(text: str) -> str:
    return text.split("](", 1)[1].split(")", 1)[0]


@pytest.fixture
def scene(tmp_path):
    with mirroring(tmp_path, {"north": "gitlab", "south": "gitlab"}, ONE_WAY) as found:
        found.sync()
        yield found


def test_an_image_in_a_description_and_one_in_a_comment_arrive_once(scene):
    lamp, wire = uploaded(scene), uploaded(scene, "wire.png", PNG + b"wire")
    scene.act("north", "open", title="Lamp", description=f"![lamp]({lamp})")
    scene.act("north", "comment", number=1, body=f"and ![wire]({wire}), ![lamp]({lamp})")
    scene.sync()
    (made,) = scene.tickets("south").values()
    there = link_in(made["body"])
    assert there.startswith("/uploads/")
    assert there not in (lamp, wire)
    assert downloaded(scene, there) == PNG
    (comment,) = made["comments"]
    assert downloaded(scene, link_in(comment["body"])) == PNG + b"wire"
    assert there in comment["body"]
    assert posts(scene, "south", "/uploads") == 2
    scene.forget_requests()
    scene.act("north", "edit", number=1, description=f"New words ![lamp]({lamp})")
    scene.sync()
    (made,) = scene.tickets("south").values()
    assert made["body"].startswith(f"New words ![lamp]({there})")
    assert posts(scene, "south", "/uploads") == 0
    assert scene.writes("north") == []


def test_a_comment_names_its_author_and_an_image_that_is_none_keeps_its_link(scene):
    page = uploaded(scene, "lamp.png", b"<html><script>alert(1)</script></html>")
    scene.act("north", "open", title="Lamp", description=f"![lamp]({page})")
    note = scene.act("north", "comment", number=1, body="Me too, @ines.varga")
    scene.sync()
    (made,) = scene.tickets("south").values()
    assert made["body"].startswith(f"![lamp]({scene.work.sources['north'].url}{page})")
    assert posts(scene, "south", "/uploads") == 0
    (comment,) = made["comments"]
    assert "@ines.varga" not in comment["body"]
    author = scene.held("north")["1"].comments[0].author
    assert author is not None
    assert comment["body"].split("\n\n")[1].startswith(f"✍️ **{author.name}** (`@{author.login}`) ·")
    assert note is not None


def test_the_edit_of_a_twin_goes_home_as_its_author_would_have_written_it(tmp_path):
    with mirroring(tmp_path, {"north": "gitlab", "south": "gitlab"}, TWO_WAY) as scene:
        scene.sync()
        lamp = uploaded(scene)
        scene.act("north", "open", title="Lamp", description="x")
        scene.act("north", "comment", number=1, body=f"See #1 and ![lamp]({lamp})")
        scene.sync()
        (twin,) = scene.tickets("south").values()
        (comment,) = twin["comments"]
        edited = comment["body"].replace("See", "Do see")
        scene.act("south", "edit_comment", note=int(comment["id"]), body=edited)
        scene.sync()
        (own,) = scene.tickets("north").values()
        assert [one["body"] for one in own["comments"]] == [f"Do see #1 and ![lamp]({lamp})"]
        scene.forget_requests()
        assert scene.sync().writes == 0
        assert scene.writes("north") == scene.writes("south") == []
        assert [len(one["comments"]) for one in (own, twin)] == [1, 1]


@pytest.mark.parametrize("target", ["jira", "azure_devops"])
def test_where_files_belong_to_a_ticket_its_text_names_them_once_they_are_there(tmp_path, target):
    with mirroring(tmp_path, {"north": "gitlab", "south": target}, ONE_WAY) as scene:
        scene.sync()
        lamp = uploaded(scene)
        scene.act("north", "open", title="Lamp", description=f"![lamp]({lamp})")
        scene.act("north", "comment", number=1, body=f"and ![lamp]({lamp})")
        scene.sync(2)
        (own,), (twin,) = scene.held("north").values(), scene.held("south").values()
        (file,) = twin.attachments
        assert downloaded(scene, file.url) == PNG
        for text in (twin.body, twin.comments[0].body):
            assert lamp not in text
            assert file.name in text or file.url in text
        assert scene.sync().writes == 0
        scene.forget_requests()
        scene.push()
        assert scene.requests("south") == []
        assert scene.writes("north") == []
        assert own.body == f"![lamp]({lamp})"


def test_a_file_that_no_text_names_is_a_line_of_the_footer(tmp_path):
    with mirroring(tmp_path, {"north": "jira", "south": "gitlab"}, ONE_WAY) as scene:
        scene.sync()
        scene.act("north", "open", title="Lamp")
        scene.sync()
        (own,) = scene.held("north").values()
        client = scene.work.connect(scene.work.sources["north"])
        client.upload(own.external_id, "lamp.png", "image/png", PNG)
        client.close()
        scene.sync(2)
        (made,) = scene.tickets("south").values()
        line = next(one for one in made["body"].split("\n") if "**Attachment**" in one)
        assert line.startswith("📎 **Attachment**: [lamp.png](/uploads/")
        assert downloaded(scene, link_in(line)) == PNG
        assert scene.sync().writes == 0
