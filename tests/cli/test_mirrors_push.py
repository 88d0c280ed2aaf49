"""`mirrors push|plan|apply|link|unlink`, `sync` and `conflicts resolve`, with two real GitLabs."""

from typing import Any

import pytest

from tests.cli.conftest import Yards


@pytest.fixture
def mirrored(yards: Yards) -> Yards:
    """Three old tickets that stay out, and a new one, #4, that is due."""
    yards.mirror()
    yards.ok("sync")
    yards.shop.acts.open("Rudder loose", "It rattles.", labels=["urgent"])
    yards.ok("sync", "shop", "--dry-run")
    return yards


@pytest.fixture
def twins(mirrored: Yards) -> Yards:
    """The new ticket has its twin: shop 4 is till 1."""
    mirrored.ok("sync")
    return mirrored


def titles(yards: Yards) -> list[str]:
    issues = yards.till.site.home.issues
    return [one.title for _, one in sorted(issues.items())]


def writes(yards: Yards, side: str = "till") -> int:
    """Requests that change something, as the stand-in counted them."""
    log = getattr(yards, side).requests
    return sum(log.count(method=method) for method in ("POST", "PUT", "PATCH", "DELETE"))


def test_a_sync_pushes_the_mirrors_of_what_it_read(mirrored: Yards) -> None:
    before = writes(mirrored, "shop")
    done = mirrored.ok("sync")
    assert "yard: written 1, conflicts 0, waiting 0" in done.out
    assert titles(mirrored) == ["Rudder loose"]
    assert writes(mirrored, "shop") == before
    (one,) = mirrored.ok("mirrors", "list", "--json").json
    assert (one["counts"]["joined"], one["counts"]["outside"]) == (1, 3)
    assert one["last_sync_status"] == "success"
    written = writes(mirrored)
    assert "yard: written 0, conflicts 0, waiting 0" in mirrored.ok("sync").out
    assert writes(mirrored) == written


def test_a_dry_sync_writes_nothing(mirrored: Yards) -> None:
    assert writes(mirrored) == 0
    assert titles(mirrored) == []


def test_sync_tells_programs_of_its_mirrors(mirrored: Yards) -> None:
    shop, till = mirrored.ok("sync", "--json").json
    assert shop["mirrors"] == till["mirrors"]
    (row,) = shop["mirrors"]
    assert list(row) == [
        "mirror", "ends", "session", "mode", "written", "created", "comments", "conflicts",
        "waiting", "parked", "note", "error", "receipts",
    ]  # fmt: skip
    assert (row["mirror"], row["written"], row["created"]) == ("yard", 1, 1)
    assert row["receipts"][0]["fields"]["title"] == {"before": None, "after": "Rudder loose"}


def test_a_plan_shows_the_writes_and_is_carried_out_by_its_digest(twins: Yards) -> None:
    twins.ok("mirrors", "disable", "yard")
    twins.shop.acts.edit(4, title="Rudder gone")
    twins.ok("sync", "shop")
    twins.ok("mirrors", "enable", "yard")
    before = writes(twins)
    (plan,) = twins.ok("mirrors", "plan", "yard", "--json").json
    assert writes(twins) == before
    (write,) = plan["writes"]
    assert (write["source"], write["key"], write["field"]) == ("till", "1", "title")
    assert (write["before"], write["after"]) == ("Rudder loose", "Rudder gone")
    out = twins.ok("mirrors", "plan", "yard").out
    assert f"mirrors apply {plan['digest']}" in out
    assert "Rudder loose" in out
    done = twins.ok("mirrors", "apply", plan["digest"])
    assert "till 1: title: Rudder loose → Rudder gone" in done.out
    assert titles(twins) == ["Rudder gone"]
    again = twins("mirrors", "apply", plan["digest"])
    assert (again.code, again.out.count("\n")) == (1, 2)
    assert "was applied" in again.out


def test_a_plan_is_refused_once_reality_moved(twins: Yards) -> None:
    twins.ok("mirrors", "disable", "yard")
    twins.shop.acts.edit(4, title="Rudder gone")
    twins.ok("sync", "shop")
    twins.ok("mirrors", "enable", "yard")
    (plan,) = twins.ok("mirrors", "plan", "yard", "--json").json
    twins.shop.acts.edit(4, title="Rudder back")
    before = writes(twins)
    done = twins("mirrors", "apply", plan["digest"])
    assert done.code == 1
    assert "moved" in done.out
    assert (writes(twins), titles(twins)) == (before, ["Rudder loose"])
    assert twins("mirrors", "apply", "0" * 32).code == 1


