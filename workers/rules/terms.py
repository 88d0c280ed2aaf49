"""The terms on which a ticket is carried across a mirror: who says it, who is told, what maps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.event import Definition
from schemas.mirror import Mirror, Side
from schemas.ticket import Person, TicketRef

OTHER: Mapping[Side, Side] = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class SideWords:
    """What one side can hold.

    `instance` is the number of the tracker's site, as the label `Mirrored-From::instance-N` says
    it. `project` is the project as people write it before a number (`group/project`), or the prefix
    of keys (`ABC`). `mentions` is the scheme of links that mention somebody, where it is not the
    tracker's usual one (`username` at a Jira of one's own).
    """

    source: str
    tracker: str
    instance: str
    writes: frozenset[str]
    uploads: bool = False
    project: str = ""
    mentions: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """How one side's ticket is carried to the other; `own` is the side it is read from.

    `born` is where the ticket was made: the other one is its twin, which alone bears a footer and
    the labels we make. `people` go by the account's id here, `accounts` by its login in small
    letters. `twins` have every name of a mirrored ticket here: `#12`, `group/project#12`, `ABC-1`,
    its id and its address. `states` are the other side's definitions of kind "state", () where it
    has none; `places` those of its milestones, sprints and components. `files` are addresses here
    to addresses there; `unnamed` are (name, address there) of files that no text names. `here` and
    `there` are the two tickets' own pages, by which the pages of their neighbours are known.
    """

    mirror: Mirror
    side: Side
    own: SideWords
    other: SideWords
    born: Side = "left"
    people: Mapping[str, Person] = field(default_factory=dict)
    accounts: Mapping[str, Person] = field(default_factory=dict)
    twins: Mapping[str, TicketRef] = field(default_factory=dict)
    states: tuple[Definition, ...] = ()
    places: tuple[Definition, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    unnamed: tuple[tuple[str, str], ...] = ()
    here: str = ""
    there: str = ""

    @property
    def outward(self) -> bool:
        """Whether the ticket is carried to its twin, not back to where it was made."""
        return self.side == self.born
