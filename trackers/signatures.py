"""Signatures over raw bytes, compared in constant time against several live secrets."""

import hmac
from collections.abc import Iterable, Sequence


def usable(secrets: Iterable[str]) -> list[str]:
    """The secrets that are any: an empty one would let everybody sign."""
    return [secret for secret in secrets if secret.strip()]


def proves(body: bytes, claimed: str, secrets: Sequence[str], algorithm: str = "sha256") -> bool:
    """Whether `claimed` (lower-case hex) is the HMAC of `body` under any of the secrets.

    Every secret is tried even after a match, so that time does not tell which one is live.
    """
    given = claimed.encode("utf-8", "replace")
    found = False
    for secret in usable(secrets):
        own = hmac.digest(secret.encode("utf-8", "replace"), body, algorithm).hex().encode()
        found = hmac.compare_digest(own, given) or found
    return found
