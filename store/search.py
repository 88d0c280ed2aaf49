"""Search: tickets by the words in their key, title, text, labels and comments, best first.

Both databases find the same tickets in the same order: what a word is, and what is better, is
decided here (`store.words`); their indexes only look words up. The best are those with all words in
key or title; then those with more of them there, then with the words side by side, then the newest.
Among very many the newest `CANDIDATES` of either kind are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles

from schemas.ticket import Ticket
from store import sql
from store.derivable import Derivable
from store.keys import Key, among
from store.tables import searchable
from store.words import BREAK, MOST_TERMS, Term, folded, terms

CANDIDATES = 200
LONGEST_TEXT = 200_000
"""Characters of a ticket that are looked at, in all: PostgreSQL takes no vector over 1 MiB."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_GONE = ("deleted", "moved", "hidden")
_TEXTS = (searchable.c.title, searchable.c.body, searchable.c.notes)


@dataclass(frozen=True, slots=True)
class Hit:
    """A ticket that was found; `titled` tells how many of the terms its key and title hold."""

    key: Key
    titled: int
    together: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    """What else is asked of a ticket."""

    source: str | None
    state: str | None

    def of(self, columns: Any) -> list[sa.ColumnElement[bool]]:
        asked = {"source": self.source, "state": self.state}
        return [columns[name] == value for name, value in asked.items() if value is not None]


def search(
    connection: sa.Connection,
    words: str,
    *,
    source: str | None = None,
    state: str | None = None,
    limit: int = 50,
) -> list[Key]:
    """The tickets that have all terms of `words`, best first; none when there is no word in it.

    `state` is open, closed or deleted (also moved and hidden).
    """
    wanted = terms(words)
    if not wanted:
        return []
    most = max(limit, CANDIDATES)
    kept = _Kept(source, state)
    found = _hits(connection, wanted, kept, most, in_titles=True)
    if len(found) < limit:
        others = _hits(connection, wanted, kept, most, in_titles=False)
        found = list({one.key: one for one in (*found, *others)}.values())
    return [one.key for one in sorted(found, key=_order)[:limit]]


def make(connection: sa.Connection, batch: Sequence[Derivable], now: datetime) -> None:
    """Keeps the words of these tickets; one that was never read has none."""
    rows = [_row(one) for one in batch if _has_words(one.ticket)]
    nameless = [one.key for one in batch if not _has_words(one.ticket)]
    if nameless:
        connection.execute(searchable.delete().where(among(searchable, nameless, "ticket")))
    if rows:
        connection.execute(_upsert(connection.dialect.name), rows)


def _has_words(ticket: Ticket) -> bool:
    return bool(ticket.title or ticket.sync_status not in _GONE)


def _row(one: Derivable) -> dict[str, Any]:
    ticket = one.ticket
    title = _joined([ticket.key, ticket.title], LONGEST_TEXT)
    left = LONGEST_TEXT - len(title)
    body = _joined([*(label.name for label in ticket.labels), ticket.body], left)
    notes = _joined([note.body for note in reversed(ticket.comments)], left - len(body))
    return {
        "source": one.key[0],
        "ticket": one.key[1],
        "at": ticket.updated_at or ticket.created_at or _NEVER,
        "state": "deleted" if ticket.sync_status in _GONE else ticket.state,
        "title": title,
        "body": body,
        "notes": notes,
    }


def _joined(texts: Sequence[str], most: int) -> str:
    """The words of some texts, so many characters at most; none is cut in two."""
    whole = f" {BREAK} ".join(" ".join(folded(text[: max(most, 0)])) for text in texts)
    return whole if len(whole) <= most else whole[: max(most, 0)].rpartition(" ")[0]


