"""Reporting: what was saved, in the order of saving, for who goes on behind a token.

Azure DevOps docs: Reporting Work Item Revisions, Reporting Work Item Links REST API 7.1.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from sandbox.azure_devops.ask import Ask
from sandbox.azure_devops.refusals import invalid
from sandbox.azure_devops.state import Item
from sandbox.wire import Json, Reply, reply_json

_MOST = 1000
_USUAL = 200


def revisions(ask: Ask) -> Reply:
    """The latest revision of each work item; a token goes on after the last one told."""
    after, since = _begin(ask)
    size = ask.site.faults.page_size(min(ask.number("$maxPageSize", _USUAL), _MOST))
    found = [item for item in _saved(ask, after, since) if _told(ask, item)]
    found.sort(key=lambda item: item.mark)
    told, more = found[:size], len(found) > size
    mark = told[-1].mark if told else max([after, *_newest(ask)])
    return _batch(ask, "workItemRevisions", [_reported(ask, item) for item in told], mark, more)


def links(ask: Ask) -> Reply:
    """Links that were added or removed, each once, whichever end was saved first."""
    after, since = _begin(ask)
    size = ask.site.faults.page_size(_MOST)
    upto = ask.site.world.now() - timedelta(seconds=ask.site.list_lag())
    shown = [one for one in ask.site.world.linked if datetime.fromisoformat(one.at) <= upto]
    found = [
        one
        for one in shown
        if one.mark > after
        and (since is None or datetime.fromisoformat(one.at) >= since)
        and ask.home.id in (one.source.project.id, one.target.project.id)
    ]
    told, more = found[:size], len(found) > size
    newest = shown[-1].mark if shown else 0
    mark = told[-1].mark if told else max(after, newest)
    return _batch(ask, "workItemLinks", [ask.site.views.reported(one) for one in told], mark, more)


def _begin(ask: Ask) -> tuple[int, datetime | None]:
    """(the mark to go on after, the time to begin at)."""
    token, start = ask.param("continuationToken") or "", ask.param("startDateTime")
    number = token.partition(".")[0]
    if token and not number.isdecimal():
        raise invalid("The continuation token is not valid.", "VssPropertyValidationException")
    return int(number or 0), datetime.fromisoformat(start) if start else None


def _saved(ask: Ask, after: int, since: datetime | None) -> list[Item]:
    """Looks at what was saved after a mark and a time: from the newest back."""
    found = []
    for item in ask.site.listed(newest_first=True):
        if item.mark <= after or (since and datetime.fromisoformat(item.updates[-1].at) < since):
            if ask.site.list_lag():
                continue  # a look from before a change stands where the change was
            break
        found.append(item)
    return found


def _newest(ask: Ask) -> list[int]:
    """The newest mark there is to see, if any: behind it an empty batch goes on."""
    looks = ask.site.listed(newest_first=True)
    if ask.site.list_lag():
        return [max((item.mark for item in looks), default=0)]
    return [item.mark for item in islice(looks, 1)]


def _told(ask: Ask, item: Item) -> bool:
    return item.project is ask.home and (
        item.alive or (ask.flag("includeDeleted") and not item.destroyed)
    )


def _reported(ask: Ask, item: Item) -> Json:
    raw = ask.param("fields")
    names = [one.strip() for one in raw.split(",")] if raw else None
    held = ask.site.views.item(item, "fields")["fields"]
    wanted = {name: held[name] for name in held if not names or name in names}
    gone = {"System.IsDeleted": True} if not item.alive else {}
    return {"id": item.id, "rev": item.rev, "fields": {**wanted, **gone}}


def _batch(ask: Ask, name: str, values: list[Json], mark: int, more: bool) -> Reply:
    base = f"{ask.site.world.base}/{ask.home.id}/_apis/wit/reporting/{name}"
    return reply_json(
        {
            "values": values,
            "nextLink": f"{base}?continuationToken={mark}.1",
            "continuationToken": f"{mark}.1",
            "isLastBatch": not more,
        }
    )
