"""`fields`: which fields a tracker's tickets have, and whether the configured map fits them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json

if TYPE_CHECKING:
    from schemas.source import Source
    from schemas.tracker import FieldInfo
    from trackers.base import Client
    from workers.retranslate import Retranslated

Name = Annotated[str, typer.Argument(metavar="SOURCE")]
app = typer.Typer(
    help="The fields of a tracker's tickets.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_fields(ctx: typer.Context, source: Name, json: Json = False) -> None:
    """Every field: id, name, type and a sample value."""
    from cli.screen import print_json, print_table

    with _fields(ctx, source) as (_, found):
        if json:
            print_json([one.model_dump(mode="json") for one in found])
            return
        print_table(
            ("id", "name", "type", "required", "sample"),
            [(f.id, f.name, f.type, "yes" if f.required else "", _short(f.sample)) for f in found],
            empty="the tracker tells of no fields",
        )


@app.command()
def suggest(ctx: typer.Context, source: Name, json: Json = False) -> None:
    """The map to write into the configuration, as far as the tracker's schema tells."""
    from cli.screen import print_json
    from schemas.source import MAPPED

    with _fields(ctx, source) as (configured, found):
        wanted = {f.fills: f for f in found if f.fills in MAPPED and f.custom}
        if json:
            print_json({name: field.id for name, field in wanted.items() if name})
            return
        if not wanted:
            print("nothing to map: every field that fills one of ours is found without help")
            return
        print(f'# under [[sources]] name = "{configured.name}"')
        print("[sources.fields]")
        for name, field in wanted.items():
            here = configured.fields.get(str(name))
            note = f"{field.name}, {field.type}" + (f"; now {here}" if here else "")
            print(f'{name} = "{field.id}"   # {note}')


@app.command()
def check(ctx: typer.Context, source: Name) -> None:
    """Whether the configured map fits the tracker's fields, and what new tickets would lack."""
    with _fields(ctx, source) as (configured, found):
        wrong = faults(configured, found)
        for told in (*wrong, *remarks(configured, found)):
            print(told)
        if not wrong:
            print(f"ok: {len(configured.fields)} mapped, {len(found)} fields at the tracker")
    if wrong:
        raise typer.Exit(1)


@app.command("apply")
def apply_map(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, but change nothing.")] = False,
    json: Json = False,
) -> None:
    """Translate the kept records anew after the map was changed; no request is sent."""
    from cli.context import opened
    from cli.screen import print_json
    from workers.retranslate import retranslate

    with opened(ctx) as here:
        told = []
        for one in here.chosen([source] if source else []):
            told.append(retranslate(here.work, one.name, dry_run=dry_run))
            if not dry_run:
                here.touched.add(one.name)
    if json:
        names = ("source", "tickets", "changed", "left", "example")
        print_json(
            [
                {name: getattr(one, name) for name in names} | {"fields": dict(one.fields)}
                for one in told
            ]
        )
    else:
        _print_applied(told, "would change" if dry_run else "changed")
    if any(one.left for one in told):
        raise typer.Exit(1)


def _print_applied(told: "Sequence[Retranslated]", changed: str) -> None:
    for one in told:
        if not one.tickets:
            print(f"{one.source}: every ticket is translated by this map already")
            continue
        print(f"{one.source}: {one.tickets} translated anew, {one.changed} {changed}")
        for name, count in sorted(one.fields.items()):
            print(f"  {name}: {count}")
        if one.left:
            print(f"  {one.left} could not be translated and are as they were: {one.example}")


def faults(source: "Source", found: "Sequence[FieldInfo]") -> list[str]:
    """What is wrong with a source's map, in words that name the key."""
    return [*_mapped_wrong(source, found), *_unfilled(source, found)]


def _mapped_wrong(source: "Source", found: "Sequence[FieldInfo]") -> Iterator[str]:
    from schemas.source import MAPPED

    known = {one.id: one for one in found}
    for name, field in source.fields.items():
        if name not in MAPPED:
            yield f"fields.{name} is none of our fields; known: {', '.join(sorted(MAPPED))}"
        elif field not in known:
            near = next((f.id for f in found if f.name.casefold() == field.casefold()), None)
            hint = f'; "{field}" is a name, its id is {near}' if near else ""
            yield f"fields.{name}: the tracker has no field {field}{hint}"


def remarks(source: "Source", found: "Sequence[FieldInfo]") -> list[str]:
    """What may be meant so: mapped fields that no ticket of the sample fills."""
    known = {one.id: one for one in found}
    mapped = ((name, known.get(field)) for name, field in source.fields.items())
    return [
        f"note: fields.{name}: {one.id} ({one.name}) is empty on the sample tickets"
        for name, one in mapped
        if one is not None and one.sample is None
    ]


def _unfilled(source: "Source", found: "Sequence[FieldInfo]") -> Iterator[str]:
    """Fields a new ticket has to name and that nothing of ours fills."""
    if source.direction not in ("push", "bidirectional"):
        return
    mapped = set(source.fields.values())
    for one in found:
        if one.required and one.fills is None and one.id not in mapped:
            yield f"{one.id} ({one.name}) is required for new tickets, and nothing fills it"


@contextmanager
def _fields(ctx: typer.Context, name: str) -> "Iterator[tuple[Source, list[FieldInfo]]]":
    from cli.context import opened

    with opened(ctx) as here:
        source = here.source(name)
        client: Client = here.work.connect(source)
        try:
            yield source, client.fields()
        finally:
            client.close()


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
