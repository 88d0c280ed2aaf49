"""`people`: whose the accounts are, and who says so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, Limit, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cli.context import Opened
    from store.accounts import Known
    from store.database import Connection

Account = Annotated[
    str, typer.Argument(metavar="LOGIN", help="Its login, id, e-mail address or name.")
]
Name = Annotated[str, typer.Argument(metavar="SOURCE")]

app = typer.Typer(help="Persons and their accounts.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_people(
    ctx: typer.Context,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="Only users of whom no other source has an account.")
    ] = False,
    source: Annotated[str | None, typer.Option(help="Only accounts in this source.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Accounts, those of a person together."""
    from cli.context import opened
    from cli.screen import cut, most, print_json
    from runtime.clock import utc_now
    from store import accounts, persons

    with opened(ctx) as here:
        name = here.source(source).name if source else None
        persons.bring_up(here.store, utc_now())
        with here.store.read() as connection:
            found = accounts.find(
                connection, source=name, unmatched=unmatched, limit=most(limit, json) + 1
            )
    shown = cut(found, limit, json)
    if json:
        print_json([_object(one) for one in shown])
    else:
        _print(shown, "everybody is known elsewhere" if unmatched else "nobody was seen yet")


@app.command("match")
def match_account(
    ctx: typer.Context,
    source: Name,
    login: Account,
    person: Annotated[
        str | None,
        typer.Argument(metavar="PERSON|SOURCE:LOGIN", help="Whose account it is."),
    ] = None,
    automatic: Annotated[
        bool, typer.Option("--auto", help="Forget what was decided by hand instead.")
    ] = False,
) -> None:
    """Say whose account this is. It stays so whatever the accounts show later."""
    from store import persons

    if (person is None) is not automatic:
        raise ConfigError("say whose account it is, or --auto to have it matched as usual")

    def decide(desk: "_Desk", mine: "Known") -> None:
        if person is not None:
            other = desk.twin(person, mine)
            persons.put_together(desk.connection, mine.key, other.key, desk.now)
        elif not persons.release(desk.connection, mine.key):
            raise TicketsyncError(f"nothing was decided by hand about {_called(mine)}")

    _decide(ctx, "match", source, login, decide)


@app.command("unmatch")
def unmatch_account(ctx: typer.Context, source: Name, login: Account) -> None:
    """Take an account away from its person.

    A match by hand is forgotten, and the account is matched by what it shows again; any other match
    is undone for good.
    """
    from store import persons

    def decide(desk: "_Desk", mine: "Known") -> None:
        decided = persons.decided(desk.connection, mine.key)
        if decided == "apart":
            raise TicketsyncError(
                f"{_called(mine)} is kept apart already; to have it matched as usual: "
                f"people match {mine.source} {_word(mine)} --auto"
            )
        if decided == "together":
            persons.release(desk.connection, mine.key)
        else:
            persons.keep_apart(desk.connection, mine.key, desk.now)

    _decide(ctx, "unmatch", source, login, decide)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One decision, in one transaction."""

    here: "Opened"
    connection: "Connection"
    now: "datetime"

    def account(self, source: str, told: str) -> "Known":
        """The account that is called so."""
        from store import accounts

        name = self.here.source(source).name
        found = accounts.called(self.connection, name, told)
        if not found:
            raise TicketsyncError(f'no account of {name} is called "{told}" (`people list`)')
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise ConfigError(f'several accounts of {name} are called "{told}"; say the id: {ids}')
        return found[0]

    def twin(self, told: str, mine: "Known") -> "Known":
        """The account that is named as the other one: by itself, or by the number of its person."""
        from store import accounts

        if told.isdecimal():
            found = accounts.of_person(self.connection, int(told))
            others = [one for one in found if one.key != mine.key]
            if not found:
                raise TicketsyncError(f"there is no person {told} (`people list`)")
            if not others:
                raise TicketsyncError(f"{_called(mine)} is all there is of person {told}")
            return others[0]
        fitting = [name for name in self.here.known if told.startswith(f"{name}:")]
        if not fitting:
            raise ConfigError(f'"{told}" is neither the number of a person nor SOURCE:LOGIN')
        source = max(fitting, key=len)
        other = self.account(source, told.removeprefix(f"{source}:"))
        if other.key == mine.key:
            raise ConfigError(f"{_called(mine)} cannot be matched with itself")
        return other


def _decide(
    ctx: typer.Context,
    action: str,
    source: str,
    login: str,
    decide: "Callable[[_Desk, Known], None]",
) -> None:
    """A decision, what follows from it, and its line in the audit: all or nothing."""
    from cli.context import opened
    from cli.screen import line
    from runtime.clock import utc_now
    from store import accounts, audit, persons

    with opened(ctx) as here:
        now = utc_now()
        with here.store.write() as connection:
            desk = _Desk(here, connection, now)
            persons.match(connection, now)
            mine = desk.account(source, login)
            decide(desk, mine)
            persons.match(connection, now)
            after = desk.account(mine.source, mine.id)
            before = {"person": mine.person, "matched_by": mine.matched_by}
            left = {"person": after.person, "matched_by": after.matched_by}
            audit.note(connection, now, who(), action, _called(mine), before, left)
            together = accounts.of_person(connection, after.person) if after.person else []
    others = ", ".join(_called(one) for one in together if one.key != after.key)
    named = f"{after.person_name} (person {after.person})" if after.person else "nobody"
    beside = f", beside {others}" if others else ", with no other account"
    print(line(f"{_called(after)} is {named}, matched by {_how(after)}{beside}"))


def _word(one: "Known") -> str:
    return one.login or one.id


def _called(one: "Known") -> str:
    return f"{one.source}:{_word(one)}"


def _how(one: "Known") -> str:
    return {"alone": "nothing", None: "nothing"}.get(one.matched_by, str(one.matched_by))


def _object(one: "Known") -> dict[str, Any]:
    return {
        "source": one.source,
        "id": one.id,
        "login": one.login,
        "name": one.name,
        "email": one.email,
        "kind": one.kind,
        "person": one.person,
        "person_name": one.person_name,
        "matched_by": one.matched_by,
        "assigned": one.assigned,
        "seen_at": one.seen_at,
    }


def _print(found: "Sequence[Known]", empty: str) -> None:
    from cli.screen import print_table

    print_table(
        (">PERSON", "source", "login", "name", "e-mail", "by", ">assigned"),
        [
            (
                "-" if one.person is None else one.person,
                one.source,
                _word(one),
                one.name,
                one.email or "",
                one.kind if one.person is None else one.matched_by or "",
                one.assigned,
            )
            for one in found
        ],
        empty=empty,
    )
