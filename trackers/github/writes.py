"""Changes as the steps GitHub knows: one write of its API each. Pure.

Labels and assignees are added and removed rather than replaced as a whole: what somebody else
changed since the record was read stays (https://docs.github.com/rest/issues/issues#update-an-issue).
"""

from collections.abc import Iterable, Iterator

from schemas.change import (
    Change,
    CommentChange,
    DeleteChange,
    LinkChange,
    Marker,
    TicketChange,
    Write,
)
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Milestone, Ticket
from trackers import markers
from trackers.colors import spelt
from trackers.github import mapped

WRITES = frozenset(
    {
        "title", "body", "type", "state", "status", "status_category", "close_reason", "labels",
        "assignees", "milestone", "locked", "custom_fields",
    }
)  # fmt: skip
LINKS = frozenset({"parent", "child", "blocks", "blocked_by"})
LONGEST_TITLE = 256
LONGEST_TEXT = 65_536
LONGEST_LABEL = 50
LONGEST_DESCRIPTION = 100
MOST_ASSIGNEES = 10
"""https://docs.github.com/rest/issues/assignees#add-assignees-to-an-issue"""

REASONS = ("completed", "not_planned", "duplicate")
LOCK_REASONS = ("off-topic", "too heated", "resolved", "spam")
_STATUS = frozenset({"state", "status", "status_category", "close_reason"})
_CUT = "…"


def to_writes(change: Change, source: Source) -> list[Write]:
    """The steps of a change, in order; what has no place at GitHub is a loss of the first."""
    if isinstance(change, CommentChange):
        return [_comment(change)]
    if isinstance(change, LinkChange):
        return _link(change)
    if isinstance(change, DeleteChange):
        return _closed(change)
    ticket = _TicketWrites(change, source)
    steps = list(ticket.created() if change.ticket is None else ticket.updated())
    if steps and ticket.losses:
        steps[0] = steps[0].model_copy(update={"losses": tuple(ticket.losses)})
    return steps


