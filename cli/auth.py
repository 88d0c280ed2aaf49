"""`auth`: grants that trackers give by consent in a browser, kept sealed in the store."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cli.given import Json, Limit, Yes, given, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from receiver.oauth import Consents
    from schemas.settings import Settings
    from store.database import Store
    from store.grant_requests import Request
    from store.grants import Grants, Kept

_PAUSE_SECONDS = 0.2
_PORT = 8000
"""Where the answer is awaited when `[web] port` leaves it open: the app at the tracker names it."""


class _Words(TyperGroup):
    """`auth jira` is short for `auth ask jira`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """What is no command of ours names a tracker."""
        known = not args or args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["ask", *args])


app = typer.Typer(
    cls=_Words,
    help="Grants by consent in a browser: `auth TRACKER` asks for one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Tracker = Annotated[str, typer.Argument(help="The kind of tracker: github, jira, …")]
Site = Annotated[str | None, typer.Option("--url", help="The site, for trackers that have many.")]


@app.command(hidden=True)
def ask(
    ctx: typer.Context,
    tracker: Tracker,
    url: Site = None,
    paste: Annotated[
        bool, typer.Option("--paste", help="Paste the address the browser was sent to.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The local port of the answer.")
    ] = None,
) -> None:
    """Ask a tracker for a grant: prints an address to open, and waits for the answer."""
    name = tracker.replace("-", "_")
    with _consents(ctx) as (settings, consents):
        public = settings.web.public_url.rstrip("/")
        port = port or settings.web.port or _PORT
        base = public or f"http://127.0.0.1:{port}"
        request = consents.ask(name, _site(settings, name, url), base)
        if paste:
            line = _pasted(consents, request)
        elif public:
            line = _waited(consents, request, base)
        else:
            line = _listened(consents, request, base, port)
        print(line)
        _tell_of_the_key(settings, consents)
        _note(consents.store, "auth", name, request.site, line)
        _catch_up(consents.store, settings, name)
        _see_reach(consents, request, url)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False, limit: Limit = None) -> None:
    """List the grants that are stored."""
    from cli.screen import clock, cut, print_json, print_table

    with _consents(ctx) as (_, consents):
        found = cut(_grants(consents).listed(), limit, json)
    if json:
        print_json([asdict(one) for one in found])
        return
    print_table(
        ("TRACKER", "site", "account", "until", "state"),
        [
            (one.tracker, _where(one), one.account or "", clock(one.expires_at), one.fault or "ok")
            for one in found
        ],
        empty="no grant is stored: `auth TRACKER` asks for one",
    )


@app.command()
def revoke(ctx: typer.Context, tracker: Tracker, url: Site = None, yes: Yes = False) -> None:
    """Give a grant back to its tracker, and forget it."""
    from cli.screen import sure

    name = tracker.replace("-", "_")
    with _consents(ctx) as (_, consents):
        kept = _chosen(_grants(consents).listed(), name, url)
        at = f" at {kept.site}" if kept.site else ""
        sure(f"give back the grant of {name}{at}?", yes)
        told = _given_back(consents, kept)
        _grants(consents).remove(kept.tracker, kept.site)
        _note(consents.store, "auth revoke", name, kept.site, told)
    print(f"the grant of {name}{at} is forgotten; {told}")


def _see_reach(consents: "Consents", request: "Request", url: str | None) -> None:
    """A consent names its sites itself, at trackers that give one for several."""
    from schemas.origin import origin_of

    kept = [
        one
        for one in _grants(consents).listed()
        if (one.tracker, one.site) == (request.tracker, request.site)
    ]
    if url and kept and kept[0].sites and origin_of(url) not in kept[0].sites:
        raise TicketsyncError(f"but not for {origin_of(url)}: run this again and choose that site")


def _tell_of_the_key(settings: "Settings", consents: "Consents") -> None:
    """A key file on one host is of no use to the others."""
    from runtime import config
    from runtime.usual_names import SECRET_KEYS

    sealing = config.sealing(settings)
    if not sealing.in_environment and consents.store.dialect == "postgresql":
        print(f"its key is in {sealing.file}; where other hosts run, set {SECRET_KEYS} instead")


def _pasted(consents: "Consents", request: "Request") -> str:
    """The answer as a person copies it from the browser; it may not even have been delivered."""
    from urllib.parse import parse_qsl, urlsplit

    print(f"open in a browser:\n  {consents.address(request)}")
    print(f"it ends at {request.redirect}?…, also if nothing is shown there")
    pasted = str(typer.prompt("paste that whole address")).strip()
    query = urlsplit(pasted).query or pasted.lstrip("?")
    return consents.answer(request.tracker, dict(parse_qsl(query)), code=request.code)


