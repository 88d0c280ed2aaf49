"""`doctor`: is everything as it has to be, source by source; and if not, what to do."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json, given

if TYPE_CHECKING:
    from cli.examination import Finding


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Only these; all if none.")
    ] = None,
    json: Json = False,
) -> None:
    """Check each source, and say what to do.

    In this order: token variable, URL, network, token accepted, scopes, filter, webhook registered.
    """
    from cli.clients import StoredGrants
    from cli.context import pick
    from cli.examination import examine
    from cli.screen import print_json
    from cli.unset import load
    from runtime import config

    settings = load(config.path_of(given(ctx).config))
    declared = config.sources(settings)
    secrets = config.secrets(settings, grants=StoredGrants(settings))
    chosen = [pick(declared, name) for name in sources or []] or declared
    findings = [
        finding
        for source in chosen
        for finding in examine(source, secrets, settings.web.public_url)
    ]
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(1)


def _print(findings: "Sequence[Finding]") -> None:
    from cli.screen import line

    if not findings:
        print("no source is configured yet: `add github URL` adds one")
    source = None
    for one in findings:
        if one.source != source:
            source = one.source
            print(line(source))
        mark = {True: "ok", False: "FAILED", None: "note"}[one.ok]
        print(f"  {mark:<6}  {one.check:<18}  {line(one.detail)}")
        if one.do:
            print(f"{'':<30}{line(one.do)}")
