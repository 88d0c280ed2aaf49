"""Notices: recorded with what they tell, claimed once, kept until sent or given up."""

from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from schemas import notice
from schemas.notice import TYPES, Notice
from schemas.session import Report
from schemas.settings import NoticesSettings
from schemas.ticket import Privacy
from store import outbox, sources, upkeep
from store.database import Store
from store.notices import Teller, change_status
from store.outbox import CLAIM, Letter, Tried
from store.tables import notices
from tests.builders import NOW, SOURCE, a_source, a_ticket, at

URL = "https://example.org/in?key=secret"
ALL = Teller(frozenset(TYPES))


def open_ticket(number: int = 12, **over):
    return a_ticket(number, confidential=False, **over)


def record(store: Store, *told: Notice, tell: Teller = ALL) -> list[Letter]:
    with store.write() as connection:
        tell(connection, told)
    return every(store)


def every(store: Store, **wanted) -> list[Letter]:
    with store.read() as connection:
        return outbox.find(connection, **wanted)[::-1]


def claim(store: Store, seconds: float = 0, limit: int = 10) -> list[Letter]:
    with store.write() as connection:
        return outbox.claim(connection, at(seconds), limit)


def settle(store: Store, *tried: Tried) -> None:
    with store.write() as connection:
        outbox.settle(connection, tried)


def created(number: int = 12) -> Notice:
    return notice.ticket_created(open_ticket(number), NOW)


def test_a_notice_is_recorded_with_what_it_tells_or_not_at_all(store: Store) -> None:
    with suppress(ZeroDivisionError), store.write() as connection:
        ALL(connection, [created()])
        _ = 1 / 0
    assert every(store) == []
    (one,) = record(store, created())
    assert (one.type, one.ticket, one.due_at, one.state) == (
        "ExternalTicketCreated",
        "12",
        NOW,
        "waiting",
    )


def test_nothing_is_recorded_while_nobody_listens(store: Store) -> None:
    tell = Teller.of(NoticesSettings())
    assert record(store, created(), tell=tell) == []
    assert not tell.recorded.is_set()


def test_only_the_types_asked_for_are_recorded(store: Store) -> None:
    tell = Teller.of(NoticesSettings(url=URL, types=("SyncError",)))
    told = [notice.sync_error(SOURCE, 1, "no answer", NOW), created()]
    assert [one.type for one in record(store, *told, tell=tell)] == ["SyncError"]
    assert tell.wants("SyncError", "SyncStarted")
    assert not tell.wants("ExternalTicketCreated")


def test_a_body_is_recorded_only_when_the_settings_ask_for_it(store: Store) -> None:
    one = notice.ticket_created(open_ticket(body="the text"), NOW)
    (without,) = record(store, one)
    assert "the text" not in str(without.content)
    other = notice.ticket_created(open_ticket(body="the text"), NOW)
    tell = Teller.of(NoticesSettings(url=URL, include_body=True))
    assert record(store, other, tell=tell)[-1].content["ticket"]["body"] == "the text"


@pytest.mark.parametrize(
    "secret",
    [{"confidential": True}, {"confidential": None}, {"privacy": Privacy.local_only}],
    ids=["confidential", "unknown", "local_only"],
)
def test_of_a_confidential_ticket_only_source_key_and_change_are_told(store, secret) -> None:
    ticket = open_ticket(title="Merger", body="with Acme").model_copy(update=secret)
    tell = Teller.of(NoticesSettings(url=URL, include_body=True))
    told = [
        notice.ticket_created(ticket, NOW),
        notice.ticket_updated(ticket, NOW, changed=["title"], fate="moved"),
        notice.conflict_detected(ticket, ["title"], NOW),
        notice.conflict_resolved(ticket, ["title"], "external_wins", NOW),
    ]
    plain = {"source": SOURCE, "key": ticket.key, "confidential": True}
    assert [one.content for one in record(store, *told, tell=tell)] == [
        plain,
        plain | {"fate": "moved"},
        plain,
        plain | {"resolution": "external_wins"},
    ]


def test_of_an_open_ticket_the_changed_fields_are_named(store: Store) -> None:
    (one,) = record(store, notice.ticket_updated(open_ticket(), NOW, changed={"title", "comments"}))
    assert one.content["changed"] == ["comments", "title"]
    assert one.content["ticket"]["title"] == open_ticket().title
    assert "fate" not in one.content


