"""Jira wiki markup ⇄ Markdown: webhook bodies and Jira Data Center (REST v2)."""

from trackers.jira.adf.blocks import written
from trackers.jira.wiki.read import blocks
from trackers.jira.wiki.write import from_markdown
from trackers.markdown.converted import Converted, Unconvertible
from trackers.markdown.dialect import LONGEST
from trackers.markdown.escape import clean

__all__ = ["from_markdown", "to_markdown"]


def to_markdown(wiki: str) -> Converted:
    """Markdown for a wiki text; Unconvertible for one that is too long."""
    if len(wiki) > LONGEST:
        raise Unconvertible(f"a text of {len(wiki)} characters; {LONGEST} is the longest")
    losses: dict[str, None] = {}
    return written(blocks(clean(wiki), losses), losses)
