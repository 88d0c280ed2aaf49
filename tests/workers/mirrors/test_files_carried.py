"""Files cross a mirror once, whole, and texts name them where they are then."""

import pytest

from store.database import Store
from tests.workers.mirrors.file_scene import PNG, two


def test_an_image_of_a_text_arrives_once_and_its_link_follows(store: Store) -> None:
    with two(store) as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        text = f"See ![lamp]({here}) and [again]({here})"
        scene.quiet()
        found = scene.carry(text)
        assert (found.losses, found.waits, found.again) == ((), False, None)
        there = found.urls[here]
        assert there.startswith("/uploads/")
        assert there != here
        assert scene.right.holds(there) == PNG
        assert scene.right.asked("POST", "/uploads") == 1
        assert scene.left.asked("POST") == 0
        scene.quiet()
        assert scene.carry(text, "another text with <img src='" + here + "'>").urls[here] == there
        assert scene.requests() == 0


def test_a_link_that_comes_back_names_the_original_again(store: Store) -> None:
    with two(store, direction="bidirectional") as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        there = scene.carry(f"![lamp]({here})").urls[here]
        scene.quiet()
        for spelled in (there, f"{scene.right.source.url}{there}"):
            back = scene.carry(f"![lamp]({spelled})", side="right")
            assert back.urls[spelled] == here
        assert scene.requests() == 0


def test_a_text_without_files_costs_no_look(sqlite_store: Store) -> None:
    with two(sqlite_store) as scene:
        scene.quiet()
        found = scene.carry("plain [link](https://example.com/x.png) and `/uploads/no`")
        assert (found.urls, found.losses) == ({}, ())
        assert scene.requests() == 0


def test_only_the_sources_own_files_are_asked_for(sqlite_store: Store) -> None:
    with two(sqlite_store) as scene:
        secret = "0a" * 16
        other = scene.right.running.url.split("/api")[0]
        text = (
            f"![a](http://127.0.0.1:9/uploads/{secret}/a.png)"
            f" ![b](http://169.254.169.254/uploads/{secret}/b.png)"
            f" ![c]({other}/x/y/uploads/{secret}/c.png)"
            f" ![d](file:///uploads/{secret}/d.png) ![e](//127.0.0.1/uploads/{secret}/e.png)"
            f" ![f]({scene.left.source.url}/../../api/v4/user)"
        )
        scene.quiet()
        assert scene.carry(text).urls == {}
        assert scene.requests() == 0


def test_files_stay_links_where_the_target_takes_none(sqlite_store: Store) -> None:
    with two(sqlite_store, "gitlab", "github") as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        scene.quiet()
        found = scene.carry(f"![lamp]({here})")
        assert found.urls == {here: f"{scene.left.source.url}{here}"}
        assert found.losses == ("lamp.png: right takes no files; the link leads to the source",)
        assert scene.requests() == 0


def test_files_stay_where_they_are_if_they_are_not_mirrored(sqlite_store: Store) -> None:
    with two(sqlite_store, sync_attachments=False) as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        scene.quiet()
        found = scene.carry(f"![lamp]({here})")
        assert found.urls == {here: f"{scene.left.source.url}{here}"}
        assert found.losses == ()
        assert scene.requests() == 0


@pytest.mark.parametrize("target", ["jira", "azure_devops"])
def test_a_file_waits_for_the_ticket_it_will_belong_to(store: Store, target: str) -> None:
    with two(store, "gitlab", target) as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        first = scene.carry(f"![lamp]({here})")
        assert first.waits
        assert first.urls == {here: f"{scene.left.source.url}{here}"}
        new = scene.right.create()
        then = scene.carry(f"![lamp]({here})", to=new)
        assert (then.waits, then.losses) == (False, ())
        [attached] = scene.right.ticket(new).attachments
        assert attached.name.startswith("lamp-")
        assert attached.name.endswith(".png")
        assert scene.right.holds(then.urls[here]) == PNG
        scene.quiet()
        assert scene.carry(f"![lamp]({here})", to=new).urls == then.urls
        assert scene.requests() == 0


