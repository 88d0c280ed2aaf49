"""The stand-in's GraphQL: what is answered, and what is refused in Linear's words."""

import pytest

from sandbox.linear import app
from sandbox.linear.language import Unreadable, parse
from tests.sandbox.linear_running import asked, created, found, refusal


@pytest.fixture
def world():
    with app.start(tickets=12, comments=8) as running:
        yield running


def test_aliases_fragments_and_merged_selections_are_answered(world):
    data = found(
        world,
        """
        query Q($first: Int = 2) {
          newest: issues(first: $first) { nodes { ...A } nodes { title } }
          me: viewer { handle: displayName ... on User { isMe } ... { email } }
        }
        fragment A on Issue { identifier state { name } }
        """,
    )
    assert [set(one) for one in data["newest"]["nodes"]] == [{"identifier", "state", "title"}] * 2
    assert data["me"] == {
        "handle": "sandbox-user",
        "isMe": True,
        "email": "sandbox-user@acme.example",
    }


def test_include_and_skip_are_obeyed(world):
    query = "query($a: Boolean!) { viewer { id name @include(if: $a) email @skip(if: $a) } }"
    assert set(found(world, query, {"a": True})["viewer"]) == {"id", "name"}
    assert set(found(world, query, {"a": False})["viewer"]) == {"id", "email"}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ issues { nodes { colour } } }", 'Cannot query field "colour" on type "Issue".'),
        ("{ nothing }", 'Cannot query field "nothing" on type "Query".'),
        ("{ viewer }", 'Field "viewer" must have a selection of subfields.'),
        ("{ viewer { id { x } } }", 'Field "id" must not have a selection of subfields.'),
        (
            "{ issues(size: 3) { nodes { id } } }",
            'Unknown argument "size" on field "Query.issues".',
        ),
        ("{ viewer { id }", "Syntax Error: Unexpected <EOF>."),
        ("{ viewer { id ~ } }", 'Syntax Error: Unexpected character: "~".'),
        ("subscription { x }", 'Syntax Error: Unexpected Name "subscription".'),
        ("{ viewer { ...Gone } }", 'Unknown fragment "Gone".'),
        ("query($i: ID!) { issue(id: $i) { id } }", 'Variable "$i" of required type was not'),
        ("{ issues(first: 251) { nodes { id } } }", "Argument Validation Error: at most 250"),
        ("{ issues(filter: {x: {eq: 1}}) { nodes { id } } }", 'Field "x" is not defined by type'),
        ('{ issues(after: "none") { nodes { id } } }', "Argument Validation Error: the cursor"),
    ],
)
def test_what_linear_does_not_have_is_refused_by_name(world, query, told):
    message = refusal(world, query)[2]
    assert message.startswith(told)


def test_a_bad_key_is_401_in_linears_form(world):
    query = "{ viewer { id } }"
    for token in ("", "wrong", f"Bearer {app.TOKEN}"):
        status, kind, _ = refusal(world, query, token=token)
        assert (status, kind) == (401, "authentication error")
    grant = world.accounts.add_grant("aiko")
    assert refusal(world, query, token=grant)[0] == 401
    assert found(world, query, token=f"Bearer {grant}")["viewer"]


def test_errors_while_answering_come_with_200_and_no_data(world):
    answer = asked(world, '{ issue(id: "ENG-999") { id } }')
    assert answer.status_code == 200
    assert answer.json()["data"] is None
    [error] = answer.json()["errors"]
    assert error["path"] == ["issue"]
    assert error["message"] == "Entity not found: Issue"


def test_a_question_too_complex_is_refused(world):
    deep = "{ issues(first: 250) { nodes { comments(first: 250) { nodes { id body } } } } }"
    status, _, message = refusal(world, deep)
    assert (status, message) == (400, "Query too complex")
    answer = asked(world, "{ issues(first: 10) { nodes { id title } } }")
    assert answer.headers["x-complexity"] == "12"


def test_spent_budgets_are_http_400_with_resets_in_milliseconds():
    with app.start(rate_limit=3) as world:
        for _ in range(3):
            found(world, "{ viewer { id } }")
        answer = asked(world, "{ viewer { id } }")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "RATELIMITED"
    assert answer.headers["x-ratelimit-requests-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-requests-reset"]) > 1_700_000_000_000


def test_a_complexity_budget_is_spent_by_what_was_asked_for():
    with app.start(complexity_limit=500) as world:
        query = "{ issues(first: 200) { nodes { id title } } }"
        assert asked(world, query).status_code == 200
        assert asked(world, query).status_code == 200
        assert asked(world, query).json()["errors"][0]["extensions"]["code"] == "RATELIMITED"


def pages_of(world, arguments):
    query = f"""query($after: String) {{
      issues(first: 5, after: $after {arguments}) {{
        nodes {{ identifier }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"""
    after, seen = None, []
    while True:
        page = found(world, query, {"after": after})["issues"]
        seen.append([one["identifier"] for one in page["nodes"]])
        assert page["pageInfo"]["hasPreviousPage"] == (len(seen) > 1)
        if not page["pageInfo"]["hasNextPage"]:
            return seen
        after = page["pageInfo"]["endCursor"]


