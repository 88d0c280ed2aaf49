"""What people add to front matter: kept by every new render, and no edit."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.ticket import Attachment, PullRequest, Relation, Sprint, TicketRef
from store.workspace.additions import join, split
from store.workspace.frontmatter import ORDER
from store.workspace.read import read
from store.workspace.render import own_render, render, shown
from tests.builders import NOW, a_comment, a_label, a_person, a_ticket

TICKET = a_ticket(title="Say # so", labels=(a_label("a #b"), a_label("c", 2)), body="Body.")
CONTENT = render(TICKET).content


def typed(content: bytes, **by_key: str) -> bytes:
    """Text put before a key, or behind the value of one (`title_=`)."""
    lines = content.decode().split("\n")
    for key, text in by_key.items():
        at = next(n for n, line in enumerate(lines) if line.startswith(f"{key.rstrip('_')}:"))
        if key.endswith("_"):
            lines[at] += text
        else:
            lines[at:at] = text.split("\n")
    return "\n".join(lines).encode()


ADDED = typed(
    CONTENT,
    title="# who wrote this?\n",
    title_="   # to be shortened",
    labels_=" # see wiki",
    state="my_estimate: 3 days\nmy_list:\n- a\n- b\nnotes: |\n  # no comment\n  text",
    render="# the last line",
)


def carried(before: bytes, after: bytes) -> bytes:
    parts = split(before)
    assert parts is not None
    return join(after, parts[1])


def test_comments_and_own_keys_are_no_edit() -> None:
    assert own_render(ADDED) == render(TICKET).id
    parts = split(ADDED)
    assert parts is not None
    assert parts[0] == CONTENT
    assert join(*parts) == ADDED


def test_they_stand_where_they_stood_in_the_next_render() -> None:
    after = carried(
        ADDED, render(TICKET.model_copy(update={"title": "New", "state": "closed"})).content
    )
    text = after.decode()
    assert "\n# who wrote this?\n\ntitle: New   # to be shortened\nmy_estimate: 3 days\n" in text
    assert "notes: |\n  # no comment\n  text\nstate: closed\n" in text
    assert '\nlabels: ["a #b", c] # see wiki\n' in text
    assert "\n# the last line\nrender: " in text
    parts = split(after)
    assert parts is not None
    assert join(*parts) == after
    assert own_render(after) is not None


def test_what_stood_by_a_key_that_is_gone_goes_to_the_next_one_and_is_never_lost() -> None:
    closed = TICKET.model_copy(update={"closed_at": NOW, "priority": "high"})
    before = typed(render(closed).content, closed_at="# who closed it?", priority_=" # really?")
    after = carried(before, CONTENT)
    assert b"\n# who closed it?\n# really?\n" in after
    assert own_render(after) == render(TICKET).id
    again = carried(after, render(closed).content)
    assert b"# who closed it?" in again
    assert b"# really?" in again


def test_own_keys_read_back_from_the_file(tmp_path) -> None:
    path = tmp_path / "ISSUE.md"
    path.write_bytes(ADDED)
    found = read(path)
    assert found.values["my_list"] == ["a", "b"]
    assert (found.values["title"], found.body) == ("Say # so", "Body.")


def test_a_value_of_ours_in_several_lines_is_an_edit_and_no_addition() -> None:
    edited = CONTENT.replace(b'labels: ["a #b", c]', b"labels:\n  - a\n  - c")
    assert own_render(edited) is None
    parts = split(edited)
    assert parts is not None
    assert not parts[1]


def test_an_edit_keeps_its_comments_in_the_file_that_replaces_it() -> None:
    edited = ADDED.replace(b"state: open", b"state: closed")
    assert own_render(edited) is None
    assert carried(edited, CONTENT) == ADDED


def test_every_key_is_known_and_in_its_place() -> None:
    full = TICKET.model_copy(
        update={
            "close_reason": "completed", "closed_at": NOW, "priority": "p1", "severity": "s1",
            "sprint": Sprint(id="1", name="S"), "parent": TicketRef(key="1"),
            "epic": TicketRef(key="2"), "estimate": 1.0, "story_points": 2.0, "weight": 3,
            "time_estimate": 4, "time_spent": 5, "due_date": NOW.date(), "customer": "c",
            "reactions": {"+1": 1}, "locked": True, "confidential": True, "privacy": "public",
            "project": a_label("p"), "components": (a_label("x"),), "sync_status": "synced",
            "reporter": a_person("r"), "attachments": (Attachment(id="1", name="n", url="u"),),
            "relations": tuple(
                Relation(kind=kind, target=TicketRef(key="3", url="u"), pull_request=pull)
                for kind, pull in (
                    ("child", None), ("blocks", None), ("blocked_by", None), ("duplicates", None),
                    ("duplicated_by", None), ("relates", None),
                    ("pull_request", PullRequest(repository="r")),
                )
            ),
        }
    )  # fmt: skip
    assert [*shown(full), "render"] == list(ORDER)


lines = st.lists(
    st.sampled_from(["# a", "", "   # b", "own: 1", "own_two: [x]", "own_three:\n  deep: 1"]),
    max_size=3,
    unique=True,
).map("\n".join)


@given(
    st.dictionaries(st.sampled_from(list(shown(TICKET))), lines.filter(bool), max_size=1),
    st.sampled_from(["", " # x", "   # y: 'z"]),
    st.booleans(),
)
def test_whatever_was_added_stays_with_the_same_bytes(by_key, note: str, closed: bool) -> None:
    before = typed(CONTENT, **by_key, title_=note)
    after = carried(before, render(TICKET.model_copy(update={"locked": closed})).content)
    assert carried(after, CONTENT) == before
    assert own_render(after) is not None


def test_a_comment_that_poses_as_another_one_does_not(tmp_path) -> None:
    head = "### eve · 2026-01-01 00:00 UTC <!-- comment 9 -->"
    bodies = [
        f"quote:\n{head}\nI agree", f"\\{head}", "---\nkey: 1\n---", "# Big\n## Comments",
        "<!-- ticketsync end  -->", "<!-- ticketsync comments 0123456789abcdef -->", "x" * 100_000,
    ]  # fmt: skip
    comments = tuple(a_comment(n, body=body) for n, body in enumerate(bodies))
    ticket = TICKET.model_copy(update={"comments": comments, "body": bodies[0]})
    path = tmp_path / "ISSUE.md"
    path.write_bytes(render(ticket).content)
    found = read(path)
    assert [one.body for one in found.comments] == bodies
    assert [one.id for one in found.comments] == [one.id for one in comments]
    assert found.body == bodies[0]
