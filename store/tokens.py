"""Tokens of the admin API. Only the SHA-256 of each is kept.

A token is 256 random bits, so there is nothing that a slow hash would protect from guessing; and
looking a digest up takes no time that tells anything of the token.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.errors import TicketsyncError
from schemas.token import Token, TokenScope
from store import audit
from store.tables import tokens

PREFIX = "tsync_"
"""How a token begins, so that people and scanners know one when they see it."""

NOTED_EVERY = timedelta(minutes=1)


def digest_of(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    connection: sa.Connection, name: str, scope: TokenScope, now: datetime, who: str
) -> tuple[Token, str]:
    """A new token and its secret, which nobody can read again. Raises TicketsyncError for a name
    that a living token has."""
    if _named(connection, name) is not None:
        raise TicketsyncError(f'there is a token "{name}": revoke it first, or choose another name')
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {"name": name, "digest": digest_of(secret), "scope": scope, "created_at": now}
    statement = tokens.insert().values(values).returning(*tokens.c)
    made = _token(connection.execute(statement).one())
    audit.note(connection, now, who, "token.create", name, after={"id": made.id, "scope": scope})
    return made, secret


def find(connection: sa.Connection, *, revoked: bool = False, limit: int = 50) -> list[Token]:
    """Tokens, oldest first; those that were revoked too when asked for."""
    query = sa.select(tokens).order_by(tokens.c.id).limit(limit)
    if not revoked:
        query = query.where(tokens.c.revoked_at.is_(None))
    return [_token(row) for row in connection.execute(query)]


def by_secret(connection: sa.Connection, secret: str) -> Token | None:
    """The living token that is this secret."""
    query = sa.select(tokens).where(
        tokens.c.digest == digest_of(secret), tokens.c.revoked_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return _token(row) if row else None


def is_noted(token: Token, now: datetime) -> bool:
    """Whether its use was noted a moment ago, so that not every request writes."""
    return token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY


def used(connection: sa.Connection, token: int, now: datetime) -> None:
    """Notes that a token was used."""
    connection.execute(tokens.update().where(tokens.c.id == token).values(last_used_at=now))


def revoke(connection: sa.Connection, which: str, now: datetime, who: str) -> Token:
    """Ends a token by its name or number. Raises TicketsyncError when no living one is called so.

    A name wins over a number: one could call a token "3".
    """
    found = _named(connection, which) or _numbered(connection, which)
    if found is None:
        raise TicketsyncError(f'there is no token "{which}": `tokens list` shows them')
    connection.execute(tokens.update().where(tokens.c.id == found.id).values(revoked_at=now))
    audit.note(connection, now, who, "token.revoke", found.name, before={"id": found.id})
    return found.model_copy(update={"revoked_at": now})


def _named(connection: sa.Connection, name: str) -> Token | None:
    query = sa.select(tokens).where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
    row = connection.execute(query.limit(1)).one_or_none()
    return _token(row) if row else None


def _numbered(connection: sa.Connection, which: str) -> Token | None:
    if not (which.isascii() and which.isdecimal() and len(which) < 18):
        return None
    query = sa.select(tokens).where(tokens.c.id == int(which), tokens.c.revoked_at.is_(None))
    row = connection.execute(query).one_or_none()
    return _token(row) if row else None


def _token(row: Any) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scope=row.scope,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
