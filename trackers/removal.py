"""What deleting has in common: few accounts may do it, which is no fault of the source."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import Denied, Permanent, Unauthorized


@contextmanager
def rare_right(needs: str) -> Iterator[None]:
    """A refusal inside is about the right to delete alone; `needs` says who has it."""
    try:
        yield
    except Unauthorized:
        raise
    except Denied as refusal:
        raise Permanent(f"{refusal}; deleting a ticket needs {needs}") from None
