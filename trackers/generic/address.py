"""What a source of this kind is called: an address that people can open, or just a name."""

import re
from urllib.parse import urlsplit

from schemas.errors import ConfigError
from schemas.source import Source

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def source_url(url: str) -> tuple[str, str | None, str]:
    """(clean url, None, name): the last words of the path, else the host.

    Nothing is ever sent there; ConfigError for what is no http(s) address.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        raise _unknown(url) from None
    if parts.scheme not in ("http", "https") or not host:
        raise _unknown(url)
    place = parts.netloc.rpartition("@")[2].lower()
    words = [word for word in parts.path.split("/") if word]
    name = words[-1] if words else host
    if not _NAME.fullmatch(name):
        raise _unknown(url)
    path = "/".join(words)
    return f"{parts.scheme}://{place}" + (f"/{path}" if path else ""), None, name


def project_name(source: Source) -> str:
    """The name in the source's address."""
    return source_url(source.url)[2]


def _unknown(url: str) -> ConfigError:
    shown = re.sub(r"//[^/@]*@", "//", url)[:200]
    wanted = "expected an address of the sending system such as https://tickets.example.com/shop"
    return ConfigError(f"url {shown!r} is no address: {wanted}")
