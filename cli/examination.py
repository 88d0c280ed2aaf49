"""The examination of one source, step by step; the first step that fails ends it."""

from collections.abc import Iterator
from dataclasses import dataclass

from cli.clients import connect
from runtime.credentials import Secrets
from schemas.errors import ConfigError, Denied, TicketsyncError, Transient
from schemas.record import Cursor
from schemas.source import Source
from schemas.tracker import HookFault
from trackers.base import Client
from trackers.registry import tracker_named

TOKEN, URL, NETWORK = "token variable", "URL", "network"
ACCEPTED, SCOPES, FILTER = "token accepted", "scopes", "filter"
WEBHOOK = "webhook registered"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found and what to do; `ok` None is a remark that is no failure."""

    source: str
    check: str
    ok: bool | None
    detail: str
    do: str = ""


class _Failed(Exception):
    """A step that failed: what is wrong, and what to do."""

    def __init__(self, check: str, detail: object, do: str) -> None:
        super().__init__(str(detail))
        self.check = check
        self.do = do


def examine(source: Source, secrets: Secrets, public_url: str) -> Iterator[Finding]:
    """All steps in their order; of a source that is only sent things, the webhook alone."""
    if not tracker_named(source.tracker).capabilities.polls:
        yield _fed(source, secrets)
        return
    try:
        yield Finding(source.name, TOKEN, True, _variable(source, secrets))
        client = _client(source, secrets)
        try:
            yield Finding(source.name, URL, True, source.url)
            yield from _contact(source, client, secrets)
            yield Finding(source.name, SCOPES, True, _rights(source, client))
            _try_filter(source, client)
            yield from _webhook(source, client, secrets, public_url)
        finally:
            client.close()
    except _Failed as failure:
        yield Finding(source.name, failure.check, False, str(failure), failure.do)


def _fed(source: Source, secrets: Secrets) -> Finding:
    """A source that lives on what is sent to it needs a secret, and nothing else."""
    if secrets.webhook_secrets(source):
        where = f"takes signed events at /webhooks/{source.slug}"
        return Finding(source.name, WEBHOOK, True, where)
    do = "set a variable and name it in webhook_secret_env; without one all is refused"
    return Finding(source.name, WEBHOOK, False, "no webhook secret", do)


def _variable(source: Source, secrets: Secrets) -> str:
    beside = "set it in the environment, or in .env beside the configuration file"
    if source.app_id_env and source.app_private_key_env:
        if secrets.app(source) is None:
            names = f"{source.app_id_env} or {source.app_private_key_env}"
            raise _Failed(TOKEN, f"{names} is not set", beside)
        return f"{source.app_id_env} and {source.app_private_key_env} are set"
    if source.auth == "oauth":
        return _grant(source, secrets)
    name = secrets.token_name(source)
    if name is None and source.tracker == "github":
        return "none is named: anonymous, public repositories only"
    if name is None:
        usual = " or ".join(tracker_named(source.tracker).capabilities.token_variables)
        raise _Failed(TOKEN, "none is named, and no usual one is set", f"set {usual}")
    if not secrets.token(source):
        raise _Failed(TOKEN, f"{name} is not set", beside)
    return f"{name} is set"


def _grant(source: Source, secrets: Secrets) -> str:
    """What `ticketsync auth` has stored for the source."""
    command = f"run `ticketsync auth {source.tracker.replace('_', '-')}`"
    try:
        found = secrets.grant(source)
    except TicketsyncError as error:
        raise _Failed(TOKEN, error, command) from None
    if found is None:
        raise _Failed(TOKEN, f"no grant of {source.tracker} is stored", command)
    return f"granted to {found.account or 'us'}"


def _client(source: Source, secrets: Secrets) -> Client:
    try:
        tracker_named(source.tracker).source_url(source.url)
        return connect(source, secrets)
    except ConfigError as error:
        raise _Failed(URL, error, "correct it in the configuration file") from None
    except Denied as error:
        name = secrets.token_name(source) or source.app_private_key_env
        raise _Failed(TOKEN, error, f"look at what {name} holds") from None


def _contact(source: Source, client: Client, secrets: Secrets) -> Iterator[Finding]:
    """Network and token are one request: an answer at all proves the first."""
    where = source.api_url or source.url
    try:
        me = client.identity()
    except Transient as error:
        if "no answer" in str(error):
            do = f"see that this host can reach {where}: name, firewall, proxy"
            raise _Failed(NETWORK, error, do) from None
        yield Finding(source.name, NETWORK, True, f"{where} answers")
        do = f"try again later; if it stays, see that {where} is the API of a {source.tracker}"
        raise _Failed(ACCEPTED, error, do) from None
    except TicketsyncError as error:
        yield Finding(source.name, NETWORK, True, f"{where} answers")
        name = secrets.token_name(source) or source.app_private_key_env or "token_env"
        do = f"make a new token that may read issues, and set {name} to it"
        if source.auth == "oauth":
            do = f"run `ticketsync auth {source.tracker.replace('_', '-')}`"
        raise _Failed(ACCEPTED, error, do) from None
    yield Finding(source.name, NETWORK, True, f"{where} answers")
    if not me.anonymous and me.login is None:
        do = "set api_url to the address of the API itself"
        raise _Failed(ACCEPTED, f"{where} does not answer like a {source.tracker}", do)
    scopes = f", scopes: {', '.join(me.scopes) or 'none'}" if me.scopes is not None else ""
    shown = "anonymous" if me.anonymous else f"as {me.login}{scopes}"
    yield Finding(source.name, ACCEPTED, True, shown)


def _rights(source: Source, client: Client) -> str:
    """Whether the credential may read this project."""
    try:
        project = client.project()
    except Transient as error:
        raise _Failed(SCOPES, error, "try again later") from None
    except TicketsyncError as error:
        do = f"see that {source.url} exists, and let the token read its issues"
        raise _Failed(SCOPES, error, do) from None
    if not project.tickets_enabled:
        raise _Failed(SCOPES, f"{project.name} has its issues switched off", "switch them on there")
    kind = {True: " (private)", False: " (public)", None: ""}[project.private]
    return f"{project.name}{kind} may be read"


def _try_filter(source: Source, client: Client) -> None:
    """The first page of a full pass: only the tracker knows its own query language."""
    try:
        next(iter(client.changed_since(Cursor())), None)
    except Transient as error:
        raise _Failed(FILTER, error, "try again later") from None
    except TicketsyncError as error:
        raise _Failed(FILTER, error, f"correct filter = {source.filter} in the file") from None


def _webhook(
    source: Source, client: Client, secrets: Secrets, public_url: str
) -> Iterator[Finding]:
    if source.intake == "polling":
        yield Finding(source.name, WEBHOOK, None, 'intake = "polling": none is meant to come')
        return
    if not secrets.webhook_secrets(source):
        names = " and ".join(source.webhook_secret_env)
        if names:
            raise _Failed(WEBHOOK, f"{names} is not set", "set it, or take webhook_secret_env out")
        yield Finding(source.name, WEBHOOK, None, "no webhook secret: polling only")
        return
    if not public_url:
        do = "set [web] public_url (PUBLIC_URL) to the address trackers reach us at"
        yield Finding(source.name, WEBHOOK, None, "our public address is not known", do)
        return
    url = f"{public_url.rstrip('/')}/webhooks/{source.slug}"
    try:
        faults = client.check_hooks(url)
    except Denied as error:
        do = "register it by hand (`hooks register` says how), or give the token these rights"
        yield Finding(source.name, WEBHOOK, None, f"cannot be looked at: {error}", do)
        return
    except TicketsyncError as error:
        raise _Failed(WEBHOOK, error, "try again later") from None
    yield from _told(source, url, faults)


def _told(source: Source, url: str, faults: list[HookFault]) -> Iterator[Finding]:
    mends = {
        "register": f"`hooks register {source.name}` mends it",
        "tracker": "to be mended at the tracker",
        "none": f"see that {url} can be reached from outside",
    }
    for fault in faults:
        yield Finding(source.name, WEBHOOK, False, fault.problem, mends[fault.mended_by])
    if not faults:
        yield Finding(source.name, WEBHOOK, True, url)
