"""The client against the stand-in: what is deleted, races for a state, hooks without a proof."""

from collections.abc import Iterator

import httpx
import pytest

from sandbox.azure_devops import app
from schemas.change import TicketChange
from schemas.errors import Transient
from schemas.record import Cursor, Record
from schemas.ticket import Ticket
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.azure_devops import AzureDevOps

NOWHERE = "http://127.0.0.1:9/webhooks/shop"


@pytest.fixture
def world() -> Iterator[app.Running]:
    with app.start() as running:
        yield running


@pytest.fixture
def connect(world):
    opened = []

    def make(transport=None):
        told = app.announce(world)
        source = a_source(
            "azure_devops", told["url"], api_url=told["api_url"], filter={"state": "all"}
        )
        client = AzureDevOps().connect(
            source,
            credentials=Secrets(world.plan.token),
            limiter=Budget(),
            validators=Memory(),
            transport=transport,
        )
        opened.append(client)
        return AzureDevOps(), source, client

    yield make
    for client in opened:
        client.close()


def test_an_incremental_pass_proves_what_was_trashed(world, connect):
    _, _, client = connect()
    kept, trashed, back = (world.acts.open(name).id for name in "abc")
    [*_, last] = client.changed_since(Cursor())
    for key in (trashed, back):
        world.acts.delete(key)
    world.acts.undelete(back)
    pages = list(client.changed_since(last.cursor))
    assert [one.ticket for page in pages for one in page.gone] == [str(trashed)]
    told = [record.ticket for page in pages for record in page.records]
    assert str(back) in told
    assert str(trashed) not in told
    assert isinstance(client.fetch(str(kept)), Record)


def test_a_state_is_chosen_for_the_revision_that_was_read(world, connect):
    class Meanwhile(httpx.HTTPTransport):
        def handle_request(self, request):
            if request.url.path.endswith("/states"):
                world.acts.edit(key, title="B")
            return super().handle_request(request)

    dialect, source, client = connect(transport=Meanwhile())
    key = world.acts.open("A").id
    wanted = Ticket(source="shop", external_id="", key="", state="closed")
    [step] = dialect.to_writes(
        TicketChange(ticket=str(key), wanted=wanted, fields=frozenset({"state"})),
        source,
    )
    with pytest.raises(Transient, match="changed in between"):
        client.write(step)
    item = client.fetch(str(key)).body
    assert dialect.to_ticket(item, source).state == "open"


def test_a_subscription_without_a_credential_is_a_fault(world, connect):
    _, _, client = connect()
    client.ensure_hook(NOWHERE, "user:pass")
    first, second, *_ = world.state.subscriptions.values()
    for name in ("basicAuthUsername", "basicAuthPassword"):
        del first.body["consumerInputs"][name]
        del second.body["consumerInputs"][name]
    second.body["consumerInputs"]["httpHeaders"] = "X-Hook-Token:pass"
    [fault] = client.check_hooks(NOWHERE)
    assert (fault.hook, fault.mended_by) == (first.id, "register")
    assert "no credential" in fault.problem
