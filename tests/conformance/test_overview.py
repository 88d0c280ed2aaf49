"""The page of capabilities says what the register says, and every tracker has its own page."""

from pathlib import Path

import pytest

from trackers.overview import page
from trackers.registry import REGISTRY

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_capabilities_is_fresh():
    """`./run trackers > docs/trackers.md` makes it anew."""
    assert (DOCS / "trackers.md").read_text() == page(REGISTRY.values())


@pytest.mark.parametrize("tracker", REGISTRY)
def test_every_tracker_has_a_page_on_tokens_scopes_and_webhooks(tracker):
    text = (DOCS / f"{tracker}.md").read_text().lower()
    for word in ("token", "webhook", "scope"):
        assert word in text, word
