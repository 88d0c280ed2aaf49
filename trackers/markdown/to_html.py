"""Markdown → HTML, for fields that hold HTML (Azure DevOps)."""

from urllib.parse import parse_qsl, unquote

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from trackers.markdown.converted import Converted
from trackers.markdown.dialect import TooDeep, parse, render
from trackers.markdown.escape import clean

MENTION = "azureid"
"""The scheme of a mention of somebody at Azure DevOps: `[@Name](azureid:GUID)`."""

_ALERTS = {"NOTE": "Note", "TIP": "Tip", "IMPORTANT": "Important", "WARNING": "Warning",
           "CAUTION": "Caution"}  # fmt: skip


def to_html(markdown: str) -> Converted:
    """HTML for a Markdown text; raw HTML in it is shown as text."""
    losses: dict[str, None] = {}
    try:
        tokens = parse(markdown)
    except TooDeep:
        losses["nested too deeply: shown as it is written"] = None
        return Converted(f"<pre><code>{escapeHtml(clean(markdown))}</code></pre>", tuple(losses))
    return Converted(render(_adapted(tokens, losses)).strip(), tuple(losses))


def _adapted(tokens: list[Token], losses: dict[str, None]) -> list[Token]:
    """Tokens with mentions in Azure's form and alerts as quotes that begin with their kind."""
    hidden = False
    out: list[Token] = []
    for token in tokens:
        if token.type in ("alert_title_open", "alert_title_close"):
            hidden = token.nesting > 0
            continue
        if not hidden:
            out += _block(token)
        _note(token, losses)
        if token.children:
            token.children = _mentions(token.children, losses)
    return out


def _block(token: Token) -> list[Token]:
    if not token.type.startswith("alert_"):
        return [token]
    token.tag = "blockquote"
    if token.nesting < 0:
        return [token]
    kind = token.meta["kind"]
    token.attrs = {"class": f"markdown-alert-{kind.lower()}"}
    title = Token(
        "html_block", "", 0, content=f"<p><strong>{_ALERTS.get(kind, kind)}</strong></p>\n"
    )
    return [token, title]


def _note(token: Token, losses: dict[str, None]) -> None:
    for one in (token, *(token.children or ())):
        if one.type == "comment" and one.content != "<!---->":
            losses["an HTML comment"] = None


def _mentions(children: list[Token], losses: dict[str, None]) -> list[Token]:
    for token in children:
        href = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
        scheme, _, rest = href.partition(":")
        if scheme == MENTION:
            name, _, query = rest.partition("?")
            version = dict(parse_qsl(query)).get("version", "2.0")
            token.attrs = {"href": "#", "data-vss-mention": f"version:{version},{unquote(name)}"}
        elif scheme in ("accountid", "username"):
            losses["a mention of somebody at another tracker"] = None
    return children
