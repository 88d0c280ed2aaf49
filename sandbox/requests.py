"""Who asked what: the log by which a test counts requests and proves that a limit was kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sandbox.wire import Json


@dataclass(slots=True)
class Asked:
    """One request; `counted` tells whether it cost rate limit, `lost` that no answer left.

    `refused` is set when it was turned away because the rate limit was used up.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int = 0
    conditional: bool = False
    counted: bool = False
    lost: bool = False
    refused: bool = False
    at: str = ""


class RequestLog:
    """All requests since the start or the last `clear`."""

    def __init__(self) -> None:
        self.entries: list[Asked] = []

    def add(self, asked: Asked) -> Asked:
        self.entries.append(asked)
        return asked

    def clear(self) -> None:
        self.entries.clear()

    def count(self, method: str = "", path: str = "", status: int = 0) -> int:
        """How many requests fit; an empty criterion fits all, a path fits by its end."""
        return sum(
            (not method or one.method == method)
            and (not path or one.path.endswith(path))
            and (not status or one.status == status)
            for one in self.entries
        )

    def as_json(self) -> Json:
        entries = list(self.entries)
        return {
            "total": len(entries),
            "counted": sum(one.counted for one in entries),
            "refused": sum(one.refused for one in entries),
            "not_modified": sum(one.status == 304 for one in entries),
            "requests": [asdict(one) for one in entries],
        }
