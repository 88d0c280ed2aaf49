"""Records of local tickets: made new, and changed by what a person typed into a file. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import StatusCategory

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


def _text(name: str, value: Json) -> str:
    if isinstance(value, (list, dict)):
        raise Permanent(f"{name} must be a text")
    return "" if value is None else str(value)


def _line(name: str, value: Json) -> str:
    found = " ".join(_text(name, value).split())
    if not found:
        raise Permanent(f"{name} must not be empty")
    return found


def _optional(name: str, value: Json) -> str | None:
    return _text(name, value).strip() or None


def _names(name: str, value: Json) -> list[Json]:
    found = [] if value is None else value
    if not isinstance(found, list):
        raise Permanent(f"{name} must be a list, like [one, two]")
    return [*dict.fromkeys(_line(name, one) for one in found)]


def _one_of(*known: str) -> Callable[[str, Json], Json]:
    def read(name: str, value: Json) -> Json:
        if value not in known:
            raise Permanent(f"{name} must be {', '.join(known[:-1])} or {known[-1]}")
        return value

    return read


def _day(name: str, value: Json) -> str | None:
    found = value.isoformat() if isinstance(value, date) else _optional(name, value)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[:10]).isoformat()
    except ValueError:
        raise Permanent(f"{name} must be a day like 2027-01-31") from None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


_READ: Mapping[str, Callable[[str, Json], Json]] = {
    "title": _line,
    "body": _text,
    "type": _line,
    "state": _one_of("open", "closed"),
    "status": _line,
    "status_category": _one_of(*StatusCategory),
    "labels": _names,
    "assignees": _names,
    "priority": _optional,
    "severity": _optional,
    "due_date": _day,
}
EDITED_KEYS = frozenset(_READ)
"""What people may edit in the file of a local ticket."""
