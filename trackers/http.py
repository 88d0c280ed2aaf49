"""The one HTTP session of the trackers: polite, bounded, and sending its credential home only."""

import hashlib
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Protocol

import httpx as http

from schemas.errors import Permanent, TooLarge, Transient
from schemas.model import Json
from schemas.ports import Limiter, Rate, Validator, Validators
from trackers import outside
from trackers.answers import Answer, Manners, judged

USER_AGENT = "ticketsync/0.1"
_TIMEOUT = http.Timeout(30, connect=10)
_HOPS = 5
_RETRY_SECONDS = 0.2
_NUMBERS = re.compile(r"[0-9a-f-]{16,}|\d+")
"""What differs between addresses of one kind."""

Transport = http.BaseTransport
Params = Mapping[str, str | int]
Files = Mapping[str, tuple[str, bytes, str]]
"""Form field to (file name, content, media type)."""
_Payload = dict[str, Json]
"""What a request carries: at most one of json, files and content."""
OnRequest = Callable[[str, str, int | None, float], None]
"""Told of each request: method, path with query, status (None: no answer), seconds."""

_log = logging.getLogger(__name__)


class Authority(Protocol):
    """Who asks: `credential` names it by a hash, `header` is the Authorization to send."""

    @property
    def credential(self) -> str:
        """A name of the credential that does not give it away."""

    def header(self) -> str | None:
        """The value of Authorization, or None for anonymous reading."""

    def refused(self) -> bool:
        """Told when the tracker answered 401; whether a fresh token is worth a second try."""


