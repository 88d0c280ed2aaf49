"""`[[mirrors]]`: every fault is told at once and names its key; what may stand together does."""

from pathlib import Path

import pytest

from runtime import config, config_mirrors
from schemas.errors import ConfigError
from schemas.mirror import MirrorOptions
from schemas.settings import Settings

TOKENS = {"GITLAB_TOKEN": "one", "GITHUB_TOKEN": "two"}
SOURCES = """
[[sources]]
name = "shop"
tracker = "gitlab"
url = "https://gitlab.com/acme/shop"
[[sources]]
name = "till"
tracker = "github"
url = "https://github.com/acme/till"
[[sources]]
name = "board"
tracker = "linear"
url = "https://linear.app/acme/team/ENG"
[[sources]]
name = "inbox"
tracker = "generic"
url = "https://inbox.example"
[[sources]]
name = "old"
tracker = "gitlab"
url = "https://gitlab.com/acme/old"
direction = "disabled"
"""


def load(folder: Path, text: str, **environ: str) -> Settings:
    file = folder / "ticketsync.toml"
    file.write_text(SOURCES + text)
    return config.load(file, TOKENS | environ)


def mirror(more: str = "", source: str = "shop", target: str = "till") -> str:
    return f'[[mirrors]]\nsource = "{source}"\ntarget = "{target}"\n{more}\n'


