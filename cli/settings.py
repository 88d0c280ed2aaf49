"""`config`: whether the configuration is right."""

from typing import TYPE_CHECKING

import typer

from cli.given import given
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from runtime.credentials import Secrets
    from schemas.settings import MirrorSettings
    from schemas.source import Source

app = typer.Typer(help="The configuration.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keeps `check` a command of its own while it is the only one."""


@app.command()
def check(ctx: typer.Context) -> None:
    """Each fault in a line, or ok with what is configured. Nothing is opened or asked."""
    from cli.clients import faults
    from runtime import config

    settings = config.load(given(ctx).config)
    secrets = config.secrets(settings)
    declared = config.sources(settings)
    found = [fault for source in declared for fault in faults(source, secrets)]
    if found:
        raise ConfigError(*found)
    print(f"ok: {settings.file or 'the environment alone'}")
    print(f"store: {_without_password(settings.store.url)}")
    print(f"queue: {_without_password(settings.queue.url)}")
    web = settings.web
    print(f"web: {web.host}:{web.port}, public: {web.public_url or 'none'}")
    for source in declared:
        token = _proof(source, secrets)
        hook = f"/webhooks/{source.slug}" if source.webhook_secret_env else "polling only"
        url = _without_password(source.url)
        print(f"source: {source.name}: {url} ({token}, {source.direction}, {hook})")
    for mirror in settings.mirrors:
        print(f"mirror: {_mirror(mirror)}")


def _mirror(mirror: "MirrorSettings") -> str:
    """A mirror in a line."""
    from store.mirrors import name_of

    off = "" if mirror.enabled else ", off"
    pair = f"{mirror.source} to {mirror.target}"
    return f"{name_of(mirror)}: {pair} ({mirror.direction}, {mirror.mode}{off})"


def _proof(source: "Source", secrets: "Secrets") -> str:
    """How a source proves itself, in a word."""
    if source.auth == "oauth":
        return "oauth"
    if source.app_id_env and not source.token_env:
        return "app"
    return secrets.token_name(source) or "anonymous"


def _without_password(url: str) -> str:
    """An address without what stands before its host."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
