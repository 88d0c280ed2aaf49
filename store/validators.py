"""Validators of conditional requests, per credential: a 304 costs no rate limit and no work."""

from datetime import UTC, datetime

import sqlalchemy as sa

from schemas.ports import Validator
from store import sql
from store.database import Store
from store.tables import validators


class StoredValidators:
    """The port `Validators`, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, credential: str, address: str) -> Validator | None:
        """The validator of the last answer from this address to this credential."""
        query = sa.select(validators.c.etag, validators.c.last_modified).where(
            validators.c.credential == credential, validators.c.address == address
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        return Validator(etag=row.etag, last_modified=row.last_modified) if row else None

    def put(self, credential: str, address: str, validator: Validator) -> None:
        """Keeps the validator of an answer whose content has been taken in."""
        row = validator.model_dump() | {
            "credential": credential,
            "address": address,
            "seen_at": datetime.now(UTC),
        }
        with self._store.write() as connection:
            sql.upsert(connection, validators, [row])
