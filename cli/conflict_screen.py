"""Conflicts as people and programs read them: three values side by side, long texts as a diff."""

import re
from typing import TYPE_CHECKING, Any

from cli.given import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schemas.mirror import Conflict
    from schemas.model import Json
    from schemas.ticket import Ticket
    from store.database import Connection
    from store.keys import Key

KINDS = {
    "edit": "both changed it",
    "delete": "one was deleted, the other changed",
    "comment": "both changed a comment",
    "overtaken": "our write went over an edit",
}
AT_ONCE = 500
AROUND = 2
"""Lines shown around a change of a text."""
_FROM_THE_TOP = re.compile(r"@@ -[01][ ,]")


def as_objects(connection: "Connection", found: "Sequence[Conflict]") -> list[dict[str, Any]]:
    """Conflicts as programs read them; tickets by the keys people call them."""
    ends = [(one.source, one.ticket) for one in found]
    ends += [(one.other_source or "", one.other_ticket or "") for one in found]
    called = {key: ticket.key for key, ticket in held(connection, ends).items()}

    def name(source: str | None, ticket: str | None) -> str | None:
        return called.get((source or "", ticket or ""), ticket)

    return [
        {
            "id": one.id,
            "kind": one.kind,
            "mirror": one.mirror,
            "source": one.source,
            "ticket": name(one.source, one.ticket),
            "other_source": one.other_source,
            "other_ticket": name(one.other_source, one.other_ticket),
            "field": one.field,
            "base": one.base,
            "left": one.left,
            "right": one.right,
            "strategy": one.strategy,
            "detected_at": one.detected_at,
            "settled_at": one.settled_at,
            "settled_by": one.settled_by,
            "how": one.how,
            "value": one.value,
            "applied_at": one.applied_at,
        }
        for one in found
    ]


def held(connection: "Connection", keys: "Iterable[Key]") -> "dict[Key, Ticket]":
    """These tickets, as far as they are held."""
    from store.whole import whole_tickets

    wanted = [key for key in dict.fromkeys(keys) if all(key)]
    found: dict[Key, Ticket] = {}
    for start in range(0, len(wanted), AT_ONCE):
        found |= whole_tickets(connection, wanted[start : start + AT_ONCE])
    return found


def print_list(found: "Sequence[dict[str, Any]]", *, settled: bool) -> None:
    """Conflicts, a row each, and how to go on."""
    from cli.screen import ago, print_table

    print_table(
        (">ID", "left", "right", "field", "left says", "right says", "how" if settled else "since"),
        [
            (
                one["id"],
                f"{one['source']} {one['ticket']}",
                right_end(one),
                one["field"],
                short(one["left"]),
                short(one["right"]),
                _how(one) if settled else ago(one["detected_at"]),
            )
            for one in found
        ],
        empty="no conflict is settled yet" if settled else "no conflict is open",
    )
    if found and not settled:
        first = found[0]["id"]
        print(f"{program()} conflicts show {first}   shows both values whole")
        print(f"{program()} conflicts resolve {first} --take left|right   settles it")


def right_end(one: dict[str, Any]) -> str:
    """The ticket on the right: the twin, or what the tracker says of an edited file."""
    if one["other_ticket"] is None:
        return f"{one['source']} (tracker)" if one["mirror"] is None else "-"
    return f"{one['other_source']} {one['other_ticket']}"


def print_conflict(one: dict[str, Any]) -> None:
    """One conflict with both values whole."""
    from cli.screen import clock, print_pairs

    file = one["mirror"] is None
    left = f"{one['source']} {one['ticket']}"
    print_pairs(
        (
            ("conflict", one["id"]),
            ("field", one["field"]),
            ("kind", KINDS[one["kind"]]),
            ("mirror", one["mirror"]),
            ("left", f"the file of {left}" if file else left),
            ("right", right_end(one)),
            ("strategy", one["strategy"]),
            ("detected", clock(one["detected_at"])),
            ("settled", clock(one["settled_at"])),
            ("by", one["settled_by"]),
            ("how", _how(one)),
            ("written", clock(one["applied_at"])),
        )
    )
    print()
    _print_values(one)
    if one["settled_at"] is None:
        command = f"{program()} conflicts resolve {one['id']} --take"
        print(f"\nto settle it: {command} left   (or right)")
        print(f"or otherwise: {command} value --value …")


def print_settled(one: dict[str, Any]) -> None:
    """That a conflict is settled, and how far that was carried out."""
    how = f"the value {short(one['value'])}" if one["how"] == "value" else f"the {one['how']} value"
    state = "written" if one["applied_at"] else "to be written"
    print(f"conflict {one['id']}: {how} of {one['field']} holds, {state}")


def _how(one: dict[str, Any]) -> str:
    if one["how"] is None:
        return ""
    return f"value: {short(one['value'])}" if one["how"] == "value" else str(one["how"])


def _print_values(one: dict[str, Any]) -> None:
    from cli.screen import plain, print_table

    texts = [told(one[side]) for side in ("base", "left", "right")]
    if not any("\n" in text for text in texts):
        print_table(("base", "left", "right"), [texts], empty="")
        return
    for side, text in (("left", texts[1]), ("right", texts[2])):
        print(f"{side}, against what both said before:")
        lines = list(_diff(texts[0], text))
        print("\n".join(f"  {plain(line)}" for line in lines) if lines else "  (unchanged)")


def _diff(before: str, after: str) -> "Iterator[str]":
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=AROUND, lineterm="")
    for index, line in enumerate(lines):
        if index > 2 or (index == 2 and not _FROM_THE_TOP.match(line)):  # two lines name files
            yield "…" if line.startswith("@@") else line


def told(value: "Json") -> str:
    """A value as people read it, whole."""
    import orjson

    if value in (None, "", []):
        return "-"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def short(value: "Json", wide: int = 28) -> str:
    """A value as it fits a column."""
    text = " ".join(told(value).split())
    return text if len(text) <= wide else f"{text[: wide - 1]}…"
