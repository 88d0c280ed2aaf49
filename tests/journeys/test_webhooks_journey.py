"""From a person's act at the tracker to SQL and the file, by webhooks alone or in spite of them."""

import pytest

from tests.journeys.conftest import Journey

pytestmark = pytest.mark.timeout(120)


def test_a_ticket_s_life_is_seen_in_sql_and_in_its_file(journey: Journey) -> None:
    acts = journey.acts
    number = acts.open("The till is stuck", "It *jams*.", ["bug"], ["mona"], by="mona").number
    journey.rest()
    assert journey.ticket(number).title == "The till is stuck"
    acts.edit(number, title="The till jams", body="Every morning.", by="mona")
    acts.label(number, "help wanted", by="mona")
    remark = acts.comment(number, "Seen it too.", by="hubot")
    acts.comment(number, "Mended.", by="mona")
    acts.edit_comment(remark.id, "Seen it twice.", by="hubot")
    acts.close(number, "completed", by="mona")
    journey.rest()
    ticket = journey.ticket(number)
    assert (ticket.title, ticket.body, ticket.state) == (
        "The till jams",
        "Every morning.",
        "closed",
    )
    assert {label.name for label in ticket.labels} == {"bug", "help wanted"}
    assert [note.body for note in ticket.comments] == ["Seen it twice.", "Mended."]
    shown = journey.said_of_ticket(number)
    assert all(text in shown for text in ("The till jams", "Seen it twice.", "state: closed"))
    assert journey.differences() == []
    assert {one.via for one in journey.deliveries()} <= {"webhook", "fetch", "poll"}
    assert journey.sessions == []


def test_lost_webhooks_are_found_by_the_next_reconcile(journey: Journey) -> None:
    acts = journey.acts
    first = acts.open("Known", "by webhook").number
    journey.rest()
    journey.reconcile()
    journey.tracker.faults.set(drop=1.0)
    acts.edit(first, title="Changed unseen")
    second = acts.open("Opened unseen", None, ["bug"]).number
    acts.comment(second, "Said unseen")
    acts.close(first)
    journey.rest()
    assert journey.ticket(first).title == "Known"
    done = journey.reconcile()
    assert done.status == "complete"
    assert done.report.journaled >= 3
    assert journey.differences() == []


def test_doubled_late_reordered_and_forged_webhooks_change_nothing(journey: Journey) -> None:
    journey.tracker.faults.set(double=0.3, reorder=0.4, forge=0.2, delay=0.05)
    journey.tracker.people.work(60)
    journey.rest()
    done = journey.reconcile(full=True)
    assert done.status == "complete"
    assert journey.differences() == []
    tried = journey.tracker.outbox.attempts
    forged = [one.status for one in tried if one.fate == "forged"]
    assert set(forged) == {401}
    assert {one.status for one in tried if one.fate == "doubled"} <= {200, 202}
    keys = [one.delivery_key for one in journey.deliveries() if one.via == "webhook"]
    assert len(keys) == len(set(keys))
    shown = (journey.folder / "tickets").glob("*/*/ISSUE.md")
    assert not [path for path in shown if "FORGED" in path.read_text()]
