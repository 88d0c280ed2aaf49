"""The Markdown forms of what only ADF knows: links with a scheme of their own.

[@Name](accountid:ID)  [2026-11-20](date:1763596800000)  [DONE](status:green)
![alt](media:ID?collection=C)  [:name:](emoji:ID)  [text](adf:JSON)
"""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote, urlencode

from schemas.model import Json
from trackers.jira.adf import grammar
from trackers.markdown.converted import Unconvertible

SCHEMES = ("accountid", "date", "status", "media", "emoji", "adf")
"""Those that become nodes of their own."""

FOREIGN = ("username", "azureid", "attachment")
"""Forms of other trackers' texts, which ADF has no node for."""


def packed(node: Json) -> str:
    """A node as one line of JSON, the same for equal nodes."""
    try:
        return json.dumps(node, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (RecursionError, TypeError) as error:
        raise Unconvertible("ADF with attributes that cannot be written as JSON") from error


def unpacked(text: str) -> Json:
    """The node in a line of JSON; None when it is none."""
    try:
        node = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return node if isinstance(node, dict) else None


def address(scheme: str, name: str, **more: Json) -> str:
    """`scheme:name?more=…`, leaving out what is not set."""
    query = urlencode({key: value for key, value in more.items() if value not in (None, "")})
    return f"{scheme}:{quote(name, safe=':@-._~')}" + (f"?{query}" if query else "")


def scheme_of(href: str) -> str:
    """The scheme of an address when it is one of the forms here."""
    scheme = href.partition(":")[0]
    return scheme if scheme in SCHEMES or scheme in FOREIGN else ""


def split(href: str) -> tuple[str, dict[str, str]]:
    """The name and the query of an address."""
    name, _, query = href.partition(":")[2].partition("?")
    return unquote(name), dict(parse_qsl(query))


def date_text(timestamp: str) -> str:
    """A date in milliseconds as people write it; the digits when it is no date."""
    try:
        return f"{datetime.fromtimestamp(int(timestamp) / 1000, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return timestamp


def node_of(href: str, text: str) -> Json:
    """The inline node of a link in one of the forms; None when it makes no valid one."""
    scheme = scheme_of(href)
    if scheme == "adf":
        node = unpacked(unquote(href[4:]))
        return node if node and node.get("type") in grammar.INLINE and grammar.valid(node) else None
    made = _MADE.get(scheme)
    node = made(*split(href), text) if made else None
    return node if node and grammar.valid(node) else None


def _mention(name: str, query: dict[str, str], text: str) -> Json:
    attrs = {"id": name, "text": text if text.startswith("@") else f"@{text}"}
    return {"type": "mention", "attrs": attrs | _only(query, "accessLevel", "userType")}


def _date(name: str, query: dict[str, str], text: str) -> Json:
    return {"type": "date", "attrs": {"timestamp": name}}


def _status(name: str, query: dict[str, str], text: str) -> Json:
    return {"type": "status", "attrs": {"text": text, "color": name} | _only(query, "style")}


def _emoji(name: str, query: dict[str, str], text: str) -> Json:
    return {"type": "emoji", "attrs": {"shortName": text, "id": name, "text": text}}


_MADE = {"accountid": _mention, "date": _date, "status": _status, "emoji": _emoji}


def _only(query: dict[str, str], *names: str) -> dict[str, str]:
    return {name: query[name] for name in names if name in query}


def media_address(attrs: Json, where: str, layout: Json = None) -> str:
    """The address of a stored file; `where` says which node holds it."""
    return address(
        "media",
        attrs["id"],
        collection=attrs.get("collection"),
        type=_unless(attrs.get("type"), "file"),
        width=attrs.get("width"),
        height=attrs.get("height"),
        occurrenceKey=attrs.get("occurrenceKey"),
        place=_unless(where, "single"),
        layout=_unless((layout or {}).get("layout"), "center"),
    )


def media_node(href: str, alt: str) -> tuple[str, Json, str]:
    """Where the file stands (single, group or inline), its node, and its layout."""
    name, query = split(href)
    sizes = {key: float(query[key]) for key in ("width", "height") if _digits(query.get(key, ""))}
    attrs: dict[str, Json] = {
        "type": query.get("type", "file"),
        "id": name,
        "collection": query.get("collection", ""),
        **{key: int(size) if size.is_integer() else size for key, size in sizes.items()},
        **_only(query, "occurrenceKey"),
    }
    if alt:
        attrs["alt"] = alt
    where = query.get("place", "single")
    node = {"type": "mediaInline" if where == "inline" else "media", "attrs": attrs}
    return where, node, query.get("layout", "center")


def _digits(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 12


def _unless(value: Json, usual: str) -> Json:
    return None if value == usual else value


def sound(href: Json) -> bool:
    """Whether an address may be linked to."""
    if not isinstance(href, str) or not href.strip() or scheme_of(href) in SCHEMES:
        return False
    return not href.strip().lower().startswith(("javascript:", "vbscript:", "file:", "data:"))
