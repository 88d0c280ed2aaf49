"""OAuth grants, sealed in their rows; renewed by one process for all (no HTTP in a transaction).

A renewal is announced under a lease, carried out, and stored by compare-and-set on the generation:
whoever comes second takes what the first one stored.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson
import sqlalchemy as sa

from schemas.errors import Denied, StoreAway, TicketsyncError, Transient
from schemas.model import Json
from schemas.origin import origin_of
from schemas.ports import Grant
from store import leases, sql
from store.database import Store
from store.leases import Lease
from store.tables import grants

LEASE_LENGTH = timedelta(seconds=90)
"""Longer than the one request may take, connection and answer together."""
WAIT_SECONDS = 10.0
SAVE_SECONDS = 15.0
FAULT_HOLDS = timedelta(minutes=1)
"""So long a refused refresh is answered without asking again."""
_PAUSE_SECONDS = 0.2

Refresh = Callable[[Grant], Grant]
Key = tuple[str, str]


class Seal(Protocol):
    """What keeps tokens unreadable in the database; `unseal` raises Denied without its key."""

    def seal(self, plain: bytes) -> bytes:
        """Encrypts with the newest key."""

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypts with any of the keys."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A grant as a person is shown it: no token among it. `site` is empty for a tracker of one."""

    tracker: str
    site: str
    account: str | None
    sites: dict[str, str]
    scopes: tuple[str, ...]
    expires_at: datetime | None
    granted_at: datetime
    renewed_at: datetime | None
    fault: str


