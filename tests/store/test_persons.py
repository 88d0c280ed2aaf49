"""One person, many accounts: the same partition whatever the order, and hands win."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ticket import Person
from store import accounts, matching, people, persons, sources
from store.database import Store
from store.keys import Key
from store.matching import Account
from store.tables import people as table
from store.tables import persons as persons_table
from tests.builders import a_source

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
Sight = tuple[str, Person, datetime]


def seen(source: str, one: str, when: float = 0, **told: str | None) -> Sight:
    """Somebody as a record showed them so many seconds from now."""
    return source, Person.model_validate({"id": one} | told), NOW + timedelta(seconds=when)


def learn(store: Store, *sights: Sight) -> int:
    with store.write() as connection:
        people.remember(connection, sights)
        return persons.match(connection, NOW)


def standing(store: Store) -> dict[Key, tuple[int | None, str | None]]:
    """Each account's person and how it was matched."""
    with store.read() as connection:
        rows = connection.execute(sa.select(table)).all()
    return {(row.source, row.external_id): (row.person, row.matched_by) for row in rows}


def groups(store: Store) -> set[frozenset[str]]:
    """Who is one person, as `source:id`."""
    found: dict[int, set[str]] = {}
    for (source, one), (person, _) in standing(store).items():
        if person is not None:
            found.setdefault(person, set()).add(f"{source}:{one}")
    return {frozenset(members) for members in found.values()}


def how(store: Store, source: str, one: str) -> str | None:
    return standing(store)[source, one][1]


def person(store: Store, source: str, one: str) -> int | None:
    return standing(store)[source, one][0]


def known_persons(store: Store) -> dict[int, tuple[str, str | None]]:
    with store.read() as connection:
        return {row.id: (row.name, row.email) for row in connection.execute(persons_table.select())}


def one_of(*members: str) -> frozenset[str]:
    return frozenset(members)


def test_an_address_matches_whatever_its_case(store: Store) -> None:
    learn(
        store,
        seen("hub", "1", login="mara-lind", email="Mara@Example.org"),
        seen("lab", "77", login="ml", email="mara@example.ORG", name="Mara"),
        seen("lab", "78", login="other", email="other@example.org"),
    )
    assert groups(store) == {one_of("hub:1", "lab:77"), one_of("lab:78")}
    assert [how(store, *key) for key in (("hub", "1"), ("lab", "77"), ("lab", "78"))] == [
        "email",
        "email",
        "alone",
    ]
    assert known_persons(store)[person(store, "hub", "1") or 0] == ("Mara", "Mara@Example.org")


def test_the_same_login_matches_across_sources(store: Store) -> None:
    learn(store, seen("hub", "1", login="Mara"), seen("lab", "2", login="mara"))
    assert groups(store) == {one_of("hub:1", "lab:2")}
    assert how(store, "hub", "1") == "login"


def test_one_account_in_two_projects_of_a_site_is_one_by_its_id(store: Store) -> None:
    hub = "https://github.com/o/"
    with store.write() as connection:
        declared = [a_source("a", url=f"{hub}a"), a_source("b", url=f"{hub}b"),
                    a_source("c", url="https://git.example.org/o/c")]  # fmt: skip
        sources.declare(connection, declared, NOW)
    learn(store, seen("a", "1", login="old"), seen("b", "1", login="new"), seen("c", "1"))
    assert groups(store) == {one_of("a:1", "b:1"), one_of("c:1")}


def test_a_name_matches_only_where_it_is_unique(store: Store) -> None:
    learn(
        store,
        seen("hub", "1", login="m1", name="Mara  Lind"),
        seen("lab", "2", login="m2", name="mara lind"),
        seen("hub", "3", login="a1", name="Alex Kim"),
        seen("lab", "4", login="a2", name="Alex Kim"),
        seen("lab", "5", login="a3", name="Alex Kim"),
    )
    assert one_of("hub:1", "lab:2") in groups(store)
    assert {one_of("hub:3"), one_of("lab:4"), one_of("lab:5")} <= groups(store)
    assert how(store, "hub", "1") == "name"
    assert how(store, "hub", "3") == "alone"


