"""Hosts that a tracker sends us on to for a file: storage of its own, or a trap.

A name is looked up once, and the connection goes to the address that was vetted; so a name that
answers differently the second time (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Callable, Sequence

from schemas.addresses import is_public
from schemas.errors import Permanent, Transient

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → its addresses as texts. Raises OSError."""


def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a host, the best first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def vetted(scheme: str, host: str, port: int | None, resolve: Resolve = looked_up) -> str:
    """The public IP address of a host; raises Permanent when all it has are private ones."""
    if scheme not in ("http", "https") or not host:
        raise Permanent("a file lies at no address of the web; it is not followed")
    try:
        found = resolve(host.strip("[]"), port or (443 if scheme == "https" else 80))
    except (OSError, UnicodeError) as error:
        raise Transient(f"the name {host} of a file's host cannot be looked up") from error
    for address in found:
        if is_public(address):
            return address
    raise Permanent(
        f"a file lies at {host}, which is no public address; if that is meant, set "
        "attachment_private_hosts = true for the mirror"
    )
