"""Reading a file back, whatever its render id looks like."""

from pathlib import Path

import pytest

from schemas.errors import Permanent
from store.workspace.read import read
from store.workspace.render import render
from tests.builders import a_comment, a_ticket

TICKET = a_ticket(title="Reads", body="As written.").model_copy(update={"comments": (a_comment(),)})


@pytest.mark.parametrize(
    "named", ["1234567890123456", "12345e7890123456", "0000000000000012", "0123456789abcdef"]
)
def test_a_render_id_that_yaml_takes_for_a_number_is_no_broken_file(
    tmp_path: Path, named: str
) -> None:
    rendered = render(TICKET)
    path = tmp_path / "ISSUE.md"
    path.write_bytes(rendered.content.replace(rendered.id.encode(), named.encode()))
    found = read(path)
    assert (found.values["render"], found.body) == (named, "As written.")
    assert len(found.comments) == 1


def test_a_file_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ISSUE.md"
    path.write_bytes(render(TICKET).content[:-30])
    with pytest.raises(Permanent, match="the end mark is missing"):
        read(path)
