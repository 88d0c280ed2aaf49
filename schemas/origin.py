"""The part of an address that names a site."""

from urllib.parse import urlsplit


def origin_of(address: str) -> str:
    """`https://host` or `https://host:8443` in lower case; empty when it is no web address."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme.lower()]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme.lower()}://{host}" + (f":{port}" if port not in (None, usual) else "")
