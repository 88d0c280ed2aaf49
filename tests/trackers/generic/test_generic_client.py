"""A client that nobody answers: it says so, and invents nothing."""

from datetime import UTC, datetime

import pytest

from schemas.change import Intent, TicketChange, Unsure, Write
from schemas.errors import ConfigError, Permanent
from schemas.record import Cursor, Hidden
from schemas.ticket import Ticket
from tests.trackers.generic.generic_payloads import URL
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers import markers
from trackers.generic import GENERIC


def connected(**over):
    def answer(request):
        raise AssertionError(f"asked for {request.url}")

    return GENERIC.connect(
        a_source("generic", URL, **over),
        credentials=Secrets(None),
        limiter=Budget(),
        validators=Memory(),
        transport=Script(answer).transport,
    )


def test_reading_finds_nothing_and_proves_nothing():
    client = connected()
    assert isinstance(client.fetch("T-1"), Hidden)
    assert isinstance(client.fetch_comment("T-1", "C-1"), Hidden)
    assert list(client.changed_since(Cursor())) == []
    assert list(client.history(["T-1"])) == list(client.census()) == list(client.users()) == []
    assert client.definitions(fresh=True) is None
    assert (client.hooks(), client.check_hooks("https://x"), client.remove_hook("https://x")) == (
        [],
        [],
        False,
    )
    assert client.missed_deliveries("https://x", datetime.now(UTC)) == []
    assert client.identity().anonymous
    assert [one.name for one in client.projects()] == ["harbour"]
    assert client.requests == 0
    client.close()


def test_writing_is_refused_with_words():
    client = connected()
    marker = markers.minted(b"key", "here", "mirror", "jira/1")
    intent = Intent(creates="ticket", marker=marker, sent_at=datetime.now(UTC))
    assert isinstance(client.find_marker(intent), Unsure)
    for attempt in (
        lambda: client.write(Write(step="create")),
        lambda: client.upload("T-1", "a.txt", "text/plain", b"x"),
        lambda: client.download("https://files.example.com/a"),
    ):
        with pytest.raises(Permanent, match="no API"):
            attempt()
    with pytest.raises(Permanent, match="by hand"):
        client.ensure_hook("https://x", "secret")
    change = TicketChange(
        wanted=Ticket(source="shop", external_id="", key=""), fields=frozenset({"title"})
    )
    assert GENERIC.to_writes(change, a_source("generic", URL)) == []


def test_fields_are_the_documented_ones_and_the_mapped_ones():
    found = {one.id: one for one in connected(fields={"customer": "client"}).fields()}
    assert found["title"].fills == "title"
    assert found["client"].fills == "customer"
    assert set(found) - {"client"} <= set(Ticket.model_fields)


@pytest.mark.parametrize(
    ("typed", "clean", "name"),
    [
        ("https://tickets.example.com/harbour", "https://tickets.example.com/harbour", "harbour"),
        ("https://me:pw@Tickets.example.com/a/b/", "https://tickets.example.com/a/b", "b"),
        ("http://tool.example.com:8080", "http://tool.example.com:8080", "tool.example.com"),
    ],
)
def test_an_address_names_the_source(typed, clean, name):
    assert GENERIC.source_url(typed) == (clean, None, name)


@pytest.mark.parametrize("typed", ["", "harbour", "ftp://x/y", "https://", "https://[", "x://y"])
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ConfigError, match="no address"):
        GENERIC.source_url(typed)


def test_a_password_in_an_address_is_not_shown():
    with pytest.raises(ConfigError) as refused:
        GENERIC.source_url("ftp://me:hunter2@example.com/x")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("scope", [{"jql": "x"}, {"state": "half"}, {"labels": "bug"}])
def test_a_filter_that_is_none_of_ours_is_refused(scope):
    with pytest.raises(ConfigError, match="filter of source 'shop'"):
        connected(filter=scope)
