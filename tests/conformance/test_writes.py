"""There and back: a ticket written to each tracker's stand-in reads as what was meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.register import module_of
from schemas import fingerprint
from schemas.change import Change, CommentChange, Ref, TicketChange
from schemas.record import Gone, Record
from schemas.source import Source
from schemas.ticket import Comment, Ticket, TicketRef
from tests.conformance.test_trackers import about
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.base import Client, Tracker
from trackers.registry import REGISTRY

WRITABLE = [pytest.param(one, id=name) for name, one in REGISTRY.items() if one.capabilities.writes]
every_writable = pytest.mark.parametrize("tracker", WRITABLE)


@dataclass
class Scene:
    """A stand-in with one client."""

    tracker: Tracker
    source: Source
    client: Client
    running: Any

    def carry_out(self, change: Change) -> list[Ref]:
        """All steps of a change; a step that waits for a new ticket gets its id."""
        done: list[Ref] = []
        for step in self.tracker.to_writes(change, self.source):
            if step.ticket is None and done:
                step = step.model_copy(update={"ticket": done[0].ticket})
            done.append(self.client.write(step))
        return done

    def record(self, ticket: str) -> Record:
        found = self.client.fetch(ticket, frozenset({"core", "comments"}))
        assert isinstance(found, Record), found
        return found

    def ticket(self, ticket: str) -> Ticket:
        return self.tracker.to_ticket(self.record(ticket).body, self.source)

    def wanted(self, fields: dict[str, Any]) -> Ticket:
        return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)

    def create(self, fields: dict[str, Any]) -> str:
        change = TicketChange(wanted=self.wanted(fields), fields=frozenset(fields))
        return self.carry_out(change)[0].ticket


@contextmanager
def scene(tracker: Tracker) -> Iterator[Scene]:
    module = module_of(tracker.name)
    with module.start() as running:
        told = module.announce(running)
        keys = {k: v for k, v in told.get("source", {}).items() if not k.endswith("_env")}
        source = a_source(tracker.name, told["url"], api_url=told["api_url"], **keys)
        login = next(iter(told.get("environment", {}).values()), None)
        client = tracker.connect(
            source,
            credentials=Secrets(told["token"], login=login),
            limiter=Budget(),
            validators=Memory(),
        )
        try:
            yield Scene(tracker, source, client, running)
        finally:
            client.close()


def differing(meant: Ticket, found: Ticket, fields: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Fields that came back otherwise; names count where ids belong to the tracker."""
    pairs = {name: (_shown(meant, name), _shown(found, name)) for name in fields}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _shown(ticket: Ticket, name: str) -> Any:
    value = getattr(ticket, name)
    if name in ("labels", "components"):
        return sorted(one.name for one in value)
    if name in ("milestone", "sprint", "project"):
        return (getattr(value, "title", None) or getattr(value, "name", None)) if value else None
    if name in ("parent", "epic"):
        return value.key if value else None
    return fingerprint.value(ticket, name)


@every_writable
def test_a_ticket_comes_back_as_it_was_meant_and_changes_as_it_was_told(tracker):
    wanted, changed = about(tracker.name)["wanted"], about(tracker.name)["changed"]
    with scene(tracker) as there:
        new = there.create(wanted)
        assert differing(there.wanted(wanted), there.ticket(new), wanted) == {}
        record = there.record(new).body
        there.carry_out(
            TicketChange(
                ticket=new,
                wanted=there.wanted(changed),
                fields=frozenset(changed),
                record=record,
            )
        )
        assert differing(there.wanted(changed), there.ticket(new), changed) == {}
        kept = {name: value for name, value in wanted.items() if name not in changed}
        assert differing(there.wanted(kept), there.ticket(new), kept) == {}


@every_writable
def test_every_field_said_to_be_writable_is_written_by_the_suite(tracker):
    told = set(about(tracker.name)["wanted"]) | set(about(tracker.name)["changed"])
    assert tracker.capabilities.writes - told - {"parent"} == set()


@every_writable
def test_a_parent_is_set_with_the_ticket_and_afterwards_and_taken_away(tracker):
    if "parent" not in tracker.capabilities.writes:
        pytest.skip(f"{tracker.name} writes no parents with the ticket")
    types = about(tracker.name).get("family", {})
    with scene(tracker) as there:
        older = [there.create({"title": f"Parent {n}", **types.get("parent", {})}) for n in (1, 2)]
        refs = [TicketRef(external_id=one, key=there.ticket(one).key) for one in older]
        child = {"title": "Child", **types.get("child", {})}
        new = there.create({**child, "parent": refs[0].model_dump()})
        assert there.ticket(new).parent.external_id == older[0]
        for wanted in (refs[1], None):
            there.carry_out(
                TicketChange(
                    ticket=new,
                    wanted=there.wanted({**child, "parent": wanted}),
                    fields=frozenset({"parent"}),
                    record=there.record(new).body,
                )
            )
            found = there.ticket(new).parent
            assert (found and found.external_id) == (wanted and wanted.external_id)


@every_writable
def test_a_comment_is_written_changed_and_deleted(tracker):
    can = tracker.capabilities.comments
    with scene(tracker) as there:
        ticket = there.create({"title": "A ticket with comments"})

        def say(body: str | None, comment: str | None = None) -> Ref:
            wanted = None if body is None else Comment(id=comment or "", body=body)
            change = CommentChange(ticket=ticket, comment=comment, wanted=wanted)
            return there.carry_out(change)[0]

        def bodies() -> list[str]:
            records = there.record(ticket).comments or ()
            return [there.tracker.to_comment(one, there.source).body for one in records]

        assert "create" in can
        new = say("A first word.\n\nAnd a second one.").comment
        assert bodies() == ["A first word.\n\nAnd a second one."]
        if "update" in can:
            say("Another word.", new)
            assert bodies() == ["Another word."]
        if "delete" in can:
            say(None, new)
            assert bodies() == []
            assert isinstance(there.client.fetch_comment(ticket, str(new)), Gone)
