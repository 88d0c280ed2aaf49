"""What a tracker is given from outside: credentials, a rate limiter, stored validators."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from schemas.model import Model
from schemas.source import Source


class AppKey(Model):
    """A GitHub App's identity: it mints installation tokens itself."""

    app_id: str
    private_key: str = Field(repr=False)
    installation_id: str | None = None


class OAuthApp(Model):
    """Our own registration at a tracker; one that keeps no secret has none."""

    client_id: str
    client_secret: str | None = Field(default=None, repr=False)


class Grant(Model):
    """What `ticketsync auth` was given by a tracker: a pair of tokens that may rotate.

    `site` is where the grant is good for (a Jira cloud id); `generation` counts refreshes, so that
    two processes never use up one refresh token; `expires_at` None means never.
    """

    access_token: str = Field(repr=False)
    refresh_token: str | None = Field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    site: str | None = None
    account: str | None = None
    generation: int = 0


class Rate(Model):
    """What a tracker's headers say of our budget; times are aware UTC.

    `reset_at` goes by the tracker's own clock, which stood at `told_at`, where it was told.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None
    told_at: datetime | None = None


class Validator(Model):
    """What makes a request conditional."""

    etag: str | None = None
    last_modified: str | None = None


class Credentials(Protocol):
    """Secrets by source; values never leave the client that asked."""

    def token(self, source: Source) -> str | None:
        """The token, or None for anonymous reading."""

    def email(self, source: Source) -> str | None:
        """The account name that goes with the token, for trackers that ask for both."""

    def app(self, source: Source) -> AppKey | None:
        """The app identity, when the source uses one."""

    def oauth_app(self, source: Source) -> OAuthApp | None:
        """The app that asks for grants at the source's tracker; None when none is configured."""

    def grant(self, source: Source) -> Grant | None:
        """The stored OAuth grant of a source with `auth = "oauth"`; None when there is none."""

    def renew(self, source: Source, seen: Grant, refresh: Callable[[Grant], Grant]) -> Grant:
        """A grant newer than `seen`: one process calls `refresh`, all others wait for its result.

        Raises Denied when the tracker refuses the refresh.
        """


Lane = Literal["webhook", "reconcile", "backfill"]
"""Who asks: an answer somebody waits for, the usual poll, or an import that may take its time."""


class Allowance(Model):
    """What a tracker documents as its limit: so many `requests` in so many `seconds`."""

    requests: int
    seconds: int


class Limiter(Protocol):
    """The shared rate budget of one credential (named by a hash, never the secret), in one lane."""

    def wait(self, credential: str, usual: Allowance | None = None) -> None:
        """Counts one request. Raises Spent, with the seconds to wait, when the lane may not ask.

        `usual` is the tracker's documented limit, to begin with while its headers are unknown.
        """

    def learn(self, credential: str, rate: Rate) -> None:
        """Takes note of an answer to this thread's request and of what its headers said, if they
        did: a Rate may be empty."""

    def block(self, credential: str, seconds: float) -> None:
        """Nothing may be sent for so many seconds: the tracker said so."""


class Validators(Protocol):
    """Stored validators of conditional requests, per credential and address."""

    def get(self, credential: str, address: str) -> Validator | None:
        """The validator kept for this address, if any."""

    def put(self, credential: str, address: str, validator: Validator) -> None:
        """Keeps a validator."""