def test_two_of_a_name_who_prove_to_be_one_are_no_two(store: Store) -> None:
    learn(
        store,
        seen("lab", "4", login="a2", name="Alex Kim", email="alex@example.org"),
        seen("lab", "5", login="a3", name="Alex Kim", email="alex@example.org"),
        seen("hub", "3", login="a1", name="Alex Kim"),
    )
    assert groups(store) == {one_of("lab:4", "lab:5", "hub:3")}


@pytest.mark.parametrize("kind", ["bot", "group", "ghost"])
def test_who_is_no_user_joins_nobody_and_is_nobody(store: Store, kind: str) -> None:
    same = {"login": "ci", "name": "CI", "email": "ci@example.org"}
    learn(store, seen("hub", "1", **same, kind=kind), seen("lab", "2", **same))
    assert groups(store) == {one_of("lab:2")}
    assert standing(store)["hub", "1"] == (None, "alone")
    learn(store, seen("lab", "2", 5, **same, kind=kind))
    assert known_persons(store) == {}


def test_a_login_that_would_make_one_of_two_at_a_site_matches_nobody(store: Store) -> None:
    learn(
        store,
        seen("hub", "1", login="alex", email="a@example.org"),
        seen("lab", "2", login="kim", email="a@example.org"),
        seen("lab", "3", login="alex"),
    )
    assert groups(store) == {one_of("hub:1", "lab:2"), one_of("lab:3")}


def test_a_later_address_joins_two_persons_and_the_older_stays(store: Store) -> None:
    learn(store, seen("hub", "1", login="m1"))
    learn(store, seen("lab", "2", login="m2"), seen("jira", "3", login="m3"))
    older, younger = person(store, "hub", "1"), person(store, "lab", "2")
    assert older is not None
    assert younger is not None
    assert older < younger
    mail = {"email": "m@example.org"}
    assert learn(store, seen("hub", "1", 5, **mail), seen("lab", "2", 5, **mail)) == 2
    assert person(store, "hub", "1") == person(store, "lab", "2") == older
    assert set(known_persons(store)) == {older, person(store, "jira", "3")}
    referred = {one for one, _ in standing(store).values()}
    assert referred == set(known_persons(store))


def test_a_number_that_is_gone_is_never_given_again(store: Store) -> None:
    learn(store, seen("hub", "1", login="m1"), seen("lab", "2", login="m2"))
    gone = person(store, "lab", "2") or 0
    learn(store, seen("lab", "2", 5, login="m1"))
    assert gone not in known_persons(store)
    learn(store, seen("jira", "9", login="new"))
    assert (person(store, "jira", "9") or 0) > gone


def test_matching_again_moves_nothing(store: Store) -> None:
    learn(store, seen("hub", "1", login="mara"), seen("lab", "2", login="mara"))
    before = standing(store), known_persons(store)
    with store.write() as connection:
        assert persons.match(connection, NOW) == 0
        connection.execute(table.update().values(matched_by=None))
        persons.match(connection, NOW)
    assert (standing(store), known_persons(store)) == before


def test_a_sight_that_shows_less_takes_nothing_away(store: Store) -> None:
    whole = {"login": "mara", "name": "Mara Lind", "email": "mara@example.org"}
    learn(store, seen("hub", "1", **whole), seen("lab", "2", email="mara@example.org"))
    assert learn(store, seen("hub", "1", 60)) == 0
    assert groups(store) == {one_of("hub:1", "lab:2")}
    with store.read() as connection:
        [found] = accounts.called(connection, "hub", "MARA@example.org")
    assert (found.login, found.name, found.email) == tuple(whole.values())
    learn(store, seen("hub", "1", 90, email="other@example.org"))
    assert len(groups(store)) == 2


def decide(store: Store, account: Key, other: Key | None) -> None:
    with store.write() as connection:
        if other is None:
            persons.keep_apart(connection, account, NOW)
        else:
            persons.put_together(connection, account, other, NOW)
        persons.match(connection, NOW)


def forget(store: Store, account: Key) -> bool:
    with store.write() as connection:
        forgotten = persons.release(connection, account)
        persons.match(connection, NOW)
    return forgotten


