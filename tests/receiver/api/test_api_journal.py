"""Deliveries, dead letters, sessions and sources by the API."""

import json
from typing import get_args

import pytest

from schemas.api import OutcomeAsked
from schemas.delivery import Outcome
from schemas.session import Report
from store import audit, journal, sessions, sources
from store.journal import Failed, Finished
from tests.builders import NOW, a_webhook, issue_webhook, keep, payloads
from tests.builders import a_source as a_configured_source
from tests.receiver.api.desks import api_of, declare
from tests.receiver.doors import SECRET, a_source, wait_until

DELIVERIES = "/api/v1/deliveries"
DEAD = "/api/v1/dead-letters"


def an_arrival(key="one", number=12, **over):
    return issue_webhook(payloads.an_issue(number), key=key, **over)


def rows(api) -> list:
    with api.store.read() as connection:
        return journal.find(connection, limit=1_000)[::-1]


def kill(api, number, error="no such field: titel"):
    with api.store.write() as connection:
        journal.fail(connection, [Failed(number, 5, error, "Traceback …", None)], NOW)


def finish(api, number, outcome=Outcome.applied):
    with api.store.write() as connection:
        journal.finish(connection, [Finished(number, outcome, keep_body=False)], NOW)


def test_deliveries_are_listed_by_what_is_asked(api):
    keep(api.store, an_arrival("one", 1), an_arrival("two", 2), an_arrival("three", 2, source="b"))
    first, second, third = (one.id for one in rows(api))
    finish(api, first)

    def found(query: str) -> list[int]:
        return [one["id"] for one in api.get(f"{DELIVERIES}?{query}")["items"]]

    assert found("") == [third, second, first]
    assert found("source=shop") == [second, first]
    assert found("ticket=2") == [third, second]
    assert found("outcome=applied") == [first]
    assert found("outcome=pending") == [third, second]
    assert found("event=issues.edited&source=b") == [third]
    assert found("event=never") == []
    assert api.faults("GET", f"{DELIVERIES}?outcome=odd") == (422, {"outcome"})


def test_every_outcome_may_be_asked_for():
    assert set(get_args(OutcomeAsked)) == {"pending", *map(str, Outcome)}


def test_a_delivery_is_shown_with_headers_body_and_failures(api):
    keep(api.store, an_arrival())
    (row,) = rows(api)
    kill(api, row.id)
    told = api.get(f"{DELIVERIES}/{row.id}")
    assert (told["delivery_key"], told["outcome"], told["ticket"]) == ("one", "dead", "12")
    assert told["headers"]["x-github-event"] == "issues"
    assert json.loads(told["body"])["issue"]["number"] == 12
    assert [(one["number"], one["error"]) for one in told["failures"]] == [
        (1, "no such field: titel")
    ]
    assert api("GET", f"{DELIVERIES}/{row.id + 1}").status_code == 404


def test_no_secret_of_ours_is_shown(api):
    record = payloads.an_issue(12, body=f"I found {SECRET} in tsync_{'a' * 43} and ghp_{'a' * 36}")
    keep(api.store, issue_webhook(record))
    (row,) = rows(api)
    assert "x-hub-signature-256" in row.headers
    kill(api, row.id, f"refused: https://me:{SECRET}@example.org {SECRET}")
    shown = [
        api("GET", path).text
        for path in (DELIVERIES, f"{DELIVERIES}/{row.id}", DEAD, f"{DEAD}/{row.id}")
    ]
    for text in shown:
        assert SECRET not in text
        assert "sha256=" not in text
        assert "ghp_" not in text
        assert "tsync_" not in text
    assert "[redacted]" in shown[1]


def test_a_body_that_is_dropped_or_large_is_null(api):
    large = json.dumps({"issue": {"number": 1}, "x": "y" * 1_100_000}).encode()
    keep(api.store, an_arrival("small"), a_webhook("issues", large, key="large"))
    small, other = (one.id for one in rows(api))
    finish(api, small)
    told = api.get(f"{DELIVERIES}/{small}")
    assert (told["body"], told["body_bytes"]) == (None, None)
    told = api.get(f"{DELIVERIES}/{other}")
    assert (told["body"], told["body_bytes"]) == (None, len(large))


def test_a_replay_makes_a_delivery_pending_wakes_workers_and_is_audited(api):
    keep(api.store, an_arrival())
    (row,) = rows(api)
    kill(api, row.id)
    answer = api("POST", f"{DELIVERIES}/{row.id}/replay", scope="operate")
    assert answer.status_code == 202
    assert (answer.json()["outcome"], answer.json()["attempts"]) == (None, 0)
    (row,) = rows(api)
    assert row.outcome is None
    with api.store.read() as connection:
        line = audit.find(connection)[0]
    assert (line["who"], line["action"], line["subject"]) == (
        "api:a operate",
        "replay",
        f"delivery {row.id}",
    )


def test_the_bell_rings_for_what_is_replayed(quick):
    keep(quick.store, an_arrival())
    (row,) = rows(quick)
    assert quick("POST", f"{DELIVERIES}/{row.id}/replay").status_code == 202
    wait_until(lambda: quick.door.broker.do_qsize("deliveries") >= 1)


