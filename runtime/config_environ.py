"""The environment's say in the configuration: it wins over the file."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from runtime import config_sources
from runtime.usual_names import schema_name
from schemas.settings import TRACKERS

Environ = Mapping[str, str]
Table = dict[str, Any]

TEXTS = {
    "PUBLIC_URL": ("web", "public_url"),
    "SENTRY_DSN": ("sentry", "dsn"),
    "NOTICES_URL": ("notices", "url"),
    **{schema_name(tracker): ("views", tracker) for tracker in TRACKERS},
}
POSTGRES = ("PG_HOST", "PG_DATABASE", "PG_USERNAME", "PG_PASSWORD")


def overlay(table: Table, environ: Environ, faults: list[str]) -> Table:
    """The file's table with the environment laid over it; appends what cannot be understood."""
    result = {
        key: dict(value) if isinstance(value, dict) else value for key, value in table.items()
    }
    for name, (section, key) in TEXTS.items():
        if environ.get(name):
            _put(result, section, key, environ[name])
    if environ.get("LOG_LEVEL"):
        _put(result, "log", "level", environ["LOG_LEVEL"].lower())
    if port := _port(environ, "PORT", faults):
        _put(result, "web", "port", port)
    if port := _port(environ, "METRICS_PORT", faults):
        result["metrics_port"] = port
    if url := _database(environ, faults):
        _put(result, "store", "url", url)
    if url := environ.get("REDIS_URL"):
        _put(result, "queue", "url", _redis(url, environ))
    result["sources"] = _sources(result.get("sources"), environ, faults)
    return result


def _sources(found: Any, environ: Environ, faults: list[str]) -> Any:
    """The sources of the file, or of the environment when it has none."""
    tables = config_sources.defined(environ, faults) if found in (None, []) else found
    if not isinstance(tables, list):  # the wrong type is a fault of its own
        return tables
    return [config_sources.filled(one, environ) if isinstance(one, dict) else one for one in tables]


def _put(table: Table, section: str, key: str, value: str | int) -> None:
    found = table.setdefault(section, {})
    if isinstance(found, dict):  # otherwise the wrong type is a fault of its own
        found[key] = value


def _port(environ: Environ, name: str, faults: list[str]) -> int | None:
    raw = environ.get(name, "").strip()
    if not raw:
        return None
    if raw.isascii() and raw.isdigit() and 0 < int(raw) < 65536:
        return int(raw)
    faults.append(f"{name} must be a port number from 1 to 65535, not {raw[:20]!r}")
    return None


def _database(environ: Environ, faults: list[str]) -> str | None:
    url = environ.get("DATABASE_URL")
    if url:
        # Heroku hands out a scheme that SQLAlchemy no longer knows.
        head, separator, rest = url.partition("://")
        return f"postgresql{separator}{rest}" if head == "postgres" else url
    if environ.get("PG_HOST") or environ.get("PG_DATABASE"):
        return _from_parts(environ, faults)
    return None


def _from_parts(environ: Environ, faults: list[str]) -> str | None:
    missing = [name for name in POSTGRES if not environ.get(name)]
    if missing:
        present = next(name for name in POSTGRES if environ.get(name))
        faults.append(f"{present} is set, but not {', '.join(missing)}: set all, or DATABASE_URL")
        return None
    host, database, user, password = (quote(environ[name], safe="") for name in POSTGRES)
    port = _port(environ, "PG_PORT", faults) or 5432
    return (
        f"postgresql://{user}:{password}@{_bracketed(environ['PG_HOST'], host)}:{port}/{database}"
    )


def _bracketed(raw: str, quoted: str) -> str:
    return f"[{raw}]" if ":" in raw else quoted


def _redis(url: str, environ: Environ) -> str:
    """Heroku's Redis shows a self-signed certificate: there, and only there, it is not checked."""
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "DYNO" not in environ or "ssl_cert_reqs" in parts.query:
        return url
    return f"{url}{'&' if parts.query else '?'}ssl_cert_reqs=none"