def test_a_key_takes_an_old_ticket_in(twins: Yards) -> None:
    before = writes(twins)
    out = twins.ok("mirrors", "push", "yard", 1, "--dry-run").out
    assert "till new:" in out
    assert "mirrors apply" not in out
    assert (writes(twins), len(titles(twins))) == (before, 1)
    assert "older than the mirror" in twins.ok("mirrors", "show", "yard", 1).out
    out = twins.ok("mirrors", "push", "yard", "#1").out
    assert "till 2: title" in out
    shown = twins.ok("mirrors", "show", "yard", 1, "--json").json
    assert shown["target"]["key"] == "2"
    assert shown["state"] == "joined"
    assert [one["step"] for one in shown["written"]][-1] == "create"
    same = twins.ok("mirrors", "show", "yard", 2, "--twin", "--json").json
    assert same["id"] == shown["id"]
    ticket = twins.ok("tickets", "show", 1, "--source", "shop", "--json").json
    assert [
        (one["mirror"], one["source"], one["key"], one["state"]) for one in ticket["twins"]
    ] == [("yard", "till", "2", "open")]
    assert list(ticket["twins"][0]) == ["mirror", "source", "key", "url", "state"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "name a mirror, or say --all"),
        (("yard", "--all"), 2, "name a mirror, or say --all"),
        (("yrad",), 2, 'no mirror "yrad" is configured'),
        (("yard", "99"), 1, "holds a ticket 99; run: sync "),
    ],
)
def test_a_push_asked_for_wrongly(
    twins: Yards, words: tuple[str, ...], code: int, told: str
) -> None:
    done = twins("mirrors", "push", *words)
    assert done.code == code
    assert told.replace("shop", "") in done.err.replace("shop", "").replace("till", "")
    assert done.err.count("\n") == 1


def test_a_mirror_that_is_off_is_not_pushed(mirrored: Yards) -> None:
    mirrored.ok("mirrors", "disable", "yard")
    assert "yard: written" not in mirrored.ok("sync").out
    done = mirrored("mirrors", "push", "yard")
    assert (done.code, "mirrors enable yard" in done.err) == (1, True)
    assert mirrored.ok("mirrors", "push", "--all").out == ""
    assert titles(mirrored) == []
    mirrored.ok("mirrors", "enable", "yard")
    assert "written 1" in mirrored.ok("mirrors", "push", "--all").out


def test_a_paused_source_is_said_to_hold_a_mirror_up(mirrored: Yards) -> None:
    mirrored.ok("sources", "pause", "till")
    out = mirrored.ok("mirrors", "push", "yard").out
    assert "till is paused" in out
    assert titles(mirrored) == []


def test_a_target_that_refuses_us_is_a_line_and_exit_code_1(mirrored: Yards) -> None:
    mirrored.ok("sync", "shop", "--dry-run")
    mirrored.till.acts.lock_out()
    done = mirrored("sync", "shop")
    assert done.code == 1
    assert any("project" in one for one in done.out.splitlines() if one.startswith("yard: "))
    assert "yard: yard:" not in done.out
    assert "Traceback" not in done.out + done.err
    (one,) = mirrored.ok("mirrors", "list", "--json").json
    assert one["last_sync_status"] == "failed"
    assert one["last_sync_error"]
    mirrored.till.acts.let_in()
    assert titles(mirrored) == []
    mirrored.ok("mirrors", "push", "yard", 4)
    assert titles(mirrored) == ["Rudder loose"]


def test_a_mirror_in_shadow_only_tells(yards: Yards) -> None:
    yards.mirror('mode = "shadow"')
    yards.ok("sync")
    yards.shop.acts.open("Rudder loose", "It rattles.")
    assert "shadow: nothing is written" in yards.ok("sync").out
    (plan,) = yards.ok("mirrors", "plan", "yard", "--json").json
    assert {one["field"]: one["after"] for one in plan["writes"]}["title"] == "Rudder loose"
    done = yards("mirrors", "apply", plan["digest"])
    assert (done.code, "shadow" in done.err) == (1, True)
    assert writes(yards) == 0
    yards.file.write_text(yards.file.read_text().replace('mode = "shadow"', 'mode = "live"'))
    yards.ok("mirrors", "push", "yard")
    assert titles(yards) == ["Rudder loose"]


