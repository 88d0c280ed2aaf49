"""The sender: what goes out, how it is signed, and what it makes of every answer."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from runtime.http import Outgoing
from runtime.telemetry.redact import Redactor
from schemas import notice
from schemas.notice import TYPES
from schemas.settings import NoticesSettings, Settings
from store import outbox
from store.database import Store
from store.notices import Teller
from store.outbox import Letter
from tests.builders import NOW, SOURCE, Clock, a_ticket
from tests.listening import OTHER_SECRET, SECRET, Got, listening
from workers.notify import AT_ONCE, IN_FLIGHT, SCHEDULE, Sender, prepare

URL = "https://hooks.example/in"
Answering = Callable[[Got], httpx.Response]


class Receiver:
    """Stands behind the transport; `answer` may be replaced at any time."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Answering = lambda _: httpx.Response(204)
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        got = Got(dict(request.headers), request.read())
        with self._lock:
            self.got.append(got)
        made = self.answer(got)
        return httpx.Response(made.status_code, headers=made.headers, content=iter([made.content]))

    def says(self, status: int, text: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _: httpx.Response(status, text=text, headers=named)

    def keys(self) -> list[str]:
        """The tickets that were told of."""
        return [one.content.get("key", "") for one in self.got]


class Post:
    """A store with notices, a sender, and a receiver; time stands still."""

    def __init__(self, store: Store, secrets: tuple[str, ...] = (SECRET,)) -> None:
        self.store, self.clock, self.receiver = store, Clock(), Receiver()
        self.tell = Teller(frozenset(TYPES))
        outgoing = Outgoing(
            resolve=lambda _host, _port: ["93.184.215.14"],
            transport=httpx.MockTransport(self.receiver),
        )
        redact = Redactor({"a-token-of-ours"}).value
        self.sender = Sender(store, outgoing, URL, secrets, redact=redact, now=self.clock)

    def record(self, *numbers: int, title: str = "Till") -> None:
        told = [
            notice.ticket_created(a_ticket(n, confidential=False, title=title), self.clock())
            for n in numbers
        ]
        with self.store.write() as connection:
            self.tell(connection, told)

    def letters(self) -> list[Letter]:
        with self.store.read() as connection:
            return outbox.find(connection, limit=1_000)[::-1]

    def letter(self) -> Letter:
        (one,) = self.letters()
        return one

    def waits(self) -> float:
        """Seconds until the only notice is due again."""
        due = self.letter().due_at
        assert due is not None
        return (due - self.clock()).total_seconds()


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


def test_a_notice_goes_out_once_in_the_standard_form(post: Post) -> None:
    post.record(12)
    assert post.sender.send_due() == 1
    assert post.sender.send_due() == 0
    (got,) = post.receiver.got
    letter = post.letter()
    assert (got.key, got.headers["content-type"]) == (letter.key, "application/json")
    assert got.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert got.is_signed()
    assert not got.is_signed(OTHER_SECRET)
    assert got.json["type"] == "ExternalTicketCreated"
    assert got.json["timestamp"] == "2026-11-20T12:00:00Z"
    assert got.content["sequence"] == letter.id
    assert got.content["source"] == SOURCE
    assert (letter.state, letter.attempts) == ("sent", 1)


def test_while_secrets_rotate_both_sign(sqlite_store: Store) -> None:
    post = Post(sqlite_store, (SECRET, OTHER_SECRET))
    post.record(12)
    post.sender.send_due()
    (got,) = post.receiver.got
    assert got.is_signed(SECRET)
    assert got.is_signed(OTHER_SECRET)


def test_a_secret_of_ours_never_goes_out(post: Post) -> None:
    post.record(12, title="it says a-token-of-ours")
    post.sender.send_due()
    assert b"a-token-of-ours" not in post.receiver.got[0].raw


def test_retries_keep_the_id_follow_the_schedule_and_end(post: Post) -> None:
    post.receiver.says(500, "no such channel")
    post.record(12)
    for seconds in SCHEDULE:
        assert post.sender.send_due() == 0
        assert seconds <= post.waits() <= seconds * 1.2
        post.clock.forward(seconds=seconds * 1.2)
    post.sender.send_due()
    letter = post.letter()
    assert (letter.state, letter.attempts) == ("given up", len(SCHEDULE) + 1)
    assert letter.last_error == "https://hooks.example: HTTP 500: no such channel"
    assert len({got.key for got in post.receiver.got}) == 1
    assert {got.is_signed() for got in post.receiver.got} == {True}
    assert len({got.headers["webhook-timestamp"] for got in post.receiver.got}) == 10


@pytest.mark.parametrize("status", [429, 503])
def test_a_named_time_wins_over_the_schedule(post: Post, status: int) -> None:
    post.receiver.says(status, retry_after="1234")
    post.record(12)
    post.sender.send_due()
    assert post.waits() == 1234
    post.clock.forward(seconds=1233)
    assert post.sender.send_due() == 0
    assert len(post.receiver.got) == 1
    post.receiver.says(200)
    post.clock.forward(seconds=1)
    assert post.sender.send_due() == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 418, 500])
