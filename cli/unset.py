"""The configuration although a variable it names is not set: for `doctor`, to whom that is a
finding, and for `db`, which needs no token."""

from collections.abc import Iterator
from pathlib import Path

from runtime import config, config_file
from runtime.config_checks import VARIABLE
from runtime.usual_names import EMAILS, client_id
from schemas.errors import ConfigError
from schemas.settings import TRACKERS, Settings


def load(path: Path, *, required: bool = True) -> Settings:
    """The settings; every other fault is a ConfigError as always."""
    try:
        return config.load(path, required=required)
    except ConfigError:
        around = config.surroundings(path.parent)
        unset = {name: "not set" for name in _variables(path) if not around.get(name, "").strip()}
        unset |= {name: "not set" for name in _asked_for() if not around.get(name, "").strip()}
        return config.load(path, config.environment() | unset, required=required)


def _asked_for() -> Iterator[str]:
    """Variables that a source may need without naming them."""
    yield from (client_id(tracker) for tracker in TRACKERS)
    yield from (names[0] for names in EMAILS.values())


def _variables(path: Path) -> Iterator[str]:
    """The variables that sources name."""
    found = config_file.read(path, []).get("sources", [])
    for table in (one for one in found if isinstance(one, dict)):
        for key, value in table.items():
            names = value if isinstance(value, list) else [value]
            if key.endswith("_env"):
                yield from (n for n in names if isinstance(n, str) and VARIABLE.fullmatch(n))
