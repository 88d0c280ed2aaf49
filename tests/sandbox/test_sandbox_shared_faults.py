"""What every stand-in shares: backups, trails of old looks, pages cut short."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock

from sandbox.backup import Backup
from sandbox.faults import SHARED_CHANCES, Switchboard
from sandbox.requests import Asked, RequestLog
from sandbox.trail import Trail

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Thing:
    name: str
    house: "House"
    next: "Thing | None" = None


@dataclass
class House:
    things: list[Thing] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)
    last: int = 0


def test_a_backup_puts_back_content_and_keeps_identity():
    house = House()
    house.things = [Thing("one", house)]
    kept = Backup([house], leave=["lock", "last"])
    house.things[0].name, house.last = "changed", 7
    house.things.append(Thing("two", house))
    kept.restore()
    assert [one.name for one in house.things] == ["one"]
    assert house.things[0].house is house
    assert house.last == 7


def test_a_backup_may_be_gone_back_to_twice():
    house = House()
    house.things = [Thing("one", house)]
    kept = Backup([house], leave=["lock"])
    for _ in range(2):
        kept.restore()
        assert house.things[0].name == "one"
        house.things[0].name = "changed"


def test_objects_with_slots_and_shared_ones_are_backed_up_too():
    house, friend = House(), Thing("friend", House())
    one = Thing("one", house, friend)
    kept = Backup([one], shared=[house, friend])
    one.name, friend.name = "changed", "renamed"
    kept.restore()
    assert (one.name, one.next is friend, friend.name) == ("one", True, "renamed")


def test_a_long_chain_is_no_trouble():
    house = House()
    last = None
    for number in range(20_000):
        last = Thing(str(number), house, last)
    house.things = [last]
    kept = Backup([house], leave=["lock"])
    house.things = []
    kept.restore()
    assert house.things[0].next.next.name == "19997"


def test_a_trail_shows_the_look_of_each_moment():
    trail: Trail[str] = Trail()
    trail.keep(None, NOON, 60)
    trail.keep("first", NOON + timedelta(seconds=10), 60)
    looks = [trail.at(NOON + timedelta(seconds=s), "today") for s in (-1, 0, 9, 10, 99)]
    assert looks == [None, "first", "first", "today", "today"]


def test_a_trail_forgets_what_nobody_can_see_any_more():
    trail: Trail[str] = Trail()
    trail.keep("old", NOON, 60)
    trail.keep("later", NOON + timedelta(seconds=61), 60)
    assert trail.at(NOON - timedelta(seconds=1), "today") == "later"
    trail.clear()
    assert trail.at(NOON, "today") == "today"


def test_a_short_page_holds_at_least_one_item_and_fewer_than_asked_for():
    faults = Switchboard(SHARED_CHANCES)
    assert faults.page_size(50) == 50
    faults.set(short_pages=1)
    sizes = {faults.page_size(50) for _ in range(300)}
    assert min(sizes) >= 1
    assert max(sizes) < 50
    assert len(sizes) > 10
    assert faults.page_size(1) == 1


def test_a_switchboard_without_that_fault_cuts_nothing():
    assert Switchboard(["errors"]).page_size(50) == 50


def test_the_log_tells_what_was_refused():
    log = RequestLog()
    log.add(Asked("GET", "/a", {}, status=403, refused=True))
    log.add(Asked("GET", "/b", {}, status=200, counted=True))
    told = log.as_json()
    assert (told["total"], told["counted"], told["refused"]) == (2, 1, 1)
