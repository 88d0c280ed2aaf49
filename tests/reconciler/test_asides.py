"""What moves no ticket: the activity list asks, a redelivery that is refused makes the walk reach
back, and neither fails the session."""

from datetime import timedelta

from reconciler import session, watch
from reconciler.parts import Parts
from schemas.errors import Transient
from schemas.session import Session
from schemas.tracker import Activity, Touched
from store import passes
from store.database import Store
from tests.builders import SOURCE, a_comment_record, an_issue, at, held, row
from tests.trackers.github import github_payloads as payloads


def run(parts: Parts) -> Session:
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE])


def mark(store: Store, name: str) -> object:
    with store.read() as connection:
        return passes.find(connection, SOURCE, name).mark


def touched(ticket: str = "1", aspect: str = "comments", **over) -> Touched:
    return Touched(ticket=ticket, aspect=aspect, reason="a comment was deleted", **over)


def test_what_an_activity_list_tells_is_asked_about(store, parts, tracker) -> None:
    tracker.put(an_issue(1, comments=2))
    tracker.say(a_comment_record(50, 1), a_comment_record(51, 1))
    run(parts)
    del tracker.comments["50"]
    tracker.activities = [Activity(touched=(touched(),), mark="e7")]
    run(parts)
    assert [one.id for one in held(store, 1).comments] == ["51"]
    assert mark(store, "activity") == "e7"
    run(parts)
    assert tracker.asked[-1] == "activity e7"


def test_what_it_tells_of_strangers_is_nothing_to_us(store, parts, tracker) -> None:
    run(parts)
    tracker.activities = [Activity(touched=(touched("99"),), mark="e7")]
    done = run(parts)
    assert (done.report.journaled, row(store, 99)) == (0, None)


def test_a_ticket_that_was_fetched_since_is_not_asked_about_again(store, parts, tracker) -> None:
    tracker.put(an_issue(1))
    run(parts)
    tracker.activities = [Activity(touched=(touched(at=at(0)),), mark="e1")]
    run(parts)
    assert tracker.asked.count("fetch 1 comments") == 1
    tracker.activities = [Activity(touched=(touched(at=at(0)),), mark="e2")]
    run(parts)
    assert tracker.asked.count("fetch 1 comments") == 1
    late = parts.now() + timedelta(seconds=1)
    tracker.activities = [Activity(touched=(touched(at=late),), mark="e3")]
    run(parts)
    assert tracker.asked.count("fetch 1 comments") == 2


def test_an_activity_list_that_fails_leaves_its_mark(store, parts, tracker) -> None:
    run(parts)
    tracker.activities = [Activity(mark="e7")]
    run(parts)
    tracker.activity_error = Transient("HTTP 500")
    done = run(parts)
    assert done.error == "activity: HTTP 500"
    assert mark(store, "activity") == "e7"


def test_a_walk_reaches_back_to_what_no_webhook_will_tell(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=900))
    run(parts)
    run(parts)
    long_ago = parts.now() - timedelta(hours=30)
    tracker.put(an_issue(2, updated=-100_000, labels=[payloads.a_label("bug", 9)]))
    with store.write() as connection:
        passes.begin(connection, SOURCE, "redeliveries", 1, parts.now())
        passes.end(connection, SOURCE, "redeliveries", parts.now())
        connection.exec_driver_sql(
            "UPDATE passes SET mark = '"
            + watch.Reread(read_from=long_ago).model_dump_json()
            + "' WHERE name = 'redeliveries'"
        )
    run(parts)
    assert held(store, 2).number == 2
    assert mark(store, "redeliveries")["read_from"] is None
