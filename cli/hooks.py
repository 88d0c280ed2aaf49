"""`hooks`: our webhooks at the trackers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Yes, who
from schemas.errors import ConfigError, StoreAway, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened
    from schemas.source import Source
    from trackers.base import Capabilities, Client

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Only these; all if none.")
]
Act = Callable[["Opened", "Source", "Client", str], bool]

app = typer.Typer(help="Webhooks at the trackers.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def register(ctx: typer.Context, sources: Names = None) -> None:
    """Register or mend the webhook; without a public URL says how to do it by hand."""
    _each(ctx, sources, _register)


@app.command()
def check(ctx: typer.Context, sources: Names = None) -> None:
    """Whether the webhook is there and tells everything."""
    _each(ctx, sources, _check)


@app.command()
def remove(ctx: typer.Context, sources: Names = None, yes: Yes = False) -> None:
    """Remove the webhook."""
    from cli.screen import sure

    sure("remove the webhook of " + (", ".join(sources) if sources else "every source") + "?", yes)
    _each(ctx, sources, _remove)


def _each(ctx: typer.Context, names: list[str] | None, act: Act) -> None:
    """Does it for each source; one that fails leaves the others alone."""
    from cli.context import opened

    with opened(ctx) as here:
        went_well = [
            _one(here, source, act)
            for source in here.chosen(names or [])
            if names or source.direction != "disabled"
        ]
    if not all(went_well):
        raise typer.Exit(1)


def _one(here: "Opened", source: "Source", act: Act) -> bool:
    if source.intake == "polling" and act is not _remove:
        print(f'{source.name}: intake = "polling": no webhook is meant to come')
        return act is _check
    if not here.secrets.webhook_secrets(source) and act is not _remove:
        print(f"{source.name}: no webhook secret, so polling only")
        print("  choose a secret, put it into a variable, name that in webhook_secret_env")
        return False
    if not here.settings.web.public_url or not _can(source).hooks_api:
        _by_hand(source, removing=act is _remove)
        return False
    try:
        client = _client(here, source)
        try:
            return act(here, source, client, address(here, source))
        finally:
            client.close()
    except (ConfigError, StoreAway):
        raise
    except TicketsyncError as error:
        typer.echo(f"ticketsync: {source.name}: {error}", err=True)
        return False


def _client(here: "Opened", source: "Source") -> "Client":
    """Also for a disabled source, whose webhook may have to be removed."""
    return here.work.connect(source)


def address(here: "Opened", source: "Source") -> str:
    """The full address of a source's webhook."""
    return here.settings.web.webhook(source.slug)


def _by_hand(source: "Source", *, removing: bool) -> None:
    can = _can(source).hooks_api
    why = "[web] public_url (PUBLIC_URL) is not set" if can else "its tracker has no API for hooks"
    variable = next(iter(source.webhook_secret_env), "")
    print(f"{source.name}: {why}; by hand, at {source.url}:")
    if removing:
        print(f"  remove the webhook whose address ends in /webhooks/{source.slug}")
        return
    print(f"  add a webhook to https://YOUR-HOST/webhooks/{source.slug}")
    print(f"  content type application/json; secret: the value of {variable}")
    print("  events: issues, comments, labels, milestones, links between issues, or everything")
    print(f"  step by step: docs/{source.tracker}.md")


def _can(source: "Source") -> "Capabilities":
    from trackers.registry import tracker_named

    return tracker_named(source.tracker).capabilities


def _register(here: "Opened", source: "Source", client: "Client", url: str) -> bool:
    secret = here.secrets.webhook_secrets(source)[0]
    hook = client.ensure_hook(url, secret)
    _note(here, source, "register hook", {"id": hook.id, "url": url, "events": list(hook.events)})
    print(f"{source.name}: webhook {hook.id} sends {len(hook.events)} kinds of events to {url}")
    _offer_mending(source)
    return True


def _check(here: "Opened", source: "Source", client: "Client", url: str) -> bool:
    from reconciler.hooks import remedy

    faults = client.check_hooks(url)
    if not faults:
        print(f"{source.name}: ok, {url}")
        return True
    for fault in faults:
        print(f"{source.name}: {fault.problem}: {remedy(fault, source)}")
    if any(one.mended_by == "register" for one in faults):
        _offer_mending(source)
    return False


def _offer_mending(source: "Source") -> None:
    """Nobody's webhook is changed unasked: the consent stands in the file."""
    if not source.mend_hooks:
        print(
            "  the reconciler looks at it once an hour; mend_hooks = true in its [[sources]] table"
        )
        print("  lets it mend, unasked, what `hooks register` mends")


def _remove(here: "Opened", source: "Source", client: "Client", url: str) -> bool:
    if client.remove_hook(url):
        _note(here, source, "remove hook", {"url": url})
        print(f"{source.name}: webhook removed")
    else:
        print(f"{source.name}: had no webhook to {url}")
    return True


def _note(here: "Opened", source: "Source", action: str, after: dict[str, Any]) -> None:
    from runtime.clock import utc_now
    from store import audit

    with here.store.write() as connection:
        audit.note(connection, utc_now(), who(), action, f"source {source.name}", None, after)
