"""What no single field can tell: unset variables, names and addresses used twice, odd URLs.

Works on the raw table, so that these faults are told together with the others.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from runtime import config_mirrors, config_notices, config_privacy, config_views
from runtime.config_faults import INTERNAL, source_label
from runtime.slugs import slug_of
from runtime.usual_names import API_TOKEN, EMAILS, TOKENS, client_id
from schemas.source import LOCAL, MAPPED

Environ = Mapping[str, str]
Table = dict[str, Any]

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,80}")
"""What an environment variable is usually called; anything else might be a secret itself."""

STATES = ("open", "closed", "all")
STORES = ("sqlite", "postgresql", "postgresql+psycopg")
JIRA_CLOUD = (".atlassian.net", ".jira.com", ".atlassian-us-gov-mod.net", "api.atlassian.com")
"""How hosts of Jira Cloud end."""
TOKEN_SIZE = 20
QUEUES = ("redis", "rediss", "unix")


def check(table: Table, environ: Environ) -> list[str]:
    """All faults of the table as a whole, one line each."""
    found = table.get("sources", [])
    tables = found if isinstance(found, list) else []
    named = [
        (source_label(tables, index), source)
        for index, source in enumerate(tables)
        if isinstance(source, dict)
    ]
    return [
        *_urls(table),
        *_api_tokens(environ),
        *config_notices.check(table, environ),
        *config_views.check(table),
        *config_mirrors.check(table, environ),
        *config_privacy.check(table),
        *_twice(named),
        *(fault for label, source in named for fault in _source(label, source, environ)),
    ]


def internal(table: Table) -> list[str]:
    """Keys of the file that only the program itself sets."""
    return [f"{key} is unknown" for key in sorted(INTERNAL & table.keys())]


def _api_tokens(environ: Environ) -> Iterator[str]:
    if any(len(one) < TOKEN_SIZE for one in environ.get(API_TOKEN, "").replace(",", " ").split()):
        yield (
            f"{API_TOKEN} must have {TOKEN_SIZE} characters or more, or it can be guessed; "
            "`openssl rand -hex 32` makes one"
        )


def _urls(table: Table) -> Iterator[str]:
    # The values hold passwords, so only the schemes allowed are named.
    store, queue = _text(table, "store", "url"), _text(table, "queue", "url")
    if store and store.partition("://")[0] not in STORES:
        yield "[store] url (DATABASE_URL) must start with sqlite:/// or postgresql://"
    if queue and queue != "embedded" and queue.partition("://")[0] not in QUEUES:
        yield '[queue] url (REDIS_URL) must be "embedded" or start with redis:// or rediss://'
    public = _text(table, "web", "public_url")
    if public and not _is_http(public):
        yield "[web] public_url (PUBLIC_URL) must start with http:// or https://"


def _text(table: Table, section: str, key: str) -> str | None:
    found = table.get(section)
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _twice(named: list[tuple[str, Table]]) -> Iterator[str]:
    names: set[str] = set()
    slugs: dict[str, str] = {}
    places: dict[tuple[str, str], str] = {}
    for label, source in named:
        name, place = source.get("name"), _place(source)
        if isinstance(name, str) and slug_of(name) == LOCAL:
            yield f'{label}: the name "{LOCAL}" is kept for local tickets; choose another'
        if isinstance(name, str) and name in names:
            yield f"{label}: the name is used twice"
        elif isinstance(name, str) and slugs.setdefault(slug_of(name), label) != label:
            other = slugs[slug_of(name)]
            yield f'{label}: shares the webhook address "{slug_of(name)}" with {other}; rename one'
        if place and places.setdefault(place, label) is not label:
            yield f"{label}: url is also that of {places[place]}"
        if isinstance(name, str):
            names.add(name)


def _place(source: Table) -> tuple[str, str] | None:
    tracker, url = source.get("tracker"), source.get("url")
    if not isinstance(tracker, str) or not isinstance(url, str):
        return None
    return tracker, url.strip().lower().rstrip("/").removesuffix(".git")


def _source(label: str, source: Table, environ: Environ) -> Iterator[str]:
    for key in ("url", "api_url"):
        value = source.get(key)
        if isinstance(value, str) and not _is_http(value):
            yield f"{label}: {key} must start with http:// or https://"
    yield from _filter(label, source.get("filter"))
    yield from _fields(label, source.get("fields"))
    pair = [key for key in ("app_id_env", "app_private_key_env") if source.get(key)]
    if len(pair) == 1:
        yield f"{label}: app_id_env and app_private_key_env belong together; only {pair[0]} is set"
    if source.get("direction") != "disabled":
        yield from _intake(label, source)
        yield from _unset(label, source, environ)
        yield from _proof(label, source, environ)


def _intake(label: str, source: Table) -> Iterator[str]:
    """A source that nothing could ever reach."""
    intake = source.get("intake")
    if intake == "webhook" and not source.get("webhook_secret_env"):
        yield f'{label}: intake is "webhook", but webhook_secret_env names no secret to prove one'
    if intake == "polling" and source.get("tracker") == "generic":
        yield f'{label}: intake is "polling", but a generic source lives on what is sent to it'


def _proof(label: str, source: Table, environ: Environ) -> Iterator[str]:
    """What a source proves itself with beside the variables it names."""
    tracker = source.get("tracker")
    if not isinstance(tracker, str):
        return
    name, token = client_id(tracker), ("token_env", TOKENS["jira"])
    if source.get("auth") == "oauth":
        if not _set(environ, name):
            yield f"{label}: auth is oauth, but {name}, the id of your app, is not set"
    elif _is_jira_cloud(source) and _has(source, *token, environ) and not _mailed(source, environ):
        yield (
            f"{label}: Jira Cloud takes a token only with its account's e-mail address: "
            "set JIRA_EMAIL, or name its variable in email_env"
        )


def _mailed(source: Table, environ: Environ) -> bool:
    """Whether there is an e-mail address; a variable that is named and not set is told anyway."""
    return bool(source.get("email_env")) or _has(source, "email_env", EMAILS["jira"], environ)


def _is_jira_cloud(source: Table) -> bool:
    if source.get("tracker") != "jira" or source.get("deployment") == "server":
        return False
    if source.get("deployment") == "cloud":
        return True
    hosts = (urlsplit(source[key]).hostname for key in ("url", "api_url") if _url(source, key))
    return any((host or "").endswith(JIRA_CLOUD) for host in hosts)


def _url(source: Table, key: str) -> bool:
    return isinstance(source.get(key), str) and _is_http(source[key])


def _has(source: Table, key: str, usual: tuple[str, ...], environ: Environ) -> bool:
    named = source.get(key)
    names = (named,) if isinstance(named, str) and named else usual
    return any(_set(environ, name) for name in names)


def _set(environ: Environ, name: str) -> bool:
    return bool(environ.get(name, "").strip())


def _fields(label: str, given: Any) -> Iterator[str]:
    for name in given if isinstance(given, dict) else ():
        if name not in MAPPED:
            known = ", ".join(sorted(MAPPED))
            yield f"{label}: fields.{name} is none of our fields; known: {known}"


def _filter(label: str, given: Any) -> Iterator[str]:
    if isinstance(given, dict) and "state" in given and given["state"] not in STATES:
        yield f'{label}: filter state must be "open", "closed" or "all"'


def _unset(label: str, source: Table, environ: Environ) -> Iterator[str]:
    for key, name in _variables(source):
        if _set(environ, name):
            continue
        if VARIABLE.fullmatch(name):
            yield f"{label}: {key} names {name}, which is not set"
        else:
            # Somebody may have pasted the secret itself: it must not be repeated.
            yield f"{label}: {key} must name an environment variable, like GITHUB_TOKEN"


def _variables(source: Table) -> Iterator[tuple[str, str]]:
    for key in (
        "token_env",
        "email_env",
        "app_id_env",
        "app_private_key_env",
        "webhook_secret_env",
    ):
        given = source.get(key, [])
        for name in given if isinstance(given, list) else [given]:
            if isinstance(name, str):
                yield key, name
