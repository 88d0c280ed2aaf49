"""What is known of an attachment that may lie beside its ticket's file."""

from dataclasses import dataclass

FOLDER = "attachments"


@dataclass(frozen=True, slots=True)
class Beside:
    """One attachment: `name` is its file's, `here` whether that is written, `reason` why not.

    Without both it is still on its way.
    """

    name: str
    here: bool = False
    reason: str = ""

    @property
    def path(self) -> str:
        """Where it lies, from the ticket's folder."""
        return f"{FOLDER}/{self.name}"
