"""Created once: what we made is known again by its marker, whatever became of the answer."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.change import (
    Absent,
    CommentChange,
    DeleteChange,
    Found,
    Intent,
    Marker,
    TicketChange,
    Write,
)
from schemas.errors import Overtaken, Transient
from schemas.record import Cursor, Page, Record
from schemas.ticket import Comment
from tests.conformance.test_trackers import about
from tests.conformance.test_writes import WRITABLE, Scene, differing, every_writable, scene
from trackers import markers
from trackers.registry import REGISTRY

KEY = b"a key of the installation's own"
LATE = 0.6
"""Seconds between the lost answer and its effect."""
READABLE = [one for one in WRITABLE if one.id != "linear"]
"""Where a record shows its marker; at Linear the id is the marker, which only we can tell."""


def a_marker(ticket: str = "shop/1", generation: int = 1) -> Marker:
    return markers.minted(KEY, "harbour", "shop>quay", ticket, generation)


@dataclass
class Once:
    """One creation, of a ticket or of a comment, that may be tried and looked for."""

    there: Scene
    creates: Any
    step: Write
    intent: Intent

    def send(self) -> str:
        ref = self.there.client.write(self.step)
        return str(ref.comment if self.creates == "comment" else ref.ticket)

    def looked_up(self) -> Any:
        return self.there.client.find_marker(self.intent)

    def found(self) -> str | None:
        """The id of what was made; None when it was not."""
        answer = self.looked_up()
        if isinstance(answer, Absent):
            return None
        assert isinstance(answer, Found), answer
        return str(answer.ref.comment if self.creates == "comment" else answer.ref.ticket)

    def made(self) -> int:
        """How many there are at the tracker, by the tracker's own word."""
        tickets = self.there.running.neutral()["tickets"]
        if self.creates == "ticket":
            return sum("A mirrored ticket" in one["title"] for one in tickets)
        return sum("A mirrored word" in str(c["body"]) for one in tickets for c in one["comments"])


def a_creation(there: Scene, creates: Any) -> Once:
    marker = a_marker() if creates == "ticket" else a_marker("shop/1#5")
    if creates == "ticket":
        wanted = there.wanted({"title": "A mirrored ticket", "body": "Its text."})
        change: Any = TicketChange(
            wanted=wanted, fields=frozenset({"title", "body"}), marker=marker
        )
        ticket = None
    else:
        ticket = there.create({"title": "Another ticket"})
        wanted = Comment(id="", body="A mirrored word.", url="https://quay.example/1#2")
        change = CommentChange(ticket=ticket, wanted=wanted, marker=marker)
    sent = datetime.now(UTC)
    step = there.tracker.to_writes(change, there.source)[0]
    intent = Intent(creates=creates, marker=marker, ticket=ticket, sent_at=sent)
    return Once(there, creates, step, intent)


both = pytest.mark.parametrize("creates", ["ticket", "comment"])


@both
@every_writable
def test_what_was_never_sent_is_absent(tracker, creates):
    with scene(tracker) as there:
        assert isinstance(a_creation(there, creates).looked_up(), Absent)


@both
@every_writable
def test_what_was_answered_is_found_under_the_id_of_the_answer(tracker, creates):
    with scene(tracker) as there:
        once = a_creation(there, creates)
        made = once.send()
        assert once.found() == made


@both
@every_writable
def test_a_lost_answer_is_found_again_and_there_is_one(tracker, creates):
    with scene(tracker) as there:
        once = a_creation(there, creates)
        there.running.faults.set(answer_lost=1)
        with pytest.raises(Transient):
            once.send()
        assert once.found() is not None
        assert once.made() == 1


@both
@every_writable
def test_a_late_effect_is_absent_until_it_happens_and_found_ever_after(tracker, creates):
    with scene(tracker) as there:
        once = a_creation(there, creates)
        there.running.faults.set(answer_lost=1, late_effect=LATE)
        with pytest.raises(Transient):
            once.send()
        assert once.found() is None
        deadline = time.monotonic() + 20 * LATE
        while once.made() == 0 and time.monotonic() < deadline:
            time.sleep(LATE / 10)
        assert once.found() is not None
        assert once.made() == 1


@both
@every_writable
def test_lists_that_lag_do_not_hide_what_was_made(tracker, creates):
    with scene(tracker) as there:
        there.running.faults.set(index_lag=600)
        once = a_creation(there, creates)
        assert once.send() == once.found()


@both
@every_writable
def test_a_marker_of_another_generation_or_key_is_not_this_one(tracker, creates):
    with scene(tracker) as there:
        once = a_creation(there, creates)
        once.send()
        forged = markers.minted(b"another key", "harbour", "shop>quay", "shop/1")
        for other in (a_marker(generation=2), a_marker(ticket="shop/2"), forged):
            asked = once.intent.model_copy(update={"marker": other})
            assert replace(once, intent=asked).found() is None


@pytest.mark.parametrize("tracker", READABLE)
def test_a_poll_a_fetch_and_a_write_answer_show_the_marker_and_who_made_it(tracker):
    with scene(tracker) as there:
        once = a_creation(there, "ticket")
        answer = there.client.write(once.step)
        me = there.client.identity()
        records = [there.record(answer.ticket).body, *polled(there, answer.ticket)]
        records += [answer.record] if answer.record is not None else []
        for record in records:
            assert tracker.marks(record) == [a_marker()]
            assert me.wrote(tracker.author(record))
        assert len(records) >= 2


