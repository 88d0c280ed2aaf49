"""Saving: each save raises `rev`, leaves an update and tells the hooks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar, cast

from sandbox.azure_devops.mail import Mail
from sandbox.azure_devops.process import KINDS, PROJECT, REASON, STATE, TAGS, TYPE, Kind
from sandbox.azure_devops.refusals import invalid
from sandbox.azure_devops.state import Comment, Item, Linked, Person, Project, Update, World
from sandbox.azure_devops.texts import normal
from sandbox.wire import Json

D = TypeVar("D", bound="Desk")
P = ParamSpec("P")
R = TypeVar("R")

CLOSED = "Microsoft.VSTS.Common.ClosedDate"
MOVED = "Microsoft.VSTS.Common.StateChangeDate"


class NoSuch(LookupError):
    """An act names a work item, comment or node that is not there."""


def act(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """Marks what a person can do; an act is one step for everybody who looks."""

    @functools.wraps(method)
    def locked(self: D, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.world.lock:
            return method(self, *args, **kwargs)

    locked.is_act = True  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[D, P], R], locked)


@dataclass
class Desk:
    """Where people work; `somebody` acts when nobody is named."""

    world: World
    project: Project
    mail: Mail
    somebody: Person
    silent_edits: bool = False
    silent_links: bool = False

    def item(self, key: int) -> Item:
        found = self.world.items.get(int(key))
        if found is None or not found.alive:
            raise NoSuch(f"no work item {key}")
        return found

    def who(self, by: str | None) -> Person:
        return self.somebody if by is None else self.world.person(by)

    def create(
        self,
        kind: Kind,
        fields: dict[str, object],
        by: Person,
        *,
        project: Project | None = None,
        relations: list[Json] | None = None,
        quietly: bool = False,
        at: str | None = None,
        key: int | None = None,
    ) -> Item:
        """A work item in its first state; `quietly` and `at` are for the past."""
        home, moment = project or self.project, at or self.world.moment()
        held: dict[str, object] = {
            "System.AreaPath": home.areas.name,
            "System.IterationPath": home.iterations.name,
            STATE: kind.first,
            REASON: "New",
            "Microsoft.VSTS.Common.Priority": 2,
            **fields,
            PROJECT: home.name,
            TYPE: kind.name,
            "System.CreatedDate": moment,
            "System.CreatedBy": by,
        }
        item = Item(key or self._next_item(), home, {})
        self.world.items[item.id] = item
        self._take(item, held, by, moment, list(relations or ()), [])
        if not quietly:
            self.mail.tell(item, "workitem.created")
        return item

    def save(
        self,
        item: Item,
        changes: dict[str, object],
        by: Person,
        *,
        added: list[Json] | None = None,
        removed: list[Json] | None = None,
        quietly: bool = False,
        at: str | None = None,
    ) -> Item:
        """A change; saving what is already so changes nothing."""
        changes = {name: value for name, value in changes.items() if item.fields.get(name) != value}
        if not (changes or added or removed):
            return item
        if self.silent_links and not changes:
            self._tie(item, by, self.world.moment(), list(added or ()), list(removed or ()))
            return item
        moment = at or self.world.moment()
        if TYPE in changes:
            changes[TYPE] = KINDS[str(changes[TYPE]).lower()].name
        kind = KINDS[str(changes.get(TYPE) or item.fields[TYPE]).lower()]
        if STATE in changes:
            changes |= self._consequences(kind, str(changes[STATE]), moment)
        self._take(item, changes, by, moment, list(added or ()), list(removed or ()))
        if not quietly:
            self.mail.tell(item, "workitem.updated")
        return item

    def remark(self, item: Item, text: str, by: Person, markup: str = "html") -> Comment:
        """A comment raises the revision, and two events."""
        self.remember(item)
        comment = self.jot(item, text, by, self.world.moment(), markup)
        count = sum(not one.deleted for one in item.comments)
        changes: dict[str, object] = {"System.History": comment.text}
        self._take(item, changes, by, self.world.moment(), [], [], count=count)
        item.fields.pop("System.History", None)
        self.mail.tell(item, "workitem.commented")
        self.mail.tell(item, "workitem.updated")
        return comment

    def jot(self, item: Item, text: str, by: Person, at: str, markup: str = "html") -> Comment:
        """A comment by itself."""
        kept = text if markup == "markdown" else normal(text)
        key = self.world.next_id("comment")
        comment = Comment(key, item, by, kept, markup, at, at, by)
        item.comments.append(comment)
        return comment

    def reword(self, comment: Comment, text: str, by: Person, markup: str | None = None) -> None:
        """A new version of a comment; newer versions save the work item along with it."""
        self.remember(comment.item)
        comment.format = markup or comment.format
        comment.text = text if comment.format == "markdown" else normal(text)
        comment.version += 1
        comment.modified, comment.modified_by = self.world.moment(), by
        self._touch(comment.item, by)

    def strike(self, comment: Comment, by: Person) -> None:
        """A comment out of sight; its versions stay."""
        self.remember(comment.item)
        comment.deleted, comment.version = True, comment.version + 1
        comment.modified, comment.modified_by = self.world.moment(), by
        self._touch(comment.item, by)

    def trash(self, item: Item, by: Person) -> None:
        """Into the recycle bin, with a revision of its own."""
        self.remember(item)
        item.deleted, item.deleted_by = self.world.moment(), by
        self._take(item, {}, by, item.deleted, [], [])
        self.mail.tell(item, "workitem.deleted")

    def burn(self, item: Item) -> None:
        """Away for good; nobody is told."""
        self.remember(item)
        item.destroyed = True

    def restore(self, item: Item, by: Person) -> None:
        self.remember(item)
        item.deleted = item.deleted_by = None
        self._take(item, {}, by, self.world.moment(), [], [])
        self.mail.tell(item, "workitem.restored")

    def link(self, one: Item, rel: str, other: Item, by: Person, comment: str = "") -> None:
        """Both ends are saved; the far one under the opposite name."""
        there = self._relation(rel, other, comment)
        back = self._relation(opposite(rel), one, comment)
        self.save(one, {}, by, added=[there])
        self.save(other, {}, by, added=[back])

    def unlink(self, one: Item, rel: str, other: Item, by: Person) -> None:
        for here, name, there in ((one, rel, other), (other, opposite(rel), one)):
            gone = [r for r in here.relations if r["rel"] == name and leads_to(r) == there.id]
            self.save(here, {}, by, removed=gone)

    def remember(self, item: Item) -> None:
        """Keep how it looks before it changes, while something lags behind."""
        numbers = self.mail.faults.number
        lag = max(numbers("index_lag"), numbers("replica_lag"))
        if lag <= 0:
            item.past.clear()
            return
        item.past.keep(item.as_it_is() if item.rev else None, self.world.now(), lag)

    def _next_item(self) -> int:
        """Ids count up over all projects; one that is taken is passed over."""
        found = self.world.next_id("item")
        while found in self.world.items:
            found = self.world.next_id("item")
        return found

    def _tie(
        self, item: Item, by: Person, moment: str, added: list[Json], removed: list[Json]
    ) -> None:
        """Old work items have an update for a link, and no revision."""
        self.remember(item)
        self._link_lists(item, by, moment, added, removed)
        item.updates.append(
            Update(len(item.updates) + 1, item.rev, by, item.updates[-1].at, {}, added, removed)
        )
        self.mail.tell(item, "workitem.updated")

    def _link_lists(
        self, item: Item, by: Person, moment: str, added: list[Json], removed: list[Json]
    ) -> None:
        """A link has two ends and is reported once, from the end that says it forward."""
        item.relations = [one for one in item.relations if one not in removed] + added
        for relation, fresh in [(r, True) for r in added] + [(r, False) for r in removed]:
            other, rel = self.world.items.get(leads_to(relation) or 0), str(relation["rel"])
            backward = rel.endswith("-Reverse") or (
                not rel.endswith("-Forward") and other is not None and other.id < item.id
            )
            if other is not None and not backward:
                mark = self.world.next_id("mark")
                self.world.linked.append(Linked(mark, moment, by, rel, item, other, fresh))

    def _relation(self, rel: str, other: Item, comment: str) -> Json:
        url = f"{self.world.base}/{other.project.id}/_apis/wit/workItems/{other.id}"
        attributes: Json = {"isLocked": False, "name": NAMES.get(rel, rel)}
        if comment:
            attributes["comment"] = comment
        return {"rel": rel, "url": url, "attributes": attributes}

    def _touch(self, item: Item, by: Person) -> None:
        """Old versions keep the work item's revision when a comment is edited."""
        if self.silent_edits:
            return
        self._take(item, {}, by, self.world.moment(), [], [])
        self.mail.tell(item, "workitem.updated")

    def _consequences(self, kind: Kind, state: str, moment: str) -> dict[str, object]:
        native = kind.category_of(state)
        over = native == "Completed"
        reasons = {"Completed": "Completed", "Removed": "Removed from the backlog"}
        return {
            REASON: reasons.get(native, f"Moved to state {state}"),
            MOVED: moment,
            CLOSED: moment if over else None,
        }

    def _take(
        self,
        item: Item,
        changes: dict[str, object],
        by: Person,
        moment: str,
        added: list[Json],
        removed: list[Json],
        *,
        count: int | None = None,
    ) -> None:
        """One revision more."""
        self.remember(item)
        if TAGS in changes:
            changes[TAGS] = self._tags(str(changes[TAGS] or ""))
        changes |= {"System.ChangedDate": moment, "System.ChangedBy": by}
        delta = {
            name: (item.fields.get(name), value)
            for name, value in changes.items()
            if item.fields.get(name) != value
        }
        delta["System.Rev"] = (item.rev or None, item.rev + 1)
        if count is not None:
            delta["System.CommentCount"] = (count - 1, count)
        item.fields = {
            name: value
            for name, value in (item.fields | changes).items()
            if value not in (None, "")
        }
        self._link_lists(item, by, moment, added, removed)
        item.rev += 1
        item.mark = self.world.next_id("mark")
        self.world.saved.pop(item.id, None)
        self.world.saved[item.id] = item
        item.updates.append(
            Update(len(item.updates) + 1, item.rev, by, moment, delta, added, removed)
        )

    def _tags(self, text: str) -> str:
        """Sorted, each once, as first spelt."""
        found = {one.strip().lower(): one.strip() for one in text.replace(",", ";").split(";")}
        found.pop("", None)
        return "; ".join(sorted((self.world.tag(one) for one in found.values()), key=str.lower))


NAMES = {
    "System.LinkTypes.Hierarchy-Reverse": "Parent",
    "System.LinkTypes.Hierarchy-Forward": "Child",
    "System.LinkTypes.Related": "Related",
    "System.LinkTypes.Dependency-Forward": "Successor",
    "System.LinkTypes.Dependency-Reverse": "Predecessor",
    "System.LinkTypes.Duplicate-Forward": "Duplicate",
    "System.LinkTypes.Duplicate-Reverse": "Duplicate Of",
}


def opposite(rel: str) -> str:
    """The link's name at the other end."""
    if rel.endswith("-Forward"):
        return rel.replace("-Forward", "-Reverse")
    return rel.replace("-Reverse", "-Forward")


def leads_to(relation: Json) -> int | None:
    """The work item at the far end."""
    head, _, tail = str(relation.get("url") or "").rpartition("/")
    return int(tail) if tail.isdecimal() and head.lower().endswith("/workitems") else None


def known_kind(name: str) -> Kind:
    kind = KINDS.get(name.lower())
    if kind is None:
        raise invalid(f"VS402323: Work item type {name} does not exist.", "WorkItemTypeNotFound")
    return kind
