"""`status`: how far each source is, what waits, what was given up on."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json
from cli.notices import remarks, standing

if TYPE_CHECKING:
    from cli.context import Opened
    from store.status import SourceOverview, Watch

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
        "sources": [_source(here, one) for one in seen.sources if one.name in here.declared],
        "deliveries": {"total": seen.total, "open": seen.open, "dead": seen.dead},
        "notices": standing(here),
    }


def _source(here: "Opened", one: "SourceOverview") -> dict[str, Any]:
    return {
        "name": one.name,
        "tracker": one.tracker,
        "status": _status(here, one.name, one.status),
        "behind_seconds": one.behind_seconds,
        "last_session": one.last_session,
        "next_session": one.next_session,
        "reason": one.status_reason,
        "url": here.redactor.text(here.declared[one.name].url),
        "webhook": webhook_of(here, one.name),
        **_watch(here, one.watch),
        "tickets": one.tickets,
        "open": one.open,
        "dead": one.dead,
        "in_doubt": one.in_doubt,
        "oldest_doubt_seconds": one.oldest_doubt_seconds,
    }


def _watch(here: "Opened", watch: "Watch") -> dict[str, Any]:
    """How well the webhook tells; shares are from 0 to 1, None when nothing had to be told."""
    look = watch.look
    return {
        "coverage": watch.day.share,
        "coverage_week": watch.week.share,
        "missed": watch.day.missed,
        "missed_week": watch.week.missed,
        "silent_since": watch.silent_since,
        "hook_faults": [here.redactor.text(one.problem) for one in look.faults] if look else [],
        "hook_unseen": here.redactor.text(look.unseen) if look else "",
        "hook_expires_at": look.expires_at if look else None,
        "passes": {
            name: {
                "status": one.status,
                "began_at": one.began_at,
                "ended_at": one.ended_at,
                "error": here.redactor.text(one.error),
            }
            for name, one in watch.passes.items()
        },
    }


def webhook_of(here: "Opened", name: str) -> str:
    """The address that takes a source's webhooks, or that there is none."""
    source = here.declared[name]
    if not here.secrets.webhook_secrets(source):
        return NO_HOOK
    return here.settings.web.webhook(source.slug)


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
    for remark in remarks(found["notices"]):
        print(remark)


def _doubt(one: dict[str, Any]) -> str:
    from cli.screen import span

    return f"{one['in_doubt']} ({span(one['oldest_doubt_seconds'])})" if one["in_doubt"] else "0"


def _remark(one: dict[str, Any]) -> None:
    from cli.screen import clock, line

    name = line(one["name"])
    if one["reason"]:
        print(f"{name}: {one['status']}: {line(one['reason'])}{_asked_again(one)}")
    print(f"{name}: webhook {one['webhook']}{_told(one)}")
    if one["silent_since"]:
        since = clock(one["silent_since"])
        print(f"{name}: webhook silent since {since}: `hooks check {name}` says why")
    for fault in one["hook_faults"]:
        print(f"{name}: webhook: {line(fault)}: `hooks check {name}` says what mends it")
    if one["hook_unseen"]:
        print(f"{name}: webhook not looked at: {line(one['hook_unseen'])}")
    if one["dead"]:
        print(f"{name}: {one['dead']} dead: see `dead-letters list`")


def _asked_again(one: dict[str, Any]) -> str:
    """When a source that refuses us is asked again."""
    from cli.screen import span
    from runtime.clock import utc_now

    if one["status"] != "disconnected" or one["next_session"] is None:
        return ""
    return f"; asked again in {span((one['next_session'] - utc_now()).total_seconds())}"


def _told(one: dict[str, Any]) -> str:
    """The coverage in words; nothing before there was anything to tell."""
    spans = (("24 h", "coverage", "missed"), ("7 d", "coverage_week", "missed_week"))
    told = [
        f"{_percent(one[share])} told in {span} ({one[missed]} missed)"
        for span, share, missed in spans
        if one[share] is not None
    ]
    return f", {', '.join(told)}" if told and one["webhook"] != NO_HOOK else ""


def _percent(share: float) -> str:
    """Rounded down, so that 100 % means every one."""
    return f"{int(share * 1000) / 10:g} %"
