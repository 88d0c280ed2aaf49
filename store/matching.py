"""Which accounts are one person's: decided from all that is known of them at once. Pure.

The same accounts give the same persons, in whatever order they came to be known.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from store.keys import Key

MatchedBy = Literal["email", "login", "name", "hand", "alone"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is known. `site` is where its id counts: one tracker at one address."""

    key: Key
    site: str
    login: str
    name: str
    email: str
    kind: str

    @property
    def named(self) -> str:
        """The name as it is compared."""
        return " ".join(self.name.casefold().split())


Hands = Mapping[Key, Key | None]
"""By account: the account that a person named as its twin; None is kept apart from all."""

Evidence = Callable[[Account], object]


def together(accounts: Sequence[Account], hands: Hands) -> list[dict[Key, MatchedBy]]:
    """The accounts of each person, with what each was matched by; ordered by their first account.

    What was decided by hand wins: such an account goes where it was put, whatever it looks like.
    Then count the address, the id at one site, the login, and at last a name. Only users are
    matched by what they look like: a bot or a group is nobody.
    """
    groups = _Groups(accounts)
    how: dict[Key, MatchedBy] = dict.fromkeys(hands.keys() & groups.keys, "hand")
    for key, other in sorted(hands.items(), key=lambda one: one[0]):
        if other is not None and {key, other} <= groups.keys:
            groups.join([key, other])
    users = [one for one in accounts if one.kind == "user"]
    free = [one for one in users if one.key not in hands]
    for matched_by, evidence in _CERTAIN:
        for alike in _alike(free, evidence):
            groups.join(alike)
            _note(how, alike, matched_by)
    for matched_by, evidence in _LIKELY:
        for alike in _alike(users, evidence):
            loose = [key for key in alike if key not in hands]
            if len(loose) > 1 and not groups.contradict(alike):
                groups.join(loose)
                _note(how, loose, matched_by)
    return [_judged(one, how) for one in groups.all()]


def _note(how: dict[Key, MatchedBy], keys: Iterable[Key], matched_by: MatchedBy) -> None:
    for key in keys:
        how.setdefault(key, matched_by)


def _judged(keys: list[Key], how: Mapping[Key, MatchedBy]) -> dict[Key, MatchedBy]:
    """Whom another account was put beside by hand is matched by hand, too."""
    other: MatchedBy = "hand" if len(keys) > 1 else "alone"
    return {key: how.get(key, other) for key in keys}


def _address(one: Account) -> object:
    address = one.email.strip().casefold()
    return address if "@" in address else None


_CERTAIN: tuple[tuple[MatchedBy, Evidence], ...] = (
    ("email", _address),
    ("login", lambda one: (one.site, one.key[1])),
)
_LIKELY: tuple[tuple[MatchedBy, Evidence], ...] = (
    ("login", lambda one: one.login.casefold() or None),
    ("name", lambda one: one.named or None),
)
"""These join nobody where they contradict what is certain: two of a name at one site are two."""


def _alike(accounts: Iterable[Account], evidence: Evidence) -> list[list[Key]]:
    """Accounts that look the same, where there are several."""
    found: dict[object, list[Key]] = defaultdict(list)
    for one in accounts:
        seen = evidence(one)
        if seen is not None:
            found[seen].append(one.key)
    return sorted(sorted(keys) for keys in found.values() if len(keys) > 1)


class _Groups:
    """Accounts that belong together; each alone at first."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._of = {one.key: index for index, one in enumerate(accounts)}
        self._members = {index: [one.key] for index, one in enumerate(accounts)}
        self._sites = {one.key: (one.site, one.key[1]) for one in accounts}
        self.keys = self._of.keys()

    def join(self, keys: Collection[Key]) -> None:
        """Makes one group of theirs."""
        large, *small = sorted({self._of[key] for key in keys}, key=self._size, reverse=True)
        for index in small:
            moved = self._members.pop(index)
            self._members[large] += moved
            self._of.update(dict.fromkeys(moved, large))

    def contradict(self, keys: Collection[Key]) -> bool:
        """Whether two of their groups have different accounts at one site."""
        ids: dict[str, set[frozenset[str]]] = defaultdict(set)
        for index in {self._of[key] for key in keys}:
            mine: dict[str, set[str]] = defaultdict(set)
            for member in self._members[index]:
                site, one = self._sites[member]
                mine[site].add(one)
            for site, found in mine.items():
                ids[site].add(frozenset(found))
        return any(len(found) > 1 for found in ids.values())

    def all(self) -> list[list[Key]]:
        """The groups, each sorted, by their first accounts."""
        return sorted(sorted(members) for members in self._members.values())

    def _size(self, index: int) -> tuple[int, int]:
        return len(self._members[index]), index
