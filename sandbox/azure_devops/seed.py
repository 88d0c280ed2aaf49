"""Fills a project with a past: the same seed gives the same work items.

Everything lies between 90 days and two hours ago, and no hook is told of it.
"""

from __future__ import annotations

import random
from datetime import timedelta

from sandbox.azure_devops.acts import body_field
from sandbox.azure_devops.desk import Desk
from sandbox.azure_devops.process import KINDS, PRIORITY, SEVERITY, STATE, TITLE
from sandbox.azure_devops.state import Item, Person, Project, Team, World, guid, stamp
from sandbox.azure_devops.texts import BODIES, PEOPLE, REMARKS, TAGS, THINGS, TROUBLES, as_html

OLDEST = timedelta(days=90)
YOUNGEST = timedelta(hours=2)
_SEVERITIES = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")


class Seeding:
    """One filling of one project."""

    def __init__(self, world: World, desk: Desk, seed: int = 1) -> None:
        self.world = world
        self.desk = desk
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.people = [world.person(unique, name) for unique, name in PEOPLE]

    def furnish(self) -> None:
        """Iterations with dates, areas, a team that owns one of them."""
        home, now = self.desk.project, self.world.now()
        for number in range(1, 4):
            start = now + timedelta(days=14 * (number - 2))
            finish = start + timedelta(days=13)
            self.world.add_node(home.iterations, f"Sprint {number}", stamp(start), stamp(finish))
        till = self.world.add_node(home.areas, "Till")
        self.world.add_node(till, "Printer")
        self.world.add_node(home.areas, "Web")
        everybody = Team(guid("team", home.id, "all"), f"{home.name} Team", [home.name], [])
        everybody.members.extend(self.people)
        area = f"{home.name}\\Till"
        tills = Team(guid("team", home.id, "till"), "Till Team", [area], self.people[:2])
        home.teams.extend((everybody, tills))

    def forget(self, attic: Project, key: int) -> None:
        """One epic in another project; work items are numbered across all of them."""
        born = stamp(self.world.now() - OLDEST)
        fields: dict[str, object] = {TITLE: "Everything about the tills"}
        epic = KINDS["epic"]
        self.desk.create(
            epic, fields, self.people[0], project=attic, quietly=True, at=born, key=key
        )

    def fill(self, tickets: int, comments: int) -> None:
        last = self.world.now() - YOUNGEST
        step = (OLDEST - YOUNGEST) / max(tickets, 1)
        made = [self._item(number, step) for number in range(tickets)]
        for _ in range(comments if made else 0):
            item = self.random.choice(made)
            text = as_html(self.random.choice(REMARKS))
            self.desk.jot(item, text, self.random.choice(self.people), stamp(last))

    def _item(self, number: int, step: timedelta) -> Item:
        draw = self.random
        born = stamp(self.world.now() - OLDEST + step * number)
        kind = draw.choice(list(KINDS.values()))
        home = self.desk.project
        thing = draw.choice(THINGS)
        area = draw.choice([path for path, _ in home.nodes("area")])
        sprint = draw.choice([path for path, _ in home.nodes("iteration")])
        fields: dict[str, object] = {
            TITLE: f"The {thing} {draw.choice(TROUBLES)}",
            body_field(kind): as_html(draw.choice(BODIES).replace("{thing}", thing)),
            "System.Tags": "; ".join(draw.sample(TAGS, draw.randint(0, 2))),
            "System.AssignedTo": draw.choice([None, *self.people]),
            "System.AreaPath": area,
            "System.IterationPath": sprint,
            PRIORITY: draw.randint(1, 4),
        }
        if SEVERITY in kind.fields:
            fields[SEVERITY] = draw.choice(_SEVERITIES)
        held = {name: value for name, value in fields.items() if value not in (None, "")}
        by: Person = draw.choice(self.people)
        item = self.desk.create(kind, held, by, quietly=True, at=born)
        if draw.random() < 0.35:
            state = next(name for name, native in kind.states if native == "Completed")
            self.desk.save(item, {STATE: state}, by, quietly=True, at=born)
        return item
