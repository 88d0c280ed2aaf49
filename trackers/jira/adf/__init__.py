"""ADF ⇄ Markdown: the document form of Jira Cloud (REST v3)."""

from trackers.jira.adf.blocks import to_markdown
from trackers.jira.adf.reuse import from_markdown

__all__ = ["from_markdown", "to_markdown"]