def _upsert(dialect: str) -> Any:
    """Writes what is new; a ticket whose words are the same costs the index nothing."""
    statement = sql.insert(dialect, searchable).inline()
    names = ("at", "state", "title", "body", "notes")
    new = {name: statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(
        index_elements=["source", "ticket"],
        set_=new,
        where=sa.or_(*(searchable.c[name] != new[name] for name in names)),
    )


def _order(hit: Hit) -> Any:
    return (-hit.titled, not hit.together, -hit.at.timestamp(), hit.key)


def _hits(
    connection: sa.Connection, wanted: Sequence[Term], kept: _Kept, most: int, *, in_titles: bool
) -> list[Hit]:
    """The newest that hold the terms anywhere, or all of them in key and title."""
    look_up = _in_postgresql if connection.dialect.name == "postgresql" else _in_sqlite
    found, columns = look_up(wanted, in_titles=in_titles)
    # The indexes know single words: that those of a term are neighbours is seen in the texts, which
    # are read for that alone.
    texts = _TEXTS[:1] if in_titles else _TEXTS
    phrases = [_stands(one, texts) for one in wanted if one.words[1:]]
    if phrases:
        found = found.join(searchable, searchable.c.id == columns.id).where(*phrases)
    order = (columns.at.desc(), columns.id)
    newest = found.where(*kept.of(columns)).order_by(*order).limit(most).subquery()
    titled = sum((sa.cast(_stands(one, _TEXTS[:1]), sa.Integer) for one in wanted), sa.literal(0))
    query = (
        sa.select(searchable.c.source, searchable.c.ticket, searchable.c.at)
        .add_columns(titled.label("titled"), _together(wanted).label("together"))
        .join(newest, newest.c.id == searchable.c.id)
    )
    return [
        Hit((row.source, row.ticket), row.titled, bool(row.together), row.at)
        for row in connection.execute(query)
    ]


def _in_sqlite(wanted: Sequence[Term], *, in_titles: bool) -> tuple[sa.Select[Any], Any]:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax"""
    words = " AND ".join(f'"{word}"{"*" if cut else ""}' for word, cut in _lexemes(wanted))
    found = sa.table("searchable_found", *_columns())
    index = sa.table("searchable_index", sa.column("rowid"))
    match = sa.literal_column("searchable_index").op("MATCH")
    query = sa.select(found.c.id, found.c.at).join(index, index.c.rowid == found.c.id)
    return query.where(match(f"{{title}} : ({words})" if in_titles else words)), found.c


def _in_postgresql(wanted: Sequence[Term], *, in_titles: bool) -> tuple[sa.Select[Any], Any]:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY"""
    words = " & ".join(f"'{word}'{':*' if cut else ''}" for word, cut in _lexemes(wanted))
    vector: sa.ColumnClause[Any] = sa.column("titles" if in_titles else "words")
    index = sa.table("searchable_index", vector, *_columns())
    match = index.c[vector.name].op("@@")
    query = sa.select(index.c.id, index.c.at)
    return query.where(match(sa.cast(words, postgresql.TSQUERY))), index.c


def _columns() -> list[sa.ColumnClause[Any]]:
    """What each index keeps beside the words."""
    names = ("id", "at", "state", "source")
    return [sa.column(name, searchable.c[name].type) for name in names]


def _lexemes(wanted: Sequence[Term]) -> list[tuple[str, bool]]:
    """Each word that must be there, and whether it is a beginning only."""
    found = {
        (word, one.prefix and place == len(one.words))
        for one in wanted
        for place, word in enumerate(one.words, start=1)
    }
    return sorted(found)[:MOST_TERMS]


def _together(wanted: Sequence[Term]) -> sa.ColumnElement[bool]:
    """All terms one after the other, as they were written."""
    if len(wanted) == 1 or any(one.prefix for one in wanted[:-1]):
        return sa.false()
    words = tuple(word for one in wanted for word in one.words)
    return _stands(Term(words, wanted[-1].prefix), _TEXTS)


def _stands(term: Term, texts: Sequence[sa.Column[str]]) -> sa.ColumnElement[bool]:
    phrase = f" {' '.join(term.words)}{'' if term.prefix else ' '}"
    return sa.or_(*(Within(" " + text + " ", sa.literal(phrase)) for text in texts))


class Within(sa.sql.functions.GenericFunction[bool]):
    """Whether a text holds another; each dialect has its own word for it."""

    type = sa.Boolean()
    inherit_cache = True
    name = "within"


@compiles(Within, "sqlite")
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **options)}) > 0)"


@compiles(Within, "postgresql")
def _strpos(element: Any, compiler: Any, **options: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **options)}) > 0)"