def faults(folder: Path, text: str, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as found:
        load(folder, text, **environ)
    return found.value.faults


def fault(folder: Path, text: str, **environ: str) -> str:
    (line,) = faults(folder, text, **environ)
    return line


def test_a_pair_is_enough_and_the_rest_has_defaults(tmp_path: Path) -> None:
    (one,) = load(tmp_path, mirror()).mirrors
    assert (one.source, one.target, one.enabled) == ("shop", "till", True)
    named = {"name", "source", "target", "enabled"}
    assert one.model_dump(exclude=named) == MirrorOptions().model_dump()


def test_opposite_push_mirrors_fans_and_local_tickets_are_fine(tmp_path: Path) -> None:
    text = "".join(
        (
            mirror(),
            mirror(source="till", target="shop"),
            mirror(source="inbox", target="till"),
            mirror(source="local", target="till"),
        )
    )
    assert len(load(tmp_path, text).mirrors) == 4


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            mirror(source="shpo"),
            "[[mirrors]] \"shpo-to-till\": source 'shpo' is no source; did you mean 'shop'?",
        ),
        (
            mirror(target="nowhere"),
            "[[mirrors]] \"shop-to-nowhere\": target 'nowhere' is no source; "
            "there are: shop, till, board, inbox, old",
        ),
        (
            mirror(target="shop"),
            "[[mirrors]] \"shop-to-shop\": source and target are both 'shop'; "
            "a mirror joins two sources",
        ),
        (
            mirror(target="local"),
            '[[mirrors]] "shop-to-local": target: local tickets cannot be a target; '
            "a mirror may have them as its source",
        ),
        (
            mirror(target="inbox"),
            "[[mirrors]] \"shop-to-inbox\": target 'inbox' is a generic source: "
            "nothing can be written there",
        ),
        (
            mirror('direction = "bidirectional"', source="local"),
            '[[mirrors]] "local-to-till": direction "bidirectional" is not for local tickets: '
            "one that was made at its target goes on there; leave direction out",
        ),
        (
            mirror('direction = "bidirectional"', source="inbox"),
            "[[mirrors]] \"inbox-to-till\": source 'inbox' is a generic source: "
            "nothing can be written there",
        ),
        (
            mirror(target="board"),
            "[[mirrors]] \"shop-to-board\": target 'board' has no token to write with: "
            "set LINEAR_API_KEY, or name its variable in token_env",
        ),
        (
            mirror(source="old"),
            "[[mirrors]] \"old-to-till\": source 'old' is disabled (direction = \"disabled\")",
        ),
        (
            mirror(target="old"),
            "[[mirrors]] \"shop-to-old\": target 'old' is disabled (direction = \"disabled\")",
        ),
        (
            mirror('name = "a"') + mirror('name = "b"'),
            '[[mirrors]] "b": [[mirrors]] "a" has the same source and target',
        ),
        (
            mirror('name = "a"') + mirror('name = "a"', "till", "shop"),
            '[[mirrors]] "a": the name is used twice; give one of them another name',
        ),
        (
            mirror('name = "till"'),
            '[[mirrors]] "till": the name is that of a source; choose another',
        ),
        (
            mirror() + mirror('direction = "bidirectional"', "till", "shop"),
            '[[mirrors]] "till-to-shop": [[mirrors]] "shop-to-till" is the same pair the other '
            'way round; one bidirectional mirror, or two with direction = "push"',
        ),
        (
            mirror("sync_interval_minutes = 4"),
            '[[mirrors]] "shop-to-till": sync_interval_minutes must be at least 5, not 4',
        ),
        (
            mirror("sync_interval_minutes = 1441"),
            '[[mirrors]] "shop-to-till": sync_interval_minutes must be at most 1440, not 1441',
        ),
        (
            mirror('strategies = { title = "mine" }'),
            '[[mirrors]] "shop-to-till": strategies.title must be "local_wins", "external_wins", '
            '"newest_wins", "manual" or "merge", not "mine"',
        ),
        (
            mirror('fields = { titel = "push" }'),
            "[[mirrors]] \"shop-to-till\": fields: 'titel' is no mirrored field; "
            "did you mean 'title'?",
        ),
        (
            mirror('native = ["milestones"]'),
            "[[mirrors]] \"shop-to-till\": native: 'milestones' is no mirrored field; "
            "did you mean 'milestone'?",
        ),
        (
            mirror("sync_comment = true"),
            '[[mirrors]] "shop-to-till": sync_comment is unknown; did you mean sync_comments?',
        ),
        (
            mirror("sync_weight = false\nnative = ['weight']"),
            "[[mirrors]] \"shop-to-till\": native names 'weight', but sync_weight is off",
        ),
        (
            mirror('native = "epic"'),
            "[[mirrors]] \"shop-to-till\": native names 'epic', but sync_epics is off",
        ),
        (
            mirror('sync_labels = false\nfields = { labels = "push" }'),
            "[[mirrors]] \"shop-to-till\": fields.labels is 'push', but sync_labels is false",
        ),
        (
            mirror('sync_labels = true\nfields = { labels = "off" }'),
            "[[mirrors]] \"shop-to-till\": fields.labels is 'off', but sync_labels is true",
        ),
        (
            mirror('fields = { title = "both" }'),
            "[[mirrors]] \"shop-to-till\": fields.title is 'both', but a mirror with direction "
            '"push" never writes to its source',
        ),
        (
            mirror('direction = "bidirectional"\ntarget_edits = "warn"'),
            '[[mirrors]] "shop-to-till": target_edits is for one-way mirrors; '
            "set strategy instead",
        ),
        (
            mirror('include_labels = ["a", "b"]\nexclude_labels = "b"'),
            '[[mirrors]] "shop-to-till": include_labels and exclude_labels both name b',
        ),
        ('[[mirrors]]\nsource = "shop"\n', "[[mirrors]] #1: target is missing"),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_that_names_the_key(tmp_path: Path, text: str, line: str) -> None:
    assert fault(tmp_path, text) == line


def test_a_two_way_mirror_needs_a_token_on_both_sides(tmp_path: Path) -> None:
    both = mirror('direction = "bidirectional"', source="board")
    assert "source 'board' has no token" in fault(tmp_path, both)
    assert load(tmp_path, mirror(source="board")).mirrors
    assert load(tmp_path, both, LINEAR_API_KEY="three").mirrors


def test_all_faults_are_told_together(tmp_path: Path) -> None:
    text = mirror("sync_interval_minutes = 1", "gone", "inbox") + mirror('mode = "dry"')
    found = faults(tmp_path, f"{text}[web]\nport = 70000\n")
    assert len(found) == 5
    assert any("[web] port" in line for line in found)


def test_every_switch_names_an_option_and_a_field() -> None:
    assert {*config_mirrors.SWITCHES.values()} <= MirrorOptions.model_fields.keys()
    assert {*config_mirrors.SWITCHES} <= {*config_mirrors.FIELDS}
