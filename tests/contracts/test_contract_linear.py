"""Every question our client asks, and every answer the stand-in gives, against Linear's schema."""

from datetime import UTC, datetime, timedelta

import graphql
import orjson
import pytest

from sandbox.linear import app
from schemas.change import CommentChange, Intent, LinkChange
from schemas.record import Cursor
from schemas.ticket import Comment, Relation, TicketRef
from tests.contracts.checked import checked
from tests.contracts.linear_line import schema as described
from tests.trackers.linear.linear_world import (
    NOWHERE,
    PARTS,
    a_change,
    a_marker,
    client_of,
    source_of,
)
from trackers.linear import LINEAR

NATIVE = {"state": "open", "labels": ["Bug"], "filter": {"priority": {"lte": 4}}}
LINKS = ("parent", "child", "blocks", "blocked_by", "duplicates", "relates")


@pytest.fixture
def world():
    with app.start(tickets=60, comments=90) as running:
        yield running


@pytest.fixture
def line():
    return checked("linear")


@pytest.fixture
def client(world, line):
    client = client_of(world, transport=line.transport, filter=NATIVE)
    yield client
    client.close()


def carry_out(world, client, change):
    return [client.write(step) for step in LINEAR.to_writes(change, source_of(world))][-1]


def furnish(world):
    """Something in every field and list."""
    acts = world.acts
    acts.label("ENG-1", "Bug", "Checkout")
    acts.plan("ENG-1", cycle=2, milestone="Spring sale")
    acts.parent("ENG-2", "ENG-1")
    acts.relate("ENG-1", "blocks", "ENG-3")
    acts.relate("ENG-4", "related", "ENG-1")
    acts.attach(
        "ENG-1", "https://github.com/lantern/harbour/pull/9", "Steady", source_type="github"
    )
    acts.react("ENG-1", "heart")
    acts.comment_by_bot("ENG-1", "from GitHub")
    acts.comment_from_outside("ENG-1", "from Dan", "Dan")
    acts.edit("ENG-1", title="New", body="New", priority=1, estimate=5, due="2026-12-24")
    acts.archive("ENG-5")
    acts.delete("ENG-6")
    for number in range(60):
        acts.comment("ENG-1", f"comment {number}")
        acts.edit("ENG-1", title=f"Title {number}")


def test_reading_keeps_to_the_schema(world, line, client):
    furnish(world)
    issue = world.state.issue("ENG-1")
    client.identity()
    client.project()
    assert list(client.projects())
    assert list(client.changed_since(Cursor()))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert list(client.changed_since(Cursor(since=since)))
    assert client.fetch(issue.id, PARTS).comments
    client.fetch("6b0d7c1e-2222-4c5e-9f10-0c1d2e3f4a50")
    client.fetch_comment(issue.id, issue.comments[0].id)
    client.fetch_comment(issue.id, "6b0d7c1e-2222-4c5e-9f10-0c1d2e3f4a50")
    [told] = client.history([issue.id])
    assert len(told.entries) > 60
    seen = {one.key: one for page in client.census() for one in page.seen}
    assert (len(seen), seen["ENG-1"].comment_count) == (60, len(issue.comments))
    assert list(client.users())
    assert client.fields()
    assert client.definitions()
    line.assert_clean(at_least=11)


def test_writing_keeps_to_the_schema(world, line, client):
    intent = Intent(creates="ticket", marker=a_marker(), sent_at=datetime.now(UTC))
    client.find_marker(intent)
    other = world.state.issue("ENG-2").id
    made = carry_out(
        world,
        client,
        a_change(
            title="New",
            body="Text",
            labels=({"id": "1", "name": "Made here", "color": "ff0000"},),
            assignees=({"id": world.state.people["aiko"].id},),
            status="In Progress",
            severity="P2",
            estimate=3,
            due_date="2026-12-24",
            parent={"external_id": other},
            sprint={"id": world.state.cycles[1].id, "name": "Cycle 2"},
            project={"id": world.state.projects[0].id, "name": "Kasse"},
            milestone={"id": world.state.projects[0].milestones[0].id, "title": "Spring sale"},
        ),
    ).ticket
    client.find_marker(intent)
    record = client.fetch(made).body
    carry_out(world, client, a_change(made, record, title="Changed", labels=(), due_date=None))
    comment = CommentChange(ticket=made, wanted=Comment(id="", body="Hello"), marker=a_marker("c"))
    key = carry_out(world, client, comment).comment
    edit = CommentChange(ticket=made, comment=key, wanted=Comment(id="", body="Again"))
    carry_out(world, client, edit)
    carry_out(world, client, CommentChange(ticket=made, comment=key))
    for kind in LINKS:
        relation = Relation(kind=kind, target=TicketRef(external_id=other))
        carry_out(world, client, LinkChange(ticket=made, relation=relation))
        carry_out(world, client, LinkChange(ticket=made, relation=relation, remove=True))
    address = Relation(kind="relates", target=TicketRef(url="https://example.org/x", title="X"))
    carry_out(world, client, LinkChange(ticket=made, relation=address))
    carry_out(world, client, LinkChange(ticket=made, relation=address, remove=True))
    file = client.upload(made, "a.txt", "text/plain", b"abc")
    assert b"".join(client.download(file.url)) == b"abc"
    line.assert_clean(at_least=14)


def test_registering_hooks_keeps_to_the_schema(world, line, client):
    client.check_hooks(NOWHERE)
    client.ensure_hook(NOWHERE, "one")
    client.ensure_hook(NOWHERE, "two")
    assert client.hooks()
    client.remove_hook(NOWHERE)
    line.assert_clean(at_least=4)


def strange(kind, value, place):
    """What of a webhook's object is not as the schema describes it."""
    known = kind.fields
    yield from (f"{place}.{name} is unknown" for name in value if name not in known)
    for name, told in known.items():
        required = isinstance(told.type, graphql.GraphQLNonNull)
        if value.get(name) is None:
            yield from [f"{place}.{name} is missing"] if required else []
            continue
        inner = graphql.get_named_type(told.type)
        if isinstance(inner, graphql.GraphQLObjectType) and inner.name.endswith("WebhookPayload"):
            found = value[name]
            for one in found if isinstance(found, list) else [found]:
                yield from strange(inner, one, f"{place}.{name}")


def test_webhooks_are_as_the_schema_types_them(world):
    schema = described()
    hook = world.add_hook(NOWHERE, "s")
    furnish(world)
    world.acts.rename_label("Bug", "Defect")
    world.acts.edit_cycle(2, name="Named")
    world.acts.create_milestone("Summer")
    world.acts.delete_comment(world.state.issue("ENG-1").comments[0].id)
    world.acts.purge("ENG-9")
    told = {}
    for delivery in hook.deliveries:
        payload = orjson.loads(delivery.body)
        about, around = payload.pop("data"), payload
        actor = around.pop("actor")
        assert actor["type"] in ("user", "oauthClient", "integration")
        envelope = schema.type_map["EntityWebhookPayload"].fields
        assert set(around) <= set(envelope), payload["type"]
        if payload["type"] == "IssueRelation":
            continue  # not among the types that are described
        kind = schema.type_map[f"{payload['type']}WebhookPayload"]
        told.setdefault(payload["type"], []).extend(strange(kind, about, payload["type"]))
    assert set(told) >= {"Issue", "Comment", "Reaction", "Attachment", "IssueLabel", "Cycle"}
    assert "\n".join(sorted({one for faults in told.values() for one in faults})) == ""
