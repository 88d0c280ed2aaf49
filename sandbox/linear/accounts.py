"""Who is asking: personal keys, OAuth tokens, and the code a consent leaves.

https://linear.app/developers/oauth-2-0-authentication
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.datastructures import Headers

from sandbox.linear.refusals import unauthenticated
from sandbox.linear.state import Person, Team, World


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a token."""

    key: str
    person: Person
    admin: bool = True
    sees_private: bool = True
    oauth: bool = False


def sees(identity: Identity, team: Team) -> bool:
    """Whether a team is listed for somebody."""
    return not team.locked_out and (not team.private or identity.sees_private)


class Accounts:
    """Knows the tokens of one sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._tokens: dict[str, Identity] = {}

    def add_token(
        self, token: str, handle: str, *, admin: bool = True, private: bool = True
    ) -> Identity:
        """Another personal key; without `private` it sees public teams alone."""
        person = self.world.person(handle, admin=admin)
        identity = Identity(token, person, admin, private)
        self._tokens[token] = identity
        return identity

    def add_grant(self, handle: str) -> str:
        """An OAuth token of that person, which wants to be sent as Bearer."""
        token = f"lin_oauth_{secrets.token_hex(16)}"
        self._tokens[token] = Identity(token, self.world.person(handle), False, True, oauth=True)
        return token

    def revoke(self, token: str) -> None:
        self._tokens.pop(token, None)

    def recognise(self, headers: Headers) -> Identity:
        """A personal key goes as it is, an OAuth token as Bearer; neither is taken otherwise."""
        scheme, _, token = headers.get("authorization", "").strip().rpartition(" ")
        identity = self._tokens.get(token)
        if identity is None or identity.oauth != (scheme.lower() == "bearer"):
            raise unauthenticated()
        return identity
