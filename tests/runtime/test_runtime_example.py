"""The example file beside the settings there are: nobody finds a key that stands nowhere."""

from pathlib import Path

from pydantic import BaseModel

from runtime.config_faults import INTERNAL
from schemas.settings import MirrorSettings, Settings, SourceSettings

EXAMPLE = Path(__file__).parents[2] / "ticketsync.example.toml"


def keys_of(section: str, text: str) -> set[str]:
    """The keys below a table's head, commented out or not, until the next table."""
    found, within = set(), False
    for raw in text.splitlines():
        line = raw.lstrip("#").strip()
        if line.startswith("["):
            head = line.split("#")[0].strip().strip("[]")
            within = head == section
            found |= {head.partition(".")[2]} if head.startswith(f"{section}.") else set()
        elif within and "=" in line and line.split("=")[0].strip().replace("_", "").isalpha():
            found.add(line.split("=")[0].strip())
    return found


def test_every_setting_stands_in_the_example() -> None:
    text = EXAMPLE.read_text()
    tables = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if name not in INTERNAL and name not in ("sources", "mirrors")
    }
    absent = {}
    for name, table in {**tables, "sources": SourceSettings, "mirrors": MirrorSettings}.items():
        assert isinstance(table, type)
        assert issubclass(table, BaseModel)
        absent[name] = sorted(table.model_fields.keys() - keys_of(name, text))
    assert {name: keys for name, keys in absent.items() if keys} == {}