def test_what_cannot_be_replayed_is_409_and_stays(api):
    declare(api.store, *_sources("shop"))
    keep(api.store, an_arrival("one"), an_arrival("two", source="elsewhere"), an_arrival("three"))
    dropped, foreign, paused = (one.id for one in rows(api))
    finish(api, dropped)
    answer = api("POST", f"{DELIVERIES}/{dropped}/replay")
    assert (answer.status_code, "--depth fetch" in answer.text) == (409, True)
    assert api("POST", f"{DELIVERIES}/{foreign}/replay").status_code == 409
    with api.store.write() as connection:
        sources.set_status(connection, "shop", "paused")
    answer = api("POST", f"{DELIVERIES}/{paused}/replay")
    assert (answer.status_code, "sources resume shop" in answer.text) == (409, True)
    assert api("POST", f"{DELIVERIES}/{paused + 1}/replay").status_code == 404
    with api.store.read() as connection:
        assert not [one for one in audit.find(connection) if one["action"] == "replay"]


def test_dead_letters_are_the_dead_alone_oldest_first(api):
    keep(api.store, *(an_arrival(str(n), n) for n in range(1, 5)))
    ids = [one.id for one in rows(api)]
    kill(api, ids[2], "a strange thing")
    kill(api, ids[0])
    assert [one["id"] for one in api.walk(DEAD, 1)] == [ids[0], ids[2]]
    assert [one["id"] for one in api.get(f"{DEAD}?cause=strange")["items"]] == [ids[2]]
    assert api.get(f"{DEAD}?source=none")["items"] == []
    assert api.get(f"{DEAD}/{ids[0]}")["reason"] == "no such field: titel"
    for path in (f"{DEAD}/{ids[1]}", f"{DEAD}/999"):
        assert api("GET", path).status_code == 404
        assert api("POST", f"{path}/replay").status_code == 404
        assert api("POST", f"{path}/drop").status_code == 404


def test_a_dead_letter_is_dropped_or_replayed_once(api):
    keep(api.store, an_arrival("one", 1), an_arrival("two", 2))
    first, second = (one.id for one in rows(api))
    kill(api, first)
    kill(api, second)
    told = api("POST", f"{DEAD}/{first}/drop", scope="operate")
    assert (told.status_code, told.json()["outcome"]) == (200, "ignored")
    assert told.json()["reason"] == "dropped by api:a operate"
    assert api("POST", f"{DEAD}/{first}/drop").status_code == 404
    assert api("POST", f"{DEAD}/{second}/replay").status_code == 202
    assert api("POST", f"{DEAD}/{second}/replay").status_code == 404
    assert api.get(DEAD)["items"] == []


def test_sessions_are_listed_newest_first_with_their_report(api):
    with api.store.write() as connection:
        ids = [sessions.begin(connection, name, "incremental", NOW) for name in "aba"]
        sessions.end(connection, ids[0], NOW, Report(seen=7), f"refused: {SECRET}")
    assert [one["id"] for one in api.walk("/api/v1/sessions", 2)] == ids[::-1]
    assert [one["id"] for one in api.get("/api/v1/sessions?source=a")["items"]] == [ids[2], ids[0]]
    told = api.get(f"/api/v1/sessions/{ids[0]}")
    assert (told["status"], told["report"]["seen"]) == ("error", 7)
    assert told["error"] == "refused: [redacted]"
    assert api("GET", "/api/v1/sessions/999").status_code == 404


def test_sources_name_variables_and_never_what_they_hold(sqlite_store):
    declared = [
        a_source("Größe / 1", token_env="SECRET", url=f"https://me:{SECRET}@example.org/o/r"),
        a_source("off", direction="disabled"),
    ]
    with api_of(sqlite_store, *declared) as api:
        found = api("GET", "/api/v1/sources")
        assert SECRET not in found.text
        assert [one["name"] for one in api.walk("/api/v1/sources", 1)] == ["Größe / 1", "off"]
        told = found.json()["items"][0]
        assert (told["token_env"], told["webhook_secret_env"]) == ("SECRET", ["SECRET", "OLD"])
        assert told["webhook_path"] == "/webhooks/grosse-1"
        for path in ("grosse-1", "Gr%C3%B6%C3%9Fe%20%2F%201"):
            assert api.get(f"/api/v1/sources/{path}") == told
        assert api.get("/api/v1/sources/off")["status"] == "disabled"
        assert api("GET", "/api/v1/sources/none").status_code == 404


def test_the_state_of_a_source_is_shown(api):
    declare(api.store, *_sources("shop"))
    with api.store.write() as connection:
        sources.set_status(connection, "shop", "error", f"the project is gone, said {SECRET}")
    told = api.get("/api/v1/sources/shop")
    assert (told["status"], told["reason"]) == ("error", "the project is gone, said [redacted]")


def _sources(*names):
    return [a_configured_source(name) for name in names]


@pytest.mark.parametrize("noun", ["deliveries", "dead-letters", "sessions", "conflicts"])
def test_a_number_beyond_all_databases_is_404(quick, noun):
    assert quick("GET", f"/api/v1/{noun}/{2**63}").status_code == 404
