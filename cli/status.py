"""`status`: how far each source is, what waits, what was given up on."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import mirror_screen
from cli.given import Json
from cli.notices import remarks, standing

if TYPE_CHECKING:
    from datetime import datetime

    from cli.context import Opened
    from schemas.session import Session
    from store.status import SourceOverview, Watch

WATCH_SECONDS = 2.0
NO_HOOK = "none: polling only"
NO_WAY = "none: no webhook secret, so nothing comes in"
READINGS = ("tickets", "wide", "whole")
"""The passes after which a source is as the tracker was."""


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
    from store import conflicts, mirrors, sessions
    from store.status import overview

    now = utc_now()
    with here.store.read() as connection:
        seen = overview(connection, now)
        shown = [one for one in seen.sources if one.name in here.declared]
        last = [next(iter(sessions.find(connection, one.name, 1)), None) for one in shown]
        mirrored = mirror_screen.standing(connection, mirrors.every(connection))
        open_conflicts = conflicts.count_open(connection)
    return {
        "sources": [
            _source(here, one) | _parked(session, now)
            for one, session in zip(shown, last, strict=True)
        ],
        "deliveries": {"total": seen.total, "open": seen.open, "dead": seen.dead},
        "notices": standing(here),
        "mirrors": mirrored,
        "conflicts": {"open": open_conflicts},
    }


def _source(here: "Opened", one: "SourceOverview") -> dict[str, Any]:
    return {
        "name": one.name,
        "tracker": one.tracker,
        "status": _status(here, one.name, one.status),
        "behind_seconds": one.behind_seconds,
        "last_session": one.last_session,
        "last_read": _last_read(one),
        "next_session": one.next_session,
        "reason": one.status_reason,
        "url": here.redactor.text(here.declared[one.name].url),
        "webhook": webhook_of(here, one.name),
        **_watch(here, one.name, one.watch),
        "tickets": one.tickets,
        "open": one.open,
        "dead": one.dead,
        "in_doubt": one.in_doubt,
        "oldest_doubt_seconds": one.oldest_doubt_seconds,
    }


def _last_read(one: "SourceOverview") -> "datetime | None":
    """When the tracker was last read to the end; a session that it refused has read nothing."""
    passes = one.watch.passes
    ended = [passes[name].ended_at for name in READINGS if name in passes]
    return max((moment for moment in ended if moment is not None), default=None)


def _parked(session: "Session | None", now: "datetime") -> dict[str, Any]:
    """Until when the last session waits, and for what."""
    waits = session is not None and session.resumes_at is not None and session.resumes_at > now
    return {
        "parked_until": session.resumes_at if session and waits else None,
        "parked_by": (session.error or "") if session and waits else "",
    }


def _watch(here: "Opened", name: str, watch: "Watch") -> dict[str, Any]:
    """How well the webhook tells; shares are from 0 to 1, None when nothing had to be told.

    What was seen of a webhook while one was meant to come says nothing once none is.
    """
    meant = webhook_of(here, name) not in (NO_HOOK, NO_WAY)
    unseen = _unseen(here, name) if meant else ""
    look = watch.look if meant and not unseen else None
    return {
        "coverage": watch.day.share,
        "coverage_week": watch.week.share,
        "missed": watch.day.missed,
        "missed_week": watch.week.missed,
        "silent_since": watch.silent_since if meant else None,
        "hook_faults": [here.redactor.text(one.problem) for one in look.faults] if look else [],
        "hook_unseen": here.redactor.text(look.unseen) if look else unseen,
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
    from trackers.registry import tracker_named

    source = here.declared[name]
    polled = source.intake != "webhook" and tracker_named(source.tracker).capabilities.polls
    if source.intake == "polling" or (polled and not here.secrets.webhook_secrets(source)):
        return NO_HOOK
    if not here.secrets.webhook_secrets(source):
        return NO_WAY
    return here.settings.web.webhook(source.slug)


def _unseen(here: "Opened", name: str) -> str:
    """Why the webhook of a source cannot be looked at, whatever an earlier look has seen."""
    from trackers.registry import tracker_named

    looks = tracker_named(here.declared[name].tracker).capabilities.hooks_api
    known = here.settings.web.public_url
    return "[web] public_url (PUBLIC_URL) is not set" if looks and not known else ""


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
                ago(one["last_read"]),
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
    for remark in mirror_screen.summary(found["mirrors"], found["conflicts"]["open"]):
        print(remark)


def _doubt(one: dict[str, Any]) -> str:
    from cli.screen import span

    return f"{one['in_doubt']} ({span(one['oldest_doubt_seconds'])})" if one["in_doubt"] else "0"


def _remark(one: dict[str, Any]) -> None:
    from cli.screen import clock, line

    name = line(one["name"])
    if one["reason"]:
        print(f"{name}: {one['status']}: {line(one['reason'])}{_asked_again(one)}")
    if one["parked_until"]:
        until = clock(one["parked_until"])
        print(f"{name}: parked: {line(one['parked_by'])}; goes on at {until}")
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
    return f", {', '.join(told)}" if told and one["webhook"] not in (NO_HOOK, NO_WAY) else ""


def _percent(share: float) -> str:
    """Rounded down, so that 100 % means every one."""
    return f"{int(share * 1000) / 10:g} %"
