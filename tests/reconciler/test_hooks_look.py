"""A look at a webhook never fails a session: what cannot be looked at has a reason."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from reconciler import hooks
from reconciler.parts import Parts
from schemas.delivery import Outcome
from schemas.errors import Denied, Permanent, Spent, StoreAway, Transient
from schemas.settings import Settings, WebSettings
from schemas.tracker import Hook, HookFault, HookLook, MissedDelivery
from store import audit
from store.database import Store
from tests.builders import NOW, SOURCE, a_source, at
from tests.pretend import Pretend
from tests.reconciler.hooked import keep_look
from tests.reconciler.meter import webhook
from tests.reconciler.run import a_parts, declare

PUBLIC = Settings(web=WebSettings(public_url="https://sync.example/"))
GONE = HookFault(hook=None, problem="no webhook points to us", mended_by="register")
FAILED = HookFault(hook="7", problem="its last delivery failed: 502", mended_by="none")
MONTH = timedelta(days=30)


@dataclass
class Standing:
    """Our webhook at a tracker. `checks` are its answers in turn; an error is raised."""

    checks: list[Any] = field(default_factory=list)
    kept: Any = None
    mended: Any = None
    missed: Any = ()
    asked: list[str] = field(default_factory=list)

    def keep_hook(self, url: str) -> datetime | None:
        return self._answer(f"keep {url}", self.kept)

    def check_hooks(self, url: str) -> list[HookFault]:
        return list(self._answer("check", self.checks.pop(0) if self.checks else []))

    def ensure_hook(self, url: str, secret: str) -> Hook:
        self._answer(f"ensure {secret}", self.mended)
        return Hook(id="7", url=url, active=True, events=("issues",))

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        return list(self._answer("missed", self.missed))

    def _answer(self, what: str, answer: Any) -> Any:
        self.asked.append(what)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def parts(sqlite_store: Store) -> Parts:
    declare(sqlite_store)
    secrets = {"webhook_secrets": lambda _: ("new", "old")}
    return a_parts(sqlite_store, Pretend(), settings=PUBLIC, **secrets)


def look(parts: Parts, client: Any, when: float = 0, **source: Any) -> HookLook:
    """One look, kept as the pass's mark."""
    found = hooks.check(parts, a_source(**source), client, at(when))
    keep_look(parts.store, SOURCE, found)
    return found


def test_a_sound_hook_is_kept_from_ending_and_looked_at(parts: Parts) -> None:
    client = Standing(kept=NOW + MONTH)
    found = look(parts, client)
    assert client.asked == ["keep https://sync.example/webhooks/shop", "check"]
    assert found == HookLook(at=NOW, well_at=NOW, expires_at=NOW + MONTH)
    assert look(parts, Standing(), 3600).expires_at == NOW + MONTH
    assert look(parts, Standing(), 40 * 86_400).expires_at is None


@pytest.mark.parametrize(
    ("source", "over", "reason"),
    [
        ({"intake": "polling"}, {}, "polling"),
        ({"tracker": "generic"}, {}, "no API"),
        ({}, {"webhook_secrets": lambda _: ()}, "webhook_secret_env"),
        ({}, {"settings": Settings()}, "public_url"),
    ],
)
def test_what_is_not_to_be_looked_at_is_not_asked(
    parts: Parts, source: dict[str, Any], over: dict[str, Any], reason: str
) -> None:
    parts, client = replace(parts, tracker=hooks_tracker, **over), Standing()
    found = hooks.check(parts, a_source(**source), client, NOW)
    assert reason in found.unseen
    assert client.asked == []
    asked = hooks.redeliver(parts, a_source(**source), client, NOW, NOW)
    assert (reason in asked.unseen, client.asked) == (True, [])


def hooks_tracker(name: str) -> Any:
    from trackers.registry import ready, tracker_named  # noqa: PLC0415

    ready([name])
    return tracker_named(name)


@pytest.mark.parametrize(
    "error",
    [Denied("webhooks need admin rights"), Transient("502"), Spent("used up"), Permanent("odd")],
)
def test_a_refusal_is_a_reason_told_once(parts: Parts, error: Exception) -> None:
    look(parts, Standing(checks=[[FAILED]]))
    with capture_logs() as logs:
        first = look(parts, Standing(checks=[error]), 3600)
        look(parts, Standing(kept=error), 7200)
    assert first.unseen == str(error)
    assert (first.faults, first.well_at) == ((FAILED,), NOW)
    assert [one["event"] for one in logs] == ["hook_not_looked_at"]


