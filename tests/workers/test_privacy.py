"""Who may see a ticket, and whether it may leave now: unknown is private, the strictest wins."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mirror import Mirror, MirrorOptions
from schemas.source import PrivacyRule, Source
from schemas.ticket import Comment, Label, Milestone, Person, Privacy, Ticket
from workers.rules.privacy import comment_leaves, gate, level

ORDER = (Privacy.local_only, Privacy.shareable, Privacy.public)
LABELS = ("secret", "customer", "bug")


def a_source(name: str = "A", **over: Any) -> Source:
    plain = {"slug": name.lower(), "tracker": "gitlab", "url": "https://git.example/a/b"}
    return Source.model_validate({"name": name, **plain, **over})


def a_ticket(source: str = "A", **over: Any) -> Ticket:
    plain: dict[str, Any] = {"external_id": "7", "key": "7", "confidential": False}
    return Ticket(source=source, **plain | over)


def a_mirror(source: str = "A", target: str = "B", **options: Any) -> Mirror:
    return Mirror(
        id=1,
        name=f"{source}-to-{target}",
        source=source,
        target=target,
        options=MirrorOptions(**options),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def a_rule(privacy: str, **about: str) -> PrivacyRule:
    return PrivacyRule.model_validate({"privacy": privacy, **about})


def labelled(*names: str, **over: Any) -> Ticket:
    return a_ticket(labels=tuple(Label(id=one, name=one) for one in names), **over)


def test_a_pulled_ticket_is_shareable_and_a_local_one_stays_home() -> None:
    assert level(a_ticket(), a_source()) is Privacy.shareable
    home = a_source("local", tracker="local", url="")
    assert level(a_ticket("local", confidential=None), home) is Privacy.local_only
    said = a_ticket("local", confidential=None, privacy=Privacy.shareable)
    assert level(said, home) is Privacy.shareable


@pytest.mark.parametrize("usual", ["local_only", "shareable", "public"])
def test_a_confidential_ticket_is_local_only_whatever_else_is_said(usual: str) -> None:
    source = a_source(privacy=usual, privacy_rules=(a_rule("public", label="bug"),))
    ticket = labelled("bug", confidential=True, privacy=Privacy.public)
    assert level(ticket, source) is Privacy.local_only


def test_what_nobody_told_counts_as_confidential() -> None:
    open_to_all = a_source(privacy="public")
    assert level(a_ticket(confidential=None), open_to_all) is Privacy.local_only
    part = a_ticket(confidential=False, present=frozenset({"title"}))
    assert level(part, open_to_all) is Privacy.local_only
    told = a_ticket(confidential=None, privacy=Privacy.public)
    assert level(told, open_to_all) is Privacy.public


def test_rules_know_labels_without_case_and_every_kind_of_field() -> None:
    rules = (
        a_rule("local_only", label="Secret"),
        a_rule("local_only", field="assignees", value="ines"),
        a_rule("local_only", field="milestone", value="V1.0"),
        a_rule("local_only", field="customer"),
        a_rule("local_only", field="Security class", value="red"),
        a_rule("local_only", field="custom_fields.board", value="exec"),
        a_rule("local_only", field="locked", value="true"),
    )
    source = a_source(privacy_rules=rules)
    held = (
        labelled("SECRET"),
        a_ticket(assignees=(Person(id="1"), Person(id="2", login="Ines"))),
        a_ticket(milestone=Milestone(id="3", title="v1.0")),
        a_ticket(customer="Acme"),
        a_ticket(custom_fields={"security CLASS": {"id": 4, "value": "Red"}}),
        a_ticket(custom_fields={"Board": ["x", "Exec"]}),
        a_ticket(locked=True),
    )
    assert {level(one, source) for one in held} == {Privacy.local_only}
    near = (
        labelled("secrets"),
        a_ticket(assignees=(Person(id="2", login="inesa"),)),
        a_ticket(customer=""),
        a_ticket(custom_fields={"security class": "reddish"}),
        a_ticket(),
    )
    assert {level(one, source) for one in near} == {Privacy.shareable}


WORDS = st.sampled_from(ORDER)


@given(
    usual=WORDS,
    own=st.none() | WORDS,
    confidential=st.sampled_from([None, False, True]),
    rules=st.lists(st.tuples(WORDS, st.sampled_from(LABELS)), max_size=4),
    labels=st.sets(st.sampled_from(LABELS)),
)
def test_no_word_makes_a_ticket_less_private_than_another_says(
    usual: Privacy,
    own: Privacy | None,
    confidential: bool | None,
    rules: list[tuple[Privacy, str]],
    labels: set[str],
) -> None:
    source = a_source(
        privacy=usual, privacy_rules=tuple(a_rule(str(one), label=label) for one, label in rules)
    )
    found = level(labelled(*labels, privacy=own, confidential=confidential), source)
    said = [usual, *([own] if own else []), *(one for one, label in rules if label in labels)]
    assert ORDER.index(found) <= min(map(ORDER.index, said))
    if confidential or (confidential is None and own is None):
        assert found is Privacy.local_only
    else:
        assert found in said  # nothing stricter than what was said is made up either


def test_a_ticket_that_is_not_known_for_sure_waits_and_is_asked_about() -> None:
    found = gate(a_ticket(), a_source(), a_mirror(), settled=False)
    assert (found.passes, found.ask, found.barred) == (False, True, False)
    home = a_source("local", tracker="local", url="")
    local = gate(a_ticket("local"), home, a_mirror("local"), settled=False)
    assert (local.passes, local.ask) == (False, False)


def test_a_ticket_that_cannot_be_read_any_more_waits_and_is_not_withdrawn() -> None:
    found = gate(a_ticket(sync_status="hidden"), a_source(), a_mirror(), settled=True)
    assert (found.passes, found.barred) == (False, False)
    assert "cannot be read" in found.reason


def test_a_known_secret_is_barred_and_the_reason_names_why() -> None:
    source = a_source(privacy_rules=(a_rule("local_only", label="secret"),))
    found = gate(labelled("secret"), source, a_mirror(), settled=True)
    assert (found.passes, found.barred, found.ask) == (False, True, False)
    assert found.reason == 'A 7 is local_only: it has the label "secret"'
    untold = gate(a_ticket(confidential=None), source, a_mirror(), settled=True)
    assert (untold.passes, untold.barred) == (False, False)


def test_a_shareable_ticket_leaves_by_a_mirror_that_names_its_source() -> None:
    assert gate(a_ticket(), a_source(), a_mirror("A", "B"), settled=True).passes
    both = a_mirror("B", "A", direction="bidirectional")
    assert gate(a_ticket(), a_source(), both, settled=True).passes


def test_a_twin_of_a_shareable_ticket_goes_no_further_unless_its_source_is_named() -> None:
    twin, home = a_ticket("B"), a_source("B")
    chain = [(a_ticket("A"), a_source("A"))]
    onward = a_mirror("B", "C")
    found = gate(twin, home, onward, settled=True, origins=chain)
    assert (found.passes, found.barred) == (False, True)
    assert found.reason == "A 7 is shareable, and B-to-C does not name A in origins"
    naming = a_mirror("B", "C", origins=("A",))
    assert gate(twin, home, naming, settled=True, origins=chain).passes
    ring = a_mirror("B", "A")
    assert gate(twin, home, ring, settled=True, origins=chain).passes
    public = [(a_ticket("A"), a_source("A", privacy="public"))]
    assert gate(twin, home, onward, settled=True, origins=public).passes


def test_a_twin_of_a_secret_or_of_an_unknown_ticket_never_goes_on() -> None:
    naming = a_mirror("B", "C", origins=("A",))
    twin, home = a_ticket("B"), a_source("B", privacy="public")
    secret = [(a_ticket("A", confidential=True), a_source("A"))]
    assert not gate(twin, home, naming, settled=True, origins=secret).passes
    for unknown in ((None, a_source("A")), (a_ticket("A"), None)):
        found = gate(twin, home, naming, settled=True, origins=[unknown])
        assert (found.passes, found.barred) == (False, False)


def test_an_internal_comment_never_leaves() -> None:
    assert comment_leaves(Comment(id="1"))
    assert not comment_leaves(Comment(id="1", internal=True))
