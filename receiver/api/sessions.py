"""Sessions: the reconcile runs of sources and the passes over mirrors."""

from receiver.api.desk import Desk
from receiver.api.operations import Call, Operation
from receiver.api.paging import page, seen_number
from receiver.api.problems import missing
from schemas.api import Page, SessionsAsked
from schemas.session import Session
from store import sessions

KIND = "sessions"


def list_sessions(desk: Desk, call: Call) -> Page[Session]:
    """Sessions, newest first."""
    asked: SessionsAsked = call.query
    with desk.store.read() as connection:
        found = sessions.find(
            connection, asked.source, asked.limit + 1, before=seen_number(KIND, asked)
        )
    return page(KIND, asked, found, lambda one: one.id, lambda one: _shown(desk, one))


def get_session(desk: Desk, call: Call) -> Session:
    """One session with its report."""
    with desk.store.read() as connection:
        found = sessions.look_up(connection, call.path["session"])
    if found is None:
        raise missing("session", call.path["session"])
    return _shown(desk, found)


def _shown(desk: Desk, session: Session) -> Session:
    return session.model_copy(update={"error": desk.clean(session.error)})


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/sessions",
        "read",
        list_sessions,
        answers=Page[Session],
        query=SessionsAsked,
    ),
    Operation(
        "GET",
        "/api/v1/sessions/{session:int}",
        "read",
        get_session,
        answers=Session,
        refusals=(404,),
    ),
)
