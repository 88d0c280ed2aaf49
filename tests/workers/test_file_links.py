"""Which addresses in a text are files of the tracker, and under what names."""

import pytest

from schemas.source import Source
from schemas.ticket import Attachment
from tests.trackers.stand_ins import a_source
from trackers.registry import tracker_named
from workers.rules.file_links import LinkedFile, linked_files, safe_name

SECRET = "0a" * 16
GITLAB = a_source("gitlab", "https://git.test/group/shop", api_url="https://git.test/api/v4")


def found(
    source: Source, *texts: str, attachments: tuple[Attachment, ...] = ()
) -> list[LinkedFile]:
    patterns = tracker_named(source.tracker).capabilities.files
    return linked_files(texts, attachments, source, patterns)


@pytest.mark.parametrize(
    ("tracker", "url", "address", "full"),
    [
        ("gitlab", GITLAB.url, f"/uploads/{SECRET}/a.png", f"{GITLAB.url}/uploads/{SECRET}/a.png"),
        ("gitlab", GITLAB.url, f"{GITLAB.url}/uploads/{SECRET}/a.png", None),
        ("gitlab", GITLAB.url, f"https://git.test/-/project/7/uploads/{SECRET}/a.png", None),
        (
            "github",
            "https://github.com/o/r",
            "https://github.com/user-attachments/assets/1-a",
            None,
        ),
        ("github", "https://github.com/o/r", "https://github.com/o/r/files/12/log.txt", None),
        (
            "github",
            "https://github.com/o/r",
            "https://user-images.githubusercontent.com/1/2.png",
            None,
        ),
        ("linear", "https://linear.app/a/team/T", "https://uploads.linear.app/a/b/c", None),
        (
            "azure_devops",
            "https://dev.azure.com/o/p",
            "https://dev.azure.com/o/_apis/wit/attachments/0a1b2c3d-0000-4000-8000-000000000001"
            "?fileName=a%20b.png",
            None,
        ),
    ],
)
def test_files_of_a_tracker_are_known_by_their_addresses(
    tracker: str, url: str, address: str, full: str | None
) -> None:
    source = a_source(tracker, url)
    for text in (f"![x]({address})", f'<img src="{address}" alt="x">', f"[x](<{address}>)"):
        [file] = found(source, text)
        assert (file.url, file.spelled) == (full or address, {address})
        assert file.shown is (not text.startswith("[x]"))


@pytest.mark.parametrize(
    "address",
    [
        f"https://elsewhere.test/group/shop/uploads/{SECRET}/a.png",
        f"https://git.test:8443/group/shop/uploads/{SECRET}/a.png",
        f"https://git.test@elsewhere.test/uploads/{SECRET}/a.png",
        f"https://u:p@git.test/group/shop/uploads/{SECRET}/a.png",
        f"http://git.test/group/shop/uploads/{SECRET}/a.png",
        f"//elsewhere.test/uploads/{SECRET}/a.png",
        f"/uploads/../../uploads/{SECRET}/a.png",
        "/uploads/short/a.png",
        "https://git.test/group/shop/-/issues/1",
        "https://git.test/api/v4/user",
        f"gopher://git.test/uploads/{SECRET}/a.png",
        f"https://[git.test/uploads/{SECRET}/a.png",
        "/uploads/" + SECRET + "/" + "a" * 2_000,
    ],
)
def test_every_other_address_is_left_alone(address: str) -> None:
    assert found(GITLAB, f"![x]({address})", f'<img src="{address}">', address) == []


def test_a_file_that_is_named_often_is_one() -> None:
    relative = f"/uploads/{SECRET}/a%20map.png"
    whole = f"{GITLAB.url}{relative}"
    listed = Attachment(id=SECRET, name="a map.png", url=whole)
    [file] = found(GITLAB, f"[m]({relative})\n{whole}.", f"![m]({whole}#x)", attachments=(listed,))
    assert file.name == "a map.png"
    assert file.shown
    assert file.listed
    assert file.spelled == {relative, whole, f"{whole}#x"}


def test_names_come_from_where_they_are_told() -> None:
    azure = a_source("azure_devops", "https://dev.azure.com/o/p")
    guid = "0a1b2c3d-0000-4000-8000-000000000001"
    address = f"https://dev.azure.com/o/_apis/wit/attachments/{guid}"
    assert found(azure, f"![x]({address}?fileName=plan.png)")[0].name == "plan.png"
    assert found(azure, f"![the plan]({address})")[0].name == "the plan"
    assert found(azure, f"![]({address})")[0].name == guid


def test_an_image_without_an_address_is_the_only_attachment_of_its_name() -> None:
    jira = a_source("jira", "https://acme.test/browse/P")
    url = "https://acme.test/rest/api/3/attachment/content/1"
    one = Attachment(id="1", name="a.png", url=url)
    text = "![a.png](media:0a1b?collection=) [a.png](media:x)"
    assert found(jira, text, attachments=(one,))[0].spelled == {"media:0a1b?collection="}
    twice = one.model_copy(update={"id": "2", "url": f"{url}2"})
    assert [file.spelled for file in found(jira, text, attachments=(one, twice))] == [set(), set()]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x.txt", "x.txt"),
        ('a"b\r\nc.png', "a_b__c.png"),
        ("", "file"),
        ("...", "file"),
        ("é" * 300 + ".jpeg", "é" * 115 + ".jpeg"),
        (".env", "env"),
    ],
)
def test_names_are_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe
