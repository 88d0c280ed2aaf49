"""The configuration: default < file < environment, checked as a whole before anything starts."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError

from runtime import config_checks, config_environ, config_faults, config_file, config_sources
from runtime.credentials import KeepsGrants, Secrets
from runtime.sealing import KEY_FILE, Sealing
from runtime.slugs import slug_of
from runtime.usual_names import SECRET_KEYS
from schemas.errors import ConfigError
from schemas.settings import Settings
from schemas.source import LOCAL, Source

DEFAULT_FILE = "ticketsync.toml"

Environ = Mapping[str, str]


def environment() -> dict[str, str]:
    """The process environment; the only place that reads it."""
    return dict(os.environ)


def load(
    file: Path | None = None, environ: Environ | None = None, *, required: bool = True
) -> Settings:
    """The settings of this process.

    `file` defaults to TICKETSYNC_CONFIG or `ticketsync.toml` in the current folder. `required`
    False lets the file be absent, and so do sources that the environment defines. Raises
    ConfigError with all faults at once; none holds a secret.
    """
    given = environment() if environ is None else environ
    path = path_of(file, given)
    faults: list[str] = []
    around = surroundings(path.parent, given)
    required = required and not config_sources.defined(around, [])
    table = config_file.read(path, faults) if path.exists() or required else {}
    settings = _checked(table, around, faults)
    if faults or settings is None:
        raise ConfigError(*dict.fromkeys(faults))
    return settings.model_copy(
        update={"file": path if path.exists() else None, "folder": path.parent}
    )


def faults(table: dict[str, Any], environ: Environ) -> list[str]:
    """What would be wrong with a file that holds `table`, a line each; nothing is read for it."""
    found: list[str] = []
    _checked(table, environ, found)
    return list(dict.fromkeys(found))


def surroundings(folder: Path, environ: Environ | None = None) -> dict[str, str]:
    """The environment with the `.env` of `folder` under it: what is really set wins."""
    given = environment() if environ is None else environ
    beside = {
        name: value
        for name, value in dotenv_values(folder / ".env", interpolate=False).items()
        if value is not None
    }
    # An empty variable is how container platforms spell "unset".
    return beside | {name: value for name, value in given.items() if value or name not in beside}


def secrets(
    settings: Settings, environ: Environ | None = None, *, grants: KeepsGrants | None = None
) -> Secrets:
    """The secrets the settings name, looked up in the environment and the `.env` file.

    `grants` are the stored ones, where a store is open.
    """
    return Secrets(surroundings(settings.folder, environ), grants)


def sealing(settings: Settings, environ: Environ | None = None) -> Sealing:
    """What seals stored tokens: TICKETSYNC_SECRET_KEYS, else a key file beside the settings."""
    keys = surroundings(settings.folder, environ).get(SECRET_KEYS, "")
    return Sealing(keys, settings.folder / KEY_FILE)


def sources(settings: Settings) -> tuple[Source, ...]:
    """The sources as configured, disabled ones too; `slug` is the webhook address of each."""
    return tuple(
        Source(
            **source.model_dump(exclude={"interval_minutes"}),
            slug=slug_of(source.name),
            interval_minutes=source.interval_minutes or settings.reconciler.interval_minutes,
        )
        for source in settings.sources
    )


def local_source() -> Source:
    """The source of local tickets, which is there without being configured."""
    return Source(name=LOCAL, slug=LOCAL, tracker=LOCAL, url="", direction="bidirectional")


def chosen(declared: tuple[Source, ...], only: frozenset[str] | None = None) -> dict[str, Source]:
    """The sources to work on, by name: those that are not disabled, or of them only some."""
    return {
        source.name: source
        for source in declared
        if source.direction != "disabled" and (only is None or source.name in only)
    }


def path_of(file: Path | None, environ: Environ | None = None) -> Path:
    """Where the configuration file is, or would be: as given, TICKETSYNC_CONFIG, or here."""
    given = environment() if environ is None else environ
    return Path(file or given.get("TICKETSYNC_CONFIG") or DEFAULT_FILE).absolute()


def _checked(table: dict[str, Any], around: Environ, faults: list[str]) -> Settings | None:
    """The settings of a table with the environment laid over it; appends what is wrong."""
    faults += config_checks.internal(table)
    whole = config_environ.overlay(table, around, faults)
    settings = _validated(whole, faults)
    faults += config_checks.check(whole, around)
    return settings


def _validated(table: dict[str, Any], faults: list[str]) -> Settings | None:
    try:
        return config_faults.validated(table)
    except ValidationError as error:
        faults += config_faults.in_words(error, table)
        return None