def test_a_hand_wins_over_everything_and_survives(store: Store) -> None:
    mail = {"email": "m@example.org"}
    learn(store, seen("hub", "1", **mail), seen("lab", "2", **mail), seen("jira", "3", login="x"))
    decide(store, ("lab", "2"), ("jira", "3"))
    assert groups(store) == {one_of("hub:1"), one_of("lab:2", "jira:3")}
    assert (how(store, "lab", "2"), how(store, "jira", "3")) == ("hand", "hand")
    learn(store, seen("lab", "2", 9, name="New"), seen("ado", "4", **mail))
    assert groups(store) == {one_of("hub:1", "ado:4"), one_of("lab:2", "jira:3")}
    assert forget(store, ("lab", "2"))
    assert groups(store) == {one_of("hub:1", "lab:2", "ado:4"), one_of("jira:3")}
    assert how(store, "lab", "2") == "email"
    assert not forget(store, ("lab", "2"))


def test_who_is_kept_apart_stays_apart(store: Store) -> None:
    learn(store, seen("hub", "1", login="mara"), seen("lab", "2", login="mara"))
    first = person(store, "hub", "1")
    decide(store, ("lab", "2"), None)
    assert groups(store) == {one_of("hub:1"), one_of("lab:2")}
    assert person(store, "hub", "1") == first
    learn(store, seen("lab", "2", 9, name="Mara"), seen("hub", "1", 9, name="Mara"))
    assert len(groups(store)) == 2
    decide(store, ("hub", "1"), ("lab", "2"))
    assert groups(store) == {one_of("hub:1", "lab:2")}
    forget(store, ("hub", "1"))
    forget(store, ("lab", "2"))
    assert groups(store) == {one_of("hub:1", "lab:2")}
    assert how(store, "lab", "2") == "login"


def test_a_person_stays_with_those_who_were_not_taken_away(store: Store) -> None:
    learn(store, seen("lab", "1", login="mara"), seen("zoo", "2", login="mara"))
    whole = person(store, "zoo", "2")
    decide(store, ("lab", "1"), None)
    assert person(store, "zoo", "2") == whole
    assert person(store, "lab", "1") not in (None, whole)


def test_a_bot_may_be_somebodys_by_hand(store: Store) -> None:
    learn(store, seen("hub", "1", kind="bot"), seen("lab", "2"))
    decide(store, ("hub", "1"), ("lab", "2"))
    assert groups(store) == {one_of("hub:1", "lab:2")}
    with store.read() as connection:
        assert persons.account_in(connection, ("lab", "2"), "hub") is None


def test_an_account_is_found_in_another_source(store: Store) -> None:
    mail = {"email": "m@example.org"}
    learn(store, seen("hub", "1", **mail), seen("lab", "2", login="ml", **mail), seen("lab", "3"))
    with store.read() as connection:
        found = persons.account_in(connection, ("hub", "1"), "lab")
        assert found == Person(id="2", login="ml", email="m@example.org")
        assert persons.account_in(connection, ("lab", "3"), "hub") is None
        assert persons.account_in(connection, ("hub", "nobody"), "lab") is None


def test_unmatched_are_users_whom_no_other_source_knows(store: Store) -> None:
    learn(store, seen("hub", "1", login="mara"), seen("hub", "2", login="solo"))

    def unmatched() -> list[str]:
        with store.read() as connection:
            return [one.id for one in accounts.find(connection, unmatched=True)]

    assert unmatched() == []
    learn(store, seen("lab", "9", login="mara"), seen("lab", "8", login="ci", kind="bot"))
    assert unmatched() == ["2"]
    learn(store, seen("lab", "7", name="Ünal"))
    with store.read() as connection:
        assert [one.id for one in accounts.find(connection, source="lab")] == ["8", "9", "7"]
        assert len(accounts.find(connection, limit=3)) == 3
        assert [one.id for one in accounts.called(connection, "lab", "Ünal")] == ["7"]


