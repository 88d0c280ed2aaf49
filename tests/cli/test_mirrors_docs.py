"""`docs/mirrors.md` beside the options there are: a default that it tells is the default."""

import re
import tomllib
from pathlib import Path

from runtime.config_mirrors import FIELDS
from schemas.mirror import MirrorOptions

PAGE = Path(__file__).parents[2] / "docs" / "mirrors.md"
ROW = re.compile(r"^\| `(\w+)` \| `(.+?)` \| (.+) \|$", re.MULTILINE)


def test_the_table_of_options_tells_each_and_its_default() -> None:
    told = {
        name: tomllib.loads(f"value = {default}")["value"]
        for name, default, _ in ROW.findall(PAGE.read_text())
    }
    assert told == MirrorOptions().model_dump(mode="json")


def test_the_names_of_fields_are_all_told() -> None:
    text = " ".join(PAGE.read_text().split())
    assert f"`fields`, `strategies` and `native`: {', '.join(FIELDS)}." in text
