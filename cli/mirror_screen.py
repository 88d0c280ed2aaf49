"""Mirrors and their mappings as people and programs read them."""

from typing import TYPE_CHECKING, Any

from cli.conflict_screen import held, short, told
from cli.given import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.mirror import Mapping, Mirror, Plan, PlannedWrite, Receipt
    from schemas.ticket import Ticket
    from store.database import Connection

STATES = ("new", "joined", "outside", "parked", "unlinked", "retired")


def standing(connection: "Connection", found: "Sequence[Mirror]") -> list[dict[str, Any]]:
    """Mirrors as programs read them, with what became of their tickets."""
    from store import conflicts, mirrors

    counts = mirrors.counts(connection, [one.id for one in found])
    return [
        as_object(one)
        | {
            "counts": {state: counts[one.id].get(state, 0) for state in STATES},
            "conflicts": conflicts.count_open(connection, one.name),
        }
        for one in found
    ]


def as_object(one: "Mirror") -> dict[str, Any]:
    """A mirror without its tickets."""
    return {
        "name": one.name,
        "source": one.source,
        "target": one.target,
        "direction": one.options.direction,
        "mode": one.options.mode,
        "enabled": one.enabled,
        "origin": one.origin,
        "interval_minutes": one.options.sync_interval_minutes,
        "last_sync_at": one.last_sync_at,
        "last_sync_status": one.last_sync_status,
        "last_sync_error": one.last_sync_error,
        "next_sync_at": one.next_sync_at,
    }


def print_list(found: "Sequence[dict[str, Any]]") -> None:
    """All mirrors, and under them what a person should look at."""
    from cli.screen import ago, print_table

    print_table(
        ("mirror", "tickets", "state", ">twins", ">waiting", ">out", ">conflicts", "last sync"),
        [
            (
                one["name"],
                pair(one),
                state(one),
                one["counts"]["joined"],
                one["counts"]["new"] + one["counts"]["parked"],
                one["counts"]["outside"] + one["counts"]["unlinked"],
                one["conflicts"],
                ago(one["last_sync_at"]),
            )
            for one in found
        ],
        empty="no mirror is configured yet: `mirrors add SOURCE TARGET` adds one",
    )
    for one in found:
        for remark in remarks(one):
            print(remark)


def pair(one: dict[str, Any]) -> str:
    """Which way tickets go."""
    arrow = "↔" if one["direction"] == "bidirectional" else "→"
    return f"{one['source']} {arrow} {one['target']}"


def state(one: dict[str, Any]) -> str:
    """What a mirror is doing, in a word."""
    if not one["enabled"]:
        return "off"
    if one["last_sync_status"] == "failed":
        return "failed"
    return "shadow" if one["mode"] == "shadow" else "on"


def remarks(one: dict[str, Any]) -> "Iterable[str]":
    """What of a mirror waits for a person, a line each."""
    from cli.screen import line

    name = line(one["name"])
    if one["last_sync_status"] == "failed":
        yield f"{name}: last sync failed: {line(one['last_sync_error'] or 'no reason was told')}"
    if one["counts"]["parked"]:
        yield f"{name}: {one['counts']['parked']} parked: `{program()} mirrors show {name}`"
    if one["conflicts"]:
        word = "conflict" if one["conflicts"] == 1 else "conflicts"
        yield f"{name}: {one['conflicts']} open {word}: `{program()} conflicts list`"


def summary(found: "Sequence[dict[str, Any]]", conflicts: int) -> "Iterable[str]":
    """All mirrors in a line, then what waits for a person; nothing where there are none."""
    if found:
        counts = {state: sum(one["counts"][state] for one in found) for state in STATES}
        off = sum(not one["enabled"] for one in found)
        waiting = counts["new"] + counts["parked"]
        told = f"mirrors: {len(found)}{f', {off} off' if off else ''}; "
        yield f"{told}{counts['joined']} twins, {waiting} waiting, conflicts: {conflicts}"
    elif conflicts:
        yield f"conflicts: {conflicts} open: `{program()} conflicts list`"
    for one in found:
        yield from remarks(one)


def print_mirror(one: dict[str, Any], waiting: "Sequence[dict[str, Any]]") -> None:
    """One mirror, the options that are not the usual ones, and the tickets that wait."""
    from cli.screen import clock, print_pairs, print_table

    counts = ", ".join(f"{count} {state}" for state, count in one["counts"].items() if count)
    print_pairs(
        (
            ("name", one["name"]),
            ("tickets", pair(one)),
            ("state", state(one)),
            ("declared", "in the file" if one["origin"] == "file" else "by the API"),
            ("every", f"{one['interval_minutes']} min"),
            ("mapped", counts or "nothing yet"),
            ("conflicts", one["conflicts"] or "none"),
            ("last sync", clock(one["last_sync_at"]) or "never"),
            ("error", one["last_sync_error"]),
            ("next sync", clock(one["next_sync_at"])),
            ("as labels", ", ".join(one["lacks"])),
            *((name, told(value)) for name, value in one["options_set"].items()),
        )
    )
    if waiting:
        print()
        print_table(
            ("KEY", "TWIN", "state", "why"),
            [
                (
                    one["source"]["key"] if one["source"] else "-",
                    one["target"]["key"] if one["target"] else "-",
                    one["state"],
                    one["reason"] or one["last_error"] or "",
                )
                for one in waiting
            ],
            empty="",
        )