@every_writable
def test_who_made_it_is_told_by_every_record(tracker):
    with scene(tracker) as there:
        ticket, comment = a_creation(there, "ticket"), a_creation(there, "comment")
        new, _ = ticket.send(), comment.send()
        me = there.client.identity()
        assert me.id
        told = there.record(comment.intent.ticket).comments
        for record in (there.record(new).body, *polled(there, new), *told):
            assert me.wrote(tracker.author(record)), record


@every_writable
def test_what_others_wrote_is_not_ours(tracker):
    with scene(tracker) as there:
        me = there.client.identity()
        theirs = [
            one.body
            for page in tickets_of(there, Cursor())
            for one in page.records
            if not me.wrote(tracker.author(one.body))
        ]
        made = there.create({"title": "Ours"})
        assert me.wrote(tracker.author(there.record(made).body))
        assert theirs or not there.running.neutral()["tickets"][:-1]


@pytest.mark.parametrize("tracker", list(REGISTRY.values()), ids=list(REGISTRY))
@pytest.mark.parametrize("record", [None, 1, "x", [], {}, {"fields": 3}, {"body": 4}, {"user": 5}])
def test_what_is_no_record_carries_nothing_and_raises_nothing(tracker, record):
    assert tracker.marks(record) == []
    assert tracker.author(record) is None or record == {}


def polled(there: Scene, ticket: str) -> list[Any]:
    pages = tickets_of(there, Cursor())
    return [one.body for page in pages for one in page.records if one.ticket == ticket]


def tickets_of(there: Scene, cursor: Cursor) -> list[Page]:
    return [page for page in there.client.changed_since(cursor) if page.kind == "tickets"]


def sent_twice(there: Scene, change: Any) -> None:
    """Every step of a change, its first try without an answer; one that was overtaken, by itself,
    is made anew."""
    for step in there.tracker.to_writes(change, there.source):
        there.running.faults.set(answer_lost=1)
        try:
            there.client.write(step)
        except Transient:
            there.running.faults.clear()
            _again(there, change, step)
        there.running.faults.clear()


def _again(there: Scene, change: Any, step: Write) -> None:
    try:
        there.client.write(step)
    except Overtaken:
        record = there.record(change.ticket).body
        there.carry_out(change.model_copy(update={"record": record}))


@every_writable
def test_a_change_whose_answer_was_lost_may_be_written_again(tracker):
    told = about(tracker.name)
    with scene(tracker) as there:
        key = there.create(told["wanted"])
        wanted, fields = told["changed"], frozenset(told["changed"])
        record = there.record(key).body
        change = TicketChange(ticket=key, wanted=there.wanted(wanted), fields=fields, record=record)
        sent_twice(there, change)
        assert differing(there.wanted(wanted), there.ticket(key), wanted) == {}


@every_writable
def test_an_edited_and_a_deleted_comment_may_be_written_again(tracker):
    with scene(tracker) as there:
        once = a_creation(there, "comment")
        key, ticket = once.send(), str(once.intent.ticket)
        said = Comment(id=key, body="Another word.")
        sent_twice(there, CommentChange(ticket=ticket, comment=key, wanted=said))
        [record] = there.record(ticket).comments
        assert tracker.to_comment(record, there.source).body == "Another word."
        sent_twice(there, CommentChange(ticket=ticket, comment=key))
        assert there.record(ticket).comments == ()


@every_writable
def test_a_deleted_ticket_is_gone_or_closed_with_a_loss_and_may_be_deleted_again(tracker):
    with scene(tracker) as there:
        key = there.create({"title": "To be deleted"})
        change = DeleteChange(ticket=key, record=there.record(key).body)
        losses = [loss for step in tracker.to_writes(change, there.source) for loss in step.losses]
        sent_twice(there, change)
        found = there.client.fetch(key)
        if losses:
            assert isinstance(found, Record)
            assert tracker.to_ticket(found.body, there.source).state == "closed"
        else:
            assert not isinstance(found, Record) or found.body.get("trashed"), found
        there.carry_out(change)


@every_writable
def test_a_change_planned_on_an_older_record_is_refused_or_touches_its_own_fields_alone(tracker):
    with scene(tracker) as there:
        key = there.create({"title": "As it was", "body": "The old text."})
        old = there.record(key).body
        first = there.wanted({"title": "As it was", "body": "The text of somebody else."})
        there.carry_out(
            TicketChange(ticket=key, wanted=first, fields=frozenset({"body"}), record=old)
        )
        second = TicketChange(
            ticket=key,
            wanted=there.wanted({"title": "As it is", "body": "The old text."}),
            fields=frozenset({"title"}),
            record=old,
        )
        if tracker.name == "azure_devops":
            with pytest.raises(Overtaken):
                there.carry_out(second)
            assert there.ticket(key).title == "As it was"
        else:
            there.carry_out(second)
            assert there.ticket(key).title == "As it is"
        assert there.ticket(key).body == "The text of somebody else."


TYPED = "One line.  \r\n\r\n- a point   \r\n- another\r\n\r\nThe end.\r\n\r\n"


@every_writable
def test_a_text_that_comes_back_otherwise_comes_back_the_same_ever_after(tracker):
    with scene(tracker) as there:
        there.running.faults.set(rewrites=1)
        key = there.create({"title": "Rewritten", "body": TYPED})
        first = there.ticket(key).body
        assert "a point" in first
        change = TicketChange(
            ticket=key,
            wanted=there.wanted({"title": "Rewritten", "body": first}),
            fields=frozenset({"body"}),
            record=there.record(key).body,
        )
        there.carry_out(change)
        assert there.ticket(key).body == first
