"""Carries out redaction: what a mirror's patterns find becomes `[redacted]`.

A pattern may take long on a long text, and nothing can stop Python's `re` in the same process. So a
text for which that could be is read by a process of its own, which is ended after a few seconds;
the ticket then stays where it is.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from schemas import patterns as judge
from schemas.errors import Permanent
from workers.rules.redacting import REDACTED

SECONDS = 5.0
_STEPS = 50_000_000
"""Steps that are surely done in well under a second."""

_APART = """
import json, re, sys
patterns, texts, word = json.load(sys.stdin)
for one in patterns:
    found = re.compile(one)
    texts = [found.sub(lambda _: word, text) for text in texts]
json.dump(texts, sys.stdout)
"""


class Redactor:
    """The patterns of one mirror, compiled once; `mirror` is its name, for what people are told.

    `seconds` is how long they may take with one ticket.
    Raises ValueError for a pattern that the configuration would refuse.
    """

    def __init__(self, patterns: Sequence[str], mirror: str = "", seconds: float = SECONDS) -> None:
        for number, pattern in enumerate(patterns, 1):
            if told := judge.fault(pattern):
                raise ValueError(f"redact #{number} {told}")
        self._patterns = tuple(patterns)
        self._compiled = [re.compile(one) for one in patterns]
        self._mirror = mirror
        self._seconds = seconds

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """The texts without what the patterns find, in their order.

        Raises Permanent when that takes too long: nothing of the ticket may leave then.
        """
        length = sum(map(len, texts))
        if sum(judge.cost(one, length) for one in self._patterns) > _STEPS:
            return self._apart(texts)
        return [self._here(text) for text in texts]

    def _here(self, text: str) -> str:
        for one in self._compiled:
            text = one.sub(lambda _: REDACTED, text)
        return text

    def _apart(self, texts: Sequence[str]) -> list[str]:
        told = json.dumps([self._patterns, list(texts), REDACTED])
        command = [sys.executable, "-I", "-S", "-c", _APART]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
                command,
                input=told,
                capture_output=True,
                text=True,
                timeout=self._seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            reason = f"its text keeps the redaction patterns busy for more than {self._seconds:g} s"
            raise Permanent(
                f"{reason}; simplify redact of {self._mirror or 'the mirror'}"
            ) from None
        found: list[str] = json.loads(done.stdout)
        return found
