"""What `add` asks: the project, the filter and the name, each answered by a flag as well."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from schemas.errors import ConfigError
from schemas.tracker import ProjectInfo

STATES = ("open", "closed", "all")
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; None where nobody said."""

    tracker: str
    url: str
    state: str | None
    jql: str | None
    projects: list[str] | None
    name: str | None
    api_url: str | None
    deployment: str | None
    token_env: str | None
    email_env: str | None
    webhook_secret_env: list[str] | None
    yes: bool


@dataclass(frozen=True, slots=True)
class Names:
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
        """The project's short name, with what stands before it when that is taken."""
        owner, _, short = self.project.rpartition("/")
        long = f"{owner.replace('/', '-')}-{short}" if owner else f"{short}-2"
        free = (n for n in (short, long, *(f"{long}-{i}" for i in range(2, 100))))
        return next((name for name in free if self.fault(name) is None), short)


def filter_of(wish: Wish, project: str) -> dict[str, str]:
    """The filter; Jira's people think in JQL, the others in open and closed."""
    if wish.tracker == "jira" and wish.state is None:
        return _jql(wish, project)
    if wish.jql is not None:
        raise ConfigError("--jql is for Jira, and not together with --state")
    return {"state": _state(wish)}


def name_of(wish: Wish, names: Names) -> str:
    """What to call the source."""

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


def keys_of(wish: Wish, project: str, fits: Callable[[str], bool]) -> list[str]:
    """Jira's keys: those that were named, else the one in the address, to be confirmed."""

    def key(answer: str) -> str:
        found = answer.strip().upper()
        if not fits(found):
            raise typer.BadParameter(f'"{found[:40]}" is no key of a Jira project, like PROJ')
        return found

    if not wish.yes and not wish.projects:
        asked = typer.prompt("Jira project key (e.g., PROJ)", default=project, value_proc=key)
        return [str(asked)]
    try:
        return [key(one) for one in wish.projects or [project]]
    except typer.BadParameter as fault:
        raise ConfigError(f"--project: {fault.message}") from None


def choice(wish: Wish, offered: Callable[[], Sequence[ProjectInfo]]) -> list[ProjectInfo]:
    """The projects to add when the address names none, one or several of those offered."""
    found = offered()
    if not found:
        raise ConfigError("the address names no project, and the token shows none; add one to it")
    by_name = {one.name.casefold(): one for one in found}
    if wish.projects:
        return [_named(by_name, name) for name in wish.projects]
    listed = ", ".join(one.name for one in found[:50])
    if wish.yes:
        raise ConfigError(f"the address names no project; choose with --project: {listed}")
    for one in found[:50]:
        print(f"  {one.name}   {one.url}")

    def known(answer: str) -> list[ProjectInfo]:
        names = [name for name in answer.split(",") if name.strip()]
        try:
            found = [_named(by_name, name) for name in names]
        except ConfigError as error:
            raise typer.BadParameter(str(error)) from None
        if not found:
            raise typer.BadParameter("name at least one of them")
        return found

    chosen: list[ProjectInfo] = typer.prompt(
        "Projects (several with commas)", default=found[0].name, value_proc=known
    )
    return known(chosen) if isinstance(chosen, str) else chosen


def _named(by_name: dict[str, ProjectInfo], name: str) -> ProjectInfo:
    try:
        return by_name[name.strip().casefold()]
    except KeyError:
        raise ConfigError(f'the token shows no project "{name.strip()}"') from None


def _jql(wish: Wish, project: str) -> dict[str, str]:
    usual = f"project = {project} ORDER BY updated DESC"
    if wish.jql is not None:
        return {"jql": wish.jql}
    if wish.yes or not typer.confirm("Want to set a custom JQL filter?", default=False):
        return {"state": "all"}
    return {"jql": str(typer.prompt("JQL filter", default=usual)).strip()}


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


def variables(
    names: Sequence[str], around: dict[str, str], named: str | None = None
) -> Iterator[str]:
    """The variable that was named, else the first of the usual ones that is set."""
    if named:
        yield named
        return
    yield from [name for name in names if around.get(name, "").strip()][:1]
