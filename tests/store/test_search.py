"""Search: the same tickets in the same order on both databases, whatever is typed."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ticket import Comment, Label, Ticket
from store import search
from store.database import Store
from store.derivable import Derivable
from store.tables import searchable
from store.words import LONGEST, folded, terms
from tests.builders import NOW

_moments = itertools.count()


def a_ticket(key: str, title: str, body: str = "", *notes: str, **over: Any) -> Ticket:
    """Each is newer than the one before."""
    plain: dict[str, Any] = {
        "source": "shop",
        "external_id": f"id-{key}",
        "updated_at": NOW + timedelta(seconds=next(_moments)),
    }
    comments = tuple(Comment(id=str(n), body=note) for n, note in enumerate(notes))
    return Ticket(key=key, title=title, body=body, comments=comments, **(plain | over))


def keep(store: Store, *tickets: Ticket) -> None:
    batch = [Derivable((one.source, one.external_id), one, (), None) for one in tickets]
    with store.write() as connection:
        search.make(connection, batch, NOW)


def found(store: Store, words: str, **asked: Any) -> list[str]:
    with store.read() as connection:
        keys = search.search(connection, words, **asked)
    return [ticket.removeprefix("id-") for _, ticket in keys]


LIBRARY = (
    a_ticket("PROJ-42", "Sign-in fails", "The auth token expires too early."),
    a_ticket("PROJ-421", "Café menü is wrong", "Straße, Łódź, ŒUVRE and naïve users"),
    a_ticket(
        "7", "Rotate tokens", "See PROJ-42", "authentication is broken", "ask ines@example.com"
    ),
    a_ticket("8", "Token of auth", "nothing here", labels=(Label(id="1", name="Needs: Triage"),)),
    a_ticket("9", "検索機能が遅い", "データベースのインデックスを確認する", "쇼핑몰 검색이 느려요"),
    a_ticket("10", "Ship it 🚀🚀", "snake_case and kebab-case v2.10.3", "quote \" and ' and \\"),
    a_ticket("11", "Old one", "auth", state="closed"),
    a_ticket("12", "Gone one", "auth", sync_status="deleted"),
    a_ticket("13", "Other one", "auth", source="desk"),
    a_ticket("14", "ИСКАТЬ Ёлку", "ΑΘΗΝΑ και Αθήνα"),
    a_ticket("15", "ค้นหาช้า", "हिन्दी में खोज"),
)

QUERIES = {
    "auth": ["8", "13", "12", "11", "PROJ-42"],
    "AUTH": ["8", "13", "12", "11", "PROJ-42"],
    "auth*": ["8", "13", "12", "11", "7", "PROJ-42"],
    "auth token": ["8", "PROJ-42"],
    "token auth": ["8", "PROJ-42"],
    '"auth token"': ["PROJ-42"],
    '"auth tok*"': ["PROJ-42"],
    '"token auth"': [],
    '"auth token': ["PROJ-42"],
    "PROJ-42": ["PROJ-42", "7"],
    "proj-42*": ["PROJ-421", "PROJ-42", "7"],
    "#7": ["7"],
    "cafe": ["PROJ-421"],
    "CAFÉ menu": ["PROJ-421"],
    "cafe\u0301": ["PROJ-421"],
    "strasse": ["PROJ-421"],
    "lodz oeuvre": ["PROJ-421"],
    "ines@example.com": ["7"],
    "example ines": ["7"],
    '"example ines"': [],
    "triage": ["8"],
    "Needs: Triage": ["8"],
    "label:triage": [],
    "検索": ["9"],
    "索機": ["9"],
    "索検": [],
    "インデックス": ["9"],
    "검색": ["9"],
    "елку": ["14"],
    "αθηνα": ["14"],
    "ค้นหา": ["15"],
    "हिन्दी": ["15"],
    "🚀": ["10"],
    "ship 🚀": ["10"],
    "🚂": [],
    "snake_case": ["10"],
    "case": ["10"],
    "v2.10": ["10"],
    "2.10": [],
    "NOT auth": [],
    "-auth": ["8", "13", "12", "11", "PROJ-42"],
    "fails expires": ["PROJ-42"],
    "expires broken": [],
    "fails the": ["PROJ-42"],
    "*": [],
    '"': [],
    '""': [],
    "": [],
    "   ": [],
    "- : ( ) ' \\ ; -- /*": [],
    "title:auth": [],
    "{title} : auth": [],
    "auth AND (": [],
    "auth & | ! <-> :*": ["8", "13", "12", "11", "PROJ-42"],
    "'auth'": ["8", "13", "12", "11", "PROJ-42"],
    "auth\x00": ["8", "13", "12", "11", "PROJ-42"],
    "\udcff auth": ["8", "13", "12", "11", "PROJ-42"],
    "auth " * 2000: ["8", "13", "12", "11", "PROJ-42"],
    "x" * 100_000: [],
}


@pytest.fixture
def library(store: Store) -> Store:
    keep(store, *LIBRARY)
    return store


def test_the_same_is_found_in_the_same_order_on_both(library: Store) -> None:
    assert {words: found(library, words) for words in QUERIES} == QUERIES


def test_a_source_a_state_and_a_limit_narrow_it(library: Store) -> None:
    assert found(library, "auth", source="desk") == ["13"]
    assert found(library, "auth", source="nowhere") == []
    assert found(library, "auth", state="closed") == ["11"]
    assert found(library, "auth", state="deleted") == ["12"]
    assert found(library, "auth", state="open") == ["8", "13", "PROJ-42"]
    assert found(library, '"auth token"', state="closed") == []
    assert found(library, "auth", limit=2) == ["8", "13"]


def test_words_in_the_title_are_better_then_neighbours_then_the_newest(store: Store) -> None:
    keep(
        store,
        a_ticket("titled", "slow search page"),
        a_ticket("half", "search", "so slow"),
        a_ticket("apart", "x", "slow as ever is the search"),
        a_ticket("newer apart", "x", "search, slow"),
        a_ticket("beside", "x", "a note", "it is a slow search"),
    )
    keep(store, a_ticket("newest apart", "x", "search that is slow"))
    best = ["titled", "half", "beside", "newest apart", "newer apart", "apart"]
    assert found(store, "slow search") == best


def test_what_changed_is_found_by_its_new_words_alone(store: Store) -> None:
    keep(store, a_ticket("1", "kettle", "boils", "whistles"))
    keep(store, a_ticket("1", "teapot", "pours", "drips"))
    old, new = ("kettle", "boils", "whistles"), ("teapot", "pours", "drips")
    assert [found(store, word) for word in old] == [[], [], []]
    assert [found(store, word) for word in new] == [["1"], ["1"], ["1"]]
    keep(store, a_ticket("1", "", sync_status="deleted"))
    assert [found(store, word) for word in new] == [[], [], []]
    assert count(store) == 0


def test_a_deleted_ticket_is_found_as_long_as_its_words_are_held(store: Store) -> None:
    keep(store, a_ticket("1", "kettle", sync_status="deleted"))
    assert found(store, "kettle", state="deleted") == ["1"]
    assert found(store, "kettle", state="open") == []


def test_the_same_ticket_again_writes_nothing(store: Store) -> None:
    ticket = a_ticket("1", "kettle")
    keep(store, ticket)
    batch = [Derivable(("shop", ticket.external_id), ticket, (), None)]
    with store.write() as connection:
        before = state_of(connection)
        search.make(connection, batch, NOW)
        assert state_of(connection) == before
    assert count(store) == 1


def state_of(connection: sa.Connection) -> Any:
    """What every write moves: SQLite counts changes, PostgreSQL gives rows a new version."""
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql("SELECT total_changes()").scalar()
    return connection.exec_driver_sql("SELECT xmin, ctid FROM searchable").all()


def count(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(searchable)).scalar_one()


def test_an_endless_text_is_searched_as_far_as_it_is_kept(store: Store) -> None:
    numbers = " ".join(f"w{number:x}" for number in range(300_000))
    keep(store, a_ticket("1", "kettle", numbers, "never reached"), a_ticket("2", numbers, "lost"))
    assert found(store, "w0 w1 kettle") == ["1"]
    assert found(store, "w100") == ["2", "1"]
    assert found(store, "never") == []
    keep(store, a_ticket("3", "漢" * 300_000, "字" * 300_000), a_ticket("4", "a" * 300_000))
    assert found(store, "漢漢") == ["3"]
    assert found(store, "a" * LONGEST) == ["4"]


def test_no_phrase_reaches_from_one_text_into_the_next(store: Store) -> None:
    keep(store, a_ticket("1", "kettle", "boils over", "at last", "and again"))
    for phrase in ("1 kettle", "kettle boils", "over at", "last and", "again at"):
        assert found(store, f'"{phrase}"') == []


def test_the_newest_come_first_among_very_many(store: Store) -> None:
    keep(store, *(a_ticket(str(number), "kettle") for number in range(450)))
    assert found(store, "kettle", limit=3) == ["449", "448", "447"]
    assert len(found(store, "kettle", limit=1000)) == 450


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't panic!", ["don", "t", "panic"]),
        ("İSTANBUL ısı", ["istanbul", "isi"]),
        ("がか", ["が", "か"]),
        ("ﬁne ①", ["fine", "1"]),
        ("한국어v2", ["한", "국", "어", "v2"]),
        ("a\u200bb", ["a", "b"]),
        ("", []),
    ],
)
def test_text_is_cut_into_words(text: str, words: list[str]) -> None:
    assert folded(text) == words


@given(st.text(max_size=60))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    words = folded(text)
    assert folded(" ".join(words)) == words
    assert not any(set(word) & set(" '\"\\|*") for word in words)


TEXTS = st.text(alphabet="ab é検🚀\"*-'|:()", max_size=14)


@settings(max_examples=60)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), words=TEXTS)
def test_an_index_finds_what_reading_everything_finds(
    store: Store, texts: list[str], words: str
) -> None:
    keep(store, *(a_ticket(str(number), text) for number, text in enumerate(texts)))
    wanted = [f" {' '.join(one.words)}{'' if one.prefix else ' '}" for one in terms(words)]
    expected = {
        str(number)
        for number, text in enumerate(texts)
        if wanted and all(one in f" {number} | {' '.join(folded(text))} " for one in wanted)
    }
    assert set(found(store, words)) == expected
    with store.write() as connection:
        connection.execute(searchable.delete())
