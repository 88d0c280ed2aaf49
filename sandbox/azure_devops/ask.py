"""One question to the API: who asks, about what project, with what parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from sandbox import rewriting
from sandbox.azure_devops.refusals import invalid, no_item, no_project
from sandbox.azure_devops.state import Item, Person, Project, Team
from sandbox.wire import Call, Json, Reply, reply_json

if TYPE_CHECKING:
    from sandbox.azure_devops.site import Site


@dataclass(slots=True)
class Ask:
    """A call that passed the gate; `project` is the one in the address, if any."""

    site: Site
    call: Call
    me: Person
    project: Project | None = None
    team: Team | None = None
    reads: bool = True

    @property
    def home(self) -> Project:
        if self.project is None:
            raise no_project("")
        return self.project

    def param(self, name: str) -> str | None:
        """A parameter of the query, whatever its case."""
        for given, value in self.call.query.items():
            if given.lower() == name.lower():
                return value
        return None

    def number(self, name: str, usual: int) -> int:
        raw = self.param(name)
        if raw is None:
            return usual
        if not raw.isdecimal():
            raise invalid(f"The value {raw} of {name} is no number.", "VssPropertyValidation")
        return int(raw)

    def flag(self, name: str) -> bool:
        return (self.param(name) or "").lower() == "true"

    @property
    def body(self) -> Json:
        try:
            found = orjson.loads(self.call.body or b"{}")
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise invalid("The body of the request is no JSON object.", "VssRequestContent")
        if self.site.faults.number("rewrites") and isinstance(found.get("text"), str):
            found["text"] = rewriting.html(found["text"])
        return found

    @property
    def operations(self) -> object:
        kind = self.call.headers.get("content-type", "").partition(";")[0]
        if kind != "application/json-patch+json":
            raise invalid("The request indicated a Content-Type that is not supported.",
                          "VssRequestContentTypeNotSupportedException")  # fmt: skip
        try:
            found = orjson.loads(self.call.body or b"null")
        except orjson.JSONDecodeError:
            raise invalid("You must pass a valid patch document.") from None
        if self.site.faults.number("rewrites"):
            _rewrite(found)
        return found

    def item(self, name: str = "id") -> Item:
        """A work item that can be read; in another project's address it cannot be found."""
        key = int(self.call.params[name])
        found = self.replica(key)
        elsewhere = found is not None and self.project not in (None, found.project)
        if found is None or not found.alive or elsewhere:
            raise no_item(key)
        return found

    def replica(self, key: int) -> Item | None:
        """A work item as a reader sees it, deleted or not; only writes are sure of the truth."""
        truth = self.site.world.items.get(key)
        if truth is None or truth.hidden or truth.project.locked:
            return None
        lag = self.site.read_lag() if self.reads else 0
        if not lag:
            return truth
        return truth.past.at(self.site.world.now() - timedelta(seconds=lag), truth)


def collection(values: list[Json]) -> Reply:
    """`{count, value}`, as every list is wrapped."""
    return reply_json({"count": len(values), "value": values})


def _rewrite(operations: Any) -> None:
    for one in operations if isinstance(operations, list) else ():
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            one["value"] = rewriting.html(one["value"])
