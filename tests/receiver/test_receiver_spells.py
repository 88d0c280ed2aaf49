"""After a spell of 503s the sources concerned are reconciled at once (law 1)."""

import asyncio

from receiver.spells import Spells


def use(*steps: str, failing: int = 0) -> list[frozenset[str]]:
    told: list[frozenset[str]] = []

    def catch_up(names: frozenset[str]) -> None:
        told.append(names)
        if len(told) <= failing:
            raise RuntimeError("the store is away again")

    async def run() -> None:
        spells = Spells(catch_up)
        for step in steps:
            if step == "kept":
                spells.kept()
                await asyncio.sleep(0.05)
            else:
                spells.refused(step)

    asyncio.run(run())
    return told


def test_the_first_delivery_kept_after_a_spell_makes_its_sources_due():
    assert use("a", "b", "a", "kept", "kept") == [frozenset({"a", "b"})]


def test_without_a_spell_nobody_is_asked():
    assert use("kept", "kept") == []


def test_what_could_not_be_told_is_told_after_the_next_delivery():
    assert use("a", "kept", "kept", failing=1) == [frozenset({"a"})] * 2
