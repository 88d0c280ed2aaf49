"""`links list`: from a tracker's relations to a list."""

from schemas.ticket import Relation, TicketRef
from store import rows
from store.tables import relations, tickets
from tests.cli.conftest import Shell


def linked(shell: Shell, kind: str, **target: str) -> None:
    """One more link of ticket 1, as an apply leaves it."""
    link = Relation.model_validate({"kind": kind, "target": TicketRef(**target)})
    with shell.store() as store, store.write() as connection:
        reference = {"kind": kind, "reference": rows.reference_of(link)}
        place = {"source": "shop", "ticket": "1", "target": target.get("external_id", "far")}
        connection.execute(relations.insert(), place | reference)
        connection.execute(
            tickets.update()
            .where(tickets.c.source == "shop", tickets.c.external_id == "1")
            .values(derive_due=1)
        )


def test_a_link_is_listed_with_both_its_ends(shell: Shell) -> None:
    shell.ok("sync")
    linked(shell, "blocked_by", external_id="2")
    (link,) = shell.ok("links", "list", "--json").json
    assert (link["from"]["key"], link["kind"], link["to"]["key"]) == ("2", "blocks", "1")
    assert link["from"]["held"]
    assert link["from"]["url"].endswith("/2")
    assert link["told_by"] == "to"
    assert shell.ok("links", "list", "--source", "shop").out.count("blocks") == 1


def test_dangling_links_are_those_with_an_end_that_is_not_held(shell: Shell) -> None:
    shell.ok("sync")
    linked(shell, "blocks", external_id="2")
    linked(shell, "relates", key="far#3", url="https://far.test/issues/3")
    (link,) = shell.ok("links", "list", "--dangling", "--json").json
    assert link["to"] == {
        "source": None,
        "key": "far#3",
        "title": None,
        "url": "https://far.test/issues/3",
        "held": False,
    }
    assert "far#3" in shell.ok("links", "list", "--dangling").out


def test_a_source_that_is_not_there_is_a_mistake_of_usage(shell: Shell) -> None:
    done = shell("links", "list", "--source", "nowhere")
    assert done.code == 2
    assert "nowhere" in done.err
