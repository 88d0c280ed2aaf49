"""A client without an API: what a sender tells is all there is, and nothing can be asked."""

from schemas.errors import Permanent
from schemas.source import Source
from schemas.tracker import FieldInfo, Hook
from trackers.apiless import ApilessClient
from trackers.generic import address, field_list

_NOBODY = "this source has no API: what it sends is all there is"


class GenericClient(ApilessClient):
    """Knows the documented fields of a message, and how a webhook comes to be."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, address.project_name(source), _NOBODY)

    def fields(self) -> list[FieldInfo]:
        """The documented fields of a message."""
        return field_list.fields(self._source)

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Refused: the sender is told by hand."""
        told = "give the sending system this source's webhook address and the secret by hand"
        raise Permanent(f"webhooks cannot be registered here; {told}")