def test_linked_tickets_are_twins_until_they_are_parted(twins: Yards) -> None:
    twins.till.acts.open("The same, kept by hand", "By hand.")
    twins.ok("sync", "till")
    assert "are twins" in twins.ok("mirrors", "link", "yard", 2, 2).out
    done = twins("mirrors", "link", "yard", 4, 2)
    assert (done.code, "unlink it first" in done.err) == (1, True)
    twins.ok("mirrors", "push", "yard")
    mine = twins.ok("tickets", "show", 2, "--source", "shop", "--json").json["title"]
    assert titles(twins) == ["Rudder loose", mine]
    assert "is parted" in twins.ok("mirrors", "unlink", "yard", 2).out
    twins.shop.acts.edit(2, title="Nobody will know")
    twins.ok("sync")
    assert titles(twins) == ["Rudder loose", mine]
    assert twins.ok("mirrors", "show", "yard", 2, "--json").json["state"] == "unlinked"
    assert twins("mirrors", "unlink", "yard", 99).code == 1
    twins.ok("mirrors", "push", "yard", 2)
    assert titles(twins) == ["Rudder loose", "Nobody will know"]


def test_what_a_session_wrote_is_planned_back_and_taken_back(twins: Yards) -> None:
    twins.shop.acts.edit(4, title="Rudder gone")
    (row,) = twins.ok("sync", "shop", "--json").json[0]["mirrors"]
    assert titles(twins) == ["Rudder gone"]
    before = writes(twins)
    (plan,) = twins.ok("mirrors", "rollback", row["session"], "--json").json
    (write,) = plan["writes"]
    assert (write["field"], write["before"], write["after"]) == (
        "title", "Rudder gone", "Rudder loose",
    )  # fmt: skip
    assert "Rudder loose" in twins.ok("mirrors", "rollback", row["session"]).out
    assert writes(twins) == before
    twins.ok("mirrors", "apply", plan["digest"])
    assert titles(twins) == ["Rudder loose"]
    twins.ok("sync")
    assert titles(twins) == ["Rudder loose"]
    twins.ok("mirrors", "push", "yard", 4)
    assert titles(twins) == ["Rudder gone"]
    done = twins("mirrors", "rollback", 1)
    assert (done.code, done.err.count("\n")) == (1, 1)


def clashing(yards: Yards) -> dict[str, Any]:
    """A two-way mirror whose ticket was edited on both sides."""
    yards.mirror('direction = "bidirectional"')
    yards.ok("sync")
    yards.shop.acts.open("Rudder loose", "It rattles.")
    yards.ok("sync")
    yards.shop.acts.edit(4, title="Rudder from here")
    yards.till.acts.edit(1, title="Rudder from there")
    out = yards.ok("sync").out
    assert "conflicts list" in out
    (one,) = yards.ok("conflicts", "list", "--json").json
    return one


def test_a_conflict_is_settled_and_written_at_once(yards: Yards) -> None:
    one = clashing(yards)
    assert (one["field"], one["left"], one["right"]) == (
        "title", "Rudder from here", "Rudder from there",
    )  # fmt: skip
    assert (one["ticket"], one["other_ticket"], one["mirror"]) == ("4", "1", "yard")
    assert "1 open conflict" in yards.ok("mirrors", "list").out
    out = yards.ok("conflicts", "resolve", one["id"], "--take", "right").out
    assert "the right value of title holds, written" in out
    assert "shop 4: title: Rudder from here → Rudder from there" in out
    assert yards.shop.site.home.issues[4].title == "Rudder from there"
    assert titles(yards) == ["Rudder from there"]
    assert yards.ok("conflicts", "list", "--json").json == []
    (settled,) = yards.ok("conflicts", "list", "--settled", "--json").json
    assert (settled["how"], settled["value"]) == ("right", "Rudder from there")
    assert settled["settled_by"].startswith("cli")
    assert yards("conflicts", "resolve", one["id"], "--take", "left").code == 1


def test_a_conflict_may_be_settled_with_another_value(yards: Yards) -> None:
    one = clashing(yards)
    shown = yards.ok(
        "conflicts", "resolve", one["id"], "--take", "value", "--value", "Rudder", "--json"
    ).json
    assert (shown["how"], shown["value"], shown["applied_at"] is not None) == (
        "value", "Rudder", True,
    )  # fmt: skip
    assert shown["pushed"][0]["written"] == 2
    assert yards.shop.site.home.issues[4].title == "Rudder"
    assert titles(yards) == ["Rudder"]
