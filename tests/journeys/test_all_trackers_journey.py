"""Every tracker, the same story: webhooks that get lost, doubled and reordered, and in the end
SQL and the files say what the tracker says."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.compare import Difference, differences, files_by_key
from cli.stage import SECRET, TRACKERS, Stand, configure, stands
from cli.together import Together, assemble, bind, server_of
from reconciler import session as reconcile
from runtime import config
from runtime.telemetry import Telemetry
from schemas.session import Session
from store import journal, known, sources
from store.whole import whole_tickets
from store.workspace.layout import source_folder

FAULTS = {"drop": 0.25, "double": 0.15, "reorder": 0.2}
REST_SECONDS = 60.0


@dataclass
class Journey:
    """One tracker, one ticketsync, in this process."""

    folder: Path
    stand: Stand
    together: Together
    address: str

    def listen(self) -> None:
        """Registers the webhook: through the API, or as a person would by hand."""
        url = f"{self.address}/webhooks/{self.stand.source}"
        parts = self.together.parts
        source = parts.sources[self.stand.source]
        if parts.tracker(source.tracker).capabilities.hooks_api:
            client = parts.connect(source)
            client.ensure_hook(url, SECRET)
            assert client.check_hooks(url) == []
            client.close()
        else:
            self.stand.running.add_hook(url, SECRET)
        assert self.stand.running.outbox.idle(10)

    def reconcile(self, *, full: bool = False) -> Session:
        parts = self.together.parts
        done = reconcile.run(parts, parts.sources[self.stand.source], full=full, wait_seconds=20)
        assert done.status == "complete", done.error
        self.rest()
        return done

    def rest(self) -> None:
        """Until nothing is on its way, pending, in doubt or to be written."""
        assert self.stand.running.outbox.idle(REST_SECONDS)
        until = time.monotonic() + REST_SECONDS
        while self._busy():
            assert time.monotonic() < until, "not at rest"
            time.sleep(0.05)

    def _busy(self) -> bool:
        with self.together.store.read() as connection:
            return known.unsettled(connection, self.stand.source)

    def differences(self) -> list[Difference]:
        source = self.stand.source
        with self.together.store.read() as connection:
            keys = [(source, one) for one in sorted(known.ids_here(connection, source))]
            stored = whole_tickets(connection, keys, parts=True)
        files = files_by_key(self.folder / "tickets" / source_folder(source))
        return list(differences(self.stand.tickets, stored.values(), files))

    def status(self) -> str:
        with self.together.store.read() as connection:
            found = sources.state(connection, self.stand.source)
        assert found is not None
        return found.status

    def dead(self) -> list[str]:
        with self.together.store.read() as connection:
            found = journal.find(connection, outcome="dead", limit=20)
        return [f"{one.event}: {one.reason} {one.last_error or ''}" for one in found]


@pytest.fixture(params=TRACKERS)
def journey(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    with stands([request.param], 8, 12) as [stand]:
        settings = config.load(configure(tmp_path, [stand]), environ={})
        listening = bind("127.0.0.1", 0)
        together = assemble(settings, Telemetry(), schedule=False)
        server = server_of(together.app)
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            yield Journey(tmp_path, stand, together, address)
        finally:
            server.should_exit = True
            serving.join(10)
            together.close()
            listening.close()


def test_an_import_brings_everything_and_an_idle_pass_next_to_nothing(journey):
    first = journey.reconcile()
    assert journey.differences() == []
    assert first.report.new >= len(journey.stand.tickets)
    journey.reconcile()  # the first pass learns where lists begin and what makes them conditional
    idle = journey.reconcile()
    assert idle.report.journaled == 0
    assert idle.report.requests - idle.report.cached <= 2
    assert journey.dead() == []


def test_what_webhooks_tell_is_there_without_any_poll(journey):
    journey.reconcile()
    journey.listen()
    journey.stand.running.people.work(25)
    journey.rest()
    assert journey.dead() == []
    assert journey.reconcile(full=True).status == "complete"
    assert journey.differences() == []


def test_whatever_is_lost_doubled_or_reordered_in_the_end_all_is_equal(journey):
    journey.listen()
    journey.reconcile()
    journey.stand.running.faults.set(**FAULTS)
    for _ in range(3):
        journey.stand.running.people.work(15)
        journey.reconcile()
    journey.stand.running.faults.clear()
    journey.reconcile(full=True)
    assert journey.differences() == []
    assert journey.dead() == []


def test_a_source_that_is_locked_out_keeps_all_and_comes_back(journey):
    journey.reconcile()
    acts = journey.stand.running.acts
    acts.lock_out()
    parts = journey.together.parts
    source = parts.sources[journey.stand.source]
    assert reconcile.run(parts, source, wait_seconds=20).status == "error"
    assert journey.status() == "disconnected"
    acts.let_in()
    journey.reconcile()
    assert journey.status() == "active"
    assert journey.differences() == []


@pytest.mark.parametrize("journey", ["linear"], indirect=True)
def test_a_ticket_in_the_trash_shows_in_the_next_pass_and_comes_back(journey):
    journey.reconcile()
    [key] = [one["key"] for one in journey.stand.tickets if not one["deleted"]][:1]
    journey.stand.running.acts.delete(key)
    journey.reconcile()
    assert journey.differences() == []
    journey.listen()
    journey.stand.running.acts.restore(key)
    journey.rest()
    assert journey.differences() == []


@pytest.mark.parametrize("journey", ["generic"], indirect=True)
def test_what_cannot_be_polled_is_whole_by_what_it_sends(journey):
    journey.listen()
    journey.stand.running.faults.set(double=0.2, reorder=0.2)
    journey.stand.running.people.work(40)
    journey.rest()
    assert journey.differences() == []
    assert journey.dead() == []


@pytest.mark.parametrize("journey", ["jira"], indirect=True)
def test_a_narrower_jql_lets_tickets_go_without_an_alarm(journey):
    journey.reconcile()
    parts = journey.together.parts
    wide = parts.sources[journey.stand.source]
    for _ in range(14):
        journey.stand.running.acts.open("One more", "")
    journey.reconcile()
    parts.sources[wide.name] = wide.model_copy(update={"filter": {"jql": "labels = nowhere"}})
    done = journey.reconcile(full=True)
    assert (done.error, done.report.missing) == (None, 0)
