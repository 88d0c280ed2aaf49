"""Secrets by source, looked up in the environment; the configuration only names variables."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from runtime import usual_names
from runtime.telemetry.redact import LEARNED
from schemas.errors import Denied
from schemas.origin import origin_of
from schemas.ports import AppKey, Grant, OAuthApp
from schemas.source import Source


class KeepsGrants(Protocol):
    """Where grants are kept, by tracker and the origin of a source's address."""

    def find(self, tracker: str, origin: str) -> Grant | None:
        """The grant for a site, None when there is none."""

    def renew(
        self, tracker: str, origin: str, seen: Grant, refresh: Callable[[Grant], Grant]
    ) -> Grant:
        """A grant newer than `seen`; only one process calls `refresh`."""


class Secrets:
    """The port Credentials over environment variables, and the secrets of webhooks.

    `grants` is given where a store is open; without it no source with `auth = "oauth"` can ask.
    """

    def __init__(self, environ: Mapping[str, str], grants: KeepsGrants | None = None) -> None:
        self._environ = dict(environ)
        self._grants = grants

    def __repr__(self) -> str:
        return "Secrets(…)"

    def token(self, source: Source) -> str | None:
        """The token, or None for anonymous reading."""
        return self._read(self.token_name(source))

    def token_name(self, source: Source) -> str | None:
        """The variable of the token: the one the source names, else a usual one that is set."""
        if source.token_env and source.auth != "oauth":
            return source.token_env
        if source.auth == "oauth" or source.app_id_env:
            return None
        return self._first(usual_names.TOKENS.get(source.tracker, ()))

    def email(self, source: Source) -> str | None:
        """The account name that goes with the token."""
        usual = self._first(usual_names.EMAILS.get(source.tracker, ()))
        return self._read(source.email_env or usual)

    def app(self, source: Source) -> AppKey | None:
        """The app identity, when id and private key are both configured and set."""
        app_id, key = self._read(source.app_id_env), self._read(source.app_private_key_env)
        if not app_id or not key:
            return None
        # Most places that hold variables cannot hold line breaks.
        return AppKey(
            app_id=app_id,
            private_key=key.replace("\\n", "\n"),
            installation_id=source.app_installation_id,
        )

    def oauth_app(self, source: Source) -> OAuthApp | None:
        """The app that asks for grants at the source's tracker."""
        return self.oauth_app_at(source.tracker)

    def oauth_app_at(self, tracker: str) -> OAuthApp | None:
        """The app at a tracker, from `<TRACKER>_CLIENT_ID` and `<TRACKER>_CLIENT_SECRET`."""
        found = self._read(usual_names.client_id(tracker))
        secret = self._read(usual_names.client_secret(tracker))
        return OAuthApp(client_id=found, client_secret=secret) if found else None

    def grant(self, source: Source) -> Grant | None:
        """The stored grant of a source with `auth = "oauth"`."""
        if self._grants is None or source.auth != "oauth":
            return None
        found = self._grants.find(source.tracker, origin_of(source.url))
        return None if found is None else _known(found)

    def renew(self, source: Source, seen: Grant, refresh: Callable[[Grant], Grant]) -> Grant:
        """A grant newer than `seen`, by one process for all."""
        if self._grants is None:
            raise Denied(f"{source.name}: grants are not at hand here, so none can be renewed")
        return _known(
            self._grants.renew(
                source.tracker, origin_of(source.url), seen, lambda grant: _known(refresh(grant))
            )
        )

    def remedy(self, source: Source) -> str:
        """What a person has to do when the tracker does not accept the credential."""
        if source.auth == "oauth":
            return f"sign in again: ticketsync auth {source.tracker.replace('_', '-')}"
        name = self.token_name(source) or source.app_private_key_env
        if name:
            return f"look at what {name} holds"
        usual = " or ".join(usual_names.TOKENS.get(source.tracker, ())) or "token_env"
        return f"no token is set; set {usual}"

    def webhook_secrets(self, source: Source) -> tuple[str, ...]:
        """The live secrets of a source's hook, several while rotating; empty when it has none."""
        found = (self._read(name) for name in source.webhook_secret_env)
        return tuple(secret for secret in found if secret)

    def signing(self, name: str) -> tuple[str, ...]:
        """The live secrets in one variable, that sign what we send; several while rotating."""
        return tuple((self._read(name) or "").replace(",", " ").split())

    def api_tokens(self) -> tuple[str, ...]:
        """The tokens with all rights at the admin API that the environment gives."""
        return self.signing(usual_names.API_TOKEN)

    def credential_id(self, source: Source) -> str:
        """A short hash that names the credential in rate budgets; equal tokens share one."""
        basis = "\0".join((source.tracker, source.api_url or "", self._identity(source)))
        return hashlib.blake2b(basis.encode(), digest_size=10).hexdigest()

    def values(self, sources: tuple[Source, ...]) -> frozenset[str]:
        """Every secret in use, so that telemetry can strike them out wherever they appear."""
        found: set[str | None] = set()
        for source in sources:
            found |= {self.token(source), self._read(source.app_private_key_env)}
            found |= {self._read(usual_names.client_secret(source.tracker))}
            found |= set(self.webhook_secrets(source))
        found |= set(self._environ.get(usual_names.SECRET_KEYS, "").replace(",", " ").split())
        found |= set(self.api_tokens())
        return frozenset(value for value in found if value)

    def _identity(self, source: Source) -> str:
        app = self.app(source)
        if app:
            return f"app {app.app_id} {app.installation_id}"
        if source.auth == "oauth":
            return f"oauth {origin_of(source.url)}"
        return self.token(source) or "anonymous"

    def _first(self, names: tuple[str, ...]) -> str | None:
        return next((name for name in names if self._read(name)), None)

    def _read(self, name: str | None) -> str | None:
        # A trailing line break comes from `echo secret > .env` and is never part of a secret.
        return self._environ.get(name, "").strip() or None if name else None


def _known(grant: Grant) -> Grant:
    """The grant, its tokens known to whatever strikes out secrets."""
    LEARNED.add(grant.access_token, grant.refresh_token)
    return grant
