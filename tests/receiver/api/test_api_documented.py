"""`docs/api.md` beside the operations there are."""

import re
from pathlib import Path

from receiver.api.app import LARGEST_BODY, OPERATIONS
from receiver.api.deliveries import LARGEST_BODY as LARGEST_SHOWN
from receiver.api.document import template_of
from runtime.config_checks import TOKEN_SIZE
from schemas.api import MOST, Paging
from schemas.issue_mirrors import IssueMirror

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
ROW = re.compile(r"^\| `([A-Z]+) (/\S+)` \| (\w+) \|", re.MULTILINE)


def test_the_page_tells_each_operation_with_its_scope() -> None:
    told = ROW.findall(PAGE.read_text())
    assert sorted(told) == sorted(
        (one.method, template_of(one.path), one.scope or "none") for one in OPERATIONS
    )


def test_the_page_tells_the_numbers_and_keys_as_they_are() -> None:
    text = " ".join(PAGE.read_text().split())
    default = Paging.model_fields["limit"].default
    assert f"`limit` (1 to {MOST}, else {default})" in text
    assert f"larger than {LARGEST_BODY // 1024} KiB" in text
    assert f"its body up to {LARGEST_SHOWN // 1024**2} MiB" in text
    assert f"of {TOKEN_SIZE} characters or more" in text
    assert all(f"`{name}`" in text for name in IssueMirror.model_fields)
