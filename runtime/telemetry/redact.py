"""Strikes secrets out of whatever leaves the process: by name, by shape and by value."""

import re
from collections.abc import Collection, Mapping
from typing import Any

STRUCK = "[redacted]"

NAMES = re.compile(
    r"token(?!s$)|secret|passw|authori[sz]ation|cookie|api_?-?key|private_?-?key|signature|dsn$"
    r"|verifier",
    re.IGNORECASE,
)
"""Keys whose values are never shown; `token_env` and the like only name a variable."""

HARMLESS = re.compile(r"(_env|_seconds|_id)$")

SHAPES = re.compile(
    r"gh[pousr]_[A-Za-z0-9]{10,}"
    r"|github_pat_\w{10,}"
    r"|gl(?:pat|cbt|ptt|dt|rt|oas)-[\w-]{10,}"
    r"|lin_(?:api|oauth|wh)_\w{10,}"
    r"|AT(?:ATT|CTT|OA)[\w=-]{10,}"
    r"|\btsync_[\w-]{10,}"
    r"|\bwhsec_[\w+/=-]{10,}"
    r"|\bgAAAA[\w-]{30,}=*"
    r"|\bsha(?:1|256)=[0-9a-f]{40,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
SCHEMES = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
USERINFO = re.compile(r"://[^/\s@?#]*@")
QUERY = re.compile(
    r"([?&](?:access_token|token|key|secret|password|sig|code|request)="
    r"|\b(?:access_token|refresh_token|id_token|client_secret|code_verifier)=)[^&\s#]+",
    re.IGNORECASE,
)
MEMBER = re.compile(
    r"""(["'](?:access_token|refresh_token|id_token|client_secret|code_verifier)["']\s*:\s*["'])"""
    r"""[^"']+""",
    re.IGNORECASE,
)
"""A member of JSON, or of a printed dict, that somebody put into a text."""

SHORTEST = 6
"""A secret shorter than this would strike out ordinary words."""

DEEPEST = 8
LEARNED_MOST = 64


class Learned:
    """Secrets that came while the process ran, newest first: tokens that were renewed."""

    def __init__(self) -> None:
        self.values: tuple[str, ...] = ()

    def add(self, *secrets: str | None) -> None:
        """Strikes these out from now on, in every redactor of the process."""
        new = tuple(s for s in secrets if s and len(s) >= SHORTEST and s not in self.values)
        if new:  # replaced as a whole: other threads are reading it
            self.values = (*new, *self.values)[:LEARNED_MOST]


LEARNED = Learned()


class Redactor:
    """Redacts strings and nested values; `secrets` are the values in use in this process."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        longest_first = sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True)
        known = "|".join(map(re.escape, longest_first))
        self._known = re.compile(known) if known else None

    def text(self, value: str) -> str:
        """The string without anything that looks like a secret or is one."""
        if self._known is not None:
            value = self._known.sub(STRUCK, value)
        for secret in LEARNED.values:
            value = value.replace(secret, STRUCK)
        value = SHAPES.sub(STRUCK, value)
        value = SCHEMES.sub(rf"\1 {STRUCK}", value)
        value = USERINFO.sub(f"://{STRUCK}@", value)
        value = MEMBER.sub(rf"\1{STRUCK}", value)
        return QUERY.sub(rf"\1{STRUCK}", value)

    def value(self, value: Any, depth: int = 0) -> Any:
        """Any value a log line may hold, copied without secrets; bytes never pass."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"<{len(value)} bytes>"
        if depth > DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return {str(key): self.named(str(key), item, depth) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item, depth + 1) for item in value]
        return self.text(str(value))

    def named(self, key: str, value: Any, depth: int = 0) -> Any:
        """A value under a key: struck out as a whole when the key names a secret."""
        if NAMES.search(key) and not HARMLESS.search(key) and not isinstance(value, (bool, int)):
            return STRUCK if value else value
        return self.value(value, depth + 1)