class _TicketWrites:
    """The steps of one ticket change; `losses` grow while they are made."""

    def __init__(self, change: TicketChange, source: Source) -> None:
        self._change = change
        self._source = source
        self._wanted: Ticket = change.wanted
        self._fields = change.fields
        self._record: dict[str, Json] = change.record if isinstance(change.record, dict) else {}
        places = WRITES | mapped.names(source)
        self.losses = [f"{name} has no place here" for name in sorted(self._fields - places)]

    def created(self) -> Iterator[Write]:
        """GitHub creates open issues, with labels but without a lock."""
        body = self._texts() | self._named()
        labels = self._labels()
        if labels:
            body |= {"labels": labels} | self._looks(labels)
        yield self._step("create", body, marker=self._change.marker)
        yield from self._people(set())
        if self._closes():
            yield self._step("update", {"state": "closed", "state_reason": self._reason()})
        if "locked" in self._fields and self._wanted.locked:
            yield self._lock()
        yield from self._values()

    def updated(self) -> Iterator[Write]:
        body = self._texts() | self._named() | self._whole_sets()
        again = self._turn(body)
        if body:
            yield self._step("update", body)
        if again:
            yield self._step("update", again)
        if self._record:
            yield from self._label_steps()
            yield from self._people(_names(self._record, "assignees", "login"))
        if "locked" in self._fields and self._wanted.locked != bool(self._record.get("locked")):
            yield self._lock() if self._wanted.locked else self._step("unlock", None)
        yield from self._values()

    def _texts(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        if "title" in self._fields:
            found["title"] = self._cut("title", self._wanted.title, LONGEST_TITLE)
        if "body" in self._fields or self._change.ticket is None:
            text = self._wanted.body if "body" in self._fields else ""
            marks = _marks(self._change.marker, self._record.get("body"))
            room = LONGEST_TEXT - len(marks)
            found["body"] = self._cut("body", text, room) + marks
        return found

    def _named(self) -> dict[str, Json]:
        """Milestone and type by name: the client finds what the repository calls them."""
        found: dict[str, Json] = {}
        if "milestone" in self._fields:
            stone = self._wanted.milestone
            if stone or self._change.ticket:
                found["milestone"] = _milestone(stone) if stone else None
        if "type" in self._fields:
            kinds = mapped.type_names(self._wanted.type, self._source)
            if kinds or self._change.ticket:
                found["type"] = kinds or None
        return found

    def _whole_sets(self) -> dict[str, Json]:
        """Labels and assignees as a whole, where nobody knows what the ticket carries."""
        if self._record:
            return {}
        found: dict[str, Json] = {}
        if "labels" in self._fields:
            found["labels"] = self._labels()
            found |= self._looks(found["labels"])
        if "assignees" in self._fields:
            found["assignees"] = [one.login for one in self._wanted.assignees if one.login]
        return found

    def _turn(self, body: dict[str, Json]) -> dict[str, Json] | None:
        """Puts the state into `body`; a second update when only the reason differs.

        A reason counts only while the state changes, so a closed issue is opened first
        (https://docs.github.com/rest/issues/issues#update-an-issue).
        """
        if not self._fields & _STATUS:
            return None
        was, reason = self._record.get("state"), self._reason()
        if not self._closes():
            if was != "open":
                body["state"] = "open"
            return None
        close = {"state": "closed", "state_reason": reason}
        if was != "closed":
            body |= close
            return None
        if "close_reason" not in self._fields or self._record.get("state_reason") == reason:
            return None
        body["state"] = "open"
        return close

    def _closes(self) -> bool:
        fields, wanted = self._fields, self._wanted
        if "state" in fields:
            return wanted.state == "closed"
        if "status_category" in fields:
            return wanted.status_category in ("done", "canceled")
        if "status" in fields:
            return wanted.status == "closed"
        return "close_reason" in fields and bool(wanted.close_reason)

    def _reason(self) -> str:
        if self._wanted.close_reason in REASONS:
            return str(self._wanted.close_reason)
        return "not_planned" if self._wanted.status_category == "canceled" else "completed"

    def _labels(self) -> list[str]:
        """The labels by name, with the one that stands for the severity."""
        wanted = [label.name for label in self._wanted.labels] if "labels" in self._fields else []
        by_severity = mapped.severity_labels(self._source)
        if "severity" in self._fields and by_severity:
            marks = {name.lower() for name in self._source.severities}
            wanted = [name for name in wanted if name.lower() not in marks]
            named = by_severity.get(self._wanted.severity or "")
            wanted += [named] if named else []
        cut = [self._cut("labels", name, LONGEST_LABEL) for name in wanted]
        return list({name.lower(): name for name in cut}.values())

    def _looks(self, names: list[str]) -> dict[str, Json]:
        """How labels are to look that the repository lacks; the client makes those."""
        found = {
            label.name: {
                "color": (spelt(label.color) or "").lstrip("#"),
                "description": (label.description or "")[:LONGEST_DESCRIPTION],
            }
            for label in self._wanted.labels
            if spelt(label.color) and label.name in names
        }
        return {"looks": found} if found else {}

    def _label_steps(self) -> Iterator[Write]:
        had = _names(self._record, "labels", "name")
        wanted = {name.lower(): name for name in self._labels()}
        added = [name for key, name in wanted.items() if key not in had]
        if added:
            yield self._step("add_labels", {"labels": added} | self._looks(added))
        for key in sorted(self._leaving(had) - set(wanted)):
            yield self._step("remove_label", {"name": key})

    def _leaving(self, had: set[str]) -> set[str]:
        marks = {name.lower() for name in mapped.severity_labels(self._source).values()}
        marks = {name.lower() for name in self._source.severities} if marks else set()
        if "labels" in self._fields:
            return had if "severity" in self._fields else had - marks
        return had & marks if "severity" in self._fields else set()

    def _people(self, had: set[str]) -> Iterator[Write]:
        """Apart from the rest: who cannot be assigned must not keep an issue from being made."""
        if "assignees" not in self._fields:
            return
        wanted = {one.login.lower(): one.login for one in self._wanted.assignees if one.login}
        if len(wanted) > MOST_ASSIGNEES:
            self.losses.append(f"assignees: GitHub takes {MOST_ASSIGNEES}, the rest is left out")
            wanted = dict(list(wanted.items())[:MOST_ASSIGNEES])
        gone = sorted(had - set(wanted))
        if gone:
            yield self._step("unassign", {"assignees": gone})
        added = [login for key, login in wanted.items() if key not in had]
        if added:
            yield self._step("assign", {"assignees": added})

    def _lock(self) -> Write:
        reason = self._wanted.external_fields.get("active_lock_reason")
        return self._step("lock", {"lock_reason": reason} if reason in LOCK_REASONS else None)

    def _values(self) -> Iterator[Write]:
        """Values of issue fields; those that are cleared go one by one."""
        values: dict[str, Json] = {}
        if "custom_fields" in self._fields:
            values |= {key: one for key, one in self._wanted.custom_fields.items() if _id(key)}
        for name, key in self._source.fields.items():
            if name in self._fields and name in mapped.FILLABLE and _id(key):
                values[key] = mapped.written(name, getattr(self._wanted, name), self._source)
        kept = [{"field_id": int(k), "value": v} for k, v in values.items() if v is not None]
        if kept:
            yield self._step("set_fields", {"issue_field_values": kept})
        had = _names(self._record, "issue_field_values", "issue_field_id")
        for key in sorted(key for key, value in values.items() if value is None and key in had):
            yield self._step("clear_field", {"field_id": int(key)})

    def _cut(self, name: str, text: str, most: int) -> str:
        if len(text) <= most:
            return text
        self.losses.append(f"{name}: shortened to the {most} characters GitHub takes")
        return text[: most - len(_CUT)] + _CUT

    def _step(self, step: str, body: Json, marker: Marker | None = None) -> Write:
        return Write(step=step, ticket=self._change.ticket, body=body, marker=marker)


def _comment(change: CommentChange) -> Write:
    if change.wanted is None:
        return Write(step="delete_comment", ticket=change.ticket, comment=change.comment)
    old = change.record.get("body") if isinstance(change.record, dict) else None
    marks = _marks(change.marker, old)
    text, room = change.wanted.body, LONGEST_TEXT - len(marks)
    losses: tuple[str, ...] = ()
    if len(text) > room:
        text = text[: room - len(_CUT)] + _CUT
        losses = (f"body: shortened to the {room} characters GitHub takes",)
    return Write(
        step="edit_comment" if change.comment else "comment",
        ticket=change.ticket,
        comment=change.comment,
        body={"body": text + marks},
        marker=change.marker,
        losses=losses,
    )


def _link(change: LinkChange) -> list[Write]:
    """Nothing for kinds that GitHub makes itself or does not know (`Capabilities.links`)."""
    if change.relation.kind not in LINKS:
        return []
    target = change.relation.target
    body = {"kind": change.relation.kind, "key": target.key or target.external_id}
    step = "unlink" if change.remove else "link"
    return [Write(step=step, ticket=change.ticket, body={**body, "url": target.url})]


def _closed(change: DeleteChange) -> list[Write]:
    """REST deletes no issue (https://docs.github.com/rest/issues/issues)."""
    loss = "GitHub deletes no issue by its REST API: it is closed as not planned"
    body = {"state": "closed", "state_reason": "not_planned"}
    return [Write(step="update", ticket=change.ticket, body=body, losses=(loss,))]


def _marks(marker: Marker | None, old: Json) -> str:
    """The marker to write, or the ones that a text already carries: they are never lost."""
    kept = [marker] if marker else markers.found(old) if isinstance(old, str) else []
    return "".join(f"\n\n{markers.hidden(one)}" for one in kept)


def _milestone(stone: Milestone) -> dict[str, Json]:
    """`number` counts only together with the id: another tracker's number means nothing here."""
    due = stone.due_on.strftime("%Y-%m-%dT%H:%M:%SZ") if stone.due_on else None
    told = {"id": stone.id, "number": stone.number, "title": stone.title, "due_on": due}
    return told | {"state": stone.state, "description": stone.description}


def _names(record: dict[str, Json], key: str, name: str) -> set[str]:
    """Lower-case names of what a record lists under `key`."""
    found: Iterable[Json] = record.get(key) or ()
    plain = (one.get(name) if isinstance(one, dict) else one for one in found)
    return {str(one).lower() for one in plain if one is not None}


def _id(key: str) -> bool:
    return key.isascii() and key.isdecimal()
