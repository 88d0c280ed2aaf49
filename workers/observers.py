"""Who watches the work: counters, logs and the demo's screen stand behind this one seam."""

from typing import Protocol

from schemas.delivery import Delivery, Outcome


class Observer(Protocol):
    """Told of each finished thing, after its transaction was committed. Must not raise."""

    def drained(self, delivery: Delivery, outcome: Outcome, reason: str, seconds: float) -> None:
        """A delivery has its outcome; `seconds` is the time since it was received."""

    def failed(self, delivery: Delivery, error: BaseException, dead: bool) -> None:
        """An attempt failed; `dead` when it was the last."""

    def refetched(self, source: str, ticket: str, answer: str, seconds: float) -> None:
        """A ticket in doubt was asked about; `answer` says what came back."""

    def rendered(self, source: str, files: int) -> None:
        """Workspace files were written."""


class Silent:
    """Watches nothing."""

    def drained(self, delivery: Delivery, outcome: Outcome, reason: str, seconds: float) -> None:
        """Nothing."""

    def failed(self, delivery: Delivery, error: BaseException, dead: bool) -> None:
        """Nothing."""

    def refetched(self, source: str, ticket: str, answer: str, seconds: float) -> None:
        """Nothing."""

    def rendered(self, source: str, files: int) -> None:
        """Nothing."""
