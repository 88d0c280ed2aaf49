"""A pretended tracker with a clock, and the parts of a reconcile around it."""

import pytest

from reconciler.parts import Parts
from store.database import Store
from tests.builders import Clock, at
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare


@pytest.fixture
def clock() -> Clock:
    return Clock(at(1_000))


@pytest.fixture
def tracker(clock: Clock) -> Pretend:
    pretend = Pretend(clock=clock)

    def tick(_: str) -> None:
        clock.forward(milliseconds=1)

    pretend.before_fetch = tick
    return pretend


@pytest.fixture
def parts(store: Store, tracker: Pretend, clock: Clock) -> Parts:
    declare(store)
    return a_parts(store, tracker, clock=clock)