def test_sessions_and_sources_tell_what_an_operator_needs(store: Store) -> None:
    told = [
        notice.sync_started(SOURCE, 7, "full", NOW),
        notice.sync_completed(SOURCE, 7, Report(new=3), NOW),
        notice.status_changed(SOURCE, "active", "error", "no answer", NOW),
    ]
    started, completed, status = record(store, *told)
    assert started.content == {"source": SOURCE, "session": 7, "kind": "full"}
    assert completed.content["report"]["new"] == 3
    assert status.content == {
        "source": SOURCE, "from": "active", "to": "error", "reason": "no answer",
    }  # fmt: skip


def test_a_status_is_told_when_it_changes_and_only_then(store: Store) -> None:
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
        change_status(connection, ALL, SOURCE, "active", "", NOW)
        change_status(connection, ALL, SOURCE, "active", "other words", NOW)
        change_status(connection, ALL, "nobody", "active", "", NOW)
    (one,) = every(store)
    assert (one.content["from"], one.content["to"]) == ("configuring", "active")


def test_what_is_claimed_is_nobody_else_s_until_the_claim_ends(store: Store) -> None:
    record(store, *(created(number) for number in range(1, 6)))
    first, second = claim(store, limit=3), claim(store, limit=3)
    assert [one.ticket for one in first + second] == ["1", "2", "3", "4", "5"]
    assert claim(store) == []
    assert len(claim(store, CLAIM.total_seconds())) == 5


def test_what_was_sent_is_not_sent_again_by_one_who_came_too_late(store: Store) -> None:
    (one,) = record(store, created())
    settle(store, Tried(one.id, 1, sent_at=at(1)))
    settle(store, Tried(one.id, 1, due_at=at(6), error="no answer"))
    (one,) = every(store)
    assert (one.state, one.due_at, one.last_error) == ("sent", None, None)


def test_a_failure_comes_due_again_and_the_last_one_is_kept(store: Store) -> None:
    (one,) = record(store, created())
    settle(store, Tried(one.id, 1, due_at=at(5), error="HTTP 500"))
    assert (claim(store, 4), [c.attempts for c in claim(store, 5)]) == ([], [1])
    settle(store, Tried(one.id, 10, error="HTTP 500"))
    assert [o.last_error for o in every(store, state="given up")] == ["HTTP 500"]
    assert claim(store, 1e6) == []


def test_what_was_given_up_can_be_tried_again_with_all_its_attempts(store: Store) -> None:
    one, other = record(store, created(1), created(2))
    settle(store, Tried(one.id, 10, error="HTTP 500"), Tried(other.id, 1, sent_at=NOW))
    with store.write() as connection:
        assert outbox.retry(connection, [one.id, other.id], at(9)) == 1
    assert [(c.id, c.attempts) for c in claim(store, 9)] == [(one.id, 0)]


def test_an_address_that_is_switched_off_is_remembered_without_its_secret(store: Store) -> None:
    with store.write() as connection:
        outbox.switch_off(connection, URL, NOW)
        outbox.switch_off(connection, URL, at(5))
        assert outbox.switched_off(connection, URL) == NOW
        assert outbox.switched_off(connection, URL + "2") is None
        shown = str(connection.execute(sa.select(notices)).all())
    assert "example" not in shown
    assert "secret" not in shown
    assert every(store) == []
    with store.write() as connection:
        assert outbox.get(connection, 1) is None
        assert outbox.switch_on(connection, URL)
        assert not outbox.switch_on(connection, URL)
        assert outbox.switched_off(connection, URL) is None


def test_retention_drops_what_was_sent_first_and_in_the_end_what_waits(store: Store) -> None:
    sent, given_up, _ = record(store, created(1), created(2), created(3))
    settle(store, Tried(sent.id, 1, sent_at=NOW), Tried(given_up.id, 10, error="HTTP 500"))
    with store.write() as connection:
        outbox.switch_off(connection, URL, NOW)

    def left(days: int) -> list[str]:
        spans = {"bodies": timedelta(days=14), "rows": timedelta(days=60)}
        upkeep.prune(store, NOW + timedelta(days=days), **spans)
        return [str(one.ticket) for one in every(store)]

    assert left(14) == ["1", "2", "3"]
    assert left(15) == ["2", "3"]
    assert left(60) == ["2", "3"]
    assert left(61) == []
    with store.read() as connection:
        assert outbox.switched_off(connection, URL) is not None
