"""What a tracker is given from outside: credentials, a rate limiter, stored validators."""

from datetime import datetime
from typing import Protocol

from schemas.model import Model
from schemas.source import Source


class AppKey(Model):
    """A GitHub App's identity: it mints installation tokens itself."""

    app_id: str
    private_key: str
    installation_id: str | None = None


class Rate(Model):
    """What a tracker's headers say of our budget; times are aware UTC."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None


class Validator(Model):
    """What makes a request conditional."""

    etag: str | None = None
    last_modified: str | None = None


class Credentials(Protocol):
    """Secrets by source; values never leave the client that asked."""

    def token(self, source: Source) -> str | None:
        """The token, or None for anonymous reading."""

    def app(self, source: Source) -> AppKey | None:
        """The app identity, when the source uses one."""


class Limiter(Protocol):
    """The shared rate budget of one credential (named by a hash, never the secret)."""

    def wait(self, credential: str) -> None:
        """Raises Transient with the seconds to wait while the budget is spent."""

    def learn(self, credential: str, rate: Rate) -> None:
        """Takes note of what the tracker's headers said."""

    def block(self, credential: str, seconds: float) -> None:
        """Nothing may be sent for so many seconds: the tracker said so."""


class Validators(Protocol):
    """Stored validators of conditional requests, per credential and address."""

    def get(self, credential: str, address: str) -> Validator | None:
        """The validator kept for this address, if any."""

    def put(self, credential: str, address: str, validator: Validator) -> None:
        """Keeps a validator."""
