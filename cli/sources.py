"""`sources`: which projects are followed; pausing, resuming and removing them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, Limit, Yes, given, program, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened
    from schemas.settings import Settings
    from schemas.source import Source, SourceStatus

Name = Annotated[str, typer.Argument(metavar="SOURCE", help="Its name.")]

app = typer.Typer(help="The projects followed.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_sources(ctx: typer.Context, limit: Limit = None, json: Json = False) -> None:
    """All sources of the configuration file."""
    from cli.context import opened
    from cli.screen import cut, print_json, print_table

    with opened(ctx) as here:
        found = [_shown(here, source) for source in here.declared.values()]
    found = list(cut(found, limit, json))
    if json:
        print_json(found)
        return
    print_table(
        ("source", "tracker", "status", "filter", "url"),
        [
            (one["name"], one["tracker"], one["status"], _filter(one["filter"]), one["url"])
            for one in found
        ],
        empty="no source is configured yet: `add github URL` adds one",
    )


@app.command("show")
def show_source(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """One source, with its webhook address."""
    from cli.context import opened
    from cli.screen import clock, print_json, print_pairs

    with opened(ctx) as here:
        source = here.source(name)
        shown = _shown(here, source) | {"folder": _folder(here, source)}
    if json:
        print_json(shown)
        return
    values = shown | {
        "filter": _filter(shown["filter"]),
        "webhook_secret_env": ", ".join(shown["webhook_secret_env"]),
        "last_session": clock(shown["last_session"]),
        "next_session": clock(shown["next_session"]),
    }
    print_pairs(values.items())


@app.command()
def pause(ctx: typer.Context, name: Name) -> None:
    """Stop reading it; its webhooks are kept and wait."""
    from cli.context import opened

    with opened(ctx) as here:
        source = here.source(name)
        changed = _set(here, source, "pause", "paused", f"paused by {who()}")
    print(f"{source.name} is paused" if changed else f"{source.name} was paused already")


@app.command()
def resume(ctx: typer.Context, name: Name) -> None:
    """Go on with a paused source; what waited is applied now."""
    from cli.context import opened
    from store import sources

    with opened(ctx) as here:
        source = here.source(name)
        with here.store.read() as connection:
            state = sources.state(connection, source.name)
        if state is None or state.status != "paused":
            print(f"{source.name} is not paused")
            return
        _set(here, source, "resume", "active" if state.project_id else "configuring", "")
        here.catch_up(source.name)
    print(f"{source.name} goes on")


@app.command()
def remove(ctx: typer.Context, name: Name, yes: Yes = False) -> None:
    """Take it out of the configuration file; its rows and Markdown files stay."""
    from cli import settings_file
    from cli.context import pick
    from cli.screen import sure
    from runtime import config

    path = config.path_of(given(ctx).config)
    settings = config.load(path)
    source = pick(config.sources(settings), name)
    _unused(settings, source.name)
    sure(f'take "{source.name}" out of {path.name}? Its tickets and files stay.', yes)
    document = settings_file.read(path)
    if not settings_file.remove(document, source.name):
        raise ConfigError(f'{path.name}: has no [[sources]] table named "{source.name}"')
    settings_file.write(path, document)
    _note_removal(ctx, source)
    print(f"removed {source.name}; a running `up` notices when it is started again")


def _unused(settings: "Settings", source: str) -> None:
    """Raises TicketsyncError when a mirror of the file needs the source."""
    from store.mirrors import name_of

    for mirror in settings.mirrors:
        if source in (mirror.source, mirror.target):
            name = name_of(mirror)
            raise TicketsyncError(
                f"the mirror {name} needs {source}: `{program()} mirrors remove {name}` first"
            )


def _note_removal(ctx: typer.Context, source: "Source") -> None:
    """Opening the store marks the row; the audit says who did it."""
    from cli.context import opened
    from runtime.clock import utc_now
    from store import audit

    with opened(ctx) as here, here.store.write() as connection:
        before = source.model_dump(mode="json", exclude_none=True)
        audit.note(connection, utc_now(), who(), "remove", f"source {source.name}", before)


def _set(
    here: "Opened", source: "Source", action: str, status: "SourceStatus", reason: str
) -> bool:
    """Sets a source's status with an audit row; False when it had it already."""
    from runtime.clock import utc_now
    from store import audit, sources
    from store.notices import change_status

    with here.store.write() as connection:
        state = sources.state(connection, source.name)
        before = state.status if state else None
        if before == status:
            return False
        change_status(connection, here.tell, source.name, status, reason, utc_now())
        subject = f"source {source.name}"
        audit.note(connection, utc_now(), who(), action, subject, before, status)
    return True


def _shown(here: "Opened", source: "Source") -> dict[str, Any]:
    from cli.status import webhook_of
    from store import sources

    with here.store.read() as connection:
        state = sources.state(connection, source.name)
    status = state.status if state else "configuring"
    return {
        "name": source.name,
        "tracker": source.tracker,
        "url": here.redactor.text(source.url),
        "api_url": source.api_url,
        "status": "disabled" if source.direction == "disabled" else status,
        "reason": state.status_reason if state else "",
        "project": state.project_name if state else None,
        "slug": source.slug,
        "webhook_path": f"/webhooks/{source.slug}",
        "webhook": webhook_of(here, source.name),
        "direction": source.direction,
        "filter": source.filter,
        "token_env": source.token_env,
        "webhook_secret_env": list(source.webhook_secret_env),
        "interval_minutes": source.interval_minutes,
        "last_session": state.last_session_at if state else None,
        "next_session": state.next_session_at if state else None,
    }


def _folder(here: "Opened", source: "Source") -> str | None:
    """Where its Markdown files are; None without a workspace."""
    from store.workspace.layout import source_folder
    from workers.app import workspace_of

    workspace = workspace_of(here.settings, here.store)
    return str(workspace / source_folder(source.name)) if workspace else None


def _filter(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{key} {'+'.join(value) if isinstance(value, list) else value}"
        for key, value in values.items()
    )
