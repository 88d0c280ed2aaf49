"""Errors, told apart by what to do next (law 14).

TicketsyncError
├── Rejected      at the door: the sender is told, nothing is kept
├── Transient     try again later; `retry_after` seconds win over any schedule
│   ├── Spent         our rate budget is used up: nothing was asked
│   └── Overtaken     the ticket changed since it was read: read it and plan anew
├── Permanent     no retry can help: a dead letter now, with this cause
│   ├── TooLarge      a file beyond the size that was asked for
│   └── Denied    the tracker refuses us as a whole (401, 403, project 404)
│       ├── Unauthorized  the credential itself is not accepted (401)
│       └── Retired   the tracker has taken this part of its API away (410)
└── ConfigError   the process does not start; one line per fault, naming the key
"""

LONGEST_WAIT_SECONDS = 86_400.0
"""Whoever names a longer wait is asked again after a day: a garbled header would otherwise silence
a source for ever, or name a moment that no calendar has."""


class TicketsyncError(Exception):
    """Base of all errors a person may be shown as one line."""


class Rejected(TicketsyncError):
    """A delivery that is refused at the door, with the HTTP status to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Transient(TicketsyncError):
    """Something that may work later; `retry_after` is in seconds when the other side named it, a
    day at most."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_WAIT_SECONDS)


class Spent(Transient):
    """The rate budget of the credential is used up for now; nothing was sent."""


class Overtaken(Transient):
    """Nothing was written, since the ticket changed after it was read: read it again and plan anew.

    Only trackers that take a precondition tell; the same step again would be refused again.
    """


class Permanent(TicketsyncError):
    """Something that will fail the same way again."""


class TooLarge(Permanent):
    """A file is larger than we wanted it; a larger limit may bring it."""


class Denied(Permanent):
    """The tracker refuses our credential or shows us no such project: the source's own trouble."""


class Unauthorized(Denied):
    """The credential is not accepted: a new token or a new sign-in is needed."""


class Retired(Denied):
    """The tracker's API no longer has what was asked: a newer ticketsync is needed, no retry."""


class ConfigError(TicketsyncError):
    """Faults of the configuration, each a line that names the key or variable and the mend."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StoreAway(Transient):
    """The database does not answer: nothing is lost, everything waits, no attempt is counted."""


class Collision(StoreAway):
    """Two transactions stood in each other's way (deadlock, serialisation): try again at once."""
