"""What the values in a changelog mean to us: our fields read from the sides of items. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import StatusCategory
from trackers.fields import Fields
from trackers.jira import marks, shelf, states, texts, values
from trackers.jira.changelog import EXACT, UNSET, Side, key_of

UNSURE = object()
"""Something, but not surely what the record said."""

State = Mapping[str, Side]
_CLOSED = (StatusCategory.done, StatusCategory.canceled)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBERS = ("estimate", "story_points", "time_estimate", "time_spent")
_PLAIN = ("string", "option", "number")
"""Types of custom fields whose words in a changelog are those of the record."""


@dataclass(slots=True)
class Meaning:
    """What the site and the source say of fields, statuses and issues.

    `statuses` are by id; `epics` tells of issues that were parents whether they are epics. `names`
    are ids of custom fields by folded name, `sorts` their types.
    """

    source: Source
    cloud: bool
    found: marks.Found
    names: dict[str, str]
    sorts: dict[str, str]
    statuses: Mapping[str, Fields]
    epics: dict[str, bool] = field(default_factory=dict)
    made_of: dict[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.made_of = _made_of(self.source, self.found)

    @property
    def fixed(self) -> dict[str, tuple[str, ...]]:
        """What no configuration moves."""
        return {ours: self.made_of[ours] for ours, _ in EXACT.values()}

    def read(self, ours: str, state: State) -> Json:
        """A field of ours as history shows it; UNSURE where it is not surely what it was."""
        made_of = self.made_of[ours]
        if ours in _READ:
            return _READ[ours](self, made_of, state)
        for native, (exact, read) in EXACT.items():
            if exact == ours:
                found = read(state.get(native, UNSET))
                told = native != "parent" or found or state.get(native, UNSET) == UNSET
                return found if told else UNSURE
        return self._words(made_of, state)

    def first(self, made_of: Sequence[str], state: State) -> tuple[str, Side]:
        """The first of several fields that has a value."""
        held = ((native, state.get(native, UNSET)) for native in made_of)
        return next((one for one in held if one[1] != UNSET), ("", UNSET))

    def words(self, native: str, side: Side) -> Json:
        """A name or a text, as the record's translation has it."""
        if side == UNSET or not native:
            return None
        if native.startswith("customfield_") and self.sorts.get(native) not in _PLAIN:
            return UNSURE
        return values.line(side.words)

    def _words(self, made_of: Sequence[str], state: State) -> Json:
        return self.words(*self.first(made_of, state))


def sorts(listed: Sequence[dict[str, Json]]) -> tuple[dict[str, str], dict[str, str]]:
    """(ids of custom fields by folded name, types by id), as the site's list tells them.

    A name that two fields share leads to neither.
    """
    told = [Fields.of(one, "field") for one in listed]
    named = [((one.text("name") or "").casefold(), one.need_id("id")) for one in told]
    folded = [name for name, _ in named]
    names = {
        name: key
        for name, key in named
        if key.startswith("customfield_") and folded.count(name) == 1
    }
    return names, {one.need_id("id"): shelf.sort(one) for one in told}


def _made_of(source: Source, found: marks.Found) -> dict[str, tuple[str, ...]]:
    """The fields of Jira's that make each of ours, its own ones first."""
    priority = marks.place("priority", "priority", source)
    severity = source.fields.get("severity")
    told = {
        "title": ("summary",),
        "body": (marks.place("body", "description", source),),
        "type": ("issuetype",),
        "status": ("status",),
        "close_reason": ("resolution", "status"),
        "priority": (priority,),
        "severity": (severity, priority) if severity else (priority,),
        "reporter": ("reporter",),
        "milestone": (marks.place("milestone", "fixVersions", source),),
        "sprint": marks.candidates("sprint", source, found),
        "parent": ("parent",),
        "epic": ("parent", *marks.candidates("epic", source, found)),
        "story_points": marks.candidates("story_points", source, found),
        "time_estimate": (marks.place("time_estimate", "timeoriginalestimate", source),),
        "time_spent": (marks.place("time_spent", "timespent", source),),
        "due_date": (marks.place("due_date", "duedate", source),),
        "customer": marks.candidates("customer", source, found),
        "confidential": ("security",),
        "labels": ("labels",),
        "assignees": ("assignee",),
        "components": (marks.place("components", "components", source),),
    }
    own = {ours: source.fields[ours] for ours in ("estimate", "weight") if ours in source.fields}
    return told | {ours: (native,) for ours, native in own.items()}