def test_what_is_not_2xx_is_a_failure_of_that_notice_alone(post: Post, status: int) -> None:
    post.receiver.answer = lambda got: httpx.Response(status if "/12" in got.raw.decode() else 200)
    post.record(11, 12, 13)
    assert post.sender.send_due() == 2
    assert [one.state for one in post.letters()] == ["sent", "waiting", "sent"]


def test_a_redirect_is_not_followed(post: Post) -> None:
    post.receiver.says(302, location="https://elsewhere.example/")
    post.record(12)
    post.sender.send_due()
    assert len(post.receiver.got) == 1
    assert post.letter().state == "waiting"


def test_an_address_in_trouble_is_asked_by_one_notice_and_costs_the_others_nothing(
    post: Post,
) -> None:
    def away(_: Got) -> httpx.Response:
        raise httpx.ConnectError("refused")

    post.receiver.answer = away
    post.record(*range(1, 101))
    for _ in range(8):
        post.sender.send_due()
        post.clock.forward(seconds=301)
    assert len(post.receiver.got) <= 8 * IN_FLIGHT
    assert max(one.attempts for one in post.letters()) <= 8
    post.receiver.says(204)
    post.clock.forward(days=2)
    assert post.sender.send_due() == 100
    assert {one.state for one in post.letters()} == {"sent"}


def test_a_410_switches_the_address_off_and_nothing_more_is_asked(post: Post) -> None:
    post.receiver.says(410)
    post.record(*range(1, 3 * AT_ONCE))
    post.sender.send_due()
    asked = len(post.receiver.got)
    assert asked <= IN_FLIGHT
    for _ in range(3):
        post.clock.forward(minutes=10)
        post.record(1000)
        post.sender.send_due()
    assert len(post.receiver.got) == asked
    assert {one.state for one in post.letters()} == {"given up"}
    assert "name another url" in str(post.letters()[-1].last_error)
    again = Sender(
        post.store, Outgoing(), URL, (SECRET,), redact=lambda value: value, now=post.clock
    )
    assert again.send_due() == 0  # another process knows it, too


def test_a_test_that_gets_through_switches_the_address_on_again(post: Post) -> None:
    post.receiver.says(410)
    post.record(12)
    post.sender.send_due()
    assert post.sender.try_out({"from": "here"}).status == 410
    post.receiver.says(204)
    assert post.sender.try_out({"from": "here"}).status == 204
    assert post.receiver.got[-1].json["type"] == "Test"
    assert post.receiver.got[-1].is_signed()
    post.clock.forward(minutes=1)
    post.record(13)
    assert post.sender.send_due() == 1


def test_a_refused_address_is_told_in_words_that_mend_it(sqlite_store: Store) -> None:
    post = Post(sqlite_store)
    post.record(12)
    sender = Sender(
        sqlite_store, Outgoing(), "http://127.0.0.1:9/", (SECRET,),
        redact=lambda value: value, now=post.clock,
    )  # fmt: skip
    assert sender.send_due() == 0
    assert "set allow_private = true in [notices]" in str(post.letter().last_error)


def test_the_notices_of_a_ticket_go_out_in_order(post: Post) -> None:
    post.record(*[number for _ in range(5) for number in (1, 2, 3)])
    assert post.sender.send_due() == 15
    for key in {*post.receiver.keys()}:
        told = [g.content["sequence"] for g in post.receiver.got if g.content["key"] == key]
        assert told == sorted(told)
        assert len(told) == 5


def test_what_follows_a_failure_of_the_same_ticket_waits_for_it(post: Post) -> None:
    post.receiver.says(500)
    post.record(1, 1, 2)
    post.sender.send_due()
    first, second, other = post.letters()
    assert (first.attempts, second.attempts, other.attempts) == (1, 0, 1)
    assert first.due_at == second.due_at
    post.receiver.says(204)
    post.clock.forward(seconds=6)
    post.sender.send_due()
    assert [g.content["sequence"] for g in post.receiver.got[2:]].index(first.id) < [
        g.content["sequence"] for g in post.receiver.got[2:]
    ].index(second.id)