def test_lists_come_newest_first_in_pages(world):
    assert pages_of(world, "") == [
        [f"ENG-{n}" for n in (12, 11, 10, 9, 8)],
        [f"ENG-{n}" for n in (7, 6, 5, 4, 3)],
        ["ENG-2", "ENG-1"],
    ]
    world.acts.edit("ENG-3", title="Newest")
    assert pages_of(world, ", orderBy: updatedAt")[0][0] == "ENG-3"


def test_a_list_can_be_read_backwards(world):
    query = "{ issues(last: 2) { nodes { identifier } pageInfo { startCursor hasPreviousPage } } }"
    page = found(world, query)["issues"]
    assert [one["identifier"] for one in page["nodes"]] == ["ENG-2", "ENG-1"]
    assert page["pageInfo"]["hasPreviousPage"]
    before = "query($b: String) { issues(last: 2, before: $b) { nodes { identifier } } }"
    more = found(world, before, {"b": page["pageInfo"]["startCursor"]})["issues"]
    assert [one["identifier"] for one in more["nodes"]] == ["ENG-4", "ENG-3"]


def test_archived_things_hide_unless_asked_for(world):
    world.acts.archive("ENG-3")
    world.acts.delete("ENG-4")
    keys = {one for page in pages_of(world, "") for one in page}
    assert not keys & {"ENG-3", "ENG-4"}
    keys = {one for page in pages_of(world, ", includeArchived: true") for one in page}
    assert keys >= {"ENG-3", "ENG-4"}


@pytest.mark.parametrize(
    ("given", "test"),
    [
        ({"state": {"type": {"in": ["completed"]}}}, lambda i: i.state.type == "completed"),
        ({"state": {"type": {"nin": ["completed"]}}}, lambda i: i.state.type != "completed"),
        ({"labels": {"name": {"eq": "Bug"}}}, lambda i: "Bug" in [x.name for x in i.labels]),
        (
            {"labels": {"some": {"name": {"eqIgnoreCase": "BUG"}}}},
            lambda i: "Bug" in [x.name for x in i.labels],
        ),
        (
            {"labels": {"every": {"name": {"eq": "Bug"}}}},
            lambda i: {x.name for x in i.labels} <= {"Bug"},
        ),
        ({"labels": {"length": {"eq": 0}}}, lambda i: not i.labels),
        ({"assignee": {"null": True}}, lambda i: i.assignee is None),
        (
            {"assignee": {"displayName": {"startsWith": "a"}}},
            lambda i: i.assignee and i.assignee.handle.startswith("a"),
        ),
        ({"estimate": {"gte": 3}}, lambda i: (i.estimate or 0) >= 3),
        ({"title": {"notContains": "slow"}}, lambda i: "slow" not in i.title),
        (
            {"or": [{"priority": {"eq": 1}}, {"priority": {"gt": 3}}]},
            lambda i: i.priority in (1, 4),
        ),
        (
            {"and": [{"priority": {"lt": 3}}, {"number": {"neq": 2}}]},
            lambda i: i.priority < 3 and i.number != 2,
        ),
        ({"createdAt": {"gte": "-P200D"}}, lambda i: True),
        ({"createdAt": {"lt": "2020-01-01T00:00:00Z"}}, lambda i: False),
    ],
)
def test_filters_mean_what_linear_means(world, given, test):
    query = "query($f: IssueFilter) { issues(filter: $f, first: 50) { nodes { identifier } } }"
    nodes = found(world, query, {"f": given})["issues"]["nodes"]
    expected = {i.identifier for i in world.state.issues.values() if test(i)}
    assert {one["identifier"] for one in nodes} == expected


def test_an_issue_is_found_by_id_key_and_former_key(world):
    query = "query($id: String!) { issue(id: $id) { id identifier previousIdentifiers } }"
    issue = created(world)
    world.acts.transfer(issue["identifier"], "OPS")
    for key in (issue["id"], issue["identifier"], "OPS-1", "ops-1"):
        assert found(world, query, {"id": key})["issue"]["id"] == issue["id"]


def test_texts_of_all_kinds_are_read():
    document = parse(
        '# a remark\nmutation M($a: [String!]! = ["x"], $b: In) @live '
        '{ do(text: """a "b" c""", esc: "q\\"\\n", n: -1.5e3, flag: true, none: null, '
        "word: ASC, list: [1, {k: $b}], object: {}) { id } }"
    )
    [operation] = document.operations
    given = operation.selections[0].arguments
    assert given["text"] == 'a "b" c'
    assert given["esc"] == 'q"\n'
    assert given["n"] == -1500.0
    assert (given["flag"], given["none"], given["word"]) == (True, None, "ASC")
    assert given["list"][1]["k"].name == "b"
    assert [one.required for one in operation.variables] == [False, False]


@pytest.mark.parametrize("text", ["", "{", "query (", "{ a(b: ) }", "{ a(b 1) }", "fragment on X"])
def test_what_is_no_graphql_is_unreadable(text):
    with pytest.raises(Unreadable):
        parse(text)
