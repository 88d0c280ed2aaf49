"""Whether something was written by us: by the id, and by the login only where an id is missing."""

import pytest

from schemas.ticket import Person
from schemas.tracker import Identity


@pytest.mark.parametrize(
    ("identity", "author", "ours"),
    [
        (Identity(login="ana", id="7"), Person(id="7", login="renamed"), True),
        (Identity(login="ana", id="7"), Person(id="8", login="ana"), False),
        (Identity(login="app[bot]"), Person(id="9", login="App[bot]"), True),
        (Identity(login="app[bot]"), Person(id="9", login="ana"), False),
        (Identity(login=None, id="7"), Person(id="", login=""), False),
        (Identity(login=""), Person(id="9", login=""), False),
        (Identity(login=None, anonymous=True), Person(id="", login=""), False),
        (Identity(login="ana", id="7"), None, False),
    ],
)
def test_an_author_is_us_by_id_else_by_login(identity, author, ours):
    assert identity.wrote(author) is ours
