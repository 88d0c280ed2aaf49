"""Which views there are, and where: on PostgreSQL a schema a tracker, on SQLite a prefix.

No database is asked here.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from schemas.settings import ViewSettings
from store.views import around, past, tickets
from store.views.dialect import Dialect

Body = Callable[[Dialect, str], str]
"""Writes a view's SELECT for a dialect and a tracker."""

VIEWS: dict[str, Body] = {
    "work_items": tickets.work_items,
    "bugs": tickets.bugs,
    "issues": tickets.issues,
    "bugs_relations": around.bugs_relations,
    "work_item_relations": around.work_item_relations,
    "change_history": past.change_history,
    "field_versions": past.field_versions,
    "time_in_status": past.time_in_status,
    "history_snapshots": past.history_snapshots,
    "sync_status": around.sync_status,
}
OWN: dict[str, dict[str, Body]] = {"jira": {"jira_issues": tickets.jira_issues}}
"""What only one tracker has."""


@dataclass(frozen=True, slots=True)
class View:
    """A view as it has to be. `schema` is None on SQLite; `setting` says where its name is set."""

    schema: str | None
    name: str
    body: str
    setting: str

    @property
    def place(self) -> tuple[str | None, str]:
        """Where it stands."""
        return self.schema, self.name

    @property
    def shown(self) -> str:
        """Its name for people."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def mark(self) -> str:
        """By what it is known to be ours, and to be this very text in this place."""
        text = f"{self.shown}\n{self.body}"
        return f"{MARK}{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


MARK = "ticketsync: "


def setting_of(tracker: str) -> str:
    """How the setting of a tracker's name is called, in the file and outside of it."""
    return f"[views] {tracker} ({tracker.upper()}_SCHEMA_NAME)"


def wanted(
    dialect: str, settings: ViewSettings, trackers: Collection[str], default: str | None
) -> list[View]:
    """The views of these trackers. `default` is the connection's own schema, where it has one."""
    speech = Dialect(dialect)
    found = []
    for tracker in sorted(trackers) if settings.enabled else ():
        name = getattr(settings, tracker)
        schema = (name or default) if speech.is_postgres else None
        if speech.is_postgres and schema is None:
            continue
        prefix = f"{name}_" if name and not speech.is_postgres else ""
        for view, body in {**VIEWS, **OWN.get(tracker, {})}.items():
            text = body(speech, tracker)
            found.append(View(schema, f"{prefix}{view}", text, setting_of(tracker)))
    return found
