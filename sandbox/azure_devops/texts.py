"""What the stand-in does to rich text, and the invented shop: people, troubles, remarks.

Azure DevOps docs: rich-text fields are HTML; scripts and handlers are taken out on saving.
"""

from __future__ import annotations

import html
import re

PEOPLE = (
    ("mara@shop.example", "Mara Lind"),
    ("tomasz@shop.example", "Tomasz Wrona"),
    ("aiko@shop.example", "林 愛子"),
    ("jurgen@shop.example", "Jürgen Koch"),
    ("noor@shop.example", "Noor Haddad"),
)
TAGS = ("checkout", "warehouse", "Übersetzung", "night shift", "vip")
THINGS = ("barcode scanner", "basket page", "gift card field", "invoice", "stock counter")
TROUBLES = ("drops every third item", "shows the wrong currency", "is slow on Mondays",
            "forgets what was typed", "counts twice")  # fmt: skip
BODIES = (
    "Since the update the {thing} does not work any more.\n\nIt was fine last week.",
    "A customer called about the {thing}. 日本語の注文だけ失敗します。",
    "Nobody knows why.",
    "",
)
REMARKS = (
    "Reproduced on the second till.",
    "I will look at it tomorrow.",
    "Könnte am neuen Drucker liegen.",
    "Fixed in the branch, please try.",
    "Asked the supplier.\n\nWaiting for an answer.",
)

_GONE = re.compile(r"<(script|style|iframe)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_HANDLER = re.compile(r"\son\w+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(p|div|li|h[1-6]|tr|blockquote|pre)\s*>\s*", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>\n?", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def normal(text: str) -> str:
    """HTML as it is kept: without scripts, handlers and comments, with LF."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HANDLER.sub("", _GONE.sub("", plain)).strip()


def as_html(text: str) -> str:
    """What the editor makes of typed paragraphs."""
    paragraphs = [html.escape(one, quote=False) for one in text.split("\n\n") if one.strip()]
    return "".join(f"<div>{one.replace(chr(10), '<br>')}</div>" for one in paragraphs)


def as_text(markup: str) -> str:
    """The paragraphs of kept HTML, for comparing with what was synced."""
    ends = _BLOCK_END.sub("\n\n", _BREAK.sub("\n", markup))
    return html.unescape(re.sub(r"\n{3,}", "\n\n", _TAG.sub("", ends))).strip()
