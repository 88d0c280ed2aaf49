"""The commands, put together; what goes wrong in any of them becomes one line and an exit code."""

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import (
    add,
    auth,
    conflicts,
    database,
    dead_letters,
    deliveries,
    doctor,
    export,
    fields,
    hooks,
    links,
    metrics,
    mirrors,
    new,
    notices,
    people,
    projects,
    running,
    secrets,
    sessions,
    settings,
    sources,
    status,
    sync,
    tickets,
    tokens,
    trackers,
)
from cli.given import Given
from schemas.errors import ConfigError, TicketsyncError


class Commands(TyperGroup):
    """The group of all commands: errors end here, 1 for what failed, 2 for how it was asked."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; no mistake of a user ends in a traceback."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            _say(*error.faults)
            raise typer.Exit(2) from None
        except TicketsyncError as error:
            _say(str(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            _say("interrupted")
            raise typer.Exit(130) from None
        except typer.Abort as abort:
            interrupted = isinstance(abort.__context__, KeyboardInterrupt)
            _say("interrupted" if interrupted else "no answer, so nothing was done")
            raise typer.Exit(130 if interrupted else 1) from None
        except Exception as error:
            if _is_ours(error):
                raise
            _say_unknown(error, verbose=bool(ctx.params.get("verbose")))
            raise typer.Exit(1) from None


def _is_ours(error: Exception) -> bool:
    """What typer itself ends with: an exit code, a usage error, a reader that went away."""
    framework = type(error).__module__.partition(".")[0] in ("typer", "click")
    return framework or isinstance(error, BrokenPipeError)


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"ticketsync: {line}\n")


def _say_unknown(error: Exception, *, verbose: bool) -> None:
    if verbose:
        traceback.print_exception(error)
    first = (str(error).strip().splitlines() or [""])[0]
    _say(f"unexpected {type(error).__name__}: {first} (--verbose before the command shows where)")


app = typer.Typer(
    name="ticketsync",
    cls=Commands,
    help="One true local copy of the tickets your teams keep in several trackers.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (running, add, new, projects, trackers, sync, status, export, doctor):
    module.register(app)
for name, noun in (
    ("sources", sources),
    ("tickets", tickets),
    ("links", links),
    ("mirrors", mirrors),
    ("conflicts", conflicts),
    ("deliveries", deliveries),
    ("dead-letters", dead_letters),
    ("sessions", sessions),
    ("people", people),
    ("hooks", hooks),
    ("metrics", metrics),
    ("notices", notices),
    ("auth", auth),
    ("secrets", secrets),
    ("tokens", tokens),
    ("fields", fields),
    ("config", settings),
    ("db", database),
):
    app.add_typer(noun.app, name=name)


@app.callback()
def _globals(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The configuration file, instead of ticketsync.toml.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log everything that is done, on stderr.")
    ] = False,
) -> None:
    ctx.obj = Given(config, verbose)


@app.command()
def version() -> None:
    """Which version this is."""
    import platform
    from importlib import metadata

    try:
        number = metadata.version("ticketsync")
    except metadata.PackageNotFoundError:  # a checkout that nothing was installed from
        number = "unknown"
    print(f"ticketsync {number} (Python {platform.python_version()})")
