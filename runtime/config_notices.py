"""What no single key of `[notices]` can tell: an odd address, a secret that is absent or misspelt.

Works on the raw table, so that these faults are told together with the others.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from schemas.settings import NoticesSettings

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a signing secret (Standard Webhooks, "Signature scheme")."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,80}")


def check(table: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[str]:
    """All faults, one line each; nothing is checked while there is no address."""
    section = table.get("notices")
    if not isinstance(section, dict):  # the wrong type is a fault of its own
        return
    url = section.get("url", "")
    name = section.get("secret_env", NoticesSettings().secret_env)
    if not isinstance(url, str) or not isinstance(name, str) or not url:
        return
    if not _is_address(url):
        yield "[notices] url (NOTICES_URL) must be an address like https://host/path"
    secrets = environ.get(name, "").replace(",", " ").split()
    if not secrets and not _VARIABLE.fullmatch(name):
        # Somebody may have pasted the secret itself: it must not be repeated.
        yield "[notices] secret_env must name an environment variable"
    elif not secrets:
        yield f"[notices] url is set, but {name}, the variable of its signing secret, is not"
    elif not all(map(_is_secret, secrets)):
        yield (
            f"[notices] secret_env: {name} must hold {PREFIX} and {SHORTEST} to {LONGEST} bytes "
            "in base64; several, while rotating, stand apart by a space"
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except (ValueError, UnicodeError):
        return False
    plain = url.isprintable() and " " not in url and "%" not in host
    return parts.scheme in ("http", "https") and bool(host) and port != 0 and plain


def _is_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(PREFIX) and SHORTEST <= len(key) <= LONGEST