class Grants:
    """The grants of a store. One object serves all threads of a process.

    `lease_length` is how long a renewal of a process that died keeps the others from theirs,
    `save_seconds` how long a database that is away is waited for.
    """

    def __init__(
        self,
        store: Store,
        seal: Seal,
        *,
        lease_length: timedelta = LEASE_LENGTH,
        save_seconds: float = SAVE_SECONDS,
    ) -> None:
        self._store = store
        self._seal = seal
        self._save_seconds = save_seconds
        self._lease_length = lease_length
        self._unsaved: dict[Key, tuple[int, Grant]] = {}

    def find(self, tracker: str, origin: str) -> Grant | None:
        """The grant for a site, with that site's id where the tracker names its sites by ids."""
        with self._store.read() as connection:
            row = _row(connection, tracker, origin)
        return None if row is None else self._opened(row, origin)

    def save(
        self, tracker: str, site: str, grant: Grant, sites: dict[str, str], account: str | None
    ) -> None:
        """Keeps what a consent brought, in place of what was there."""
        now = datetime.now(UTC)
        row = self._columns(tracker, site, grant) | {
            "tracker": tracker,
            "site": site,
            "generation": 1,
            "account": account,
            "sites": sites,
            "granted_at": now,
            "renewed_at": None,
        }
        with self._store.write() as connection:
            sql.upsert(connection, grants, [row], bump=("generation",))
        self._unsaved.pop((tracker, site), None)

    def renew(self, tracker: str, origin: str, seen: Grant, refresh: Refresh) -> Grant:
        """A grant newer than `seen`; only one process calls `refresh`.

        Raises Denied when the tracker refuses or there is no grant, Transient when another process
        is at it for too long.
        """
        until = time.monotonic() + WAIT_SECONDS
        while True:
            self._save_late(tracker, origin)
            found = self._announced(tracker, origin, seen)
            if isinstance(found, Grant):
                return found
            if found is not None:
                return self._carried_out(found, origin, refresh)
            if time.monotonic() >= until:
                raise Transient(
                    f"another process is renewing the grant of {tracker}", retry_after=5
                )
            time.sleep(_PAUSE_SECONDS)

    def listed(self) -> Sequence[Kept]:
        """All grants, without their tokens."""
        names = list(Kept.__dataclass_fields__)
        query = sa.select(*(grants.c[name] for name in names)).order_by(
            grants.c.tracker, grants.c.site
        )
        with self._store.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Kept(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]

    def remove(self, tracker: str, site: str) -> bool:
        """Forgets a grant; False when there was none."""
        with self._store.write() as connection:
            gone = connection.execute(grants.delete().where(_at(tracker, site)))
        self._unsaved.pop((tracker, site), None)
        return gone.rowcount == 1

    def reseal(self) -> int:
        """Seals every grant with the newest key; how many."""
        with self._store.write() as connection:
            rows = connection.execute(sa.select(grants).with_for_update()).all()
            for row in rows:
                sealed = self._seal.seal(self._seal.unseal(row.sealed))
                statement = grants.update().where(_at(row.tracker, row.site))
                connection.execute(statement.values(sealed=sealed))
        return len(rows)

    def _announced(self, tracker: str, origin: str, seen: Grant) -> "Grant | _Turn | None":
        """The newer grant; or our turn to renew; or None while somebody else has it."""
        holder = uuid.uuid4().hex
        with self._store.write() as connection:
            row = _row(connection, tracker, origin, lock=True)
            if row is None:
                raise Denied(f"no grant of {tracker} is stored: run `{command(tracker)}`")
            grant = self._opened(row, origin)
            if (grant.generation, grant.access_token) != (seen.generation, seen.access_token):
                return grant
            now = datetime.now(UTC)
            if row.fault_at is not None and now - row.fault_at < FAULT_HOLDS:
                raise Denied(row.fault)
            lease = leases.take(
                connection, f"refresh:{tracker}:{row.site}", holder, self._lease_length
            )
            if lease is None:
                return None
            asked = grants.update().where(_at(tracker, row.site)).values(asked_at=now)
            connection.execute(asked)
        return _Turn((tracker, row.site), grant, lease, row.asked_at)

    def _carried_out(self, turn: "_Turn", origin: str, refresh: Refresh) -> Grant:
        try:
            fresh = refresh(turn.grant)
        except Denied as error:
            self._give_back(turn, fault=turn.told(error))
            raise Denied(turn.told(error)) from None
        except BaseException:
            self._give_back(turn)
            raise
        fresh = fresh.model_copy(
            update={
                "generation": turn.grant.generation + 1,
                "site": turn.grant.site,
                "account": turn.grant.account,
            }
        )
        self._save_patiently(turn, fresh)
        # Somebody may have given a new consent meanwhile: what is stored is what counts.
        return fresh if turn.key in self._unsaved else self.find(turn.key[0], origin) or fresh

    def _save_patiently(self, turn: "_Turn", fresh: Grant) -> None:
        """The old pair is used up: a database that is away must not cost us the new one."""
        until = time.monotonic() + self._save_seconds
        while True:
            try:
                with self._store.write() as connection:
                    self._swap(connection, turn.key, turn.grant.generation, fresh)
                    leases.release(connection, turn.lease)
                return
            except StoreAway:
                if time.monotonic() >= until:
                    self._unsaved[turn.key] = (turn.grant.generation, fresh)
                    return
            time.sleep(_PAUSE_SECONDS)

    def _save_late(self, tracker: str, origin: str) -> None:
        """Stores what could not be stored when it came."""
        for key in [key for key in self._unsaved if key[0] == tracker]:
            generation, fresh = self._unsaved[key]
            with self._store.write() as connection:
                self._swap(connection, key, generation, fresh)
            self._unsaved.pop(key, None)

    def _swap(self, connection: sa.Connection, key: Key, generation: int, fresh: Grant) -> None:
        """Compare-and-set: nothing happens when a newer one is there."""
        own = sa.and_(_at(*key), grants.c.generation == generation)
        columns = self._columns(*key, fresh)
        values = columns | {"generation": generation + 1, "renewed_at": datetime.now(UTC)}
        connection.execute(grants.update().where(own).values(**values))

    def _give_back(self, turn: "_Turn", *, fault: str | None = None) -> None:
        """Ends our turn; a refusal is an answer, anything else leaves the renewal announced."""
        own = sa.and_(_at(*turn.key), grants.c.generation == turn.grant.generation)
        with self._store.write() as connection:
            if fault is not None:  # the grant before its lease, as everywhere: locks have an order
                connection.execute(
                    grants.update().where(own).values(fault=fault, fault_at=datetime.now(UTC))
                )
            leases.release(connection, turn.lease)

    def _columns(self, tracker: str, site: str, grant: Grant) -> dict[str, Any]:
        """What a grant fills; its address is sealed with it, so that no row serves another."""
        tokens = [tracker, site, grant.access_token, grant.refresh_token]
        return {
            "sealed": self._seal.seal(orjson.dumps(tokens)),
            "scopes": list(grant.scopes),
            "expires_at": grant.expires_at,
            "asked_at": None,
            "fault": "",
            "fault_at": None,
        }

    def _opened(self, row: sa.Row[Any], origin: str) -> Grant:
        tokens: Json = orjson.loads(self._seal.unseal(row.sealed))
        if tokens[:2] != [row.tracker, row.site]:
            raise Denied(f"the stored grant of {row.tracker} belongs to {tokens[0]}")
        return Grant(
            access_token=tokens[2],
            refresh_token=tokens[3],
            expires_at=row.expires_at,
            scopes=tuple(row.scopes),
            site=row.sites.get(origin),
            account=row.account,
            generation=row.generation,
        )


@dataclass(frozen=True, slots=True)
class _Turn:
    """Our turn to renew; `cut_off` is when an earlier renewal began that nobody finished."""

    key: Key
    grant: Grant
    lease: Lease
    cut_off: datetime | None

    def told(self, error: TicketsyncError) -> str:
        """The refusal, and what may have led to it."""
        if self.cut_off is None:
            return str(error)
        return f"{error} (a renewal at {self.cut_off:%Y-%m-%d %H:%M} UTC was cut off half-way)"


def command(tracker: str) -> str:
    """What a person runs for a new grant."""
    return f"ticketsync auth {tracker.replace('_', '-')}"


def _row(
    connection: sa.Connection, tracker: str, origin: str, *, lock: bool = False
) -> sa.Row[Any] | None:
    """The row that serves a site: one that names it, one that lies there, one that is for all."""
    query = sa.select(grants).where(grants.c.tracker == tracker).order_by(grants.c.site)
    rows = connection.execute(query.with_for_update() if lock else query).all()
    served = [
        (rank, row)
        for row in rows
        for rank, serves in enumerate(
            (origin in row.sites, origin_of(row.site) == origin, row.site == "")
        )
        if serves
    ]
    return min(served, key=lambda one: one[0])[1] if served else None


def _at(tracker: str, site: str) -> sa.ColumnElement[bool]:
    return sa.and_(grants.c.tracker == tracker, grants.c.site == site)