def test_a_store_that_is_away_is_no_reason_but_an_error(parts: Parts) -> None:
    client = Standing(kept=StoreAway("away"), missed=StoreAway("away"))
    with pytest.raises(StoreAway):
        hooks.check(parts, a_source(), client, NOW)
    with pytest.raises(StoreAway):
        hooks.redeliver(parts, a_source(), client, NOW, NOW)


def test_a_failed_delivery_alone_is_shown_and_no_spell(parts: Parts) -> None:
    look(parts, Standing())
    found = look(parts, Standing(checks=[[FAILED]]), 3600)
    assert (found.faults, found.well_at) == ((FAILED,), at(3600))
    assert look(parts, Standing(), 7200).silent_since is None


def test_a_number_that_changes_is_no_new_fault(parts: Parts) -> None:
    later = FAILED.model_copy(update={"problem": "its last delivery failed: 503"})
    with capture_logs() as logs:
        look(parts, Standing(checks=[[FAILED]]))
        look(parts, Standing(checks=[[later]]), 3600)
        look(parts, Standing(), 7200)
        look(parts, Standing(checks=[[FAILED]]), 10_800)
    assert [one["event"] for one in logs] == ["hook_faulty", "hook_faulty"]


def test_mending_takes_the_newest_secret_and_is_audited(parts: Parts) -> None:
    client = Standing(checks=[[GONE, FAILED], [FAILED]])
    found = look(parts, client, mend_hooks=True)
    assert client.asked[2] == "ensure new"
    assert (found.faults, found.mended) == ((FAILED,), (GONE.problem,))
    with parts.store.read() as connection:
        [line] = audit.find(connection)
    assert (line["who"], line["action"], line["subject"]) == (
        "reconciler", "mend hook", "source shop",
    )  # fmt: skip
    assert line["before"] == {"faults": [GONE.problem, FAILED.problem]}
    assert line["after"]["url"] == "https://sync.example/webhooks/shop"
    assert "new" not in str(line)


def test_what_registering_does_not_mend_is_left_alone(parts: Parts) -> None:
    theirs = FAILED.model_copy(update={"mended_by": "tracker"})
    client = Standing(checks=[[FAILED, theirs]])
    assert look(parts, client, mend_hooks=True).mended == ()
    assert not any(one.startswith("ensure") for one in client.asked)


def test_a_mending_that_is_refused_leaves_the_fault_and_the_reason(parts: Parts) -> None:
    client = Standing(checks=[[GONE]], mended=Denied("only owners may"))
    found = look(parts, client, mend_hooks=True)
    assert (found.faults, found.mended, found.unseen) == ((GONE,), (), "only owners may")
    assert found.well_at is None
    with parts.store.read() as connection:
        assert audit.find(connection) == []


def test_the_first_look_that_mends_reaches_back_to_the_last_webhook(parts: Parts) -> None:
    mending = {"mend_hooks": True}
    assert look(parts, Standing(checks=[[GONE]]), **mending).silent_since is None
    webhook(parts.store, -900, Outcome.applied)
    keep_look(parts.store, SOURCE, HookLook(at=at(-60), faults=(GONE,)))
    assert look(parts, Standing(checks=[[GONE]]), **mending).silent_since == at(-900)


@pytest.mark.parametrize("mark", [{"at": "never"}, {"seen": 3}, [], "x", 7])
def test_a_mark_of_another_version_is_none(mark: Any) -> None:
    assert HookLook.kept(mark) is None


def test_a_look_comes_back_from_its_mark() -> None:
    found = HookLook(
        at=NOW, faults=(GONE,), mended=("off",), unseen="why", well_at=NOW, expires_at=NOW + MONTH
    )
    assert HookLook.kept(found.as_json()) == found


def missed(when: float, *, redelivered: bool) -> MissedDelivery:
    return MissedDelivery(
        id="1", delivery_key="k", event="issues", delivered_at=at(when), redelivered=redelivered
    )


def test_refused_redeliveries_have_to_be_read_from_the_first_on(parts: Parts) -> None:
    found = [
        missed(-60, redelivered=True),
        missed(-120, redelivered=False),
        missed(-300, redelivered=False),
    ]
    asked = hooks.redeliver(parts, a_source(), Standing(missed=found), at(-3600), NOW)
    assert asked == hooks.Redelivered(asked=1, refused_since=at(-300))
    nothing = hooks.redeliver(parts, a_source(), Standing(), at(-3600), NOW)
    assert nothing == hooks.Redelivered()


def test_redeliveries_that_cannot_be_asked_for_stay_an_open_question(parts: Parts) -> None:
    for error in (Denied("no"), Spent("used up", 60)):
        found = hooks.redeliver(parts, a_source(), Standing(missed=error), at(-3600), NOW)
        assert (found.unseen, found.asked, found.refused_since) == (str(error), 0, None)
