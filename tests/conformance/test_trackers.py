"""What every tracker owes: its recorded deliveries mean what they meant, and nothing else passes.

Cases lie in `tests/trackers/<name>/cases`; a tracker of the registry without any fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest

from schemas import fingerprint
from schemas.errors import Rejected, TicketsyncError, Transient
from schemas.event import CommentSeen, Event, TicketSeen
from tests.trackers.stand_ins import NOW, Budget, Memory, Script, Secrets, a_delivery, a_source
from trackers.base import Client, Tracker
from trackers.registry import REGISTRY

FOLDER = Path(__file__).resolve().parents[1] / "trackers"
PLAIN = {"exclude_defaults": True, "mode": "json"}
KEPT = ("project_seen", "ticket_seen", "comment_seen", "ping")


def about(name: str) -> dict[str, Any]:
    """What the suite must know of a tracker beside its deliveries."""
    return orjson.loads((FOLDER / name / "cases" / "_tracker.json").read_bytes())


@dataclass(frozen=True)
class Case:
    """One recorded delivery, with what it has to become."""

    tracker: Tracker
    path: Path

    @cached_property
    def told(self) -> dict[str, Any]:
        return orjson.loads(self.path.read_bytes())

    @cached_property
    def body(self) -> bytes:
        plain = orjson.dumps(self.told["payload"])
        if not self.told["form"]:
            return plain
        return urlencode({about(self.tracker.name)["form_field"]: plain.decode()}).encode()

    @property
    def headers(self) -> dict[str, str]:
        return self.told["headers"]

    @property
    def secret(self) -> str:
        return self.told["secret"]

    @property
    def expected(self) -> dict[str, Any]:
        return self.told["expected"]

    @property
    def events(self) -> list[Event]:
        return self.tracker.parse(a_delivery(self.headers, self.body))


def cases() -> Iterator[Case]:
    for name, tracker in REGISTRY.items():
        for path in sorted((FOLDER / name / "cases").glob("[!_]*.json")):
            yield Case(tracker, path)


ALL = [pytest.param(case, id=f"{case.tracker.name}-{case.path.stem}") for case in cases()]
FETCHES = [
    pytest.param(tracker, one, id=f"{name}-{one['status']}-{one['becomes']}-{place}")
    for name, tracker in REGISTRY.items()
    for place, one in enumerate(about(name)["fetch"])
]
every_case = pytest.mark.parametrize("case", ALL)
every_tracker = pytest.mark.parametrize("tracker", REGISTRY.values(), ids=REGISTRY)


def refused(case: Case, headers: dict[str, str], body: bytes, *secrets: str) -> bool:
    with pytest.raises(Rejected) as refusal:
        case.tracker.verify(headers, body, secrets, NOW)
    return refusal.value.status == 401


def a_client(tracker: Tracker, answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return tracker.connect(
        a_source(tracker.name, about(tracker.name)["url"]),
        credentials=Secrets(),
        limiter=Budget(),
        validators=Memory(),
        transport=Script(answer).transport,
    )


def outcome(client: Client, ticket: str) -> object:
    """What a fetch comes to: its result, or the error it ends in."""
    try:
        return client.fetch(ticket)
    except TicketsyncError as error:
        return error


@every_tracker
def test_every_tracker_brings_recorded_cases(tracker):
    assert len(list((FOLDER / tracker.name / "cases").glob("[!_]*.json"))) >= 5


@every_tracker
def test_every_tracker_names_itself_as_the_registry_does(tracker):
    assert REGISTRY[tracker.name] is tracker
    assert tracker.project_name(a_source(tracker.name, about(tracker.name)["url"]))


@every_case
def test_a_recorded_delivery_is_proven(case):
    proof = case.tracker.verify(case.headers, case.body, ["an old one", case.secret], NOW)
    assert (proof.event, proof.ticket) == (case.expected["event"], case.expected["ticket"])


@every_case
def test_a_recorded_delivery_says_what_it_said(case):
    said = [event.model_dump(**PLAIN) for event in case.events if event.fact not in KEPT]
    assert [event.fact for event in case.events] == case.expected["facts"]
    assert said == case.expected.get("says", [])


@every_case
def test_a_recorded_delivery_becomes_the_same_ticket(case):
    source = a_source(case.tracker.name, about(case.tracker.name)["url"])
    for event in case.events:
        if isinstance(event, TicketSeen):
            ticket = case.tracker.to_ticket(event.record, source)
            assert ticket.model_dump(**PLAIN) == {"source": "shop"} | case.expected["becomes"]
            assert ticket.external_id == event.ticket
        if isinstance(event, CommentSeen):
            comment = case.tracker.to_comment(event.record, source)
            assert comment.model_dump(**PLAIN) == case.expected["comment"]


@every_tracker
def test_a_webhook_and_the_record_of_one_state_have_one_fingerprint(tracker):
    """`pairs` names what an API answer writes otherwise than the recorded delivery."""
    source = a_source(tracker.name, about(tracker.name)["url"])
    pairs = about(tracker.name)["pairs"]
    assert pairs
    for pair in pairs:
        case = Case(tracker, FOLDER / tracker.name / "cases" / pair["case"])
        [seen] = [event for event in case.events if isinstance(event, TicketSeen)]
        answer = seen.record | pair["in_answers"]
        assert answer != seen.record
        found = [tracker.to_ticket(record, source) for record in (seen.record, answer)]
        assert fingerprint.core(found[0]) == fingerprint.core(found[1])
        assert found[0].full
        assert found[1].full


@every_case
def test_a_body_with_one_byte_changed_is_refused(case):
    for place in range(0, len(case.body), max(len(case.body) // 40, 1)):
        forged = bytearray(case.body)
        forged[place] ^= 1
        assert refused(case, case.headers, bytes(forged), case.secret)


@every_case
def test_a_truncated_body_is_refused(case):
    assert refused(case, case.headers, case.body[:-1], case.secret)
    assert refused(case, case.headers, b"", case.secret)


@every_case
def test_a_wrong_secret_is_refused(case):
    assert refused(case, case.headers, case.body, "not the secret")


@every_case
def test_without_a_secret_everything_is_refused(case):
    assert refused(case, case.headers, case.body)
    assert refused(case, case.headers, case.body, "", "  ")


@every_case
def test_a_delivery_without_any_header_is_refused(case):
    assert refused(case, {}, case.body, case.secret)


@pytest.mark.parametrize(("tracker", "told"), FETCHES)
def test_an_answer_ends_in_the_right_outcome(tracker, told):
    def answer(request: httpx.Request) -> httpx.Response:
        body = (
            told["body"] if isinstance(told["body"], str) else orjson.dumps(told["body"]).decode()
        )
        return httpx.Response(told["status"], headers=told["headers"], text=body)

    found = outcome(a_client(tracker, answer), about(tracker.name)["ticket"])
    assert told["becomes"] in {kind.__name__ for kind in type(found).__mro__[:2]}
    assert getattr(found, "retry_after", None) == told.get("retry_after")
    assert (Secrets().value or "") not in str(found)


@every_tracker
@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.ReadError]
)
def test_a_line_that_breaks_is_transient(tracker, failure):
    def answer(request: httpx.Request) -> httpx.Response:
        raise failure("broken", request=request)

    with pytest.raises(Transient):
        a_client(tracker, answer).project()
