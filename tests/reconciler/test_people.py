"""The people of a project are read once a day, and are no reason to wait or to fail."""

from datetime import timedelta

from reconciler import session
from reconciler.parts import Parts
from schemas.errors import Denied, Transient, Unauthorized
from schemas.session import Pass, Session
from schemas.ticket import Person
from store import accounts, passes, persons
from store.accounts import Known
from store.database import Store
from tests.builders import SOURCE, an_issue

MARA = Person(id="7", login="mara", name="Mara Lind", email="mara@example.org")


def run(parts: Parts, **how: bool) -> Session:
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE], **how)


def known(store: Store) -> dict[str, Known]:
    with store.read() as connection:
        return {one.id: one for one in accounts.find(connection)}


def the_pass(store: Store) -> Pass:
    with store.read() as connection:
        return passes.find(connection, SOURCE, "people")


def test_people_are_known_before_they_are_first_seen(store, parts, tracker) -> None:
    tracker.put(an_issue(1))
    tracker.persons = [MARA]
    run(parts)
    run(parts, scheduled=True)
    mara = known(store)["7"]
    assert (mara.login, mara.name, mara.email) == ("mara", "Mara Lind", "mara@example.org")
    assert mara.person is not None
    assert None not in {one.matched_by for one in known(store).values()}


def test_neither_an_import_nor_a_sync_by_hand_asks_for_them(store, parts, tracker) -> None:
    tracker.put(an_issue(1))
    run(parts, scheduled=True)
    run(parts)
    assert tracker.persons_asked == 0
    run(parts, scheduled=True)
    assert tracker.persons_asked == 1


def test_they_are_read_once_a_day_and_whenever_all_is_read(store, parts, tracker) -> None:
    run(parts)
    for _ in range(3):
        run(parts, scheduled=True)
    assert tracker.persons_asked == 1
    run(parts, full=True)
    assert tracker.persons_asked == 2
    parts.now.forward(hours=25)
    run(parts, scheduled=True)
    assert tracker.persons_asked == 3


def test_a_list_that_is_denied_is_no_trouble_of_the_session(store, parts, tracker) -> None:
    run(parts)
    tracker.persons_error = Denied("HTTP 403: the assignees cannot be read")
    done = run(parts, scheduled=True)
    assert (done.status, done.error) == ("complete", None)
    noted = the_pass(store)
    assert (noted.status, noted.error) == ("error", "HTTP 403: the assignees cannot be read")
    run(parts, scheduled=True)
    assert tracker.persons_asked == 1
    tracker.persons_error = None
    parts.now.forward(hours=25)
    run(parts, scheduled=True)
    assert (the_pass(store).status, the_pass(store).error) == ("complete", "")


def test_a_list_that_fails_is_told_and_the_rest_goes_on(store, parts, tracker) -> None:
    run(parts)
    tracker.put(an_issue(2, updated=1_100))
    tracker.persons_error = Transient("HTTP 500")
    done = run(parts, scheduled=True)
    assert (done.error, done.report.new) == ("people: HTTP 500", 1)


def test_one_that_had_to_wait_is_read_by_the_next_session(store, parts, tracker) -> None:
    run(parts)
    tracker.persons_error = Transient("rate limit", retry_after=60)
    assert run(parts, scheduled=True).status == "parked"
    tracker.persons_error = None
    assert run(parts, scheduled=True).status == "complete"
    assert tracker.persons_asked == 2
    assert the_pass(store).status == "complete"


def test_a_credential_that_is_not_accepted_ends_the_session(store, parts, tracker) -> None:
    run(parts)
    tracker.persons_error = Unauthorized("HTTP 401")
    done = run(parts, scheduled=True)
    assert done.status == "error"
    assert "401" in (done.error or "")


def test_what_was_seen_since_is_not_undone_by_the_list(store, parts, tracker) -> None:
    run(parts)
    tracker.persons = [MARA.model_copy(update={"email": None})]
    run(parts, scheduled=True)
    tracker.persons = [MARA]
    parts.now.forward(hours=25)
    run(parts, scheduled=True)
    tracker.persons = [Person(id="7", login="mara")]
    parts.now.forward(hours=25)
    run(parts, scheduled=True)
    assert known(store)["7"].email == "mara@example.org"
    assert known(store)["7"].seen_at > parts.now() - timedelta(minutes=5)
    with store.write() as connection:
        assert persons.match(connection, parts.now()) == 0
