"""`mirrors add`: a pair of sources becomes a mirror in the configuration file."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.given import Yes, given, program, who
from schemas.errors import ConfigError, TicketsyncError

DIRECTIONS = ("push", "bidirectional")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("add")(add)


def add(
    ctx: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="Whose tickets are mirrored.")
    ] = None,
    target: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="Where they are to live, too.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call it, if not SOURCE-to-TARGET.")
    ] = None,
    direction: Annotated[str | None, typer.Option(help="push (one way) or bidirectional.")] = None,
    existing: Annotated[
        bool | None,
        typer.Option("--existing/--no-existing", help="Also tickets that are there already."),
    ] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Also closed ones.")] = False,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Only record what it would write.")
    ] = False,
    options: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any option of docs/mirrors.md."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Add a mirror to the configuration.

    Asks what is not given, or takes the defaults with --yes. Nothing is written to a tracker yet.
    """
    from cli import settings_file
    from runtime import config

    path = config.path_of(given(ctx).config)
    around = config.surroundings(path.parent)
    document = settings_file.read(path)
    source, target = _pair(source, target, _known(document.unwrap(), around), yes)
    asked = {
        "direction": _direction(direction, yes),
        "mode": "shadow" if shadow else None,
        "sync_existing_issues": _existing(existing, yes) or None,
        "sync_closed_issues": closed or None,
    }
    said = {key: value for key, value in asked.items() if value is not None}
    values = {"name": name or f"{source}-to-{target}", "source": source, "target": target}
    values |= said | dict(_option(one) for one in options or [])
    before = {*config.faults(document.unwrap(), around)}
    settings_file.append(document, values, "mirrors")
    faults = config.faults(document.unwrap(), around)
    if {*faults} - before:
        raise ConfigError(*(fault for fault in faults if fault not in before))
    settings_file.write(path, document)
    print(f'added the mirror "{values["name"]}" to {path.name}')
    _note(ctx, values)
    _next(values)


def _known(table: dict[str, Any], around: dict[str, str]) -> list[str]:
    """The names of all sources, and the one of local tickets."""
    from runtime import config_sources
    from schemas.source import LOCAL

    found = table.get("sources") or config_sources.defined(around, [])
    names = [one.get("name") for one in found if isinstance(one, dict)]
    return [*(name for name in names if isinstance(name, str)), LOCAL]


def _pair(
    source: str | None, target: str | None, known: Sequence[str], yes: bool
) -> tuple[str, str]:
    """Source and target: as given, or asked for among those there are."""
    if yes and not (source and target):
        raise ConfigError("mirrors add: with --yes it needs both, SOURCE and TARGET")
    if not (source and target):
        print(f"sources: {', '.join(known)}")
    return (
        source or str(typer.prompt("Mirror the tickets of", value_proc=_one_of(known))),
        target or str(typer.prompt("into", value_proc=_one_of(known[:-1]))),
    )


def _one_of(known: Sequence[str]) -> Any:
    def among(answer: str) -> str:
        if answer.strip() not in known:
            raise typer.BadParameter(f"one of: {', '.join(known)}")
        return answer.strip()

    return among


def _direction(given: str | None, yes: bool) -> str:
    if given is None and not yes:
        told = " or ".join(DIRECTIONS)
        return str(typer.prompt(f"Direction ({told})", "push", value_proc=_one_of(DIRECTIONS)))
    return given or "push"


def _existing(given: bool | None, yes: bool) -> bool:
    if given is None and not yes:
        return typer.confirm("Also the tickets that are there already?", default=False)
    return bool(given)


def _option(text: str) -> tuple[str, Any]:
    """KEY=VALUE, the value in TOML; a bare word is text. Raises ConfigError."""
    import difflib
    import tomllib

    from schemas.mirror import MirrorOptions

    key, separator, raw = (part.strip() for part in text.partition("="))
    if not separator or key not in MirrorOptions.model_fields:
        close = difflib.get_close_matches(key, list(MirrorOptions.model_fields), n=1)
        meant = f"; did you mean {close[0]}?" if close and separator else " (docs/mirrors.md)"
        raise ConfigError(f'--set: "{text[:60]}" is no KEY=VALUE of a mirror{meant}')
    try:
        return key, tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return key, raw


def _note(ctx: typer.Context, values: dict[str, Any]) -> None:
    """A row in the audit table; opening the store declares the mirror, from now on."""
    from cli.context import opened
    from runtime.clock import utc_now
    from store import audit

    try:
        with opened(ctx) as here, here.store.write() as connection:
            subject = f"mirror {values['name']}"
            audit.note(connection, utc_now(), who(), "add", subject, None, values)
    except TicketsyncError as error:
        for fault in str(error).splitlines():
            typer.echo(f"ticketsync: not yet: {fault}", err=True)


def _next(values: dict[str, Any]) -> None:
    import shlex

    name = shlex.quote(str(values["name"]))
    print(f"next:  {program()} mirrors plan {name}   shows what it would write")
    if values.get("mode") == "shadow":
        print('       mode = "live" in the file lets it write')
    else:
        print(f"       {program()} mirrors push {name}   writes it; `up` goes on with it")
    if not values.get("sync_existing_issues"):
        print("       tickets from before now stay out:")
        print(f"       {program()} mirrors push {name} KEY   takes one in")
