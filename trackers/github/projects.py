"""The repositories a credential can see.

https://docs.github.com/rest/repos/repos#list-repositories-for-the-authenticated-user
https://docs.github.com/rest/apps/installations#list-repositories-accessible-to-the-app-installation
"""

from collections.abc import Iterator

from schemas.errors import Denied
from schemas.tracker import ProjectInfo
from trackers.fields import Fields
from trackers.github.repository import FULL_PAGE, project_told
from trackers.http import Params, Session


def of_user(session: Session) -> Iterator[ProjectInfo]:
    """What a token's owner works on, by name."""
    params: Params = {"sort": "full_name", "per_page": FULL_PAGE}
    for answer in session.pages("/user/repos", params):
        if not answer.ok:
            raise Denied(f"{answer.asked}: HTTP {answer.status}{answer.reason}")
        for item in answer.items:
            yield project_told(Fields.of(item, "repository"))


def of_installation(session: Session) -> Iterator[ProjectInfo]:
    """What an App was installed on."""
    for answer in session.pages("/installation/repositories", {"per_page": FULL_PAGE}):
        if not answer.ok:
            raise Denied(f"{answer.asked}: HTTP {answer.status}{answer.reason}")
        for item in Fields.of(answer.object, "installation").items("repositories"):
            yield project_told(Fields.of(item, "repository"))
