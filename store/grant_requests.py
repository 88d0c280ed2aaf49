"""Requests for a grant that wait for a person's consent: single use, ten minutes long.

Codes and states are kept as hashes, what has to be read again is sealed.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from store.database import Store
from store.grants import Seal
from store.tables import grant_requests as requests

LASTS = timedelta(minutes=10)
_UNKNOWN = "no such request is known"
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its maker knows it; `code` opens the first page, `state` ends the last."""

    code: str
    tracker: str
    site: str
    redirect: str
    state: str
    verifier: str

    def __repr__(self) -> str:
        return f"Request({self.tracker!r}, {self.site!r})"


class Requests:
    """The requests of a store."""

    def __init__(self, store: Store, seal: Seal) -> None:
        self._store = store
        self._seal = seal

    def make(self, tracker: str, site: str, redirect: str, now: datetime) -> Request:
        """A new request with secrets of its own."""
        code, state, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        made = Request(code, tracker, site, redirect, state, verifier)
        row = {
            "id": _hash(code),
            "state": _hash(state),
            "tracker": tracker,
            "site": site,
            "redirect": redirect,
            "sealed": self._seal.seal(orjson.dumps([state, verifier])),
            "expires_at": now + LASTS,
        }
        old = requests.c.expires_at < now - _FORGOTTEN_AFTER
        with self._store.write() as connection:
            connection.execute(requests.delete().where(old))
            connection.execute(requests.insert().values(row))
        return made

    def start(self, tracker: str, code: str, browser: str, now: datetime) -> Request | str:
        """The request behind a code, from now on bound to this browser; or why there is none."""
        own = requests.c.id == _hash(code)
        if not self._known(own):
            return _UNKNOWN
        with self._store.write() as connection:
            row = connection.execute(sa.select(requests).where(own).with_for_update()).one_or_none()
            fault = _fault(row, tracker, now)
            if row is None or fault:
                return fault
            connection.execute(requests.update().where(own).values(browser=_hash(browser)))
        state, verifier = orjson.loads(self._seal.unseal(row.sealed))
        return Request(code, row.tracker, row.site, row.redirect, state, verifier)

    def take(
        self,
        tracker: str,
        state: str,
        now: datetime,
        *,
        browser: str | None = None,
        code: str | None = None,
    ) -> Request | str:
        """The request of a state, used up by this; or why there is none.

        It is given to the browser that started it, or to who knows its code.
        """
        own = requests.c.state == _hash(state)
        if not self._known(own):
            return _UNKNOWN
        with self._store.write() as connection:
            row = connection.execute(sa.select(requests).where(own).with_for_update()).one_or_none()
            fault = _fault(row, tracker, now)
            if row is None or fault:
                return fault
            if not _same(row.browser, browser) and not _same(row.id, code):
                return "this answer belongs to a browser that did not ask for it"
            connection.execute(requests.update().where(own).values(used_at=now))
        _, verifier = orjson.loads(self._seal.unseal(row.sealed))
        return Request(code or "", row.tracker, row.site, row.redirect, state, verifier)

    def _known(self, own: sa.ColumnElement[bool]) -> bool:
        """Anybody may ask us: a stranger's guess must not take the database's write lock."""
        with self._store.read() as connection:
            return connection.execute(sa.select(requests.c.id).where(own)).first() is not None

    def end(self, state: str, outcome: str, *, granted: bool) -> None:
        """Notes what became of it, for whoever waits."""
        statement = requests.update().where(requests.c.state == _hash(state))
        with self._store.write() as connection:
            connection.execute(statement.values(outcome=outcome, granted=granted))

    def outcome(self, code: str) -> tuple[bool, str] | None:
        """(whether it was granted, in words); None while nobody knows."""
        query = sa.select(requests.c.granted, requests.c.outcome).where(
            requests.c.id == _hash(code)
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None or row.granted is None else (row.granted, row.outcome)

    def withdraw(self, code: str) -> None:
        """Nobody waits any more: what was not answered can no longer be."""
        unused = sa.and_(requests.c.id == _hash(code), requests.c.used_at.is_(None))
        with self._store.write() as connection:
            connection.execute(requests.update().where(unused).values(expires_at=datetime.now(UTC)))


def _fault(row: sa.Row[Any] | None, tracker: str, now: datetime) -> str:
    """Why a request cannot be used; empty when it can."""
    if row is None or row.tracker != tracker:
        return _UNKNOWN
    if row.used_at is not None:
        return "this request was answered already"
    if row.expires_at <= now:
        minutes = LASTS.total_seconds() // 60
        return f"this request is over: it lasts {minutes:.0f} minutes"
    return ""


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _same(kept: str | None, secret: str | None) -> bool:
    return kept is not None and secret is not None and secrets.compare_digest(kept, _hash(secret))
