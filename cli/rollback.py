"""`sessions rollback`: the plan, the question, and what was done."""

from typing import TYPE_CHECKING, Any

import typer

from cli.given import program, who
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from workers.rollback import Rolled, Step

WIDE = 30
WORDS = {"restore": "put back", "hide": "hidden", "skip": "left", "same": "unchanged"}


def roll_back(
    ctx: typer.Context, session: int, *, dry_run: bool, force: bool, yes: bool, as_json: bool
) -> None:
    """Shows what a rollback would do and, unless that is all, asks and does it."""
    from cli.context import opened
    from cli.screen import sure
    from runtime.clock import utc_now
    from workers import rollback

    if as_json and not (yes or dry_run):
        raise ConfigError("--json asks no question: add --yes, or --dry-run for the plan")
    with opened(ctx) as here:
        told = rollback.plan(here.store, session, force=force)
        if not as_json:
            _print_plan(told, session)
        if not dry_run and (told.count("restore") or told.count("hide")):
            if not as_json:
                sure("do this?", yes)
            told = rollback.carry_out(here.store, session, who(), utc_now(), force=force)
            here.touched |= {step.key[0] for step in told.steps}
            if not as_json:
                _print_done(told)
    if as_json:
        _print_object(session, told, done=not dry_run)


def _print_plan(told: "Rolled", session: int) -> None:
    from cli.screen import print_table

    print_table(
        ("ticket", "becomes", "field", "now", "then"),
        [row for step in told.steps for row in _rows(step)],
        empty=f"session {session} changed nothing that is kept, or was put back already",
    )


def _rows(step: "Step") -> list[tuple[object, ...]]:
    if step.act == "skip":
        return [(step.name, f"left: {step.reason}", "", "", "")]
    first = True
    rows: list[tuple[object, ...]] = []
    for turn in step.turns:
        head = (step.name, WORDS[step.act]) if first else ("", "")
        rows.append((*head, turn.field, _short(turn.now), _short(turn.then)))
        first = False
    return rows


def _short(value: Any) -> str:
    """A value as it fits a column."""
    import orjson

    if value is None:
        return "-"
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= WIDE else f"{text[: WIDE - 1]}…"


def _print_done(told: "Rolled") -> None:
    print(f"put back: {told.count('restore')}, hidden: {told.count('hide')}")
    if told.count("skip"):
        print(f"left: {told.count('skip')}; --force puts those back, too")
    print(
        "what the tracker still shows comes again with a later reading; to keep it away mend the "
        f"cause, or stop reading first: {program()} sources pause NAME"
    )


def _print_object(session: int, told: "Rolled", *, done: bool) -> None:
    from cli.screen import print_json

    print_json(
        {
            "session": session,
            "done": done,
            "restored": told.count("restore"),
            "hidden": told.count("hide"),
            "skipped": told.count("skip"),
            "inferred_dropped": told.inferred,
            "tickets": [
                {
                    "source": step.key[0],
                    "key": step.name,
                    "act": step.act,
                    "reason": step.reason,
                    "changes": [
                        {"field": turn.field, "before": turn.now, "after": turn.then}
                        for turn in step.turns
                    ],
                }
                for step in told.steps
                if step.act != "same"
            ],
        }
    )
