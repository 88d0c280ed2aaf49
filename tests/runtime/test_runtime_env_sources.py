"""Names people already have: sources from the environment alone, and variables nobody named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime import config, usual_names
from runtime.credentials import Secrets
from schemas.errors import ConfigError, Denied
from schemas.ports import Grant
from schemas.source import Source
from tests.trackers.stand_ins import a_source
from trackers.registry import REGISTRY

JIRA = {
    "JIRA_CLOUD_URL": "https://shop.atlassian.net",
    "JIRA_PROJECT_KEY": "PROJ",
    "JIRA_TOKEN": "a-jira-token",
    "JIRA_EMAIL": "me@example.com",
}
ADO = {
    "ADO_ORGANIZATION": "octo org",
    "ADO_PROJECT": "Shop & Co",
    "ADO_PERSONAL_ACCESS_TOKEN": "an-ado-token",
}


@pytest.fixture
def load(tmp_path):
    """The settings of a folder with a file, or with none, and an environment."""

    def load(text: str | None = None, **environ: str):
        file = tmp_path / "ticketsync.toml"
        if text is not None:
            file.write_text(text)
        return config.load(file, environ)

    return load


@pytest.fixture
def faults(load):
    """Every fault, a line each."""

    def faults(text: str | None = None, **environ: str) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            load(text, **environ)
        return caught.value.faults

    return faults


def shown(settings) -> list[tuple[str, str, str, str | None]]:
    return [(one.name, one.tracker, one.url, one.team) for one in settings.sources]


def test_two_variables_are_a_jira_source_without_any_file(load, tmp_path):
    settings = load(JIRA_CLOUD_URL="https://shop.atlassian.net/", JIRA_PROJECT_KEY="PROJ")
    assert shown(settings) == [("jira", "jira", "https://shop.atlassian.net/browse/PROJ", None)]
    assert settings.sources[0].deployment == "cloud"
    assert settings.file is None
    assert settings.folder == tmp_path


@pytest.mark.parametrize(
    "site", ["shop.atlassian.net", "https://shop.atlassian.net/jira/your-work"]
)
def test_the_jira_address_may_be_spelt_loosely(load, site):
    settings = load(JIRA_CLOUD_URL=site, JIRA_PROJECT_KEY=" PROJ ")
    assert settings.sources[0].url == "https://shop.atlassian.net/browse/PROJ"


def test_a_jira_key_in_small_letters_is_meant_as_the_key_it_is(load):
    settings = load(JIRA_CLOUD_URL="shop.atlassian.net", JIRA_PROJECT_KEY="proj")
    assert settings.sources[0].url == "https://shop.atlassian.net/browse/PROJ"


def test_they_count_beside_a_file_without_sources(load):
    settings = load("[web]\nport = 9000\n", **JIRA)
    assert [one.name for one in settings.sources] == ["jira"]
    assert settings.web.port == 9000


def test_they_do_not_count_beside_sources_of_the_file(load):
    own = '[[sources]]\nname = "a"\ntracker = "github"\nurl = "https://github.com/o/r"\n'
    settings = load(own, **JIRA, **ADO, ADO_SCRUM_PROJECT="broken")
    assert [one.name for one in settings.sources] == ["a"]


def test_they_may_stand_in_the_dotenv(load, tmp_path):
    lines = [f"{name}={value}" for name, value in JIRA.items()]
    (tmp_path / ".env").write_text("\n".join(lines))
    assert [one.name for one in load().sources] == ["jira"]


def test_without_any_of_them_a_missing_file_is_still_a_fault(faults):
    assert faults()[0].startswith("no ticketsync.toml in ")
    assert faults(JIRA_PROJECT_KEY="PROJ", ADO_PROJECT="p")[0].startswith("no ticketsync.toml in ")


def test_azure_is_a_source_too(load):
    assert shown(load(**ADO)) == [
        ("ado", "azure_devops", "https://dev.azure.com/octo%20org/Shop%20%26%20Co", None)
    ]
    assert [one.name for one in load(**JIRA, **ADO).sources] == ["jira", "ado"]


def test_scrum_projects_are_sources_with_their_teams(load):
    settings = load(
        ADO_ORGANIZATION="https://tfs.example/tfs/Main/",
        ADO_PROJECT="one",
        ADO_SCRUM_PROJECT="one:Team A, Two Words:Team B,",
    )
    base = "https://tfs.example/tfs/Main"
    assert shown(settings) == [
        ("ado", "azure_devops", f"{base}/one", "Team A"),
        ("ado-two-words", "azure_devops", f"{base}/Two%20Words", "Team B"),
    ]


def test_scrum_projects_alone_are_enough(load):
    settings = load(ADO_ORGANIZATION="o", ADO_SCRUM_PROJECT="p1:t1,p2:t2")
    assert [(one.name, one.team) for one in settings.sources] == [("ado", "t1"), ("ado-p2", "t2")]


def test_their_addresses_are_those_that_the_trackers_read(load):
    jira, ado = load(**JIRA, **ADO).sources
    assert REGISTRY["jira"].source_url(jira.url) == (jira.url, None, "PROJ")
    assert REGISTRY["azure_devops"].source_url(ado.url)[2] == "Shop & Co"


def test_faults_are_told_all_at_once(faults):
    found = faults(
        "[web]\nprot = 1\n",
        JIRA_CLOUD_URL="https://shop.atlassian.net",
        ADO_ORGANIZATION="octo",
        ADO_SCRUM_PROJECT="lonely,p:a,p:b",
    )
    assert found == (
        "JIRA_CLOUD_URL is set, but not JIRA_PROJECT_KEY: set both",
        "ADO_SCRUM_PROJECT must be project:team,project:team, not 'lonely'",
        "ADO_SCRUM_PROJECT names 'p' with two teams; name one",
        "[web] prot is unknown; did you mean port?",
    )


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"JIRA_CLOUD_URL": "https://x.atlassian.net"}, "but not JIRA_PROJECT_KEY"),
        ({"ADO_ORGANIZATION": "octo"}, "but not ADO_PROJECT"),
        (
            {"JIRA_CLOUD_URL": "ftp://x.atlassian.net", "JIRA_PROJECT_KEY": "P"},
            "like https://NAME.atlassian.net",
        ),
    ],
)
def test_what_is_half_or_wrong_is_told(faults, environ, told):
    (fault,) = faults("", **environ)
    assert told in fault


CLOUD = '[[sources]]\nname = "a"\ntracker = "jira"\nurl = "https://x.atlassian.net/browse/P"\n'
SERVER = CLOUD.replace("x.atlassian.net", "jira.example")


def test_jira_cloud_without_an_email_names_the_variable(faults, load):
    without = {name: value for name, value in JIRA.items() if name != "JIRA_EMAIL"}
    (fault,) = faults(**without)
    assert "JIRA_EMAIL" in fault
    assert "a-jira-token" not in fault
    assert "JIRA_EMAIL" in faults(CLOUD, JIRA_API_TOKEN="t")[0]
    assert "JIRA_EMAIL" in faults(f'{CLOUD}token_env = "T"\n', T="t")[0]
    here = f'{SERVER}deployment = "cloud"\n'
    assert "JIRA_EMAIL" in faults(here, JIRA_TOKEN="t")[0]
    assert load(CLOUD, JIRA_TOKEN="t", JIRA_USER_EMAIL="me@example.com").sources
    assert load(f'{CLOUD}email_env = "MINE"\n', JIRA_TOKEN="t", MINE="me@example.com").sources


def test_an_email_variable_that_is_named_has_to_be_set(faults):
    (fault,) = faults(f'{CLOUD}email_env = "MINE"\n', JIRA_TOKEN="t", JIRA_EMAIL="me@example.com")
    assert fault == '[[sources]] "a": email_env names MINE, which is not set'


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (CLOUD, {}),
        (SERVER, {"JIRA_TOKEN": "t"}),
        (f'{CLOUD}deployment = "server"\n', {"JIRA_TOKEN": "t"}),
        (f'{CLOUD}direction = "disabled"\n', {"JIRA_TOKEN": "t"}),
        (f'{CLOUD}auth = "oauth"\n', {"JIRA_TOKEN": "t", "JIRA_CLIENT_ID": "app"}),
    ],
    ids=["anonymous", "data center", "said to be a server", "disabled", "oauth"],
)
def test_an_email_is_asked_for_where_one_is_needed_only(load, text, environ):
    assert len(load(text, **environ).sources) == 1


def test_oauth_without_an_app_names_the_variable(faults):
    (fault,) = faults(f'{CLOUD}auth = "oauth"\n')
    assert (
        fault
        == '[[sources]] "a": auth is oauth, but JIRA_CLIENT_ID, the id of your app, is not set'
    )


def test_field_ids_of_the_environment_fill_jira_sources_that_name_none(load):
    named = f'{CLOUD}fields = {{ customer = "customfield_7" }}\n'
    other = '[[sources]]\nname = "b"\ntracker = "github"\nurl = "https://github.com/o/r"\n'
    environ = {
        "JIRA_CUSTOMER_NAME_FIELD_ID": "customfield_10101",
        "JIRA_SPRINT_FIELD_ID": " customfield_10102 ",
    }
    one, two = load(named + other, **environ).sources
    assert one.fields == {"customer": "customfield_7", "sprint": "customfield_10102"}
    assert two.fields == {}
    (jira,) = load("", **environ, **JIRA).sources
    assert jira.fields == {"customer": "customfield_10101", "sprint": "customfield_10102"}


def test_a_fields_key_of_the_wrong_type_is_still_told(faults):
    found = faults(f"{CLOUD}fields = 'x'\n", JIRA_SPRINT_FIELD_ID="customfield_1")
    assert any("fields must be a table" in fault for fault in found)


def secrets(**environ: str) -> Secrets:
    return Secrets(environ)


def source(tracker: str, **more) -> Source:
    return a_source(tracker, f"https://{tracker.replace('_', '-')}.example/a/b", **more)


@pytest.mark.parametrize(
    ("tracker", "variable"),
    [
        ("github", "GITHUB_TOKEN"),
        ("gitlab", "GITLAB_TOKEN"),
        ("jira", "JIRA_TOKEN"),
        ("jira", "JIRA_API_TOKEN"),
        ("linear", "LINEAR_API_KEY"),
        ("azure_devops", "ADO_PERSONAL_ACCESS_TOKEN"),
    ],
)
def test_the_usual_variable_is_used_where_a_source_names_none(tracker, variable):
    found = secrets(**{variable: "a-token\n", "OWN": "my-own"})
    assert found.token(source(tracker)) == "a-token"
    assert found.token_name(source(tracker)) == variable
    assert found.token(source(tracker, token_env="OWN")) == "my-own"
    assert found.token(source(tracker, token_env="UNSET")) is None
    assert found.token(source("generic")) is None
    assert found.token_name(source(tracker, app_id_env="APP", app_private_key_env="KEY")) is None


@pytest.mark.parametrize("tracker", REGISTRY.values(), ids=lambda tracker: tracker.name)
def test_the_usual_names_are_those_that_the_tracker_tells(tracker):
    can = tracker.capabilities
    assert usual_names.TOKENS.get(tracker.name, ()) == can.token_variables
    assert usual_names.EMAILS.get(tracker.name, ()) == can.email_variables


def test_the_first_usual_name_wins_and_an_empty_one_counts_as_unset():
    jira = source("jira")
    assert secrets(JIRA_API_TOKEN="two", JIRA_TOKEN="one").token(jira) == "one"
    assert secrets(JIRA_API_TOKEN="two", JIRA_TOKEN=" ").token(jira) == "two"
    mail = {"JIRA_EMAIL": "a@example.com", "JIRA_USER_EMAIL": "b@example.com"}
    assert secrets(**mail).email(jira) == "a@example.com"
    assert secrets(JIRA_USER_EMAIL="b@example.com").email(jira) == "b@example.com"
    own = source("jira", email_env="OWN")
    assert secrets(**mail, OWN="c@example.com").email(own) == "c@example.com"
    assert secrets(**mail).email(source("github")) is None


def test_the_app_is_found_by_the_trackers_name():
    found = secrets(AZURE_DEVOPS_CLIENT_ID="id", AZURE_DEVOPS_CLIENT_SECRET="a-client-secret")
    app = found.oauth_app(source("azure_devops"))
    assert (app.client_id, app.client_secret) == ("id", "a-client-secret")
    assert found.oauth_app(source("gitlab")) is None
    assert secrets(GITLAB_CLIENT_ID="public").oauth_app(source("gitlab")).client_secret is None


def test_a_source_with_a_grant_uses_no_token():
    environ = {"GITLAB_TOKEN": "a-token"}
    assert Secrets(environ).token(source("gitlab", auth="oauth")) is None
    assert Secrets(environ).grant(source("gitlab", auth="oauth")) is None


class Drawer:
    """Grants of one site."""

    def __init__(self):
        self.kept = Grant(access_token="kept-access-token", refresh_token="kept-refresh-token")
        self.asked = []

    def find(self, tracker, origin):
        self.asked.append((tracker, origin))
        return self.kept

    def renew(self, tracker, origin, seen, refresh):
        self.asked.append((tracker, origin))
        return refresh(seen)


def test_grants_are_found_by_tracker_and_site():
    drawer = Drawer()
    found = Secrets({}, drawer)
    granted = source("gitlab", auth="oauth")
    assert found.grant(granted) == drawer.kept
    fresh = Grant(access_token="fresh-access-token", expires_at=datetime.now(UTC))
    assert found.renew(granted, drawer.kept, lambda _: fresh) == fresh
    assert drawer.asked == [("gitlab", "https://gitlab.example")] * 2
    assert found.grant(source("gitlab")) is None
    with pytest.raises(Denied, match="not at hand"):
        Secrets({}).renew(granted, drawer.kept, lambda _: fresh)


def test_sources_of_one_grant_share_a_budget_and_others_do_not():
    found = secrets(GITLAB_TOKEN="a-token")
    one, two = source("gitlab", auth="oauth"), source("gitlab", auth="oauth", name="other")
    assert found.credential_id(one) == found.credential_id(two)
    assert found.credential_id(one) != found.credential_id(source("gitlab"))


def test_every_new_secret_is_known_to_telemetry():
    found = secrets(
        GITLAB_TOKEN="a-token", GITLAB_CLIENT_SECRET="a-client-secret",
        TICKETSYNC_SECRET_KEYS="key-one, key-two",
    )  # fmt: skip
    assert found.values((source("gitlab"),)) == {
        "a-token", "a-client-secret", "key-one", "key-two",
    }  # fmt: skip
    assert "key" not in repr(found)


def test_the_key_file_lies_beside_the_configuration(load, tmp_path):
    settings = load("")
    sealing = config.sealing(settings, {})
    assert sealing.file == tmp_path / "ticketsync.key"
    assert not sealing.in_environment
    assert config.sealing(settings, {"TICKETSYNC_SECRET_KEYS": "k"}).in_environment
    (Path(tmp_path) / ".env").write_text("TICKETSYNC_SECRET_KEYS=k\n")
    assert config.sealing(settings, {}).in_environment
