"""Redaction: what patterns find of a ticket never leaves, and comes home as it was."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Permanent
from schemas.ticket import (
    Attachment,
    Comment,
    Label,
    Milestone,
    Named,
    Person,
    Relation,
    Sprint,
    Ticket,
    TicketRef,
)
from workers.redaction import Redactor
from workers.rules.redacting import (
    REDACTED,
    redacted_comment,
    redacted_ticket,
    redacted_view,
    restored,
    without,
)

SECRET = "Falcon"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def a_ticket(**over: Any) -> Ticket:
    plain: dict[str, Any] = {"source": "A", "external_id": "7", "key": "7"}
    return Ticket(**plain | over)


def full_of(word: str) -> Ticket:
    """A ticket with the word at every place that people can type into."""
    other = TicketRef(external_id="8", key="8", title=f"see {word}")
    person = Person(id="501", login=f"{word}er", name=f"{word} Smith")
    return a_ticket(
        title=f"About {word}",
        body=f"one\n{word} and {word}",
        labels=(Label(id="1", name=f"p::{word}", description=word), Label(id="2", name="bug")),
        assignees=(person,),
        milestone=Milestone(id="3", title=f"{word} 1.0", description=word),
        sprint=Sprint(id="4", name=f"Sprint {word}"),
        components=(Named(id="5", name=word),),
        epic=other,
        parent=other,
        customer=word,
        custom_fields={"codename": {"value": [f"is {word}"]}},
        comments=(Comment(id="9", author=person, body=f"{word}!"),),
        relations=(Relation(kind="blocks", target=other),),
        attachments=(Attachment(id="6", name=f"{word}.png", url="https://git.example/u/1"),),
        created_at=NOW,
    )


def test_no_text_of_a_ticket_keeps_what_a_pattern_finds() -> None:
    found = redacted_ticket(full_of(SECRET), Redactor([SECRET]))
    assert SECRET not in found.model_dump_json()
    assert found == full_of(REDACTED)
    assert (found.title, found.body) == ("About [redacted]", "one\n[redacted] and [redacted]")


def test_ids_addresses_and_states_are_no_words() -> None:
    ticket = full_of("x").model_copy(
        update={"url": "https://git.example/7", "status": "git", "source": "git", "key": "git-7"}
    )
    found = redacted_ticket(ticket, Redactor(["git"]))
    assert (found.url, found.status, found.source) == (ticket.url, "git", "git")
    assert found.key == "git-7"
    assert found.attachments[0].url == "https://git.example/u/1"


def test_labels_that_become_one_are_one() -> None:
    names = ("customer:ACME", "bug", "customer:Globex")
    ticket = a_ticket(labels=tuple(Label(id=one, name=one) for one in names))
    found = redacted_ticket(ticket, Redactor(["ACME|Globex"]))
    assert [one.name for one in found.labels] == ["customer:[redacted]", "bug"]


def test_a_comment_and_what_was_made_for_the_target_are_read_as_well() -> None:
    redact = Redactor(["Falcon"])
    comment = redacted_comment(Comment(id="1", body="see Falcon"), redact)
    assert comment.body == "see [redacted]"
    view = {"title": "x", "footer": "🔗 Falcon", "badges": ["Epic::Falcon"], "weight": 5}
    assert redacted_view(view, redact) == {
        "title": "x",
        "footer": "🔗 [redacted]",
        "badges": ["Epic::[redacted]"],
        "weight": 5,
    }


def test_a_ticket_that_may_not_leave_is_not_named_by_another() -> None:
    found = without(full_of(SECRET), {"8"})
    assert (found.parent, found.epic, found.relations) == (None, None, ())
    kept = without(full_of(SECRET), {"9"})
    assert kept == full_of(SECRET)


def test_the_patterns_of_a_mirror_are_judged_when_they_are_made() -> None:
    with pytest.raises(ValueError, match="redact #2 has repeats inside a repeat"):
        Redactor(["ok", "(a+)+"])
    assert not Redactor([])
    assert Redactor(["a"])


def test_a_long_text_is_read_apart_with_the_same_result() -> None:
    text = "äöü 🦅 mail ada@example.org now\n" * 2_000
    found = Redactor([r"[\w.]+@[\w.]+"])([text, "none"])
    assert found == [text.replace("ada@example.org", REDACTED), "none"]


def test_a_text_that_keeps_a_pattern_busy_stays_here() -> None:
    began = time.monotonic()
    with pytest.raises(Permanent, match=r"simplify redact of A-to-B"):
        Redactor([r"\w*\w*@"], "A-to-B", seconds=0.5)(["a" * 200_000])
    assert time.monotonic() - began < 30


def test_what_was_hidden_comes_home_in_its_place() -> None:
    redact = Redactor([r"sk-\d+"])
    ours = "use sk-1 here and sk-22 there"
    assert redact([ours]) == ["use [redacted] here and [redacted] there"]
    edited = "please use [redacted] here, and then [redacted] there!"
    assert restored(edited, ours, redact) == "please use sk-1 here, and then sk-22 there!"
    assert restored("nothing hidden", "plain", redact) == "nothing hidden"
    assert restored(5, 4, redact) == 5


@pytest.mark.parametrize(
    "edited",
    ["use [redacted] here", "[redacted] [redacted] [redacted]", "a new text", "sk-9 [redacted]"],
)  # fmt: skip
def test_a_hidden_place_that_was_taken_away_or_doubled_is_for_a_person(edited: str) -> None:
    redact = Redactor([r"sk-\d+"])
    assert restored(edited, "use sk-1 here and sk-22 there", redact) is None


def test_members_that_stand_for_hidden_ones_come_home_as_those() -> None:
    redact = Redactor(["ACME"])
    ours = ["customer:ACME", "bug"]
    assert restored(["customer:[redacted]", "bug", "new"], ours, redact) == [*ours, "new"]
    assert restored(["other:[redacted]"], ours, redact) is None


PIECES = st.lists(st.sampled_from(["a", " b ", "\n", "S1", "S22", REDACTED, "x"]), max_size=8)


@settings(deadline=None)
@given(PIECES.map("".join), PIECES.map("".join))
def test_coming_home_never_invents_a_secret_and_never_shows_the_mask(ours: str, more: str) -> None:
    redact = Redactor([r"S\d+"])
    shown = redact([ours])[0]
    back = restored(shown, ours, redact)
    assert back in (ours, None)
    if REDACTED not in ours + more:
        found = restored(shown + redact([more])[0].replace(REDACTED, ""), ours, redact)
        if found is not None:
            assert REDACTED not in found
            assert sorted(part for part in ("S1", "S22") if part in found) == sorted(
                part for part in ("S1", "S22") if part in ours
            )
