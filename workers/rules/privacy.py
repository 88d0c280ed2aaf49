"""Privacy: who may see a ticket outside of its source, and whether it may leave now (law 12).

Fails closed: what nobody told counts as private, and of several words the strictest holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from schemas.mirror import Mirror
from schemas.source import LOCAL, PrivacyRule, Source
from schemas.ticket import Comment, Privacy, Ticket

_STRICTEST = (Privacy.local_only, Privacy.shareable, Privacy.public)
_NAMES = ("name", "title", "key", "login", "email", "id", "external_id")
"""What a rule's value may call a person, a milestone, another ticket."""
_UNASKABLE = (LOCAL, "generic")
"""Trackers that nobody can ask: what was told is all there is."""

Origin = tuple[Ticket | None, Source | None]
"""A ticket that another one is a twin of; None where it, or its source, is not known here."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A ticket's privacy, why, and whether that was told (or counts so because nobody did)."""

    privacy: Privacy
    why: str
    told: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a ticket may leave by a mirror now, and why not.

    `ask`: a fetch would settle it. `barred`: it is known that it may not, so what was published of
    it is withdrawn; without it nobody can tell yet, and the ticket waits.
    """

    passes: bool
    reason: str = ""
    ask: bool = False
    barred: bool = False


def level(ticket: Ticket, source: Source) -> Privacy:
    """Who may see this ticket of this source."""
    return judged(ticket, source).privacy


def judged(ticket: Ticket, source: Source) -> Judged:
    """The strictest of all that applies: the tracker's word, the ticket's, the source's, rules.

    Local tickets stay home unless they say otherwise themselves. A tracker's confidential flag that
    is not known (a part of a record, a payload that lacks it) counts as set.
    """
    if ticket.confidential:
        return Judged(Privacy.local_only, "it is confidential")
    own = ticket.privacy
    if source.tracker == LOCAL:
        words = [Judged(own or Privacy.local_only, "local tickets are local_only")]
    elif not ticket.full or (ticket.confidential is None and own is None):
        return Judged(Privacy.local_only, "nobody told whether it is confidential", told=False)
    else:
        words = [Judged(Privacy(source.privacy), f"{source.name} is {source.privacy}")]
        if own is not None:
            words.append(Judged(own, f"its tracker says {own}"))
    rules = (rule for rule in source.privacy_rules if applies(rule, ticket))
    words += [Judged(Privacy(rule.privacy), _told(rule)) for rule in rules]
    return min(words, key=lambda one: _STRICTEST.index(one.privacy))


def gate(
    ticket: Ticket,
    source: Source,
    mirror: Mirror,
    *,
    settled: bool,
    origins: Sequence[Origin] = (),
) -> Gate:
    """Whether a ticket may leave by a mirror.

    `settled`: full records of it, and of all `origins`, are newer than whatever was heard since.
    `origins` are the tickets it is a twin of, the whole chain: of a twin leaves only what may leave
    of each of them. `public` leaves by any mirror, `shareable` by one that names its source,
    `local_only` by none.
    """
    if not settled:
        reason = "its record is older than what was heard of it since"
        return Gate(False, reason, ask=source.tracker not in _UNASKABLE)
    for one, home in ((ticket, source), *origins):
        found = _passes(one, home, mirror)
        if not found.passes:
            return found
    return Gate(True)


def marked(ticket: Ticket, source: Source | None) -> Ticket:
    """The ticket with the word of its source, and of the source's rules, on it, when that keeps it
    at home: whoever is told of it reads that there."""
    if source is None:
        return ticket
    found = judged(ticket, source)
    if not found.told or found.privacy is not Privacy.local_only:
        return ticket
    return ticket.model_copy(update={"privacy": found.privacy})


def named_by(mirror: Mirror, ticket: Ticket | None, source: Source | None) -> bool:
    """Whether another ticket may be named, with its title, in one that leaves by a mirror.

    Of one that is not held nobody can tell, so it may not.
    """
    return _passes(ticket, source, mirror).passes


def comment_leaves(comment: Comment) -> bool:
    """Whether a comment may leave with its ticket: internal ones never do."""
    return not comment.internal


def named(mirror: Mirror) -> frozenset[str]:
    """The sources a mirror names: `shareable` tickets of theirs may leave by it."""
    return frozenset((mirror.source, mirror.target, *mirror.options.origins))


def applies(rule: PrivacyRule, ticket: Ticket) -> bool:
    """Whether a rule is about this ticket; names and values are compared without case."""
    if rule.label is not None:
        wanted = rule.label.casefold()
        return any(label.name.casefold() == wanted for label in ticket.labels)
    if rule.field is None:
        return False
    values = [text for value in _values(ticket, rule.field) for text in _texts(value)]
    if rule.value is None:
        return bool(values)
    return rule.value.casefold() in values


def _passes(ticket: Ticket | None, source: Source | None, mirror: Mirror) -> Gate:
    if ticket is None or source is None:
        return Gate(False, "it is the twin of a ticket that is not known here")
    if ticket.sync_status == "hidden":
        return Gate(False, f"{ticket.key} cannot be read at {source.name} now")
    found = judged(ticket, source)
    if found.privacy is Privacy.public:
        return Gate(True)
    where = f"{source.name} {ticket.key}"
    if found.privacy is Privacy.local_only:
        return Gate(False, f"{where} is local_only: {found.why}", barred=found.told)
    if source.name in named(mirror):
        return Gate(True)
    reason = f"{where} is shareable, and {mirror.name} does not name {source.name} in origins"
    return Gate(False, reason, barred=True)


def _told(rule: PrivacyRule) -> str:
    if rule.label is not None:
        return f'it has the label "{rule.label}"'
    value = "" if rule.value is None else f' "{rule.value}"'
    return f"a rule about {rule.field}{value}"


def _values(ticket: Ticket, field: str) -> Iterator[Any]:
    """What a ticket has under that name: its own field, and the tracker's of that name."""
    wanted = field.casefold().removeprefix("custom_fields.")
    if wanted in Ticket.model_fields:
        yield getattr(ticket, wanted)
    for name, value in ticket.custom_fields.items():
        if name.casefold() == wanted:
            yield value


def _texts(value: Any) -> Iterator[str]:
    """All that a value may be called, without case; nothing for one that is empty."""
    if isinstance(value, BaseModel):
        yield from (text for name in _NAMES for text in _texts(getattr(value, name, None)))
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _texts(one))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from (text for one in value for text in _texts(one))
    elif value is not None and str(value) != "":
        yield str(value).casefold()
