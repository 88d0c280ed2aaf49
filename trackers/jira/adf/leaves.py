"""Inline ADF nodes other than text → their Markdown forms."""

from collections.abc import Callable
from urllib.parse import quote

from schemas.model import Json
from trackers.jira.adf import forms, grammar
from trackers.markdown import escape

Losses = dict[str, None]
"""What could not be held, in words, each once, in order."""


def _mention(node: Json, losses: Losses) -> str:
    attrs = node["attrs"]
    name = " ".join((attrs.get("text") or attrs["id"]).split()) or attrs["id"]
    shown = escape.escaped(f"@{name.removeprefix('@')}", escape.Hazards(True, True))
    access = attrs.get("accessLevel")
    kept = None if access in ("", "CONTAINER", "NONE") else access
    user = attrs.get("userType")
    href = forms.address("accountid", attrs["id"], accessLevel=kept, userType=_usual(user))
    return f"[{shown}]({escape.destination(href)})"


def _usual(user: Json) -> Json:
    return None if user == "DEFAULT" else user


def _emoji(node: Json, losses: Losses) -> str:
    attrs = node["attrs"]
    text, name = escape.clean(attrs.get("text") or ""), escape.clean(attrs["shortName"])
    if text.strip() and not text.startswith(":"):
        return escape.escaped(text, escape.Hazards(True, True))
    if not attrs.get("id") and escape.emoji_name(name):
        return name
    shown = escape.escaped(" ".join(name.split()), escape.Hazards(True, True))
    return (
        f"[{shown or 'emoji'}]({escape.destination(forms.address('emoji', attrs.get('id') or ''))})"
    )


def _date(node: Json, losses: Losses) -> str:
    stamp = node["attrs"]["timestamp"]
    shown = escape.escaped(forms.date_text(escape.clean(stamp)), escape.Hazards(True, True))
    return f"[{' '.join(shown.split()) or 'date'}]({forms.address('date', stamp)})"


def _status(node: Json, losses: Losses) -> str:
    attrs = node["attrs"]
    shown = " ".join(escape.clean(attrs["text"]).split())
    if not shown:
        return unknown(node, losses)
    text = escape.escaped(shown, escape.Hazards(True, True))
    return f"[{text}]({forms.address('status', attrs['color'], style=attrs.get('style'))})"


def _media(node: Json, losses: Losses) -> str:
    attrs = node["attrs"]
    if not grammar.known(node) or node.get("marks") or "data" in attrs:
        return unknown(node, losses)
    alt = escape.escaped(" ".join((attrs.get("alt") or "").split()), escape.Hazards(True, True))
    return f"![{alt}]({forms.media_address(attrs, 'inline')})"


def written(node: Json, losses: Losses) -> str:
    """A node that is neither text nor break nor card, in its form."""
    return _WRITTEN.get(node["type"], unknown)(node, losses)


def unknown(node: Json, losses: Losses) -> str:
    """What has no form of its own: its text, linked to its whole JSON."""
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(kind, str):
        losses["something that is no ADF node"] = None
        return ""
    losses[f"{kind} is kept as JSON"] = None
    shown = escape.escaped(" ".join(_words(node).split())[:200] or kind, escape.Hazards(True, True))
    return f"[{shown}](adf:{quote(forms.packed(node), safe='')})"


def _words(node: Json) -> str:
    """Text anywhere inside a node."""
    attrs = node.get("attrs")
    own = node.get("text") or (attrs.get("text") if isinstance(attrs, dict) else "")
    inner = node.get("content")
    inside = (
        [_words(one) for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
    )
    return escape.clean(" ".join([own if isinstance(own, str) else "", *inside]))


_WRITTEN: dict[str, Callable[[Json, Losses], str]] = {
    "mention": _mention, "emoji": _emoji, "date": _date, "status": _status, "mediaInline": _media,
}  # fmt: skip
