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


def test_a_key_that_is_none_is_asked_again_and_small_letters_will_do(bare: Shell) -> None:
    url = "https://acme.atlassian.net/browse/PROJ"
    done = bare.ok("add", "jira", url, "--no-check", answers="no key\nops\n\n\n")
    assert "is no key of a Jira project" in done.out + done.err
    assert (table(bare)["name"], table(bare)["url"][-4:]) == ("OPS", "/OPS")


def test_a_named_key_that_is_none_is_one_line_and_writes_nothing(bare: Shell) -> None:
    url = "https://acme.atlassian.net/browse/PROJ"
    done = bare("add", "jira", url, "--yes", "--project", "X/Y")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--project" in done.err
    assert not bare.file.exists()


def test_several_keys_of_one_site_are_added_at_once(bare: Shell) -> None:
    url = "https://acme.atlassian.net/browse/PROJ"
    bare.ok("add", "jira", url, "--yes", "--no-check", "--project", "OPS", "--project", "NET")
    found = tomllib.loads(bare.file.read_text())["sources"]
    assert [one["url"].rpartition("/")[2] for one in found] == ["OPS", "NET"]


def test_an_address_with_a_project_and_another_one_named_is_a_contradiction(bare: Shell) -> None:
    url = "https://gitlab.com/acme/till"
    done = bare("add", "gitlab", url, "--yes", "--project", "acme/shop")
    assert done.code == 2
    assert "acme/till" in done.err
    assert not bare.file.exists()


def test_without_a_token_the_way_to_sign_in_is_told_whole(bare: Shell) -> None:
    done = bare.ok("add", "gitlab", "https://gitlab.com/acme/till", "--yes", "--no-check")
    assert 'auth = "oauth"' in done.out


@pytest.fixture
def boards() -> Iterator[Stand]:
    with stands(["azure_devops"], 3, 3) as [one]:
        yield one


def words_of_the_site(shell: Shell, boards: Stand) -> list[str]:
    """An `add` that has to choose: the stand-in has two projects."""
    words = [one for one in add_with_token(shell, boards) if one not in ("--yes",)]
    words[2] = boards.told["url"].rpartition("/")[0]
    return words


def test_several_projects_are_chosen_and_each_is_asked_about_by_its_name(
    bare: Shell, boards: Stand
) -> None:
    words = words_of_the_site(bare, boards)
    done = bare.ok(*words, answers=",\nshop, attic\n\n\n")
    assert "name at least one" in done.out + done.err
    assert [line for line in done.out.splitlines() if line in ("Shop:", "Attic:")]
    found = tomllib.loads(bare.file.read_text())["sources"]
    assert [one["name"] for one in found] == ["Shop", "Attic"]
    assert done.out.count("equal") == 2


def test_who_stops_at_the_second_project_has_added_none_and_is_told_of_none(
    bare: Shell, boards: Stand
) -> None:
    done = bare(*words_of_the_site(bare, boards), answers="shop, attic\n\n")
    assert done.code == 1
    assert "added" not in done.out
    assert "no answer, so nothing was done" in done.err
    assert not bare.file.exists()


def test_the_variable_of_one_tracker_is_no_site_of_another(bare: Shell, jira: Stand) -> None:
    site = jira.told["url"].partition("/browse/")[0]
    bare.environ |= {"JIRA_CLOUD_URL": site, "ADO_PERSONAL_ACCESS_TOKEN": "pat-of-azure"}
    asked = jira.running.requests.count()
    done = bare("projects", "--tracker", "azure-devops")
    assert done.code == 2
    assert "--url is needed" in done.err
    assert jira.running.requests.count() == asked


def test_the_organization_variable_names_the_site(bare: Shell, boards: Stand) -> None:
    bare.environ |= {
        "ADO_ORGANIZATION": boards.told["url"].rpartition("/")[0],
        "ADO_PERSONAL_ACCESS_TOKEN": boards.told["token"],
    }
    found = bare.ok("projects", "--tracker", "azure-devops", "--json").json
    assert [one["name"] for one in found] == ["Shop", "Attic"]


def test_fields_of_a_project_that_is_not_there_are_one_line_and_exit_1(bare: Shell) -> None:
    with stands(["gitlab"], 2, 2) as [one]:
        file = configure(bare.folder, [one])
        file.write_text(
            file.read_text().replace(one.running.project_url, f"{one.running.project_url}x")
        )
        done = bare("fields", "list", one.source)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "404" in done.err


def test_a_hook_that_cannot_even_be_asked_for_leaves_the_others_alone(bare: Shell) -> None:
    with stands(["gitlab", "linear"], 2, 2) as both:
        file = configure(bare.folder, both)
        file.write_text(file.read_text() + '[web]\npublic_url = "https://sync.example.org"\n')
        bare.environ["DEMO_GITLAB_TOKEN"] = "no token has blanks"
        done = bare("hooks", "check")
    assert done.code == 1
    assert "ticketsync: gitlab: the token holds characters" in done.err
    assert "linear: " in done.out


def test_a_first_source_in_the_file_tells_which_of_the_environment_it_outdoes(bare: Shell) -> None:
    bare.environ |= {
        "JIRA_CLOUD_URL": "https://acme.atlassian.net",
        "JIRA_PROJECT_KEY": "PROJ",
        "JIRA_EMAIL": "ines@example.com",
    }
    words = ("add", "gitlab", "https://gitlab.com/acme/till", "--yes", "--no-check")
    assert 'note: "jira", defined by variables' in bare.ok(*words).out
    words = ("add", "gitlab", "https://gitlab.com/acme/shop", "--yes", "--no-check")
    assert "note:" not in bare.ok(*words).out


def test_doctor_tries_a_filter_that_only_the_tracker_can_read(bare: Shell, jira: Stand) -> None:
    file = configure(bare.folder, [jira])
    file.write_text(file.read_text().replace('{state = "all"}', '{jql = "colour = blue"}'))
    done = bare("doctor")
    assert done.code == 1
    assert "filter" in done.out
    assert "colour" in done.out


def test_projects_of_a_site_whose_address_does_not_tell_its_kind(bare: Shell, jira: Stand) -> None:
    told = jira.told
    bare.environ |= {"JIRA_TOKEN": told["token"], **told["environment"]}
    words = ["projects", "--tracker", "jira", "--url", told["api_url"], "--json"]
    assert "PROJ" in {one["name"] for one in bare.ok(*words, "--deployment", "cloud").json}
    assert bare(*words, "--deployment", "clowd").code == 2
