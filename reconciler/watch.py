"""Watch: our webhook is looked at, and what it failed to deliver asked for, hour by hour."""

from datetime import datetime, timedelta

from pydantic import ValidationError

from reconciler import hooks
from reconciler.run import Run
from schemas.model import Json, Model
from schemas.session import PassName

EVERY = timedelta(hours=1)


class Reread(Model):
    """The mark of the pass "redeliveries": until when deliveries were asked for, and from when on
    the next walk has to read because no webhook will tell of it."""

    asked_until: datetime | None = None
    read_from: datetime | None = None


def look(run: Run) -> None:
    """Both looks, when they are due. Neither fails the session."""
    if hooks.unseen(run.parts, run.source):
        return
    if _is_due(run, "hooks"):
        _hooks(run)
    if _is_due(run, "redeliveries"):
        _redeliveries(run)


def read_from(run: Run) -> datetime | None:
    """How far back the next walk has to reach for what no webhook will tell."""
    return _reread(run.last("redeliveries").mark).read_from


def was_read(run: Run, since: datetime | None) -> None:
    """A walk has reached back to `since`; one that went on may have begun later than needed."""
    before = _reread(run.last("redeliveries").mark)
    if before.read_from is not None and since is not None and since <= before.read_from:
        _keep(run, before.model_copy(update={"read_from": None}))


def _hooks(run: Run) -> None:
    with run.making("hooks"):
        found = hooks.check(run.parts, run.source, run.asking.client(), run.parts.now())
        if found.silent_since is not None:  # first: a look that was kept tells it no more
            _reach_back(run, found.silent_since)
        with run.parts.store.write() as connection:
            run.mark(connection, "hooks", found.as_json())


def _redeliveries(run: Run) -> None:
    now = run.parts.now()
    with run.making("redeliveries") as made:
        before = _reread(made.before.mark)
        since = before.asked_until or now - EVERY
        found = hooks.redeliver(run.parts, run.source, run.asking.client(), since, now)
        if not found.unseen:
            moments = (one for one in (before.read_from, found.refused_since) if one)
            _keep(run, Reread(asked_until=now, read_from=min(moments, default=None)))


def _is_due(run: Run, name: PassName) -> bool:
    last = run.last(name).ended_at
    return run.full or last is None or run.parts.now() - last >= EVERY


def _reach_back(run: Run, since: datetime) -> None:
    before = _reread(run.last("redeliveries").mark)
    first = min(since, before.read_from) if before.read_from else since
    _keep(run, before.model_copy(update={"read_from": first}))


def _keep(run: Run, mark: Reread) -> None:
    with run.parts.store.write() as connection:
        run.mark(connection, "redeliveries", mark.model_dump(mode="json"))


def _reread(mark: Json) -> Reread:
    """A mark as it was kept; of another version it is none."""
    try:
        return Reread.model_validate(mark or {})
    except ValidationError:
        return Reread()
