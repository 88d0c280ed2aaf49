"""Records of local tickets: made new, and changed by what a person typed into a file. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from schemas import typed
from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import Privacy, StatusCategory

Record = dict[str, Json]
ENDED = (StatusCategory.done, StatusCategory.canceled)


def new(
    number: int,
    title: str,
    at: datetime,
    *,
    body: str = "",
    kind: str = "issue",
    labels: tuple[str, ...] = (),
    assignees: tuple[str, ...] = (),
    reporter: str | None = None,
    privacy: str = "local_only",
) -> Record:
    """The record of a new, open ticket. Raises Permanent for a title that is empty."""
    values = {"title": title, "type": kind, "labels": [*labels], "assignees": [*assignees]}
    return {
        "number": number,
        **{name: _READ[name](name, value) for name, value in values.items()},
        "body": body,
        "state": "open",
        "status": "open",
        "status_category": "todo",
        "reporter": reporter,
        "privacy": privacy,
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
    }


def edited(record: Record, changed: Mapping[str, Json], at: datetime) -> Record:
    """The record with the changed keys of its file; those that nobody edits here are refused.

    The time of the change is always later than the one before, whatever the clock says. Raises
    Permanent that names the key and what it must be.
    """
    told = {name: _read(name, value) for name, value in changed.items()}
    before = datetime.fromisoformat(str(record["updated_at"]))
    after = max(at, before + timedelta(microseconds=1))
    now = {**record, **told, "updated_at": _stamp(after)}
    if told.keys() & {"state", "status", "status_category"}:
        now |= _state(record, told)
        ended = now["state"] == "closed"
        now["closed_at"] = (record.get("closed_at") or _stamp(after)) if ended else None
    return now


def _state(record: Record, told: Mapping[str, Json]) -> Record:
    """State, status and category agree, whichever of them was typed."""
    if "status_category" in told:
        category = StatusCategory(str(told["status_category"]))
    elif "state" in told:
        if told["state"] == record["state"]:
            category = StatusCategory(str(record["status_category"]))
        else:
            category = StatusCategory.done if told["state"] == "closed" else StatusCategory.todo
    else:
        word = str(told["status"]).strip().lower().replace(" ", "_")
        same = str(record["status_category"])
        category = StatusCategory(word if word in StatusCategory.__members__ else same)
    state = "closed" if category in ENDED else "open"
    plain = {StatusCategory.todo: "open", StatusCategory.done: "closed"}
    status = told.get("status") or plain.get(category, str(category).replace("_", " "))
    return {"state": state, "status": status, "status_category": str(category)}


def _read(name: str, value: Json) -> Json:
    if name not in _READ:
        raise Permanent(f"{name} cannot be edited here; its value comes from ticketsync")
    return _READ[name](name, value)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


_READ: Mapping[str, typed.Reader] = {
    "title": typed.line,
    "body": typed.text,
    "type": typed.line,
    "state": typed.one_of("open", "closed"),
    "status": typed.line,
    "status_category": typed.one_of(*StatusCategory),
    "labels": typed.names,
    "assignees": typed.names,
    "priority": typed.optional,
    "severity": typed.optional,
    "due_date": typed.day,
    "privacy": typed.one_of(*Privacy),
}
EDITED_KEYS = frozenset(_READ)
"""What people may edit in the file of a local ticket."""
