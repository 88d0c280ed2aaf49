"""Who may: bearer tokens (RFC 6750), from the table of tokens or from the environment."""

import hmac
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from receiver.api.problems import Problem
from runtime.usual_names import API_TOKEN
from schemas.errors import StoreAway
from schemas.token import Token, TokenScope
from store import tokens
from store.database import Store

REALM = 'Bearer realm="ticketsync"'
HOW = "`ticketsync tokens create NAME --scope read` makes one"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Lets in who has a token; `given` are the tokens of the environment, which may do all."""

    store: Store
    given: tuple[str, ...]

    def admit(self, sent: Sequence[str], scope: TokenScope, now: datetime) -> str:
        """Who it is, for the audit. `sent` are the Authorization headers.

        Raises Problem 401 without a token that is good, 403 when it may not do that much.
        """
        secret = _bearer(sent)
        if any(hmac.compare_digest(tokens.digest_of(secret), tokens.digest_of(one))
               for one in self.given):  # fmt: skip
            return f"api:{API_TOKEN}"
        with self.store.read() as connection:
            found = tokens.by_secret(connection, secret)
        if found is None:
            raise _stranger()
        if not found.allows(scope):
            raise Problem(
                403,
                f'this needs the scope "{scope}"; the token "{found.name}" has "{found.scope}"',
                headers={
                    "WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'
                },
            )
        self._note(found, now)
        return f"api:{found.name}"

    def _note(self, token: Token, now: datetime) -> None:
        if not tokens.is_noted(token, now):
            # A store that can only be read still has answers; the time of use is no more than that.
            with suppress(StoreAway), self.store.write() as connection:
                tokens.used(connection, token.id, now)


def _bearer(sent: Sequence[str]) -> str:
    if len(sent) != 1:
        line = f"a token is needed, as `Authorization: Bearer TOKEN`; {HOW}"
        raise Problem(401, line, headers={"WWW-Authenticate": REALM})
    scheme, _, secret = sent[0].strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip() or len(secret) > LONGEST:
        raise _stranger()
    return secret.strip()


def _stranger() -> Problem:
    return Problem(
        401,
        f"this token is not known here, or it was revoked; {HOW}",
        headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )
