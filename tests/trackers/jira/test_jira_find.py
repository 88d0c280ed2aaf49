"""Whether an announced creation happened: found by reading, never by the lagging search."""

from datetime import UTC, datetime, timedelta

import httpx

from schemas.change import Absent, CommentChange, Found, Intent, TicketChange, Unsure
from schemas.ticket import Comment
from tests.trackers.jira.jira_scene import BASICS, Routes, a_scene, connected
from trackers import markers

KEY = b"key"
MARKER = markers.minted(KEY, "here", "m1", "shop/7")
OTHER = markers.minted(KEY, "here", "m1", "shop/8")


def now() -> datetime:
    return datetime.now(UTC)


def intent(marker=MARKER, ticket=None, sent=None) -> Intent:
    creates = "comment" if ticket else "ticket"
    return Intent(creates=creates, marker=marker, ticket=ticket, sent_at=sent or now())


def made(scene, marker=MARKER, title="Made by us"):
    change = TicketChange(
        wanted=scene.wanted(title=title), fields=frozenset({"title"}), marker=marker
    )
    return scene.carry_out(change)[0]


def said(scene, ticket, marker=MARKER):
    wanted = Comment(id="", body="Said by us")
    return scene.carry_out(CommentChange(ticket=ticket, wanted=wanted, marker=marker))[0]


def test_a_created_ticket_is_found_although_the_search_does_not_show_it():
    with a_scene(tickets=12) as scene:
        scene.there.faults.set(index_lag=600.0)
        ref = made(scene)
        found = scene.client.find_marker(intent())
        assert isinstance(found, Found)
        assert (found.ref.ticket, found.ref.key) == (ref.ticket, ref.key)
        assert found.ref.revision == ref.revision


def test_what_was_not_created_is_absent():
    with a_scene(tickets=3) as scene:
        made(scene, OTHER)
        assert isinstance(scene.client.find_marker(intent()), Absent)


def test_gaps_of_deleted_issues_do_not_hide_it():
    with a_scene() as scene:
        for number in range(30):
            key = scene.there.acts.open(f"To be deleted {number}").key
            scene.there.acts.delete(key)
        ref = made(scene)
        found = scene.client.find_marker(intent())
        assert isinstance(found, Found)
        assert found.ref.ticket == ref.ticket


def test_a_copied_marker_of_somebody_else_does_not_count():
    with a_scene() as scene:
        issue = scene.there.acts.open("A copy", by="Ana Ortiz")
        value = {"marker": markers.text(MARKER)}
        path = f"/issue/{issue.id}/properties/ticketsync"
        scene.client._site.send("PUT", path, value)
        assert isinstance(scene.client.find_marker(intent()), Absent)


def test_a_comment_is_found_by_its_property():
    with a_scene() as scene:
        ticket = made(scene).ticket
        said(scene, ticket, OTHER)
        ref = said(scene, ticket)
        for number in range(3):
            scene.there.acts.comment(int(ticket), f"Later {number}")
        found = scene.client.find_marker(intent(ticket=ticket))
        assert isinstance(found, Found)
        assert found.ref.comment == ref.comment
        other = markers.minted(KEY, "here", "m1", "shop/9")
        assert isinstance(scene.client.find_marker(intent(other, ticket)), Absent)


def test_comments_are_read_back_to_before_the_write_and_no_further():
    old = (now() - timedelta(hours=2)).isoformat()
    pages = []

    def answer(params):
        pages.append(params["startAt"])
        comments = [{"id": str(n), "created": old} for n in range(100)]
        return {"comments": comments, "total": 1000}

    one = connected({"GET /issue/7/comment": answer})
    assert isinstance(one.client.find_marker(intent(ticket="7")), Absent)
    assert pages == ["0"]


def test_an_issue_we_cannot_read_leaves_it_unsure():
    found = connected({}).client.find_marker(intent(ticket="7"))
    assert isinstance(found, Unsure)


def test_an_empty_page_of_the_search_is_not_the_beginning():
    asked = []

    def search(body):
        first = "nextPageToken" not in body
        issues = [] if first else [{"id": "1", "key": "HARB-500", "fields": {}}]
        return {"issues": issues} | ({"nextPageToken": "more"} if first else {})

    def issue(request):
        asked.append(request.url.path.rpartition("/")[2])
        return httpx.Response(404)

    def network(request):
        issues = "/issue/" in request.url.path
        return issue(request) if issues else Routes(BASICS | {"POST /search/jql": search})(request)

    assert isinstance(connected(network).client.find_marker(intent()), Absent)
    assert (asked[0], asked[-1], len(asked)) == ("HARB-501", "HARB-600", 100)
