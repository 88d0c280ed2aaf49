"""Missing: tickets a full reading did not show. Absence is never deletion; they are asked about."""

from collections.abc import Sequence

from reconciler import hints
from reconciler.contact import Vanished
from reconciler.run import Run
from store import journal

FEW = 10
SHARE = 0.02
VANISHED = "tickets are not listed any more"
"""Part of a source's status while a full list lacks too many; only another full list ends that."""


def check_share(missing: int, of: int) -> None:
    """Raises Vanished when so many are missing at once that lost rights are likelier than
    deletions (law 13)."""
    if missing > max(FEW, SHARE * of):
        raise Vanished(
            f"{missing} of {of} {VANISHED}; nothing was marked: check what the token may read"
        )


def ask(run: Run, missing: Sequence[str]) -> None:
    """Puts tickets in doubt that a full reading should have shown."""
    reason = "a full list did not show it"
    asked = hints.about(run, ((ticket, "core", reason) for ticket in missing))
    with run.parts.store.write() as connection:
        journal.keep(connection, asked)
    run.tally.missing += len(missing)
    run.parts.wake([(one.source, one.ticket) for one in asked])
