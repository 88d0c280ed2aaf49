"""`tokens`, as a person uses it."""

from datetime import datetime

import pytest

from runtime.telemetry.redact import Redactor
from store import tokens


def test_a_token_is_printed_alone_for_scripts_and_opens_the_api(bare):
    bare.file.write_text("")
    done = bare.ok("tokens", "create", "ci", "--scope", "operate")
    secret = done.out.strip()
    assert "shown only now" in done.err
    assert secret not in done.err
    with bare.store() as store, store.read() as connection:
        found = tokens.by_secret(connection, secret)
    assert found is not None
    assert (found.name, found.scope) == ("ci", "operate")
    assert secret not in bare.ok("tokens", "list", "--all", "--json").out


def test_tokens_are_listed_and_revoked(bare):
    bare.file.write_text("")
    made = bare.ok("tokens", "create", "ci", "--json").json
    assert (made["name"], made["scope"], made["id"]) == ("ci", "read", 1)
    assert made["token"].startswith(tokens.PREFIX)
    bare.ok("tokens", "create", "grafana")
    assert "grafana" in bare.ok("tokens", "list").out
    assert len(bare.ok("tokens", "list", "--json", "--limit", 1).json) == 1
    assert '"ci" is revoked' in bare.ok("tokens", "revoke", "ci").out
    assert [one["name"] for one in bare.ok("tokens", "list", "--json").json] == ["grafana"]
    everything = bare.ok("tokens", "list", "--all", "--json").json
    assert [one["name"] for one in everything] == ["ci", "grafana"]
    assert datetime.fromisoformat(everything[0]["revoked_at"])
    assert bare("tokens", "revoke", "ci").code == 1


@pytest.mark.parametrize("words", [["x", "--scope", "root"], [""], ["a\nb"], ["x" * 101]])
def test_what_cannot_be_is_a_usage_error_in_one_line(bare, words):
    bare.file.write_text("")
    done = bare("tokens", "create", *words)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert bare.ok("tokens", "list", "--json").json == []


def test_a_name_twice_fails_and_says_what_to_do(bare):
    bare.file.write_text("")
    bare.ok("tokens", "create", "ci")
    done = bare("tokens", "create", "ci")
    assert (done.code, "revoke it first" in done.err) == (1, True)


def test_a_token_never_passes_a_redactor(bare):
    bare.file.write_text("")
    secret = bare.ok("tokens", "create", "ci").out.strip()
    assert secret not in Redactor().text(f"GET / with {secret}, they said")
