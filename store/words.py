"""Words: how text is cut and folded for the search, alike on both databases.

Both indexes get words that are folded here and joined by blanks, so what is found never depends on
a database's own idea of a word. Case and accents are dropped (Straße = STRASSE, Łódź = lodz).
Scripts written without blanks, and pictographs, are cut into single characters; neighbours in a
search are then looked for side by side, so any part of such a text is found.
"""

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 64
"""Characters of a word that count; PostgreSQL takes no lexeme over 2,046 bytes."""
MOST_TERMS = 64
"""Terms of a search that count; SQLite takes no expression deeper than 256."""
BREAK = "|"
"""Between two texts: no phrase reaches from one into the next."""

_ASCII_WORD = re.compile("[a-z0-9]+")
_PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')
_ACCENTS = 200
"""Combining classes from here on are marks above and below a letter, which people leave out; lower
ones (voiced kana, vowel signs) make another letter."""
_ALONE = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7A3),  # Hangul
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})


class _Cutting(dict[int, str]):
    """For `str.translate`: letters stay, lone characters get blanks around, all else is a blank."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _cut(code)
        return found


@dataclass(frozen=True, slots=True)
class Term:
    """What must stand somewhere, side by side; with `prefix` the last word is only a beginning."""

    words: tuple[str, ...]
    prefix: bool = False


def folded(text: str) -> list[str]:
    """The words of a text, in their order."""
    if text.isascii():
        return [word[:LONGEST] for word in _ASCII_WORD.findall(text.lower())]
    # Twice: what is taken apart (a mathematical A, a dotted I) has a case of its own again.
    spelt = unicodedata.normalize("NFKD", text.casefold()).casefold()
    bare = "".join(c for c in spelt if c.isascii() or unicodedata.combining(c) < _ACCENTS)
    letters = unicodedata.normalize("NFC", bare).translate(_PLAIN)
    return [word[:LONGEST] for word in letters.translate(_CUTTING).split()]


def terms(search: str) -> list[Term]:
    """What somebody searches for: words, "phrases", and beginnings*; nothing else has a meaning.

    A piece of several words, as PROJ-42 or user@example.com, is a phrase. Empty for no word at all.
    """
    found: dict[Term, None] = {}
    for phrase, word in _PIECE.findall(search):
        piece = phrase or word
        cut = tuple(folded(piece))
        if cut:
            found[Term(cut, piece.rstrip().endswith("*"))] = None
    return list(found)[:MOST_TERMS]


def _cut(code: int) -> str:
    letter = chr(code)
    if any(first <= code <= last for first, last in _ALONE):
        return f" {letter} " if unicodedata.category(letter)[0] in "LMN" else " "
    category = unicodedata.category(letter)
    if category == "So":
        return f" {letter} "
    return letter if category[0] in "LMN" else " "


_CUTTING = _Cutting()
