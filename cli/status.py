"""`status`: how far each source is, what waits, what was given up on."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json

if TYPE_CHECKING:
    from cli.context import Opened

WATCH_SECONDS = 2.0
NO_HOOK = "none: polling only"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(status)


def status(
    ctx: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing it, until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """How each source is doing."""
    from cli.context import opened
    from cli.screen import print_json

    with opened(ctx) as here:
        while True:
            found = look(here)
            if json:
                print_json(found)
            else:
                if watch and sys.stdout.isatty():
                    print("\x1b[H\x1b[2J", end="")
                _print(found)
            if not watch:
                return
            time.sleep(WATCH_SECONDS)


def look(here: "Opened") -> dict[str, Any]:
    """The state as programs read it."""
    from runtime.clock import utc_now
    from store.status import overview

    with here.store.read() as connection:
        seen = overview(connection, utc_now())
    return {
        "sources": [
            {
                "name": one.name,
                "tracker": one.tracker,
                "status": _status(here, one.name, one.status),
                "behind_seconds": one.behind_seconds,
                "last_session": one.last_session,
                "reason": one.status_reason,
                "url": here.redactor.text(here.declared[one.name].url),
                "webhook": webhook_of(here, one.name),
                "tickets": one.tickets,
                "open": one.open,
                "dead": one.dead,
                "in_doubt": one.in_doubt,
                "oldest_doubt_seconds": one.oldest_doubt_seconds,
            }
            for one in seen.sources
            if one.name in here.declared
        ],
        "deliveries": {"total": seen.total, "open": seen.open, "dead": seen.dead},
    }


def webhook_of(here: "Opened", name: str) -> str:
    """The address that takes a source's webhooks, or that there is none."""
    source = here.declared[name]
    if not here.secrets.webhook_secrets(source):
        return NO_HOOK
    return f"{here.settings.web.public_url.rstrip('/')}/webhooks/{source.slug}"


def _status(here: "Opened", name: str, status: str) -> str:
    return "disabled" if here.declared[name].direction == "disabled" else status


def _print(found: dict[str, Any]) -> None:
    from cli.screen import ago, print_table, span

    print_table(
        ("source", "status", ">tickets", ">waiting", ">behind", ">dead", ">in doubt", "last read"),
        [
            (
                one["name"],
                one["status"],
                one["tickets"],
                one["open"],
                span(one["behind_seconds"]) if one["open"] else "-",
                one["dead"],
                _doubt(one),
                ago(one["last_session"]),
            )
            for one in found["sources"]
        ],
        empty="no source is configured yet: `add github URL` adds one",
    )
    counts = found["deliveries"]
    print(f"deliveries: {counts['total']} in all, {counts['open']} open, {counts['dead']} dead")
    for one in found["sources"]:
        _remark(one)


def _doubt(one: dict[str, Any]) -> str:
    from cli.screen import span

    return f"{one['in_doubt']} ({span(one['oldest_doubt_seconds'])})" if one["in_doubt"] else "0"


def _remark(one: dict[str, Any]) -> None:
    from cli.screen import line

    if one["reason"]:
        print(f"{line(one['name'])}: {one['status']}: {line(one['reason'])}")
    print(f"{line(one['name'])}: webhook {one['webhook']}")
    if one["dead"]:
        print(f"{line(one['name'])}: {one['dead']} dead: see `dead-letters list`")
