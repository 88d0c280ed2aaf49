"""Sources: what is configured and how it is. Configuring them is the file's business."""

from receiver.api.desk import Desk
from receiver.api.operations import Call, Operation
from receiver.api.paging import page, seen
from receiver.api.problems import missing
from schemas.api import Page, Paging, SourceShown
from schemas.source import Source, SourceState
from store import sources

KIND = "sources"


def list_sources(desk: Desk, call: Call) -> Page[SourceShown]:
    """Sources, by name."""
    after = seen(KIND, call.query) or ""
    with desk.store.read() as connection:
        states = sources.states(connection)
    found = [desk.sources[name] for name in sorted(desk.sources) if name > after]
    return page(
        KIND, call.query, found, lambda one: one.name, lambda one: _shown(desk, one, states)
    )


def get_source(desk: Desk, call: Call) -> SourceShown:
    """One source, by its name or the last part of its webhook address."""
    source = desk.source(call.path["source"])
    if source is None:
        raise missing("source", call.path["source"])
    with desk.store.read() as connection:
        return _shown(desk, source, sources.states(connection))


def _shown(desk: Desk, source: Source, states: dict[str, SourceState]) -> SourceShown:
    state = states.get(source.name) or SourceState(name=source.name)
    return SourceShown(
        name=source.name,
        slug=source.slug,
        tracker=source.tracker,
        url=desk.redactor.text(source.url),
        api_url=desk.clean(source.api_url),
        status="disabled" if source.direction == "disabled" else state.status,
        reason=desk.redactor.text(state.status_reason),
        project=state.project_name,
        webhook_path=f"/webhooks/{source.slug}",
        direction=source.direction,
        intake=source.intake,
        privacy=source.privacy,
        filter=source.filter,
        auth=source.auth,
        token_env=source.token_env,
        webhook_secret_env=source.webhook_secret_env,
        interval_minutes=source.interval_minutes,
        last_session_at=state.last_session_at,
        next_session_at=state.next_session_at,
    )


OPERATIONS = (
    Operation(
        "GET", "/api/v1/sources", "read", list_sources, answers=Page[SourceShown], query=Paging
    ),
    Operation(
        "GET",
        "/api/v1/sources/{source:path}",
        "read",
        get_source,
        answers=SourceShown,
        refusals=(404,),
    ),
)
