"""Walks: everything, then what changed, whatever happens in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.linear import app
from schemas.errors import Denied, Transient, Unauthorized
from schemas.ports import Grant
from schemas.record import Cursor
from tests.trackers.linear.linear_world import client_of, source_of
from tests.trackers.stand_ins import Budget, Memory, Secrets
from trackers.linear import LINEAR

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> Iterator:
    with app.start(tickets=70, comments=120) as running:
        yield running


@pytest.fixture
def client(world):
    client = client_of(world)
    yield client
    client.close()


def lately() -> Cursor:
    return Cursor(since=datetime.now(UTC) - MINUTE)


def shown(pages, kind="tickets"):
    return [record for page in pages if page.kind == kind for record in page.records]


def test_a_full_walk_brings_every_ticket_with_all_its_comments(world, client):
    pages = list(client.changed_since(Cursor()))
    records = shown(pages)
    assert {one.ticket for one in records} == set(world.state.issues)
    found = {comment["id"] for one in records for comment in one.comments}
    assert found == set(world.state.comments)
    assert all(one.links is not None for one in records)
    assert {page.kind for page in pages} == {"tickets"}


def test_a_full_walk_asks_once_for_each_page(world, client):
    list(client.changed_since(Cursor()))
    long_threads = sum(len(issue.comments) > 10 for issue in world.state.issues.values())
    assert client.requests == 3 + long_threads


def test_an_idle_pass_asks_twice(world, client):
    pages = list(client.changed_since(lately()))
    assert client.requests == 2
    assert shown(pages) == shown(pages, "comments") == []
    assert pages[-1].cursor.position is None
    assert pages[-1].cursor.since == pages[0].cursor.watermark


def test_an_incremental_pass_shows_changes_and_comments_that_moved_nothing(world, client):
    world.acts.edit("ENG-3", title="Changed")
    made = world.acts.comment("ENG-5", "new")
    pages = list(client.changed_since(lately()))
    assert [one.body["identifier"] for one in shown(pages)] == ["ENG-3"]
    [comment] = shown(pages, "comments")
    assert (comment.external_id, comment.ticket) == (made.id, made.issue.id)


def test_an_incremental_pass_proves_what_was_trashed(world, client):
    world.acts.delete("ENG-3")
    world.acts.archive("ENG-4")
    pages = list(client.changed_since(lately()))
    assert [one.ticket for page in pages for one in page.gone] == [world.state.issue("ENG-3").id]
    assert [one.body["identifier"] for one in shown(pages)] == ["ENG-4"]


def test_nothing_is_lost_while_issues_move(world, client):
    before = set(world.state.issues)
    seen = set()
    for page in client.changed_since(Cursor()):
        seen |= {one.ticket for one in page.records}
        for number in (1, 30, 60):
            world.acts.edit(f"ENG-{number}", title=f"Moved after {len(seen)}")
        world.acts.open(f"New after {len(seen)}")
        world.acts.close("ENG-31")
    assert before <= seen


def test_a_walk_goes_on_from_where_it_stopped(world, client):
    walk = client.changed_since(Cursor())
    first = next(walk)
    assert first.cursor.position
    pages = list(client.changed_since(first.cursor))
    seen = {one.ticket for one in [*first.records, *shown(pages)]}
    assert seen == set(world.state.issues)
    assert pages[-1].cursor.since == first.cursor.watermark


def test_a_walk_whose_place_was_purged_begins_again(world, client):
    first = next(client.changed_since(Cursor()))
    purged = first.records[-1].ticket
    world.acts.purge(purged)
    pages = list(client.changed_since(first.cursor))
    assert {one.ticket for one in shown(pages)} == set(world.state.issues) - {purged}


def test_a_foreign_position_is_not_followed(world, client):
    cursor = Cursor(position='{"walk": "everything", "after": 3}', watermark=datetime.now(UTC))
    assert len(shown(client.changed_since(cursor))) == 70


def test_a_full_walk_keeps_to_the_filter(world):
    client = client_of(world, filter={"state": "open", "labels": ["bug"]})
    source = source_of(world, filter={"state": "open", "labels": ["bug"]})
    records = shown(client.changed_since(Cursor()))
    expected = {
        issue.id
        for issue in world.state.issues.values()
        if issue.state.type not in ("completed", "canceled", "duplicate")
        and "Bug" in [label.name for label in issue.labels]
    }
    assert {one.ticket for one in records} == expected != set()
    assert all(LINEAR.holds(LINEAR.to_ticket(one.body, source), source) for one in records)
    client.close()


def test_an_incremental_pass_shows_what_left_the_filter(world):
    client = client_of(world, filter={"state": "open"})
    world.acts.move("ENG-3", "In Progress")
    world.acts.close("ENG-3")
    [record] = shown(client.changed_since(lately()))
    source = source_of(world, filter={"state": "open"})
    assert LINEAR.holds(LINEAR.to_ticket(record.body, source), source) is False
    client.close()


def test_a_native_filter_is_judged_by_linear(world):
    own = {"state": "all", "filter": {"priority": {"eq": 1}}}
    client, source = client_of(world, filter=own), source_of(world, filter=own)
    urgent = {one.id for one in world.state.issues.values() if one.priority == 1}
    records = shown(client.changed_since(Cursor()))
    assert {one.ticket for one in records} == urgent
    assert all(LINEAR.holds(LINEAR.to_ticket(r.body, source), source, r.body) for r in records)
    world.acts.edit("ENG-1", priority=4, title="Now low")
    world.acts.edit("ENG-2", priority=1, title="Now urgent")
    inside = {
        one.body["identifier"]: LINEAR.holds(LINEAR.to_ticket(one.body, source), source, one.body)
        for one in shown(client.changed_since(lately()))
    }
    assert inside == {"ENG-1": False, "ENG-2": True}
    record = client.fetch(world.state.issue("ENG-1").id)
    assert LINEAR.holds(LINEAR.to_ticket(record.body, source), source, record.body) is False
    assert LINEAR.holds(LINEAR.to_ticket(record.body, source), source) is None
    client.close()


def test_a_census_names_every_issue_with_its_place_and_comments(world, client):
    world.acts.delete("ENG-3")
    world.acts.archive("ENG-4")
    seen = {one.key: one for page in client.census() for one in page.seen}
    assert len(seen) == 70
    assert (seen["ENG-3"].place, seen["ENG-4"].place) == ("trashed", "archived")
    for issue in world.state.issues.values():
        assert seen[issue.identifier].comment_count == len(issue.comments)
        assert seen[issue.identifier].revision == issue.updated_at
        assert seen[issue.identifier].ticket == issue.id


def test_issues_of_other_teams_stay_out(world, client):
    world.acts.transfer("ENG-3", "OPS")
    assert len(shown(client.changed_since(Cursor()))) == 69
    assert sum(len(page.seen) for page in client.census()) == 69


def test_a_pinned_team_is_found_whatever_its_key(world):
    team = world.state.teams[0]
    team.key = "CORE"
    client = client_of(world, project_id=team.id)
    assert client.project().name == "CORE"
    assert len(shown(client.changed_since(Cursor()))) == 70
    client.close()


def test_a_team_that_is_not_there_is_denied(world):
    denied = client_of(world, project_id="6b0d7c1e-2222-4c5e-9f10-0c1d2e3f4a50")
    with pytest.raises(Denied, match="team ENG: there is none"):
        denied.project()
    denied.close()


def test_a_team_of_the_same_key_in_another_workspace_is_denied(world):
    url = world.project_url.replace("/acme/", "/other/")
    elsewhere = client_of(world, url=url)
    with pytest.raises(Denied, match=r"good for \S+/acme, not for \S+/other"):
        elsewhere.project()
    elsewhere.close()
    renamed = client_of(world, url=url, project_id=world.state.teams[0].id)
    assert renamed.project().name == "ENG"
    renamed.close()


def test_a_team_that_is_not_there_has_no_fields(world):
    client = client_of(world, url=world.project_url.replace("/ENG", "/NOPE"))
    with pytest.raises(Denied, match="team NOPE: there is none"):
        client.fields()
    client.close()


def test_a_rate_limit_is_waited_out_as_told(world):
    limiter = Budget()
    client = client_of(world, limiter=limiter)
    world.faults.set(rate_limit_next=1, reset_in=90)
    with pytest.raises(Transient, match="rate limit") as caught:
        client.project()
    assert 60 < caught.value.retry_after < 95
    assert limiter.blocks == [caught.value.retry_after]
    client.close()


def test_the_scarcer_budget_is_learned(world):
    limiter = Budget()
    client = client_of(world, limiter=limiter)
    list(client.changed_since(Cursor()))
    points = 1 - limiter.rates[-1].remaining / limiter.rates[-1].limit
    assert limiter.rates[-1].limit == 2500
    assert 0.005 < points < 0.02  # three requests of 2,500, but of 3,000,000 points far more
    assert limiter.rates[-1].reset_at < datetime.now(UTC) + timedelta(hours=2)
    client.close()


def test_errors_in_an_answer_of_200_lose_nothing(world, client):
    world.faults.set(partial_next=1)
    with pytest.raises(Transient):
        list(client.changed_since(Cursor()))


def test_a_wrong_key_is_denied(world):
    client = client_of(world, token="lin_api_wrong")
    with pytest.raises(Denied, match="401"):
        client.identity()
    client.close()


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_key_is_refused_under_any_status(world, status):
    told = {"message": "No", "extensions": {"type": "authentication error"}}
    answer = httpx.Response(status, json={"errors": [told], "data": None})
    client = client_of(world, transport=httpx.MockTransport(lambda request: answer))
    with pytest.raises(Unauthorized):
        client.identity()
    client.close()


def test_without_a_key_the_variable_is_named(world):
    client = client_of(world, token="")
    with pytest.raises(Denied, match="LINEAR_API_KEY"):
        client.identity()
    client.close()


def test_an_oauth_token_goes_as_bearer(world):
    client = client_of(world, token=world.accounts.add_grant("aiko"))
    assert client.identity().login == "aiko"
    client.close()


def test_a_source_with_oauth_uses_its_grant(world):
    client = LINEAR.connect(
        source_of(world, auth="oauth"),
        credentials=Secrets(granted=Grant(access_token=world.accounts.add_grant("aiko"))),
        limiter=Budget(),
        validators=Memory(),
    )
    assert client.identity().login == "aiko"
    client.close()


def test_a_new_grant_tells_whose_it_is(world):
    plan, opened = LINEAR.capabilities.oauth, []

    def session(base):
        assert base == "https://api.linear.app"
        client = client_of(world, token=world.accounts.add_grant("noor"))
        opened.append(client)
        return client._graph.session

    assert plan.look(session, "").account == "noor"
    opened[0].close()
    assert (plan.separator.join(plan.scopes), plan.pkce) == ("read,write", True)


def test_a_filter_that_linear_does_not_know_is_named(world):
    client = client_of(world, filter={"filter": {"colour": {"eq": "red"}}})
    with pytest.raises(Denied, match=r"filter of source 'shop'.*colour") as caught:
        list(client.changed_since(Cursor()))
    assert "newer ticketsync" not in str(caught.value)
    with pytest.raises(Denied, match=r"filter of source 'shop'.*colour"):
        client.fetch(world.state.issue("ENG-1").id)
    client.close()
