"""Fills a workspace with a past: the same seed gives the same issues, under the same ids.

Everything lies between 90 days and two hours ago, so that what happens now stands out, and no
webhook is sent for it: a hook registered today hears nothing of yesterday.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sandbox.linear.acts import Acts
from sandbox.linear.state import (
    Cycle,
    Issue,
    Label,
    LinearProject,
    Milestone,
    Stamp,
    State,
    Team,
    World,
    stamp,
)
from sandbox.linear.texts import (
    BODIES,
    GROUP,
    LABELS,
    MILESTONES,
    PEOPLE,
    REMARKS,
    STATES,
    THINGS,
    TROUBLES,
)

OLDEST = timedelta(days=90)
YOUNGEST = timedelta(hours=2)
CYCLE = timedelta(days=14)


def found(world: World, key: str, name: str) -> Team:
    """A team with its workflow, and nothing in it."""
    born = stamp(world.now() - OLDEST)
    world.born = born
    team = Team(world.next_id(), born, born, key, name)
    world.teams.append(team)
    world.keep(team)
    for place, (word, kind, color) in enumerate(STATES):
        state = State(world.next_id(), born, born, team, word, kind, color, float(place))
        world.states.append(state)
        world.keep(state)
    world.born = None
    return team


def furnish(world: World, team: Team) -> None:
    """People, labels of team and workspace, three cycles, and a project with milestones."""
    born = world.born = stamp(world.now() - OLDEST)
    team.members = [world.person(handle, name) for handle, name in PEOPLE]
    for place, (name, color, text) in enumerate(LABELS):
        home = None if place == 0 else team
        _label(world, Label(world.next_id(), born, born, name, color, home, description=text))
    group = Label(world.next_id(), born, born, GROUP[0], "#f2994a", team, is_group=True)
    _label(world, group)
    for name in GROUP[1]:
        _label(world, Label(world.next_id(), born, born, name, "#f2994a", team, group))
    for number in (1, 2, 3):
        start = world.now() + CYCLE * (number - 2)
        ends = stamp(start + CYCLE)
        cycle = Cycle(world.next_id(), born, born, team, number, stamp(start), ends)
        cycle.completed_at = stamp(start) if number == 1 else None
        world.cycles.append(cycle)
        world.keep(cycle)
    project = LinearProject(world.next_id(), born, born, "Kasse", "kasse-0a1b2c3d", [team])
    world.projects.append(project)
    world.keep(project)
    for name, target in MILESTONES:
        stone = Milestone(world.next_id(), born, born, project, name, target)
        project.milestones.append(stone)
        world.keep(stone)
    world.born = None


class Seeding:
    """One filling of one team."""

    def __init__(self, acts: Acts, seed: int = 1) -> None:
        self.acts = acts
        self.world = acts.world
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        now = int(self.world.now().timestamp())
        self.first = now - int(OLDEST.total_seconds())
        self.last = now - int(YOUNGEST.total_seconds())

    def fill(self, tickets: int, comments: int = 0) -> None:
        """Issues in the order of their numbers, then comments in the order of their times."""
        step = (self.last - self.first) / max(tickets, 1)
        issues = [
            self._issue(self._stamp(self.first + step * (place + self.random.random())))
            for place in range(tickets)
        ]
        moments = sorted(self.random.randint(self.first, self.last) for _ in range(comments))
        for moment in moments if issues else ():
            issue = self.random.choice(issues)
            born = max(self._stamp(moment), issue.created_at)
            self.world.born = born
            self.acts.comment(
                issue.id, self.random.choice(REMARKS), by=self.random.choice(PEOPLE)[0]
            )
        self.world.born = None

    def _issue(self, born: Stamp) -> Issue:
        draw, team = self.random, self.acts.team
        self.world.born = born
        thing = draw.choice(THINGS)
        labels = [label for label in self.world.labels if not label.is_group]
        state: State = draw.choice([one for one in self.world.states if one.team is team][:-1])
        return self.acts.add(
            team,
            f"The {thing} {draw.choice(TROUBLES)}",
            draw.choice(BODIES).replace("{thing}", thing),
            draw.choice(team.members),
            labels=draw.sample(labels[:4], draw.choice((0, 1, 1, 2))),
            assignee=draw.choice((None, *team.members)),
            priority=draw.choice((0, 0, 1, 2, 3, 4)),
            estimate=draw.choice((None, 1, 2, 3, 5)),
            cycle=draw.choice((None, *self.world.cycles)),
            project=draw.choice((None, self.world.projects[0])),
            state=state,
        )

    def _stamp(self, moment: float) -> Stamp:
        return stamp(datetime.fromtimestamp(moment, UTC))


def _label(world: World, label: Label) -> None:
    world.labels.append(label)
    world.keep(label)
