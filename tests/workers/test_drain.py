"""Drain: what is pending in a lane is applied once, whatever stands beside it."""

import sqlalchemy as sa

from schemas.delivery import Outcome, Via
from schemas.event import Doubtful, TicketSeen
from store import queries
from store.database import Store
from tests.builders import (
    SOURCE,
    a_comment_record,
    a_webhook,
    a_work,
    an_issue,
    comment_rows,
    comment_webhook,
    held,
    issue_webhook,
    journaled,
    observed,
    outcomes,
    partial,
    polled,
    polled_comment,
    row,
)
from tests.trackers.github import github_payloads as payloads
from tests.workers.draining import drained


def test_a_webhook_becomes_a_ticket(store: Store) -> None:
    done = drained(store, issue_webhook(an_issue(title="Café ☕", updated=5)))
    ticket = held(store)
    assert (ticket.title, ticket.key, ticket.state) == ("Café ☕", "12", "open")
    assert ticket.reporter.login == "ines-varga"
    assert outcomes(store) == ["applied"]
    assert (done.deliveries, done.failures, done.doubtful, done.touched) == (1, 0, set(), {SOURCE})


def test_everything_in_a_lane_is_applied_in_the_trackers_order(store: Store) -> None:
    drained(
        store,
        issue_webhook(an_issue(title="Third", updated=7)),
        issue_webhook(an_issue(title="First", updated=5)),
        issue_webhook(an_issue(title="Second", updated=6)),
    )
    assert held(store).title == "Third"
    assert outcomes(store) == ["applied", "applied", "applied"]


def test_the_same_delivery_drained_again_changes_nothing(store: Store) -> None:
    one = issue_webhook(an_issue(updated=5))
    drained(store, one)
    before = row(store)
    assert drained(store, one).deliveries == 0
    assert row(store) == before


def test_a_comment_is_applied_whatever_came_first_in_its_lane(store: Store) -> None:
    """A comment is older than its ticket, so the tracker's order puts it in front."""
    drained(
        store,
        polled(an_issue(updated=9, comments=1)),
        polled_comment(a_comment_record(updated=5, body="Older than the ticket")),
    )
    assert [c.body for c in held(store).comments] == ["Older than the ticket"]
    assert outcomes(store) == ["applied", "applied"]
    assert row(store).doubt is None


def test_a_comment_deleted_before_it_was_told_of_stays_deleted(store: Store) -> None:
    issue, comment = an_issue(updated=5), a_comment_record(updated=5)
    drained(store, comment_webhook(issue, comment, "deleted"))
    drained(store, comment_webhook(issue, comment, "created"))
    assert held(store).comments == ()
    assert comment_rows(store)["40001"].deleted is True


def test_a_deleted_comment_keeps_what_it_said_in_its_row(store: Store) -> None:
    issue, comment = an_issue(updated=5), a_comment_record(updated=5, body="Said once")
    drained(store, comment_webhook(issue, comment, "created"))
    drained(store, comment_webhook(issue, comment, "deleted"))
    assert held(store).comments == ()
    assert comment_rows(store)["40001"].body == "Said once"


def test_a_deleted_ticket_keeps_its_row_and_shows_its_fate(store: Store) -> None:
    drained(store, issue_webhook(an_issue(title="Kept")))
    drained(store, issue_webhook(an_issue(title="Kept"), "deleted"))
    assert (held(store).title, held(store).sync_status) == ("Kept", "deleted")


def test_a_partial_is_laid_over_the_stored_ticket(store: Store) -> None:
    drained(store, issue_webhook(an_issue(updated=5, title="Old", body="kept")))
    done = drained(store, issue_webhook(partial(an_issue(updated=6, title="New"), "body")))
    assert (held(store).title, held(store).body) == ("New", "kept")
    assert held(store).sync_status == "in_doubt"
    assert done.doubtful == {(SOURCE, "12")}


def test_a_full_and_a_partial_in_one_drain_come_together(store: Store) -> None:
    drained(
        store,
        issue_webhook(partial(an_issue(updated=6, title="New"), "body")),
        issue_webhook(an_issue(updated=5, title="Old", body="kept")),
    )
    assert (held(store).title, held(store).body) == ("New", "kept")


def test_a_label_renamed_is_renamed_everywhere_in_its_own_lane(store: Store) -> None:
    label = payloads.a_label("bug", 1)
    drained(store, issue_webhook(an_issue(12, labels=[label], updated=5)))
    before = row(store)
    payload = payloads.a_payload("edited", label=payloads.a_label("defect", 1))
    renamed = a_webhook("label", payload, when=60)
    assert renamed.ticket is None
    drained(store, renamed)
    assert [one.name for one in held(store).labels] == ["defect"]
    after = row(store)
    assert (after.fingerprint, after.revision) == (before.fingerprint, before.revision)
    assert after.render_due > before.render_due


