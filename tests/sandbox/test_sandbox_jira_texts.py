"""Rich text in its four looks: document, markup, HTML, and the plain words of the neutral state."""

import gzip
import json

import pytest
from jsonschema import Draft4Validator

from sandbox.jira.adf import NotADocument, accepted
from sandbox.jira.grammar import NODES
from sandbox.jira.prose import html, markdown, plain_text
from sandbox.jira.unwiki import document
from sandbox.jira.wiki import wiki
from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE
from tests.trackers.stand_ins import shared

jira = jira_running.jira
jira_api = jira_running.jira_api
create = jira_running.create


def text(words, *marks):
    node = {"type": "text", "text": words}
    return node | {"marks": [{"type": one} for one in marks]} if marks else node


def paragraph(*inside):
    return {"type": "paragraph", "content": list(inside)}


def items(kind, *inside):
    return {"type": kind, "content": [{"type": "listItem", "content": list(one)} for one in inside]}


def doc(*blocks):
    return {"type": "doc", "version": 1, "content": list(blocks)}


LOOKS = {
    "marks": (
        paragraph(text("a ", "strong"), text("b", "em"), text("c", "code"), text("d", "strike")),
        "*a *_b_{{c}}-d-",
        "**a ***b*`c`~~d~~",
    ),
    "heading": (
        {"type": "heading", "attrs": {"level": 3}, "content": [text("t")]},
        "h3. t",
        "### t",
    ),
    "link": (
        paragraph({**text("t"), "marks": [{"type": "link", "attrs": {"href": "https://x"}}]}),
        "[t|https://x]",
        "[t](https://x)",
    ),
    "nested list": (
        items("bulletList", [paragraph(text("a")), items("orderedList", [paragraph(text("b"))])]),
        "* a\n*# b",
        "- a\n  1. b",
    ),
    "code": (
        {"type": "codeBlock", "attrs": {"language": "sql"}, "content": [text("select 1")]},
        "{code:sql}\nselect 1\n{code}",
        "```sql\nselect 1\n```",
    ),
    "quote": (
        {"type": "blockquote", "content": [paragraph(text("q"))]},
        "{quote}\nq\n{quote}",
        "> q",
    ),
    "rule": ({"type": "rule"}, "----", "---"),
    "panel": (
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(text("p"))]},
        "{info}\np\n{info}",
        "> p",
    ),
    "break": (paragraph(text("a"), {"type": "hardBreak"}, text("b")), "a\nb", "a\\\nb"),
    "mention": (
        paragraph({"type": "mention", "attrs": {"id": "1:2", "text": "@Ana"}}),
        "[~accountid:1:2]",
        "@Ana",
    ),
    "tasks": (
        {
            "type": "taskList",
            "attrs": {"localId": "l"},
            "content": [
                {
                    "type": "taskItem",
                    "attrs": {"localId": "i", "state": "DONE"},
                    "content": [text("t")],
                }
            ],
        },
        "* t",
        "- [x] t",
    ),
    "table": (
        {
            "type": "table",
            "content": [
                {
                    "type": "tableRow",
                    "content": [{"type": "tableHeader", "content": [paragraph(text("h"))]}],
                },
                {
                    "type": "tableRow",
                    "content": [{"type": "tableCell", "content": [paragraph(text("c"))]}],
                },
            ],
        },
        "||h||\n|c|",
        "| h |\n| --- |\n| c |",
    ),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_document_is_accepted_and_written_in_markup_and_markdown(name):
    block, markup, marked = LOOKS[name]
    kept = accepted(doc(block))
    assert wiki(kept) == markup
    assert markdown(kept) == marked
    assert all(word in html(kept) for word in plain_text(kept).split())


@pytest.mark.parametrize("name", ["heading", "link", "nested list", "code", "quote", "rule"])
def test_markup_read_back_says_the_same(name):
    _, markup, _ = LOOKS[name]
    assert wiki(document(markup)) == markup


def test_the_shared_payloads_are_accepted_unchanged():
    page = json.loads(shared("reference/payloads/jira/rest_search_jql_page1.json").read_text())
    bodies = [one["fields"]["description"] for one in page["body"]["issues"]]
    written = [one for one in bodies if one is not None]
    assert written
    for one in written:
        assert accepted(one) == one


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {"type": "doc", "content": []},
        doc(text("loose")),
        doc(paragraph(text(""))),
        doc(paragraph({"type": "text", "text": "x", "attrs": {}})),
        doc(paragraph(text("x", "shiny"))),
        doc(paragraph(text("x", "code", "strong"))),
        doc({"type": "heading", "attrs": {"level": 7}, "content": [text("x")]}),
        doc({"type": "codeBlock", "content": [{"type": "hardBreak"}]}),
        doc({"type": "bulletList", "content": [paragraph(text("x"))]}),
        doc({"type": "panel", "content": [paragraph(text("x"))]}),
        doc({"type": "unheard-of"}),
        doc({"type": "rule", "attrs": {"width": 3}}),
        doc({"type": "bulletList", "content": []}),
        doc(paragraph({"type": "date", "attrs": {"timestamp": 1772600000000}})),
        doc(paragraph({"type": "status", "attrs": {"text": "x", "color": "pink"}})),
        doc({"type": "panel", "attrs": {"panelType": "loud"}, "content": [paragraph(text("x"))]}),
        doc({"type": "codeBlock", "content": [text("x", "strong")]}),
        doc({"type": "table", "content": [paragraph(text("x"))]}),
    ],
)
def test_what_is_no_document_is_refused(value):
    with pytest.raises(NotADocument):
        accepted(value)


