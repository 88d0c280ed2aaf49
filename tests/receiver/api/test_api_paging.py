"""Pages by key: nothing twice and nothing left out, whatever comes meanwhile."""

import base64

import pytest

from store import journal, mirrors
from tests.builders import NOW, issue_webhook, keep, payloads
from tests.receiver.api.desks import a_mirror

DELIVERIES = "/api/v1/deliveries"


def more(api, start, count) -> list[int]:
    keep(
        api.store,
        *(issue_webhook(payloads.an_issue(n), key=f"key {n}") for n in range(start, start + count)),
    )
    with api.store.read() as connection:
        return [one.id for one in journal.find(connection, limit=count)]


def test_a_walk_shows_each_row_once_while_rows_are_inserted(api):
    there = more(api, 1, 23)
    found, following, rounds = [], f"{DELIVERIES}?limit=5", 0
    while following:
        answer = api("GET", following)
        found += [one["id"] for one in answer.json()["items"]]
        following = answer.links.get("next", {}).get("url")
        more(api, 100 + 10 * rounds, 3)
        rounds += 1
    assert found == there
    assert rounds == 5


def test_filters_go_along_with_the_link(api):
    more(api, 1, 5)
    answer = api("GET", f"{DELIVERIES}?outcome=pending&source=shop&limit=2")
    following = answer.links["next"]["url"]
    assert "outcome=pending" in following
    assert "source=shop" in following
    assert "limit=2" in following
    assert len(api.walk(f"{DELIVERIES}?outcome=pending&source=shop", 2)) == 5
    assert len(api.walk(f"{DELIVERIES}?outcome=applied", 2)) == 0


def test_a_full_last_page_leads_nowhere(api):
    more(api, 1, 4)
    answer = api("GET", f"{DELIVERIES}?limit=4")
    assert answer.json()["next"] is None
    assert "link" not in answer.headers


def test_the_cursor_of_the_body_is_that_of_the_link(api):
    more(api, 1, 3)
    first = api("GET", f"{DELIVERIES}?limit=1")
    second = api.get(f"{DELIVERIES}?limit=1&after={first.json()['next']}")
    assert second["items"] == api.get(first.links["next"]["url"])["items"]


def test_mirrors_that_go_while_one_walks_move_nothing(api):
    a_mirror(api.store)
    for source, target in (("twin", "shop"), ("local", "shop"), ("local", "twin")):
        told = {"source": source, "target": target}
        assert api("POST", "/api/v1/mirrors", told).status_code == 201
    first = api("GET", "/api/v1/mirrors?limit=2")
    ids = [one["id"] for one in first.json()["items"]]
    with api.store.write() as connection:
        mirrors.remove(connection, mirrors.get(connection, ids[0]), NOW, "test")
    rest = api.get(first.links["next"]["url"])["items"]
    assert len({*ids, *(one["id"] for one in rest)}) == 4


def of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "!!!", "", "é", of("deliveries"), of("deliveries\n"), of("deliveries\nx"),
        of("deliveries\n-1"), of(f"deliveries\n{2**63}"), of("sessions\n1"), of("deliveries\n١"),
        "A" * 501,
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_is_422(quick, cursor):
    status, keys = quick.faults("GET", DELIVERIES, params={"after": cursor})
    assert (status, keys) == (422, {"after"})


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", ""])
def test_a_limit_that_is_none_is_422(quick, limit):
    assert quick.faults("GET", DELIVERIES, params={"limit": limit}) == (422, {"limit"})


def test_what_is_unknown_or_twice_in_a_query_is_422(quick):
    assert quick.faults("GET", f"{DELIVERIES}?limti=5") == (422, {"limti"})
    assert quick.faults("GET", f"{DELIVERIES}?limit=5&limit=6") == (422, {"limit"})
    assert quick.faults("GET", f"{DELIVERIES}?source=a%00b") == (422, {"source"})
    assert quick.faults("GET", "/api/v1/mirrors/1?x=1") == (422, {"x"})
    assert quick("GET", f"{DELIVERIES}?source=%ff").status_code == 400