def mapping_object(
    mirror: "Mirror", mapping: "Mapping", left: "Ticket | None", right: "Ticket | None"
) -> dict[str, Any]:
    """A ticket and its twin as programs read them."""
    return {
        "mirror": mirror.name,
        "id": mapping.id,
        "state": mapping.state,
        "reason": mapping.reason,
        "born": "source" if mapping.born == "left" else "target",
        "source": _end(mirror.source, mapping.left, left),
        "target": _end(mirror.target, mapping.right, right),
        "forced": mapping.forced,
        "due": mapping.due > 0,
        "due_at": mapping.due_at,
        "attempts": mapping.attempts,
        "last_error": mapping.last_error,
        "joined_at": mapping.joined_at,
        "pushed_at": mapping.pushed_at,
        "noted": list(mapping.noted),
    }


def _end(source: str, external_id: str | None, ticket: "Ticket | None") -> dict[str, Any] | None:
    if external_id is None:
        return None
    return {
        "source": source,
        "id": external_id,
        "key": ticket.key if ticket else external_id,
        "title": ticket.title if ticket else None,
        "url": ticket.url if ticket else None,
        "state": ticket.state if ticket else None,
        "deleted": ticket.sync_status == "deleted" if ticket else None,
    }


def receipt_objects(connection: "Connection", found: "Sequence[Receipt]") -> list[dict[str, Any]]:
    """Writes of ours as programs read them, with the keys people call the tickets by."""
    ends = held(connection, [(one.source, one.ticket) for one in found])
    called = {key: ticket.key for key, ticket in ends.items()}
    return [
        {
            "at": one.at,
            "session": one.session,
            "source": one.source,
            "key": called.get((one.source, one.ticket), one.ticket),
            "ticket": one.ticket,
            "comment": one.comment,
            "step": one.step,
            "fields": {
                name: {"before": before, "after": after}
                for name, (before, after) in one.fields.items()
            },
        }
        for one in found
    ]


def print_mapping(one: dict[str, Any]) -> None:
    """A ticket, its twin, what they do not share, and what was written."""
    from cli.screen import clock, line, print_pairs, print_table

    for side in ("source", "target"):
        end = one[side]
        told = f"{end['key']}  {end['title'] or ''}  ({_how(end)})" if end else "-"
        where = end["source"] if end else side
        print(line(f"{side} {where}: {told}"))
    print()
    print_pairs(
        (
            ("mirror", one["mirror"]),
            ("state", one["state"]),
            ("why", one["reason"]),
            ("made at", f"the {one['born']}"),
            ("joined", clock(one["joined_at"])),
            ("last compared", clock(one["pushed_at"])),
            ("waits until", clock(one["due_at"]) if one["due"] else ""),
            ("attempts", one["attempts"] or ""),
            ("error", one["last_error"]),
        )
    )
    for note in one["noted"]:
        print(f"note: {line(note)}")
    if one["differences"]:
        print("\nagreed, though they say it in other words:")
        print_table(
            ("field", "source", "target"),
            [(d["field"], short(d["source"]), short(d["target"])) for d in one["differences"]],
            empty="",
        )
    print()
    print_table(
        ("written", "session", "where", "step", "field", "before", "after"),
        [row for receipt in one["written"] for row in _receipt_rows(receipt)],
        empty="nothing was written yet",
    )


def _how(end: dict[str, Any]) -> str:
    return "deleted" if end["deleted"] else end["state"] or "not held"


def _receipt_rows(one: dict[str, Any]) -> list[tuple[object, ...]]:
    from cli.screen import ago

    head = (f"{ago(one['at'])} ago", one["session"] or "-", one["source"], one["step"])
    rows = [
        (*(head if index == 0 else ("",) * 4), name, short(pair["before"]), short(pair["after"]))
        for index, (name, pair) in enumerate(one["fields"].items())
    ]
    return rows or [(*head, "", "", "")]


def print_plan(plan: "Plan") -> None:
    """What would be written, then what cannot be and what waits, and how to say yes to it."""
    from cli.screen import line, print_table

    print_table(
        (f"{plan.mirror}", "does", "field", "before", "after"),
        list(_plan_rows(plan.writes)),
        empty=f"{line(plan.mirror)}: nothing to write",
    )
    for loss in plan.losses:
        print(f"loss: {line(loss)}")
    for wait in plan.waits:
        print(f"waits: {line(wait)}")
    if plan.writes:
        print(f"{_counted(plan.writes)}{f'; digest {plan.digest}' * bool(plan.digest)}")
    if plan.writes and plan.digest:
        print(f"to write exactly this: {program()} mirrors apply {plan.digest}")


def _counted(writes: "Sequence[PlannedWrite]") -> str:
    """How much a plan is: a new ticket is many changes, and one ticket."""
    changes, tickets = len(writes), len({(one.source, one.mapping) for one in writes})
    return f"{changes} change{'s' * (changes != 1)} of {tickets} ticket{'s' * (tickets != 1)}"


def _plan_rows(writes: "Iterable[PlannedWrite]") -> "Iterable[tuple[object, ...]]":
    before = None
    for one in writes:
        where = f"{one.source} {one.key or 'new: ' + short(one.title)}"
        again = (one.mapping, where, one.action, one.comment) == before
        before = (one.mapping, where, one.action, one.comment)
        does = one.action.replace("_", " ")
        head = ("", "") if again else (where, does)
        yield (*head, one.field or "", short(one.before), short(one.after))


def plan_object(plan: "Plan") -> dict[str, Any]:
    """A plan as programs read it."""
    return plan.model_dump(mode="json")