def official() -> Draft4Validator:
    schema = json.loads(gzip.decompress(shared("specs/adf.schema.json.gz").read_bytes()))
    return Draft4Validator(schema)


def test_the_grammar_is_that_of_the_official_schema():
    """Each node by itself: the same attributes, the same needed ones."""
    schema = official().schema["definitions"]
    compared = 0
    for definition in schema.values():
        shape = definition.get("properties", {})
        kind = shape.get("type", {}).get("enum", [""])[0]
        attrs = shape.get("attrs", {})
        if kind not in NODES or "properties" not in attrs:
            continue
        compared += 1
        assert set(attrs["properties"]) <= NODES[kind].attrs, kind
        assert set(attrs.get("required", ())) - set(NODES[kind].needed) <= {"localId"}, kind
    assert compared >= 25


@pytest.mark.parametrize("name", LOOKS)
def test_what_is_accepted_is_valid(name):
    official().validate(accepted(doc(LOOKS[name][0])))


def test_rendered_fields_hold_html(jira_api, create):
    block = paragraph(text("a <b>", "strong"))
    key = create(description=doc(block))
    jira_api.post(f"{ISSUE}/{key}/comment", json={"body": doc(block)})
    shown = jira_api.get(f"{ISSUE}/{key}", params={"expand": "renderedFields"}).json()
    assert shown["renderedFields"]["description"] == "<p><b>a &lt;b&gt;</b></p>"
    rendered = shown["renderedFields"]["comment"]["comments"][0]["body"]
    expanded = jira_api.get(f"{ISSUE}/{key}/comment", params={"expand": "renderedBody"}).json()
    assert expanded["comments"][0]["renderedBody"] == rendered


def test_pages_for_people(jira, jira_api, create):
    key = create("a <title>", description=doc(paragraph(text("words"))))
    page = jira_api.get(f"/browse/{key}").text
    assert "a &lt;title&gt;" in page
    assert "<p>words</p>" in page
    assert key in jira_api.get("/browse/PROJ").text
    jira.acts.hide(key)
    assert jira_api.get(f"/browse/{key}").status_code == 404


MALFORMED = [
    ("POST", "/issue", []),
    ("POST", "/issue", {"fields": {"project": 1}}),
    ("PUT", "/issue/{key}", {"update": {"labels": [1]}}),
    ("PUT", "/issue/{key}", {"update": {"comment": [{"add": 1}]}}),
    ("PUT", "/issue/{key}", {"properties": [3]}),
    ("PUT", "/issue/{key}", {"fields": {"parent": 3, "components": [3], "timetracking": 3}}),
    ("POST", "/issue/{key}/transitions", {"transition": 3}),
    ("POST", "/issue/{key}/comment", {"body": {"type": "doc", "version": 1, "content": 3}}),
    ("POST", "/issue/{key}/worklog", {"timeSpentSeconds": "x"}),
    ("POST", "/issueLink", {"type": {"name": "Blocks"}, "inwardIssue": 3, "outwardIssue": 3}),
    ("POST", "/issue/bulkfetch", {"issueIdsOrKeys": 3}),
    ("POST", "/search/jql", {"jql": "project = PROJ", "fields": [3]}),
    ("POST", "/search/jql", {"jql": "project = PROJ", "nextPageToken": "x"}),
    ("POST", "/jql/match", {"jqls": 3, "issueIds": 3}),
]


@pytest.mark.parametrize(("method", "path", "body"), MALFORMED)
def test_malformed_bodies_are_the_askers_fault(jira_api, create, method, path, body):
    path = "/rest/api/3" + path.format(key=create())
    assert jira_api.request(method, path, json=body).status_code == 400
    assert jira_api.request(method, path, content=b"{").status_code == 400


def test_an_unknown_address_is_not_found(jira_api):
    assert jira_api.get("/rest/api/3/nonsense").status_code == 404
    assert jira_api.get("/rest/api/4/myself").status_code == 404
