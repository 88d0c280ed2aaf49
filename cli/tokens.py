"""`tokens`: who may use the admin API, and how far."""

import sys
from typing import Annotated

import typer

from cli.given import Json, Limit, who
from schemas.errors import ConfigError

LONGEST = 100

Name = Annotated[str, typer.Argument(metavar="NAME", help="What, or who, will use it.")]

app = typer.Typer(help="Tokens of the admin API.", no_args_is_help=True, rich_markup_mode=None)


@app.command("create")
def create_token(
    ctx: typer.Context,
    name: Name,
    scope: Annotated[
        str, typer.Option(help="read: look; operate: also trigger, resolve, replay; admin: all.")
    ] = "read",
    json: Json = False,
) -> None:
    """Make a token; it is shown this once."""
    from cli.context import opened
    from cli.screen import print_json
    from runtime.clock import utc_now
    from schemas.token import SCOPES
    from store import tokens

    if scope not in SCOPES:
        raise ConfigError(f'--scope must be {", ".join(SCOPES)}, not "{scope}"')
    if not name.strip() or len(name) > LONGEST or not name.isprintable():
        raise ConfigError(f"NAME must be a line of 1 to {LONGEST} characters")
    with opened(ctx) as here, here.store.write() as connection:
        made, secret = tokens.create(connection, name.strip(), scope, utc_now(), who())
    if json:
        print_json(made.model_dump(exclude={"last_used_at", "revoked_at"}) | {"token": secret})
        return
    told = f'token "{made.name}" may {made.scope}; it is shown only now, so keep it:'
    print(told, file=sys.stderr)
    print(secret)


@app.command("list")
def list_tokens(
    ctx: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were revoked.")
    ] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Tokens, oldest first; never their secrets."""
    from cli.context import opened
    from cli.screen import ago, clock, cut, most, print_json, print_table
    from store import tokens

    with opened(ctx) as here, here.store.read() as connection:
        found = tokens.find(connection, revoked=everything, limit=most(limit, json) + 1)
    shown = cut(found, limit, json)
    if json:
        print_json([one.model_dump() for one in shown])
        return
    print_table(
        (">ID", "name", "scope", "made", "last used", "revoked"),
        [
            (
                one.id,
                one.name,
                one.scope,
                ago(one.created_at),
                ago(one.last_used_at),
                clock(one.revoked_at),
            )
            for one in shown
        ],
        empty="no token yet: `tokens create NAME --scope read` makes one",
    )


@app.command("revoke")
def revoke_token(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|ID", help="As `list` shows it.")],
) -> None:
    """End a token: from now on it opens nothing."""
    from cli.context import opened
    from runtime.clock import utc_now
    from store import tokens

    with opened(ctx) as here, here.store.write() as connection:
        ended = tokens.revoke(connection, name, utc_now(), who())
    print(f'token "{ended.name}" is revoked')
