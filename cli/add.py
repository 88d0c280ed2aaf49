"""`add`: a project becomes a source in the configuration file, everything else in it untouched."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Yes, given, program, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from cli.asking import Wish
    from trackers.base import Tracker


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(add)


def add(
    ctx: typer.Context,
    tracker: Annotated[
        str,
        typer.Argument(help="github, gitlab, jira, linear, azure-devops or generic."),
    ],
    url: Annotated[str, typer.Argument(help="The project's address in a browser.")],
    state: Annotated[str | None, typer.Option(help="Which issues: open, closed or all.")] = None,
    jql: Annotated[str | None, typer.Option(help="Which issues of a Jira project.")] = None,
    project: Annotated[
        list[str] | None, typer.Option(help="Which project, if the address names none.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the source.")] = None,
    api_url: Annotated[
        str | None, typer.Option(help="Where its API is, if not where it usually is.")
    ] = None,
    deployment: Annotated[
        str | None, typer.Option(help="cloud or server, where the address does not tell.")
    ] = None,
    token_env: Annotated[
        str | None, typer.Option(help="The variable that holds the token.")
    ] = None,
    email_env: Annotated[
        str | None, typer.Option(help="The variable that holds the token's account.")
    ] = None,
    webhook_secret_env: Annotated[
        list[str] | None, typer.Option(help="The variable that holds the webhook secret.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Try the token and read it once.")
    ] = True,
    yes: Yes = False,
) -> None:
    """Add a project to the configuration.

    Asks what is not given, or takes the defaults with --yes. With a token at hand it ends with a
    first sync.
    """
    from cli.asking import Wish
    from trackers.registry import tracker_named

    known = tracker_named(tracker)
    wish = Wish(
        tracker=known.name,
        url=url,
        state=state,
        jql=jql,
        projects=project,
        name=name,
        api_url=api_url,
        deployment=deployment,
        token_env=token_env,
        email_env=email_env,
        webhook_secret_env=webhook_secret_env,
        yes=yes,
    )
    added = _write(ctx, known, wish)
    if added:
        _then(ctx, known, added, check)


def _write(ctx: typer.Context, tracker: "Tracker", wish: "Wish") -> list[dict[str, Any]]:
    """The new tables, written; empty when all of them were there."""
    from cli import settings_file
    from cli.asking import Names, filter_of, name_of
    from runtime import config

    path = config.path_of(given(ctx).config)
    document = settings_file.read(path)
    around = config.surroundings(path.parent)
    fresh, added, told = not path.exists(), [], _outdone(document, around)
    chosen = list(_projects(tracker, wish, around))
    for clean, api, project in chosen:
        present = settings_file.sources(document)
        twin = next((one for one in present if _same(one, tracker, clean)), None)
        if twin is not None:
            print(f'{project} is here already, as "{twin.get("name")}"; nothing was changed')
            continue
        if len(chosen) > 1 and not wish.yes:
            print(f"{project}:")
        kept = filter_of(wish, project)
        called = name_of(wish, Names(present, project))
        table = _table(tracker, wish, clean, api, around) | {"name": called, "filter": kept}
        settings_file.append(document, _ordered(table))
        added.append(table)
        told.append(f'added {project} as "{called}" to {path.name}{" (new)" if fresh else ""}')
    if added:
        settings_file.write(path, document)
    for line in told:  # not before: whoever stops half-way has added nothing
        print(line)
    return added


def _outdone(document: Any, around: dict[str, str]) -> list[str]:
    """What the first source of a file puts out of force: those that variables define alone."""
    from cli import settings_file
    from runtime import config_sources

    there = settings_file.sources(document)
    defined = [] if there else [one["name"] for one in config_sources.defined(around, [])]
    names = ", ".join(f'"{name}"' for name in defined)
    return [f"note: {names}, defined by variables, count only without [[sources]]"] if names else []


def _projects(
    tracker: "Tracker", wish: "Wish", around: dict[str, str]
) -> Iterator[tuple[str, str | None, str]]:
    """(address, API, name) of each project to add: the one the address names, or a choice."""
    from cli.asking import choice, keys_of

    clean, api, project = tracker.source_url(wish.url)
    if not project:
        for one in choice(wish, lambda: _offered(tracker, wish, clean, api, around)):
            yield tracker.source_url(one.url)
        return
    if tracker.name == "jira":
        root = clean.removesuffix(project)
        for key in keys_of(wish, project, lambda key: tracker.source_url(root + key)[2] == key):
            yield tracker.source_url(root + key)
        return
    if any(name.casefold() != project.casefold() for name in wish.projects or []):
        raise ConfigError(f"--project: the address names {project} already; give the site alone")
    yield clean, api, project


def _offered(
    tracker: "Tracker", wish: "Wish", clean: str, api: str | None, around: dict[str, str]
) -> Sequence[Any]:
    """The projects of a site that the credential shows."""
    from cli.clients import connect
    from runtime.credentials import Secrets
    from schemas.source import Source

    table = _table(tracker, wish, clean, api, around)
    source = Source.model_validate(table | {"name": "new", "slug": "new"})
    client = connect(source, Secrets(around))
    try:
        return list(client.projects())
    finally:
        client.close()


def _table(
    tracker: "Tracker", wish: "Wish", clean: str, api: str | None, around: dict[str, str]
) -> dict[str, Any]:
    """A `[[sources]]` table without name and filter; a variable is named only when it is set."""
    from cli.asking import variables

    can = tracker.capabilities
    token = next(variables(can.token_variables, around, wish.token_env), None)
    email = next(variables(can.email_variables, around, wish.email_env), None)
    secret = f"{tracker.name.upper()}_WEBHOOK_SECRET"
    values = {
        "tracker": tracker.name,
        "url": clean,
        "api_url": (wish.api_url or "").rstrip("/") or api,
        "deployment": wish.deployment,
        "token_env": token,
        "email_env": email,
        "webhook_secret_env": wish.webhook_secret_env or list(variables([secret], around)),
    }
    return {key: value for key, value in values.items() if value}


def _ordered(table: dict[str, Any]) -> dict[str, Any]:
    """The name first, the filter last, as people write it."""
    middle = {key: value for key, value in table.items() if key not in ("name", "filter")}
    return {"name": table["name"], **middle, "filter": table["filter"]}


def _same(one: dict[str, Any], tracker: "Tracker", clean: str) -> bool:
    """Whether a table of the file, however its address is spelt, is this very project."""
    try:
        url = tracker.source_url(str(one.get("url", "")))[0]
    except ConfigError:
        return False
    return one.get("tracker") == tracker.name and url.casefold() == clean.casefold()


def _then(ctx: typer.Context, tracker: "Tracker", added: list[dict[str, Any]], check: bool) -> None:
    """What to do next, or the first look when everything for it is there."""
    from cli.first_look import first_look
    from runtime import config

    around = config.surroundings(config.path_of(given(ctx).config).parent)
    names = [str(values["name"]) for values in added]
    unset = [one for values in added for one in _unset(values, around)]
    for variable in dict.fromkeys(unset):
        print(f"first: set {variable} in the environment, or in a .env beside the file")
    for values in added:
        _note(ctx, values)
    ready = check and not unset and all(values.get("token_env") for values in added)
    if ready and tracker.capabilities.polls:
        first_look(ctx, names)
    elif tracker.capabilities.polls:
        _next(tracker, added)
    _hooks(added)


def _unset(values: dict[str, Any], around: dict[str, str]) -> list[str]:
    named = [
        values.get("token_env"),
        values.get("email_env"),
        *values.get("webhook_secret_env", []),
    ]
    return [one for one in named if one and not around.get(one, "").strip()]


def _next(tracker: "Tracker", added: list[dict[str, Any]]) -> None:
    names = " ".join(_quoted(str(values["name"])) for values in added)
    if any(not values.get("token_env") for values in added):
        usual = " or ".join(tracker.capabilities.token_variables)
        if tracker.name == "github":
            print("token: none, so anonymous: public repositories only, few requests an hour")
        else:
            print(f"token: none yet; set {usual}{_or_sign_in(tracker)}")
    print(f"next:  {program()} sync {names}   reads all its tickets once")
    print(f"       {program()} up   keeps them up to date")


def _or_sign_in(tracker: "Tracker") -> str:
    if tracker.capabilities.oauth is None:
        return ""
    return f', or write auth = "oauth" into it and run `{program()} auth {tracker.name}`'


def _hooks(added: list[dict[str, Any]]) -> None:
    from runtime.slugs import slug_of

    for values in added:
        address = f"/webhooks/{slug_of(str(values['name']))}"
        if values.get("webhook_secret_env"):
            name = _quoted(str(values["name"]))
            print(f"hook:  {program()} hooks register {name}   ({address})")
        else:
            print(f"hook:  none, so polling only; with --webhook-secret-env it would be {address}")


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


def _note(ctx: typer.Context, values: dict[str, Any]) -> None:
    """A row in the audit table; it needs a configuration that is whole."""
    from cli.context import opened
    from runtime.clock import utc_now
    from store import audit

    try:
        with opened(ctx) as here, here.store.write() as connection:
            subject = f"source {values['name']}"
            audit.note(connection, utc_now(), who(), "add", subject, None, values)
    except TicketsyncError as error:
        for fault in str(error).splitlines():
            typer.echo(f"ticketsync: not yet: {fault}", err=True)
