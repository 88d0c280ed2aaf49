"""Grants in the store: sealed, found by site, and renewed by one for all."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from runtime.sealing import Sealing
from schemas.errors import Denied, StoreAway, Transient
from schemas.ports import Grant
from store import grants as grants_of
from store.grants import Grants
from store.tables import grants as table

KEYS = Fernet.generate_key().decode()
SITE = "https://git.example"
SOON = datetime.now(UTC) + timedelta(hours=1)


def a_seal(keys: str = KEYS) -> Sealing:
    return Sealing(keys, Path("unused"))


def a_grant(number: int = 1, **over) -> Grant:
    fields = {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_at": SOON,
        "scopes": ("api",),
    }
    return Grant(**(fields | over))


@pytest.fixture
def grants(store) -> Grants:
    return Grants(store, a_seal())


@pytest.fixture
def kept(grants) -> Grant:
    """One grant, as it is read back."""
    grants.save("gitlab", SITE, a_grant(), {}, "octo")
    return grants.find("gitlab", SITE)


def renewed(number: int = 2):
    """A tracker's answer to a refresh, that remembers what it was given."""

    def refresh(grant: Grant) -> Grant:
        refresh.given.append(grant.refresh_token)
        return a_grant(number)

    refresh.given = []
    return refresh


def test_a_grant_is_read_back_as_it_was_saved(grants):
    grants.save("gitlab", SITE, a_grant(), {}, "octo")
    found = grants.find("gitlab", SITE)
    assert found == a_grant(account="octo", generation=1)
    assert grants.find("gitlab", "https://other.example") is None
    assert grants.find("github", SITE) is None


def test_no_token_lies_in_the_database_in_the_clear(grants, store):
    grants.save("gitlab", SITE, a_grant(), {}, "octo")
    with store.read() as connection:
        row = connection.execute(sa.select(table)).one()
    assert b"access-1" not in bytes(row.sealed)
    assert "access-1" not in repr(row)
    assert "refresh-1" not in repr(row)


def test_a_row_cannot_serve_another_tracker(grants, store):
    grants.save("gitlab", SITE, a_grant(), {}, None)
    with store.write() as connection:
        connection.execute(table.update().values(tracker="github"))
    with pytest.raises(Denied, match="belongs to gitlab"):
        grants.find("github", SITE)


def test_a_lost_key_is_told_with_the_way_out(grants, store):
    grants.save("gitlab", SITE, a_grant(), {}, None)
    with pytest.raises(Denied, match=r"TICKETSYNC_SECRET_KEYS.*ticketsync auth"):
        Grants(store, a_seal(Fernet.generate_key().decode())).find("gitlab", SITE)


def test_one_grant_may_serve_several_sites_with_an_id_each(grants):
    sites = {"https://a.atlassian.net": "cloud-a", "https://b.atlassian.net": "cloud-b"}
    grants.save("jira", "", a_grant(), sites, "octo")
    assert grants.find("jira", "https://a.atlassian.net").site == "cloud-a"
    assert grants.find("jira", "https://b.atlassian.net").site == "cloud-b"
    assert grants.find("jira", "https://c.atlassian.net").site is None


def test_the_grant_of_the_very_site_wins(grants):
    grants.save("gitlab", "", a_grant(1), {}, None)
    grants.save("gitlab", "https://git.example/below", a_grant(2), {}, None)
    assert grants.find("gitlab", SITE).access_token == "access-2"
    assert grants.find("gitlab", "https://other.example").access_token == "access-1"


def test_a_new_consent_is_a_new_generation(grants, kept):
    grants.save("gitlab", SITE, a_grant(7), {}, "someone-else")
    found = grants.find("gitlab", SITE)
    assert (found.access_token, found.generation, found.account) == ("access-7", 2, "someone-else")


def test_a_renewal_is_stored_and_keeps_whose_it_is(grants, kept):
    refresh = renewed()
    found = grants.renew("gitlab", SITE, kept, refresh)
    assert found == grants.find("gitlab", SITE)
    assert (found.access_token, found.generation, found.account) == ("access-2", 2, "octo")
    assert refresh.given == ["refresh-1"]


def test_who_saw_an_older_grant_gets_the_newer_without_a_refresh(grants, kept):
    grants.renew("gitlab", SITE, kept, renewed())
    refresh = renewed(3)
    assert grants.renew("gitlab", SITE, kept, refresh).access_token == "access-2"
    assert refresh.given == []


