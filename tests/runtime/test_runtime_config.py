"""The configuration: what wins, and that every fault is told at once, in plain words."""

from pathlib import Path

import pytest

from runtime import config
from runtime.start import refuse
from schemas.errors import ConfigError
from schemas.settings import Settings

SOURCE = """
[[sources]]
name = "{name}"
tracker = "github"
url = "https://github.com/{project}"
"""


@pytest.fixture
def write(tmp_path):
    """Writes ticketsync.toml; its path."""

    def write(text: str) -> Path:
        file = tmp_path / "ticketsync.toml"
        file.write_text(text)
        return file

    return write


def faults(file: Path, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        config.load(file, environ)
    return caught.value.faults


def source(name="one", project="owner/repo", more="") -> str:
    return SOURCE.format(name=name, project=project) + more


def test_environment_wins_over_file_and_file_over_default(write):
    file = write('[web]\nport = 9000\nhost = "0.0.0.0"\n[log]\nlevel = "debug"')
    settings = config.load(file, {"PORT": "7000", "LOG_LEVEL": "WARNING"})
    assert settings.web.port == 7000
    assert settings.web.host == "0.0.0.0"
    assert settings.log.level == "warning"
    assert settings.retry == Settings().retry


def test_dotenv_beside_the_file_is_read_and_what_is_really_set_wins(write, tmp_path):
    (tmp_path / ".env").write_text("PORT=7001\nPUBLIC_URL=https://dot.example\nMETRICS_PORT=9100\n")
    settings = config.load(write(""), {"PORT": "7002", "METRICS_PORT": ""})
    assert settings.web.port == 7002
    assert settings.web.public_url == "https://dot.example"
    assert settings.metrics_port == 9100


def test_relative_paths_belong_to_the_folder_of_the_file(write, tmp_path):
    settings = config.load(write(""), {})
    assert settings.folder == tmp_path
    assert settings.file == tmp_path / "ticketsync.toml"


def test_a_missing_file_is_a_fault_with_the_way_out(tmp_path):
    (fault,) = faults(tmp_path / "ticketsync.toml")
    assert fault.startswith(f"no ticketsync.toml in {tmp_path}: ")
    assert "./run add github URL" in fault
    assert "./run demo" in fault


def test_a_missing_file_is_none_when_it_is_not_required(tmp_path):
    environ = {"DATABASE_URL": "sqlite:///x.db"}
    settings = config.load(tmp_path / "none.toml", environ, required=False)
    assert settings.file is None
    assert settings.store.url == "sqlite:///x.db"


def test_the_file_can_be_named_by_a_variable(write):
    file = write("[web]\nport = 8123")
    assert config.load(environ={"TICKETSYNC_CONFIG": str(file)}).web.port == 8123


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[web]\nprot = 1", "[web] prot is unknown; did you mean port?"),
        ("[wbe]\nx = 1", "[wbe] is unknown; did you mean [web]?"),
        ("prot = 1", "prot is unknown"),
        ("metrics_port = 9", "metrics_port is unknown"),
        ("[web]\nport = '80'", "[web] port must be a whole number"),
        ("[web]\nport = 70000", "[web] port must be at most 65535, not 70000"),
        ("[web]\nhost = 1", "[web] host must be text in quotes"),
        ("web = 1", "web must be a table"),
        ("[store]\nauto_migrate = 'yes'", "[store] auto_migrate must be true or false"),
        ("[log]\nlevel = 'loud'", 'must be "debug", "info", "warning" or "error", not "loud"'),
        ("[reconciler]\ninterval_minutes = 1", "interval_minutes must be at least 5, not 1"),
        ("[store]\nurl = 'mysql://h/d'", "[store] url (DATABASE_URL) must start with"),
        ("[queue]\nurl = 'amqp://h'", "[queue] url (REDIS_URL) must be"),
        ("[web]\npublic_url = 'example.org'", "[web] public_url (PUBLIC_URL) must start with"),
        ("[web\nport = 1", "not valid TOML: "),
        ("[web]\nport 1", "(at line 2, column 6)"),
    ],
)
def test_a_fault_names_table_key_and_mend(write, text, fault):
    assert any(fault in line for line in faults(write(text)))


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ('tokn_env = "X"', '[[sources]] "one": tokn_env is unknown; did you mean token_env?'),
        ("token_env = 'NOPE'", '[[sources]] "one": token_env names NOPE, which is not set'),
        ("webhook_secret_env = ['A', 'B']", "webhook_secret_env names B, which is not set"),
        ("direction = 'pul'", '"pull", "push", "bidirectional" or "disabled", not "pul"'),
        ("filter = { state = 'opn' }", 'filter state must be "open", "closed" or "all"'),
        ("filter = 'all'", "filter must be a table"),
        ("interval_minutes = 2000", "interval_minutes must be at most 1440, not 2000"),
        ("app_id_env = 'A'", "app_id_env and app_private_key_env belong together"),
        ("api_url = 'ftp://x'", "api_url must start with http:// or https://"),
    ],
)
def test_a_fault_in_a_source_names_the_source(write, more, fault):
    assert any(fault in line for line in faults(write(source(more=more)), A="set"))


def test_a_variable_that_holds_nothing_but_blanks_is_not_set(write):
    (fault,) = faults(write(source(more="token_env = 'A'")), A=" \n")
    assert "token_env names A, which is not set" in fault


def test_an_unknown_tracker_names_those_there_are(write):
    (fault,) = faults(write(source().replace('"github"', '"githib"')))
    assert 'tracker must be "github"' in fault


def test_a_source_without_name_is_named_by_its_place(write):
    text = source() + '[[sources]]\ntracker = "github"\nurl = "https://github.com/o/x"'
    assert faults(write(text)) == ("[[sources]] #2: name is missing",)


