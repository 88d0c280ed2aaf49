"""What the stand-in delivers, by both schemes, means what its records say."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from schemas import fingerprint, revision
from schemas.errors import Rejected
from schemas.event import Doubtful, Event, TicketGone, TicketMoved, TicketSeen
from schemas.record import Record
from tests.trackers.jira.jira_scene import Scene, a_scene
from tests.trackers.stand_ins import a_delivery
from trackers.jira import JIRA, hooks_dynamic

SECRET = "a secret of the tests"


@dataclass
class Letters:
    """An address that keeps what is delivered to it."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def letters() -> Iterator[Letters]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.got.append(({name.lower(): v for name, v in self.headers.items()}, body))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    kept = Letters(f"http://127.0.0.1:{server.server_port}/webhooks/shop")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(scene: Scene, kept: Letters, secret: str) -> list[tuple[str | None, list[Event]]]:
    """(lane, events) of every delivery so far, each proven."""
    assert scene.there.outbox.idle(10)
    found = []
    for headers, body in kept.got:
        now = datetime.now(UTC)
        proof = JIRA.verify(headers, body, ["an old one", secret], now)
        assert proof.delivery_key == headers["x-atlassian-webhook-identifier"]
        assert proof.event != "unknown"
        with pytest.raises(Rejected):
            JIRA.verify(headers, body, ["an old one"], now)
        found.append((proof.ticket, JIRA.parse(a_delivery(headers, body))))
    kept.got.clear()
    return found


def agrees(scene: Scene, events: list[Event]) -> None:
    """Every field a webhook sets is what the record says."""
    for event in events:
        if not isinstance(event, TicketSeen):
            continue
        ticket = JIRA.to_ticket(event.record, scene.source)
        found = scene.client.fetch(event.ticket)
        if isinstance(found, Record):
            record = JIRA.to_ticket(found.body, scene.source)
            assert not ticket.full
            assert record.full
            for name in ticket.present & set(fingerprint.CORE):
                assert fingerprint.value(ticket, name) == fingerprint.value(record, name), name
            if "revision" in ticket.present:
                assert revision.compare(ticket.revision, record.revision) <= 0


def doubts(events: list[Event]) -> set[tuple[str, str]]:
    return {
        (one, event.aspect)
        for event in events
        if isinstance(event, Doubtful)
        for one in event.tickets
    }


def test_every_act_of_the_stand_in_is_told_in_the_lane_of_its_ticket():
    with a_scene() as scene, letters() as kept:
        scene.there.add_hook(kept.url, SECRET)
        acts = scene.there.acts
        issue = acts.open("A lamp", "Dark *and* wet", by="Ben Okafor")
        key, number = issue.key, str(issue.id)

        def said(*acts_done: object) -> list[Event]:
            found = told(scene, kept, SECRET)
            for lane, events in found:
                own = [getattr(event, "ticket", lane) for event in events]
                assert set(own) <= {lane}
                agrees(scene, events)
            return [event for _, events in found for event in events]

        assert (number, "core") in doubts(said())
        for act in (
            lambda: acts.edit(key, title="Two lamps"),
            lambda: acts.label(key, "quay"),
            lambda: acts.assign(key, "Ben Okafor"),
            lambda: acts.unassign(key),
            lambda: acts.prioritise(key, "High"),
            lambda: acts.close(key, "Won't Do"),
            lambda: acts.reopen(key),
            lambda: acts.log_work(key, 3600),
        ):
            act()
            assert (number, "core") in doubts(said())
        comment = acts.comment(key, "A word")
        assert (number, "comments") in doubts(said())
        acts.edit_comment(comment.id, "Another word")
        assert (number, "comments") in doubts(said())
        acts.delete_comment(comment.id)
        assert "comment_gone" in {event.fact for event in said()}
        acts.rank(key, "0|i00007:")
        assert {event.fact for event in said()} == {"ignored"}


def test_links_sprints_versions_moves_and_deletes_are_told():
    with a_scene() as scene, letters() as kept:
        scene.there.add_hook(kept.url, SECRET)
        acts = scene.there.acts
        one, two = (acts.open(title) for title in ("One", "Two"))
        told(scene, kept, SECRET)

        def events() -> list[Event]:
            return [event for _, found in told(scene, kept, SECRET) for event in found]

        acts.link(one.key, two.key)
        assert {(str(one.id), "links"), (str(two.id), "links")} <= doubts(events())
        sprint = acts.create_sprint("Harbour Sprint 10")
        acts.start_sprint(sprint.id)
        seen = [event.definition for event in events() if event.fact == "definition_seen"]
        assert [(one.kind, one.state) for one in seen] == [
            ("sprint", "future"),
            ("sprint", "active"),
        ]
        acts.delete_sprint(sprint.id)
        assert "definition_gone" in {event.fact for event in events()}
        acts.create_version("Harbour 2")
        acts.release("Harbour 2")
        seen = [event.definition for event in events() if event.fact == "definition_seen"]
        assert [(one.kind, one.state) for one in seen][-1] == ("milestone", "released")
        acts.comment(two.key, "Goes with its issue")
        events()
        acts.delete(two.key)
        found = events()
        assert [event.ticket for event in found if isinstance(event, TicketGone)] == [str(two.id)]
        assert "comment_gone" not in {event.fact for event in found}
        acts.add_project("OPS", "Operations")
        acts.move(one.key, "OPS")
        [moved] = [event for event in events() if isinstance(event, TicketMoved)]
        assert (moved.ticket, moved.to.key) == (str(one.id), "OPS-1")


def test_an_apps_webhook_is_proven_by_the_client_secret():
    with a_scene() as scene, letters() as kept:
        there = scene.there
        wish = {
            "grant_type": "refresh_token",
            "client_id": there.plan.client_id,
            "client_secret": there.plan.client_secret,
            "refresh_token": there.grant().refresh,
        }
        access = httpx.post(f"{there.url}/oauth/token", json=wish).json()["access_token"]
        hook = {"events": list(hooks_dynamic.EVENTS), "jqlFilter": 'project = "PROJ"'}
        made = httpx.post(
            f"{there.gateway_url}/rest/api/3/webhook",
            json={"url": kept.url, "webhooks": [hook]},
            headers={"authorization": f"Bearer {access}"},
        )
        assert made.status_code == 200
        issue = there.acts.open("A lamp")
        there.acts.comment(issue.key, "A word")
        found = told(scene, kept, there.plan.client_secret)
        assert [lane for lane, _ in found] == [str(issue.id)] * len(found)
        assert len(found) >= 2
        for _, events in found:
            agrees(scene, events)


def test_comments_of_data_center_come_twice_and_are_read_once_more():
    with a_scene(deployment="server") as scene, letters() as kept:
        scene.there.add_hook(kept.url, SECRET)
        issue = scene.there.acts.open("A lamp")
        assert scene.there.outbox.idle(10)
        kept.got.clear()
        scene.there.acts.comment(issue.key, "A word")
        assert scene.there.outbox.idle(10)
        found = []
        for headers, body in kept.got:
            proof = JIRA.verify(headers, body, [SECRET], datetime.now(UTC))
            assert proof.ticket == str(issue.id)
            found.append(doubts(JIRA.parse(a_delivery(headers, body))))
        assert found
        assert all((str(issue.id), "comments") in one for one in found)
