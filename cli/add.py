"""`add`: a project becomes a source in the configuration file, everything else in it untouched."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.given import Yes, given, program, who
from schemas.errors import ConfigError, TicketsyncError

STATES = ("open", "closed", "all")
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; None where nobody said."""

    tracker: str
    url: str
    state: str | None
    name: str | None
    api_url: str | None
    token_env: str | None
    webhook_secret_env: list[str] | None
    yes: bool


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(add)


def add(
    ctx: typer.Context,
    tracker: Annotated[str, typer.Argument(help="The kind of tracker: github.")],
    url: Annotated[str, typer.Argument(help="The project's address in a browser.")],
    state: Annotated[str | None, typer.Option(help="Which issues: open, closed or all.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call the source.")] = None,
    api_url: Annotated[
        str | None, typer.Option(help="Where its API is, if not where it usually is.")
    ] = None,
    token_env: Annotated[
        str | None, typer.Option(help="The variable that holds the token.")
    ] = None,
    webhook_secret_env: Annotated[
        list[str] | None, typer.Option(help="The variable that holds the webhook secret.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Add a project to the configuration.

    Asks what is not given, or takes the defaults with --yes.
    """
    from cli import settings_file
    from runtime import config
    from trackers.registry import tracker_named

    wish = Wish(tracker, url, state, name, api_url, token_env, webhook_secret_env, yes)
    clean, api, project = tracker_named(tracker).source_url(url)
    path = config.path_of(given(ctx).config)
    document = settings_file.read(path)
    present = settings_file.sources(document)
    twin = next((one for one in present if _same(one, tracker, clean)), None)
    if twin is not None:
        print(f'{project} is here already, as "{twin.get("name")}"; nothing was changed')
        return
    around = config.surroundings(path.parent)
    values = _values(wish, clean, api, _Names(present, project), around)
    settings_file.append(document, values)
    fresh = not path.exists()
    settings_file.write(path, document)
    print(f'added {project} as "{values["name"]}" to {path.name}{" (new)" if fresh else ""}')
    _then(ctx, values, around)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that are taken, and those to propose for a project."""

    present: list[dict[str, Any]]
    project: str

    def fault(self, name: str) -> str | None:
        """Why a source cannot be called so; None when it can."""
        from runtime.slugs import slug_of

        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            return f"a source's name has 1 to {LONGEST_NAME} printable characters"
        for one in self.present:
            other = str(one.get("name", ""))
            if slug_of(other) == slug_of(name):
                return f'the name "{name}" is taken by {one.get("url")}; choose another'
        return None

    def proposal(self) -> str:
        """The repository's name, with its owner's when that is taken."""
        owner, _, short = self.project.rpartition("/")
        long = f"{owner.replace('/', '-')}-{short}"
        free = (n for n in (short, long, *(f"{long}-{i}" for i in range(2, 100))))
        return next((name for name in free if self.fault(name) is None), short)


def _values(
    wish: Wish, clean: str, api: str | None, names: _Names, around: dict[str, str]
) -> dict[str, Any]:
    state = _state(wish)
    name = _name(wish, names)
    prefix = wish.tracker.upper().replace("-", "_")
    token = _variable(wish.token_env, f"{prefix}_TOKEN", around)
    secrets = wish.webhook_secret_env or _variable(None, f"{prefix}_WEBHOOK_SECRET", around)
    values = {
        "name": name,
        "tracker": wish.tracker,
        "url": clean,
        "api_url": (wish.api_url or "").rstrip("/") or api,
        "token_env": token,
        "webhook_secret_env": [secrets] if isinstance(secrets, str) else secrets,
        "filter": {"state": state},
    }
    return {key: value for key, value in values.items() if value}


def _state(wish: Wish) -> str:
    if wish.state is None and wish.yes:
        return "open"
    if wish.state is None:
        return str(typer.prompt("Issue state filter", default="open", value_proc=_known_state))
    if wish.state not in STATES:
        raise ConfigError(f'--state must be {", ".join(STATES)}, not "{wish.state}"')
    return wish.state


def _known_state(answer: str) -> str:
    if answer.strip().lower() not in STATES:
        raise typer.BadParameter(f"answer {', '.join(STATES)}")
    return answer.strip().lower()


def _name(wish: Wish, names: _Names) -> str:
    def free(answer: str) -> str:
        fault = names.fault(answer.strip())
        if fault is not None:
            raise typer.BadParameter(fault)
        return answer.strip()

    if wish.name is None and not wish.yes:
        return str(typer.prompt("Source name", default=names.proposal(), value_proc=free))
    name = (names.proposal() if wish.name is None else wish.name).strip()
    fault = names.fault(name)
    if fault is not None:
        raise ConfigError(f"--name: {fault}")
    return name


def _variable(named: str | None, usual: str, around: dict[str, str]) -> str | None:
    """The variable to write: the one that was named, or the usual one if it is set."""
    return named or (usual if around.get(usual, "").strip() else None)


def _same(one: dict[str, Any], tracker: str, clean: str) -> bool:
    """Whether a table of the file, however its address is spelt, is this very project."""
    from trackers.registry import tracker_named

    try:
        url = tracker_named(tracker).source_url(str(one.get("url", "")))[0]
    except ConfigError:
        return False
    return one.get("tracker") == tracker and url.casefold() == clean.casefold()


def _then(ctx: typer.Context, values: dict[str, Any], around: dict[str, str]) -> None:
    """What to do next; the audit note needs a configuration that is whole."""
    from runtime.slugs import slug_of

    unset = [values.get("token_env"), *values.get("webhook_secret_env", [])]
    for variable in (one for one in unset if one and not around.get(one)):
        print(f"first: set {variable} in the environment, or in a .env beside the file")
    if not values.get("token_env"):
        print("token: none, so anonymous: public repositories only, few requests an hour")
    print(f"next:  {program()} sync {_quoted(values['name'])}   reads all its tickets once")
    print(f"       {program()} up   keeps them up to date")
    address = f"/webhooks/{slug_of(values['name'])}"
    if values.get("webhook_secret_env"):
        print(f"hook:  {program()} hooks register {_quoted(values['name'])}   ({address})")
    else:
        print(f"hook:  none, so polling only; with --webhook-secret-env it would be {address}")
    _note(ctx, values)


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


def _note(ctx: typer.Context, values: dict[str, Any]) -> None:
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
