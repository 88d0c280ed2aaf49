"""The commands on trackers beside GitHub: what `add` asks, fields and projects."""

import tomllib
from collections.abc import Iterator

import pytest

from cli.stage import SECRET, TRACKERS, Stand, configure, stands
from tests.cli.conftest import Shell


@pytest.fixture
def jira() -> Iterator[Stand]:
    with stands(["jira"], 5, 5) as [one]:
        yield one


@pytest.fixture(params=TRACKERS)
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    with stands([request.param], 5, 5) as [one]:
        yield one


def table(shell: Shell) -> dict:
    [found] = tomllib.loads(shell.file.read_text())["sources"]
    return found


def test_jira_is_asked_for_as_its_people_expect(bare: Shell) -> None:
    url = "https://acme.atlassian.net/browse/PROJ-12"
    answers = "\ny\nproject = PROJ AND labels = net\n\n"
    done = bare.ok("add", "jira", url, "--no-check", answers=answers)
    assert "Jira project key (e.g., PROJ) [PROJ]:" in done.out
    assert "Want to set a custom JQL filter? [y/N]:" in done.out
    assert "JQL filter [project = PROJ ORDER BY updated DESC]:" in done.out
    assert "Source name [PROJ]:" in done.out
    assert table(bare)["filter"] == {"jql": "project = PROJ AND labels = net"}
    assert table(bare)["name"] == "PROJ"


@pytest.mark.parametrize(
    ("tracker", "url", "name"),
    [
        ("jira", "https://acme.atlassian.net/projects/OPS", "OPS"),
        ("gitlab", "https://gitlab.com/acme/tools/till", "till"),
        ("linear", "https://linear.app/acme/team/ENG/all", "ENG"),
        ("azure-devops", "https://dev.azure.com/acme/Shop", "Shop"),
    ],
)
def test_the_address_tells_the_project(bare: Shell, tracker: str, url: str, name: str) -> None:
    bare.ok("add", tracker, url, "--yes", "--no-check")
    assert table(bare)["name"] == name
    assert table(bare)["tracker"] == tracker.replace("-", "_")


def test_an_address_of_another_tracker_is_one_line(bare: Shell) -> None:
    done = bare("add", "linear", "https://github.com/octo/shop", "--yes")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert not bare.file.exists()


def add_with_token(shell: Shell, stand: Stand) -> list[str]:
    """The words of an `add` on a running stand-in, its token in the environment."""
    told = stand.told
    shell.environ |= {"SHOP_TOKEN": told["token"], **told.get("environment", {})}
    keys = told.get("source", {})
    flags = ["--token-env", "SHOP_TOKEN", "--api-url", told["api_url"]]
    flags += ["--deployment", keys["deployment"]] if "deployment" in keys else []
    flags += ["--email-env", keys["email_env"]] if "email_env" in keys else []
    tracker = told["tracker"].replace("_", "-")
    return ["add", tracker, told["url"], "--yes", "--state", "all", *flags]


def test_add_ends_with_token_fields_and_a_sync_that_counts_both_sides(
    bare: Shell, stand: Stand
) -> None:
    done = bare.ok(*add_with_token(bare, stand))
    assert "token: ok" in done.out
    assert "5 at the tracker, 5 here: equal" in done.out
    assert len(bare.ok("tickets", "list", "--json").json) == 5
    assert stand.told["token"] not in done.out + done.err


def test_a_token_that_is_refused_is_one_line_and_exit_1(bare: Shell, stand: Stand) -> None:
    words = add_with_token(bare, stand)
    bare.environ["SHOP_TOKEN"] = "wrong-token-0123456789"
    done = bare(*words)
    assert done.code == 1
    assert "Traceback" not in done.out + done.err
    assert "wrong-token" not in done.out + done.err


@pytest.fixture
def configured(bare: Shell, stand: Stand) -> Shell:
    configure(bare.folder, [stand])
    return bare


def test_the_projects_a_token_shows_are_listed(configured: Shell, stand: Stand) -> None:
    found = configured.ok("projects", stand.source, "--json").json
    assert found
    assert all(one["id"] and one["name"] for one in found)


def test_fields_are_listed_suggested_and_checked(configured: Shell, stand: Stand) -> None:
    found = configured.ok("fields", "list", stand.source, "--json").json
    assert {"id", "name", "type", "sample"} <= set(found[0])
    configured.ok("fields", "suggest", stand.source)
    configured.ok("fields", "check", stand.source)


def test_a_field_that_is_not_there_is_named(bare: Shell, jira: Stand) -> None:
    file = configure(bare.folder, [jira])
    file.write_text(file.read_text() + "[sources.fields]\ncustomer = 'customfield_99999'\n")
    done = bare("fields", "check", jira.source)
    assert done.code == 1
    assert "fields.customer" in done.out
    assert "customfield_99999" in done.out


def test_a_site_without_a_project_offers_those_there_are(bare: Shell, jira: Stand) -> None:
    words = add_with_token(bare, jira)
    words[2] = jira.told["url"].partition("/browse/")[0]
    refused = bare(*words)
    assert refused.code == 2
    assert "--project" in refused.err
    bare.ok(*words, "--project", "PROJ")
    assert table(bare)["url"].endswith("PROJ")


def test_doctor_finds_a_whole_source_well(configured: Shell, stand: Stand) -> None:
    done = configured("doctor")
    assert "FAILED" not in done.out
    assert SECRET not in done.out + done.err
