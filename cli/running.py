"""What runs until it is stopped: `up`, `demo`, and stand-in trackers for trying things."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.given import given
from schemas.errors import ConfigError, TicketsyncError

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Listen on this port.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(up)
    app.command()(demo)
    app.command()(sandbox)


def up(
    ctx: typer.Context,
    port: Port = None,
    host: Annotated[str | None, typer.Option(help="Listen on this address.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Only this source; may be given several times.")
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="Run the receiver.")] = False,
    worker: Annotated[bool, typer.Option("--worker", help="Run the workers.")] = False,
    reconciler: Annotated[bool, typer.Option("--reconciler", help="Run the reconciler.")] = False,
    log_dir: Annotated[
        Path | None, typer.Option(help="Also log to files in this folder, one for each source.")
    ] = None,
) -> None:
    """Run everything in one process, until Ctrl-C.

    Webhooks are received and applied, and what they missed is polled for. --web, --worker and
    --reconciler run only what they name.
    """
    # Until all is assembled there is nothing to finish.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    from cli.context import pick
    from cli.up import up as run
    from runtime import config

    settings = config.load(given(ctx).config)
    if log_dir is not None:
        log = settings.log.model_copy(update={"dir": str(log_dir.absolute())})
        settings = settings.model_copy(update={"log": log})
    if given(ctx).verbose:
        log = settings.log.model_copy(update={"level": "debug"})
        settings = settings.model_copy(update={"log": log})
    wanted = {"web": web, "worker": worker, "reconciler": reconciler}
    doors = frozenset(name for name, on in wanted.items() if on) or frozenset(wanted)
    declared = config.sources(settings)
    only = frozenset(pick(declared, name).name for name in source) if source else None
    raise typer.Exit(run(settings, host=host, port=port, only=only, doors=doors))


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End by itself, with a comparison.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    tracker: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given several times.")
    ] = None,
) -> None:
    """Watch it keep up with invented people at five trackers."""
    from cli.demo import demo as run
    from cli.stage import TRACKERS

    wanted = [one.replace("-", "_") for one in tracker or TRACKERS]
    unknown = [one for one in wanted if one not in TRACKERS]
    if unknown:
        raise ConfigError(f'no demo of "{unknown[0]}"; there are: {", ".join(TRACKERS)}')
    raise typer.Exit(run(seconds=seconds, port=port, trackers=wanted))


def sandbox(
    tracker: Annotated[str, typer.Argument(help="Which tracker to stand in for.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    tickets: Annotated[int, typer.Option(min=0, help="Invented tickets.")] = 0,
    comments: Annotated[int, typer.Option(min=0, help="Invented comments.")] = 0,
    token: Annotated[str | None, typer.Option(help="The token it accepts.")] = None,
    webhook_secret: Annotated[
        str | None, typer.Option(help="Named in the JSON line, for scripts.")
    ] = None,
) -> None:
    """Run a stand-in tracker, until Ctrl-C.

    Says where it is in one line of JSON.
    """
    from sandbox.register import MODULES, module_of

    name = tracker.replace("-", "_")
    if name not in MODULES:
        raise ConfigError(f'no sandbox "{tracker}"; there are: {", ".join(MODULES)}')
    module = module_of(name)
    named = {"token": token, "webhook_secret": webhook_secret}
    given = {key: value for key, value in named.items() if value}
    plan = module.Plan(tickets=tickets, comments=comments, **given)
    # The server gives the signal on once it has stopped; to be told to end is no failure.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    try:
        module.foreground(plan, port)
    except OSError as error:
        raise TicketsyncError(f"cannot listen on port {port}: {error.strerror}") from None
