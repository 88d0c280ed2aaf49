"""The sender: recorded notices go out, with no transaction open while it waits for an answer.

At least once: a process that dies between an answer and its note sends again, under the same id.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from runtime import config
from runtime.clock import utc_now
from runtime.http import Answer, Outgoing, secret_parts, shown
from runtime.telemetry.redact import Redactor
from schemas.errors import LONGEST_WAIT_SECONDS, TicketsyncError, Transient
from schemas.model import Json
from schemas.settings import Settings
from store import outbox
from store.database import Store
from store.outbox import Letter, Tried
from workers import envelope

EVERY_SECONDS = 1.0
AT_ONCE = 32
IN_FLIGHT = 8
ENDING_SECONDS = 1.0
"""How long one that is told to end waits for what is under way, so that it can note what came."""
START_SECONDS, LINGER_SECONDS = 20.0, 30.0
"""How long sends of one claim are begun, and how long those under way are waited for: together less
than the claim holds."""
SCHEDULE = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each retry (Standard Webhooks, "Deliverability and reliability")."""
ADDRESS_TROUBLE = frozenset({429, 502, 503, 504})
"""Answers about the address, not about what was sent to it."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
GONE = 410
MOST_SAID = 200
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Round:
    """One claim on its way: what is left of it, ticket by ticket, and what came of the rest."""

    lanes: deque[list[Letter]]
    until: float
    tried: list[Tried] = field(default_factory=list)
    gone: bool = False


class Sender:
    """Sends what is due, in this process; `start` makes it a daemon thread.

    An address in trouble is left alone for a while, with all that waits for it; one that answers
    410 is left alone until the configuration names another, or `notices test` gets through.
    """

    def __init__(
        self,
        store: Store,
        outgoing: Outgoing,
        url: str,
        secrets: Sequence[str],
        *,
        redact: Callable[[Json], Json],
        now: Callable[[], datetime] = utc_now,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._store = store
        self._outgoing = outgoing
        self._url = url
        self._secrets = tuple(secrets)
        self._redact = redact
        self._now = now
        self._every = every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._paused_until: datetime | None = None
        self._troubles = 0
        self._under_way: list[threading.Thread] = []

    def start(self) -> None:
        """Begins to look for what is due, every second."""
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Ends it, waiting at most so long: what is then under way is sent again by others."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(seconds)
        if self._thread is None or not self._thread.is_alive():
            self._outgoing.close()

    def send_due(self, seconds: float = START_SECONDS, linger: float = LINGER_SECONDS) -> int:
        """Sends until nothing is due, the address is in trouble, or time is up; how many it sent.

        Nothing is begun after `seconds`, and what is under way is waited for `linger` more. Raises
        StoreAway without a database.
        """
        until, sent = time.monotonic() + seconds, 0
        while time.monotonic() < until and not self._resting() and self._room() > 0:
            letters = self._claim()
            if not letters:
                break
            sent += self._send(letters, until, linger)
        return sent

    def try_out(self, content: Json) -> Answer:
        """Sends a notice of type Test, recorded nowhere; success switches the address on again.

        Raises Transient or Permanent when nothing was sent.
        """
        now = self._now()
        key = f"msg_test_{int(now.timestamp() * 1000)}"
        answer = self._post(key, envelope.body_of("Test", now, self._redact(content)), now)
        if _is_taken(answer):
            with self._store.write() as connection:
                outbox.switch_on(connection, self._url)
        return answer

    def _run(self) -> None:
        while not self._stop.wait(self._every * random.uniform(0.75, 1.0)):  # noqa: S311
            try:
                self.send_due()
            except Transient as error:
                log.warning("notices_wait", reason=str(error))
            except Exception:
                log.exception("notices_failed")

    def _resting(self) -> bool:
        """Whether nothing is to be begun: we are told to end, or the address is in trouble."""
        paused = self._paused_until is not None and self._now() < self._paused_until
        return paused or self._stop.is_set()

    def _room(self) -> int:
        """How many more may be in flight: those of an earlier round may still be waiting."""
        self._under_way = [one for one in self._under_way if one.is_alive()]
        return IN_FLIGHT - len(self._under_way)

    def _claim(self) -> list[Letter]:
        now = self._now()
        with self._store.read() as connection:
            if not outbox.is_due(connection, now):
                return []
            off = outbox.switched_off(connection, self._url) is not None
        with self._store.write() as connection:
            if off:
                outbox.give_up_due(connection, now, _off(self._url))
                return []
            return outbox.claim(connection, now, AT_ONCE)

    def _send(self, letters: Sequence[Letter], until: float, linger: float) -> int:
        """Tickets side by side, the notices of one ticket one after the other."""
        this = _Round(deque(_lanes(letters)), min(until, time.monotonic() + START_SECONDS))
        threads = [
            threading.Thread(target=self._work, args=(this,), name="notice", daemon=True)
            for _ in range(min(self._room(), len(this.lanes)))
        ]
        self._under_way += threads
        for thread in threads:
            thread.start()
        self._wait_for(threads, this.until + linger)
        tried = list(this.tried)
        with self._store.write() as connection:
            outbox.settle(connection, tried)
            if this.gone:
                outbox.switch_off(connection, self._url, self._now())
        if this.gone:
            log.error("notices_switched_off", reason=_off(self._url))
        return sum(one.sent_at is not None for one in tried)

    def _wait_for(self, threads: Sequence[threading.Thread], until: float) -> None:
        for thread in threads:
            while thread.is_alive() and (now := time.monotonic()) < until:
                if self._stop.is_set():
                    until = min(until, now + ENDING_SECONDS)
                thread.join(min(0.1, until - now))

    def _work(self, this: _Round) -> None:
        while this.lanes:
            try:
                lane = this.lanes.popleft()
            except IndexError:  # another thread was quicker
                return
            for place, letter in enumerate(lane):
                if self._resting() or time.monotonic() >= this.until:
                    this.tried += self._put_back(lane[place:])
                    break
                done = self._try(letter, this)
                this.tried.append(done)
                if done.sent_at is None:
                    # The later ones of a ticket shall not overtake it by more than they must.
                    this.tried += self._put_back(lane[place + 1 :], done.due_at)
                    break

    def _put_back(self, letters: Iterable[Letter], due: datetime | None = None) -> list[Tried]:
        """Not tried: due again once the address may be asked, or when the one before them is."""
        at = due or self._paused_until or self._now()
        return [Tried(one.id, one.attempts, due_at=at) for one in letters]

    def _try(self, letter: Letter, this: _Round) -> Tried:
        try:
            content = self._redact(letter.content) | {"sequence": letter.id}
            body = envelope.body_of(letter.type, letter.at, content)
            answer = self._post(letter.key, body, self._now())
        except TicketsyncError as error:
            return self._failed(letter, str(error), trouble=True)
        except Exception as error:  # a bug of ours must not leave a notice claimed for ever
            log.exception("notice_broke", notice=letter.id)
            return self._failed(letter, type(error).__name__, trouble=False)
        if _is_taken(answer):
            self._troubles = 0
            log.debug("notice_sent", notice=letter.id, type=letter.type)
            return Tried(letter.id, letter.attempts + 1, sent_at=self._now())
        if answer.status == GONE:
            this.gone = True
            self._pause(self._now(), None)
            return Tried(letter.id, letter.attempts + 1, error=_off(self._url))
        said = f"{shown(self._url)}: HTTP {answer.status}{self._said(answer)}"
        busy = answer.status in ADDRESS_TROUBLE
        return self._failed(letter, said, trouble=busy, wait=answer.retry_after if busy else None)

    def _post(self, key: str, body: bytes, now: datetime) -> Answer:
        headers = envelope.headers_of(key, body, self._secrets, now)
        return self._outgoing.post(self._url, body, headers)

    def _said(self, answer: Answer) -> str:
        """The beginning of what was answered, for whoever has to find out why."""
        text = " ".join(answer.body[:MOST_SAID].decode(errors="replace").split())
        return f": {self._redact(text)}" if text else ""

    def _failed(
        self, letter: Letter, error: str, *, trouble: bool, wait: float | None = None
    ) -> Tried:
        """Due again by the schedule, unless the other side named a time; at its end given up."""
        now, number = self._now(), letter.attempts + 1
        if trouble:
            self._pause(now, wait)
        due = None
        if number <= len(SCHEDULE):
            due = now + timedelta(seconds=_wait(number, wait))
        told = log.warning if due else log.error
        told("notice_failed", notice=letter.id, type=letter.type, attempt=number, reason=error)
        return Tried(letter.id, number, due_at=due, error=error)

    def _pause(self, now: datetime, wait: float | None) -> None:
        """The address is asked ever more seldom, one notice at a time, until it answers again."""
        pause = min(FIRST_PAUSE * 2**self._troubles, LONGEST_PAUSE)
        until = now + timedelta(seconds=pause if wait is None else min(wait, LONGEST_WAIT_SECONDS))
        if self._paused_until is None or until > self._paused_until:
            if not self._resting():  # those under way beside it are one trouble, not several
                self._troubles = min(self._troubles + 1, 10)
            self._paused_until = until


def prepare(settings: Settings, store: Store) -> Sender | None:
    """The sender the settings ask for; None without an address."""
    notices = settings.notices
    if not notices.url:
        return None
    secrets = config.secrets(settings)
    signing = secrets.signing(notices.secret_env)
    known = {*secrets.values(config.sources(settings)), *signing, *secret_parts(notices.url)}
    redactor = Redactor(known)
    return Sender(
        store,
        Outgoing(allow_private=notices.allow_private),
        notices.url,
        signing,
        redact=redactor.value,
    )


def _lanes(letters: Iterable[Letter]) -> list[list[Letter]]:
    found: dict[tuple[str | None, str | None], list[Letter]] = {}
    for one in letters:
        found.setdefault((one.source, one.ticket), []).append(one)
    return list(found.values())


def _is_taken(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _wait(number: int, named: float | None) -> float:
    """Seconds before the next try, spread so that not all come at once; a named time wins."""
    if named is not None:
        return min(named, LONGEST_WAIT_SECONDS)
    return SCHEDULE[number - 1] * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, not a secret


def _off(url: str) -> str:
    return f"{shown(url)} answered 410 and is switched off: name another url in [notices]"
