"""Cuts a JQL text into words, texts, numbers and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIGNS = re.compile(r"!=|!~|<=|>=|[=<>~!(),]|&&|\|\||[&|]")
WORD = re.compile(r"[^\s=<>~!(),\"'&|]+")
QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'")


class JqlError(ValueError):
    """What Jira writes into `errorMessages` of its 400."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`kind` is word, text or sign."""

    kind: str
    text: str

    def says(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs


def pieces(jql: str) -> list[Piece]:
    found: list[Piece] = []
    place = 0
    while place < len(jql):
        if jql[place].isspace():
            place += 1
        elif hit := QUOTED.match(jql, place):
            text = hit[1] if hit[1] is not None else hit[2]
            found.append(Piece("text", re.sub(r"\\(.)", r"\1", text)))
            place = hit.end()
        elif hit := SIGNS.match(jql, place):
            found.append(Piece("sign", hit[0]))
            place = hit.end()
        elif hit := WORD.match(jql, place):
            found.append(Piece("word", hit[0]))
            place = hit.end()
        else:
            raise JqlError(
                f"Error in the JQL Query: The quoted string '{jql[place + 1 :]}' has not been "
                f"completed. (line 1, character {place + 1})"
            )
    return found
