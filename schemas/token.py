"""A token of the admin API, as far as it may be shown: what it opens is kept as a digest only."""

from datetime import datetime
from typing import Literal, get_args

from schemas.model import Model

TokenScope = Literal["read", "operate", "admin"]
"""`read` looks, `operate` also sets work going and settles what waits, `admin` also changes what is
configured. Each holds those before it."""

SCOPES: tuple[TokenScope, ...] = get_args(TokenScope)


class Token(Model):
    """A row of the table of tokens; `last_used_at` is true to about a minute."""

    id: int
    name: str
    scope: TokenScope
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def allows(self, scope: TokenScope) -> bool:
        """Whether this token may do what asks for `scope`."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)
