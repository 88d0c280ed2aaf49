"""What every text conversion gives back, and the one way in which it fails."""

from dataclasses import dataclass

from schemas.model import Json


@dataclass(frozen=True)
class Converted:
    """A text in its new form; `losses` says in words what the form could not hold."""

    text: str
    losses: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConvertedDocument:
    """A document in its new form (JSON); `losses` says in words what it could not hold."""

    document: Json
    losses: tuple[str, ...] = ()


class Unconvertible(ValueError):
    """This text cannot be converted at all; the message says why."""
