"""What every tracker owes: its recorded deliveries mean what they meant, and nothing else passes.

Cases lie in `tests/trackers/<name>/cases`; a tracker of the registry without any fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
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
from schemas.settings import TRACKERS
from schemas.ticket import Ticket
from tests.trackers.stand_ins import NOW, Budget, Memory, Script, Secrets, a_delivery, a_source
from trackers.base import Client, Tracker
from trackers.registry import REGISTRY

FOLDER = Path(__file__).resolve().parents[1] / "trackers"
PLAIN = {"exclude_defaults": True, "mode": "json"}
KEPT = ("project_seen", "ticket_seen", "comment_seen", "ping")


def about(name: str) -> dict[str, Any]:
    """What the suite must know of a tracker beside its deliveries; empty for one without cases,
    which then fails."""
    file = FOLDER / name / "cases" / "_tracker.json"
    return orjson.loads(file.read_bytes()) if file.exists() else {}


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
        if "raw" in self.told:  # what was signed byte by byte
            return self.told["raw"].encode()
        plain = orjson.dumps(self.told["payload"])
        if not self.told.get("form"):
            return plain
        return urlencode({about(self.tracker.name)["form_field"]: plain.decode()}).encode()

    @property
    def headers(self) -> dict[str, str]:
        return self.told["headers"]

    @property
    def secret(self) -> str:
        return self.told["secret"]

    @property
    def now(self) -> datetime:
        """When it arrived: schemes that sign a time refuse it later."""
        return datetime.fromisoformat(self.told["now"]) if "now" in self.told else NOW

    @property
    def signed(self) -> bool:
        """Whether the scheme signs the body; a token or a JWT proves only who sends."""
        return self.told.get("signed", True)

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
    pytest.param(tracker, one, id=f"{name}-{one['becomes']}-{place}")
    for name, tracker in REGISTRY.items()
    for place, one in enumerate(about(name).get("fetch", []))
]
POLLED = [pytest.param(one, id=name) for name, one in REGISTRY.items() if one.capabilities.polls]
every_case = pytest.mark.parametrize("case", ALL)
every_signed_case = pytest.mark.parametrize("case", [one for one in ALL if one.values[0].signed])
every_tracker = pytest.mark.parametrize("tracker", REGISTRY.values(), ids=REGISTRY)


def refused(case: Case, headers: dict[str, str], body: bytes, *secrets: str) -> bool:
    with pytest.raises(Rejected) as refusal:
        case.tracker.verify(headers, body, secrets, case.now)
    return refusal.value.status == 401


def a_client(tracker: Tracker, answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return tracker.connect(
        a_source(tracker.name, about(tracker.name)["url"], **about(tracker.name).get("source", {})),
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
    assert len(list((FOLDER / tracker.name / "cases").glob("[!_]*.json"))) >= 8


def test_the_file_may_name_every_tracker_and_no_other():
    assert set(TRACKERS) == set(REGISTRY)


@every_tracker
def test_every_tracker_names_itself_as_the_registry_does(tracker):
    assert REGISTRY[tracker.name] is tracker
    assert tracker.project_name(a_source(tracker.name, about(tracker.name)["url"]))


@every_case
def test_a_recorded_delivery_is_proven(case):
    proof = case.tracker.verify(case.headers, case.body, ["an old one", case.secret], case.now)
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
            # As values, not as JSON: the fields a partial one speaks for are a set.
            assert ticket == Ticket.model_validate({"source": "shop"} | case.expected["becomes"])
            assert ticket.external_id == event.ticket
        if isinstance(event, CommentSeen):
            comment = case.tracker.to_comment(event.record, source)
            assert comment.model_dump(**PLAIN) == case.expected["comment"]


@every_tracker
def test_a_webhook_and_the_record_of_one_state_have_one_fingerprint(tracker):
    """`pairs` names what an API answer writes otherwise than the recorded delivery.

    A webhook that says less than the record is held to the fields it does say.
    """
    source = a_source(tracker.name, about(tracker.name)["url"])
    pairs = about(tracker.name)["pairs"]
    assert pairs or not _sets_anything(tracker)
    for pair in pairs:
        case = Case(tracker, FOLDER / tracker.name / "cases" / pair["case"])
        [seen] = [event for event in case.events if isinstance(event, TicketSeen)]
        answer = seen.record | pair["in_answers"]
        assert answer != seen.record
        told, record = (tracker.to_ticket(one, source) for one in (seen.record, answer))
        spoken = fingerprint.CORE if told.full else told.present & set(fingerprint.CORE)
        assert spoken
        for name in spoken:
            assert fingerprint.value(told, name) == fingerprint.value(record, name), name


def _sets_anything(tracker: Tracker) -> bool:
    """Whether any recorded delivery of a tracker carries a record (Azure DevOps: none)."""
    own = (one.values[0] for one in ALL if one.values[0].tracker is tracker)
    return any(isinstance(event, TicketSeen) for case in own for event in case.events)


@every_signed_case
def test_a_body_with_one_byte_changed_is_refused(case):
    for place in range(0, len(case.body), max(len(case.body) // 40, 1)):
        forged = bytearray(case.body)
        forged[place] ^= 1
        assert refused(case, case.headers, bytes(forged), case.secret)


@every_case
def test_a_changed_credential_is_refused(case):
    """Every header the proof rests on, one character changed."""
    for name in case.tracker.capabilities.secret_headers & case.headers.keys():
        value = case.headers[name]
        middle = len(value) // 2
        forged = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
        assert refused(case, {**case.headers, name: forged}, case.body, case.secret)


@every_signed_case
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


@pytest.mark.parametrize("tracker", POLLED)
def test_every_kind_of_answer_was_recorded(tracker):
    """Refused, not allowed, not there, asked too often, broken: each ends in its own class."""
    told = {one["becomes"] for one in about(tracker.name)["fetch"]}
    assert {"Hidden", "Denied", "Transient"} <= told
    assert told & {"Gone", "Retired"}


@pytest.mark.parametrize(("tracker", "told"), FETCHES)
def test_an_answer_ends_in_the_right_outcome(tracker, told):
    answers = list(told.get("answers", [told]))

    def answer(request: httpx.Request) -> httpx.Response:
        one = answers.pop(0) if len(answers) > 1 else answers[0]
        body = one["body"] if isinstance(one["body"], str) else orjson.dumps(one["body"]).decode()
        return httpx.Response(one["status"], headers=one.get("headers", {}), text=body)

    found = outcome(a_client(tracker, answer), about(tracker.name)["ticket"])
    assert told["becomes"] in {kind.__name__ for kind in type(found).__mro__[:2]}
    assert getattr(found, "retry_after", None) == told.get("retry_after")
    assert (Secrets().value or "") not in str(found)


@pytest.mark.parametrize("tracker", POLLED)
@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.ReadError]
)
def test_a_line_that_breaks_is_transient(tracker, failure):
    def answer(request: httpx.Request) -> httpx.Response:
        raise failure("broken", request=request)

    with pytest.raises(Transient):
        a_client(tracker, answer).project()
