"""The source's project at its organization: paths, versions, refusals, what its process says."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from schemas.errors import Denied, Permanent, Transient
from schemas.model import Json
from schemas.ports import Allowance, Rate
from schemas.source import Source
from schemas.tracker import ProjectInfo
from trackers.answers import Answer, Manners
from trackers.azure_devops import address, names
from trackers.fields import Fields
from trackers.http import Params, Session

HEADERS = {"Accept": "application/json", "X-TFS-FedAuthRedirect": "Suppress"}
"""The second asks for a 401 instead of a page to sign in, which a download would take for the file
(Microsoft's own client: azure-devops, `client.py`)."""
_PATCH = {"Content-Type": "application/json-patch+json"}
_KEPT_SECONDS = 600.0
_UNNAMED_WAIT = 60.0
_TOO_MANY = "WorkItemTrackingQueryResultSizeLimitExceededException"
_ELSEWHERE = "of another host"
"""What the session says of a redirect out of the API: there is none but the one to sign in."""


_REQUESTS_A_UNIT = 10
_USUAL = Allowance(requests=200 * _REQUESTS_A_UNIT, seconds=300)
"""Documented are 200 units of effort in any five minutes, one unit being the load that a usual
person at work makes in that time (https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits).
What a request costs is not: ten are taken for a unit. Where that is too many, answers are delayed
first, and say so."""


def _rate(answer: Answer) -> Rate | None:
    """The budget in requests, told when its end comes near; with a Retry-After that wait counts,
    and nothing else."""
    limit, left = (_number(answer, name) for name in ("limit", "remaining"))
    reset = _reset(answer)
    if answer.retry_after is not None or left is None or reset is None:
        return None
    most = None if limit is None else limit * _REQUESTS_A_UNIT
    return Rate(limit=most, remaining=left * _REQUESTS_A_UNIT, reset_at=reset)


def _limited(answer: Answer) -> float | None:
    if answer.status != 429:
        return None
    if answer.retry_after is not None:
        return answer.retry_after
    reset = _reset(answer)
    return max((reset - answer.date).total_seconds(), 1.0) if reset else _UNNAMED_WAIT


def _reset(answer: Answer) -> datetime | None:
    """Seconds since 1970."""
    found = _number(answer, "reset")
    return None if found is None else datetime.fromtimestamp(found, UTC)


def _number(answer: Answer, name: str) -> int | None:
    """A whole number of a header; units of effort may have a fraction."""
    raw = answer.headers.get(f"x-ratelimit-{name}", "").partition(".")[0]
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 11 else None


MANNERS = Manners(
    absent=frozenset({400, 404, 409, 412}), rate=_rate, limited=_limited, usual=_USUAL
)
"""400 and 412 come back, since only `typeKey` tells a lost race or a known limit from a fault."""


@dataclass(slots=True)
class Known:
    """What processes say, in memory for some minutes, by organization, project and question."""

    answers: dict[tuple[str, str, str], tuple[float, Json]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    now: Callable[[], float] = time.monotonic

    def kept(self, key: tuple[str, str, str], ask: Callable[[], Json]) -> Json:
        """The answer of before while it is young, else that of `ask`."""
        with self.lock:
            until, found = self.answers.get(key, (0.0, None))
        if until > self.now():
            return found
        found = ask()
        with self.lock:
            self.answers[key] = (self.now() + _KEPT_SECONDS, found)
        return found

    def forget(self, base: str, project: str) -> None:
        """What is known of one project is asked anew."""
        with self.lock:
            for key in [one for one in self.answers if one[:2] == (base, project)]:
                del self.answers[key]


class Boards:
    """Where requests for one source go; `name` is the project's name as last told."""

    def __init__(self, session: Session, source: Source, known: Known) -> None:
        self.session = session
        self.source = source
        self.name = address.project_name(source)
        self.clock: datetime | None = None
        self._known = known

    @property
    def base(self) -> str:
        """The organization at its API."""
        return self.session.base

    def path(self, tail: str, *, team: str | None = None) -> str:
        """Something in the project; the pinned id survives a renaming."""
        project = self.named
        if not project:
            raise Denied(f"{self.source.url} names no project, only a site")
        within = f"/{quote(team, safe='')}" if team else ""
        return f"/{quote(project, safe='')}{within}/_apis/{tail}"

    def get(self, path: str, params: Params | None = None) -> Answer:
        """An answer to GET; a page to sign in is a refusal."""
        return self._noted(lambda: self.session.get(path, _versioned(path, params)))

    def ask(self, path: str, body: Json, params: Params | None = None) -> Answer:
        """An answer to a POST that only reads."""
        return self._noted(lambda: self.session.ask(path, body, _versioned(path, params)))

    def send(
        self, method: str, path: str, body: Json = None, params: Params | None = None
    ) -> Answer:
        """An answer to a write; lists of operations go as JSON Patch."""
        headers = _PATCH if isinstance(body, list) else None
        wanted = _versioned(path, params)
        return self._noted(
            lambda: self.session.send(method, path, body, params=wanted, headers=headers)
        )

    def put_file(self, path: str, content: bytes, params: Params) -> Answer:
        """An answer to an upload."""
        headers = {"Content-Type": "application/octet-stream"}
        wanted = _versioned(path, params)
        return self._noted(
            lambda: self.session.send("POST", path, params=wanted, content=content, headers=headers)
        )

    def query(self, text: str, top: int) -> Answer:
        """An answer to a query; without `timePrecision` times are cut to days."""
        path = self.path("wit/wiql", team=self.source.team)
        params: Params = {"timePrecision": "true", "$top": top}
        return self.ask(path, {"query": text}, params)

    def forget(self) -> None:
        """Types and states are read anew."""
        self._known.forget(self.base, self.named)

    @property
    def named(self) -> str:
        """The project: its pinned id, else its name."""
        return self.source.project_id or self.name

    def project(self) -> ProjectInfo:
        """The project as it is now."""
        wanted = self.named
        if not wanted:
            raise Denied(f"{self.source.url} names no project, only a site")
        answer = self.get(f"/_apis/projects/{quote(wanted, safe='')}")
        if not answer.ok:
            refusal = f"HTTP {answer.status}: there is none, or the credential may not see it"
            raise Denied(f"project {self.name}: {refusal}")
        found = project_told(Fields.of(answer.object, "project"), address.site(self.source))
        self.name = found.name
        return found

    def values(self, path: str, params: Params | None = None) -> list[dict[str, Json]]:
        """The items of a list that comes whole; Denied when there is no such list."""
        answer = self.get(path, params)
        if not answer.ok:
            raise refused(answer)
        return listed(answer)

    def states(self, kind: str) -> list[dict[str, Json]]:
        """The states of a work item type: name, colour, category."""
        path = self.path(f"wit/workitemtypes/{quote(kind, safe='')}/states")
        return self._kept(f"states {kind.casefold()}", path)

    def types(self) -> list[dict[str, Json]]:
        """The categories of types, each with its default type and its types."""
        return self._kept("types", self.path("wit/workitemtypecategories"))

    def type_names(self) -> list[str]:
        """All work item types of the project, each once."""
        found: dict[str, None] = {}
        for category in self.types():
            for one in Fields.of(category, "category").items("workItemTypes"):
                found.setdefault(Fields.of(one, "type").need_text("name"))
        return list(found)

    def fields_of(self, kind: str) -> frozenset[str]:
        """The reference names of the fields a type has; empty when it does not tell."""
        path = self.path(f"wit/workitemtypes/{quote(kind, safe='')}/fields")
        found = self._kept(f"fields {kind.casefold()}", path)
        return frozenset(str(one.get("referenceName")) for one in found)

    def _noted(self, asked: Callable[[], Answer]) -> Answer:
        """`clock` is the tracker's own, as its last answer told it."""
        try:
            answer = asked()
        except Permanent as error:
            if _ELSEWHERE in str(error):
                raise Denied(
                    f"{self.base} leads to a page to sign in: token not accepted"
                ) from None
            raise
        self.clock = answer.date
        return _spoken(answer)

    def _kept(self, question: str, path: str) -> list[dict[str, Json]]:
        """A type that was renamed or taken away has no states any more; its items still do."""

        def ask() -> Json:
            answer = self.get(path)
            return listed(answer) if answer.ok else []

        key = (self.base, self.named, question)
        found: list[dict[str, Json]] = self._known.kept(key, ask)
        return found


def project_told(found: Fields, site: str) -> ProjectInfo:
    """A project as a list or a single answer tells it."""
    name = found.need_text("name")
    visibility = found.text("visibility")
    return ProjectInfo(
        id=found.need_id("id"),
        name=name,
        url=f"{site}/{quote(name)}",
        private=None if visibility is None else visibility != "public",
        tickets_enabled=found.text("state") in (None, "wellFormed"),
    )


def listed(answer: Answer) -> list[dict[str, Json]]:
    """The items of `{count, value}`; with `errorPolicy=omit` some are null, and left out."""
    found = Fields.of(answer.object, "answer").items("value")
    return [item for item in found if isinstance(item, dict)]


def type_key(answer: Answer) -> str:
    """The tracker's own name of a failure."""
    try:
        found = answer.json
    except Transient:
        return ""
    key = found.get("typeKey") if isinstance(found, dict) else None
    return key if isinstance(key, str) else ""


def refused(answer: Answer) -> Permanent:
    """What an answer that is none comes to; 404 says as well that we may not see it."""
    told = f"{answer.asked}: HTTP {answer.status}{answer.reason}"
    return Denied(told) if answer.status == 404 else Permanent(told)


def too_many(answer: Answer) -> bool:
    """Whether a list is longer than the tracker gives out at once."""
    return answer.status == 400 and (type_key(answer) == _TOO_MANY or "VS402337" in answer.reason)


def conflicted(answer: Answer) -> bool:
    """Somebody else saved in between (`/rev` is not what the patch tested)."""
    return answer.status in (409, 412) or type_key(answer) == "TestPatchOperationFailedException"


def _versioned(path: str, params: Params | None) -> Params:
    version = names.VERSION
    if "/comments" in path:
        version = names.COMMENTS_VERSION
    elif path.endswith("/connectionData"):
        version = names.CONNECTION_VERSION
    return {**(params or {}), "api-version": version}


def _spoken(answer: Answer) -> Answer:
    """203, or a page instead of JSON, is how an expired token is answered
    (https://learn.microsoft.com/azure/devops/integrate/get-started/authentication)."""
    kind = answer.headers.get("content-type", "")
    if answer.status == 203 or (300 <= answer.status < 400) or (answer.ok and "text/html" in kind):
        raise Denied(f"{answer.asked}: HTTP {answer.status}, a page to sign in: token not accepted")
    return answer
