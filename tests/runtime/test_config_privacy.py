"""Privacy in the configuration file: what would silently protect nothing is refused."""

from pathlib import Path

import pytest

from runtime import config
from schemas.errors import ConfigError
from schemas.settings import Settings

FILE = """
[[sources]]
name = "one"
tracker = "{tracker}"
url = "https://tracker.example/owner/repo"
{source}

[[sources]]
name = "two"
tracker = "gitlab"
url = "https://git.example/owner/repo"

[[mirrors]]
source = "one"
target = "two"
{mirror}
"""

ENVIRON = {
    "GITHUB_TOKEN": "x", "GITLAB_TOKEN": "x", "JIRA_TOKEN": "x", "JIRA_EMAIL": "a@b.example",
}  # fmt: skip


def load(folder: Path, source: str = "", mirror: str = "", tracker: str = "github") -> Settings:
    file = folder / "ticketsync.toml"
    file.write_text(FILE.format(source=source, mirror=mirror, tracker=tracker))
    return config.load(file, ENVIRON)


def faults(folder: Path, *args: str, **more: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as found:
        load(folder, *args, **more)
    return found.value.faults


def test_privacy_rules_and_patterns_are_read(tmp_path: Path) -> None:
    rules = """
privacy = "public"
privacy_rules = [
  { privacy = "local_only", label = "secret" },
  { privacy = "shareable", field = "customer" },
  { privacy = "local_only", field = "Customer tier", value = "gold" },
]"""
    settings = load(tmp_path, rules, 'redact = "sk-[0-9]+"\norigins = "two"')
    assert [rule.privacy for rule in settings.sources[0].privacy_rules] == [
        "local_only", "shareable", "local_only",
    ]  # fmt: skip
    assert settings.mirrors[0].redact == ("sk-[0-9]+",)
    assert settings.mirrors[0].origins == ("two",)


def test_a_pattern_that_cannot_be_used_is_told_with_its_number(tmp_path: Path) -> None:
    found = faults(tmp_path, "", r"""redact = ["ok", "(", "(a+)+", "x*"]""")
    assert [line.split(": ", 1)[1][:34] for line in found] == [
        "redact #2 is not a regular express",
        "redact #3 has repeats inside a rep",
        "redact #4 also finds empty text, s",
    ]
    assert all(line.startswith("[[mirrors]] ") for line in found)


def test_an_origin_that_is_no_source_is_told(tmp_path: Path) -> None:
    (line,) = faults(tmp_path, "", 'origins = ["oen"]')
    assert line.endswith('origins names "oen", which is no source; did you mean one?')


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('privacy = "local_only"', "must name a label or a field, and names neither"),
        ('privacy = "local_only", label = "a", field = "type"', "and names both"),
        ('privacy = "local_only", label = ""', "label must not be empty"),
        ('privacy = "local_only", label = "a", value = "b"', "value belongs to a field"),
        ('privacy = "local_only", field = "body"', "field body says nothing of privacy"),
        ('privacy = "local_only", field = "milestoen"', "did you mean milestone?"),
        ('privacy = "public", label = "a"', '"public" is less strict than'),
        ('privacy = "local_only", labl = "a"', "labl is unknown; did you mean label?"),
        ('privacy = "secret", label = "a"', 'privacy must be "local_only", "shareable" or'),
        ('label = "a"', "privacy is missing"),
    ],
)
def test_a_rule_that_would_protect_nothing_is_told(tmp_path: Path, rule: str, told: str) -> None:
    found = faults(tmp_path, f"privacy_rules = [{{ {rule} }}]")
    assert any(
        line.startswith('[[sources]] "one": privacy_rules #1') and told in line for line in found
    ), found


def test_a_tracker_without_fields_of_its_own_has_no_unknown_ones(tmp_path: Path) -> None:
    rule = 'privacy_rules = [{ privacy = "local_only", field = "Security class" }]'
    assert load(tmp_path, rule, tracker="github")
    (line,) = faults(tmp_path, rule, tracker="gitlab")
    assert "field Security class is no field of a ticket" in line


def test_the_names_of_our_fields_are_those_of_tickets(tmp_path: Path) -> None:
    for field in ("assignees", "Milestone", "due_date", "confidential", "custom_fields.tier"):
        assert load(tmp_path, f'privacy_rules = [{{ privacy = "local_only", field = "{field}" }}]')
