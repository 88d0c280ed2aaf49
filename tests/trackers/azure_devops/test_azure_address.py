"""What people type for a project, and what is none."""

import pytest

from schemas.errors import ConfigError
from tests.trackers.azure_devops.azure_payloads import the_source
from tests.trackers.stand_ins import a_source
from trackers.azure_devops import address

HARBOUR = ("https://dev.azure.com/lantern/Harbour", None, "Harbour")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("https://dev.azure.com/lantern/Harbour", HARBOUR),
        ("https://dev.azure.com/lantern/Harbour/", HARBOUR),
        ("dev.azure.com/lantern/Harbour", HARBOUR),
        ("https://ines@dev.azure.com/lantern/Harbour/_git/harbour", HARBOUR),
        ("https://dev.azure.com/lantern/Harbour/_workitems/edit/12", HARBOUR),
        ("https://dev.azure.com/lantern/Harbour/_boards/board/t/Team/Stories", HARBOUR),
        ("https://lantern.visualstudio.com/Harbour/_backlogs", HARBOUR),
        ("https://lantern.visualstudio.com/DefaultCollection/Harbour", HARBOUR),
        (
            "https://dev.azure.com/lantern/Old%20Harbour",
            ("https://dev.azure.com/lantern/Old%20Harbour", None, "Old Harbour"),
        ),
        (
            "https://tfs.lantern.example/tfs/Coast/Harbour/_workitems",
            (
                "https://tfs.lantern.example/tfs/Coast/Harbour",
                "https://tfs.lantern.example/tfs/Coast",
                "Harbour",
            ),
        ),
        (
            "http://ado:8080/Coast/Harbour",
            ("http://ado:8080/Coast/Harbour", "http://ado:8080/Coast", "Harbour"),
        ),
    ],
)
def test_a_project_is_read_from_what_is_typed(typed, found):
    assert address.source_url(typed) == found


@pytest.mark.parametrize(
    ("typed", "api"),
    [
        ("https://dev.azure.com/lantern", None),
        ("https://dev.azure.com/lantern/_projects", None),
        ("https://lantern.visualstudio.com", None),
        ("https://tfs.lantern.example/tfs/Coast", "https://tfs.lantern.example/tfs/Coast"),
    ],
)
def test_a_site_alone_has_no_project(typed, api):
    assert address.source_url(typed)[1:] == (api, "")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "harbour",
        "https://dev.azure.com",
        "https://dev.azure.com/_projects",
        "https://github.com/lantern/harbour",
        "https://lantern.atlassian.net/browse/HAR",
        "https://tfs.lantern.example/tfs",
        "https://dev.azure.com/lantern/..",
        "https://dev.azure.com/lantern/a%3Fb",
        "ftp://dev.azure.com/lantern/Harbour",
        "https://[broken/lantern",
    ],
)
def test_anything_else_is_refused_without_its_password(typed):
    with pytest.raises(ConfigError, match="is no Azure DevOps project"):
        address.source_url(typed)


def test_a_refusal_shows_no_password():
    with pytest.raises(ConfigError) as refusal:
        address.source_url("https://ines:secret@github.com/lantern/harbour")
    assert "secret" not in str(refusal.value)


def test_the_api_lives_at_the_organization():
    assert address.api_base(the_source()) == "https://dev.azure.com/lantern"
    sandbox = a_source(
        "azure_devops", "http://127.0.0.1:1/octo/Shop", api_url="http://127.0.0.1:1/octo/"
    )
    assert address.api_base(sandbox) == "http://127.0.0.1:1/octo"


def test_a_page_names_the_project_the_work_item_is_in():
    page = address.page(the_source(), "Old Harbour", "12")
    assert page == "https://dev.azure.com/lantern/Old%20Harbour/_workitems/edit/12"
