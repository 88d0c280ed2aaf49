"""How it is shown what stands behind a figure, and which figures would come out otherwise now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.metrics_screen import heading, points, took
from cli.screen import clock, line, print_json, print_table

if TYPE_CHECKING:
    from store.numbers.daily import Figure
    from store.numbers.explain import Behind, Step
    from store.numbers.question import Question
    from store.numbers.snapshots import Difference


def print_behind(metric: str, asked: "Question", found: Sequence["Behind"], *, json: bool) -> None:
    """The tickets behind a figure, each with its changes."""
    if json:
        print_json([_behind_object(one) for one in found])
        return
    print(heading(metric, asked))
    for one in found:
        adds = _added(metric, one)
        members = f"  [{', '.join(map(line, one.members))}]" if asked.by else ""
        print(f"\n{line(one.ticket.key)}  {line(one.ticket.title)}{adds}{members}")
        print(f"  {clock(one.created_at) or 'unknown':<24}created")
        for step in one.steps:
            print(f"  {clock(step.at):<24}{_step(step)}")
    if not found:
        print("no ticket is behind it")


def _added(metric: str, one: "Behind") -> str:
    if one.adds is None:
        return ""
    told = f"{points(one.adds)} points" if metric == "velocity" else took(one.adds)
    return f"  {told}"


def _step(one: "Step") -> str:
    what = f"{_plain(one.before)} → {_plain(one.after)}"
    if one.field != "status":
        what = f"{one.field}: {what}"
    who = f" by {line(one.by)}" if one.by else ""
    if one.basis == "inferred":
        since = f"after {clock(one.since)}" if one.since else "time not exact"
        return f"{what} ({one.category}){who}, inferred: {since}"
    return f"{what} ({one.category}){who}, {'by the record' if one.basis == 'record' else 'exact'}"


def _plain(value: Any) -> str:
    if value is None or value == []:
        return "-"
    return line(", ".join(map(str, value)) if isinstance(value, list) else value)


def _behind_object(one: "Behind") -> dict[str, Any]:
    return {
        "source": one.ticket.source,
        "key": one.ticket.key,
        "title": one.ticket.title,
        "members": list(one.members),
        "created_at": one.created_at,
        "started_at": one.started_at,
        "done_at": one.done_at,
        "value": one.adds,
        "transitions": [
            {
                "at": step.at,
                "field": step.field,
                "from": step.before,
                "to": step.after,
                "category": step.category,
                "by": step.by,
                "basis": step.basis,
                "exact": step.basis not in ("inferred", "record"),
                "since": step.since,
            }
            for step in one.steps
        ],
    }


def print_differences(found: Sequence["Difference"], days: int, *, json: bool) -> None:
    """What was kept and what is counted now."""
    if json:
        print_json([_difference_object(one) for one in found])
        return
    if not found:
        print(f"{days} days checked: each comes out as it was kept")
        return
    print_table(
        ("source", "DAY", "metric", "of", ">kept", ">now"),
        [
            (
                one.source,
                one.day,
                one.metric,
                f"{one.dimension} {one.member}".strip(),
                _counted(one.stored),
                _counted(one.found),
            )
            for one in found
        ],
        empty="",
    )
    count = len({(one.source, one.day) for one in found})
    print(f"{count} of {days} days differ: `metrics snapshot --day DAY` replaces one")


def _counted(figure: "Figure | None") -> str:
    if figure is None:
        return "-"
    spent = f" ({took(figure.seconds)})" if figure.seconds is not None else ""
    return f"{figure.count}{spent}"


def _difference_object(one: "Difference") -> dict[str, Any]:
    def told(figure: "Figure | None") -> dict[str, Any] | None:
        if figure is None:
            return None
        return {name: getattr(figure, name) for name in ("count", "seconds", "p50", "p85")}

    names = ("source", "metric", "dimension", "member")
    return {name: getattr(one, name) for name in names} | {
        "day": str(one.day),
        "kept": told(one.stored),
        "now": told(one.found),
    }