def _waited(consents: "Consents", request: "Request", base: str) -> str:
    """The outcome, once a running receiver has noted it."""
    from store.grant_requests import LASTS

    print(f"open in a browser:\n  {base}/oauth/{request.tracker}/start?request={request.code}")
    print(f"(the app at {request.tracker} must allow the redirect to {request.redirect})")
    print("waiting for the answer; Ctrl-C ends this", flush=True)
    until = time.monotonic() + LASTS.total_seconds()
    try:
        while time.monotonic() < until:
            found = consents.requests.outcome(request.code)
            if found is not None:
                granted, line = found
                if not granted:
                    raise TicketsyncError(line)
                return line
            time.sleep(_PAUSE_SECONDS)
    finally:
        consents.requests.withdraw(request.code)
    raise TicketsyncError(f"no answer came within {LASTS.total_seconds() / 60:.0f} minutes")


def _listened(consents: "Consents", request: "Request", base: str, port: int) -> str:
    """The outcome, by a receiver of our own; on a busy port it is taken for a running `up`."""
    from threading import Thread

    from cli.together import bind, server_of
    from receiver.oauth import pages

    try:
        listening = bind("127.0.0.1", port)
    except TicketsyncError:
        print(f"port {port} is in use: if that is not `up`, give another --port, or --paste")
        return _waited(consents, request, base)
    server = server_of(pages(consents))
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        return _waited(consents, request, base)
    finally:
        server.should_exit = True
        thread.join(5)
        listening.close()


def _given_back(consents: "Consents", kept: "Kept") -> str:
    """What came of telling the tracker; the grant is forgotten in any case."""
    from trackers.oauth import Endpoint

    by_hand = "take the app's access away there, too"
    tracker = consents.trackers.get(kept.tracker)
    plan = tracker.capabilities.oauth if tracker else None
    app = consents.secrets.oauth_app_at(kept.tracker)
    if plan is None or app is None or plan.revoke_url is None:
        return f"{kept.tracker} was not told: {by_hand}"
    try:
        grant = _grants(consents).find(kept.tracker, kept.site)
        told = grant is not None and Endpoint(kept.tracker, plan, app, kept.site).revoke(grant)
    except TicketsyncError as error:
        return f"{kept.tracker} could not be told ({error}): {by_hand}"
    return f"{kept.tracker} took it back" if told else f"{kept.tracker} refused: {by_hand}"


def _chosen(found: "Any", tracker: str, url: str | None) -> "Kept":
    from schemas.origin import origin_of

    own = [one for one in found if one.tracker == tracker]
    if url is not None:
        own = [one for one in own if origin_of(url) in (one.site, *one.sites)]
    if not own:
        raise TicketsyncError(f"no grant of {tracker} is stored{f' for {url}' if url else ''}")
    if len(own) > 1:
        sites = ", ".join(_where(one) for one in own)
        raise ConfigError(f"{tracker} has several grants; name one with --url: {sites}")
    chosen: Kept = own[0]
    return chosen


def _site(settings: "Settings", tracker: str, url: str | None) -> str | None:
    """The site that was named, else the one site of the sources that want a grant."""
    from schemas.origin import origin_of

    if url is not None:
        return url
    wanted = {
        origin_of(source.url)
        for source in settings.sources
        if source.tracker == tracker and source.auth == "oauth"
    }
    if len(wanted) > 1:
        raise ConfigError(f"name the site with --url: {', '.join(sorted(wanted))}")
    return wanted.pop() if wanted else None


def _where(kept: "Kept") -> str:
    return kept.site or ", ".join(kept.sites)


def _grants(consents: "Consents") -> "Grants":
    from store.grants import Grants

    return Grants(consents.store, consents.seal)


def _note(store: "Store", action: str, tracker: str, site: str, told: str) -> None:
    from runtime.clock import utc_now
    from store import audit

    subject = f"grant {tracker} {site}".strip()
    with store.write() as connection:
        audit.note(connection, utc_now(), who(), action, subject, None, {"outcome": told})


def _catch_up(store: "Store", settings: "Settings", tracker: str) -> None:
    """What waited for the grant is read at the reconciler's next look."""
    from store import sources

    with store.write() as connection:
        for source in settings.sources:
            if source.tracker == tracker and source.auth == "oauth":
                sources.note(connection, source.name, next_session_at=None)


@contextmanager
def _consents(ctx: typer.Context) -> "Iterator[tuple[Settings, Consents]]":
    """The store and what asks for grants; needs no source, and no file."""
    from cli.unset import load
    from receiver.oauth import Consents
    from runtime import config, telemetry
    from store.database import open_for
    from trackers.registry import REGISTRY

    settings = load(config.path_of(given(ctx).config), required=False)
    secrets = config.secrets(settings)
    known = secrets.values(config.sources(settings))
    told = telemetry.start(settings, process="cli", secrets=known)
    try:
        store = open_for(settings)
        try:
            yield settings, Consents(store, config.sealing(settings), secrets, REGISTRY)
        finally:
            store.close()
    finally:
        told.close()
