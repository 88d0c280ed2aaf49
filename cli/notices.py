"""`notices`: what others were told, what waits to be, and what was given up."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import LARGEST, Id, Json, Limit, Yes, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.context import Opened
    from store.outbox import Letter
    from workers.notify import Sender


class Wanted(StrEnum):
    """What may become of a notice."""

    waiting = "waiting"
    sent = "sent"
    given_up = "given-up"


Ids = Annotated[
    list[int] | None, typer.Argument(metavar="[ID]...", max=LARGEST, help="These, by number.")
]

app = typer.Typer(help="What others are told.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_notices(
    ctx: typer.Context,
    state: Annotated[Wanted | None, typer.Option(help="Only those.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Notices, newest first."""
    from cli.context import opened
    from cli.screen import ago, cut, most, print_json, print_table
    from store import outbox

    wanted: Any = state.value.replace("-", " ") if state else None
    with opened(ctx) as here:
        with here.store.read() as connection:
            found = outbox.find(
                connection, state=wanted, source=source, limit=most(limit, json) + 1
            )
        told = list(remarks(standing(here)))
        listening = bool(here.settings.notices.url)
    shown = cut(found, limit, json)
    if json:
        print_json([_as_object(one) for one in shown])
        return
    print_table(
        (">ID", "type", "source", "ticket", "state", ">tries", "age", "last error"),
        [
            (
                one.id,
                one.type,
                one.source or "-",
                one.ticket or "-",
                one.state,
                one.attempts,
                ago(one.at),
                (one.last_error or "-") if one.state != "sent" else "-",
            )
            for one in shown
        ],
        empty="no notices",
    )
    for remark in told if listening else ["notices: [notices] url is not set: none are recorded"]:
        typer.echo(f"ticketsync: {remark}", err=True)


@app.command("show")
def show_notice(ctx: typer.Context, number: Id, json: Json = False) -> None:
    """One notice with what it tells."""
    import orjson

    from cli.context import opened
    from cli.screen import clock, print_json, print_pairs
    from store import outbox

    with opened(ctx) as here, here.store.read() as connection:
        found = outbox.get(connection, number)
    if found is None:
        raise TicketsyncError(f"there is no notice {number}")
    if json:
        print_json(_as_object(found))
        return
    values = _as_object(found) | {
        name: clock(getattr(found, name)) for name in ("at", "due_at", "sent_at")
    }
    print_pairs((values | {"content": orjson.dumps(found.content).decode()}).items())


@app.command("test")
def send_test(ctx: typer.Context, json: Json = False) -> None:
    """Send a notice of type Test now, and say what came back."""
    import time

    from cli.context import opened
    from cli.screen import print_json
    from runtime.http import shown

    with opened(ctx) as here:
        sender, began = _sender(here), time.monotonic()
        answer = sender.try_out({"from": "ticketsync notices test"})
        address = shown(here.settings.notices.url)
    seconds = round(time.monotonic() - began, 3)
    taken = 200 <= answer.status < 300
    if json:
        print_json({"url": address, "status": answer.status, "taken": taken, "seconds": seconds})
    else:
        print(f"{address}: HTTP {answer.status} in {seconds:.2f} s")
    if not taken:
        raise TicketsyncError(f"{address}: HTTP {answer.status}: only 2xx counts as taken")


@app.command("retry")
def retry_notices(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Send again what was not taken: with all its attempts, beginning now."""
    from cli.context import opened
    from cli.screen import print_json, sure
    from runtime.clock import utc_now
    from store import audit, outbox

    with opened(ctx) as here:
        _sender(here)
        chosen = _chosen(here, ids or [], everything)
        if not ids and chosen:
            sure(f"send {len(chosen)} notices again?", yes)
        with here.store.write() as connection:
            outbox.switch_on(connection, here.settings.notices.url)
            due = outbox.retry(connection, chosen, utc_now())
            audit.note(connection, utc_now(), who(), "retry", f"{due} notices", None, chosen)
        here.tell.recorded.set()
        here.notify()
        here.tell.recorded.clear()
        with here.store.read() as connection:
            after = [outbox.get(connection, one) for one in chosen]
    sent = sum(one is not None and one.state == "sent" for one in after)
    if json:
        print_json({"due": due, "sent": sent})
    else:
        print(f"{sent} of {due} sent; a running `up` goes on with the others")


def _chosen(here: "Opened", ids: list[int], everything: bool) -> list[int]:
    """The notices meant; a number that is none, or was sent, fails before anything is done."""
    from cli.screen import MOST
    from store import outbox

    if not (ids or everything):
        raise ConfigError("say which: ID… or --all")
    with here.store.read() as connection:
        if not ids:
            return [one.id for one in outbox.find(connection, state="given up", limit=MOST)]
        found = {one: outbox.get(connection, one) for one in ids}
    for number, one in found.items():
        if one is None:
            raise TicketsyncError(f"there is no notice {number}")
        if one.state == "sent":
            raise TicketsyncError(f"notice {number} was sent already")
    return list(found)


def _sender(here: "Opened") -> "Sender":
    if here.work.sender is None:
        raise ConfigError("[notices] url (NOTICES_URL) is not set: there is nobody to tell")
    return here.work.sender


def standing(here: "Opened") -> dict[str, Any] | None:
    """What waits, what was given up, and since when the address wants nothing; None without one."""
    from store import outbox

    url = here.settings.notices.url
    if not url:
        return None
    with here.store.read() as connection:
        return {
            "waiting": outbox.count(connection, "waiting"),
            "given_up": outbox.count(connection, "given up"),
            "off_since": outbox.switched_off(connection, url),
        }


def remarks(found: dict[str, Any] | None) -> "Iterator[str]":
    """What a person should know of it, one line each; nothing when all is well."""
    if found is None:
        return
    if found["off_since"]:
        yield "notices: the address answered 410 and is switched off; `notices test` tries it again"
    if found["given_up"]:
        yield f"notices: {found['given_up']} given up: see `notices list --state given-up`"


def _as_object(one: "Letter") -> dict[str, Any]:
    """A notice as programs read it; `id` is its sequence, `key` its webhook-id."""
    return {
        "id": one.id,
        "key": one.key,
        "type": one.type,
        "at": one.at,
        "source": one.source,
        "ticket": one.ticket,
        "state": one.state,
        "attempts": one.attempts,
        "due_at": one.due_at,
        "sent_at": one.sent_at,
        "last_error": one.last_error,
        "content": one.content,
    }
