"""Deciding: what a pair of tickets has to be told, from what the store holds. No request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas import fingerprint
from schemas.mirror import Base, Conflict, FieldDirection, Mirror, Side, Strategy, View
from schemas.model import Json
from schemas.ticket import Ticket
from workers.mirrors.pairs import Half, Pair, other
from workers.rules import redacting
from workers.rules.members import members
from workers.rules.projection import project, wanted
from workers.rules.redacting import Redact
from workers.rules.threeway import UNSET, Sided, Unset, Verdict, decide, same
from workers.rules.views import fields, kind_of, view

DERIVED = ("footer", "badges")
"""What we make ourselves of a ticket's other fields: it only ever goes to the twin."""
ALWAYS = ("state",)
"""What arrives also where twins are not kept up to date."""
_SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(slots=True)
class Clash:
    """A field both sides edited, with the values that a person will see."""

    field: str
    base: Json
    left: Json
    right: Json
    strategy: Strategy
    why: str


@dataclass(slots=True)
class Decision:
    """What is to be written on each side, and what both agree on besides.

    `now` are the views, `said` what each side would say if it followed the other. `values` are to
    be written, by side and field. `agreed` are fields whose base moves without a write; `settled`
    are conflicts that are over once this is carried out, `reopened` those that were settled over
    values that are no longer there.
    """

    now: dict[Side, View] = field(default_factory=dict)
    said: dict[Side, View] = field(default_factory=dict)
    values: dict[Side, View] = field(default_factory=lambda: {"left": {}, "right": {}})
    agreed: list[str] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    settled: list[Conflict] = field(default_factory=list)
    reopened: list[Conflict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    losses: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether any field is written."""
        return any(self.values.values())


@dataclass(slots=True)
class Said:
    """What a ticket says on the other side, redacted; which fields that changed."""

    view: View
    losses: tuple[str, ...]
    redacted: frozenset[str]


def said_by(pair: Pair, side: Side, redact: Redact, there: View | None) -> Said:
    """What the ticket of a side says on the other one, as far as it may leave."""
    half = pair.half(side)
    assert half is not None  # noqa: S101 - callers looked
    terms = pair.terms[side]
    ticket = redacting.without(half.ticket, pair.withheld.get(side, frozenset()))
    plain = project(ticket, terms, there)
    if not pair.mirror.options.redact:
        return Said(plain.view, plain.losses, frozenset())
    struck = project(redacting.redacted_ticket(ticket, redact), terms, there)
    shown = redacting.redacted_view(struck.view, redact)
    changed = frozenset(name for name in shown if shown[name] != plain.view.get(name))
    return Said(shown, struck.losses, changed)


def look(pair: Pair, redact: Redact, conflicts: list[Conflict], origins: "Origins") -> Decision:
    """Compares the two tickets with what they said when they last agreed (law 10)."""
    left, right = pair.left, pair.right
    assert left is not None  # noqa: S101 - callers looked
    assert right is not None  # noqa: S101 - callers looked
    done = Decision()
    done.now = {side: view(_ticket(pair, side), pair.terms[side]) for side in _SIDES}
    forth = said_by(pair, "left", redact, done.now["right"])
    back = said_by(pair, "right", redact, done.now["left"])
    done.said = {"right": forth.view, "left": back.view}
    done.losses = forth.losses if pair.mapping.born == "left" else back.losses
    open_ones = {one.field: one for one in conflicts if one.kind == "edit"}
    over = {one.field: one for one in conflicts if one.kind == "overtaken" and one.settled_at}
    for name in mirrored(pair):
        sided = _sided(pair, done, name, origins)
        verdict = _verdict(pair, done, sided, open_ones.get(name), redact)
        if name in over and verdict.act in ("nothing", "agree"):
            verdict = _restored(pair, done, sided, over[name], redact)
            done.settled.append(over[name])
        if verdict.act in ("write_left", "write_both") and not _typed(open_ones.get(name)):
            verdict = _unredacted(done, name, verdict, forth.redacted, redact)
        _take(pair, done, sided, verdict, open_ones.get(name))
    return done


def mirrored(pair: Pair) -> tuple[str, ...]:
    """The fields that a mirror carries, in the order of writing."""
    names = fields(pair.mirror, pair.terms["left"].own, pair.terms["right"].own)
    if pair.mirror.options.update_existing:
        return names
    return tuple(name for name in names if name in ALWAYS)


def brought(pair: Pair) -> tuple[str, ...]:
    """The fields that a new twin is made with: all that go its way, and a title in any case."""
    names = fields(pair.mirror, pair.terms["left"].own, pair.terms["right"].own)
    born = pair.mapping.born
    away = "push" if born == "left" else "pull"
    goes = {name for name in names if direction_of(pair.mirror, born, name) in ("both", away)}
    return tuple(name for name in dict.fromkeys(("title", *names)) if name in goes | {"title"})


def direction_of(mirror: Mirror, born: Side, name: str) -> FieldDirection:
    """Which way a field goes; what is derived goes to the twin alone."""
    if name in DERIVED:
        return "push" if born == "left" else "pull"
    return mirror.options.fields.get(name, "both" if mirror.two_way else "push")


def based(pair: Pair, done: Decision) -> Base:
    """The new base where nothing was written: what both sides say, in fields that agree."""
    held = pair.mapping.base or Base()
    names = list(done.agreed)
    return Base(
        left=held.left | {name: done.now["left"].get(name) for name in names},
        right=held.right | {name: done.now["right"].get(name) for name in names},
        there=held.there | {name: done.said["right"].get(name) for name in names},
        here=held.here | {name: done.said["left"].get(name) for name in names},
    )


def lacking(values: View, before: View, after: View) -> list[str]:
    """The fields of `values` that a side did not keep as they were written: a licence is missing,
    or tickets of that type have no such field."""
    lost = [
        name
        for name, value in values.items()
        if kind_of(name) == "plain"
        and name not in (*DERIVED, "title", "state")
        and after.get(name) != value
        and after.get(name) == before.get(name)
    ]
    if {*(values.get("badges") or ())} - {*(after.get("badges") or ())}:
        lost.append("badges")  # GitLab keeps one label of a scope, where it knows scopes
    return lost


Origins = Mapping[Side, Mapping[str, tuple[str, Json]]]
"""By side and field: the edit that our last write of it stems from, and the value it wrote."""


def origin_of(half: Half, name: str, value: Json, origins: Mapping[str, tuple[str, Json]]) -> str:
    """The edit a value stems from: of what we wrote ourselves, the one it was written for."""
    stem, wrote = origins.get(name, ("", None))
    if stem and wrote == value:
        return stem
    return f"{half.key[0]}/{half.key[1]}/{name}/{fingerprint.digest(value)}"


def _ticket(pair: Pair, side: Side) -> Ticket:
    half = pair.half(side)
    assert half is not None  # noqa: S101 - callers looked
    return half.ticket


def _sided(pair: Pair, done: Decision, name: str, origins: Origins) -> Sided:
    base, mirror = pair.mapping.base, pair.mirror
    now = {side: done.now[side].get(name) for side in _SIDES}
    held: dict[str, Json | Unset] = dict.fromkeys(("left", "right", "there", "here"), UNSET)
    if base is not None and name in base.left:
        held = {which: getattr(base, which).get(name) for which in held}
        held |= _retired(pair, name, now, held)
    if name in DERIVED:  # nobody's own words: it changes when what it is made of does
        born = pair.mapping.born
        now[born] = done.said[other(born)].get(name)
        held[born] = held["there" if born == "left" else "here"]
    assert pair.left is not None  # noqa: S101 - callers looked
    assert pair.right is not None  # noqa: S101 - callers looked
    stems = {
        "left": origin_of(pair.left, name, now["left"], origins["left"]),
        "right": origin_of(pair.right, name, now["right"], origins["right"]),
    }
    return Sided(
        field=name,
        kind=kind_of(name),
        base_left=held["left"],
        base_right=held["right"],
        left=now["left"],
        right=now["right"],
        left_there=done.said["right"].get(name),
        right_here=done.said["left"].get(name),
        strategy=mirror.options.strategies.get(name, mirror.options.strategy),
        direction=direction_of(mirror, pair.mapping.born, name),
        target_edits=mirror.options.target_edits,
        left_at=pair.left.changed_at.get(_HISTORY.get(name, name)),
        right_at=pair.right.changed_at.get(_HISTORY.get(name, name)),
        one_origin=stems["left"] == stems["right"],
        base_left_there=held["there"],
        base_right_here=held["here"],
        anew=_anew(pair, done, name, now, held),
    )


_FINDS_ITS_PLACE = frozenset(
    {"assignees", "milestone", "sprint", "components", "parent", "epic", "priority"}
)
"""Fields whose value may have no place there yet: a person nobody knows, a ticket without a twin.
Until it has one, a label or a line of the footer tells it."""


def _anew(
    pair: Pair,
    done: Decision,
    name: str,
    now: Mapping[Side, Json],
    held: Mapping[str, Json | Unset],
) -> Side | None:
    """The ticket's own side, where what it names has found its place at the twin since."""
    born, twin = pair.mapping.born, other(pair.mapping.born)
    before = held["there" if born == "left" else "here"]
    if name not in _FINDS_ITS_PLACE or isinstance(before, Unset):
        return None
    kind, said = kind_of(name), done.said[twin].get(name)
    edited = not (same(kind, held["left"], now["left"]) and same(kind, held["right"], now["right"]))
    return None if edited or not said or same(kind, before, said) else born


def _retired(
    pair: Pair, name: str, now: Mapping[Side, Json], held: Mapping[str, Json | Unset]
) -> dict[str, Json | Unset]:
    """Labels that we made and make no more, since the field has its own place there now.

    Nobody added them: both sides are taken to have agreed on them, so that they go from the twin
    unless the ticket itself has such a label.
    """
    twin = other(pair.mapping.born)
    base = pair.mapping.base
    if name != "labels" or base is None:
        return {}
    made = members(getattr(base, twin).get("badges")) & members(now[twin])
    if not made:
        return {}
    return {
        which: sorted(members(words) | made)
        for which, words in held.items()
        if not isinstance(words, Unset)
    }


_HISTORY = {"state": "status"}


def _verdict(
    pair: Pair, done: Decision, sided: Sided, conflict: Conflict | None, redact: Redact
) -> Verdict:
    """The rules' word; or a person's, once a conflict was settled."""
    verdict = decide(sided)
    if conflict is None or conflict.settled_at is None:
        return verdict
    told = _told(pair, done, sided, conflict, redact)
    if told is None:
        done.reopened.append(conflict)
        return Verdict("conflict", why="it was edited again after it was settled")
    return told


def _told(
    pair: Pair, done: Decision, sided: Sided, conflict: Conflict, redact: Redact
) -> Verdict | None:
    """What a person decided, unless it would overwrite what that person never saw."""
    loses_left = conflict.how != "left" and sided.left != conflict.left
    loses_right = conflict.how != "right" and sided.right != conflict.right
    if loses_left or loses_right:
        return None
    if conflict.how == "left":
        return _unless_said(Verdict("write_right", right=sided.left_there), sided)
    one_way = sided.direction != "both"
    if conflict.how == "right":
        return Verdict("keep") if one_way else Verdict("write_left", left=sided.right_here)
    there = _carried(pair, done, sided.field, conflict.value, redact)
    if one_way:
        return Verdict("write_right", right=there)
    return Verdict("write_both", left=conflict.value, right=there)


def _restored(
    pair: Pair, done: Decision, sided: Sided, conflict: Conflict, redact: Redact
) -> Verdict:
    """What a person decided of an edit that a write of ours went over, where nobody edited since.

    One way, the target alone can be told; that side's own value needs no telling then.
    """
    name, how = sided.field, conflict.how
    side: Side = "right" if how == "right" else "left"
    value = conflict.value if how == "value" else getattr(conflict, side)
    across = _carried(pair, done, name, value, redact, side)
    left, right = (value, across) if side == "left" else (across, value)
    at_left = sided.direction in ("both", "pull") and not same(sided.kind, left, sided.left)
    at_right = sided.direction in ("both", "push") and not same(sided.kind, right, sided.right)
    if at_left and at_right:
        return Verdict("write_both", left=left, right=right)
    if at_left:
        return Verdict("write_left", left=left)
    return Verdict("write_right", right=right) if at_right else Verdict("agree")


def _carried(
    pair: Pair, done: Decision, name: str, value: Json, redact: Redact, side: Side = "left"
) -> Json:
    """A value that a person gave in one side's words, as the other side says it."""
    across = other(side)
    now = done.now[side] | {name: value}
    beside = {"labels": ("badges",), "body": ("footer",)}.get(name, ())
    ticket, fields = wanted(now, (name, *beside), pair.terms[across], _ticket(pair, side))
    told = {each: getattr(ticket, each) for each in fields}
    given = redacting.redacted_ticket(_ticket(pair, side).model_copy(update=told), redact)
    shown = project(given, pair.terms[side], done.now[across]).view.get(name)
    return redacting.redacted_view({name: shown}, redact)[name]


def _unless_said(verdict: Verdict, sided: Sided) -> Verdict:
    return Verdict("agree") if verdict.right == sided.right else verdict


def _typed(conflict: Conflict | None) -> bool:
    """Whether a person gave the value in the left side's own words."""
    return conflict is not None and conflict.settled_at is not None and conflict.how == "value"


_WORDED = ("title", "body", "labels", "components")
"""Fields of which a part may be hidden, so that what is not shown was not taken away."""


def _unredacted(
    done: Decision, name: str, verdict: Verdict, redacted: frozenset[str], redact: Redact
) -> Verdict:
    """An edit of a redacted text comes back with what was struck out in its place again."""
    if name not in redacted or verdict.left is None:
        return verdict
    if name not in _WORDED and redacting.REDACTED not in str(verdict.left):
        return verdict  # another one was chosen
    ours = redacting.restored(verdict.left, done.now["left"].get(name), redact)
    if ours is None:
        return Verdict("conflict", why="what is redacted there cannot be told apart")
    return Verdict(verdict.act, left=ours, right=verdict.right, why=verdict.why)


def _take(
    pair: Pair, done: Decision, sided: Sided, verdict: Verdict, conflict: Conflict | None
) -> None:
    name = sided.field
    if verdict.act == "conflict":
        base = None if isinstance(sided.base_left, Unset) else sided.base_left
        done.clashes.append(Clash(name, base, sided.left, sided.right, sided.strategy, verdict.why))
        return
    if conflict is not None:
        done.settled.append(conflict)
    if verdict.act in ("write_left", "write_both"):
        done.values["left"][name] = verdict.left
    if verdict.act in ("write_right", "write_both"):
        done.values["right"][name] = verdict.right
    if verdict.act in ("agree", "keep"):
        done.agreed.append(name)
    if verdict.act == "keep" or (verdict.why and verdict.act.startswith("write")):
        done.notes.append(f"{name}: {verdict.why}" if verdict.why else f"{name}: kept as it is")
