"""`projects`: what a credential can see at a tracker, to choose sources from."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json, Limit, given
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from runtime.credentials import Secrets
    from schemas.settings import Settings
    from schemas.source import Source


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(projects)


def projects(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Argument(help="With this source's token.")] = None,
    tracker: Annotated[
        str | None, typer.Option(help="Or of this tracker, with the usual variables.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The tracker's site, for --tracker.")] = None,
    deployment: Annotated[
        str | None, typer.Option(help="cloud or server, where the address does not tell.")
    ] = None,
    json: Json = False,
    limit: Limit = None,
) -> None:
    """List the projects a token can see."""
    from cli.clients import connect
    from cli.screen import cut, print_json, print_table

    chosen, secrets = _source(ctx, source, tracker, url)
    if deployment is not None:
        chosen = chosen.model_copy(update={"deployment": _known_deployment(deployment)})
    client = connect(chosen, secrets)
    try:
        found = cut(list(client.projects()), limit, json)
    finally:
        client.close()
    if json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(one.name, one.id, one.url) for one in found]
    print_table(("project", "id", "address"), rows, empty="the token shows no project")


def _known_deployment(given: str) -> str:
    if given not in ("cloud", "server"):
        raise ConfigError(f'--deployment is cloud or server, not "{given}"')
    return given


def _source(
    ctx: typer.Context, source: str | None, tracker: str | None, url: str | None
) -> "tuple[Source, Secrets]":
    """A configured source, or one made up of a site's address and the usual variables."""
    from cli.context import pick
    from cli.unset import load
    from runtime import config

    path = config.path_of(given(ctx).config)
    if source is None and tracker is not None and not path.exists():
        return _made_up(tracker, url, config.surroundings(path.parent))
    settings = load(path, required=source is not None)
    declared = config.sources(settings)
    if source is not None:
        return pick(declared, source), _secrets(settings)
    if tracker is None:
        raise ConfigError("name a source, or a tracker with --tracker")
    own = next((one for one in declared if one.tracker == tracker.replace("-", "_")), None)
    if own is not None and url is None:
        return own, _secrets(settings)
    return _made_up(tracker, url, config.surroundings(path.parent))


def _made_up(tracker: str, url: str | None, around: dict[str, str]) -> "tuple[Source, Secrets]":
    from cli.asking import variables
    from runtime import config_sources
    from runtime.credentials import Secrets
    from schemas.source import Source
    from trackers.registry import tracker_named

    known = tracker_named(tracker)
    public = {
        "github": "https://github.com",
        "gitlab": "https://gitlab.com",
        "linear": "https://linear.app",
    }
    named = config_sources.site(known.name, around)
    site = url or public.get(known.name) or named
    if not site:
        raise ConfigError(f"--url is needed: where is this {known.name}?")
    clean, api, _ = known.source_url(site)
    can = known.capabilities
    source = Source(
        name=known.name,
        slug=known.name,
        tracker=known.name,
        url=clean,
        api_url=api,
        deployment="cloud" if known.name == "jira" and site == named else None,
        token_env=next(variables(can.token_variables, around), None),
        email_env=next(variables(can.email_variables, around), None),
    )
    return source, Secrets(around)


def _secrets(settings: "Settings") -> "Secrets":
    """The secrets of these settings, stored grants among them."""
    from cli.clients import StoredGrants
    from runtime import config

    return config.secrets(settings, grants=StoredGrants(settings))
