"""Tokens of the API: only digests are kept, names are for the living."""

import pytest
import sqlalchemy as sa

from schemas.errors import TicketsyncError
from schemas.token import SCOPES, Token
from store import audit, tokens
from store.tables import tokens as table
from tests.builders import NOW, at


def make(store, name="ci", scope="read"):
    with store.write() as connection:
        return tokens.create(connection, name, scope, NOW, "test")


def test_a_token_is_found_by_its_secret_and_kept_as_a_digest(store):
    made, secret = make(store)
    with store.read() as connection:
        assert tokens.by_secret(connection, secret) == made
        assert tokens.by_secret(connection, secret + "x") is None
        assert tokens.by_secret(connection, "") is None
        row = connection.execute(sa.select(table)).one()
        lines = audit.find(connection)
    assert secret not in repr(row)
    assert secret not in repr(lines)
    assert len(row.digest) == 64


def test_secrets_are_long_and_differ(store):
    secrets = {make(store, f"token {number}")[1] for number in range(20)}
    assert len(secrets) == 20
    assert {len(one) for one in secrets} == {len(tokens.PREFIX) + 43}


def test_a_revoked_token_opens_nothing_and_frees_its_name(store):
    made, secret = make(store)
    with store.write() as connection:
        assert tokens.revoke(connection, "ci", at(5), "test").revoked_at == at(5)
    again, _ = make(store)
    with store.read() as connection:
        assert tokens.by_secret(connection, secret) is None
        assert tokens.find(connection) == [again]
        assert [one.id for one in tokens.find(connection, revoked=True)] == [made.id, again.id]


def test_a_name_is_used_once(store):
    make(store)
    with pytest.raises(TicketsyncError, match="revoke it first"):
        make(store, scope="admin")


def test_a_token_is_revoked_by_name_or_number(store):
    first, _ = make(store)
    second, _ = make(store, str(first.id))
    with store.write() as connection:
        assert tokens.revoke(connection, str(first.id), NOW, "test").id == second.id
        assert tokens.revoke(connection, str(first.id), NOW, "test").id == first.id
        for unknown in (str(first.id), "ci", "9" * 30, "", "-1"):
            with pytest.raises(TicketsyncError, match="tokens list"):
                tokens.revoke(connection, unknown, NOW, "test")


def test_the_use_is_noted_about_once_a_minute(store):
    made, secret = make(store)
    assert not tokens.is_noted(made, NOW)
    with store.write() as connection:
        tokens.used(connection, made.id, NOW)
        found = tokens.by_secret(connection, secret)
    assert tokens.is_noted(found, at(59))
    assert not tokens.is_noted(found, at(60))


def test_each_scope_holds_those_before_it():
    for given, scope in enumerate(SCOPES):
        token = Token(id=1, name="x", scope=scope, created_at=NOW)
        assert [token.allows(one) for one in SCOPES] == [
            number <= given for number in range(len(SCOPES))
        ]
