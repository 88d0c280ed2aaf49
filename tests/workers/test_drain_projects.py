"""Whose deliveries are drained: another project's, another source's, a paused source's."""

from schemas.delivery import Outcome
from store import sources
from store.database import Store
from tests.builders import (
    SOURCE,
    a_webhook,
    a_work,
    an_issue,
    held,
    issue_webhook,
    journaled,
    lanes,
    outcomes,
    row,
)
from tests.reconciler.run import declare
from tests.trackers.github import github_payloads as payloads
from tests.workers.draining import drained
from workers.drain import drain


def test_a_delivery_of_another_repository_is_ignored_by_name(store: Store) -> None:
    other = payloads.a_repository(999, "lantern/elsewhere")
    payload = payloads.a_payload("edited", issue=an_issue(), repository=other)
    drained(store, a_webhook("issues", payload))
    done = journaled(store)[0]
    assert done.outcome is Outcome.ignored
    assert done.reason == (
        "belongs to lantern/elsewhere, this source is https://github.com/lantern/harbour"
    )
    assert row(store) is None


def state_of(store: Store):
    with store.read() as connection:
        return sources.state(connection, SOURCE)


def test_the_project_is_pinned_by_its_first_delivery(store: Store) -> None:
    declare(store)
    drained(store, issue_webhook(an_issue()))
    assert (state_of(store).project_id, state_of(store).project_name) == (
        "660001",
        "lantern/harbour",
    )


def test_a_renamed_repository_stays_ours_by_its_id(store: Store) -> None:
    declare(store)
    drained(store, issue_webhook(an_issue(updated=1)))
    renamed = payloads.a_repository(name="lantern/port")
    payload = payloads.a_payload("edited", issue=an_issue(updated=2, title="N"), repository=renamed)
    drained(store, a_webhook("issues", payload))
    assert held(store).title == "N"


def test_another_repository_under_the_same_name_is_an_error_and_overwrites_nothing(
    store: Store,
) -> None:
    """cases.md 11: deleted and created again, with number 12 again."""
    declare(store)
    drained(store, issue_webhook(an_issue(updated=1, title="Ours")))
    payload = payloads.a_payload(
        "opened", issue=an_issue(updated=9, title="Theirs"), repository=payloads.a_repository(1)
    )
    drained(store, a_webhook("issues", payload))
    assert held(store).title == "Ours"
    assert state_of(store).status == "error"
    assert "another project" in state_of(store).status_reason


def test_a_paused_source_waits_and_goes_on_when_resumed(store: Store) -> None:
    declare(store)
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "paused")
    one = issue_webhook(an_issue())
    assert drained(store, one).deliveries == 0
    assert outcomes(store) == [None]
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "active")
    assert drain(a_work(store), lanes([one])).deliveries == 1


def test_a_source_that_is_not_configured_here_is_left_alone(store: Store) -> None:
    one = issue_webhook(an_issue(), source="elsewhere")
    assert drained(store, one).deliveries == 0
    assert outcomes(store) == [None]


def test_another_ticket_under_the_same_key_overwrites_nothing_and_is_an_error(
    store: Store,
) -> None:
    declare(store)
    drained(store, issue_webhook(an_issue(updated=1)))
    stranger = an_issue(updated=9, title="Somebody else's") | {"id": 424242}
    drained(store, issue_webhook(stranger))
    assert held(store).title != "Somebody else's"
    assert journaled(store)[-1].outcome is Outcome.ignored
    assert state_of(store).status == "error"
    assert "424242" in state_of(store).status_reason
