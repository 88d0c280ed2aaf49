"""Contact: whether the source's project is there, and is still the one it was."""

from datetime import timedelta

from reconciler.run import Asking, Run
from schemas.errors import Denied, Retired, TicketsyncError, Unauthorized
from schemas.tracker import ProjectInfo
from store import sources

PROBE_EVERY = timedelta(hours=1)
"""How often a project that refuses us is asked whether it does so still."""


class Lost(Denied):
    """The project as a whole answers us no more: every ticket is kept, and it is asked seldom."""


class Replaced(Denied):
    """Another project stands at the source's address now."""


class Vanished(Denied):
    """So many tickets were not shown at once that lost rights are likelier than deletions."""


def make(run: Run) -> str | None:
    """Pins the project at first contact and asks for it again while anything is amiss, or when
    the source was given another address; its id.

    Raises Lost, Replaced (a changed id behind the same address, `cases.md` 11), Unauthorized.
    """
    state, source = run.state, run.source
    known = state.project_id is not None and state.project_name is not None
    if known and state.status == "active" and not run.full:
        return state.project_id
    project = _asked(run.asking)
    if state.project_id not in (None, project.id):
        raise Replaced(
            f"{source.url} is another project now (id {project.id}, it was {state.project_id}); "
            "if that is meant, add it under a new name"
        )
    with run.parts.store.write() as connection:
        sources.pin(connection, source.name, project.id, project.name)
    return project.id


def judge(run: Run, error: Exception | None) -> Exception | None:
    """A refusal, told apart: of the project as a whole (Lost), or of what was asked.

    One list that is refused says nothing of the rest, so the project itself is asked once.
    """
    plain = isinstance(error, Denied) and not isinstance(error, Lost | Replaced)
    if not plain or isinstance(error, (Unauthorized, Retired, Vanished)):
        return error
    try:
        _asked(run.asking)
    except Lost as refusal:
        return refusal
    except TicketsyncError:  # it does not answer at all: that proves nothing
        return error
    return error


def _asked(asking: Asking) -> ProjectInfo:
    """The project. A refusal that was answered is one of the project; without a request it is a
    credential that is none."""
    before = asking.requests
    try:
        return asking.client().project()
    except (Unauthorized, Retired):
        raise
    except Denied as refusal:
        if asking.requests == before:
            raise
        raise Lost(str(refusal)) from None
