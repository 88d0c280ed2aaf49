"""Sources: declared by the file, remembered by the table."""

from schemas.ports import Validator
from store import sources
from store.database import Store
from store.validators import StoredValidators
from tests.builders import NOW, SOURCE, a_source, at


def test_a_source_that_left_the_file_is_marked_and_comes_back_as_it_was(store: Store) -> None:
    with store.write() as connection:
        sources.declare(connection, [a_source(), a_source("other")], NOW)
        sources.set_status(connection, "other", "paused", "by ines")
        sources.declare(connection, [a_source()], at(1))
        assert set(sources.states(connection)) == {SOURCE}
        sources.declare(connection, [a_source(), a_source("other")], at(2))
        found = sources.states(connection)["other"]
    assert (found.status, found.status_reason) == ("paused", "by ines")


def test_declaring_again_changes_no_state(store: Store) -> None:
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
        sources.pin(connection, SOURCE, "660001", "lantern/harbour")
        sources.note(connection, SOURCE, next_session_at=at(5))
        before = sources.state(connection, SOURCE)
        sources.declare(connection, [a_source()], at(9))
        assert sources.state(connection, SOURCE) == before


def test_no_sources_at_all_can_be_declared(store: Store) -> None:
    with store.write() as connection:
        sources.declare(connection, [], NOW)
        assert sources.states(connection) == {}
        assert sources.state(connection, SOURCE) is None


def test_a_pinned_project_keeps_its_id_and_takes_a_new_name(store: Store) -> None:
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
        sources.pin(connection, SOURCE, "1", "a/b")
        sources.pin(connection, SOURCE, "2", "x/y")
        state = sources.state(connection, SOURCE)
        assert state is not None
        assert (state.project_id, state.project_name) == ("1", "a/b")
        sources.pin(connection, SOURCE, "1", "a/renamed")
        state = sources.state(connection, SOURCE)
    assert state is not None
    assert (state.project_id, state.project_name) == ("1", "a/renamed")


def test_validators_are_kept_by_credential_and_address(store: Store) -> None:
    kept = StoredValidators(store)
    assert kept.get("one", "/labels") is None
    kept.put("one", "/labels", Validator(etag='"a"'))
    kept.put("one", "/labels", Validator(etag='"b"', last_modified="Fri"))
    assert kept.get("one", "/labels") == Validator(etag='"b"', last_modified="Fri")
    assert kept.get("other", "/labels") is None
    assert kept.get("one", "/milestones") is None