def test_a_deleted_label_is_on_no_ticket_any_more(store: Store) -> None:
    label = payloads.a_label("bug", 1)
    drained(store, issue_webhook(an_issue(12, labels=[label], updated=5)))
    drained(store, a_webhook("label", payloads.a_payload("deleted", label=label), when=60))
    assert held(store).labels == ()


def test_a_person_renamed_and_renamed_back_ends_with_the_last_name(store: Store) -> None:
    work = a_work(store)
    for seconds, login in enumerate(("ines", "ines-new", "ines")):
        user = payloads.a_user(login, 501)
        drained(store, issue_webhook(an_issue(updated=seconds, user=user)), work=work)
        assert held(store).reporter.login == login


def test_a_redelivered_old_webhook_brings_no_old_names_back(store: Store) -> None:
    for seconds, login in ((5, "ines-new"), (1, "ines-old")):
        user = payloads.a_user(login, 501)
        drained(store, issue_webhook(an_issue(updated=seconds, user=user), when=90))
    assert held(store).reporter.login == "ines-new"


def test_a_link_puts_both_ends_in_doubt_each_in_its_own_lane(store: Store) -> None:
    drained(store, issue_webhook(an_issue(12)), issue_webhook(an_issue(13)))
    payload = payloads.a_payload(
        "sub_issue_added", sub_issue=an_issue(13), parent_issue=an_issue(12)
    )
    done = drained(store, a_webhook("sub_issues", payload))
    assert done.doubtful == {(SOURCE, "12"), (SOURCE, "13")}
    hints = [one for one in journaled(store) if one.event == "hint.links"]
    assert [one.ticket for one in hints] == ["12"]
    assert {str(one.outcome) for one in hints} == {"applied"}


def test_a_hint_for_a_ticket_nobody_holds_asks_for_it_and_shows_nothing(store: Store) -> None:
    hint = Doubtful(tickets=("99",), aspect="core", reason="x")
    done = drained(store, observed(hint, ticket=None))
    assert outcomes(store) == ["applied", "applied"]
    assert done.doubtful == {(SOURCE, "99")}
    with store.read() as connection:
        assert queries.find(connection, source=SOURCE, state="all") == []


def test_a_hint_for_a_part_of_a_ticket_nobody_holds_is_ignored(store: Store) -> None:
    drained(store, observed(Doubtful(tickets=("99",), aspect="links", reason="x"), ticket=None))
    assert outcomes(store) == ["applied", "ignored"]
    assert row(store, 99) is None


def test_a_fact_about_another_ticket_than_its_lane_is_refused(store: Store) -> None:
    drained(store, observed(TicketSeen(ticket="13", record=an_issue(13)), ticket="12"))
    assert outcomes(store) == ["dead"]
    assert "tells of ticket 13" in journaled(store)[0].reason


def test_more_than_one_batch_is_drained_to_the_end(sqlite_store: Store) -> None:
    many = [issue_webhook(an_issue(updated=n, title=str(n))) for n in range(300)]
    assert drained(sqlite_store, *many).deliveries == 300
    assert held(sqlite_store).title == "299"


def test_many_lanes_are_drained_in_one_call(sqlite_store: Store) -> None:
    many = [polled(an_issue(number)) for number in range(1, 151)]
    assert drained(sqlite_store, *many).deliveries == 150


def test_bodies_of_what_can_be_fetched_again_are_dropped(store: Store) -> None:
    drained(store, polled(an_issue(updated=1)), issue_webhook(an_issue(updated=2)))
    bodies = {str(one.via): one.body for one in journaled(store, with_body=True)}
    assert bodies["poll"] is None
    assert bodies["webhook"]


def test_a_workspace_edit_of_a_pulled_ticket_is_kept_and_ignored(store: Store) -> None:
    edit = observed(TicketSeen(ticket="12", record={}), via=Via.workspace, body=b"an edit")
    drained(store, edit)
    done = journaled(store, with_body=True)[0]
    assert (done.outcome, done.body) == (Outcome.ignored, b"an edit")


def test_nothing_unstorable_of_a_webhook_reaches_the_database(store: Store) -> None:
    body = payloads.encoded(payloads.a_payload("edited", issue=an_issue(title="TITLE")))
    raw = body.replace(b"TITLE", rb"NUL \u0000 and half a pair \ud83d end")
    drained(store, a_webhook("issues", raw))
    assert outcomes(store) == ["applied"]
    assert held(store).title == "NUL  and half a pair � end"
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM tickets")).scalar() == 1
