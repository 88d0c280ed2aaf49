"""The form of other tools, over the same mirrors."""

import pytest

from store.tables import mirrors
from tests.builders import NOW, at
from tests.receiver.api.desks import a_mirror

ISSUE_MIRRORS = "/api/issue-mirrors"
KEYS = {
    "id", "mirror_id", "enabled", "sync_comments", "sync_labels", "sync_attachments",
    "sync_weight", "sync_time_estimate", "sync_time_spent", "sync_closed_issues",
    "update_existing", "sync_existing_issues", "sync_interval_minutes", "last_sync_at",
    "last_sync_status", "last_sync_error", "next_sync_at",
}  # fmt: skip


def test_all_mirrors_are_listed_with_exactly_these_keys(api):
    number = a_mirror(api.store).id
    (told,) = api.get(ISSUE_MIRRORS, scope="read")
    assert told.keys() == KEYS
    assert (told["id"], told["mirror_id"]) == (number, number)
    assert told["sync_interval_minutes"] == 15
    assert [name for name in KEYS if told[name] is False] == [
        name for name in KEYS if name in ("sync_closed_issues", "sync_existing_issues")
    ]


@pytest.mark.parametrize(("status", "error"), [("success", None), ("failed", "no access")])
def test_the_end_of_the_last_pass_is_told(api, status, error):
    number = a_mirror(api.store).id
    ended = {
        "last_sync_at": NOW, "last_sync_status": status, "last_sync_error": error,
        "next_sync_at": at(900),
    }  # fmt: skip
    with api.store.write() as connection:
        connection.execute(mirrors.update().where(mirrors.c.id == number).values(ended))
    (told,) = api.get(ISSUE_MIRRORS)
    assert (told["last_sync_status"], told["last_sync_error"]) == (status, error)
    assert told["last_sync_at"] == "2026-11-20T12:00:00Z"
    assert told["next_sync_at"] == "2026-11-20T12:15:00Z"


def test_a_post_sets_these_options_and_leaves_the_others(api):
    mirror = a_mirror(api.store, sync_weight=False, delete_policy="close")
    told = {"mirror_id": mirror.id, "sync_comments": False, "sync_interval_minutes": 30}
    answer = api("POST", ISSUE_MIRRORS, told)
    assert answer.status_code == 201
    assert answer.json().keys() == KEYS
    shown = api.get(answer.headers["location"])
    assert (shown["sync_comments"], shown["sync_interval_minutes"]) == (False, 30)
    assert (shown["sync_weight"], shown["delete_policy"]) == (True, "close")


def test_a_put_changes_only_what_it_names(api):
    mirror = a_mirror(api.store, sync_weight=False)
    answer = api("PUT", f"{ISSUE_MIRRORS}/{mirror.id}", {"enabled": False})
    assert answer.status_code == 200
    assert (answer.json()["enabled"], answer.json()["sync_weight"]) == (False, False)
    repeated = {"id": mirror.id, "mirror_id": mirror.id, "sync_labels": False}
    assert api("PUT", f"{ISSUE_MIRRORS}/{mirror.id}", repeated).json()["sync_labels"] is False
    assert api.get(f"/api/v1/mirrors/{mirror.id}")["sync_labels"] is False


def test_another_mirror_id_is_409(quick):
    mirror = a_mirror(quick.store)
    for name in ("id", "mirror_id"):
        answer = quick("PUT", f"{ISSUE_MIRRORS}/{mirror.id}", {name: mirror.id + 1})
        assert answer.status_code == 409


def test_a_delete_switches_off_and_sets_back_but_keeps_the_mirror(api):
    mirror = a_mirror(api.store, sync_comments=False, delete_policy="close")
    answer = api("DELETE", f"{ISSUE_MIRRORS}/{mirror.id}")
    assert (answer.status_code, answer.content) == (204, b"")
    (told,) = api.get(ISSUE_MIRRORS)
    assert (told["enabled"], told["sync_comments"]) == (False, True)
    assert api.get(f"/api/v1/mirrors/{mirror.id}")["delete_policy"] == "close"


def test_a_trigger_answers_in_their_words(api):
    mirror = a_mirror(api.store)
    answer = api("POST", f"{ISSUE_MIRRORS}/{mirror.id}/trigger-sync", scope="operate")
    job = answer.json()["job_id"]
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "Sync triggered", "config_id": mirror.id, "job_id": job},
    )
    assert api.get(f"/api/v1/sessions/{job}")["kind"] == "mirror"
    assert api("POST", f"{ISSUE_MIRRORS}/{mirror.id}/trigger-sync").json()["job_id"] == job


def test_an_unknown_mirror_is_404_and_one_of_the_file_409(api):
    number = a_mirror(api.store, "file").id
    for mirror, status in ((number, 409), (number + 1, 404)):
        path = f"{ISSUE_MIRRORS}/{mirror}"
        assert api("POST", ISSUE_MIRRORS, {"mirror_id": mirror}).status_code == status
        assert api("PUT", path, {"enabled": False}).status_code == status
        assert api("DELETE", path).status_code == status
    assert api("POST", f"{ISSUE_MIRRORS}/{number + 1}/trigger-sync").status_code == 404
    assert api("POST", f"{ISSUE_MIRRORS}/{number}/trigger-sync").status_code == 200


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({}, "mirror_id"),
        ({"mirror_id": "1"}, "mirror_id"),
        ({"mirror_id": 2**63}, "mirror_id"),
        ({"mirror_id": 1, "sync_epics": True}, "sync_epics"),
        ({"mirror_id": 1, "sync_interval_minutes": 1441}, "sync_interval_minutes"),
        ({"mirror_id": 1, "enabled": 1}, "enabled"),
    ],
)
def test_what_cannot_be_is_422_and_names_the_key(quick, told, key):
    a_mirror(quick.store)
    assert quick.faults("POST", ISSUE_MIRRORS, told) == (422, {key})
