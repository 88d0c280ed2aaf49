"""What people do at each tracker that a sync easily misses, by one name for all of them.

Acts are picked by a number, so that a story can be told again and made shorter: an act that finds
nothing to be done to does nothing.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NUMBERED = ("github", "gitlab", "azure_devops")
"""Trackers whose acts name a ticket by its number, not its key."""

MOST_ABSENT = 8
"""Tickets a story may make vanish: more at once mean lost rights to us, and mark nothing."""


@dataclass
class Pick:
    """One act's choices, all of them from one number."""

    tracker: str
    running: Any
    random: random.Random

    @property
    def acts(self) -> Any:
        return self.running.acts

    def tickets(self) -> list[dict[str, Any]]:
        """Those that we may see."""
        found = self.running.neutral()["tickets"]
        return [one for one in found if not one["deleted"] and not one.get("hidden")]

    def absent(self) -> list[dict[str, Any]]:
        found = self.running.neutral()["tickets"]
        return [one for one in found if one["deleted"] or one.get("hidden")]

    def name(self, ticket: dict[str, Any]) -> Any:
        return ticket["number"] if self.tracker in NUMBERED else ticket["key"]

    def ticket(self) -> Any:
        return self.name(self.random.choice(self.tickets()))

    def pair(self) -> tuple[Any, Any]:
        one, other = self.random.sample(self.tickets(), 2)
        return self.name(one), self.name(other)

    def comment(self) -> Any:
        every = [note["id"] for one in self.tickets() for note in one["comments"]]
        return self.random.choice(every)

    def word(self) -> str:
        every = sorted({label for one in self.tickets() for label in one["labels"]})
        return self.random.choice(every)

    def milestone(self) -> Any:
        """By title: of those that tickets carry."""
        every = sorted({one["milestone"] for one in self.tickets() if one["milestone"]})
        return self.random.choice(every)

    def fresh(self, stem: str) -> str:
        return f"{stem} {self.random.randrange(10**6)}"


Act = Callable[[Pick], object]


def perform(name: str, tracker: str, running: Any, number: int) -> bool:
    """Whether the act was done; one that this tracker does not know, or not now, is not."""
    chosen = (ACTS[tracker] | EVERYWHERE).get(name)
    if chosen is None:
        return False
    pick = Pick(tracker, running, random.Random(number))
    if name in VANISHING and len(pick.absent()) >= MOST_ABSENT:
        return False
    with running.state.lock:
        try:
            chosen(pick)
        except (LookupError, ValueError):
            return False
    return True


# Everywhere.


def _hide(pick: Pick) -> None:
    pick.acts.hide(str(pick.random.choice(pick.tickets())["key"]))


def _unhide(pick: Pick) -> None:
    hidden = [one for one in pick.absent() if one.get("hidden") and not one["deleted"]]
    pick.acts.unhide(str(pick.random.choice(hidden)["key"]))


EVERYWHERE: dict[str, Act] = {
    "retitle": lambda pick: pick.acts.edit(pick.ticket(), title=pick.fresh("Title")),
    "say": lambda pick: pick.acts.comment(pick.ticket(), pick.fresh("Remark")),
    "reword": lambda pick: pick.acts.edit_comment(pick.comment(), pick.fresh("Said anew")),
    "unsay": lambda pick: pick.acts.delete_comment(pick.comment()),
    "close": lambda pick: pick.acts.close(pick.ticket()),
    "reopen": lambda pick: pick.acts.reopen(pick.ticket()),
    "delete": lambda pick: pick.acts.delete(pick.ticket()),
    "hide": _hide,
    "unhide": _unhide,
    "lock_out": lambda pick: pick.acts.lock_out(),
    "let_in": lambda pick: pick.acts.let_in(),
    "backup": lambda pick: pick.acts.backup(),
    "go_back": lambda pick: pick.acts.go_back(),
}
VANISHING = {"delete", "hide", "move_away", "archive", "destroy", "purge"}


# GitHub.


def _github_child(pick: Pick) -> None:
    parent, child = pick.pair()
    pick.acts.add_sub_issue(parent, child)


def _github_orphan(pick: Pick) -> None:
    home = pick.running.site.home
    children = [one for one in home.issues.values() if one.alive and one.parent]
    child = pick.random.choice(children)
    pick.acts.remove_sub_issue(child.parent.number, child.number)


def _github_unblock(pick: Pick) -> None:
    home = pick.running.site.home
    blocked = [one for one in home.issues.values() if one.alive and one.blocked_by]
    one = pick.random.choice(blocked)
    pick.acts.remove_blocker(one.number, pick.random.choice(one.blocked_by).number)


_GITHUB: dict[str, Act] = {
    "tie": lambda pick: pick.acts.add_blocker(*pick.pair()),
    "untie": _github_unblock,
    "adopt": _github_child,
    "orphan": _github_orphan,
    "rename_word": lambda pick: pick.acts.rename_label(pick.word(), pick.fresh("word")),
    "drop_word": lambda pick: pick.acts.delete_label(pick.word()),
    "rename_stone": lambda pick: pick.acts.edit_milestone(pick.milestone(), pick.fresh("Stone")),
    "drop_stone": lambda pick: pick.acts.delete_milestone(pick.milestone()),
    "move_away": lambda pick: pick.acts.transfer(pick.ticket(), "shop-archive"),
}


# GitLab.


def _gitlab_unlink(pick: Pick) -> None:
    linked = [one for one in pick.running.site.home.issues.values() if one.alive and one.links]
    one = pick.random.choice(linked)
    pick.acts.unlink(one.iid, pick.random.choice(one.links).id)


def _gitlab_link(pick: Pick) -> None:
    kind = pick.random.choice(("relates_to", "blocks"))
    pick.acts.link(*pick.pair(), kind)