class Session:
    """One credential at one API; raises Transient, Permanent, Denied, Retired.

    What `manners.absent` names comes back as an answer. `on_request` hears of every request,
    redirects and retries included; `sleep` is the pause before the one retry.
    """

    def __init__(
        self,
        base: str,
        *,
        authority: Authority,
        limiter: Limiter,
        validators: Validators,
        headers: Mapping[str, str] | None = None,
        manners: Manners | None = None,
        transport: Transport | None = None,
        on_request: OnRequest | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base = base.rstrip("/")
        self._origin = _origin(self.base)
        self._authority = authority
        self._limiter = limiter
        self._validators = validators
        self._manners = manners or Manners()
        self._aging: set[str] = set()
        self._on_request = on_request
        self._sleep = sleep
        self._client = http.Client(
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            timeout=_TIMEOUT,
            verify=_certificates(),
            transport=transport,
            follow_redirects=False,
        )

    @property
    def credential(self) -> str:
        """The name of who asks: no secret."""
        return self._authority.credential

    def close(self) -> None:
        """Gives connections back."""
        self._client.close()

    def get(
        self,
        address: str,
        params: Params | None = None,
        *,
        conditional: bool = False,
        kept: Validator | None = None,
    ) -> Answer:
        """An answer to GET of a path or a full address (a page the tracker named).

        Conditional: 304 when nothing changed since `remember` was last called for it; with `kept`,
        since the answer that had that validator.
        """
        url = self._url(address, params)
        if conditional:
            kept = self._validators.get(self._authority.credential, str(url))
        return self._follow("GET", url, _Payload(), _conditions(kept))

    def ask(
        self,
        address: str,
        body: Json,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """An answer to a POST that only reads (a search, a GraphQL query): retried like a GET."""
        payload = _Payload(json=body)
        return self._follow("POST", self._url(address, params), payload, headers or {}, reads=True)

    def send(
        self,
        method: str,
        address: str,
        body: Json = None,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        files: Files | None = None,
        content: bytes | None = None,
        authorization: str | None = None,
    ) -> Answer:
        """An answer to a write, never tried twice, or to a request under another `authorization`.

        `body` goes as JSON; `files` as a form; `content` as it is, with its type among `headers`.
        """
        own = {"Authorization": authorization} if authorization else {}
        payload = _Payload(json=body, files=files, content=content)
        return self._follow(method, self._url(address, params), payload, {**(headers or {}), **own})

    def download(
        self, address: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """A file in pieces. Our credential goes to our own API only, never along a redirect.

        Raises Permanent when it is larger than `largest` bytes, or not there; with `public` also
        when it, or a redirect, leads to a private address that is not our API.
        """
        url, got = _parsed(address if "://" in address else f"{self.base}{address}"), 0
        for _ in range(_HOPS):
            with self._stream(url, public) as answer:
                if answer.has_redirect_location:
                    url = _parsed(_joined(url, answer.headers["location"]))
                    continue
                if answer.status_code != 200:
                    answer.read()
                    found = _answer(answer, f"GET {url.path}")
                    _ = self._judged(found) if self._is_ours(url) else judged(found, self._manners)
                    raise Permanent(f"GET {url.path}: HTTP {answer.status_code}")
                for piece in answer.iter_bytes():
                    got += len(piece)
                    if largest is not None and got > largest:
                        raise TooLarge(f"GET {url.path}: larger than {largest} bytes")
                    yield piece
                return
        raise Permanent(f"GET {url.path}: more than {_HOPS} redirects")

    def remember(self, answer: Answer, address: str, params: Params | None = None) -> None:
        """Makes the same request conditional next time; call it once the answer was used."""
        if answer.validator:
            url = str(self._url(address, params))
            self._validators.put(self._authority.credential, url, answer.validator)

    def pages(self, address: str, params: Params | None = None) -> Iterator[Answer]:
        """A list page by page, by the Link header; look at each page's status."""
        answer = self.get(address, params)
        yield answer
        while answer.ok and answer.next:
            answer = self.get(answer.following)
            yield answer

    def owns(self, address: str) -> bool:
        """Whether a full address lies at this API: nothing else is ever sent our credential."""
        return _origin(address) == self._origin

    def _is_ours(self, url: http.URL) -> bool:
        return self.owns(str(url))

    def _url(self, address: str, params: Params | None = None) -> http.URL:
        full = address if "://" in address else f"{self.base}{address}"
        if not self.owns(full):
            raise Permanent(f"{self.base} named an address of another host; it is not followed")
        url = http.URL(full)
        return url.copy_merge_params(dict(params)) if params else url

    @contextmanager
    def _stream(self, url: http.URL, public: bool) -> Iterator[http.Response]:
        """Only what goes to our own API counts against its limit."""
        ours = self._is_ours(url)
        own = self._authority.header() if ours else None
        place, named, sni = (url, {}, {}) if ours or not public else _vetted(url)
        headers = {**named, **({"Authorization": own} if own else {})}
        if ours:
            self._limiter.wait(self._authority.credential, self._manners.usual)
        began = time.perf_counter()
        try:
            with self._client.stream("GET", place, headers=headers, extensions=sni) as answer:
                self._note("GET", url, answer.status_code, time.perf_counter() - began)
                if ours:
                    self._learn(_answer(answer, "GET", read=False))
                yield answer
        except http.RequestError as error:
            why = type(error).__name__
            raise Transient(f"GET {_place(url)}: no answer ({why})") from None

    def _follow(
        self,
        method: str,
        url: http.URL,
        payload: _Payload,
        headers: Mapping[str, str],
        *,
        reads: bool = False,
    ) -> Answer:
        """Redirects inside the same API: any for a GET, 307 and 308 for writes.

        GitHub answers 301 on old names of a repository and on transferred issues
        (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
        """
        asked = f"{method} {url.path}"
        allowed = (301, 302, 303, 307, 308) if method == "GET" else (307, 308)
        for hop in range(_HOPS):
            answer = self._granted(method, url, payload, headers, reads or method == "GET")
            target = answer.headers.get("location")
            if answer.status_code not in allowed or not target:
                return self._judged(_answer(answer, asked, moved=hop > 0))
            url = self._url(_joined(url, target))
        raise Permanent(f"{asked}: more than {_HOPS} redirects")

    def _judged(self, answer: Answer) -> Answer:
        """Azure DevOps asks for slowness with a Retry-After on a success, too
        (https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits)."""
        wait = self._manners.limited(answer)
        if wait is None and answer.ok:
            wait = answer.retry_after
        if wait is not None:
            self._limiter.block(self._authority.credential, wait)
        self._warn_of_age(answer)
        return judged(answer, self._manners)

    def _warn_of_age(self, answer: Answer) -> None:
        """Once per kind of address: the tracker tells that this part of its API will go away."""
        told = answer.headers.get("sunset") or answer.headers.get("deprecation")
        kind = _NUMBERS.sub("…", answer.asked) if told else ""
        if told and kind not in self._aging:
            self._aging.add(kind)
            _log.warning("%s is deprecated by the tracker: %s", answer.asked, told)

    def _granted(
        self,
        method: str,
        url: http.URL,
        payload: _Payload,
        headers: Mapping[str, str],
        reads: bool,
    ) -> http.Response:
        """A second try with a fresh token where one can be had: a 401 did nothing yet."""
        answer = self._attempts(method, url, payload, headers, reads)
        own = "Authorization" not in headers
        if answer.status_code == 401 and own and self._authority.refused():
            return self._attempts(method, url, payload, headers, reads)
        return answer

    def _attempts(
        self,
        method: str,
        url: http.URL,
        payload: _Payload,
        headers: Mapping[str, str],
        reads: bool,
    ) -> http.Response:
        """One quick retry of a read that met a failing server or a broken line."""
        for last in (not reads, True):
            try:
                answer = self._once(method, url, payload, headers)
            except http.RequestError as error:
                if last:
                    name = type(error).__name__
                    raise Transient(f"{method} {_place(url)}: no answer ({name})") from None
            else:
                if last or answer.status_code < 500 or "retry-after" in answer.headers:
                    return answer
            self._sleep(_RETRY_SECONDS)
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, method: str, url: http.URL, payload: _Payload, headers: Mapping[str, str]
    ) -> http.Response:
        sent = dict(headers)
        if "Authorization" not in sent:
            own = self._authority.header()
            sent |= {"Authorization": own} if own else {}
        self._limiter.wait(self._authority.credential, self._manners.usual)
        status, began = None, time.perf_counter()
        try:
            answer = self._client.request(method, url, headers=sent, **payload)
            status = answer.status_code
            self._learn(_answer(answer, method))
        finally:
            self._note(method, url, status, time.perf_counter() - began)
        return answer

    def _learn(self, answer: Answer) -> None:
        rate = self._manners.rate(answer) or Rate()
        told = rate.model_copy(update={"told_at": answer.told_at}) if rate.reset_at else rate
        self._limiter.learn(self._authority.credential, told)

    def _note(self, method: str, url: http.URL, status: int | None, seconds: float) -> None:
        path = url.raw_path.decode("ascii", "replace")
        _log.debug("%s %s %s %.3f s", method, path, status, seconds)
        if self._on_request:
            self._on_request(method, path, status, seconds)


def credential_name(base: str, secret: str) -> str:
    """A name for a secret at an API that does not give it away."""
    return hashlib.sha256(f"{base}\n{secret}".encode("utf-8", "replace")).hexdigest()[:16]


def _answer(raw: http.Response, asked: str, *, moved: bool = False, read: bool = True) -> Answer:
    links = {name: link["url"] for name, link in raw.links.items() if name and "url" in link}
    return Answer(
        status=raw.status_code,
        asked=asked,
        url=str(raw.url),
        headers={name.lower(): value for name, value in raw.headers.items()},
        body=raw.content if read else b"",
        links=links,
        moved=moved,
    )


def _origin(address: str) -> tuple[str, str, int | None] | None:
    try:
        url = http.URL(address)
    except (http.InvalidURL, TypeError):
        return None
    return url.scheme, url.host, url.port


def _parsed(address: str) -> http.URL:
    try:
        return http.URL(address)
    except http.InvalidURL:
        raise Permanent("an address the tracker named cannot be understood") from None


def _vetted(url: http.URL) -> tuple[http.URL, dict[str, str], dict[str, str]]:
    """The address to connect to, and the name it is meant for: in Host, and in the certificate."""
    name = url.raw_host.decode("ascii")
    place = outside.vetted(url.scheme, name, url.port)
    return url.copy_with(host=place), {"Host": url.netloc.decode()}, {"sni_hostname": name}


def _place(url: http.URL) -> str:
    return url.netloc.decode() + url.path  # without what a query or a user's name may hold


def _joined(url: http.URL, target: str) -> str:
    try:
        return str(url.join(target))
    except http.InvalidURL:
        return target


@cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes longer than a whole idle pass, and clients are made for each."""
    return http.create_ssl_context()


def _conditions(kept: Validator | None) -> dict[str, str]:
    if kept is None:
        return {}
    pairs = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in pairs.items() if value}
