"""`sessions rollback`: what one pull changed here is put back, after a look at the plan."""

import sqlalchemy as sa

from sandbox.github.app import Running
from store.tables import audit
from tests.cli.conftest import Shell


def pull(shell: Shell) -> int:
    """One reading; its number."""
    return int(shell.ok("sync", "--json").json[0]["id"])


def title(shell: Shell, number: int) -> str:
    found = shell.ok("tickets", "list", "--json").json
    return next(one["title"] for one in found if one["number"] == number)


def wrong(shell: Shell, github: Running) -> tuple[int, str]:
    """A pull that brought something wrong, and something new; the title before."""
    before = title(shell, 1)
    github.acts.edit(1, title="Wrong")
    github.acts.comment(1, "Wrong, too")
    github.acts.open("New and wrong", "x")
    return pull(shell), before


def test_a_plan_comes_first_and_no_answer_does_nothing(synced: Shell, github: Running) -> None:
    session, before = wrong(synced, github)
    done = synced("sessions", "rollback", session, answers="n\n")
    assert done.code == 1
    assert "nothing was done" in done.out
    assert before.split()[0] in done.out
    assert title(synced, 1) == "Wrong"
    plan = synced.ok("sessions", "rollback", session, "--dry-run")
    assert "New and wrong" not in plan.out
    assert ("put back" in plan.out, "hidden" in plan.out) == (True, True)
    assert title(synced, 1) == "Wrong"


def test_tickets_comments_and_files_are_as_before(synced: Shell, github: Running) -> None:
    files = {one: one.read_bytes() for one in synced.folder.rglob("ISSUE.md")}
    shown = synced.ok("tickets", "show", "1", "--source", "shop", "--json").json
    session, before = wrong(synced, github)
    assert {one: one.read_bytes() for one in files if one.exists()} != files
    done = synced.ok("sessions", "rollback", session, "--yes")
    assert "put back: 1, hidden: 1" in done.out
    assert title(synced, 1) == before
    after = synced.ok("tickets", "show", "1", "--source", "shop", "--json").json
    for name in ("title", "body", "comments", "updated_at"):
        assert after[name] == shown[name]
    assert {one: one.read_bytes() for one in files} == files


def test_programs_read_the_plan_and_what_was_done(synced: Shell, github: Running) -> None:
    session, before = wrong(synced, github)
    assert synced("sessions", "rollback", session, "--json").code == 2
    plan = synced.ok("sessions", "rollback", session, "--json", "--dry-run").json
    assert (plan["done"], plan["restored"], plan["hidden"]) == (False, 1, 1)
    [one] = [each for each in plan["tickets"] if each["act"] == "restore"]
    assert {"field": "title", "before": "Wrong", "after": before} in one["changes"]
    done = synced.ok("sessions", "rollback", session, "--json", "--yes").json
    assert (done["done"], done["restored"], done["hidden"]) == (True, 1, 1)
    again = synced.ok("sessions", "rollback", session, "--json", "--yes").json
    assert again["tickets"] == []
    with synced.store() as store, store.read() as connection:
        query = sa.select(audit).where(audit.c.action == "rollback")
        [line] = connection.execute(query)
    assert line.subject == f"session {session}"
    assert line.who.startswith("cli:")
    assert {"title": "Wrong"}.items() <= next(
        each for name, each in line.before.items() if name.endswith("1") and "title" in each
    ).items()


def test_what_the_tracker_still_shows_comes_again(synced: Shell, github: Running) -> None:
    session, before = wrong(synced, github)
    synced.ok("sessions", "rollback", session, "--yes")
    assert title(synced, 1) == before
    synced.ok("sync", "--full")
    assert title(synced, 1) == "Wrong"
    states = {one["title"]: one["deleted"] for one in synced.ok("tickets", "list", "--json").json}
    assert states["New and wrong"] is False


def test_a_cause_that_was_mended_comes_no_more(synced: Shell, github: Running) -> None:
    session, before = wrong(synced, github)
    synced.ok("sessions", "rollback", session, "--yes")
    github.acts.edit(1, title=before)
    synced.ok("sync", "--full")
    assert title(synced, 1) == before


def test_the_first_reading_can_be_put_back_as_well(synced: Shell) -> None:
    [first] = synced.ok("sessions", "list", "--json").json
    done = synced.ok("sessions", "rollback", first["id"], "--yes", "--json").json
    assert done["hidden"] == 12
    synced.ok("sync", "--full")
    assert len(synced.ok("tickets", "list", "--json").json) == 12


def test_a_session_that_is_none_is_one_line(synced: Shell) -> None:
    done = synced("sessions", "rollback", 4711)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "no session 4711" in done.err
    assert synced("sessions", "rollback", 2**64).code == 2
    assert synced("tickets", "search", "word", "--limit", 2**64).code == 2