@pytest.mark.parametrize("target", ["jira", "azure_devops"])
def test_a_twin_attachment_is_not_carried_back(store: Store, target: str) -> None:
    with two(store, "gitlab", target, direction="bidirectional") as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        new = scene.right.create()
        scene.carry(f"![lamp]({here})", to=new)
        attached = scene.right.ticket(new).attachments
        scene.quiet()
        back = scene.carry("text", side="right", to="1", of=new, attachments=attached)
        assert (back.losses, back.unnamed) == ((), ())
        assert back.urls[attached[0].url] == here
        assert scene.requests() == 0


@pytest.mark.parametrize("origin", ["jira", "azure_devops"])
def test_attachments_that_no_text_names_arrive_and_are_told(
    sqlite_store: Store, origin: str
) -> None:
    with two(sqlite_store, origin, "gitlab") as scene:
        old = scene.left.create()
        scene.left.client.upload(old, "boot log.txt", "text/plain", b"ready\n")
        attached = scene.left.ticket(old).attachments
        found = scene.carry("no word of it", attachments=attached, of=old)
        [(name, there)] = found.unnamed
        assert name == "boot log.txt"
        assert scene.right.holds(there) == b"ready\n"


def test_a_jira_image_is_known_by_the_name_of_its_attachment(sqlite_store: Store) -> None:
    with two(sqlite_store, "jira", "gitlab") as scene:
        old = scene.left.create()
        scene.left.client.upload(old, "lamp.png", "image/png", PNG)
        attached = scene.left.ticket(old).attachments
        named = "media:6b2f-41?collection=x"
        found = scene.carry(f"![lamp.png]({named})", attachments=attached, of=old)
        assert scene.right.holds(found.urls[named]) == PNG
        assert found.unnamed == ()


def test_nobody_reaches_another_tickets_attachment_by_naming_it(sqlite_store: Store) -> None:
    with two(sqlite_store, "jira", "gitlab") as scene:
        secret = scene.left.create()
        file = scene.left.client.upload(secret, "salaries.txt", "text/plain", b"secret")
        scene.quiet()
        found = scene.carry(f"![x]({file.url}) [y]({file.url})", of="10001")
        assert found.urls == {}
        assert scene.requests() == 0


def test_files_of_linear_cross_both_ways(sqlite_store: Store) -> None:
    with two(sqlite_store, "linear", "gitlab") as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        found = scene.carry(f"![lamp]({here})")
        assert scene.right.holds(found.urls[here]) == PNG
    with two(sqlite_store, "gitlab", "linear") as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        found = scene.carry(f"![lamp]({here})")
        assert scene.right.holds(found.urls[here]) == PNG


def test_a_file_that_came_round_a_ring_is_not_brought_again(store: Store) -> None:
    with two(store, "gitlab", "jira", direction="bidirectional") as scene:
        here = scene.left.client.upload("", "lamp.png", "image/png", PNG).url
        new = scene.right.create()
        scene.carry(f"![lamp]({here})", to=new)
        [twin] = scene.right.ticket(new).attachments
        again = twin.model_copy(update={"id": "9", "url": f"{twin.url}9"})
        old = scene.left.create(body=f"![lamp]({here})")
        scene.hold(scene.left, old)
        scene.quiet()
        back = scene.carry(side="right", to=old, of=new, attachments=[twin, again])
        assert back.urls == {twin.url: here, again.url: here}
        assert (back.unnamed, back.losses, scene.requests()) == ((), (), 0)


def test_a_copy_keeps_the_mark_of_its_original_and_is_found_by_it(store: Store) -> None:
    with two(store, "jira", "azure_devops") as scene:
        old, new = scene.left.create(), scene.right.create()
        scene.left.client.upload(old, "lamp-ts0a1b2c3d.png", "image/png", PNG)
        listed = scene.left.ticket(old).attachments
        found = scene.carry(attachments=listed, of=old, to=new)
        [there] = scene.right.ticket(new).attachments
        assert there.name == "lamp-ts0a1b2c3d.png"
        scene.hold(scene.right, new)
        scene.quiet()
        other = listed[0].model_copy(update={"id": "9", "url": f"{listed[0].url}9"})
        again = scene.carry(attachments=[other], of=old, to=new)
        assert again.urls[other.url] == there.url == found.urls[listed[0].url]
        assert scene.requests() == 0
