"""Fields of a mapping whose two sides speak in different words, for the tests of the merge."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from workers.rules.threeway import UNSET, Kind, Sided, Verdict

Carry = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Words:
    """How a value is carried to the right, and back."""

    there: Carry
    here: Carry


def upper(value: Any) -> Any:
    return [one.upper() for one in value] if isinstance(value, list) else value and value.upper()


def lower(value: Any) -> Any:
    return [one.lower() for one in value] if isinstance(value, list) else value and value.lower()


CASES = Words(upper, lower)
"""The left writes small, the right large."""

ALIKE = Words(lambda value: value, lambda value: value)


def sided(
    kind: Kind,
    base: tuple[Any, Any],
    now: tuple[Any, Any],
    words: Words = CASES,
    **over: Any,
) -> Sided:
    """A field; `base` and `now` are (left, right). A base of UNSET stays so on both sides."""
    bases: dict[str, Any] = {}
    if UNSET not in base:
        bases = {
            "base_left_there": words.there(base[0]),
            "base_right_here": words.here(base[1]),
        }
    return replace(
        Sided(
            field="field",
            kind=kind,
            base_left=base[0],
            base_right=base[1],
            left=now[0],
            right=now[1],
            left_there=words.there(now[0]),
            right_here=words.here(now[1]),
        ),
        **(bases | over),
    )


def after(one: Sided, verdict: Verdict) -> tuple[Any, Any]:
    """What both sides say once the verdict was carried out."""
    left = verdict.left if verdict.act in ("write_left", "write_both") else one.left
    right = verdict.right if verdict.act in ("write_right", "write_both") else one.right
    return left, right


def again(one: Sided, verdict: Verdict, words: Words, *, based: bool) -> Sided:
    """The field once the verdict was carried out, with the base moved (`based`) or the old one."""
    now = after(one, verdict)
    same = {
        name: getattr(one, name)
        for name in ("strategy", "direction", "target_edits", "left_at", "right_at", "one_origin")
    }
    return sided(one.kind, now if based else (one.base_left, one.base_right), now, words, **same)