def test_threads_that_renew_at_once_refresh_once(grants, kept, store):
    asked, tokens = [], []

    def refresh(grant: Grant) -> Grant:
        asked.append(grant.refresh_token)
        time.sleep(0.4)
        return a_grant(2)

    def work():
        own = Grants(store, a_seal())
        tokens.append(own.renew("gitlab", SITE, kept, refresh).access_token)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert asked == ["refresh-1"]
    assert tokens == ["access-2"] * 4


def test_no_transaction_is_open_while_the_tracker_is_asked(grants, kept, store):
    def refresh(grant: Grant) -> Grant:
        with store.write() as connection:  # would wait for ever on SQLite
            connection.execute(table.update().where(table.c.tracker == "nobody").values(fault="x"))
        return a_grant(2)

    assert grants.renew("gitlab", SITE, kept, refresh).access_token == "access-2"


def test_a_refusal_is_remembered_for_a_moment_and_listed(grants, kept):
    asked = []

    def refresh(grant: Grant) -> Grant:
        asked.append(1)
        raise Denied("gitlab refused the grant (invalid_grant): run `ticketsync auth gitlab`")

    for _ in range(3):
        with pytest.raises(Denied, match="invalid_grant"):
            grants.renew("gitlab", SITE, kept, refresh)
    assert len(asked) == 1
    (one,) = grants.listed()
    assert "invalid_grant" in one.fault


def test_a_refusal_does_not_hold_for_ever(grants, kept, store):
    def refuse(grant: Grant) -> Grant:
        raise Denied("not now")

    with pytest.raises(Denied):
        grants.renew("gitlab", SITE, kept, refuse)
    with store.write() as connection:
        before = datetime.now(UTC) - grants_of.FAULT_HOLDS - timedelta(seconds=1)
        connection.execute(table.update().values(fault_at=before))
    assert grants.renew("gitlab", SITE, kept, renewed()).access_token == "access-2"
    assert grants.listed()[0].fault == ""


def test_a_tracker_that_is_away_leaves_the_grant_and_the_turn(grants, kept):
    def away(grant: Grant) -> Grant:
        raise Transient("no answer")

    with pytest.raises(Transient):
        grants.renew("gitlab", SITE, kept, away)
    assert grants.renew("gitlab", SITE, kept, renewed()).access_token == "access-2"


def test_a_consent_given_during_a_renewal_wins(grants, kept, store):
    def refresh(grant: Grant) -> Grant:
        Grants(store, a_seal()).save("gitlab", SITE, a_grant(9), {}, "octo")
        return a_grant(2)

    assert grants.renew("gitlab", SITE, kept, refresh).access_token == "access-9"
    assert grants.find("gitlab", SITE).access_token == "access-9"


def test_a_grant_that_was_revoked_is_told(grants, kept):
    assert grants.remove("gitlab", SITE)
    assert not grants.remove("gitlab", SITE)
    with pytest.raises(Denied, match="run `ticketsync auth gitlab`"):
        grants.renew("gitlab", SITE, kept, renewed())


def test_a_database_that_goes_away_in_between_costs_no_token(store, kept):
    """The new pair is kept in memory and stored as soon as there is a database again."""

    class Failing:
        def __init__(self):
            self.away = False
            self.read = store.read
            self.dialect = store.dialect

        def write(self):
            if self.away:
                raise StoreAway("the database does not answer")
            return store.write()

    failing = Failing()
    grants = Grants(failing, a_seal(), save_seconds=0.3)

    def refresh(grant: Grant) -> Grant:
        failing.away = True
        return a_grant(2)

    assert grants.renew("gitlab", SITE, kept, refresh).access_token == "access-2"
    assert grants.find("gitlab", SITE).access_token == "access-1"
    with pytest.raises(StoreAway):
        grants.renew("gitlab", SITE, kept, renewed(3))
    failing.away = False
    assert grants.renew("gitlab", SITE, kept, renewed(3)).access_token == "access-2"
    assert grants.find("gitlab", SITE).access_token == "access-2"


def test_resealing_needs_the_old_keys_no_more(grants, kept, store):
    new = Fernet.generate_key().decode()
    assert Grants(store, a_seal(f"{new},{KEYS}")).reseal() == 1
    assert Grants(store, a_seal(new)).find("gitlab", SITE) == kept


def test_a_list_shows_everything_but_tokens(grants, kept):
    (one,) = grants.listed()
    assert (one.tracker, one.site, one.account, one.scopes) == ("gitlab", SITE, "octo", ("api",))
    assert one.expires_at == SOON
    assert "access-1" not in repr(one)
