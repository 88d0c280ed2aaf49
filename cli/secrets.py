"""`secrets`: the keys that seal stored tokens."""

import typer

from schemas.errors import TicketsyncError

app = typer.Typer(
    help="The keys that seal stored tokens.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _group() -> None:
    """Keeps `rotate` a command of its own while it is the only one."""


@app.command()
def rotate(ctx: typer.Context) -> None:
    """Seal all stored tokens with a new key.

    The key file gets its new key by itself. With TICKETSYNC_SECRET_KEYS put the new key in front,
    restart everything, run this, and then take the old keys out.
    """
    from cli.context import opened
    from runtime import config
    from runtime.usual_names import SECRET_KEYS
    from store.grants import Grants

    with opened(ctx) as here:
        sealing = config.sealing(here.settings)
        if sealing.in_environment and len(sealing.values()) < 2:
            raise TicketsyncError(
                f"{SECRET_KEYS} holds one key: put a new one in front, separated by a comma; "
                "`openssl rand -hex 32` makes one"
            )
        if not sealing.in_environment:
            sealing.rotate()
        count = Grants(here.store, sealing).reseal()
        if sealing.in_environment:
            print(f"{count} grants are sealed with the first key; the others may be taken out")
        else:
            sealing.forget()
            print(f"{count} grants are sealed with a new key in {sealing.file.name}")