def test_what_is_seen_while_others_are_matched_is_not_lost(store: Store) -> None:
    learn(store, *(seen("hub", str(n), login=f"h{n}") for n in range(20)))
    over = Event()

    def see() -> None:
        for number in range(60):
            with store.write() as connection:
                mail = f"p{number % 20}@example.org"
                sights = [seen("hub", str(number % 20), number, email=mail),
                          seen("lab", str(number % 20), number, email=mail)]  # fmt: skip
                people.remember(connection, sights)
        over.set()

    with ThreadPoolExecutor(2) as threads:
        seeing = threads.submit(see)
        while not over.is_set() and not seeing.done():
            persons.bring_up(store, NOW)
        seeing.result()
    persons.bring_up(store, NOW)
    assert groups(store) == {one_of(f"hub:{n}", f"lab:{n}") for n in range(20)}


WORDS = st.sampled_from(["", "mara", "Mara", "alex", "kim"])
MAILS = st.sampled_from([None, "m@example.org", "M@example.org", "k@example.org"])
SIGHTS = st.lists(
    st.tuples(
        st.sampled_from(["hub", "lab", "jira"]), st.sampled_from("123"), WORDS, WORDS, MAILS,
        st.sampled_from(["user", "user", "user", "bot"]),
    ),
    max_size=14,
)  # fmt: skip


@given(drawn=SIGHTS, data=st.data())
@settings(max_examples=40)
def test_any_order_of_sights_gives_the_same_persons(sqlite_store: Store, drawn, data) -> None:
    sights = [
        seen(source, one, place, login=login, name=name, email=email, kind=kind)
        for place, (source, one, login, name, email, kind) in enumerate(drawn)
    ]
    size = data.draw(st.integers(1, 5))
    results = []
    for order in (sights, data.draw(st.permutations(sights))):
        with sqlite_store.write() as connection:
            for one in (table, persons_table):
                connection.execute(one.delete())
        for start in range(0, len(order), size):
            learn(sqlite_store, *order[start : start + size])
        found = {key: matched_by for key, (_, matched_by) in standing(sqlite_store).items()}
        results.append((groups(sqlite_store), found))
        referred = {one for one, _ in standing(sqlite_store).values() if one is not None}
        assert referred == set(known_persons(sqlite_store))
    assert results[0] == results[1]


@given(drawn=SIGHTS, data=st.data())
@settings(max_examples=150)
def test_the_order_of_accounts_and_hands_does_not_matter(drawn, data) -> None:
    last = {(one[0], one[1]): one for one in drawn}
    known = [
        Account((source, one), source, login, name, email or "", kind)
        for source, one, login, name, email, kind in last.values()
    ]
    keys = [one.key for one in known]
    hands = data.draw(
        st.dictionaries(st.sampled_from(keys), st.sampled_from([None, *keys]), max_size=3)
        if keys
        else st.just({})
    )
    hands = {key: other for key, other in hands.items() if key != other}
    mixed = data.draw(st.permutations(known))
    turned = dict(reversed(hands.items()))
    first, second = matching.together(known, hands), matching.together(mixed, turned)
    assert first == second
    assert sorted(key for group in first for key in group) == sorted(keys)
    for key, other in hands.items():
        [mine] = [group for group in first if key in group]
        assert mine[key] == "hand"
        assert other is None or other in mine
        if other is None and key not in hands.values():
            assert mine.keys() == {key}


def ten_thousand() -> Iterable[Sight]:
    for number in range(2_500):
        mail = f"p{number}@example.org"
        yield seen("hub", f"h{number}", login=f"user{number}", name=f"Person {number % 2000}")
        yield seen("lab", f"l{number}", login=f"user{number}", name=f"P {number}")
        yield seen("jira", f"j{number}", name=f"Person {number % 2000}", email=mail)
        yield seen("ado", f"a{number}", login=mail, name=f"Q {number}", email=mail)


def test_ten_thousand_accounts_are_matched_in_two_seconds(store: Store) -> None:
    sights: Sequence[Sight] = list(ten_thousand())
    with store.write() as connection:
        people.remember(connection, sights)
    began = time.process_time()
    with store.write() as connection:
        assert persons.match(connection, NOW) == 10_000
    assert time.process_time() - began < 2
    # Five hundred names belong to two people each.
    assert len(groups(store)) == 5_000 - 1_500
    with store.read() as connection:
        [found] = accounts.called(connection, "hub", "user700")
        twin = persons.account_in(connection, found.key, "ado")
    assert twin is not None
    assert twin.id == "a700"
