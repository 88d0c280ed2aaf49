"""`mirrors plan|apply|push|link|unlink|rollback`: what is written, shown before and after."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Id, Json, program, who
from cli.mirror_named import Key, Name, named
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened
    from schemas.mirror import Mirror, Plan

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="As `list` shows it.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (plan, apply, push, link, unlink, rollback):
        app.command()(command)


def plan(ctx: typer.Context, names: Names, json: Json = False) -> None:
    """Show exactly what would be written now; nothing is."""
    from cli.context import opened

    with opened(ctx) as here:
        found = [_named(here, name) for name in names]
        plans = [_plan(here, one) for one in found]
    _show(plans, json)


def apply(
    ctx: typer.Context,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="As `mirrors plan` told it.")],
    json: Json = False,
) -> None:
    """Write what a plan says, or nothing if the tickets changed meanwhile."""
    from cli.context import opened
    from cli.pushing import in_session, tell
    from store import mirrors, plans
    from workers.mirrors.planning import apply_plan

    with opened(ctx) as here:
        with here.store.read() as connection:
            kept = plans.by_digest(connection, digest)
            mirror = mirrors.get(connection, kept.mirror) if kept else None
        if kept is None or kept.plan is None or mirror is None:
            raise TicketsyncError(
                f"no plan has the digest {digest[:80]}: `{program()} mirrors plan NAME` makes one"
            )
        if mirror.options.mode == "shadow" and kept.kind != "rollback":
            raise TicketsyncError(
                f'{mirror.name} is in shadow and writes nothing: set mode = "live" first'
            )
        whole = kept.plan.digest
        rows = [
            in_session(here, mirror, lambda session: apply_plan(here.work, whole, session=session))
        ]
    tell(rows, json)


def push(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]... [KEY]...", help="Mirrors; or one, and its tickets."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All mirrors that are on.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written, no more.")
    ] = False,
    json: Json = False,
) -> None:
    """Write what is due now; tickets named by KEY are taken in whatever their age."""
    from cli.context import opened
    from cli.pushing import push_all, push_keys, tell

    with opened(ctx) as here:
        found, keys = _wanted(here, words or [], everything)
        if dry_run:
            plans = [_plan(here, one, keys) for one in found]
        elif keys:
            rows = [push_keys(here, found[0], keys)]
        else:
            rows = push_all(here, found)
    if dry_run:
        _show(plans, json)
        return
    tell(rows, json)


def link(
    ctx: typer.Context,
    name: Name,
    left: Annotated[str, typer.Argument(metavar="LEFT_KEY", help="The ticket at the source.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT_KEY", help="Its twin at the target.")],
) -> None:
    """Make twins of two tickets that are both there."""
    from cli.context import opened
    from workers.mirrors import linking

    with opened(ctx) as here:
        mirror = _named(here, name)
        linking.link(here.work, mirror, left.removeprefix("#"), right.removeprefix("#"), who())
        here.touched |= {mirror.source, mirror.target}
    print(f"{mirror.source} {left} and {mirror.target} {right} are twins")
    print(f"next: {program()} mirrors push {mirror.name} --dry-run   shows what they differ in")


def unlink(ctx: typer.Context, name: Name, key: Key) -> None:
    """Part a ticket from its twin; both stay, and none is made again."""
    from cli.context import opened
    from workers.mirrors import linking

    with opened(ctx) as here:
        mirror = _named(here, name)
        linking.unlink(here.work, mirror, key.removeprefix("#"), who())
        here.touched |= {mirror.source, mirror.target}
    print(f"{key} is parted: it is mirrored no more, and what is at both ends stays")
    print(f"next: {program()} mirrors push {mirror.name} {key}   goes on with it")


def rollback(ctx: typer.Context, session: Id, json: Json = False) -> None:
    """Plan the way back of what a session wrote; `mirrors apply` carries it out."""
    from cli.context import opened
    from workers.mirrors import rollback as back

    with opened(ctx) as here:
        found = back.plan_back(here.work, session)
    _show([found], json)


def _named(here: "Opened", name: str) -> "Mirror":
    with here.store.read() as connection:
        return named(connection, name)


def _wanted(here: "Opened", words: list[str], everything: bool) -> "tuple[list[Mirror], list[str]]":
    """The mirrors that were named, and the keys behind them. Raises ConfigError."""
    from store import mirrors

    with here.store.read() as connection:
        every = mirrors.every(connection)
        known = {one.name: one for one in every}
        if everything == bool(words):
            raise ConfigError("mirrors push: name a mirror, or say --all")
        if everything:
            return [one for one in every if one.enabled], []
        named(connection, words[0])
    found = [known[word] for word in words if word in known]
    keys = [word.removeprefix("#") for word in words if word not in known]
    if keys and len(found) > 1:
        raise ConfigError("mirrors push: keys belong to one mirror; name only that one")
    for one in found:
        if not one.enabled:
            raise TicketsyncError(
                f"{one.name} is off: `{program()} mirrors enable {one.name}` switches it on"
            )
    return found, keys


def _plan(here: "Opened", mirror: "Mirror", keys: list[str] | None = None) -> "Plan":
    """What a push would write; with keys what taking these in would, which cannot be applied."""
    from workers.mirrors import planning

    if keys:
        return planning.foretell(here.work, mirror, keys)
    if mirror.options.mode == "shadow":
        return planning.plan(here.work, mirror, _mapped(here, mirror))
    return planning.plan(here.work, mirror)


def _mapped(here: "Opened", mirror: "Mirror") -> list[str]:
    """All tickets of a mirror in shadow: it has looked at them, and left them as they were."""
    from cli.screen import MOST
    from store import mappings

    with here.store.read() as connection:
        found = [
            one
            for state in ("new", "joined")
            for one in mappings.find(connection, mirror.id, state=state, limit=MOST)
        ]
    return [ticket for one in found for ticket in (one.left, one.right) if ticket]


def _show(plans: "list[Plan]", as_json: bool) -> None:
    from cli.mirror_screen import plan_object, print_plan
    from cli.screen import print_json

    if as_json:
        print_json([plan_object(one) for one in plans])
        return
    for index, one in enumerate(plans):
        if index:
            print()
        print_plan(one)