def test_no_more_than_eight_are_in_flight(post: Post) -> None:
    under_way, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(IN_FLIGHT, timeout=10)

    def slow(_: Got) -> httpx.Response:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        together.wait()
        with lock:
            under_way[0] -= 1
        return httpx.Response(204)

    post.receiver.answer = slow
    post.record(*range(1, 3 * IN_FLIGHT + 1))
    assert post.sender.send_due() == 3 * IN_FLIGHT
    assert most == [IN_FLIGHT]


def test_no_transaction_is_open_while_an_answer_is_waited_for(post: Post) -> None:
    def write_meanwhile(_: Got) -> httpx.Response:
        with post.store.write() as connection:
            post.tell(connection, [notice.sync_started(SOURCE, 1, "full", NOW)])
        return httpx.Response(204)

    post.receiver.answer = write_meanwhile
    post.record(12)
    assert post.sender.send_due(seconds=5) >= 1


def test_a_sender_that_died_over_a_notice_leaves_it_to_the_next(post: Post) -> None:
    post.record(12)
    with post.store.write() as connection:
        outbox.claim(connection, NOW, 10)
    assert post.sender.send_due() == 0
    post.clock.forward(seconds=outbox.CLAIM.total_seconds())
    assert post.sender.send_due() == 1


def test_two_senders_send_each_notice_once(store: Store) -> None:
    post = Post(store)
    outgoing = Outgoing(
        resolve=lambda _host, _port: ["93.184.215.14"],
        transport=httpx.MockTransport(post.receiver),
    )
    other = Sender(store, outgoing, URL, (SECRET,), redact=lambda value: value, now=post.clock)
    post.record(*range(1, 201))
    threads = [threading.Thread(target=one.send_due) for one in (post.sender, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(got.content["sequence"] for got in post.receiver.got) == [
        one.id for one in post.letters()
    ]


def test_time_that_is_up_leaves_the_rest_due(post: Post) -> None:
    post.record(*range(1, 10))
    assert post.sender.send_due(seconds=0) == 0
    assert post.receiver.got == []
    assert post.sender.send_due() == 9


def test_an_answer_of_nonsense_is_a_failure_like_any(post: Post) -> None:
    def nonsense(_: Got) -> httpx.Response:
        raise ValueError("not HTTP at all")

    post.receiver.answer = nonsense
    post.record(12)
    assert post.sender.send_due() == 0
    assert (post.letter().state, post.letter().last_error) == ("waiting", "ValueError")


@pytest.fixture
def started(sqlite_store: Store) -> Iterator[Post]:
    post = Post(sqlite_store)
    post.sender.start()
    yield post
    post.sender.stop()


def test_the_thread_looks_by_itself_and_ends_when_told(started: Post) -> None:
    came = threading.Event()

    def take(_: Got) -> httpx.Response:
        came.set()
        return httpx.Response(204)

    started.receiver.answer = take
    started.record(12)
    assert came.wait(5)
    started.sender.stop(5)
    assert not [one for one in threading.enumerate() if one.name == "notices"]


def test_the_schedule_is_that_of_the_standard() -> None:
    hours = [timedelta(seconds=seconds) / timedelta(hours=1) for seconds in SCHEDULE[3:]]
    assert SCHEDULE[:3] == (5, 5 * 60, 30 * 60)
    assert hours == [2, 5, 10, 14, 20, 24]


def test_one_that_is_told_to_end_notes_what_came_meanwhile(started: Post) -> None:
    came, over = threading.Event(), threading.Event()

    def hang(got: Got) -> httpx.Response:
        if got.content["key"] == "2":
            came.set()
            over.wait(20)
        return httpx.Response(204)

    started.receiver.answer = hang
    started.record(1, 2)
    assert came.wait(5)
    started.sender.stop(5)
    assert [one.state for one in started.letters()] == ["sent", "waiting"]
    over.set()


def test_what_never_comes_back_does_not_pile_up(post: Post) -> None:
    over = threading.Event()
    post.receiver.answer = lambda _: httpx.Response(204 if over.wait(20) else 500)
    for first in range(1, 50, 10):
        post.record(*range(first, first + 10))
        post.sender.send_due(0.05, 0.05)
    assert len(post.receiver.got) == IN_FLIGHT
    over.set()


def test_what_is_secret_in_the_address_never_goes_out(sqlite_store: Store, tmp_path: Path) -> None:
    hidden = "abc123def456ghi789"
    (tmp_path / ".env").write_text(f"TICKETSYNC_NOTICES_SECRET={SECRET}\n")
    with listening() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/services/{hidden}"
        notices = NoticesSettings(url=url, allow_private=True)
        sender = prepare(Settings(notices=notices, folder=tmp_path), sqlite_store)
        assert sender is not None
        sender.try_out({"echoed": f"no such hook: {hidden}"})
        sender.stop()
    assert receiver.got[0].content == {"echoed": "no such hook: [redacted]"}
