"""Mirrors by the API: made, changed, triggered, ended; those of the file only looked at."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.mirror import Plan, PlannedWrite
from store import audit, mappings, mirrors, plans, sessions
from tests.builders import NOW
from tests.receiver.api.desks import a_mirror, api_of
from tests.receiver.doors import a_source

MIRRORS = "/api/v1/mirrors"
PAIR = {"source": "shop", "target": "twin"}


def held(api, number):
    with api.store.read() as connection:
        return mirrors.get(connection, number)


def made(api, **more) -> dict:
    answer = api("POST", MIRRORS, PAIR | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_mirror_is_made_with_its_defaults_and_found_again(api):
    answer = api("POST", MIRRORS, PAIR)
    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{MIRRORS}/{told['id']}"
    assert api.get(answer.headers["location"]) == told
    assert (told["name"], told["origin"], told["enabled"]) == ("shop-to-twin", "api", True)
    assert (told["sync_comments"], told["sync_closed_issues"]) == (True, False)
    assert (told["sync_interval_minutes"], told["mappings"]) == (15, {})
    assert [one["id"] for one in api.get(MIRRORS)["items"]] == [told["id"]]


def test_who_made_a_mirror_stands_in_the_audit(api):
    made(api)
    with api.store.read() as connection:
        line = audit.find(connection)[0]
    assert (line["who"], line["action"], line["subject"]) == (
        "api:a admin",
        "mirror.create",
        "shop-to-twin",
    )


def test_options_are_kept_as_they_were_given(api):
    given = {
        "direction": "bidirectional",
        "sync_interval_minutes": 30,
        "strategies": {"title": "external_wins"},
        "exclude_labels": ["secret"],
        "statuses": {"Doing": "In Progress"},
        "redact": ["acme-[0-9]+"],
        "attachment_max_mb": 2.5,
    }
    told = made(api, **given, name="two ways", enabled=False)
    assert {name: told[name] for name in given} == given
    assert (told["name"], told["enabled"]) == ("two ways", False)
    assert held(api, told["id"]).options.exclude_labels == ("secret",)


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"source": "nobody"}, "source"),
        ({"target": "nobody"}, "target"),
        ({"target": "shop"}, "source"),
        ({"target": "local"}, "target"),
        ({"target": "outbox"}, "target"),
        ({"target": "off"}, "target"),
        ({"sync_coments": True}, "sync_coments"),
        ({"sync_comments": "yes"}, "sync_comments"),
        ({"sync_interval_minutes": 4}, "sync_interval_minutes"),
        ({"sync_interval_minutes": "15"}, "sync_interval_minutes"),
        ({"direction": "pull"}, "direction"),
        ({"redact": ["("]}, "redact"),
        ({"redact": ["(a+)+b"]}, "redact"),
        ({"redact": ["x*"]}, "redact"),
        ({"origins": ["nobody"]}, "origins"),
        ({"source": "local", "direction": "bidirectional"}, "direction"),
        ({"name": "shop"}, "mirror"),
        ({"fields": {"titel": "off"}}, "fields"),
        ({"strategies": {"title": "mine"}}, "strategies.title"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": 1}, "name"),
        ({"include_labels": ["a"], "exclude_labels": ["a"]}, "include_labels"),
    ],
)
def test_a_mirror_that_cannot_be_is_422_and_names_the_key(sqlite_store, more, at):
    declared = [
        a_source("shop", token_env="TOKEN"),
        a_source("twin", tracker="gitlab", token_env="TOKEN"),
        a_source("outbox", tracker="generic"),
        a_source("off", direction="disabled"),
    ]
    with api_of(sqlite_store, *declared) as api:
        status, keys = api.faults("POST", MIRRORS, PAIR | more)
        assert (status, keys) == (422, {at})
        assert api.get(MIRRORS)["items"] == []


def test_a_misspelt_key_is_told_what_was_meant(quick):
    answer = quick("POST", MIRRORS, PAIR | {"sync_coments": True})
    assert "did you mean sync_comments?" in answer.json()["detail"]


def test_both_ends_are_needed(quick):
    assert quick.faults("POST", MIRRORS, {}) == (422, {"source", "target"})


def test_local_tickets_may_be_a_source(api):
    told = made(api, source="local")
    assert (told["source"], told["target"]) == ("local", "twin")


def test_a_pair_or_a_name_that_is_taken_is_409(api):
    made(api, name="one")
    assert api("POST", MIRRORS, PAIR | {"name": "two"}).status_code == 409
    back = {"source": "twin", "target": "shop"}
    assert api("POST", MIRRORS, back | {"name": "one"}).status_code == 409
    assert api("POST", MIRRORS, back | {"name": "two"}).status_code == 201


def test_many_that_make_the_same_mirror_at_once_make_one(api):
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(api, "POST", MIRRORS, PAIR) for _ in range(16)]
    assert sorted(one.result().status_code for one in sent) == [201] + [409] * 15


def test_put_sets_all_options_and_patch_only_those_it_names(api):
    number = made(api, sync_labels=False, sync_weight=False)["id"]
    changed = api("PATCH", f"{MIRRORS}/{number}", {"sync_labels": True, "enabled": False}).json()
    assert (changed["sync_labels"], changed["sync_weight"], changed["enabled"]) == (
        True,
        False,
        False,
    )
    changed = api("PUT", f"{MIRRORS}/{number}", {"delete_policy": "close"}).json()
    assert (changed["sync_weight"], changed["enabled"], changed["delete_policy"]) == (
        True,
        True,
        "close",
    )
    assert changed == api.get(f"{MIRRORS}/{number}")


def test_a_change_of_options_makes_everything_due(api):
    number = made(api)["id"]
    with api.store.write() as connection:
        mapping = mappings.insert(
            connection, mirror=number, left="1", born="left", push_due=0, created_at=NOW
        )
    api("PATCH", f"{MIRRORS}/{number}", {"sync_labels": False})
    with api.store.read() as connection:
        assert mappings.get(connection, mapping).due == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_name_source_and_target_never_change(quick, method):
    number = made(quick)["id"]
    for name in ("name", "source", "target"):
        answer = quick(method, f"{MIRRORS}/{number}", {name: "other"})
        assert answer.status_code == 409
        assert name in answer.json()["detail"]
    told = PAIR | {"name": "shop-to-twin", "sync_labels": False}
    assert quick(method, f"{MIRRORS}/{number}", told).json()["sync_labels"] is False


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_that_cannot_be_changes_nothing(quick, method):
    number = made(quick)["id"]
    before = quick.get(f"{MIRRORS}/{number}")
    for told, at in (({"redact": ["("]}, "redact"), ({"labels": 1}, "labels")):
        assert quick.faults(method, f"{MIRRORS}/{number}", told) == (422, {at})
    assert quick.get(f"{MIRRORS}/{number}") == before


def test_a_mirror_of_a_source_that_is_gone_can_still_be_switched_off(sqlite_store):
    number = a_mirror(sqlite_store).id
    with api_of(sqlite_store, a_source("shop", token_env="TOKEN")) as api:
        assert api.faults("PATCH", f"{MIRRORS}/{number}", {"sync_labels": False})[0] == 422
        told = api("PATCH", f"{MIRRORS}/{number}", {"enabled": False})
        assert (told.status_code, told.json()["enabled"]) == (200, False)


def test_a_mirror_of_the_file_is_looked_at_and_triggered_but_not_changed(api):
    number = a_mirror(api.store, "file").id
    assert api.get(f"{MIRRORS}/{number}")["origin"] == "file"
    for method, told in (("PUT", {}), ("PATCH", {"enabled": False}), ("DELETE", None)):
        answer = api(method, f"{MIRRORS}/{number}", told)
        assert answer.status_code == 409
        assert "configuration file" in answer.json()["detail"]
    assert api("POST", f"{MIRRORS}/{number}/trigger").status_code == 202


def test_a_deleted_mirror_is_gone_and_comes_back_as_the_same(api):
    number = made(api)["id"]
    answer = api("DELETE", f"{MIRRORS}/{number}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api("DELETE", f"{MIRRORS}/{number}").status_code == 404
    assert api("GET", f"{MIRRORS}/{number}").status_code == 404
    assert api.get(MIRRORS)["items"] == []
    assert made(api, sync_labels=False)["id"] == number


def test_a_trigger_opens_one_session_however_often_it_is_asked(api):
    number = made(api)["id"]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(api, "POST", f"{MIRRORS}/{number}/trigger") for _ in range(8)]
    told = {(one.result().status_code, one.result().json()["session"]) for one in sent}
    ((status, session),) = told
    assert status == 202
    shown = api.get(f"/api/v1/sessions/{session}")
    assert (shown["kind"], shown["source"], shown["status"]) == (
        "mirror",
        "shop-to-twin",
        "running",
    )
    assert held(api, number).session == session
    assert len(api.get("/api/v1/sessions")["items"]) == 1


def test_a_trigger_after_the_end_of_a_pass_opens_another(api):
    number = made(api)["id"]
    first = api("POST", f"{MIRRORS}/{number}/trigger").json()["session"]
    with api.store.write() as connection:
        sessions.bury(connection, "shop-to-twin", NOW)
    assert api("POST", f"{MIRRORS}/{number}/trigger").json()["session"] > first


def test_a_disabled_mirror_is_not_triggered(quick):
    number = made(quick, enabled=False)["id"]
    answer = quick("POST", f"{MIRRORS}/{number}/trigger")
    assert answer.status_code == 409
    assert quick.get("/api/v1/sessions")["items"] == []


@pytest.mark.parametrize("path", ["", "/trigger", "/mappings", "/plan"])
@pytest.mark.parametrize("number", ["7", "99999999999999999999", "x", "-1"])
def test_a_mirror_that_is_not_there_is_404(quick, path, number):
    method = "POST" if path == "/trigger" else "GET"
    assert quick(method, f"{MIRRORS}/{number}{path}").status_code == 404


def test_mappings_are_listed_with_their_state(api):
    number = made(api)["id"]
    with api.store.write() as connection:
        for ticket, state in ((1, "joined"), (2, "parked"), (3, "joined")):
            mappings.insert(
                connection, mirror=number, left=str(ticket), right=None, born="left",
                state=state, reason="why", push_due=0, created_at=NOW,
            )  # fmt: skip
    found = api.walk(f"{MIRRORS}/{number}/mappings", 2)
    assert [(one["left"], one["state"], one["waiting"]) for one in found] == [
        ("1", "joined", False),
        ("2", "parked", False),
        ("3", "joined", False),
    ]
    assert [one["left"] for one in api.walk(f"{MIRRORS}/{number}/mappings?state=parked", 5)] == [
        "2"
    ]
    assert api.get(f"{MIRRORS}/{number}")["mappings"] == {"joined": 2, "parked": 1}
    assert api.faults("GET", f"{MIRRORS}/{number}/mappings?state=odd") == (422, {"state"})
    assert "base" not in found[0]


def test_a_plan_is_asked_for_and_answered_once_it_is_made(api):
    number = made(api)["id"]
    path = f"{MIRRORS}/{number}/plan"
    assert api.get(path) | {"mirror": 0} == {
        "mirror": 0, "under_way": False, "kind": None, "made_at": None, "applied_at": None,
        "plan": None,
    }  # fmt: skip
    for _ in range(2):
        answer = api("POST", path)
        assert (answer.status_code, answer.json()["under_way"]) == (202, True)
    write = PlannedWrite(
        mirror="shop-to-twin", mapping=1, action="update", source="twin", key="#1",
        field="labels", before=["a"], after=["a", "b"],
    )  # fmt: skip
    with api.store.write() as connection:
        ((asked, _),) = plans.asked(connection)
        plan = Plan(mirror="shop-to-twin", writes=(write,), digest="abcdef0123")
        plans.keep(connection, number, plan, NOW, asked=asked)
    told = api.get(path)
    assert (told["under_way"], told["kind"]) == (False, "plan")
    assert told["plan"]["digest"] == "abcdef0123"
    assert told["plan"]["writes"][0]["after"] == ["a", "b"]
