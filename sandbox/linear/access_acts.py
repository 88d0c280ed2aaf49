"""What happens to a whole workspace: rights that are taken and given, a state that comes back."""

from __future__ import annotations

from sandbox.backup import Backup
from sandbox.linear.definition_acts import DefinitionActs
from sandbox.linear.desk import NoSuch, act

NOT_IN_BACKUPS = (
    *("now", "base", "lock", "lag", "kept", "people", "teams", "organization", "seed"),
    *("numbers", "revision", "shelves", "trails", "uploads", "_random", "_last"),
)
"""What belongs to the sandbox itself, and the counters that never go back."""


class AccessActs(DefinitionActs):
    """Who sees what, and since when."""

    @act
    def hide(self, key: str) -> None:
        """Our keys cannot read this issue any more: not found, and no list shows it.

        So it is for who has no seat in the private team that an issue went to.
        """
        self.issue(key).hidden = True

    @act
    def unhide(self, key: str) -> None:
        """It can be read again; nothing tells so."""
        self.issue(key).hidden = False

    @act
    def lock_out(self) -> None:
        """No key has a seat in the team any more: it is listed nowhere, nor is what lies in it."""
        self.team.locked_out = True

    @act
    def let_in(self) -> None:
        """All keys see the team again."""
        self.team.locked_out = False

    @act
    def backup(self) -> None:
        """Keep the state of the workspace as it is now."""
        self.world.kept = Backup(
            [self.world, *self.world.teams],
            leave=NOT_IN_BACKUPS,
            shared=[*self.world.people.values()],
        )

    @act
    def go_back(self) -> None:
        """The workspace as it was: later things were never there, and every `updatedAt` is the old
        one. Numbers and ids go on where they were."""
        if self.world.kept is None:
            raise NoSuch("there is no backup to go back to")
        self.world.kept.restore()
