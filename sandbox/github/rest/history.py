"""Events and timelines (GitHub docs: REST API endpoints for issue events; timeline events)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sandbox.github.ask import Ask
from sandbox.github.history_views import commented_view, event_view, repo_event_view, timeline_view
from sandbox.github.refusals import not_found, refusal
from sandbox.github.state import TIMELINE_ONLY, Event, stamp
from sandbox.wire import Json, Reply, reply_json

REPO = "/repos/{owner}/{repo}/issues"
LAST_PAGE = 300


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", f"{REPO}/events", list_repo_events),
        ("GET", f"{REPO}/events/{{event:int}}", get_event),
        ("GET", f"{REPO}/{{number:int}}/events", list_events),
        ("GET", f"{REPO}/{{number:int}}/timeline", list_timeline),
    ]


def list_repo_events(ask: Ask) -> Reply:
    """Newest first, without `since`, and not for ever."""
    page, events, lag = ask.page(), ask.repo.events, ask.site.list_lag()
    if lag > 0 or ask.repo.hidden:
        events = _told(ask, events, lag)
    if page.number > LAST_PAGE:
        raise refusal(
            422, "In order to keep the API fast for everyone, pagination is limited for this "
            "resource. Check the rel=last link relation in the Link response header."
        )  # fmt: skip
    high = max(len(events) - page.start, 0)
    shown = events[max(high - page.size, 0) : high][::-1]
    return ask.paged([repo_event_view(ask.views, one) for one in shown], len(events))


def get_event(ask: Ask) -> Reply:
    for event in _told(ask, ask.repo.events, ask.site.read_lag()):
        if event.id == ask.param("event"):
            return reply_json(repo_event_view(ask.views, event))
    raise not_found()


def list_events(ask: Ask) -> Reply:
    events = _told(ask, ask.issue().events, ask.site.read_lag())
    return ask.listed([event_view(ask.views, one) for one in events])


def list_timeline(ask: Ask) -> Reply:
    """Events and comments in one row, oldest first."""
    issue = ask.issue()
    told: list[Json] = [timeline_view(ask.views, one) for one in issue.events]
    told.extend(commented_view(ask.views, one) for one in issue.comments)
    left_out = {name.strip() for name in ask.query("exclude").split(",")}
    told = [view for view in told if view["event"] not in left_out]
    told.sort(key=lambda view: str(view["created_at"]))
    return ask.listed(told)


def _told(ask: Ask, events: list[Event], lag: float) -> list[Event]:
    """The events of those that are to be seen, as far as lists have got."""
    until = stamp(ask.site.world.now() - timedelta(seconds=lag))
    return [
        one
        for one in events
        if one.kind not in TIMELINE_ONLY
        and not one.issue.hidden
        and (lag <= 0 or one.created_at <= until)
    ]
