"""Rich text: HTML by default, Markdown where a field or comment says so.

https://learn.microsoft.com/azure/devops/boards/queries/titles-ids-descriptions (fields),
`format` of comments: https://learn.microsoft.com/rest/api/azure/devops/wit/comments
"""

import re

from schemas.change import Marker
from schemas.errors import Permanent
from trackers import markdown, markers
from trackers.markdown import Converted

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_MARK = r"ticketsync:1:[^\s\"'<>()]+:[0-9a-f]{32}"
_ANCHOR = re.compile(
    rf"(?:<(?P<block>p|div)[^<>]*>\s*)?<a\b[^<>]*{_MARK}[^<>]*>[^<>]*</a>(?(block)\s*</(?P=block)>)"
)
_LINK = re.compile(rf"\[[^\[\]]{{0,200}}\]\([^()\s]*{_MARK}[^()]*\)")
_MENTION = re.compile(r"\[@[^\[\]]{0,200}\]\(azureid:([0-9A-Fa-f-]{36})\)")
"""Somebody mentioned, as Markdown from HTML has it; Markdown of the tracker's own says `@<id>`."""

_NOWHERE = "https://ticketsync.invalid/"


def read(text: str | None, *, is_markdown: bool) -> Converted:
    """The Markdown of a field or comment, without what is ours in it.

    Text without any tag but with line ends was written as Markdown by somebody who did not say so.
    """
    raw = _unmarked((text or "").replace("\r\n", "\n").replace("\r", "\n"))
    if is_markdown or ("\n" in raw and not _TAG.search(raw)):
        return Converted(markers.without(raw))
    if not raw.strip():
        return Converted("")
    try:
        found = markdown.from_html(raw)
    except markdown.Unconvertible as why:
        return Converted(markers.without(raw), (f"the text is kept as HTML: {why}",))
    return Converted(markers.without(found.text), found.losses)


def written(text: str, *, is_markdown: bool) -> Converted:
    """Our Markdown as the field or comment takes it."""
    if is_markdown or not text.strip():
        return Converted(_MENTION.sub(r"@<\1>", text))
    try:
        return markdown.to_html(text)
    except markdown.Unconvertible as why:
        raise Permanent(f"the text cannot be written as HTML: {why}") from None


def marked(text: str, marker: Marker | None, origin: str | None, *, is_markdown: bool) -> str:
    """A comment with its marker: a link to its origin, since HTML comments do not survive here.

    Browsers leave out what follows `:~:` in a fragment
    (https://wicg.github.io/scroll-to-text-fragment/).
    """
    if marker is None:
        return text
    address = origin if origin and origin.startswith(("http://", "https://")) else _NOWHERE
    joint = ":~:" if "#" in address else "#:~:"
    target = f"{address}{joint}{markers.text(marker)}".replace('"', "%22").replace(" ", "%20")
    if is_markdown:
        return f"{text}\n\n[ticketsync]({target})"
    return f'{text}<p><a href="{target}">ticketsync</a></p>'


def mark_in(raw: str) -> str:
    """The marker's link in a comment as it stands, to be kept by an edit; empty without one."""
    anchor, link = _ANCHOR.search(raw), _LINK.search(raw)
    if anchor:
        return anchor[0]
    return f"\n\n{link[0]}" if link else ""


def _unmarked(raw: str) -> str:
    """Without the link that carries a marker; it is always the last thing in a text."""
    if "ticketsync:1:" not in raw:
        return raw
    found = _LINK.sub("", _ANCHOR.sub("", raw))
    return raw if found == raw else found.rstrip()
