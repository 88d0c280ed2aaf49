"""Rich text in its three forms: ADF (v3), wiki markup (v2, webhooks) and rendered HTML."""

from schemas.model import Json
from trackers import markdown, markers
from trackers.jira import adf, wiki
from trackers.markdown.converted import Converted, Unconvertible


def read(text: Json, rendered: str | None = None) -> tuple[str, tuple[str, ...]]:
    """(Markdown with LF, losses) of a text field.

    What of an ADF cannot be converted is read from the HTML Jira renders of it; without that it
    stays empty and is a loss.
    """
    if text is None or text == "":
        return "", ()
    try:
        found = wiki.to_markdown(text) if isinstance(text, str) else adf.to_markdown(text)
    except Unconvertible as error:
        if not rendered:
            return "", (f"the text cannot be read: {error}",)
        found = markdown.from_html(rendered)
    return _clean(found)


def readable(text: Json) -> bool:
    """Whether a text field can be read without Jira's rendering."""
    if text is None or isinstance(text, str):
        return True
    try:
        adf.to_markdown(text)
    except Unconvertible:
        return False
    return True


def written(text: str, original: Json, *, cloud: bool) -> tuple[Json, tuple[str, ...]]:
    """(text field, losses) of a Markdown; blocks that stay are taken from the `original`."""
    if not cloud:
        found = wiki.from_markdown(text)
        return found.text, found.losses
    document = adf.from_markdown(text, original if isinstance(original, dict) else None)
    return document.document, document.losses


def _clean(found: Converted) -> tuple[str, tuple[str, ...]]:
    plain = found.text.replace("\r\n", "\n").replace("\r", "\n")
    return markers.without(plain), found.losses
