"""Labels that a target lacks are made as they look at the source, once, and cost little."""

from typing import Any

import pytest

from schemas.change import TicketChange
from tests.conformance.test_writes import Scene, scene
from trackers.registry import REGISTRY

DEFINED = ("github", "gitlab", "linear")
"""Trackers whose labels have a colour of their own; elsewhere a label is a word."""
RED = {"id": "elsewhere", "name": "Hot spot", "color": "#CC0033", "description": "Burns"}


def relabel(there: Scene, key: str, *labels: dict[str, Any]) -> None:
    change = TicketChange(
        ticket=key,
        wanted=there.wanted({"title": "A", "labels": labels}),
        fields=frozenset({"labels"}),
        record=there.record(key).body,
    )
    there.carry_out(change)


def definition(there: Scene, name: str) -> Any:
    _, found = there.client.definitions(fresh=True) or ((), ())
    return [one for one in found if one.kind == "label" and one.name == name]


@pytest.mark.parametrize("name", DEFINED)
def test_a_new_label_looks_as_it_does_at_its_source_from_the_first_ticket_on(name):
    with scene(REGISTRY[name]) as there:
        there.create({"title": "A", "labels": [RED]})
        [made] = definition(there, "Hot spot")
        assert (made.color or "").lstrip("#").lower() == "cc0033"
        assert made.description == "Burns"


@pytest.mark.parametrize("name", DEFINED)
def test_a_label_that_is_there_keeps_its_own_look(name):
    with scene(REGISTRY[name]) as there:
        key = there.create({"title": "A"})
        relabel(there, key, RED)
        relabel(there, key, RED, {**RED, "name": "Cold spot", "color": "#0000ff"})
        other = there.create({"title": "B", "labels": [{**RED, "color": "#00ff00"}]})
        assert [one.name for one in there.ticket(other).labels] == ["Hot spot"]
        [made] = definition(there, "Hot spot")
        assert (made.color or "").lstrip("#").lower() == "cc0033"
        assert {one.name for one in there.ticket(key).labels} == {"Hot spot", "Cold spot"}


@pytest.mark.parametrize("name", DEFINED)
def test_a_label_somebody_made_meanwhile_is_taken_and_not_made_twice(name):
    with scene(REGISTRY[name]) as there:
        there.create({"title": "A", "labels": [RED]})  # the names are known now
        args = {"name": "Made by hand", "color": "00aa00"}
        there.running.site.perform("create_label", args)
        given = {**RED, "name": "Made by hand"}
        key = there.create({"title": "B", "labels": [given]})
        assert [one.name for one in there.ticket(key).labels] == ["Made by hand"]
        [made] = definition(there, "Made by hand")
        assert (made.color or "").lstrip("#").lower() == "00aa00"


def test_with_a_licence_gitlab_keeps_one_label_of_a_scope():
    with scene(REGISTRY["gitlab"]) as there:
        names = ["Assignee::@ewa", "Assignee::@sven", "Milestone::v1"]
        key = there.create({"title": "A", "labels": [{"id": "", "name": one} for one in names]})
        found = [one.name for one in there.ticket(key).labels]
        assert found == ["Assignee::@sven", "Milestone::v1"]
