"""Texts carried from one tracker to another without harm: nobody is notified, no number points at a
stranger, no mark of ours is copied.

Code is left alone. GitLab's quick actions are its dialect's own business: it disarms whatever is
written to it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from schemas.ticket import Person
from workers.rules import prose, quiet, references
from workers.rules.quiet import QUIET
from workers.rules.terms import OTHER, Terms

_MENTION = rf"(?<![A-Za-z0-9])@(?P<still>{QUIET}*)(?P<login>[A-Za-z0-9_](?:[\w./-]*[A-Za-z0-9_])?)"
_ENTITY = rf"(?P<entity>&(?:#0*64|#[xX]0*40|commat|#0*35|#[xX]0*23|num);)(?P<muted>{QUIET}*)(?=\w)"
"""A sign written so that it becomes one when it is shown."""
_EPIC = rf"(?<![\w&/]) ?(?<!\w)&(?P<calm>{QUIET}*)(?P<epic>\d{{1,9}})\b(?!;)"
_MARK = re.compile(
    rf"(ticketsync(?={QUIET}*:\d)"
    rf"|<!--(?={QUIET}* ?(?:ticketsync mirror|MIRROR_MAESTRO)))({QUIET}*)"
)
_TOKEN = re.compile(
    "|".join(
        (
            references.LINK, references.ADDRESS, references.NUMBER, references.KEY, _MENTION,
            _ENTITY, _EPIC,
        )
    )
)  # fmt: skip
_IN_LABEL = re.compile(rf"{_MENTION}")
_SCHEMES = {"jira": "accountid", "azure_devops": "azureid"}
_MENTIONED = ("accountid:", "username:", "azureid:")


def carried(text: str, terms: Terms, there: str = "") -> str:
    """A text as the other side may have it; on the way back, what was made harmless is undone.

    `there` is what stands there now: somebody whom people of that side mention themselves in it
    stays mentioned.
    """
    alive = mentioned([there]) if QUIET in text and "@" in there else set()
    told = prose.outside_code(text, partial(_prose, terms=terms, alive=frozenset(alive)))
    return _MARK.sub(partial(_mark, terms=terms), told)


def titled(line: str, terms: Terms, there: str = "") -> str:
    """A title as the other side may have it. GitLab alone looks for people in titles
    (https://docs.gitlab.com/user/discussions/#mentions); `there` as for `carried`."""
    if "@" not in line:
        return line
    if terms.other.tracker == "gitlab":
        alive = frozenset(mentioned([there])) if QUIET in line else frozenset()
        return _IN_LABEL.sub(partial(_mention, terms=terms, alive=alive), line)
    if terms.own.tracker == "gitlab" and not terms.outward:
        return re.sub(rf"@{QUIET}", "@", line)
    return line


def undone(text: str, terms: Terms) -> str:
    """A carried text on its way back to where it was written, whoever's ticket it stands in."""
    return carried(text, replace(terms, born=OTHER[terms.side]))


def mentioned(texts: Iterable[str]) -> set[str]:
    """Whom texts mention: logins in small letters, and the ids of accounts."""
    found: set[str] = set()
    for text in texts:
        for is_code, piece in prose.pieces(text):
            for one in () if is_code else _TOKEN.finditer(piece):
                if one["login"] and not one["still"]:
                    found.add(one["login"].lower())
                elif one["href"] and one["href"].startswith(_MENTIONED):
                    found.add(_account(one["href"]))
    return found


def plain(words: str) -> str:
    """A line of ours (names, titles) in which nothing links and nobody is mentioned."""
    return quiet.hushed(words)


def _prose(text: str, *, terms: Terms, alive: frozenset[str]) -> str:
    return _TOKEN.sub(partial(_token, terms=terms, alive=alive), text)


def _token(found: re.Match[str], *, terms: Terms, alive: frozenset[str]) -> str:
    if found["href"]:
        return _link(found, terms, alive)
    if found["url"]:
        return references.address(found["url"], terms)
    if found["number"]:
        return references.number(found, terms)
    if found["key"]:
        return references.key(found, terms)
    if found["entity"]:
        return _muted(found, terms)
    if found["epic"]:
        return quiet.said(found[0], terms) if found["calm"] else quiet.hushed(found[0])
    return _mention(found, terms, alive)


def _mark(found: re.Match[str], *, terms: Terms) -> str:
    """A copy of a mark would speak for us where we are the author, in code as anywhere."""
    if found[2] and not terms.outward:
        return found[0].replace(QUIET, "", 1)
    return found[0] + QUIET


def _mention(found: re.Match[str], terms: Terms, alive: frozenset[str]) -> str:
    login = found["login"]
    if found["still"]:
        lives = login.lower() in alive and found["still"] == QUIET
        return f"@{login}" if lives else quiet.said(found[0], terms)
    by_name = terms.own.tracker not in _SCHEMES  # elsewhere a mention is a link, a name is a name
    account = terms.accounts.get(login.lower()) if by_name else None
    return _addressed(account, terms) if account else quiet.hushed(found[0])


def _addressed(account: Person, terms: Terms) -> str:
    """The account's mention there, in that tracker's form."""
    scheme = terms.other.mentions or _SCHEMES.get(terms.other.tracker)
    if scheme:
        name = account.name or account.login or account.id
        return f"[@{name}]({scheme}:{account.id})"
    return f"@{account.login}" if account.login else quiet.hushed(f"@{account.name}")


def _muted(found: re.Match[str], terms: Terms) -> str:
    less = bool(found["muted"]) and not terms.outward
    return found["entity"] + (found["muted"][1:] if less else found["muted"] + QUIET)


def _link(found: re.Match[str], terms: Terms, alive: frozenset[str]) -> str:
    text, href = found["text"], found["href"]
    if href.startswith(_MENTIONED):
        account = terms.people.get(_account(href))
        return _addressed(account, terms) if account else quiet.hushed(f"@{text.lstrip('@')}")
    ours = references.link(found, terms)
    if ours is not None:
        return ours
    shown = _IN_LABEL.sub(partial(_quieted, terms=terms), text)
    if not found["image"]:
        shown = quiet.label(shown, terms)
    rest = found["open"], references.address(href, terms), found["close"]
    return f"{found['image']}[{shown}]({''.join(rest)})"


def _quieted(found: re.Match[str], *, terms: Terms) -> str:
    return quiet.said(found[0], terms) if found["still"] else quiet.hushed(found[0])


def _account(href: str) -> str:
    return href.partition(":")[2].partition("?")[0]
