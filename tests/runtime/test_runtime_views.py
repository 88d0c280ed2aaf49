"""`[views]`: where the views for analysts stand."""

from pathlib import Path

import pytest

from runtime import config
from schemas.errors import ConfigError
from schemas.settings import TRACKERS, Settings


def load(folder: Path, text: str = "", **environ: str) -> Settings:
    file = folder / "ticketsync.toml"
    file.write_text(text)
    return config.load(file, environ)


def fault(folder: Path, text: str = "", **environ: str) -> str:
    with pytest.raises(ConfigError) as found:
        load(folder, text, **environ)
    (line,) = found.value.faults
    return line


def test_each_tracker_has_a_name_and_azure_devops_the_default_schema(tmp_path: Path) -> None:
    views = load(tmp_path).views
    names = {tracker: getattr(views, tracker) for tracker in TRACKERS}
    assert names.pop("azure_devops") == ""
    assert names == {tracker: f"{tracker}_sync" for tracker in names}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    text = '[views]\njira = "from_file"\ngithub = "kept"\n'
    views = load(
        tmp_path, text, JIRA_SCHEMA_NAME="from_environ", AZURE_DEVOPS_SCHEMA_NAME="ado"
    ).views
    assert (views.jira, views.github, views.azure_devops) == ("from_environ", "kept", "ado")


@pytest.mark.parametrize("name", ["Jira", "jira-sync", "1jira", 'x"; DROP', "j" * 41, "jira sync"])
def test_a_name_that_no_schema_should_have_is_refused(tmp_path: Path, name: str) -> None:
    line = fault(tmp_path, JIRA_SCHEMA_NAME=name)
    assert line.startswith(
        "[views] jira (JIRA_SCHEMA_NAME) must be lower-case letters, digits and _"
    )
    assert repr(name[:40]) in line


@pytest.mark.parametrize("name", ["ticketsync", "pg_jira", "information_schema", "sqlite_jira"])
def test_a_name_that_belongs_to_somebody_is_refused(tmp_path: Path, name: str) -> None:
    line = fault(tmp_path, f'[views]\nlinear = "{name}"\n')
    assert line == (
        f'[views] linear (LINEAR_SCHEMA_NAME) must not be "{name}",'
        " which is not for views of tickets"
    )


def test_two_trackers_cannot_share_a_name(tmp_path: Path) -> None:
    line = fault(tmp_path, '[views]\ngitlab = "github_sync"\n')
    assert line == (
        "[views] gitlab (GITLAB_SCHEMA_NAME) is also the name of github; each needs one of its own"
    )
    assert "azure_devops" in fault(tmp_path, '[views]\njira = ""\n')


def test_a_tracker_that_is_none_is_told_with_those_there_are(tmp_path: Path) -> None:
    assert fault(tmp_path, '[views]\njirra = "x"\n') == (
        "[views] jirra is unknown; did you mean jira?"
    )
