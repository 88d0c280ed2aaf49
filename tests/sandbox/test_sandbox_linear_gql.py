"""Somebody else's client gets along with the stand-in: gql lists, reads and writes."""

import gql
import pytest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

from sandbox.linear import app

LIST = gql.gql(
    """
    query Issues($after: String, $team: String!) {
      issues(first: 30, after: $after, filter: {team: {key: {eq: $team}}}) {
        ...Page
      }
    }
    fragment Page on IssueConnection {
      edges { cursor node { ...Brief } }
      pageInfo { hasNextPage endCursor }
    }
    fragment Brief on Issue { __typename id identifier title state { name type } }
    """
)
READ = gql.gql(
    """
    query Read($id: String!, $withComments: Boolean!) {
      issue(id: $id) {
        id title description
        labels { nodes { name } }
        assignee { displayName }
        comments @include(if: $withComments) { nodes { body user { name } } }
      }
    }
    """
)


@pytest.fixture
def world():
    with app.start(tickets=70, comments=20) as running:
        yield running


@pytest.fixture
def session(world):
    transport = HTTPXTransport(
        url=f"{world.url}/graphql", headers={"Authorization": app.TOKEN}, trust_env=False
    )
    client = gql.Client(transport=transport, fetch_schema_from_transport=False)
    with client as session:
        yield session


def ask(session, query, **variables):
    query = gql.gql(query) if isinstance(query, str) else query
    query.variable_values = variables
    return session.execute(query)


def test_it_lists_all_pages(session):
    seen, after = [], None
    while True:
        page = ask(session, LIST, after=after, team="ENG")["issues"]
        seen += [edge["node"]["identifier"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(f"ENG-{number}" for number in range(1, 71))


def test_it_creates_edits_comments_and_labels(session, world):
    teams = ask(session, '{ teams(filter: {key: {eq: "ENG"}}) { nodes { id } } }')
    team = teams["teams"]["nodes"][0]["id"]
    label = ask(
        session,
        "mutation L($i: IssueLabelCreateInput!) {"
        " issueLabelCreate(input: $i) { issueLabel { id name } } }",
        i={"name": "from gql", "teamId": team, "color": "#00ff00"},
    )["issueLabelCreate"]["issueLabel"]
    issue = ask(
        session,
        "mutation C($i: IssueCreateInput!) { issueCreate(input: $i) { success issue { id } } }",
        i={"teamId": team, "title": "Hallo ☕", "description": "body", "priority": 2},
    )["issueCreate"]["issue"]
    ask(
        session,
        "mutation U($id: String!, $i: IssueUpdateInput!) {"
        " issueUpdate(id: $id, input: $i) { success } }",
        id=issue["id"],
        i={"title": "Changed", "description": "new", "labelIds": [label["id"]]},
    )
    ask(
        session,
        "mutation K($i: CommentCreateInput!) { commentCreate(input: $i) { success } }",
        i={"issueId": issue["id"], "body": "a comment"},
    )
    seen = ask(session, READ, id=issue["id"], withComments=True)["issue"]
    assert (seen["title"], seen["description"]) == ("Changed", "new")
    assert [one["name"] for one in seen["labels"]["nodes"]] == ["from gql"]
    assert [one["body"] for one in seen["comments"]["nodes"]] == ["a comment"]
    brief = ask(session, READ, id=issue["id"], withComments=False)["issue"]
    assert "comments" not in brief
    assert world.state.issue("ENG-71").title == "Changed"


def test_its_errors_are_what_it_expects_of_linear(session):
    with pytest.raises(TransportQueryError, match="Entity not found: Issue"):
        ask(session, '{ issue(id: "ENG-999") { id } }')
