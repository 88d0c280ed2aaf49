"""Records from strangers: whatever stands in them, there is a value or a cause."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.errors import Permanent
from schemas.ticket import Ticket
from tests.trackers.azure_devops.azure_payloads import FIELDS, an_item, the_source
from trackers.azure_devops import AZURE_DEVOPS

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["<p>a", "1 - Critical", "9999-12-31T23:59:59Z", "a <b@c>", "x; y"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "uniqueName", "displayName", "rel", "url", "attributes", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)
NAMES = st.sampled_from([*FIELDS, "System.Parent", "Custom.A", "Microsoft.VSTS.Scheduling.Effort"])
PARTS = st.sampled_from(["id", "rev", "relations", "ticketsync", "multilineFieldsFormat", "fields"])
SOURCE = the_source(fields={"customer": "Custom.A"}, team="T")


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.dictionaries(PARTS, VALUES, max_size=2))
def test_a_work_item_is_translated_or_refused_with_a_cause(fields, parts):
    record = an_item()
    record["fields"] = record["fields"] | fields
    ticket = None
    with suppress(Permanent):
        ticket = AZURE_DEVOPS.to_ticket(record | parts, SOURCE)
    if ticket:
        assert Ticket.model_validate_json(ticket.model_dump_json()) == ticket
        assert fingerprint.core(ticket)
        assert AZURE_DEVOPS.holds(ticket, SOURCE, record | parts) in (True, False, None)


@given(VALUES | st.dictionaries(st.sampled_from(["id", "text", "version", "createdBy"]), VALUES))
def test_a_comment_is_translated_or_refused_with_a_cause(record):
    comment = None
    with suppress(Permanent):
        comment = AZURE_DEVOPS.to_comment(record, SOURCE)
    assert comment is None or comment.id


@given(VALUES)
def test_a_relation_is_translated_or_refused_with_a_cause(record):
    relation = None
    with suppress(Permanent):
        relation = AZURE_DEVOPS.to_relation(record, SOURCE)
    assert relation is None or relation.target.url