_GITLAB: dict[str, Act] = {
    "tie": _gitlab_link,
    "untie": _gitlab_unlink,
    "rename_word": lambda pick: pick.acts.rename_label(pick.word(), pick.fresh("word")),
    "drop_word": lambda pick: pick.acts.delete_label(pick.word()),
    "rename_stone": lambda pick: pick.acts.edit_milestone(pick.milestone(), pick.fresh("Stone")),
    "drop_stone": lambda pick: pick.acts.delete_milestone(pick.milestone()),
    "move_away": lambda pick: pick.acts.move(pick.ticket(), "octo/yard/archive"),
}


# Jira.


def _jira_link(pick: Pick) -> None:
    kind = pick.random.choice(("Blocks", "Relates", "Duplicate"))
    pick.acts.link(*pick.pair(), kind)


def _jira_unlink(pick: Pick) -> None:
    pick.acts.unlink(pick.random.choice(list(pick.running.state.links)))


def _jira_move(pick: Pick) -> None:
    pick.acts.add_project("OLD", "Old harbour")
    pick.acts.move(pick.ticket(), "OLD")


def _jira_component(pick: Pick) -> None:
    every = list(pick.running.site.home.components.values())
    pick.acts.rename_component(pick.random.choice(every).name, pick.fresh("Part"))


_JIRA: dict[str, Act] = {
    "tie": _jira_link,
    "untie": _jira_unlink,
    "rename_stone": lambda pick: pick.acts.rename_version(pick.milestone(), pick.fresh("Version")),
    "rename_word": _jira_component,
    "move_away": _jira_move,
    "archive": lambda pick: pick.acts.archive(pick.ticket()),
}


# Linear.


def _linear_relate(pick: Pick) -> None:
    one, other = pick.pair()
    pick.acts.relate(one, pick.random.choice(("blocks", "related", "duplicate")), other)


def _linear_unrelate(pick: Pick) -> None:
    pick.acts.unrelate(pick.random.choice(pick.running.state.relations).id)


def _linear_adopt(pick: Pick) -> None:
    """Under a ticket that has no parent itself: no rings."""
    one, other = pick.pair()
    child, parent = pick.acts.issue(one), pick.acts.issue(other)
    if parent.parent is None and not pick.acts.views.children(child):
        pick.acts.parent(one, other)


def _linear_restore(pick: Pick) -> None:
    every = pick.running.state.issues.values()
    trashed = [one for one in every if one.trashed and not one.purged]
    pick.acts.restore(pick.random.choice(trashed).id)


def _linear_state(pick: Pick) -> None:
    state = pick.random.choice(list(pick.running.state.states))
    if state.team is pick.running.site.home:
        pick.acts.rename_state(state.name, pick.fresh(state.name.split(" ~")[0] + " ~"))


_LINEAR: dict[str, Act] = {
    "tie": _linear_relate,
    "untie": _linear_unrelate,
    "adopt": _linear_adopt,
    "orphan": lambda pick: pick.acts.parent(pick.ticket(), None),
    "rename_word": lambda pick: pick.acts.rename_label(pick.word(), pick.fresh("word")),
    "drop_word": lambda pick: pick.acts.delete_label(pick.word()),
    "rename_state": _linear_state,
    "move_away": lambda pick: pick.acts.transfer(pick.ticket(), _other_team(pick)),
    "archive": lambda pick: pick.acts.archive(pick.ticket()),
    "purge": lambda pick: pick.acts.purge(pick.ticket()),
    "bring_back": _linear_restore,
}


def _other_team(pick: Pick) -> str:
    return str(next(one.key for one in pick.running.state.teams if one is not pick.acts.team))


# Azure DevOps.

_RELS = ("Related", "Dependency-Forward", "Dependency-Reverse", "Duplicate-Forward")


def _azure_relate(pick: Pick) -> None:
    one, other = pick.pair()
    rel = f"System.LinkTypes.{pick.random.choice(_RELS)}"
    held = pick.acts.item(one).relations
    if not any(r["rel"] == rel and r["url"].endswith(f"/{other}") for r in held):
        pick.acts.relate(one, rel, other)


def _azure_unrelate(pick: Pick) -> None:
    home = pick.running.site.home
    every = [one for one in pick.running.state.items.values() if one.project is home and one.alive]
    linked = [
        (one, r)
        for one in every
        for r in one.relations
        if r["rel"].rpartition(".")[2] in _RELS and "/workItems/" in r["url"]
    ]
    one, relation = pick.random.choice(linked)
    pick.acts.unrelate(one.id, relation["rel"], int(relation["url"].rpartition("/")[2]))


def _azure_undelete(pick: Pick) -> None:
    every = pick.running.state.items.values()
    trashed = [one for one in every if one.deleted and not one.destroyed]
    pick.acts.undelete(pick.random.choice(trashed).id)


def _azure_destroy(pick: Pick) -> None:
    every = pick.running.state.items.values()
    trashed = [one for one in every if one.deleted and not one.destroyed]
    pick.acts.destroy(pick.random.choice(trashed).id)


_AZURE: dict[str, Act] = {
    "tie": _azure_relate,
    "untie": _azure_unrelate,
    "orphan": lambda pick: pick.acts.parent(pick.ticket(), None),
    "move_away": lambda pick: pick.acts.move(pick.ticket(), "Attic"),
    "bring_back": _azure_undelete,
    "destroy": _azure_destroy,
}

ACTS: dict[str, dict[str, Act]] = {
    "github": _GITHUB,
    "gitlab": _GITLAB,
    "jira": _JIRA,
    "linear": _LINEAR,
    "azure_devops": _AZURE,
}
EVERY = sorted({name for acts in (*ACTS.values(), EVERYWHERE) for name in acts})
