"""Conflicts by the API: both values, and who settled which."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from store import conflicts, mappings
from tests.builders import NOW
from tests.receiver.api.desks import a_mirror

CONFLICTS = "/api/v1/conflicts"


def a_conflict(api, field="title", left="Ours", right="Theirs", **over) -> int:
    with api.store.write() as connection:
        given = {
            "key": ("shop", "1"), "other": ("twin", "9"), "field": field, "base": "Before",
            "left": left, "right": right, "now": NOW, "mirror": "shop-to-twin",
        }  # fmt: skip
        return conflicts.open_one(connection, **given | over)[0]


def resolve(api, number, **told):
    return api("POST", f"{CONFLICTS}/{number}/resolve", told, scope="operate")


def test_a_conflict_holds_both_values_and_their_base(api):
    number = a_conflict(api)
    told = api.get(f"{CONFLICTS}/{number}")
    assert (told["left"], told["right"], told["base"]) == ("Ours", "Theirs", "Before")
    assert (told["source"], told["ticket"], told["other_source"]) == ("shop", "1", "twin")
    assert (told["settled_at"], told["how"], told["key"]) == (None, None, None)
    assert api("GET", f"{CONFLICTS}/{number + 1}").status_code == 404


def test_open_conflicts_are_listed_and_settled_ones_when_asked_for(api):
    numbers = [a_conflict(api, field) for field in ("title", "body", "state")]
    assert resolve(api, numbers[1], take="right").status_code == 200
    assert [one["id"] for one in api.walk(CONFLICTS, 1)] == [numbers[0], numbers[2]]
    assert [one["id"] for one in api.get(f"{CONFLICTS}?settled=true")["items"]] == [numbers[1]]
    assert len(api.get(f"{CONFLICTS}?source=twin&ticket=9")["items"]) == 2
    assert api.get(f"{CONFLICTS}?source=twin&ticket=1")["items"] == []
    assert api.faults("GET", f"{CONFLICTS}?ticket=9") == (422, {"ticket"})


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ({"take": "left"}, None),
        ({"take": "right"}, None),
        ({"take": "value", "value": "A third"}, "A third"),
        ({"take": "value", "value": None}, None),
    ],
)
def test_a_resolution_is_kept_with_who_said_it_and_wakes_the_mapping(api, told, value):
    mirror = a_mirror(api.store)
    with api.store.write() as connection:
        mapping = mappings.insert(
            connection, mirror=mirror.id, left="1", right="9", born="left", state="joined",
            push_due=0, created_at=NOW,
        )  # fmt: skip
    answer = resolve(api, a_conflict(api, mapping=mapping), **told)
    assert answer.status_code == 200
    settled = answer.json()
    assert (settled["how"], settled["value"]) == (told["take"], value)
    assert settled["settled_by"] == "api:a operate"
    assert settled["settled_at"] is not None
    with api.store.read() as connection:
        assert mappings.get(connection, mapping).due == 1


def test_only_one_of_many_resolutions_is_taken(api):
    number = a_conflict(api)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(resolve, api, number, take="left") for _ in range(8)]
    assert sorted(one.result().status_code for one in sent) == [200] + [409] * 7


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({}, "take"),
        ({"take": "both"}, "take"),
        ({"take": "value"}, "value"),
        ({"take": "left", "value": "x"}, "value"),
        ({"take": "left", "values": "x"}, "values"),
        ({"take": "value", "value": ["a"]}, "value"),
        ({"take": "value", "value": {"a": 1}}, "value"),
        ({"take": "value", "value": "a\0b"}, "value"),
    ],
)
def test_a_resolution_that_cannot_be_is_422_and_settles_nothing(quick, told, at):
    number = a_conflict(quick)
    path = f"{CONFLICTS}/{number}/resolve"
    assert quick.faults("POST", path, told, scope="operate") == (422, {at})
    assert quick.get(f"{CONFLICTS}/{number}")["settled_at"] is None


def test_a_conflict_of_sets_takes_a_set(quick):
    number = a_conflict(quick, "labels", ["a"], ["b"], base=["a", "b"])
    assert resolve(quick, number, take="value", value="a").status_code == 422
    assert resolve(quick, number, take="value", value=["a", "c"]).json()["value"] == ["a", "c"]


def test_a_conflict_that_is_not_there_is_404(quick):
    assert resolve(quick, 5, take="left").status_code == 404


def test_members_of_a_set_are_texts(quick):
    number = a_conflict(quick, "labels", ["a"], ["b"])
    for value in ([1], [{"a": 1}], [None], [["a"]]):
        told = {"take": "value", "value": value}
        answer = quick.faults("POST", f"{CONFLICTS}/{number}/resolve", told, scope="operate")
        assert answer == (422, {"value"})
