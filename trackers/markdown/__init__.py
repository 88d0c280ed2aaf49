"""Markdown ⇄ HTML, and what all text conversions share."""

from trackers.markdown.converted import Converted, ConvertedDocument, Unconvertible
from trackers.markdown.from_html import from_html
from trackers.markdown.to_html import to_html

__all__ = ["Converted", "ConvertedDocument", "Unconvertible", "from_html", "to_html"]
