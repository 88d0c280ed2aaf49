"""The published schema: what it lets pass is read, and what we send ourselves fits it."""

from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from sandbox.generic import app as stand_in
from tests.trackers.generic.generic_payloads import a_comment, a_message, a_ticket
from tests.trackers.stand_ins import shared

ROOT = Path(__file__).parents[3]
CASES = sorted((Path(__file__).parent / "cases").glob("[!_]*.json"))
NOWHERE = "http://127.0.0.1:9/webhooks/shop"


@pytest.fixture(scope="module")
def schema():
    found = orjson.loads((ROOT / "docs" / "generic.schema.json").read_bytes())
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_recorded_message_fits_the_schema(schema, case):
    schema.validate(orjson.loads(case.read_bytes())["payload"])


@pytest.mark.parametrize("in_house", [False, True])
def test_every_message_of_the_stand_in_fits_the_schema(schema, in_house):
    with stand_in.start(tickets=3, comments=3, in_house=in_house) as running:
        hook = running.add_hook(NOWHERE)
        running.people.work(60)
        for act in (running.acts.configure, lambda: running.acts.move(1, "PIER-1")):
            act()
        for letter in hook.sent:
            schema.validate(orjson.loads(letter.body))


def test_the_samples_fit_the_schema(schema):
    schema.validate(
        orjson.loads(shared("reference/payloads/generic/thin_ticket_deleted.json").read_bytes())
    )


@pytest.mark.parametrize(
    "message",
    [
        {"data": {}},
        {"type": "a b"},
        a_message("ticket.created", {"title": "x"}),
        a_message("ticket.updated", a_ticket(state="half")),
        a_message("ticket.updated", a_ticket(labels="bug")),
        a_message("comment.created", a_comment()),
        a_message("ticket.updated", a_ticket(relations=[{"kind": "pull_request"}])),
        a_message("ProjectConfigured", {"labels": "bug"}),
    ],
)
def test_what_is_wrong_does_not_fit(schema, message):
    assert not schema.is_valid(message)
