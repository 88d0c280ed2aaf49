"""Secrets by source, looked up in the environment; the configuration only names variables."""

import hashlib
from collections.abc import Mapping

from schemas.ports import AppKey
from schemas.source import Source


class Secrets:
    """The port Credentials over environment variables, and the secrets of webhooks."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def __repr__(self) -> str:
        return "Secrets(…)"

    def token(self, source: Source) -> str | None:
        """The token, or None for anonymous reading."""
        return self._read(source.token_env)

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

    def webhook_secrets(self, source: Source) -> tuple[str, ...]:
        """The live secrets of a source's hook, several while rotating; empty when it has none."""
        found = (self._read(name) for name in source.webhook_secret_env)
        return tuple(secret for secret in found if secret)

    def credential_id(self, source: Source) -> str:
        """A short hash that names the credential in rate budgets; equal tokens share one."""
        app = self.app(source)
        secret = f"app {app.app_id} {app.installation_id}" if app else self.token(source)
        basis = "\0".join((source.tracker, source.api_url or "", secret or "anonymous"))
        return hashlib.blake2b(basis.encode(), digest_size=10).hexdigest()

    def values(self, sources: tuple[Source, ...]) -> frozenset[str]:
        """Every secret in use, so that telemetry can strike them out wherever they appear."""
        found: set[str | None] = set()
        for source in sources:
            found |= {self.token(source), self._read(source.app_private_key_env)}
            found |= set(self.webhook_secrets(source))
        return frozenset(value for value in found if value)

    def _read(self, name: str | None) -> str | None:
        # A trailing line break comes from `echo secret > .env` and is never part of a secret.
        return self._environ.get(name, "").strip() or None if name else None