def test_names_slugs_and_addresses_are_used_once(write):
    text = (
        source("my-repo", "o/r") + source("my-repo", "o/a") + source("My Repo", "o/b")
        + source("other", "O/R.git/")
    )  # fmt: skip
    told = "\n".join(faults(write(text)))
    assert '"my-repo": the name is used twice' in told
    assert '"My Repo": shares the webhook address "my-repo"' in told
    assert '"other": url is also that of [[sources]] "my-repo"' in told


def test_all_faults_are_told_at_once(write):
    text = "[web]\nprot = 1\n" + source(more="tokn_env = 'X'\ntoken_env = 'NOPE'")
    assert len(faults(write(text), PORT="abc")) == 4


def test_no_secret_stands_in_a_fault(write):
    secret = "ghp_0123456789abcdefghij"
    text = f"[store]\nurl = 'mysql://u:{secret}@h/d'\n" + source(
        more=f"token_env = '{secret}'\ntoken = '{secret}'\nwebhook_secret_env = '{secret}'"
    )
    told = "\n".join(faults(write(text), REDIS_URL=f"http://:{secret}@h"))
    assert secret not in told
    assert "token_env must name an environment variable" in told


def test_a_disabled_source_needs_no_variables(write):
    file = write(source(more="direction = 'disabled'\ntoken_env = 'NOPE'"))
    assert config.load(file, {}).sources[0].direction == "disabled"


def test_the_example_file_is_valid(tmp_path):
    example = Path(__file__).parents[2] / "ticketsync.example.toml"
    if not example.exists():
        pytest.skip("no example yet")
    told = faults_of(example)
    assert [line for line in told if "is not set" not in line] == []


def faults_of(file: Path) -> tuple[str, ...]:
    try:
        config.load(file, {})
    except ConfigError as error:
        return error.faults
    return ()


def test_heroku_addresses_are_understood(write):
    environ = {"DATABASE_URL": "postgres://u:p@h:5/d", "REDIS_URL": "rediss://:p@h:6", "DYNO": "1"}
    settings = config.load(write(""), environ)
    assert settings.store.url == "postgresql://u:p@h:5/d"
    assert settings.queue.url == "rediss://:p@h:6?ssl_cert_reqs=none"


def test_elsewhere_the_certificate_of_redis_is_checked(write):
    settings = config.load(write(""), {"REDIS_URL": "rediss://:p@h:6"})
    assert settings.queue.url == "rediss://:p@h:6"


def test_postgres_can_be_given_in_parts(write):
    environ = {"PG_HOST": "h", "PG_DATABASE": "d", "PG_USERNAME": "u", "PG_PASSWORD": "p/@:?"}
    assert config.load(write(""), environ).store.url == "postgresql://u:p%2F%40%3A%3F@h:5432/d"
    environ |= {"PG_HOST": "::1", "PG_PORT": "6543"}
    assert config.load(write(""), environ).store.url.endswith("@[::1]:6543/d")
    environ |= {"DATABASE_URL": "sqlite:///wins.db"}
    assert config.load(write(""), environ).store.url == "sqlite:///wins.db"


def test_missing_parts_of_postgres_are_named(write):
    (fault,) = faults(write(""), PG_HOST="h", PG_USERNAME="u")
    assert fault == "PG_HOST is set, but not PG_DATABASE, PG_PASSWORD: set all, or DATABASE_URL"


def test_sources_carry_slug_and_interval(write):
    text = (
        "[reconciler]\ninterval_minutes = 30\n"
        + source("Müller & Söhne/Repo")
        + source("fast", "o/f", "interval_minutes = 5")
    )
    first, second = config.sources(config.load(write(text), {}))
    assert (first.slug, first.interval_minutes) == ("muller-sohne-repo", 30)
    assert (second.slug, second.interval_minutes) == ("fast", 5)


def test_a_name_without_letters_still_has_a_slug(write):
    text = source("🐛🐛") + source("🚀", "o/b")
    first, second = config.sources(config.load(write(text), {}))
    assert first.slug.startswith("source-")
    assert first.slug != second.slug


def test_secrets_are_looked_up_by_the_names_in_the_file(write, tmp_path):
    (tmp_path / ".env").write_text("OLD=old-secret\n")
    environ = {"T": "token", "NEW": "new-secret\n", "ID": "7", "KEY": "a\\nb"}
    more = (
        "token_env = 'T'\nwebhook_secret_env = ['NEW', 'OLD']\n"
        "app_id_env = 'ID'\napp_private_key_env = 'KEY'"
    )
    settings = config.load(write(source(more=more)), environ)
    (one,) = config.sources(settings)
    secrets = config.secrets(settings, environ)
    assert secrets.token(one) == "token"
    assert secrets.webhook_secrets(one) == ("new-secret", "old-secret")
    assert secrets.app(one).private_key == "a\nb"
    assert "token" not in repr(secrets)
    assert secrets.values((one,)) == {"token", "new-secret", "old-secret", "a\\nb"}


def test_equal_credentials_share_an_id_that_shows_nothing(write):
    text = (
        source(more="token_env = 'T'")
        + source("two", "o/b", "token_env = 'U'")
        + source("three", "o/c")
    )
    environ = {"T": "token-one", "U": "token-one"}
    settings = config.load(write(text), environ)
    secrets = config.secrets(settings, environ)
    one, two, three = (secrets.credential_id(each) for each in config.sources(settings))
    assert one == two != three
    assert "token" not in one


def test_refuse_prints_one_line_a_fault_and_exits_with_2(capsys):
    with pytest.raises(SystemExit) as caught:
        refuse(ConfigError("first", "second"))
    assert caught.value.code == 2
    assert capsys.readouterr().err == "ticketsync: first\nticketsync: second\n"
