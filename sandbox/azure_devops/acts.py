"""All that a person can do on the stand-in: each act changes the state and tells the hooks."""

from __future__ import annotations

from sandbox.azure_devops.desk import Desk, NoSuch, act, known_kind
from sandbox.azure_devops.mail import EVENTS
from sandbox.azure_devops.process import (
    ASSIGNED,
    DESCRIPTION,
    ITERATION,
    PROJECT,
    STATE,
    STEPS,
    TAGS,
    TITLE,
    Kind,
)
from sandbox.azure_devops.state import Comment, Item, Node, Subscription, guid
from sandbox.azure_devops.texts import as_html
from sandbox.backup import Backup

_NOT_IN_BACKUPS = (
    *("now", "base", "organization", "lock", "people", "subscriptions", "files", "kept", "_ids"),
    "locked",
)
"""What belongs to the sandbox itself, our rights, and the counters that never go back."""

_PARENT = "System.LinkTypes.Hierarchy-Reverse"


class Acts(Desk):
    """The acts in one project, on work items by id."""

    @act
    def open(
        self,
        title: str,
        body: str = "",
        kind: str = "Bug",
        labels: list[str] | None = None,
        assignee: str | None = None,
        by: str | None = None,
    ) -> Item:
        chosen = known_kind(kind)
        fields: dict[str, object] = {
            TITLE: title,
            body_field(chosen): as_html(body),
            TAGS: "; ".join(labels or ()),
            ASSIGNED: self.world.person(assignee) if assignee else None,
        }
        held = {name: value for name, value in fields.items() if value}
        return self.create(chosen, held, self.who(by))

    @act
    def edit(
        self,
        number: int,
        title: str | None = None,
        body: str | None = None,
        by: str | None = None,
        fields: dict[str, object] | None = None,
    ) -> Item:
        """Title, body, and any field by its reference name."""
        item = self.item(number)
        changes = dict(fields or {})
        if title is not None:
            changes[TITLE] = title
        if body is not None:
            changes[body_field(item.kind)] = as_html(body)
        return self.save(item, changes, self.who(by))

    @act
    def state(self, number: int, state: str, by: str | None = None) -> Item:
        return self.save(self.item(number), {STATE: state}, self.who(by))

    @act
    def close(self, number: int, by: str | None = None) -> Item:
        return self._to(number, "Completed", by)

    @act
    def reopen(self, number: int, by: str | None = None) -> Item:
        return self._to(number, "Proposed", by)

    @act
    def assign(self, number: int, person: str | None, by: str | None = None) -> Item:
        who = self.world.person(person) if person else None
        return self.save(self.item(number), {ASSIGNED: who}, self.who(by))

    @act
    def label(self, number: int, label: str, by: str | None = None) -> Item:
        item = self.item(number)
        tags = f"{item.fields.get(TAGS) or ''}; {label}"
        return self.save(item, {TAGS: self._tags(tags)}, self.who(by))

    @act
    def unlabel(self, number: int, label: str, by: str | None = None) -> Item:
        item = self.item(number)
        tags = [one for one in str(item.fields.get(TAGS) or "").split("; ") if one]
        left = [one for one in tags if one.lower() != label.lower()]
        return self.save(item, {TAGS: "; ".join(left)}, self.who(by))

    @act
    def sprint(self, number: int, path: str, by: str | None = None) -> Item:
        """Into an iteration, by its path below the root; "" is none."""
        goal = f"{self.project.name}\\{path}" if path else self.project.name
        return self.save(self.item(number), {ITERATION: goal}, self.who(by))

    @act
    def comment(
        self, number: int, body: str, by: str | None = None, markup: str = "html"
    ) -> Comment:
        text = body if markup == "markdown" else as_html(body)
        return self.remark(self.item(number), text, self.who(by), markup)

    @act
    def edit_comment(self, comment: int, body: str, by: str | None = None) -> Comment:
        found = self.find_comment(comment)
        text = body if found.format == "markdown" else as_html(body)
        self.reword(found, text, self.who(by))
        return found

    @act
    def delete_comment(self, comment: int, by: str | None = None) -> None:
        self.strike(self.find_comment(comment), self.who(by))

    @act
    def delete(self, number: int, by: str | None = None) -> None:
        self.trash(self.item(number), self.who(by))

    @act
    def undelete(self, number: int, by: str | None = None) -> Item:
        found = self.world.items.get(number)
        if found is None or found.deleted is None or found.destroyed:
            raise NoSuch(f"no work item {number} in the recycle bin")
        self.restore(found, self.who(by))
        return found

    @act
    def destroy(self, number: int) -> None:
        """Out of the recycle bin, for good; nobody is told."""
        found = self.world.items.get(number)
        if found is None:
            raise NoSuch(f"no work item {number}")
        self.burn(found)

    @act
    def hide(self, key: str | int) -> Item:
        """Into an area we may not read: as if it did not exist, and no event any more."""
        return self._show(key, hidden=True)

    @act
    def unhide(self, key: str | int) -> Item:
        """We may read it again; nothing tells so."""
        return self._show(key, hidden=False)

    @act
    def lock_out(self) -> None:
        """We may not see the project any more."""
        self.project.locked = True

    @act
    def let_in(self) -> None:
        """We may see the project again."""
        self.project.locked = False

    @act
    def backup(self) -> None:
        """Keep the state of the organization as it is now."""
        self.world.kept = Backup(
            [self.world, *self.world.projects],
            leave=_NOT_IN_BACKUPS,
            shared=[*self.world.people.values()],
        )

    @act
    def go_back(self) -> None:
        """A Server restored from its backup: later things were never there, and every `rev` is
        the old one. Ids go on where they were."""
        if self.world.kept is None:
            raise NoSuch("there is no backup to go back to")
        self.world.kept.restore()

    @act
    def move(self, number: int, project: str, by: str | None = None) -> Item:
        """To another project: the id stays, the places change."""
        item, goal = self.item(number), self.world.project(project)
        if goal is None:
            raise NoSuch(f"no project {project}")
        changes: dict[str, object] = {
            PROJECT: goal.name,
            "System.AreaPath": goal.areas.name,
            ITERATION: goal.iterations.name,
        }
        self.save(item, changes, self.who(by), quietly=True)
        self.mail.tell(item, "workitem.updated")
        item.project = goal
        return item

    @act
    def parent(self, number: int, parent: int | None, by: str | None = None) -> Item:
        item = self.item(number)
        for other in [one for one in self.world.items.values() if self._is_child(item, one)]:
            self.unlink(item, _PARENT, other, self.who(by))
        if parent is not None:
            self.link(item, _PARENT, self.item(parent), self.who(by))
        return item

    @act
    def relate(self, number: int, rel: str, other: int, by: str | None = None) -> Item:
        self.link(self.item(number), rel, self.item(other), self.who(by))
        return self.item(number)

    @act
    def unrelate(self, number: int, rel: str, other: int, by: str | None = None) -> Item:
        self.unlink(self.item(number), rel, self.item(other), self.who(by))
        return self.item(number)

    @act
    def rename_project(self, name: str) -> None:
        """The id stays; every work item names the new one, without a revision."""
        before, self.project.name = self.project.name, name
        self.project.areas.name = self.project.iterations.name = name
        for item in self.world.items.values():
            if item.project is not self.project:
                continue
            item.fields[PROJECT] = name
            for field in ("System.AreaPath", ITERATION):
                item.fields[field] = name + str(item.fields[field])[len(before) :]

    @act
    def add_sprint(self, name: str, start: str | None = None, finish: str | None = None) -> Node:
        return self.world.add_node(self.project.iterations, name, start, finish)

    @act
    def add_hook(self, url: str, secret: str) -> Subscription:
        """One subscription for each event, with basic authentication; the first is returned."""
        user, colon, password = secret.partition(":")
        made = []
        for event in EVENTS:
            body = {
                "publisherId": "tfs",
                "eventType": event,
                "resourceVersion": "1.0",
                "consumerId": "webHooks",
                "consumerActionId": "httpRequest",
                "publisherInputs": {"projectId": self.project.id},
                "consumerInputs": {
                    "url": url,
                    "basicAuthUsername": user if colon else "ticketsync",
                    "basicAuthPassword": password if colon else secret,
                },
            }
            key = guid("subscription", url, event, self.world.next_id("subscription"))
            made.append(Subscription(key, body, self.somebody, self.world.moment()))
            self.world.subscriptions[key] = made[-1]
        return made[0]

    @act
    def test_hooks(self) -> None:
        """The button "Test" of every subscription."""
        for one in self.world.subscriptions.values():
            self.mail.test(one)

    def find_comment(self, comment: int) -> Comment:
        for item in self.world.items.values():
            for one in item.comments:
                if one.id == comment and not one.deleted and item.alive:
                    return one
        raise NoSuch(f"no comment {comment}")

    def _show(self, key: str | int, *, hidden: bool) -> Item:
        found = self.world.items.get(int(key))
        if found is None or found.destroyed:
            raise NoSuch(f"no work item {key}")
        found.hidden = hidden
        return found

    def _to(self, number: int, native: str, by: str | None) -> Item:
        item = self.item(number)
        for state, category in item.kind.states:
            if category == native:
                return self.save(item, {STATE: state}, self.who(by))
        raise NoSuch(f"{item.kind.name} has no state that is {native}")

    def _is_child(self, item: Item, other: Item) -> bool:
        tail = f"/{other.id}"
        return any(r["rel"] == _PARENT and r["url"].endswith(tail) for r in item.relations)


def body_field(kind: Kind) -> str:
    """Bugs show their steps, everything else its description."""
    return STEPS if STEPS in kind.fields else DESCRIPTION


def names_of_acts() -> list[str]:
    """What `POST /_sandbox/act` can be asked to do."""
    members = ((name, getattr(Acts, name)) for name in dir(Acts) if not name.startswith("_"))
    return sorted(name for name, member in members if getattr(member, "is_act", False))