Read = Callable[[Meaning, Sequence[str], State], Json]


def _body(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    """Cloud writes wiki markup here and a document in the record: two conversions may differ."""
    side = state.get(made_of[0], UNSET)
    if side == UNSET or meaning.cloud:
        return UNSURE if meaning.cloud else None
    text, losses = texts.read(side.words)
    return UNSURE if losses and not text else text or None


def _type(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    return states.type_name(state[made_of[0]].words, meaning.source)


def _close_reason(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    resolution, status = (state.get(native, UNSET) for native in made_of)
    if resolution == UNSET:
        return None
    known = meaning.statuses.get(status.id or "")
    mapped = any(
        name.casefold() == (status.words or "").casefold() for name in meaning.source.statuses
    )
    if known is None and not mapped:
        return UNSURE
    group = known.value.get("statusCategory") if known else None
    as_it_was = Fields({"name": status.words, "statusCategory": group}, "status")
    closed = states.category(as_it_was, resolution.words, meaning.source) in _CLOSED
    return states.reason(resolution.words) if closed else None


def _severity(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    for native in made_of:
        named = meaning.words(native, state.get(native, UNSET))
        found = UNSURE if named is UNSURE else states.severity(named, meaning.source)
        if found:
            return found
    return None


def _epic(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    """A parent that is an epic, else what the old link field names."""
    above = state.get("parent", UNSET)
    if above != UNSET:
        known = meaning.epics.get(above.id or "")
        if known is None:
            return UNSURE
        if known:
            return key_of(above) or UNSURE
    _, link = meaning.first(made_of[1:], state)
    return None if link == UNSET else key_of(link) or UNSURE


def _number(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    _, side = meaning.first(made_of, state)
    found = values.number(side.words or side.id)
    return UNSURE if found is None and side != UNSET else found


def _whole(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    found = _number(meaning, made_of, state)
    return found if found is None or found is UNSURE else int(found)


def _span(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    """Seconds; behind a field of the source's choice Jira's own shows through where that is empty,
    and such a mixture is not taken apart."""
    return UNSURE if made_of[0].startswith("customfield_") else _whole(meaning, made_of, state)


def _day(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    """The id side is in ISO form whatever language the words are in."""
    side = state.get(made_of[0], UNSET)
    for text in (side.id, side.words):
        if text and _DAY.match(text):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                return text[:10]
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC).date().isoformat()
    return None if side == UNSET else UNSURE


def _apart(meaning: Meaning, made_of: Sequence[str], state: State) -> Json:
    """What is read line by line, and several values of another field in one text."""
    return UNSURE


_READ: dict[str, Read] = {
    "body": _body,
    "type": _type,
    "close_reason": _close_reason,
    "severity": _severity,
    "epic": _epic,
    "estimate": _number,
    "story_points": _number,
    "weight": _whole,
    "time_estimate": _span,
    "time_spent": _span,
    "due_date": _day,
    "components": _apart,
    "sprint": _apart,
}


def is_epic(issue: Fields) -> bool:
    """Whether an issue, or a parent in short form, is an epic."""
    fields = issue.object("fields")
    kind = fields.object("issuetype") if fields else None
    return bool(kind and (kind.value.get("hierarchyLevel") == 1 or kind.text("name") == "Epic"))
